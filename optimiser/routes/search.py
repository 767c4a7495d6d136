"""One chain of ruin and recreate: a day that gets better for as long as it is let run.

Called by the engine, one chain per thread. Never checks a plan and never looks at more than its own day.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.routes.arrays import IntArray
from optimiser.routes.day_arrays import empty_day
from optimiser.routes.day_state import DayState
from optimiser.routes.kernel_handle import day_ref
from optimiser.routes.kernel_random import new_dice
from optimiser.routes.kernel_round import day_cost
from optimiser.routes.kernel_search import anneal, copy_day, recreate
from optimiser.routes.kernel_tidy import tidy
from optimiser.routes.model import Model
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.round_pool import PooledRound, RoundPool


def never() -> bool:
    """Nobody cancels."""
    return False


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """How a chain searches; the defaults did best in a few trials on published instances.

    Parameters
    ----------
    average
        Stops taken out in an iteration, on average.
    longest
        Longest string taken out of one round.
    blink
        Chance that a place is overlooked.
    wide
        Share of iterations that look at all places for a stop; the others look near its nearest stops.
    hot, cold
        Temperature at the beginning and at the end, as a share of the mean cost of a leg.
    slice_s
        A slice of iterations takes about so long: how soon a chain hears that it is to stop.
    """

    average: float = 10.0
    longest: float = 10.0
    blink: float = 0.01
    wide: float = 0.1
    hot: float = 1.0
    cold: float = 0.02
    slice_s: float = 0.01

    def __post_init__(self) -> None:
        for name in ("average", "longest", "hot", "cold", "slice_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name}: found {value}, expected a finite number > 0")
        if not 0 <= self.blink < 1:
            raise ValueError(f"blink: found {self.blink}, expected 0 <= blink < 1")
        if not 0 <= self.wide <= 1:
            raise ValueError(f"wide: found {self.wide}, expected 0 <= wide <= 1")


WARMER = 40.0
"""Times seconds a stop: how hot the beginning is, as a share of the mean cost of a leg, to 1."""
LEAST_HOT, COOLED, COOLED_PLAIN = 0.1, 0.02, 0.003
"""Coolest beginning; the end as a share of it."""


def suited(stops: int, seconds: float, plain: bool = False) -> SearchParameters:
    """Parameters for a time: where it is short for the stops, the beginning is cooler.

    Found by trials on published instances; with a clock the end is better warm, on plain days cold.
    """
    hot = min(1.0, max(LEAST_HOT, WARMER * seconds / max(stops, 1)))
    return SearchParameters(hot=hot, cold=hot * (COOLED_PLAIN if plain else COOLED))


class Chain:
    """A search on one problem, from a plan or from nothing.

    Parameters
    ----------
    seeds
        Stops around which days are changed; None for all.
    pool
        Where the chain puts its rounds while it searches; None for nowhere.
    """

    def __init__(
        self,
        problem: RouteProblem,
        model: Model,
        start: DayPlan | None = None,
        seed: int = 1,
        parameters: SearchParameters | None = None,
        most_moved: int | None = None,
        seeds: IntArray | None = None,
        pool: RoundPool | None = None,
    ) -> None:
        self.model = model
        self.parameters = parameters or SearchParameters()
        self.iterations = 0
        self._pool = pool
        self._dice = new_dice(seed)
        self._state = DayState(problem, model, start, most_moved)
        self._m = self._state.model_ref
        self._spare_day = empty_day(model)  # kept alive for its reference
        self._spare = day_ref(self._spare_day)
        self._best = DayState(problem, model, start, most_moved)
        self._costs = np.zeros(2)
        n_stops, n_vehicles = model.n_stops, len(model.start)
        self._line = np.zeros(max(1, n_stops), np.int32)
        self._touched = np.zeros(n_vehicles + 1, np.int32)
        self._keys = np.zeros(max(1, n_stops))
        chosen = np.flatnonzero(~model.placed) if seeds is None else seeds
        self._seeds = chosen.astype(np.int32)
        self._begin()

    def _begin(self) -> None:
        """Make the day feasible where it is not, and place what is absent."""
        m, day = self.model, self._state.day
        for v in np.flatnonzero(day.right == 0).tolist():
            for p in range(int(day.fixed_to[v]) + 1, int(day.n[v]) + 1):
                node = int(day.node[v, p])
                if node < m.n_stops:
                    day.vehicle[node] = -1
                    day.absent[day.counts[0]] = node
                    day.counts[0] += 1
                    day.counts[1] -= int(m.home[node] >= 0 and m.home[node] != v)
            tidy(self._m, self._state.ref, v)
        recreate(self._m, self._state.ref, self._spare, self._touched, 0, self._keys, 0.0, True, self._dice)
        self._costs[:] = day_cost(self._m, self._state.ref)
        copy_day(self._m, self._state.ref, self._best.ref)

    @property
    def cost(self) -> float:
        """Cost of the best day so far."""
        return float(self._costs[1])

    def plan(self) -> DayPlan:
        """The best day so far."""
        return self._best.plan()

    def adopt(self, plan: DayPlan) -> None:
        """Go on from `plan`, where it is better than this chain's own."""
        self._go_on(DayState(self._state.problem, self.model, plan, int(self._state.day.counts[2])))

    def put_together(self, seconds: float, known: float) -> None:
        """Go on from the best day of all rounds in the pool, where it is cheaper than `known` and its own."""
        if self._pool is None:
            return
        self._pool.add(self._best.day)
        day = self._state.day
        rounds = self._pool.best_day(min(known, self.cost), int(day.counts[2]), seconds)
        if rounds is not None:
            self._go_on(self._state_of(rounds))

    def pool_plan(self, plan: DayPlan) -> None:
        """Put the rounds of a plan into the pool."""
        if self._pool is not None:
            self._pool.add(DayState(self._state.problem, self.model, plan).day)

    def _state_of(self, rounds: list[PooledRound]) -> DayState:
        """The day in which each round goes to the next vehicle that can drive it."""
        state = DayState(self._state.problem, self.model, None, int(self._state.day.counts[2]))
        day = state.day
        left: dict[int, list[int]] = {}
        for v in range(len(self.model.start)):
            left.setdefault(int(self.model.kin[v]), []).append(v)
        for made in rounds:
            v, n = left[made.kin].pop(0), len(made.nodes)
            day.node[v, 1 : n + 1], day.way[v, 1 : n + 1] = made.nodes, made.ways
            day.vehicle[made.nodes[made.nodes < self.model.n_stops]] = v
            day.n[v] = n
            tidy(state.model_ref, state.ref, v)
        home = self.model.home
        absent = np.flatnonzero((day.vehicle < 0) & ~self.model.placed)
        day.absent[: len(absent)] = absent
        day.counts[0] = len(absent)
        day.counts[1] = int(((home >= 0) & (day.vehicle >= 0) & (day.vehicle != home)).sum())
        return state

    def _go_on(self, state: DayState) -> None:
        """Go on from a day, where it keeps all rules and is better than this chain's own."""
        cost = float(day_cost(self._m, state.ref))
        day = state.day
        if cost >= self._costs[1] or not day.right.all() or day.counts[1] > day.counts[2]:
            return
        copy_day(self._m, state.ref, self._state.ref)
        copy_day(self._m, state.ref, self._best.ref)
        self._costs[:] = cost

    def run(
        self,
        seconds: float,
        cancelled: Callable[[], bool] = never,
        better: Callable[[float], None] | None = None,
        heat: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        """Search for `seconds`; `heat` says which part of the cooling this run is."""
        if len(self._seeds) == 0 or seconds <= 0:
            return
        parameters = self.parameters
        leg = self._mean_leg()
        hot, cold = parameters.hot * leg, parameters.cold * leg
        began = time.perf_counter()
        iterations = 1
        while True:
            before = time.perf_counter()
            left = seconds - (before - began)
            if left <= 0 or cancelled():
                return
            share = [
                heat[0] + (heat[1] - heat[0]) * min(1.0, s / seconds)
                for s in (before - began, before - began + parameters.slice_s)
            ]
            known = self.cost
            self._slice(iterations, *(hot * (cold / hot) ** s for s in share))
            if self._pool is not None:
                self._pool.add(self._state.day)
            took = time.perf_counter() - before
            if better is not None and self.cost < known:
                better(self.cost)
            aim = min(parameters.slice_s, max(left - took, 0.0))
            iterations = max(1, min(4 * iterations, int(iterations * aim / max(took, 1e-6))))

    def step(self, iterations: int) -> None:
        """So many iterations at the coldest."""
        cold = self.parameters.cold * self._mean_leg()
        if len(self._seeds):
            self._slice(iterations, cold, cold)

    def _mean_leg(self) -> float:
        day = self._best.day
        legs = float(day.legs.sum())
        count = int(day.n.sum()) + int((day.n > 0).sum())
        return legs / count if legs > 0 and count > 0 else 1.0

    def _slice(self, iterations: int, hot: float, cold: float) -> None:
        p = self.parameters
        anneal(
            self._m,
            self._state.ref,
            self._spare,
            self._best.ref,
            self._costs,
            self._seeds,
            self._line,
            self._touched,
            self._keys,
            self._dice,
            iterations,
            hot,
            cold,
            float(p.average),  # a whole number would be another type, and compiled anew
            float(p.longest),
            float(p.blink),
            float(p.wide),
        )
        self.iterations += iterations
