"""Rows and columns of a linear model in arrays, with those every relocation model has: counts, moves, rules.

Used by the plain model and by the baselines that are integer programmes. It never holds an objective of its
own and calls no solver except through `built`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder_helper

from optimiser.cover.arrays import AnyArray, FloatArray, IntArray
from optimiser.cover.movers import Movers

solver_api: Any = model_builder_helper


@dataclass(frozen=True, slots=True, eq=False)
class MoveColumns:
    """The columns that say how many of a group go to a station: `column`, `group` and `end`, (n,) each."""

    column: IntArray
    group: IntArray
    end: IntArray

    def pairs(self, values: AnyArray) -> list[tuple[int, int]]:
        """Return the (group, destination) pairs of a solution, one for each appliance."""
        times = np.rint(np.asarray(values)[self.column]).astype(np.int64)
        chosen = np.repeat(np.arange(times.size), np.maximum(times, 0))
        return list(zip(self.group[chosen].tolist(), self.end[chosen].tolist(), strict=True))


@dataclass(slots=True)
class ModelRows:
    """A model that grows: lower <= matrix @ v <= upper, 0 <= v <= most, cost @ v."""

    n_rows: int = 0
    n_columns: int = 0
    cells: list[tuple[IntArray, IntArray, FloatArray]] = field(default_factory=list)
    lower: list[FloatArray] = field(default_factory=list)
    upper: list[FloatArray] = field(default_factory=list)
    cost: list[FloatArray] = field(default_factory=list)
    most: list[FloatArray] = field(default_factory=list)

    def add_columns(self, cost: AnyArray, most: AnyArray) -> IntArray:
        """Add columns with these costs and upper bounds, (n,) each; return their numbers."""
        self.cost.append(np.asarray(cost, dtype=np.float64))
        self.most.append(np.asarray(most, dtype=np.float64))
        self.n_columns += cost.size
        return np.arange(self.n_columns - cost.size, self.n_columns)

    def add_rows(self, lower: AnyArray, upper: AnyArray) -> IntArray:
        """Add rows with these limits, (n,) each; return their numbers."""
        self.lower.append(np.asarray(lower, dtype=np.float64))
        self.upper.append(np.asarray(upper, dtype=np.float64))
        self.n_rows += lower.size
        return np.arange(self.n_rows - lower.size, self.n_rows)

    def put(self, row: IntArray, column: IntArray, value: AnyArray | float) -> None:
        """Set coefficients; rows, columns and values are brought to one shape."""
        row, column, values = np.broadcast_arrays(row, column, np.asarray(value, dtype=np.float64))
        self.cells.append((row.reshape(-1), column.reshape(-1), values.reshape(-1)))

    def add_counts(self, movers: Movers) -> IntArray:
        """Add how many of each kind a station holds after the moves; return the columns, (K, S)."""
        total = movers.counts.sum(axis=1)
        most = np.repeat(total, movers.counts.shape[1])
        return self.add_columns(np.zeros(movers.counts.size), most).reshape(movers.counts.shape)

    def add_moves(self, movers: Movers, counts: IntArray, cost: FloatArray, most_moves: int) -> MoveColumns:
        """Add the moves the rules allow, their balance with the counts, and the rules.

        Parameters
        ----------
        movers
            Groups and limits.
        counts
            The columns of `add_counts`, (K, S).
        cost
            Of each move, (G, S); used where the move is allowed.
        most_moves
            At most so many.
        """
        group, end = np.nonzero(np.isfinite(movers.cost))
        column = self.add_columns(cost[group, end], movers.size[group])
        before = movers.counts.reshape(-1)
        balance = self.add_rows(before, before).reshape(counts.shape)
        self.put(balance, counts, 1.0)
        kind, origin = movers.kind[group], movers.origin[group]
        self.put(balance[kind, origin], column, 1.0)
        self.put(balance[kind, end], column, -1.0)
        self.put(self.add_rows(np.array([-np.inf]), np.array([float(most_moves)])), column, 1.0)
        none = np.full(movers.counts.size, -np.inf)
        leaving = self.add_rows(none, movers.may_leave.reshape(-1)).reshape(counts.shape)
        self.put(leaving[kind, origin], column, 1.0)
        self.put(self.add_rows(none[: movers.room.size], movers.room), counts, 1.0)
        own = self.add_rows(np.full(movers.n_groups, -np.inf), movers.size)
        self.put(own[group], column, 1.0)
        return MoveColumns(column, group, end)

    def built(self, whole: IntArray | None, constant: float = 0.0) -> Any:
        """Return the model (minimise) for OR-Tools, these columns declared whole, all of them where None."""
        built = solver_api.ModelBuilderHelper()
        row, column, value = (np.concatenate([part[i] for part in self.cells]) for i in range(3))
        built.fill_model_from_sparse_data(
            np.zeros(self.n_columns),
            np.concatenate(self.most),
            np.concatenate(self.cost),
            np.concatenate(self.lower),
            np.concatenate(self.upper),
            sp.csr_matrix((value, (row, column)), shape=(self.n_rows, self.n_columns)),
        )
        built.set_objective_offset(constant)
        for at in range(self.n_columns) if whole is None else whole.tolist():
            built.set_var_integrality(at, True)
        return built
