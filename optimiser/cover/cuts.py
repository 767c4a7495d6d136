"""Cuts of the convex risk: linear functions of the counts at stations that never exceed the risk.

Kept by the engine from solve to solve and used by the certificate. A cut depends on demand, attendance
times and standard only, never on where appliances stand: what one picture learned serves the next. All is
bounded: so many demand vectors, so many cuts for each.
"""

from collections import OrderedDict
from hashlib import blake2b
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from optimiser.cover.arrays import Float32Array, FloatArray, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.figures import demand_row
from optimiser.cover.kernels import cut_at
from optimiser.cover.problem import CoverProblem
from optimiser.cover.zone_groups import group_zones

Array = TypeVar("Array", bound=NDArray[Any])

# Demand vectors (hours of the week) whose cuts are kept: the present hour, the last, and two to spare.
MOST_DEMANDS = 4
# Cuts kept for one demand vector; at London's 102 stations 6,000 cuts are 5 MB.
MOST_CUTS = 6_000
# Room for cuts a new pool starts with.
FIRST_CAPACITY = 1_024


class CutPool:
    """The cuts of one demand vector, all kinds together.

    Row r reads: risk of group `group[r]` >= constant[r] + slope[r] @ counts of its kind. Groups of zones
    are numbered through all kinds: kind * n_groups + group.
    """

    def __init__(self, n_groups: int, n_stations: int) -> None:
        self._n_groups = n_groups
        self._size = 0
        self._clock = 0
        self._constant: FloatArray = np.empty(FIRST_CAPACITY)
        self._slope: FloatArray = np.empty((FIRST_CAPACITY, n_stations))
        self._group: IntArray = np.empty(FIRST_CAPACITY, dtype=np.int64)
        self._last_used: IntArray = np.empty(FIRST_CAPACITY, dtype=np.int64)

    @property
    def n_groups(self) -> int:
        """Groups of zones of one kind."""
        return self._n_groups

    @property
    def constant(self) -> FloatArray:
        """Constants of the cuts, (n,)."""
        return self._constant[: self._size]

    @property
    def slope(self) -> FloatArray:
        """Slopes of the cuts, (n, S), never above zero."""
        return self._slope[: self._size]

    @property
    def group(self) -> IntArray:
        """Groups the cuts are of, (n,)."""
        return self._group[: self._size]

    @property
    def kind(self) -> IntArray:
        """Kinds the cuts are of, (n,)."""
        return self.group // self._n_groups

    @property
    def _used(self) -> IntArray:
        return self._last_used[: self._size]

    def add(self, constant: FloatArray, slope: FloatArray, group: IntArray) -> IntArray:
        """Keep new cuts; return their rows."""
        first, size = self._size, self._size + constant.size
        if size > self._constant.size:
            self._constant = _grown(self._constant, 2 * size)
            self._slope = _grown(self._slope, 2 * size)
            self._group = _grown(self._group, 2 * size)
            self._last_used = _grown(self._last_used, 2 * size)
        self._size = size
        self._constant[first:size] = constant
        self._slope[first:size] = slope
        self._group[first:size] = group
        self._last_used[first:size] = self._clock
        return np.arange(first, size)

    def values(self, counts: FloatArray) -> FloatArray:
        """Return the value of every cut at these counts (K, S), (n,)."""
        value = self.constant.copy()
        for k in range(counts.shape[0]):
            own = self.kind == k
            value[own] += self.slope[own] @ counts[k]
        return value

    def value_at(self, counts: FloatArray) -> FloatArray:
        """Return the risk of each group the cuts know of at counts (K, S), zero where none, (K * G,)."""
        value = np.zeros(self._n_groups * counts.shape[0])
        np.maximum.at(value, self.group, self.values(counts))
        return value

    def mark_used(self, rows: IntArray) -> None:
        """Remember that these rows carried a bound: they are the last to be forgotten."""
        self._clock += 1
        self._used[rows] = self._clock

    def binding(self) -> IntArray:
        """Return the rows that carried the latest bound."""
        return np.flatnonzero(self._used == self._clock) if self._clock else np.empty(0, dtype=np.int64)

    def tightest(self, counts: FloatArray) -> IntArray:
        """Return, for each group that has any, the row with the greatest value at these counts."""
        if not self.constant.size:
            return np.empty(0, dtype=np.int64)
        value = self.values(counts)
        order = np.lexsort((value, self.group))
        last = np.flatnonzero(np.diff(self.group[order], append=-1))
        rows: IntArray = order[last]
        return rows

    def trim(self) -> None:
        """Forget the cuts longest unused, down to the bound. Row numbers change."""
        if self._size > MOST_CUTS:
            kept = np.sort(np.argsort(-self._used, kind="stable")[:MOST_CUTS])
            self._constant, self._slope = self._constant[kept], self._slope[kept]
            self._group, self._last_used = self._group[kept], self._last_used[kept]
            self._size = kept.size


class CutStore:
    """Makes cuts for one region, and keeps the pools of the latest demand vectors."""

    def __init__(self, index: AttendanceIndex, group: IntArray, n_groups: int) -> None:
        self._index = index
        self._group = group
        self.n_groups = n_groups
        self._pools: OrderedDict[bytes, CutPool] = OrderedDict()

    @classmethod
    def of(cls, index: AttendanceIndex, attendance_s: Float32Array) -> "CutStore":
        """Build the store of a region."""
        return cls(index, *group_zones(index, attendance_s))

    def pool(self, problem: CoverProblem) -> CutPool:
        """Return the pool of the problem's demand, an empty one where it is new."""
        key = blake2b(np.ascontiguousarray(problem.demand_per_h, dtype=np.float64).tobytes()).digest()
        pool = self._pools.pop(key, None) or CutPool(self.n_groups, problem.n_stations)
        self._pools[key] = pool
        while len(self._pools) > MOST_DEMANDS:
            self._pools.popitem(last=False)
        pool.trim()
        return pool

    def cuts_at(self, problem: CoverProblem, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return constant (K * G,) and slope (K * G, S) of the cuts at (fractional) counts (K, S).

        At these counts the cuts of all groups and kinds add up to the risk, exactly.
        """
        n_kinds, n_stations = counts.shape
        constant = np.zeros((n_kinds, self.n_groups))
        slope = np.zeros((n_kinds, self.n_groups, n_stations))
        for k in range(n_kinds):
            cut_at(
                np.ascontiguousarray(counts[k], dtype=np.float64),
                self._index.order,
                self._index.sorted_s,
                demand_row(problem, k),
                problem.standards[k].as_row(),
                self._group,
                constant[k],
                slope[k],
            )
        n_rows = n_kinds * self.n_groups
        return constant.reshape(n_rows), slope.reshape(n_rows, n_stations)

    def value(self, constant: FloatArray, slope: FloatArray, counts: FloatArray) -> FloatArray:
        """Return the values of new cuts of all groups and kinds at counts (K, S), (K * G,)."""
        value: FloatArray = constant + (slope * np.repeat(counts, self.n_groups, axis=0)).sum(axis=1)
        return value


def _grown(array: Array, size: int) -> Array:
    grown = np.empty((size, *array.shape[1:]), dtype=array.dtype)
    grown[: array.shape[0]] = array
    return cast(Array, grown)
