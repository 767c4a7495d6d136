"""DMEXCLP: relocate to where the expected coverage grows most, one appliance after the other.

C. J. Jagtenberg, S. Bhulai and R. D. van der Mei, "An efficient heuristic for real-time ambulance
redeployment", Operations Research for Health Care 4, 2015, 27-35: an idle unit goes to the base with the
largest marginal coverage

    sum over zones i in reach of the base of d_i (1 - q) q^(k_i - 1)

with d_i the demand, q the share of time a unit is busy and k_i the idle units in reach of i, itself counted
(the marginal of Daskin's expected coverage, MEXCLP, 1983). The paper decides for one unit that has just
become idle. Here nobody has, so the rule is asked of every unit that may move and the relocation with the
largest gain is made (what it adds at its new base less what it leaves behind), up to the number of moves
allowed and as long as there is a gain. q is the share of the kind's appliances that is not available now; in
reach is within the first target. Of equal gains the shortest drive is taken. Kinds add up.
"""

import numpy as np

from optimiser.benchmarks.baselines.board import Board, Cover, Pair, first_targets
from optimiser.cover.arrays import FloatArray, IntArray

# q of a kind with nobody or everybody busy: expected coverage needs a share strictly between.
LEAST_BUSY, MOST_BUSY = 0.01, 0.99
# Gains below this share of the demand of all zones are rounding.
LEAST_GAIN = 1e-7


def expected_coverage(board: Board) -> list[list[Pair]]:
    """Return the plans of 0, 1, 2 … moves; each has one move more than the one before."""
    plans: list[list[Pair]] = [[]]
    problem, movers = board.problem, board.movers
    if not movers.n_groups:
        return plans
    covers = board.covers(first_targets(problem))
    busy = busy_share(board)
    least = LEAST_GAIN * float(problem.demand_per_h.sum())

    def gains_of(k: int) -> FloatArray:
        reached = board.reached(k, covers[k])
        return relocation_gains(covers[k], problem.demand_per_h[k], reached, float(busy[k]))

    gains = np.stack([gains_of(k) for k in range(problem.n_kinds)])
    while len(board.pairs) < problem.max_moves:
        gain = np.where(board.allowed(), gains[movers.kind, movers.origin], -np.inf)
        if gain.size == 0 or gain.max() <= least:
            break
        best = gain >= gain.max() - least
        drive_s = np.where(best, board.road_s[movers.origin], np.inf)
        group, end = divmod(int(drive_s.argmin()), gain.shape[1])
        board.make(group, end)
        moved = int(movers.kind[group])
        gains[moved] = gains_of(moved)
        plans.append(list(board.pairs))
    return plans


def busy_share(board: Board) -> FloatArray:
    """Return q of each kind, (K,): the share of its appliances that is not available."""
    problem = board.problem
    total = np.bincount(problem.appliance_kind, minlength=problem.n_kinds)
    idle = np.bincount(problem.appliance_kind[problem.available], minlength=problem.n_kinds)
    return np.clip(1.0 - idle / np.maximum(total, 1), LEAST_BUSY, MOST_BUSY)


def relocation_gains(cover: Cover, demand_per_h: FloatArray, reached: IntArray, busy: float) -> FloatArray:
    """Return what relocating one unit from row to column adds to the expected coverage, (S, S).

    Parameters
    ----------
    cover
        Which stations reach which zones, sparse, (S, Z).
    demand_per_h, reached
        Demand of the zones and idle units in reach, (Z,).
    busy
        q.
    """
    one_more = demand_per_h * (1.0 - busy) * busy**reached
    # Where nobody reaches a zone, no unit can leave it.
    one_less = np.where(reached > 0, demand_per_h * (1.0 - busy) * busy ** np.maximum(reached - 1, 0), 0.0)
    gained, lost = cover @ one_more, cover @ one_less
    both = (cover.multiply((one_less - one_more)[None, :]) @ cover.T).toarray()
    total: FloatArray = gained[None, :] - lost[:, None] + both
    return total
