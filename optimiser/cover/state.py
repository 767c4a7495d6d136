"""Cover as it would be after some moves, with the exact price of every further move kept up to date.

Used by the search and by the reasons. It changes with each `add` and `drop`; it never decides anything.
"""

from typing import NamedTuple

import numpy as np

from optimiser.cover.arrays import AnyArray, BoolArray, FloatArray, IntArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.kernels import risk_of
from optimiser.cover.movers import Movers
from optimiser.cover.plan import Rule
from optimiser.cover.prices import Book, Extras, best_pair, best_turn, extras_away, open_book, shift
from optimiser.cover.problem import CoverProblem

Pair = tuple[int, int]  # (group of movers, destination station)

# The version of what was never worked out.
NEVER = -1


class Candidate(NamedTuple):
    """A further move: its value (change of risk plus cost; below zero pays), group and destination."""

    value: float
    group: int
    destination: int


class Blocked(NamedTuple):
    """A move that only a full station forbids: its value, the move it takes the place of, and itself."""

    value: float
    old: Pair | None
    new: Pair


class Saved(NamedTuple):
    """What a state looked like: risk, cost of the moves, and copies of the arrays of some kinds."""

    kinds: tuple[int, ...]
    risk: float
    cost: float
    arrays: tuple[AnyArray, ...]


class CoverState:
    """Counts, nearest three and prices of all single moves, for every kind and over all scenes.

    Parameters
    ----------
    index
        Sorted attendance times of the region.
    problem, movers
        The problem and its groups of movers, left as they are. Where the problem charges for driving, the
        state has movers of its own, because the charge depends on what each move brings.
    """

    def __init__(self, index: AttendanceIndex, problem: CoverProblem, movers: Movers) -> None:
        self.movers = movers
        self._region = index.arrays
        n_kinds, n_stations, n_zones = problem.n_kinds, problem.n_stations, problem.n_zones
        view_demand = problem.view_demand()
        self._books: list[Book] = []
        self._extras: list[Extras] = []
        for k, standard in enumerate(problem.standards):
            # Views are scene-major: those of a kind are every n_kinds-th. Copies, because Numba compiles
            # once more for an array it may not write to, or of another type or order.
            changes = [scene.counts_change[k] for scene in problem.scenes] or [0]
            counts = np.stack([np.add(movers.counts[k], change, dtype=np.int64) for change in changes])
            demand = np.array(view_demand[k::n_kinds], dtype=np.float64, order="C")
            shape = (len(counts), 3, n_zones)
            book = (
                counts,
                np.empty(shape, dtype=np.int16),
                np.empty(shape, dtype=np.float32),
                np.full((len(counts), 2, n_zones), n_stations, dtype=np.int16),
                demand,
                standard.as_row(),
                np.empty(n_stations),
                np.empty(n_stations),
            )
            open_book(self._region, book)
            self._books.append(book)
            away, towards = np.empty((n_stations, n_stations)), np.empty((n_stations, n_stations))
            made, changed = np.full((2, n_stations), NEVER), np.zeros((2, n_stations + 1), dtype=np.int64)
            self._extras.append((away, made[0], changed[0], towards, made[1], changed[1]))
        # Each change of a book makes a new version. Going back to an old one brings back in which version
        # each row of extras changed last, and with it the rows still held of that version.
        self._version = 0
        self._total = movers.counts.sum(axis=0)
        self._left = movers.size.copy()
        self._may_leave = movers.may_leave.copy()
        # Of each group, the place of its kind and station in the flattened (K, S).
        self._cell = movers.kind * n_stations + movers.origin
        if problem.road_s is not None:
            self.movers = movers = movers.charge_driving(problem, self._brings())
        self._groups = [np.flatnonzero(movers.kind == k) for k in range(n_kinds)]
        self._least_cost = self._least_of(movers.cost)
        self.cost = 0.0
        self._risk = self.exact_risk()

    @property
    def objective(self) -> float:
        """Risk plus the cost of the moves made so far, kept by summing exact differences."""
        return self._risk + self.cost

    @property
    def counts(self) -> IntArray:
        """The appliances at stations by view, scene-major, (V, S)."""
        by_kind = np.stack([book[0] for book in self._books], axis=1)
        counts: IntArray = by_kind.reshape(-1, by_kind.shape[2])
        return counts

    def prices(self) -> FloatArray:
        """Return the value of a further move of each group to each station, (G, S); inf where not allowed."""
        prices: FloatArray = self.movers.cost - self._brings()
        for k, groups in enumerate(self._groups):
            prices[groups] += self._books[k][7][self.movers.origin[groups], None]
        return prices

    def _brings(self) -> FloatArray:
        """Return what the coming of each group to each station saves once it has left its own, (G, S)."""
        brings = np.empty(self.movers.cost.shape)
        kinds = self.movers.kind.tolist()
        for g, (k, origin) in enumerate(zip(kinds, self.movers.origin.tolist(), strict=True)):
            np.add(self._books[k][6], self._away(k, origin), out=brings[g])
        return brings

    def _away(self, k: int, origin: int) -> FloatArray:
        """Return extra[origin, :] of a kind, as it stands now."""
        return extras_away(origin, self._region, self._books[k], self._extras[k])

    def allows(self, pair: Pair) -> bool:
        """Whether the rules allow this further move."""
        g, destination = pair
        k, origin = int(self.movers.kind[g]), int(self.movers.origin[g])
        return bool(
            self._left[g] > 0
            and self._may_leave[k, origin] > 0
            and self._total[destination] < self.movers.room[destination]
            and np.isfinite(self.movers.cost[g, destination])
        )

    def exact_risk(self) -> float:
        """Return the risk computed afresh, free of summed rounding errors."""
        return sum(risk_of(times, demand, row) for _, _, times, _, demand, row, _, _ in self._books)

    def best(self, without: Rule | None = None, below: float = np.inf) -> Candidate:
        """Return the best allowed single move (value inf where there is none).

        Parameters
        ----------
        without
            A rule to leave aside: the reasons ask what it costs.
        below
            Only a move worth less than this is sought: the lower, the sooner found.
        """
        cost, least = self.movers.cost, self._least_cost
        if without == "rejected":
            cost = self.movers.open_cost
            least = self._least_of(cost)
        may_go = self._left > 0 if without == "min_cover" else self._may_go()
        has_room = np.ones(len(self._total), dtype=np.bool_) if without == "bays" else self._has_room()
        overfull = self._total > self.movers.room
        if without != "bays" and overfull.any():
            # A move was taken back whose place another had taken: only a move from there is allowed now.
            may_go &= overfull[self.movers.origin]
        best = Candidate(np.inf, -1, -1)
        for k, groups in enumerate(self._groups):
            value, group, destination = best_pair(
                min(below, best.value),
                (groups, may_go, self.movers.origin, cost),
                least[k],
                has_room,
                self._region,
                self._books[k],
                self._extras[k],
            )
            if group >= 0:
                best = Candidate(value, group, destination)
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
        return np.inf if self._total[origin] >= self.movers.room[origin] else self.worth_of(pair)

    def worth_of(self, pair: Pair) -> float:
        """Return what a move made earlier is worth now: the objective without it minus the objective."""
        return self.contribution_of(pair) - float(self.movers.cost[pair])

    def contribution_of(self, pair: Pair) -> float:
        """Return what a move made earlier brings now, its cost aside: the risk without it minus the risk."""
        g, destination = pair
        return self._risk_change(int(self.movers.kind[g]), destination, int(self.movers.origin[g]))

    def best_turn(self, pairs: list[Pair], below: float = 0.0) -> tuple[float, Pair, Pair] | None:
        """Return the best change of one end of the first move for which one is worth less than `below`.

        The moves made, `pairs`, are asked in their order, kind by kind. Returns value, old pair, new pair.
        """
        may_go, has_room = self._may_go(), self._has_room()
        kinds = [int(self.movers.kind[g]) for g, _ in pairs]
        for k in dict.fromkeys(kinds):
            own = [pair for pair, kind in zip(pairs, kinds, strict=True) if kind == k]
            value, m, group, end = best_turn(
                below,
                np.array([g for g, _ in own]),
                np.array([destination for _, destination in own]),
                (self._groups[k], may_go, self.movers.origin, self.movers.cost),
                has_room,
                self._region,
                self._books[k],
                self._extras[k],
            )
            if m >= 0:
                return value, own[m], (group, end)
        return None

    def blocked(self, pairs: list[Pair], further: float, turned: float, most: int) -> list[Blocked]:
        """Return the best moves that only a full station forbids, where somebody may leave that station.

        One for each kind and station that is worth less than `further`; and one for each move of `pairs`
        that goes there in its place, worth less than `turned`.
        """
        may_go, origins, cost = self._may_go(), self.movers.origin, self.movers.cost
        full = np.zeros(len(self._total), dtype=np.bool_)
        full[origins[may_go]] = True
        full &= ~self._has_room()
        if not full.any():
            return []
        found: list[Blocked] = []
        only = np.zeros_like(full)
        for k, groups in enumerate(self._groups):
            fleet, book, extras = (groups, may_go, origins, cost), self._books[k], self._extras[k]
            promise = self._least_cost[k] - book[6]
            ends = np.flatnonzero(full & (promise < further))
            for j in ends[np.argsort(promise[ends])][:most].tolist():
                only[j] = True
                value, g, end = best_pair(
                    further, fleet, self._least_cost[k], only, self._region, book, extras
                )
                only[j] = False
                if g >= 0:
                    found.append(Blocked(value, None, (g, end)))
            for pair in pairs:
                if self.movers.kind[pair[0]] == k:
                    moved, made = np.array([pair[0]]), np.array([pair[1]])
                    value, m, g, end = best_turn(turned, moved, made, fleet, full, self._region, book, extras)
                    if m >= 0 and g == pair[0]:
                        found.append(Blocked(value, pair, (g, end)))
        return sorted(found, key=lambda move: move.value)[:most]

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
        kinds = kinds or tuple(range(len(self._books)))
        return Saved(kinds, self._risk, self.cost, tuple(array.copy() for array in self._changing(kinds)))

    def load(self, saved: Saved) -> None:
        """Go back to what was saved, to the last bit."""
        self._risk, self.cost = saved.risk, saved.cost
        for array, old in zip(self._changing(saved.kinds), saved.arrays, strict=True):
            array[...] = old

    def _changing(self, kinds: tuple[int, ...]) -> list[AnyArray]:
        arrays: list[AnyArray] = [self._total, self._left, self._may_leave]
        for k in kinds:
            counts, ranks, times, stations, _, _, gain, loss = self._books[k]
            arrays += [counts, ranks, times, stations, gain, loss, self._extras[k][2], self._extras[k][5]]
        return arrays

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
        self._left[g] -= leaving
        self._may_leave[self.movers.kind[g], self.movers.origin[g]] -= leaving

    def _shift(self, k: int, origin: int, destination: int) -> None:
        self._risk += self._risk_change(k, origin, destination)
        self._total[origin] -= 1
        self._total[destination] += 1
        self._version += 1
        shift(origin, destination, self._region, self._books[k], self._extras[k], self._version)

    def _risk_change(self, k: int, origin: int, destination: int) -> float:
        gain, loss = self._books[k][6:]
        _, _, _, towards, towards_at, towards_changed = self._extras[k]
        if towards_at[destination] == towards_changed[destination]:
            extra = towards[destination, origin]
        else:
            extra = self._away(k, origin)[destination]
        return float(loss[origin] - gain[destination] - extra)

    def _may_go(self) -> BoolArray:
        """Return whether one more of each group may leave its station, (G,)."""
        may: BoolArray = (self._may_leave.ravel().take(self._cell) > 0) & (self._left > 0)
        return may

    def _has_room(self) -> BoolArray:
        room: BoolArray = self._total < self.movers.room
        return room

    def _least_of(self, cost: FloatArray) -> FloatArray:
        """Return the least cost of a move of each kind to each station, (K, S)."""
        return np.stack([cost[groups].min(axis=0, initial=np.inf) for groups in self._groups])
