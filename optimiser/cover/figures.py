"""The figures of cover: attendance times per zone, shares within targets, exact risk.

Called by the engine for every plan it shows, and by the reasons. It never searches.
"""

import numpy as np

from optimiser.cover.arrays import Float32Array, FloatArray, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.kernels import sums_of, times_changed, times_of, times_of_few
from optimiser.cover.plan import CoverFigures, Move, ZoneTimes
from optimiser.cover.problem import CoverProblem

# Up to so many appliances of a kind, times are sought station by station: measured at London's size (102
# stations, 4,835 zones), where both ways take the same time at some 25.
FEW_APPLIANCES = 20


def demand_row(problem: CoverProblem, k: int) -> FloatArray:
    """Return the demand of one kind as the kernels take it: (Z,), float64, without gaps, writeable.

    The whole demand, whatever the scenes.

    Any other type would compile every kernel once more, in the middle of a live solve; to Numba an array
    that may not be written to is another type. So it is always a copy.
    """
    return np.array(problem.demand_per_h[k], dtype=np.float64)


def counts_after(problem: CoverProblem, moves: tuple[Move, ...]) -> IntArray:
    """Return the available appliances at stations by kind after the moves, (K, S)."""
    counts = problem.counts()
    for move in moves:
        kind = int(problem.appliance_kind[move.appliance])
        counts[kind, move.origin] -= 1
        counts[kind, move.destination] += 1
    return counts


def times_of_kind(
    index: AttendanceIndex, counts: IntArray, cap_s: float
) -> tuple[Float32Array, Float32Array]:
    """Return capped times of the first and second appliance of one kind, (Z,) each, from counts (S,)."""
    first_s = np.empty(index.n_zones, dtype=np.float32)
    second_s = np.empty(index.n_zones, dtype=np.float32)
    if counts.sum() <= FEW_APPLIANCES:
        times_of_few(counts, index.attendance_s, float(cap_s), first_s, second_s)
    else:
        times_of(counts, index.order, index.sorted_s, float(cap_s), first_s, second_s)
    return first_s, second_s


def zone_times(index: AttendanceIndex, problem: CoverProblem, moves: tuple[Move, ...]) -> ZoneTimes:
    """Return capped times of the first and second appliance for every kind and zone after the moves."""
    counts = counts_after(problem, moves)
    pairs = [times_of_kind(index, counts[k], s.cap_s) for k, s in enumerate(problem.standards)]
    return ZoneTimes(np.stack([first for first, _ in pairs]), np.stack([second for _, second in pairs]))


class Figures:
    """Risk and shares within targets for the plans of one problem.

    Plans share most of what they look like: a kind whose appliances stand as in an earlier plan is not
    computed again. Made for one solve and thrown away with it.
    """

    def __init__(self, index: AttendanceIndex, problem: CoverProblem) -> None:
        self._index, self._problem = index, problem
        self._known: dict[tuple[int, bytes], tuple[float, float, float]] = {}
        # Of each kind, the counts computed first, their times, and demand: the others differ by little.
        self._base: dict[int, tuple[IntArray, Float32Array, Float32Array, FloatArray]] = {}

    def after(self, moves: tuple[Move, ...]) -> CoverFigures:
        """Return the figures after the moves."""
        counts = counts_after(self._problem, moves)
        of_kinds = [self._of_kind(k, counts[k]) for k in range(self._problem.n_kinds)]
        return CoverFigures(
            risk=self._risk(counts) if self._problem.scenes else sum(risk for risk, _, _ in of_kinds),
            first_share=tuple(first for _, first, _ in of_kinds),
            second_share=tuple(second for _, _, second in of_kinds),
        )

    def _risk(self, counts: IntArray) -> float:
        return sum(
            scene.share * self._of_kind(k, counts[k] + scene.counts_change[k])[0]
            for scene in self._problem.scenes
            for k in range(self._problem.n_kinds)
        )

    def _of_kind(self, k: int, counts: IntArray) -> tuple[float, float, float]:
        key = (k, counts.tobytes())
        if key not in self._known:
            standard = self._problem.standards[k]
            first_s, second_s, demand = self._times(k, counts, float(standard.cap_s))
            sums = sums_of(first_s, second_s, demand, standard.as_row())
            # Where nothing is asked for, nothing is missed.
            shares = [min(1.0, part / sums[4]) if sums[4] > 0.0 else 1.0 for part in sums[2:4]]
            self._known[key] = (sums[0] + sums[1], shares[0], shares[1])
        return self._known[key]

    def _times(self, k: int, counts: IntArray, cap_s: float) -> tuple[Float32Array, Float32Array, FloatArray]:
        if k not in self._base:
            first_s, second_s = times_of_kind(self._index, counts, cap_s)
            self._base[k] = counts, first_s, second_s, demand_row(self._problem, k)
        known, first_s, second_s, demand = self._base[k]
        changed = np.flatnonzero(counts != known)
        if changed.size:
            index, first_s, second_s = self._index, first_s.copy(), second_s.copy()
            arrays = (index.order, index.sorted_s, index.attendance_s)
            times_changed(changed, counts, *arrays, cap_s, first_s, second_s)
        return first_s, second_s, demand
