"""The double standard model, dynamic: most demand covered twice, after at most so many relocations.

M. Gendreau, G. Laporte and F. Semet, "Solving an ambulance location model by tabu search", Location Science
5(2), 1997, 75-88, and "A dynamic model and parallel tabu search heuristic for real-time ambulance
relocation", Parallel Computing 27(12), 2001, 1641-1653:

    maximise   sum_i d_i x2_i - sum_jl M_jl y_jl
    all within r2:      sum_{j within r2 of i} n_j >= 1        for every zone i
    a share within r1:  sum_i d_i x1_i >= alpha sum_i d_i
    x1_i + x2_i <= sum_{j within r1 of i} n_j,   x2_i <= x1_i <= 1,  n_j at most the room there

with d the demand, n_j the units at base j after relocation and M_jl what relocating unit l to base j is
charged. r1 and r2 are the first and second target, alpha is 0.9. Differences, said where they help it:

- While many appliances are committed both hard rows are often infeasible. They are relaxed: what they lack is
  charged at ten times its demand, so they still come before the second cover. Zones no base reaches within
  r2 are left out.
- M is one small price for each relocation, so that one which covers nothing is not made, and of the ways to
  carry out the chosen ones that with the least driving is taken; the papers' charges for repeated and round
  trips need a history that a state does not have.
- Of a kind of which one appliance is enough, the first cover is maximised, not the second. Kinds add up.
- Solved by an integer programme instead of tabu search: at least as good, and to the end within its limit.
"""

import numpy as np

from optimiser.benchmarks.baselines.board import Board, Pair, first_targets, second_targets
from optimiser.benchmarks.baselines.relocation_model import RelocationModel, least_sum
from optimiser.benchmarks.baselines.zone_sets import ZoneSets, zone_sets
from optimiser.cover.arrays import IntArray

# The share of demand within r1; the papers use 0.9 and more.
ALPHA = 0.9
# What a lack in a hard row costs, times the demand: more than any second cover it could buy.
LACK = 10.0
# M as a share of all demand.
RELOCATION_PRICE = 1e-5


def double_standard(board: Board, most_moves: int, seconds: float) -> tuple[list[Pair], bool]:
    """Return the relocations with at most so many moves, and whether the model was solved to the end."""
    problem, movers = board.problem, board.movers
    if not movers.n_groups or not most_moves:
        return [], True
    total = float(problem.demand_per_h.sum())
    # The objective is brought to the size of one, whatever the demand.
    unit = 1.0 / total if total > 0.0 else 1.0
    model = RelocationModel(board, most_moves, RELOCATION_PRICE)
    near_s, far_s = first_targets(problem), second_targets(problem)
    whole: list[IntArray] = []
    for k, standard in enumerate(problem.standards):
        demand, held = problem.demand_per_h[k] * unit, movers.counts[k]
        far = zone_sets(problem.attendance_s <= far_s[k], demand)
        _add_far(model, k, far.only(far.surely(held, most_moves) < 1))
        near = zone_sets(problem.attendance_s <= near_s[k], demand)
        two = standard.second_weight > 0.0 or standard.late_s > 0.0
        # What is covered whatever is moved needs no columns; it counts for the share.
        open_sets = near.only(near.surely(held, most_moves) < (2 if two else 1))
        surely = float(near.demand_per_h.sum() - open_sets.demand_per_h.sum())
        least = ALPHA * float(far.demand_per_h.sum()) - surely
        whole.append(_add_near(model, k, open_sets, least, two=two))
    return model.solved(whole, seconds, least_sum)


def _add_far(model: RelocationModel, k: int, sets: ZoneSets) -> None:
    """Add that all is within r2, or charged."""
    rows, demand = model.rows, sets.demand_per_h
    lack = rows.add_columns(LACK * demand, np.ones(demand.size))
    reach = rows.add_rows(np.ones(demand.size), np.full(demand.size, np.inf))
    at, station = np.nonzero(sets.cover)
    rows.put(reach[at], model.counts[k][station], 1.0)
    rows.put(reach, lack, 1.0)


def _add_near(model: RelocationModel, k: int, sets: ZoneSets, least: float, *, two: bool) -> IntArray:
    """Add first and second cover within r1 and the share, or what it lacks; return the whole columns.

    With the second cover whole, the first is whole in some best plan.
    """
    rows, demand = model.rows, sets.demand_per_h
    n, one = demand.size, np.ones(demand.size)
    first = rows.add_columns(np.zeros(n) if two else -demand, one)
    lack = rows.add_columns(np.array([LACK]), np.array([np.inf]))
    share = rows.add_rows(np.array([least]), np.array([np.inf]))
    rows.put(share, first, demand)
    rows.put(share, lack, 1.0)
    reach = rows.add_rows(np.full(n, -np.inf), np.zeros(n))
    rows.put(reach, first, 1.0)
    at, station = np.nonzero(sets.cover)
    rows.put(reach[at], model.counts[k][station], -1.0)
    if not two:
        return np.empty(0, dtype=np.int64)
    second = rows.add_columns(-demand, one)
    rows.put(reach, second, 1.0)
    order = rows.add_rows(np.full(n, -np.inf), np.zeros(n))
    rows.put(order, second, 1.0)
    rows.put(order, first, -1.0)
    return second
