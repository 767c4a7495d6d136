"""Cover without some of its appliances: counts, scenes and risk once they are gone.

Called by the mobilising advice and by what-if. It never changes the problem it is given.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from optimiser.cover.arrays import BoolArray, CoverInputError, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.figures import demand_row, times_of_kind
from optimiser.cover.kernels import sums_of
from optimiser.cover.problem import CoverProblem
from optimiser.cover.scene import Scene


def without(problem: CoverProblem, appliances: Iterable[int]) -> CoverProblem:
    """Return the problem with these appliances unavailable and everything else as it was.

    Parameters
    ----------
    problem
        Left as it is.
    appliances
        Indices of available appliances.

    Raises
    ------
    CoverInputError
        Where one is unavailable already, or named twice.
    """
    gone = _gone(problem, appliances)
    return replace(problem, available=problem.available & ~gone, scenes=_scenes(problem, gone))


def views_without(problem: CoverProblem, appliances: Iterable[int]) -> IntArray:
    """Return the appliances at each station in each view once these are gone, (V, S)."""
    gone = _gone(problem, appliances)
    counts = problem.counts() - _count(problem, gone)
    if not problem.scenes:
        return counts
    return np.concatenate([counts + scene.counts_change for scene in _scenes(problem, gone)])


class ViewRisk:
    """The risk of a problem for any appliances in its views; a view seen before is not computed again."""

    def __init__(self, index: AttendanceIndex, problem: CoverProblem) -> None:
        self._index, self._problem = index, problem
        self._shares = [scene.share for scene in problem.scenes] or [1.0]
        self._known: dict[tuple[int, bytes], float] = {}

    def of(self, view_counts: IntArray) -> float:
        """Return the risk, objective units, of these counts (V, S)."""
        n_kinds = self._problem.n_kinds
        return sum(
            self._shares[v // n_kinds] * self._of_kind(v % n_kinds, counts)
            for v, counts in enumerate(view_counts)
        )

    def _of_kind(self, k: int, counts: IntArray) -> float:
        key = k, counts.tobytes()
        if key not in self._known:
            standard = self._problem.standards[k]
            times = times_of_kind(self._index, counts, standard.cap_s)
            sums = sums_of(*times, demand_row(self._problem, k), standard.as_row())
            self._known[key] = sums[0] + sums[1]
        return self._known[key]


def _gone(problem: CoverProblem, appliances: Iterable[int]) -> BoolArray:
    gone = np.zeros(problem.n_appliances, dtype=np.bool_)
    for a in appliances:
        if not problem.available[a] or gone[a]:
            raise CoverInputError("appliances", a, "available appliances, each once")
        gone[a] = True
    return gone


def _count(problem: CoverProblem, chosen: BoolArray) -> IntArray:
    counts = np.zeros((problem.n_kinds, problem.n_stations), dtype=np.int64)
    np.add.at(counts, (problem.appliance_kind[chosen], problem.appliance_station[chosen]), 1)
    return counts


def _scenes(problem: CoverProblem, gone: BoolArray) -> tuple[Scene, ...]:
    """Return the scenes once these are gone.

    A scene that places an appliance on the road elsewhere says "one fewer where it is bound for, one more
    where it counts till then" without naming it. Where one bound for such a station is gone, both must go,
    or there would be fewer than none at the one and a ghost at the other.

    Where enough locked ones of its kind stay there, the scene is left as it is, because nothing tells
    whether the one gone was on the road or stood there. Had it been on the road, the scene now takes one
    that stands there for it: until it would have arrived, one too many counts where it came from and one
    too few where it was bound for. The number of appliances is right either way.
    """
    if not gone.any():
        return problem.scenes
    fixed = _count(problem, problem.available & problem.locked & ~gone)
    scenes = []
    for scene in problem.scenes:
        change = scene.counts_change
        short = np.argwhere(fixed + change < 0)
        if short.size:
            change = change.copy()
            for k, bound_for in short.tolist():
                fewer = -int(fixed[k, bound_for] + change[k, bound_for])
                change[k, bound_for] += fewer
                for _ in range(fewer):
                    _take_ghost(problem, change[k], bound_for)
        scenes.append(replace(scene, counts_change=change))
    return tuple(scenes)


def _take_ghost(problem: CoverProblem, change: IntArray, bound_for: int) -> None:
    """Take away the nearest of those a scene adds: where several are, nothing tells which one it was."""
    added = np.flatnonzero(change > 0)
    if added.size:
        change[added[np.argmin(problem.move_cost[added, bound_for])]] -= 1
