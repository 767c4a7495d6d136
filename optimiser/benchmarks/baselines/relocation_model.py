"""Which stations give and which receive, as an integer programme under the rules, and who then goes where.

Used by the baselines that are integer programmes; they add their cover to it and say how givers are assigned
to receivers. It prices nothing but the number of relocations.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from optimiser.benchmarks.baselines.board import LONGEST_S, Board, Pair
from optimiser.benchmarks.model_rows import ModelRows, solver_api
from optimiser.cover.arrays import FloatArray, IntArray

SOLVER = "scip"
# To a gap of 0.01 %; one round of presolving, as more take longer than they save (measured on both regions).
PARAMETERS = "limits/gap = 1e-4\npresolving/maxrounds = 1"
# More than any sum of drives: a pair no rule allows is taken only where there is no other way, and dropped.
NO_WAY_S = 1e3 * LONGEST_S
Assign = Callable[[FloatArray], FloatArray]


class RelocationModel:
    """Givers by group, receivers by kind and station, and counts after relocation.

    Parameters
    ----------
    board
        The state.
    most_moves
        At most so many relocations.
    price
        Of each relocation, in the unit of what is added.
    """

    def __init__(self, board: Board, most_moves: int, price: float) -> None:
        self._board = board
        self.rows = ModelRows()
        movers, rows = board.movers, self.rows
        self.counts = rows.add_counts(movers)
        shape = self.counts.shape
        self._give = rows.add_columns(np.full(movers.n_groups, price), movers.size)
        self._take = rows.add_columns(np.zeros(self.counts.size), np.full(self.counts.size, most_moves))
        self._take = self._take.reshape(shape)
        before = movers.counts.reshape(-1)
        balance = rows.add_rows(before, before).reshape(shape)
        rows.put(balance, self.counts, 1.0)
        rows.put(balance[movers.kind, movers.origin], self._give, 1.0)
        rows.put(balance, self._take, -1.0)
        even = rows.add_rows(np.zeros(shape[0]), np.zeros(shape[0]))
        rows.put(even[movers.kind], self._give, 1.0)
        rows.put(even[:, None], self._take, -1.0)
        rows.put(rows.add_rows(np.array([-np.inf]), np.array([float(most_moves)])), self._give, 1.0)
        none = np.full(self.counts.size, -np.inf)
        leaving = rows.add_rows(none, movers.may_leave.reshape(-1)).reshape(shape)
        rows.put(leaving[movers.kind, movers.origin], self._give, 1.0)
        rows.put(rows.add_rows(none[: shape[1]], movers.room), self.counts, 1.0)

    def solved(self, whole: list[IntArray], seconds: float, assign: Assign) -> tuple[list[Pair], bool]:
        """Solve, assign givers to receivers, and tell whether it was solved to the end.

        Without an answer in time, nothing moves.

        Parameters
        ----------
        whole
            Columns of the caller that are whole numbers.
        seconds
            Limit of the solver.
        assign
            Given the drives from givers (rows) to receivers, returns those that are to be minimised in sum.
        """
        answer = solver_api.ModelSolverHelper(SOLVER)
        answer.set_time_limit_in_seconds(seconds)
        answer.set_solver_specific_parameters(PARAMETERS)
        answer.solve(self.rows.built(np.concatenate([*whole, self._give, self._take.reshape(-1)])))
        if not answer.has_solution():
            return [], False
        done = answer.status() == solver_api.SolveStatus.OPTIMAL
        values = np.rint(np.asarray(answer.variable_values())).astype(np.int64)
        return self._assigned(values[self._give], values[self._take], assign), done

    def _assigned(self, give: IntArray, take: IntArray, assign: Assign) -> list[Pair]:
        movers = self._board.movers
        pairs: list[Pair] = []
        for kind in range(take.shape[0]):
            own = np.where(movers.kind == kind, np.maximum(give, 0), 0)
            groups = np.repeat(np.arange(movers.n_groups), own)
            ends = np.repeat(np.arange(take.shape[1]), np.maximum(take[kind], 0))
            if not groups.size or not ends.size:
                continue
            drive_s = self._board.road_s[movers.origin[groups]][:, ends]
            drive_s = np.where(np.isfinite(movers.cost[groups][:, ends]), drive_s, NO_WAY_S)
            rows, columns = linear_sum_assignment(assign(drive_s))
            found = zip(rows.tolist(), columns.tolist(), strict=True)
            pairs += [(int(groups[a]), int(ends[b])) for a, b in found if drive_s[a, b] < NO_WAY_S]
        return pairs


def least_sum(drive_s: FloatArray) -> FloatArray:
    """Return the drives as they are: the sum of drives is least."""
    return drive_s


def least_longest(drive_s: FloatArray) -> FloatArray:
    """Return the drives with those that are longer than the longest has to be made dear (bottleneck)."""
    times = np.unique(drive_s)
    low, high = 0, times.size - 1
    while low < high:
        middle = (low + high) // 2
        matched = maximum_bipartite_matching(csr_matrix(drive_s <= times[middle]))
        low, high = (low, middle) if (matched >= 0).sum() == min(drive_s.shape) else (middle + 1, high)
    dear: FloatArray = np.where(drive_s <= times[low], drive_s, NO_WAY_S)
    return dear
