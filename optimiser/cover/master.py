"""The linear programme over cuts and moves, and the bound its prices prove.

Used by the certificate. It decides how many of each group of movers go where, relaxed or whole, while the
risk of each group of zones lies above its cuts. The bound is computed here from the prices by hand and is
valid whatever the solver's tolerances; the solver only has to find good prices.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder_helper

from optimiser.cover.arrays import AnyArray, BoolArray, FloatArray, IntArray
from optimiser.cover.cuts import CutPool
from optimiser.cover.movers import Movers

# The array types in OR-Tools' own stubs are not those of NumPy; what comes back is typed here again.
solver_api: Any = model_builder_helper

# Measured on London-size states through OR-Tools 9.15: GLOP 4 to 8 ms, HiGHS 15 to 90 ms and without
# prices, PDLP 100 ms and more.
LINEAR_SOLVER = "glop"
# Half the time of the primal simplex: most rows are cuts that the last answer breaks.
LINEAR_PARAMETERS = "use_dual_simplex: true"
WHOLE_SOLVER = "scip"
# The objective is brought to this size before it is given to a solver, whose tolerances are absolute.
SOLVER_SCALE = 1e4
# What a whole-number solver's bound is lowered by, as a share of the objective: SCIP may break each cut by
# a millionth of its constant, and the constants add up to a few times the objective.
WHOLE_MARGIN = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """An answer of the linear programme.

    `counts` (K, S) and `moved` (n,), how many of each `group` go to each `end`, may be fractional.
    `risk` (K * G,) is what the cuts say. `bound` is proven. `reduced` (groups, S): no allowed plan that
    makes this move has an objective below bound + reduced. `carrying`: rows of the pool with a price.
    """

    counts: FloatArray
    group: IntArray
    end: IntArray
    moved: FloatArray
    risk: FloatArray
    objective: float
    bound: float
    reduced: FloatArray
    carrying: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """An answer of the whole-number programme: (group, destination, how many) and a proven bound."""

    moved: tuple[tuple[int, int, int], ...]
    bound: float
    settled: bool


class Master:
    """The programme of one problem: its columns (moves allowed so far) and how rows are laid out.

    Parameters
    ----------
    movers
        Groups of movers and the limits rules set.
    n_groups
        Groups of zones, all kinds together (K * G).
    max_moves
        At most so many moves.
    scale
        Objective of a known plan.
    """

    def __init__(self, movers: Movers, n_groups: int, max_moves: int, scale: float) -> None:
        self._movers = movers
        self._n_groups = n_groups
        self._max_moves = max_moves
        self.scale_to(scale)
        self._n_stations = movers.counts.shape[1]
        self._held = movers.counts.sum(axis=0)
        # Only stations that the moves could overfill need a row.
        self._tight = np.flatnonzero(movers.room < self._held + max_moves)
        cell = movers.kind * self._n_stations + movers.origin
        self._cell_limit = movers.may_leave.reshape(-1)
        self._cell = cell
        self._allowed = np.isfinite(movers.cost)
        self.columns: BoolArray = np.zeros(movers.cost.shape, dtype=bool)

    def scale_to(self, objective: float) -> None:
        """Scale programmes by the objective of the best plan known: the margin of bounds is a share of it."""
        self._scale = SOLVER_SCALE / objective if objective > 0.0 else 1.0

    def admit(self, values: FloatArray, most: int) -> int:
        """Admit the columns (groups, S) of least value, at most so many; return how many are new."""
        values = np.where(self._allowed, values, np.inf).reshape(-1)
        most = min(most, int(np.isfinite(values).sum()))
        chosen = np.argpartition(values, most - 1)[:most] if most else np.empty(0, dtype=np.int64)
        before = int(self.columns.sum())
        self.columns.reshape(-1)[chosen] = True
        return int(self.columns.sum()) - before

    def solve(self, pool: CutPool, rows: IntArray, seconds: float) -> Relaxed | None:
        """Solve the relaxation over these rows of the pool; None where the solver has no answer."""
        group, end = np.nonzero(self.columns)
        answer = self._run(LINEAR_SOLVER, pool, rows, group, end, seconds)
        if answer.status() != solver_api.SolveStatus.OPTIMAL:
            return None
        values, prices = answer.variable_values(), answer.dual_values() / self._scale
        n_counts = self._movers.counts.size
        counts = np.maximum(values[self._n_groups : self._n_groups + n_counts], 0.0)
        bay_prices = np.zeros(self._n_stations)
        bay_prices[self._tight] = np.maximum(0.0, -prices[rows.size + n_counts + 1 :][: self._tight.size])
        # The programme says min; the price of a cut (>=) is positive, that of a bay row (<=) negative.
        cut_prices = np.maximum(0.0, prices[: rows.size]) * self._scale
        bound, reduced = self._prove(pool, rows, cut_prices, bay_prices)
        return Relaxed(
            counts=counts.reshape(self._movers.counts.shape),
            group=group,
            end=end,
            moved=values[self._n_groups + n_counts :],
            risk=values[: self._n_groups] / self._scale,
            objective=answer.objective_value() / self._scale,
            bound=bound,
            reduced=reduced,
            carrying=rows[cut_prices > 1e-7],
        )

    def solve_whole(
        self, pool: CutPool, rows: IntArray, columns: BoolArray, gap: float, seconds: float
    ) -> Whole | None:
        """Solve for whole moves among some columns; None where the solver has no bound."""
        group, end = np.nonzero(columns & self._allowed)
        answer = self._run(WHOLE_SOLVER, pool, rows, group, end, seconds, gap=gap)
        settled = answer.status() == solver_api.SolveStatus.OPTIMAL
        if not (settled or answer.status() == solver_api.SolveStatus.FEASIBLE):
            return None
        values = answer.variable_values()[self._n_groups + self._movers.counts.size :]
        times = np.rint(values).astype(np.int64)
        bound = answer.best_objective_bound() - WHOLE_MARGIN * SOLVER_SCALE
        return Whole(
            moved=tuple(
                (int(group[c]), int(end[c]), int(times[c])) for c in np.flatnonzero(times > 0).tolist()
            ),
            bound=bound / self._scale,
            settled=settled,
        )

    def _prove(
        self, pool: CutPool, rows: IntArray, cut_prices: FloatArray, bay_prices: FloatArray
    ) -> tuple[float, FloatArray]:
        """Return a valid bound from any prices, and what each move adds to it (Lagrangian duality).

        Shares of the cuts of a group that add up to at most one give a linear function below its risk (a
        risk is never negative). What is left, the cheapest moves under the limits on leaving and on the
        number of moves, is solved exactly over *all* moves, admitted or not.
        """
        movers = self._movers
        total = np.bincount(pool.group[rows], weights=cut_prices, minlength=self._n_groups)
        share = cut_prices / np.maximum(total, 1.0)[pool.group[rows]]
        slope: FloatArray = np.zeros(movers.counts.shape)
        for k in range(movers.counts.shape[0]):
            own = pool.kind[rows] == k
            slope[k] = share[own] @ pool.slope[rows[own]]
        constant = float(share @ pool.constant[rows]) + float((slope * movers.counts).sum())
        constant += float(bay_prices @ (self._held - movers.room))
        worth = slope + bay_prices
        weight = movers.cost + worth[movers.kind] - worth[movers.kind, movers.origin][:, None]
        best = np.minimum(weight.min(axis=1), 0.0)
        taken = self._cheapest(best)
        last = taken[-1] if taken.size == self._max_moves else 0.0
        return constant + float(taken.sum()), weight - last

    def _cheapest(self, best: FloatArray) -> FloatArray:
        """Return the values of the cheapest moves, at most max_moves, within the limits on leaving."""
        value = np.repeat(best, self._movers.size)
        cell = np.repeat(self._cell, self._movers.size)
        order = np.lexsort((value, cell))
        sorted_cell = cell[order]
        first = np.searchsorted(sorted_cell, sorted_cell)
        within = np.arange(order.size) - first < self._cell_limit[sorted_cell]
        return np.sort(value[order[within]])[: self._max_moves]

    def _run(
        self,
        name: str,
        pool: CutPool,
        rows: IntArray,
        group: IntArray,
        end: IntArray,
        seconds: float,
        gap: float | None = None,
    ) -> Any:
        model = solver_api.ModelBuilderHelper()
        matrix, lower, upper = self._rows(pool, rows, group, end)
        n_counts = self._movers.counts.size
        most = [
            np.full(self._n_groups + n_counts, np.inf),
            np.minimum(self._movers.size, self._cell_limit[self._cell])[group],
        ]
        cost = [
            np.ones(self._n_groups),
            np.zeros(n_counts),
            self._movers.cost[group, end] * self._scale,
        ]
        n_columns = matrix.shape[1]
        model.fill_model_from_sparse_data(
            np.zeros(n_columns), np.concatenate(most), np.concatenate(cost), lower, upper, matrix
        )
        if gap is not None:
            for column in range(self._n_groups + n_counts, n_columns):
                model.set_var_integrality(column, True)
        answer = solver_api.ModelSolverHelper(name)
        answer.set_time_limit_in_seconds(max(seconds, 1e-3))
        answer.set_solver_specific_parameters(LINEAR_PARAMETERS if gap is None else f"limits/gap = {gap:.3e}")
        answer.solve(model)
        return answer

    def _rows(
        self, pool: CutPool, rows: IntArray, group: IntArray, end: IntArray
    ) -> tuple["sp.csr_matrix", FloatArray, FloatArray]:
        """Lay out: cuts, balance of counts, number of moves, bays, limits on leaving by cell and by group.

        Columns: risk of each group of zones, counts (kind by kind), moves.
        """
        movers, n_stations = self._movers, self._n_stations
        n_counts, n_cuts, n_moves = movers.counts.size, rows.size, group.size
        first_count, first_move = self._n_groups, self._n_groups + movers.counts.size
        moves = first_move + np.arange(n_moves)
        slope = pool.slope[rows]
        cut, station = np.nonzero(slope)
        kind = pool.kind[rows][cut]
        balance = n_cuts + movers.kind[group] * n_stations
        bays = n_cuts + n_counts + 1
        limits = bays + self._tight.size
        cells, cell_row = np.unique(self._cell, return_inverse=True)
        groups = limits + cells.size
        n_kinds = movers.counts.shape[0]
        tight_row = np.tile(bays + np.arange(self._tight.size), n_kinds)
        tight_count = (np.arange(n_kinds)[:, None] * n_stations + self._tight[None, :]).reshape(-1)
        parts: list[tuple[AnyArray, AnyArray, AnyArray]] = [
            (np.arange(n_cuts), pool.group[rows], np.ones(n_cuts)),
            (cut, first_count + kind * n_stations + station, -slope[cut, station] * self._scale),
            (n_cuts + np.arange(n_counts), first_count + np.arange(n_counts), np.ones(n_counts)),
            (balance + movers.origin[group], moves, np.ones(n_moves)),
            (balance + end, moves, -np.ones(n_moves)),
            (np.full(n_moves, n_cuts + n_counts), moves, np.ones(n_moves)),
            (tight_row, first_count + tight_count, np.ones(tight_row.size)),
            (limits + cell_row[group], moves, np.ones(n_moves)),
            (groups + group, moves, np.ones(n_moves)),
        ]
        row, column, value = (np.concatenate([part[i] for part in parts]) for i in range(3))
        shape = (groups + movers.n_groups, first_move + n_moves)
        matrix = sp.csr_matrix((value, (row, column)), shape=shape)
        base = movers.counts.reshape(-1).astype(np.float64)
        unbound = np.full(1 + self._tight.size + cells.size + movers.n_groups, -np.inf)
        lower = np.concatenate([pool.constant[rows] * self._scale, base, unbound])
        upper = np.concatenate(
            [
                np.full(n_cuts, np.inf),
                base,
                [self._max_moves],
                movers.room[self._tight],
                self._cell_limit[cells],
                movers.size,
            ]
        )
        return matrix, lower, upper
