"""The linear programme over cuts and moves, and the bound its prices prove.

Used by the certificate. It decides how many of each group of movers go where, relaxed, while the risk of
each group of zones lies above its cuts. The bound is computed here from the prices by hand and is valid
whatever the solver's tolerances; the solver only has to find good prices.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder_helper

from optimiser.cover.arrays import AnyArray, BoolArray, FloatArray, IntArray
from optimiser.cover.movers import Movers
from optimiser.cover.views import ActiveCuts

# The array types in OR-Tools' own stubs are not those of NumPy; what comes back is typed here again.
solver_api: Any = model_builder_helper

# Measured through OR-Tools 9.15 on London-size states: GLOP 4 to 8 ms, HiGHS 15 to 90 ms and without prices,
# PDLP 100 ms and more. A model and basis kept from solve to solve (pywraplp) is no faster, because each
# solve brings a hundred rows: GLOP 5.7 and CLP 4.2 ms against 6.0 anew, to which 2 to 3 ms of editing come;
# with 408 stations 40 and 19 ms against 15.5.
LINEAR_SOLVER = "glop"
# Half the time of the primal simplex: most rows are cuts that the last answer breaks.
LINEAR_PARAMETERS = "use_dual_simplex: true"
# The objective is brought to this size before it is given to a solver, whose tolerances are absolute.
SOLVER_SCALE = 1e4
# What a missing move costs where branching asks for one, in objectives: then a programme always has an
# answer, whatever columns it was given.
PENALTY_SHARE = 10.0
# A cut carries the bound where its price is above this.
LEAST_PRICE = 1e-7


@dataclass(frozen=True, slots=True)
class Limit:
    """How many moves arrive at a station (`index` = kind * S + station) or leave a group (`index`)."""

    on: Literal["arrive", "leave"]
    index: int
    least: int
    most: int


Limits = tuple[Limit, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """An answer of the linear programme.

    `counts` (K, S) and `moved` (n,), how many of each `group` go to each `end`, may be fractional. `risk`
    (C * K * G,) is what the cuts say. `bounds` (max_moves + 1,) are proven for at most so many moves, and
    `bound` is the last of them. `reduced` (groups, S): no allowed plan that makes this move has an objective
    below bound + reduced. `asked` (groups, S): below zero where the programme would make a move, had it the
    column. `carrying` (cuts,): whether a cut has a price.
    """

    counts: FloatArray
    group: IntArray
    end: IntArray
    moved: FloatArray
    risk: FloatArray
    objective: float
    bounds: FloatArray
    reduced: FloatArray
    asked: FloatArray
    carrying: BoolArray

    @property
    def bound(self) -> float:
        """The bound proven for the number of moves asked for."""
        return float(self.bounds[-1])


class Master:
    """The programme of one problem: its columns (moves allowed so far) and how rows are laid out.

    Parameters
    ----------
    movers
        Groups of movers and the limits rules set.
    n_risks
        Groups of zones, all kinds and scenes together (C * K * G).
    max_moves
        At most so many moves; `most_moves` may be lowered for each solve.
    scale
        Objective of a known plan.
    """

    def __init__(self, movers: Movers, n_risks: int, max_moves: int, scale: float) -> None:
        self._movers = movers
        self._n_risks = n_risks
        self.most_moves = max_moves
        self.scale_to(scale)
        self._n_stations = movers.counts.shape[1]
        self._held = movers.counts.sum(axis=0)
        # Only stations that the moves could overfill need a row.
        self._tight = np.flatnonzero(movers.room < self._held + max_moves)
        self._cell = movers.kind * self._n_stations + movers.origin
        self._cells, self._cell_row = np.unique(self._cell, return_inverse=True)
        self._n_cells = self._cells.size
        self._cell_limit = movers.may_leave.reshape(-1)
        self.allowed: BoolArray = np.isfinite(movers.cost)
        self.columns: BoolArray = np.zeros(movers.cost.shape, dtype=bool)

    def scale_to(self, objective: float) -> None:
        """Scale programmes by the objective of the best plan known."""
        self._scale = SOLVER_SCALE / objective if objective > 0.0 else 1.0

    def admit(self, values: FloatArray, most: int) -> int:
        """Admit the columns (groups, S) of least value, at most so many; return how many are new."""
        values = np.where(self.allowed, values, np.inf).reshape(-1)
        most = min(most, int(np.isfinite(values).sum()))
        chosen = np.argpartition(values, most - 1)[:most] if most else np.empty(0, dtype=np.int64)
        before = int(self.columns.sum())
        self.columns.reshape(-1)[chosen] = True
        return int(self.columns.sum()) - before

    def solve(
        self, cuts: ActiveCuts, seconds: float, usable: BoolArray | None = None, limits: Limits = ()
    ) -> Relaxed | None:
        """Solve the relaxation over these cuts; None where the solver has no answer.

        Parameters
        ----------
        usable
            Moves (groups, S) that may be made; all that are allowed, if None.
        limits
            Limits of branching. All that is proven is of plans within them.
        """
        usable = self._usable(self.allowed if usable is None else usable, limits)
        group, end = np.nonzero(self.columns & usable)
        answer = self._run(cuts, group, end, limits, seconds)
        if answer.status() != solver_api.SolveStatus.OPTIMAL:
            return None
        values, prices = answer.variable_values(), answer.dual_values() / self._scale
        n_counts, n_cuts = self._movers.counts.size, cuts.risk.size
        counts = np.maximum(values[self._n_risks : self._n_risks + n_counts], 0.0)
        bay_prices = np.zeros(self._n_stations)
        bay_prices[self._tight] = np.maximum(0.0, -prices[n_cuts + n_counts + 1 :][: self._tight.size])
        # The programme says min; the price of a cut (>=) is positive, that of a bay row (<=) negative.
        cut_prices = np.maximum(0.0, prices[:n_cuts]) * self._scale
        limit_prices = prices[prices.size - len(limits) :]
        weight, constant = self._weigh(cuts, cut_prices, bay_prices, limits, limit_prices)
        weight[~usable] = np.inf
        taken = self._cheapest(np.minimum(weight.min(axis=1), 0.0))
        bounds = np.full(self.most_moves + 1, constant + float(taken.sum()))
        bounds[: taken.size + 1] = constant + np.concatenate([[0.0], np.cumsum(taken)])
        last = taken[-1] if taken.size == self.most_moves else 0.0
        after_bays = prices[n_cuts + n_counts + 1 + self._tight.size :]
        going = after_bays[self._cell_row] + after_bays[self._n_cells :][: self._movers.n_groups]
        moves = self._n_risks + n_counts
        return Relaxed(
            counts=counts.reshape(self._movers.counts.shape),
            group=group,
            end=end,
            moved=values[moves : moves + group.size],
            risk=values[: self._n_risks] / self._scale,
            objective=answer.objective_value() / self._scale,
            bounds=bounds,
            reduced=weight - last,
            asked=weight - (going + prices[n_cuts + n_counts])[:, None],
            carrying=cut_prices > LEAST_PRICE,
        )

    def _usable(self, usable: BoolArray, limits: Limits) -> BoolArray:
        closed = [limit for limit in limits if not limit.most]
        if closed:
            usable = usable.copy()
            for limit in closed:
                usable[self._of(limit)] = False
        return usable

    def _of(self, limit: Limit) -> tuple[Any, Any]:
        """Return where the moves a limit speaks of stand among all, (groups, S)."""
        if limit.on == "leave":
            return limit.index, slice(None)
        kind, station = divmod(limit.index, self._n_stations)
        return self._movers.kind == kind, station

    def _weigh(
        self,
        cuts: ActiveCuts,
        cut_prices: FloatArray,
        bay_prices: FloatArray,
        limits: Limits,
        limit_prices: FloatArray,
    ) -> tuple[FloatArray, float]:
        """Return what each move (groups, S), and doing nothing, adds to a bound, from any prices.

        Shares of the cuts of a group that add up to at most one give a linear function below its risk (a
        risk is never negative). What is left, the cheapest moves under the limits on leaving and on the
        number of moves, is then solved exactly over *all* moves, admitted or not (Lagrangian duality).
        """
        movers = self._movers
        total = np.bincount(cuts.risk, weights=cut_prices, minlength=self._n_risks)
        share = cut_prices / np.maximum(total, 1.0)[cuts.risk]
        slope: FloatArray = np.zeros(movers.counts.shape)
        for k in range(movers.counts.shape[0]):
            own = cuts.kind == k
            slope[k] = share[own] @ cuts.slope[own]
        constant = float(share @ cuts.constant) + float((slope * movers.counts).sum())
        constant += float(bay_prices @ (self._held - movers.room))
        worth = slope + bay_prices
        weight: FloatArray = movers.cost + worth[movers.kind] - worth[movers.kind, movers.origin][:, None]
        for limit, price in zip(limits, limit_prices.tolist(), strict=True):
            weight[self._of(limit)] -= price
            constant += price * (limit.least if price > 0.0 else limit.most)
        return weight, constant

    def _cheapest(self, best: FloatArray) -> FloatArray:
        """Return the values of the cheapest moves, at most most_moves, within the limits on leaving."""
        value = np.repeat(best, self._movers.size)
        cell = np.repeat(self._cell, self._movers.size)
        order = np.lexsort((value, cell))
        sorted_cell = cell[order]
        first = np.searchsorted(sorted_cell, sorted_cell)
        within = np.arange(order.size) - first < self._cell_limit[sorted_cell]
        return np.sort(value[order[within]])[: self.most_moves]

    def _run(self, cuts: ActiveCuts, group: IntArray, end: IntArray, limits: Limits, seconds: float) -> Any:
        model = solver_api.ModelBuilderHelper()
        matrix, lower, upper = self._rows(cuts, group, end, limits)
        n_counts = self._movers.counts.size
        n_missing = matrix.shape[1] - self._n_risks - n_counts - group.size
        most = [
            np.full(self._n_risks + n_counts, np.inf),
            np.minimum(self._movers.size, self._cell_limit[self._cell])[group],
            np.full(n_missing, np.inf),
        ]
        cost = [
            np.ones(self._n_risks),
            np.zeros(n_counts),
            self._movers.cost[group, end] * self._scale,
            np.full(n_missing, PENALTY_SHARE * SOLVER_SCALE),
        ]
        model.fill_model_from_sparse_data(
            np.zeros(matrix.shape[1]), np.concatenate(most), np.concatenate(cost), lower, upper, matrix
        )
        answer = solver_api.ModelSolverHelper(LINEAR_SOLVER)
        answer.set_time_limit_in_seconds(max(seconds, 1e-3))
        answer.set_solver_specific_parameters(LINEAR_PARAMETERS)
        answer.solve(model)
        return answer

    def _rows(
        self, cuts: ActiveCuts, group: IntArray, end: IntArray, limits: Limits
    ) -> tuple["sp.csr_matrix", FloatArray, FloatArray]:
        """Lay out: cuts, balance of counts, number of moves, bays, limits by cell, by group and of branching.

        Columns: risk of each group of zones, counts (kind by kind), moves, what is missing to limits.
        """
        movers, n_stations = self._movers, self._n_stations
        n_cuts, n_counts, n_moves = cuts.risk.size, movers.counts.size, group.size
        first_count, first_move = self._n_risks, self._n_risks + n_counts
        moves = first_move + np.arange(n_moves)
        cut, station = np.nonzero(cuts.slope)
        balance = n_cuts + movers.kind[group] * n_stations
        bays = n_cuts + n_counts + 1
        in_cells = bays + self._tight.size
        groups = in_cells + self._n_cells
        n_kinds = movers.counts.shape[0]
        tight_row = np.tile(bays + np.arange(self._tight.size), n_kinds)
        tight_count = (np.arange(n_kinds)[:, None] * n_stations + self._tight[None, :]).reshape(-1)
        parts: list[tuple[AnyArray, AnyArray, AnyArray]] = [
            (np.arange(n_cuts), cuts.risk, np.ones(n_cuts)),
            (
                cut,
                first_count + cuts.kind[cut] * n_stations + station,
                -cuts.slope[cut, station] * self._scale,
            ),
            (n_cuts + np.arange(n_counts), first_count + np.arange(n_counts), np.ones(n_counts)),
            (balance + movers.origin[group], moves, np.ones(n_moves)),
            (balance + end, moves, -np.ones(n_moves)),
            (np.full(n_moves, n_cuts + n_counts), moves, np.ones(n_moves)),
            (tight_row, first_count + tight_count, np.ones(tight_row.size)),
            (in_cells + self._cell_row[group], moves, np.ones(n_moves)),
            (groups + group, moves, np.ones(n_moves)),
        ]
        branching = groups + movers.n_groups
        n_columns = first_move + n_moves
        arrives = movers.kind[group] * n_stations + end
        for n, limit in enumerate(limits):
            own = moves[(group if limit.on == "leave" else arrives) == limit.index]
            if limit.least:
                own = np.append(own, n_columns)
                n_columns += 1
            parts.append((np.full(own.size, branching + n), own, np.ones(own.size)))
        row, column, value = (np.concatenate([part[i] for part in parts]) for i in range(3))
        matrix = sp.csr_matrix((value, (row, column)), shape=(branching + len(limits), n_columns))
        base = movers.counts.reshape(-1).astype(np.float64)
        unbound = np.full(1 + self._tight.size + self._n_cells + movers.n_groups, -np.inf)
        lower: list[Any] = [cuts.constant * self._scale, base, unbound, [limit.least for limit in limits]]
        upper: list[Any] = [
            np.full(n_cuts, np.inf),
            base,
            [self.most_moves],
            movers.room[self._tight],
            self._cell_limit[self._cells],
            movers.size,
            [limit.most for limit in limits],
        ]
        return matrix, np.concatenate(lower), np.concatenate(upper)
