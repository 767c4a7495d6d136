"""Maximal coverage relocation with bottleneck assignment: fire trucks during major incidents.

D. Usanov, G. A. G. Legemaate, P. M. van de Ven and R. D. van der Mei, "Fire truck relocation during major
incidents", Naval Research Logistics 66(2), 2019, 105-122. Two steps:

1. The maximum coverage relocation problem: which stations give and which receive, so that the demand reached
   in time by at least one truck is largest, with at most so many relocations and a price W for each, the
   willingness to relocate:

       maximise sum_i d_i y_i - W sum relocations,    y_i <= sum_{j in reach of i} n_j

2. A linear bottleneck assignment of givers to receivers: the longest drive is as short as it can be, and then
   the sum of drives.

In reach is within the first target. W is near zero here, so that a relocation that covers nothing is not
made, and the number of relocations is set from outside. Kinds add up.
"""

import numpy as np

from optimiser.benchmarks.baselines.board import Board, Pair, first_targets
from optimiser.benchmarks.baselines.relocation_model import RelocationModel, least_longest
from optimiser.benchmarks.baselines.zone_sets import zone_sets

# W as a share of all demand.
WILLINGNESS = 1e-5


def coverage_relocation(board: Board, most_moves: int, seconds: float) -> tuple[list[Pair], bool]:
    """Return the relocations with at most so many moves, and whether the first step was solved to the end."""
    problem, movers = board.problem, board.movers
    if not movers.n_groups or not most_moves:
        return [], True
    total = float(problem.demand_per_h.sum())
    unit = 1.0 / total if total > 0.0 else 1.0
    model = RelocationModel(board, most_moves, WILLINGNESS)
    for k, near_s in enumerate(first_targets(problem).tolist()):
        sets = zone_sets(problem.attendance_s <= near_s, problem.demand_per_h[k])
        # What is covered whatever is moved changes nothing.
        sets = sets.only(sets.surely(movers.counts[k], most_moves) < 1)
        n = sets.demand_per_h.size
        covered = model.rows.add_columns(-sets.demand_per_h * unit, np.ones(n))
        reach = model.rows.add_rows(np.full(n, -np.inf), np.zeros(n))
        model.rows.put(reach, covered, 1.0)
        at, station = np.nonzero(sets.cover)
        model.rows.put(reach[at], model.counts[k][station], -1.0)
    return model.solved([], seconds, least_longest)
