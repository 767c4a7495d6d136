"""Fill the biggest gap with the nearest available appliance, and again, until none is left or no move.

The rule of thumb of control rooms, written down first for New York: find the grounds that nobody covers, fill
the one most at risk from the nearest house that can spare a company (P. Kolesar and W. E. Walker, "An
algorithm for the dynamic relocation of fire companies", Operations Research 22(2), 1974, 249-274).

A gap is a station whose ground (the zones nearest to it) holds demand that no available appliance reaches
within the first target; the biggest has most such demand. A house can spare an appliance where another of the
kind stays behind. It never looks at what a move costs.
"""

import numpy as np

from optimiser.benchmarks.baselines.board import Board, Pair, first_targets
from optimiser.cover.arrays import FloatArray


def biggest_gap(board: Board) -> list[list[Pair]]:
    """Return the plans of 0, 1, 2 … moves; each has one move more than the one before."""
    plans: list[list[Pair]] = [[]]
    problem = board.problem
    covers = board.covers(first_targets(problem))
    ground = problem.attendance_s.argmin(axis=0)
    while len(board.pairs) < problem.max_moves:
        gaps: FloatArray = np.zeros((problem.n_kinds, problem.n_stations))
        for k, cover in enumerate(covers):
            np.add.at(gaps[k], ground, problem.demand_per_h[k] * (board.reached(k, cover) == 0))
        pair = _fill(board, gaps)
        if pair is None:
            break
        board.make(*pair)
        plans.append(list(board.pairs))
    return plans


def _fill(board: Board, gaps: FloatArray) -> Pair | None:
    """Return the move of the nearest appliance that can be spared to the biggest gap that can be filled."""
    movers = board.movers
    free = board.allowed()
    spare = board.counts[movers.kind, movers.origin] >= 2
    for cell in np.argsort(-gaps, axis=None, kind="stable").tolist():
        kind, end = divmod(cell, gaps.shape[1])
        if gaps[kind, end] <= 0.0:
            return None
        able = np.flatnonzero(free[:, end] & spare & (movers.kind == kind))
        if able.size:
            return int(able[np.argmin(board.road_s[movers.origin[able], end])]), end
    return None
