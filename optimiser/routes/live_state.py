"""The day between edits: compiled arrays with room for more stops, and what the instant layer does to them.

Called by `instant` alone. Every edit leaves the arrays as they would be if made anew from the plan; whether
an edit is wanted is the caller's business, and the verdict the checker's.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from optimiser.routes.arrays import BoolArray, Int32Array
from optimiser.routes.day_arrays import empty_day
from optimiser.routes.day_state import DayState
from optimiser.routes.kernel_handle import day_ref, model_ref
from optimiser.routes.kernel_instant import (
    ejection,
    exchange,
    load_rounds,
    offers,
    put_at,
    rearrange,
    regret_insert,
    settle,
    take_out,
)
from optimiser.routes.kernel_random import new_dice
from optimiser.routes.kernel_round import day_cost, round_cost
from optimiser.routes.kernel_search import copy_day
from optimiser.routes.live_model import LiveModel
from optimiser.routes.live_table import LiveTable
from optimiser.routes.plan import DayPlan, Round
from optimiser.routes.problem import RouteProblem

EJECTION_WIDTH = 7
"""Of the stops that would make room but find no place themselves, so many less one are looked into."""


class Spots(NamedTuple):
    """The cheapest feasible place of a stop in each vehicle."""

    cost: list[float]  # (V,) inf where there is none
    where: Int32Array  # (V, 4)


class Sequences(NamedTuple):
    """What each vehicle visits."""

    n: Int32Array  # (V,)
    node: Int32Array  # (V, P)
    way: Int32Array


class LiveState(DayState):
    """A day's arrays with room for more.

    Parameters
    ----------
    problem, plan
        The day.
    table
        The same day with room.
    """

    def __init__(self, problem: RouteProblem, plan: DayPlan, table: LiveTable) -> None:
        self.live = LiveModel(problem, table)
        super().__init__(problem, self.live.model, plan)
        self.dice = new_dice(1)
        self._tried = empty_day(self.model)  # kept alive for their references
        self._spare = empty_day(self.model)
        self._best = empty_day(self.model)
        self.tried, self.spare = day_ref(self._tried), day_ref(self._spare)
        self.best = day_ref(self._best)
        settle(self.model_ref, self.ref)

    def renew_model(self) -> None:
        """Take over the numbers of the model that are not arrays."""
        if self.model is not self.live.model:
            self.model = self.live.model
            self.model_ref = model_ref(self.model)
            load_rounds(self.model_ref, self.ref, np.arange(len(self.model.start)))

    def set_past(self, problem: RouteProblem, rounds: Sequence[Round]) -> None:
        """Go on with other done visits or lost vehicles; `rounds` are the day's."""
        self.problem = problem
        self.live.set_past(problem)
        self.set_rounds(range(len(rounds)), rounds)

    def set_rounds(self, which: Iterable[int], rounds: Sequence[Round]) -> None:
        """Write rounds of these vehicles as they are given."""
        day, past = self.day, self.problem.in_force
        vehicles = list(which)
        for v in vehicles:
            day.vehicle[day.vehicle == v] = -1
        for v in vehicles:
            lost = past is not None and bool(past.lost[v])
            self._fill(v, () if lost else rounds[v])
        load_rounds(self.model_ref, self.ref, np.array(vehicles, np.int64))

    def spots(self, stop: int, *, tried: bool = False) -> Spots:
        """Cheapest place of an absent stop in each vehicle, on the day or on the one tried out."""
        n = len(self.model.start)
        costs, where = np.empty(n), np.zeros((n, 4), np.int32)
        offers(self.model_ref, self.tried if tried else self.ref, stop, costs, where, self.dice)
        return Spots(costs.tolist(), where)

    def put(self, stop: int, vehicle: int, spots: Spots) -> bool:
        """Put a stop where `spots` said for a vehicle; whether the round keeps all rules."""
        return bool(put_at(self.model_ref, self.ref, stop, vehicle, spots.where[vehicle]))

    def take_out(self, stop: int) -> bool:
        """Take a stop out of its round; whether the round keeps all rules."""
        return bool(take_out(self.model_ref, self.ref, stop))

    def try_without(self, stop: int) -> tuple[bool, float]:
        """Copy the day, take a stop out of the copy: whether that is right, and what it costs more."""
        vehicle = int(self.day.vehicle[stop])
        copy_day(self.model_ref, self.ref, self.tried)
        sound = bool(self.day.right[vehicle])
        before = round_cost(self.model_ref, self.ref, vehicle)
        right = bool(take_out(self.model_ref, self.tried, stop))
        saved = float(round_cost(self.model_ref, self.tried, vehicle) - before)
        home = int(self.model.home[stop])
        return right or not sound, saved - (self.model.moved_cost if home >= 0 and home != vehicle else 0.0)

    def sequences(self) -> "Sequences":
        """What each vehicle visits, to tell later what changed."""
        return Sequences(self.day.n.copy(), self.day.node.copy(), self.day.way.copy())

    def changed_since(self, before: "Sequences") -> list[int]:
        """Vehicles that visit something else or otherwise than before."""
        day, changed = self.day, []
        for v in range(len(day.n)):
            n = int(day.n[v])
            same = n == before.n[v] and (day.node[v, : n + 1] == before.node[v, : n + 1]).all()
            if not (same and (day.way[v, 1 : n + 1] == before.way[v, 1 : n + 1]).all()):
                changed.append(v)
        return changed

    def mean_leg(self) -> float:
        """Mean cost of a leg, 1 where there is none."""
        legs, count = float(self.day.legs.sum()), int(self.day.n.sum() + (self.day.n > 0).sum())
        return legs / count if legs > 0 else 1.0

    def free_stops(self, vehicle: int) -> list[int]:
        """Stops of a round that are neither done nor held by a locked position."""
        day = self.day
        nodes = day.node[vehicle, int(day.fixed_to[vehicle]) + 1 : int(day.n[vehicle]) + 1]
        return [node for node in nodes.tolist() if node < self.model.n_stops]

    def regret(self, stops: Sequence[int], noise: float) -> None:
        """Place absent stops, the most urgent first, as far as that is cheaper than leaving them."""
        regret_insert(self.model_ref, self.ref, np.array(stops, np.int32), noise, self.dice)

    def eject_for(self, stop: int, movable: BoolArray, depth: int) -> bool:
        """Make room for an absent stop by moving another one away; whether that was cheaper than not."""
        ranked = np.zeros((EJECTION_WIDTH, 3))
        m, price = self.model_ref, float(self.model.unserved[stop])
        ejection(m, self.ref, self.spare, stop, movable, self.dice, ranked)
        if ranked[0, 1] >= 0 and ranked[0, 0] < price and (ranked[0, 2] or depth == 1):
            return bool(exchange(m, self.ref, stop, int(ranked[0, 1]), self.dice))
        if depth == 1:
            return False
        before = self.cost()
        kept = self._kept()
        for out in ranked[1:, 1].astype(int).tolist():
            if out < 0:
                break
            if exchange(m, self.ref, stop, out, self.dice):
                still = movable.copy()
                still[stop] = False
                if self.day.vehicle[out] < 0:
                    self.eject_for(out, still, depth - 1)
                if self.cost() < before:
                    return True
            self._restore(kept)
        return False

    def _kept(self) -> DayState:
        kept = DayState(self.problem, self.model, None)
        copy_day(self.model_ref, self.ref, kept.ref)
        return kept

    def _restore(self, kept: DayState) -> None:
        copy_day(self.model_ref, kept.ref, self.ref)

    def cost(self) -> float:
        """What the day costs."""
        return float(day_cost(self.model_ref, self.ref))

    def rearranging(self, free: Sequence[int], able: BoolArray, most: int) -> "Rearranging":
        """Something that makes the day cheaper by moving these stops about among these vehicles."""
        return Rearranging(self, free, able, most)


class Rearranging:
    """The search of `kernel_instant.rearrange` between its slices."""

    def __init__(self, state: LiveState, free: Sequence[int], able: BoolArray, most: int) -> None:
        self._state, self._able, self._most = state, able, most
        self._free = np.array(free, np.int32)
        self._costs = np.full(2, state.cost())
        copy_day(state.model_ref, state.ref, state.best)

    def slice(self, iterations: int, hot: float, cold: float) -> None:
        """So many tries, the temperature falling from `hot` to `cold`, in the unit of cost."""
        s = self._state
        rearrange(
            s.model_ref, s.ref, s.spare, s.best, self._costs, self._free, self._able, self._most, iterations,
            hot, cold, s.dice,
        )  # fmt: skip

    def finish(self) -> None:
        """Leave the best day found."""
        copy_day(self._state.model_ref, self._state.best, self._state.ref)
