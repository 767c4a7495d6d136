"""A genetic search on plain days: one depot and tip, vehicles alike, one trip each, no clock, nothing done.

Called by the portfolio beside a chain, where the day is so plain. A population of feasible and of overloaded
days, crossed, cut into rounds and improved by a local search that pays for overload: T. Vidal, Hybrid genetic
search for the CVRP, Computers & Operations Research 140, 2022. It never judges its days: the checker does.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray, Int32Array, IntArray
from optimiser.routes.kernel_genetic import improve, lengths, ordered, sequence, split, turn
from optimiser.routes.model import Model
from optimiser.routes.model_parts import neighbours
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.round_pool import PooledRound, RoundPool

LEAST, BORN, ELITE, CLOSE = 25, 40, 4, 5
"""The population: kept, born between two cullings, the best that matter most, nearest for diversity."""
GRANULAR = 20
"""Nearest stops a move is tried with."""
FEASIBLE_SHARE, TUNED_EVERY = 0.2, 100
"""The price of overload is tuned so that this share of days keeps the load."""
ROOM = 1.3
"""So much more capacity than load, and three rounds, is what the search looks at."""
UNCHANGED = 10_000
"""So many births without a better day: the population begins anew."""
TAKEN_EVERY = 20
"""After so many births it asks whether another search has found something better."""
WEIGHED_EVERY, NEW_WORTH = 20, 0.4
"""After so many births all are weighed again; what a new one's diversity counts for until then."""
OVER = 1e-6


Rounds = tuple[Int32Array, Int32Array]
"""The stop after each stop and depot, and the row of each in the costs."""


@dataclass(frozen=True, slots=True, eq=False)
class PlainDay:
    """A plain problem: costs between ends of stops, loads, one capacity.

    Parameters
    ----------
    cost
        Rows are stop * ways + way, then the depot.
    ways
        1, or 2 where streets may be served from either end.
    load
        Of each stop, (S,).
    capacity
        Of each vehicle.
    near
        Stops that moves are tried with, (S, G).
    most, vehicles
        Rounds the search looks at, and vehicles there are.
    fixed
        Cost of a round besides its legs.
    """

    cost: FloatArray
    ways: int
    load: FloatArray
    capacity: float
    near: Int32Array
    most: int
    vehicles: int
    fixed: float

    @property
    def roomy(self) -> bool:
        """Whether there are vehicles enough for any search to serve every stop."""
        return bool(self.vehicles * self.capacity >= ROOM * self.load.sum())

    @classmethod
    def of(cls, problem: RouteProblem, m: Model) -> Self | None:
        """The problem as a plain one; None where it is not."""
        if not _plain(problem, m):
            return None
        n, ways = m.n_stops, int(m.ways[: m.n_stops].max())
        enter = np.append(m.enter[:n, :ways].reshape(-1), m.enter[n, 0])
        leave = np.append(m.leave[:n, :ways].reshape(-1), m.start[0])
        cost = m.cost[leave[:, None], enter[None, :]]
        cost[:, -1] += m.inner_cost[n] + m.cost[m.leave[n, 0], m.end[0]]
        back = np.append(np.arange(n * ways) ^ (ways - 1), n * ways)
        if not np.allclose(cost, cost[np.ix_(back, back)].T, atol=1e-9):
            return None
        load, capacity = m.load[:, 0], float(m.capacity[0, 0])
        enough = int(np.ceil(ROOM * load.sum() / capacity)) + 3
        most = min(len(m.start), enough)
        near = neighbours(m.cost, problem.stops, GRANULAR)[:, 1:]
        kept = np.ascontiguousarray(cost)
        return cls(
            kept, ways, np.ascontiguousarray(load), capacity, near, most, len(m.start), float(m.fixed[0])
        )


def _plain(problem: RouteProblem, m: Model) -> bool:
    n = m.n_stops
    return bool(
        problem.in_force is None
        and n > 2
        and m.n_nodes == n + 1
        and m.load.shape[1] == 1
        and m.kin.max() == 0
        and m.may.all()
        and (m.max_trips == 1).all()
        and not m.has_release
        and m.balance == 0.0
        and (m.rest_s == 0.0).all()
        and (m.lock_at < 0).all()
        and (m.n_open == 1).all()
        and (m.ways[:n] == m.ways[0]).all()
        and m.takes_all[n]
        and (m.opens[:, 0] <= m.begin_s.min()).all()
        and _never_late(m)
        and (m.daily_stops >= n).all()
        and (m.daily_load >= np.minimum(m.capacity, m.load.sum())).all()
        and (m.unserved >= 4.0 * m.cost.max() + m.fixed.max()).all()
    )


def _never_late(m: Model) -> bool:
    """Whether even a round of all stops ends before anything closes."""
    longest = m.begin_s.max() + m.service.sum() + (m.n_nodes + 1) * m.travel.max()
    return bool((m.closes[:, 0] >= longest).all() and (m.regular_s >= longest).all())


@dataclass(slots=True, eq=False)
class Individual:
    """A day as the population keeps it."""

    after: Int32Array
    row: Int32Array
    cost: float
    over: float
    rounds: int
    beside: IntArray
    """Stop after and before each, -1 for the depot, (2, S)."""
    worth: float = 0.0
    """Its rank in cost and diversity when its like were last weighed, less is better."""

    def paid(self, price: float) -> float:
        """Cost with the price of overload."""
        return self.cost + price * self.over


class Genetic:
    """A search on a plain day."""

    def __init__(self, day: PlainDay, seed: int, pool: RoundPool | None = None) -> None:
        self.day = day
        self.n = len(day.load)
        self._rng = np.random.default_rng(seed)
        self._pool = pool
        self.price = max(0.1, min(1000.0, float(day.cost.max()) / max(float(day.load.max()), 1e-9)))
        self.best: Individual | None = None
        self._kept: tuple[list[Individual], list[Individual]] = ([], [])
        self._recent = [True] * TUNED_EVERY
        self.births = 0

    def run(
        self,
        until: float,
        cancelled: Callable[[], bool],
        better: Callable[[DayPlan], None],
        others: Callable[[float], DayPlan | None],
    ) -> None:
        """Search until a time of `perf_counter`; `others` gives a plan better than a cost, or None."""
        since = 0
        while time.perf_counter() < until and not cancelled():
            known = self.best
            if known is not None and self.births % TAKEN_EVERY == 0:
                plan = others(known.cost)
                if plan is not None:
                    self.take(plan)
                    known = self.best
            self._birth()
            since = since + 1 if self.best is known else 0
            if self.best is not known and self.best is not None:
                better(self.plan_of(self.best))
            if since > UNCHANGED:
                self._kept, since = ([], []), 0

    def _birth(self) -> None:
        self.births += 1
        if len(self._kept[0]) + len(self._kept[1]) < 2 * LEAST and self.births <= 4 * LEAST:
            tour = self._rng.permutation(self.n)
            row = self._rows()
        else:
            one, other = self._parent(), self._parent()
            begin, end = self._rng.integers(self.n, size=2).tolist()
            first, second = self._tour(one), self._tour(other)
            tour = ordered(first, second, begin, end)
            row = one.row.copy()
        cut = self._made(tour, row)
        if cut is None:
            return
        made = self._improved(cut, self.price)
        self._recent[self.births % TUNED_EVERY] = made.over <= OVER
        self._keep(made)
        if made.over > OVER and self._rng.random() < 0.5:
            mended = self._improved(made, 10.0 * self.price)
            if mended.over <= OVER:
                self._keep(mended)
        if self.births % WEIGHED_EVERY == 0:
            self._weigh()
        if self.births % TUNED_EVERY == 0:
            share = sum(self._recent) / TUNED_EVERY
            if share < FEASIBLE_SHARE - 0.05:
                self.price = min(self.price * 1.2, 1e5)
            elif share > FEASIBLE_SHARE + 0.05:
                self.price = max(self.price * 0.85, 1e-3)
            self._kept[1].sort(key=lambda one: one.paid(self.price))

    def take(self, plan: DayPlan) -> None:
        """Let a plan of another search join."""
        day, n = self.day, self.n
        if plan.unserved or sum(bool(visits) for visits in plan.rounds) > day.most:
            return
        after = np.zeros(n + 2 * day.most, np.int32)
        after[n : n + day.most] = n + day.most + np.arange(day.most)
        row, r = self._rows(), 0
        for visits in plan.rounds:
            stops = [visit for visit in visits if visit.kind == Kind.STOP]
            at = n + r
            for stop in stops:
                after[at] = stop.index
                at = stop.index
                row[stop.index] += int(stop.backward) * (day.ways - 1)
            if stops:
                after[at] = n + day.most + r
                r += 1
        self._keep(self._improved((after, row), self.price))

    def _rows(self) -> Int32Array:
        n, day = self.n, self.day
        row = np.full(n + 2 * day.most, n * day.ways, np.int32)
        row[:n] = np.arange(n) * day.ways
        return row

    def _made(self, tour: IntArray, row: Int32Array) -> Rounds | None:
        """Cut a tour into rounds."""
        day, n = self.day, self.n
        begins = split(tour, day.cost, row, day.load, day.capacity, self.price, day.most)
        cuts = begins[begins >= 0].tolist()
        if not cuts:
            return None
        after = np.zeros(n + 2 * day.most, np.int32)
        after[n : n + day.most] = n + day.most + np.arange(day.most)
        for r, (begin, end) in enumerate(zip(cuts, [*cuts[1:], n], strict=True)):
            part = tour[begin:end]
            after[n + r] = part[0]
            after[part[:-1]] = part[1:]
            after[part[-1]] = n + day.most + r
        return after, row

    def _improved(self, made: "Rounds | Individual", price: float) -> Individual:
        day, n = self.day, self.n
        after, row = (made.after.copy(), made.row.copy()) if isinstance(made, Individual) else made
        two = day.ways == 2
        if two:
            turn(day.cost, row, after, n, day.most)
        order = self._rng.permutation(n).astype(np.int32)
        improve(day.cost, row, day.load, day.capacity, price, day.near, order, after, day.most, two)
        if two:
            turn(day.cost, row, after, n, day.most)
        found = lengths(day.cost, row, after, day.load, n, day.most)
        used = int((found[:, 1] > 0).sum())
        cost = float(found[:, 0].sum()) + day.fixed * used
        over = float(np.maximum(0.0, found[:, 1] - day.capacity).sum())
        beside = np.full((2, n), -1, np.int64)
        follows = after[:n]
        beside[0] = np.where(follows < n, follows, -1)
        inner = np.flatnonzero(follows < n)
        beside[1, follows[inner]] = inner
        return Individual(after, row, cost, over, used, beside)

    def _tour(self, one: Individual) -> IntArray:
        return sequence(one.after, self.n, self.day.most)[0]

    def _rounds(self, one: Individual) -> list[IntArray]:
        tour, ends = sequence(one.after, self.n, self.day.most)
        return [stops for stops in np.split(tour, ends[:-1]) if len(stops)]

    def _keep(self, made: Individual) -> None:
        feasible = made.over <= OVER
        kept = self._kept[0 if feasible else 1]
        paid = made.paid(self.price)
        made.worth = NEW_WORTH + sum(one.paid(self.price) < paid for one in kept) / (len(kept) + 1)
        kept.append(made)
        if feasible and (self.best is None or made.cost < self.best.cost - OVER):
            self.best = made
        if feasible and self._pool is not None:
            self._pool.put(self._pooled(made))
        if len(kept) > LEAST + BORN:
            self._cull(kept)

    def _apart(self, kept: list[Individual]) -> FloatArray:
        """Share of stops with other neighbours, between any two."""
        after = np.array([one.beside[0] for one in kept])
        before = np.array([one.beside[1] for one in kept])
        count = len(kept)
        apart = np.zeros((count, count))
        for i in range(count):
            new = (after != after[i]) & (before != after[i])
            edge = (before[i] < 0) & (after >= 0) & (before >= 0)
            apart[i] = (new & (after[i] >= 0)).sum(axis=1) + edge.sum(axis=1)
        apart /= self.n
        return np.asarray(np.maximum(apart, apart.T))

    def _cull(self, kept: list[Individual]) -> None:
        """Leave `LEAST`: twins go first, then those of least worth by cost and by how near others are."""
        apart = self._apart(kept)
        np.fill_diagonal(apart, np.inf)
        paid = np.array([one.paid(self.price) for one in kept])
        alive = np.arange(len(kept))
        while len(alive) > LEAST:
            worth, twin = self._worth(apart[np.ix_(alive, alive)], paid[alive])
            worth = np.where(twin, worth + 1e3, worth)
            worth[int(np.argmin(paid[alive]))] = -np.inf
            alive = np.delete(alive, int(np.argmax(worth)))
        kept[:] = [kept[i] for i in alive.tolist()]

    def _weigh(self) -> None:
        for kept in self._kept:
            if len(kept) > 1:
                apart = self._apart(kept)
                np.fill_diagonal(apart, np.inf)
                worth, _ = self._worth(apart, np.array([one.paid(self.price) for one in kept]))
                for one, weight in zip(kept, worth.tolist(), strict=True):
                    one.worth = weight

    def _worth(self, apart: FloatArray, paid: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Biased fitness, less is better, and whether another is the same."""
        count = len(paid)
        close = np.sort(apart, axis=1)[:, : min(CLOSE, count - 1)]
        by_cost, by_place = np.empty(count), np.empty(count)
        by_cost[np.argsort(paid, kind="stable")] = np.arange(count)
        by_place[np.argsort(-close.mean(axis=1), kind="stable")] = np.arange(count)
        weight = max(0.0, 1.0 - ELITE / count)
        return (by_cost + weight * by_place) / max(1, count - 1), close[:, 0] < 1e-9

    def _parent(self) -> Individual:
        """The better of two, by cost and diversity."""
        everyone: list[Individual] = self._kept[0] + self._kept[1]
        i, j = (int(k) for k in self._rng.integers(len(everyone), size=2))
        return everyone[i if everyone[i].worth <= everyone[j].worth else j]

    def plan_of(self, one: Individual) -> DayPlan:
        """A day as a plan."""
        ways = one.row & 1 if self.day.ways == 2 else np.zeros_like(one.row)
        rounds = [
            (*(Visit(Kind.STOP, u, bool(ways[u])) for u in stops.tolist()), Visit(Kind.TIP, 0))
            for stops in self._rounds(one)
        ]
        idle = ((),) * (self.day.vehicles - len(rounds))
        return DayPlan((*rounds, *idle))

    def _pooled(self, one: Individual) -> list[PooledRound]:
        n, cost = self.n, self.day.cost
        ways = one.row & 1 if self.day.ways == 2 else np.zeros_like(one.row)
        made = []
        for stops in self._rounds(one):
            path = [n * self.day.ways, *one.row[stops].tolist(), n * self.day.ways]
            length = float(cost[path[:-1], path[1:]].sum()) + self.day.fixed
            nodes = np.array([*stops, n], np.int32)
            made.append(
                PooledRound(
                    0, nodes, np.append(ways[stops], 0).astype(np.int32), np.sort(nodes[:-1]), length, 0
                )
            )
        return made
