"""Cuts of the convex risk: linear functions of the counts at stations that never exceed the risk.

Kept by the engine from solve to solve and used by the certificate. A cut depends on demand, attendance
times and standard only, never on where appliances stand: what one picture learned serves the next. All is
bounded: so many demand vectors, so many cuts for each.
"""

from collections import OrderedDict
from hashlib import blake2b

import numpy as np

from optimiser.cover.arrays import BoolArray, FloatArray, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.figures import demand_row
from optimiser.cover.kernels import cut_at
from optimiser.cover.problem import CoverProblem
from optimiser.cover.zone_groups import group_zones

# Demand vectors (hours of the week) whose cuts are kept: the present hour, the last, and two to spare.
MOST_DEMANDS = 4
# Cuts kept for one demand vector; at London's 102 stations 6,000 cuts are 5 MB.
MOST_CUTS = 6_000


class CutPool:
    """The cuts of one demand vector, all kinds together.

    Row r reads: risk of group `group[r]` >= constant[r] + slope[r] @ counts, where groups of zones are
    numbered through all kinds (kind * groups + group) and counts are all kinds' counts laid end to end.
    """

    def __init__(self, n_columns: int) -> None:
        self.constant: FloatArray = np.empty(0)
        self.slope: FloatArray = np.empty((0, n_columns))
        self.group: IntArray = np.empty(0, dtype=np.int64)
        self._used: IntArray = np.empty(0, dtype=np.int64)
        self._clock = 0

    def add(self, constant: FloatArray, slope: FloatArray, group: IntArray) -> IntArray:
        """Keep new cuts; return their rows."""
        first = self.constant.size
        self.constant = np.concatenate([self.constant, constant])
        self.slope = np.concatenate([self.slope, slope])
        self.group = np.concatenate([self.group, group])
        self._used = np.concatenate([self._used, np.full(constant.size, self._clock)])
        return np.arange(first, self.constant.size)

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
        value = self.constant + self.slope @ counts
        order = np.lexsort((value, self.group))
        last = np.flatnonzero(np.diff(self.group[order], append=-1))
        rows: IntArray = order[last]
        return rows

    def trim(self) -> None:
        """Forget the cuts longest unused, down to the bound. Row numbers change."""
        if self.constant.size > MOST_CUTS:
            kept = np.sort(np.argsort(-self._used, kind="stable")[:MOST_CUTS])
            self.constant, self.slope = self.constant[kept], self.slope[kept]
            self.group, self._used = self.group[kept], self._used[kept]


class CutStore:
    """Makes cuts for one region, and keeps the pools of the latest demand vectors."""

    def __init__(self, index: AttendanceIndex, group: IntArray, n_groups: int) -> None:
        self._index = index
        self._group = group
        self.n_groups = n_groups
        self._pools: OrderedDict[bytes, CutPool] = OrderedDict()

    @classmethod
    def of(cls, index: AttendanceIndex, attendance_s: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> "CutStore":
        """Build the store of a region."""
        return cls(index, *group_zones(index, attendance_s))

    def pool(self, problem: CoverProblem) -> CutPool:
        """Return the pool of the problem's demand, an empty one where it is new."""
        key = blake2b(np.ascontiguousarray(problem.demand_per_h, dtype=np.float64).tobytes()).digest()
        pool = self._pools.pop(key, None) or CutPool(problem.n_kinds * problem.n_stations)
        self._pools[key] = pool
        while len(self._pools) > MOST_DEMANDS:
            self._pools.popitem(last=False)
        pool.trim()
        return pool

    def cuts_at(
        self, problem: CoverProblem, counts: FloatArray, kinds: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return constant (K * G,) and slope (K * G, K * S) of the cuts at (fractional) counts (K, S).

        At these counts the cuts of all groups add up to the risk of the kinds asked for, exactly.
        """
        n_kinds, n_stations = counts.shape
        constant = np.zeros((n_kinds, self.n_groups))
        slope = np.zeros((n_kinds, self.n_groups, n_kinds, n_stations))
        for k in np.flatnonzero(kinds).tolist():
            own = np.zeros((self.n_groups, n_stations))
            cut_at(
                np.ascontiguousarray(counts[k], dtype=np.float64),
                self._index.order,
                self._index.sorted_s,
                demand_row(problem, k),
                problem.standards[k].as_row(),
                self._group,
                constant[k],
                own,
            )
            slope[k, :, k] = own
        n_rows = n_kinds * self.n_groups
        return constant.reshape(n_rows), slope.reshape(n_rows, n_kinds * n_stations)
