"""What taking appliances of one kind away costs, exactly, one at a time and in any order.

Used by the mobilising advice. Zones keep only what can matter to them once some are taken, so that a look
at every further removal takes microseconds. It never decides which to take.
"""

import numpy as np

from optimiser.compiled import compiled
from optimiser.cover.arrays import Float32Array, FloatArray, Int16Array, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.figures import demand_row
from optimiser.cover.problem import CoverProblem
from optimiser.cover.standard import Standard


@compiled
def collect_rows(
    counts: IntArray,
    candidate: IntArray,
    fixed: int,
    enough: int,
    order: Int16Array,
    sorted_s: Float32Array,
    demand: FloatArray,
    zone: IntArray,
    start: IntArray,
    who: IntArray,
    at_s: FloatArray,
) -> tuple[int, int]:
    """List, for each zone a removal can touch, those near enough to matter; return rows and entries.

    Parameters
    ----------
    counts, candidate
        Appliances at stations and the number of each station as a candidate, -1 where none leave, (S,).
    fixed
        What stands in `who` for an appliance that never leaves.
    enough
        A zone's row ends with so many appliances, or with the second one that never leaves.
    zone, start, who, at_s
        Filled: zone of each row, its first entry, and station and seconds of each entry, nearest first.
    """
    n_rows, n_entries = 0, 0
    for z in range(order.shape[0]):
        if demand[z] <= 0.0:
            continue
        first, found, staying, touched = n_entries, 0, 0, False
        for r in range(order.shape[1]):
            held = counts[order[z, r]]
            if held <= 0:
                continue
            c = candidate[order[z, r]]
            for _ in range(1 if c >= 0 else min(held, 2)):
                who[n_entries] = c if c >= 0 else fixed
                at_s[n_entries] = sorted_s[z, r]
                n_entries += 1
            touched = touched or c >= 0
            found += held
            staying += held if c < 0 else 0
            if found >= enough or staying >= 2:
                break
        if touched:
            zone[n_rows] = z
            start[n_rows] = first
            n_rows += 1
        else:
            n_entries = first
    start[n_rows] = n_entries
    return n_rows, n_entries


@compiled
def rises(
    held: IntArray,
    start: IntArray,
    who: IntArray,
    first: FloatArray,
    second: FloatArray,
    none_first: FloatArray,
    none_second: FloatArray,
    rise: FloatArray,
) -> None:
    """Fill `rise` (as long as `held`), the risk added by taking one more of each away.

    `first` and `second` (entries) are what a first and a second appliance there cost the zone, `none_first`
    and `none_second` (rows) what having none costs. The last place of `held` stands for all that stay.
    """
    rise[:] = 0.0
    stays = held.shape[0] - 1
    for row in range(start.shape[0] - 1):
        found, one, two = 0, stays, stays
        first_1, second_2, second_3 = 0.0, none_second[row], none_second[row]
        first_2 = none_first[row]
        for e in range(start[row], start[row + 1]):
            left = held[who[e]]
            if left > 0 and found == 0:
                one, first_1 = who[e], first[e]
                found, left = 1, left - 1
            if left > 0 and found == 1:
                two, first_2, second_2 = who[e], first[e], second[e]
                found, left = 2, left - 1
            if left > 0 and found == 2:
                second_3 = second[e]
                break
        # The second one's place is taken by the third; the first one's by the second.
        if one != stays and one != two:
            rise[one] += first_2 - first_1 + second_3 - second_2
        if two != stays:
            rise[two] += second_3 - second_2


class Removal:
    """Appliances of one kind at candidate stations, some of them taken, and what one more would cost.

    Parameters
    ----------
    index, problem
        Region and problem.
    kind
        Kind of appliance.
    stations
        Candidate stations, C of them.
    most
        At most so many are ever taken together.
    """

    def __init__(
        self, index: AttendanceIndex, problem: CoverProblem, kind: int, stations: list[int], most: int
    ) -> None:
        self._n = len(stations)
        views = [v for v in range(problem.n_views) if v % problem.n_kinds == kind]
        view_counts = problem.view_counts()[views]
        shares = [scene.share for scene in problem.scenes] or [1.0]
        self._stays = len(views) * self._n
        self._held = np.ones(self._stays + 1, dtype=np.int64)
        self._held[:-1] = view_counts[:, stations].ravel()
        self._rise = np.zeros(self._stays + 1)
        demand = demand_row(problem, kind)
        parts = []
        for v, counts in enumerate(view_counts):
            candidate = np.full(index.n_stations, -1, dtype=np.int64)
            candidate[stations] = np.arange(self._n) + v * self._n
            parts.append(_rows(index, counts, candidate, self._stays, most + 2, demand * shares[v]))
        weight, length, self._who, at_s = (np.concatenate(same) for same in zip(*parts, strict=True))
        self._start = np.concatenate([[0], np.cumsum(length)])
        standard = problem.standards[kind]
        self._first, self._second = _costs(standard, at_s, np.repeat(weight, length))
        self._none_first, self._none_second = _costs(standard, np.full_like(weight, np.inf), weight)

    def look(self) -> list[float]:
        """Return what taking one more away from each candidate station would add to the risk, (C,)."""
        rises(
            self._held,
            self._start,
            self._who,
            self._first,
            self._second,
            self._none_first,
            self._none_second,
            self._rise,
        )
        total: list[float] = self._rise[:-1].reshape(-1, self._n).sum(axis=0).tolist()
        return total

    def take(self, candidate: int, number: int = 1) -> None:
        """Take so many away from a candidate station (or put them back, where negative)."""
        self._held[candidate : self._stays : self._n] -= number


def _rows(
    index: AttendanceIndex, counts: IntArray, candidate: IntArray, fixed: int, enough: int, demand: FloatArray
) -> tuple[FloatArray, IntArray, IntArray, FloatArray]:
    """Return weight and length of each row, station and seconds of each entry (see `collect_rows`)."""
    # An entry stands for at least one appliance, and the last may be written twice.
    most = index.n_zones * (enough + 1)
    zone, start = np.empty(index.n_zones, dtype=np.int64), np.empty(index.n_zones + 1, dtype=np.int64)
    who, at_s = np.empty(most, dtype=np.int64), np.empty(most)
    n_rows, n_entries = collect_rows(
        counts, candidate, fixed, enough, index.order, index.sorted_s, demand, zone, start, who, at_s
    )
    return demand[zone[:n_rows]], np.diff(start[: n_rows + 1]), who[:n_entries], at_s[:n_entries]


def _costs(standard: Standard, at_s: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what appliances after so many seconds cost zones of this weight as first and as second one."""
    t = np.minimum(at_s, standard.cap_s)
    late = standard.late_s * (t > standard.second_target_s)
    first = standard.first_weight * t + standard.first_late_s * (t > standard.first_target_s) + late
    second = standard.second_weight * t + late
    return weight * first, weight * second
