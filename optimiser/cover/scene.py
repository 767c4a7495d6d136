"""A part of the time a gap is expected to last, and who else will be there then.

Built by whoever knows when committed appliances are expected back (`optimiser.cover.horizon`); part of a
cover problem. It knows nothing of moves: those count in every scene alike.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import CoverInputError, IntArray

# Shares are checked to add up to one within this: they come from divisions.
SHARE_TOLERANCE = 1e-9
# Each scene costs a solve as much again; more than a few bring nothing.
MOST_SCENES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A part of the horizon.

    Parameters
    ----------
    share
        Part of the horizon, above 0 to 1.
    counts_change
        Appliances more (or fewer) at each station than are available before the moves, by kind, (K, S):
        those expected back by then; those on the road, which count elsewhere until they arrive.
    """

    share: float
    counts_change: IntArray


def check_scenes(scenes: object, n_kinds: int, n_stations: int, fixed: IntArray) -> None:
    """Raise CoverInputError where scenes are not what a problem can take.

    Parameters
    ----------
    fixed
        Available appliances that stay where they are whatever is decided, (K, S): a scene can take away no
        others, since another may just have been moved.
    """
    if not isinstance(scenes, tuple) or len(scenes) > MOST_SCENES:
        raise CoverInputError("scenes", scenes, f"a tuple of at most {MOST_SCENES} scenes")
    for n, scene in enumerate(scenes):
        field = f"scenes[{n}]"
        if not isinstance(scene, Scene):
            raise CoverInputError(field, type(scene).__name__, "a Scene")
        if not (isinstance(scene.share, (int, float)) and 0.0 < scene.share <= 1.0):
            raise CoverInputError(f"{field}.share", scene.share, "above 0 to 1")
        change = scene.counts_change
        if not isinstance(change, np.ndarray) or change.dtype.kind not in "iu":
            raise CoverInputError(f"{field}.counts_change", type(change).__name__, "whole numbers")
        if change.shape != (n_kinds, n_stations):
            raise CoverInputError(
                f"{field}.counts_change", f"shape {change.shape}", f"shape {(n_kinds, n_stations)}"
            )
        if (fixed + change < 0).any():
            at = tuple(int(i) for i in np.argwhere(fixed + change < 0)[0])
            raise CoverInputError(
                f"{field}.counts_change{list(at)}",
                change[at],
                f"at least -{fixed[at]}, the locked appliances there",
            )
    if scenes and abs(sum(scene.share for scene in scenes) - 1.0) > SHARE_TOLERANCE:
        raise CoverInputError("scenes", [scene.share for scene in scenes], "shares that add up to 1")
