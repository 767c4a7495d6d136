"""The time a gap is expected to last, cut in two where most of those now away are back.

Called by whoever builds a cover problem from a live picture. It turns expected times into the scenes of a
problem; it knows nothing of moves and never guesses a time it was not given.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import CoverInputError, FloatArray
from optimiser.cover.scene import Scene

# The horizon is cut at a quarter of it, at half or at three quarters: cuts of the convex risk learned for
# one picture serve the next, which a cut at any second would prevent.
CUTS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Expected:
    """One appliance that is not yet, or not yet there, where it will be.

    `kind` and `station` (where it will be) are indices; `in_s` is when it is expected there, seconds from
    now. `until_then` is the station it counts at while on the road, None while it can be sent nowhere.
    """

    kind: int
    station: int
    in_s: float
    until_then: int | None = None


def scenes_of(expected: list[Expected], n_kinds: int, n_stations: int, horizon_s: float) -> tuple[Scene, ...]:
    """Return the scenes of a problem: two, or () where nothing is expected to change within the horizon.

    Each appliance is either there or away throughout a scene, whichever is nearer to the truth; the cut is
    the one at which the time misjudged, summed over appliances, is least.

    Parameters
    ----------
    expected
        Appliances expected; those on the road (`until_then` given) count among the problem's available ones
        at `station`, the others do not.

    Raises
    ------
    CoverInputError
        Where the horizon or an expected time is not a finite number of seconds, zero or more.
    """
    if not (np.isfinite(horizon_s) and horizon_s > 0):
        raise CoverInputError("horizon_s", horizon_s, "a finite number of seconds above zero")
    in_s = np.array([one.in_s for one in expected], dtype=np.float64)
    if not (np.isfinite(in_s).all() and (in_s >= 0).all()):
        raise CoverInputError("expected", in_s, "finite times in seconds, zero or more")
    late = np.minimum(in_s / horizon_s, 1.0)
    cut = min(CUTS, key=lambda c: _misjudged(late, c))
    there = _there(late, cut)
    changes = [np.zeros((n_kinds, n_stations), dtype=np.int64) for _ in range(2)]
    for one, of_scenes in zip(expected, there.tolist(), strict=True):
        for change, is_there in zip(changes, of_scenes, strict=True):
            if one.until_then is None:
                change[one.kind, one.station] += is_there
            elif not is_there:
                change[one.kind, one.station] -= 1
                change[one.kind, one.until_then] += 1
    if np.array_equal(changes[0], changes[1]):
        # One scene is half the work; where it changes nothing either, none is needed.
        return (Scene(1.0, changes[0]),) if changes[0].any() else ()
    return Scene(cut, changes[0]), Scene(1.0 - cut, changes[1])


def _there(late: FloatArray, cut: float) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    """Return whether each appliance counts as there in each of the two scenes, (n, 2).

    `late` (n,) is the part of the horizon it is away.
    """
    return np.stack([late < cut / 2.0, late < (1.0 + cut) / 2.0], axis=1)


def _misjudged(late: FloatArray, cut: float) -> float:
    judged_away = np.where(_there(late, cut), 0.0, [cut, 1.0 - cut])
    truly_away = np.stack([np.minimum(late, cut), np.maximum(late - cut, 0.0)], axis=1)
    return float(np.abs(judged_away - truly_away).sum())
