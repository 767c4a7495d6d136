"""Cover as it would be after some moves, with the exact price of every further move kept up to date.

Used by the search and by the reasons. It changes with each `add` and `drop`; it never decides anything.
"""

from typing import NamedTuple

import numpy as np

from optimiser.cover.arrays import AnyArray, FloatArray, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.figures import demand_row
from optimiser.cover.kernels import best_pair, best_turn, find_all_near, price_all, risk_of, shift
from optimiser.cover.movers import Movers
from optimiser.cover.plan import Rule
from optimiser.cover.problem import CoverProblem

Pair = tuple[int, int]  # (group of movers, destination station)


class Candidate(NamedTuple):
    """A further move: its value (change of risk plus cost; below zero pays), group and destination."""

    value: float
    group: int
    destination: int


class Saved(NamedTuple):
    """What a state looked like: risk, cost of the moves, and copies of the arrays of some kinds."""

    kinds: tuple[int, ...]
    risk: float
    cost: float
    arrays: tuple[AnyArray, ...]


class CoverState:
    """Counts, nearest three and prices of all single moves, for every kind.

    Parameters
    ----------
    index
        Sorted attendance times of the region.
    problem, movers
        The problem and its groups of movers.
    """

    def __init__(self, index: AttendanceIndex, problem: CoverProblem, movers: Movers) -> None:
        self.movers = movers
        self._index = index
        n_kinds, n_stations, n_zones = problem.n_kinds, problem.n_stations, problem.n_zones
        self._demand = [demand_row(problem, k) for k in range(n_kinds)]
        self._standards = [s.as_row() for s in problem.standards]
        self.counts = movers.counts.copy()
        self.near = np.empty((n_kinds, n_zones, 3), dtype=np.int16)
        self._gain = np.empty((n_kinds, n_stations))
        self._loss = np.empty((n_kinds, n_stations))
        self._extra = np.empty((n_kinds, n_stations, n_stations))
        self._total = self.counts.sum(axis=0)
        self._room = movers.room
        self._left = movers.size.copy()
        self._may_leave = movers.may_leave.copy()
        self._cells: list[dict[int, list[int]]] = [{} for _ in range(n_kinds)]
        self._cost = np.full((n_kinds, n_stations, n_stations), np.inf)
        for g in range(movers.n_groups):
            self._cells[int(movers.kind[g])].setdefault(int(movers.origin[g]), []).append(g)
        for k, cells in enumerate(self._cells):
            for origin in cells:
                self._refresh_cost(k, origin)
        for k in range(n_kinds):
            find_all_near(self.counts[k], index.order, self.near[k], self._standards[k])
            self._price(k)
        self.cost = 0.0
        self._risk = self.exact_risk()

    @property
    def objective(self) -> float:
        """Risk plus the cost of the moves made so far, kept by summing exact differences."""
        return self._risk + self.cost

    def prices(self) -> FloatArray:
        """Return the value of a further move of each group to each station, (G, S); inf where not allowed."""
        kind, origin = self.movers.kind, self.movers.origin
        change = self._loss[kind, origin][:, None] - self._gain[kind] - self._extra[kind, origin]
        prices: FloatArray = change + self.movers.cost
        return prices

    def allows(self, pair: Pair) -> bool:
        """Whether the rules allow this further move."""
        g, destination = pair
        k, origin = int(self.movers.kind[g]), int(self.movers.origin[g])
        return bool(
            self._left[g] > 0
            and self._may_leave[k, origin] > 0
            and self._total[destination] < self._room[destination]
            and np.isfinite(self.movers.cost[g, destination])
        )

    def exact_risk(self) -> float:
        """Return the risk computed afresh, free of summed rounding errors."""
        return sum(
            risk_of(self.near[k], self._index.sorted_s, self._demand[k], self._standards[k])
            for k in range(len(self._demand))
        )

    def best(self, without: Rule | None = None) -> Candidate:
        """Return the best allowed single move (value inf where there is none).

        Parameters
        ----------
        without
            A rule to leave aside: the reasons ask what it costs.
        """
        has_room = (self._total < self._room) | (without == "bays")
        may_leave = self._present() if without == "min_cover" else self._may_leave
        cost = self._unrejected_cost() if without == "rejected" else self._cost
        overfull = self._total > self._room
        if without != "bays" and overfull.any():
            # A move was taken back whose place another had taken: only a move from there is allowed now.
            may_leave = np.where(overfull, may_leave, 0)
        best = Candidate(np.inf, -1, -1)
        for k in range(len(self._demand)):
            value, origin, destination = best_pair(
                self._gain[k],
                self._loss[k],
                self._extra[k],
                cost[k],
                may_leave[k] > 0,
                has_room,
            )
            if value < best.value:
                best = Candidate(value, self._cheapest_group(k, origin, destination), destination)
        return best

    def value_of(self, pair: Pair) -> float:
        """Return the change of risk plus cost that a further move would bring."""
        g, destination = pair
        k, origin = int(self.movers.kind[g]), int(self.movers.origin[g])
        return self._risk_change(k, origin, destination) + float(self.movers.cost[g, destination])

    def value_of_dropping(self, pair: Pair) -> float:
        """Return the change of risk plus cost that taking a move back would bring; inf where not allowed.

        It is not allowed where another appliance has taken its place and the station would be overfull.
        """
        origin = int(self.movers.origin[pair[0]])
        return np.inf if self._total[origin] >= self._room[origin] else self.worth_of(pair)

    def worth_of(self, pair: Pair) -> float:
        """Return what a move made earlier is worth now: the objective without it minus the objective."""
        return self.contribution_of(pair) - float(self.movers.cost[pair])

    def contribution_of(self, pair: Pair) -> float:
        """Return what a move made earlier brings now, its cost aside: the risk without it minus the risk."""
        g, destination = pair
        return self._risk_change(int(self.movers.kind[g]), destination, int(self.movers.origin[g]))

    def best_turn(self, pairs: list[Pair]) -> tuple[float, Pair, Pair] | None:
        """Return the best change of one end of one of the moves made: value, old pair, new pair."""
        has_room = self._total < self._room
        result: tuple[float, Pair, Pair] | None = None
        for k in range(len(self._demand)):
            own = [pair for pair in pairs if int(self.movers.kind[pair[0]]) == k]
            if not own:
                continue
            groups = np.array([g for g, _ in own])
            value, m, station, at_end = best_turn(
                self.movers.origin[groups],
                np.array([destination for _, destination in own]),
                self.movers.cost[groups],
                self._gain[k],
                self._loss[k],
                self._extra[k],
                self._cost[k],
                self._may_leave[k] > 0,
                has_room,
            )
            if m >= 0 and (result is None or value < result[0]):
                g, destination = own[m]
                new = (g, station) if at_end else (self._cheapest_group(k, station, destination), destination)
                result = (value, own[m], new)
        return result

    def turn(self, old: Pair, new: Pair) -> None:
        """Put a move in the place of another that shares its group or its destination."""
        self.cost += float(self.movers.cost[new]) - float(self.movers.cost[old])
        k = int(self.movers.kind[old[0]])
        if old[0] == new[0]:
            self._shift(k, old[1], new[1])
        else:
            self._leave(old[0], -1)
            self._leave(new[0], 1)
            self._shift(k, int(self.movers.origin[new[0]]), int(self.movers.origin[old[0]]))

    def relabel(self, old: list[Pair], new: list[Pair]) -> None:
        """Put moves in the place of others that take from and bring to the same stations."""
        for pairs, leaving in ((old, -1), (new, 1)):
            for g, destination in pairs:
                self.cost += leaving * float(self.movers.cost[g, destination])
                self._leave(g, leaving)

    def save(self, *kinds: int) -> Saved:
        """Return all that moves of these kinds change (all kinds, if none is named), for `load`."""
        kinds = kinds or tuple(range(len(self._demand)))
        return Saved(kinds, self._risk, self.cost, tuple(array.copy() for array in self._changing(kinds)))

    def load(self, saved: Saved) -> None:
        """Go back to what was saved, to the last bit."""
        self._risk, self.cost = saved.risk, saved.cost
        for array, old in zip(self._changing(saved.kinds), saved.arrays, strict=True):
            array[...] = old

    def _changing(self, kinds: tuple[int, ...]) -> list[AnyArray]:
        by_kind = (self.counts, self.near, self._may_leave, self._gain, self._loss, self._extra, self._cost)
        return [self._total, self._left, *(array[k] for array in by_kind for k in kinds)]

    def add(self, pair: Pair) -> None:
        """Make a move."""
        g, destination = pair
        self.cost += float(self.movers.cost[g, destination])
        self._leave(g, 1)
        self._shift(int(self.movers.kind[g]), int(self.movers.origin[g]), destination)

    def drop(self, pair: Pair) -> None:
        """Take a move back."""
        g, destination = pair
        self.cost -= float(self.movers.cost[g, destination])
        self._leave(g, -1)
        self._shift(int(self.movers.kind[g]), destination, int(self.movers.origin[g]))

    def _leave(self, g: int, leaving: int) -> None:
        k, origin = int(self.movers.kind[g]), int(self.movers.origin[g])
        self._left[g] -= leaving
        self._may_leave[k, origin] -= leaving
        self._refresh_cost(k, origin)

    def _shift(self, k: int, origin: int, destination: int) -> None:
        self._risk += self._risk_change(k, origin, destination)
        self._total[origin] -= 1
        self._total[destination] += 1
        shift(
            origin,
            destination,
            self.counts[k],
            self.near[k],
            self._index.order,
            self._index.rank,
            self._index.sorted_s,
            self._demand[k],
            self._standards[k],
            self._gain[k],
            self._loss[k],
            self._extra[k],
        )

    def _risk_change(self, k: int, origin: int, destination: int) -> float:
        return float(self._loss[k, origin] - self._gain[k, destination] - self._extra[k, origin, destination])

    def _price(self, k: int) -> None:
        price_all(
            self.near[k],
            self._index.order,
            self._index.sorted_s,
            self._demand[k],
            self._standards[k],
            self._gain[k],
            self._loss[k],
            self._extra[k],
        )

    def _refresh_cost(self, k: int, origin: int) -> None:
        groups = [g for g in self._cells[k][origin] if self._left[g] > 0]
        if len(groups) == 1:
            self._cost[k, origin] = self.movers.cost[groups[0]]
        elif groups:
            self._cost[k, origin] = self.movers.cost[groups].min(axis=0)
        else:
            self._cost[k, origin] = np.inf

    def _present(self) -> IntArray:
        """Return how many movers have not moved yet at each station, by kind, (K, S)."""
        present = np.zeros_like(self._may_leave)
        np.add.at(present, (self.movers.kind, self.movers.origin), self._left)
        return present

    def _unrejected_cost(self) -> FloatArray:
        """Return the cost of the cheapest mover of each station as if nothing had been rejected."""
        cost = np.full_like(self._cost, np.inf)
        for k, cells in enumerate(self._cells):
            for origin, groups in cells.items():
                left = [g for g in groups if self._left[g] > 0]
                if left:
                    cost[k, origin] = self.movers.open_cost[left].min(axis=0)
        return cost

    def _cheapest_group(self, k: int, origin: int, destination: int) -> int:
        groups = [g for g in self._cells[k][origin] if self._left[g] > 0]
        return min(groups, key=lambda g: float(self.movers.cost[g, destination]))
