"""Rounds that chains came by, and the best day that can be put together from them.

Called by the portfolio: each chain puts its rounds in now and then, one of them asks for a day. A covering
programme over whole rounds (HiGHS, through SciPy): its relaxation is solved on part of the rounds and those
that would better it are added, then the integer programme is solved over the rounds whose price allows a
better day. Rounds keep all their rules by themselves, so a day of them does as well. It never searches for
rounds, and takes no problem in which what a round costs depends on the others (balance).
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from optimiser.routes.arrays import FloatArray, Int32Array, IntArray
from optimiser.routes.day_arrays import Day
from optimiser.routes.model import Model

MOST_ROUNDS = 40_000
"""Kept at most; the oldest go."""
FIRST_ROUNDS, MORE_ROUNDS, PRICINGS = 2000, 2000, 8
"""Rounds in the first relaxation, added after each, and how often."""
LEAST_GAIN = 1e-4
"""The relaxation is good enough where more rounds better it by less, relatively."""
MOST_WHOLE = 1500
"""Rounds in the integer programme at most."""
LEAST_S = 0.02
SAME_COST = 1e-6


@dataclass(frozen=True, slots=True)
class PooledRound:
    """A round, by the vehicles that can drive it.

    Parameters
    ----------
    kin
        Which vehicles.
    nodes, ways
        In order.
    stops
        Ascending.
    cost
        Of the round, with the price of the stops moved into it.
    moved
        So many stops moved.
    """

    kin: int
    nodes: Int32Array
    ways: Int32Array
    stops: Int32Array
    cost: float
    moved: int


class RoundPool:
    """Rounds of one problem; safe to use from any thread."""

    def __init__(self, model: Model) -> None:
        self._m = model
        self._lock = threading.Lock()
        self._rounds: dict[bytes, PooledRound] = {}
        self._seen: dict[bytes, None] = {}
        self.usable = model.balance == 0.0

    def __len__(self) -> int:
        return len(self._rounds)

    def add(self, day: Day) -> None:
        """Put in the rounds of a day that keep all rules."""
        if not self.usable:
            return
        m = self._m
        late = np.maximum(0.0, day.finish - m.regular_s)
        costs = day.legs + m.fixed + (m.overtime_cost * late if m.overtime_cost > 0.0 else 0.0)
        for v in np.flatnonzero((day.n > 0) & (day.right != 0)).tolist():
            n, kin = int(day.n[v]), int(m.kin[v])
            nodes = day.node[v, 1 : n + 1]
            mark = bytes([kin & 255, kin >> 8 & 255]) + nodes.tobytes()
            if mark in self._seen:
                continue
            stops = np.sort(nodes[nodes < m.n_stops])
            moved = int(((m.home[stops] >= 0) & (m.home[stops] != v)).sum())
            cost = float(costs[v]) + m.moved_cost * moved
            self._seen[mark] = None
            self.put([PooledRound(kin, nodes.copy(), day.way[v, 1 : n + 1].copy(), stops, cost, moved)])
        with self._lock:
            while len(self._seen) > MOST_ROUNDS:
                del self._seen[next(iter(self._seen))]

    def put(self, rounds: list[PooledRound]) -> None:
        """Put in rounds that keep all rules; of two with the same stops the cheaper one stays."""
        with self._lock:
            for made in rounds:
                key = bytes([made.kin & 255, made.kin >> 8 & 255]) + made.stops.tobytes()
                known = self._rounds.pop(key, None)
                self._rounds[key] = made if known is None or made.cost < known.cost else known
            while len(self._rounds) > MOST_ROUNDS:
                del self._rounds[next(iter(self._rounds))]

    def best_day(self, known: float, most_moved: int, seconds: float) -> list[PooledRound] | None:
        """Rounds of a day that costs less than `known`, no stop in two of them; None where none is found."""
        until = time.perf_counter() + seconds
        with self._lock:
            rounds = list(self._rounds.values())
        if not self.usable or len(rounds) < 2 or seconds < LEAST_S:
            return None
        programme = _Programme(self._m, rounds, most_moved)
        chosen = programme.relaxed(known, until)
        if chosen is None:
            return None
        taken = programme.whole(chosen, known, until)
        return None if taken is None else self._once([rounds[i] for i in taken])

    def _once(self, rounds: list[PooledRound]) -> list[PooledRound]:
        """Take stops that are in two rounds out of the one that is shortened more by it."""
        m = self._m
        nodes = [made.nodes.tolist() for made in rounds]
        ways = [made.ways.tolist() for made in rounds]
        held: dict[int, list[int]] = {}
        for r, made in enumerate(rounds):
            for stop in made.stops.tolist():
                held.setdefault(stop, []).append(r)
        for stop, where in held.items():
            fixed = [r for r in where if nodes[r].index(stop) < self._done(rounds[r].kin)]
            while len(where) > 1:
                free = [r for r in where if r not in fixed] or where
                worst = max(free, key=lambda r: self._saved(rounds[r].kin, nodes[r], ways[r], stop))
                at = nodes[worst].index(stop)
                del nodes[worst][at], ways[worst][at]
                where.remove(worst)
        return [
            PooledRound(
                made.kin,
                np.array(nodes[r], np.int32),
                np.array(ways[r], np.int32),
                np.array([node for node in nodes[r] if node < m.n_stops], np.int32),
                made.cost,
                made.moved,
            )
            for r, made in enumerate(rounds)
        ]

    def _done(self, kin: int) -> int:
        return int(self._m.done[int(np.flatnonzero(self._m.kin == kin)[0])])

    def _saved(self, kin: int, nodes: list[int], ways: list[int], stop: int) -> float:
        m, at = self._m, nodes.index(stop)
        v = int(np.flatnonzero(m.kin == kin)[0])
        here = m.leave[nodes[at - 1], ways[at - 1]] if at > 0 else m.start[v]
        there = m.enter[nodes[at + 1], ways[at + 1]] if at + 1 < len(nodes) else m.end[v]
        into, out = m.enter[stop, ways[at]], m.leave[stop, ways[at]]
        return float(m.cost[here, into] + m.cost[out, there] - m.cost[here, there])


class _Programme:
    """The covering programme over rounds: a row for each stop, each kind of vehicle and the stops moved."""

    def __init__(self, m: Model, rounds: list[PooledRound], most_moved: int) -> None:
        self._served = np.flatnonzero(~m.placed)
        self._row = np.full(m.n_stops, -1, np.int64)
        self._row[self._served] = np.arange(len(self._served))
        self._unserved = m.unserved[self._served]
        n_rows = len(self._served)
        kinds = int(m.kin.max()) + 1
        vehicles = np.bincount(m.kin, minlength=kinds).astype(float)
        begun = np.zeros(kinds, bool)  # a vehicle that is out, unless it is lost, has a round
        begun[m.kin[m.done > 0]] = True
        begun &= np.bincount([made.kin for made in rounds], minlength=kinds) > 0
        self._limits = np.concatenate([vehicles, [float(most_moved)]])
        self._least = np.concatenate([np.where(begun, vehicles, 0.0), [0.0]])
        self.cost = np.array([made.cost for made in rounds])
        lengths = np.array([len(made.stops) for made in rounds])
        stops = np.concatenate([made.stops for made in rounds])
        self.cover = sp.csc_matrix(
            (np.ones(len(stops)), self._row[stops], np.concatenate([[0], np.cumsum(lengths)])),
            shape=(n_rows, len(rounds)),
        )
        rows = np.array([made.kin for made in rounds])
        use = sp.csc_matrix((np.ones(len(rounds)), (rows, np.arange(len(rounds)))), (kinds, len(rounds)))
        moved = sp.csc_matrix(np.array([[float(made.moved) for made in rounds]]))
        self.use = sp.vstack([use, moved], format="csc")
        self.price = np.zeros(0)
        self.bound = -np.inf

    def relaxed(self, known: float, until: float) -> IntArray | None:
        """The rounds that a day cheaper than `known` may have, by the prices of the relaxation."""
        n = len(self.cost)
        inside = np.zeros(n, bool)
        inside[max(0, n - FIRST_ROUNDS) :] = True
        reduced, last = np.zeros(n), np.inf
        for _ in range(PRICINGS):
            left = until - time.perf_counter()
            if left < LEAST_S:
                return None
            columns = np.flatnonzero(inside)
            found = self._linear(columns, left)
            if found is None:
                return None
            value, stop_price, use_price = found
            reduced = self.cost - self.cover.T @ stop_price - self.use.T @ use_price
            cheap = np.flatnonzero(~inside & (reduced < -SAME_COST))
            if not len(cheap) or last - value < LEAST_GAIN * abs(value):
                break
            last = value
            inside[cheap[np.argsort(reduced[cheap])[:MORE_ROUNDS]]] = True
        able = np.flatnonzero(reduced < known - value)
        return np.sort(able[np.argsort(reduced[able])[:MOST_WHOLE]])

    def _linear(self, columns: IntArray, seconds: float) -> tuple[float, FloatArray, FloatArray] | None:
        n_stops = len(self._served)
        begun = np.flatnonzero(self._least > 0)
        zero = sp.csc_matrix((self.use.shape[0], n_stops))
        use = sp.hstack([self.use[:, columns], zero], format="csr")
        cover = sp.hstack([self.cover[:, columns], sp.identity(n_stops)], format="csr")
        rows = sp.vstack([-cover, use, -use[begun]], format="csc")
        limits = np.concatenate([-np.ones(n_stops), self._limits, -self._least[begun]])
        costs = np.concatenate([self.cost[columns], self._unserved])
        found: Any = linprog(
            costs, A_ub=rows, b_ub=limits, method="highs-ds", options={"time_limit": seconds}
        )
        if found.status != 0:
            return None
        price = found.ineqlin.marginals
        use_price = price[n_stops : n_stops + len(self._limits)].copy()
        use_price[begun] -= price[n_stops + len(self._limits) :]
        return float(found.fun), -price[:n_stops], use_price

    def whole(self, columns: IntArray, known: float, until: float) -> list[int] | None:
        """The rounds of the cheapest day found, where it is cheaper than `known`."""
        left = until - time.perf_counter()
        if left < LEAST_S or not len(columns):
            return None
        n, n_stops = len(columns), len(self._served)
        cover = sp.hstack([self.cover[:, columns], sp.identity(n_stops)], format="csc")
        zero = sp.csc_matrix((self.use.shape[0], n_stops))
        use = sp.hstack([self.use[:, columns], zero], format="csc")
        found: Any = milp(
            np.concatenate([self.cost[columns], self._unserved]),
            integrality=np.concatenate([np.ones(n), np.zeros(n_stops)]),
            bounds=Bounds(0.0, 1.0),
            constraints=[
                LinearConstraint(cover, 1.0, np.inf),
                LinearConstraint(use, self._least, self._limits),
            ],
            options={"time_limit": left},
        )
        if found.x is None or found.fun > known - SAME_COST:
            return None
        return [int(columns[i]) for i in np.flatnonzero(found.x[:n] > 0.5)]
