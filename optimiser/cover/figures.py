"""The figures of cover: attendance times per zone, shares within targets, exact risk.

Called by the engine for every plan it shows, and by the reasons. It never searches.
"""

import numpy as np

from optimiser.cover.arrays import Float32Array, FloatArray, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.kernels import sums_of, times_of
from optimiser.cover.plan import CoverFigures, Move, ZoneTimes
from optimiser.cover.problem import CoverProblem


def demand_row(problem: CoverProblem, k: int) -> FloatArray:
    """Return the demand of one kind as the kernels take it: (Z,), float64, without gaps.

    Any other type would compile every kernel once more, in the middle of a live solve.
    """
    return np.ascontiguousarray(problem.demand_per_h[k], dtype=np.float64)


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
    times_of(counts, index.order, index.sorted_s, cap_s, first_s, second_s)
    return first_s, second_s


def zone_times(index: AttendanceIndex, problem: CoverProblem, moves: tuple[Move, ...]) -> ZoneTimes:
    """Return capped times of the first and second appliance for every kind and zone after the moves."""
    counts = counts_after(problem, moves)
    pairs = [times_of_kind(index, counts[k], s.cap_s) for k, s in enumerate(problem.standards)]
    return ZoneTimes(np.stack([first for first, _ in pairs]), np.stack([second for _, second in pairs]))


def figures_of(index: AttendanceIndex, problem: CoverProblem, moves: tuple[Move, ...]) -> CoverFigures:
    """Return risk and shares within targets after the moves."""
    counts = counts_after(problem, moves)
    risk, first, second = 0.0, [], []
    for k, standard in enumerate(problem.standards):
        first_s, second_s = times_of_kind(index, counts[k], standard.cap_s)
        sums = sums_of(first_s, second_s, demand_row(problem, k), standard.as_row())
        risk += sums[0]
        # Where nothing is asked for, nothing is missed.
        first.append(min(1.0, sums[1] / sums[3]) if sums[3] > 0.0 else 1.0)
        second.append(min(1.0, sums[2] / sums[3]) if sums[3] > 0.0 else 1.0)
    return CoverFigures(risk, tuple(first), tuple(second))
