"""The day as it stands, edited in milliseconds: a new stop, a removal, a drag, a new order, a lost vehicle.

Called by the service, the command line and the benchmarks; one per day and thread. Every changed round has
the independent checker's consent before a plan leaves; where it has not, the old day stays and the answer
says so. It never moves what is done or locked, and looks for better days no longer than it is told to.
"""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.live_answer import Change, Insertion, Offer, Refusal
from optimiser.routes.live_book import DayEntry, LiveBook
from optimiser.routes.live_past import past_without
from optimiser.routes.live_state import Rearranging, Spots
from optimiser.routes.live_table import TravelRows
from optimiser.routes.plan import DayPlan, Kind, Round
from optimiser.routes.problem import RouteProblem
from optimiser.routes.stops import Stops
from optimiser.routes.verdict import Violation

SPARE_STOPS = 64
"""Room for the stops that come in on a day; where it is used up the day is built anew, with as much again."""
OTHERS = 3
"""So many other vehicles are offered with an insertion."""
REORDER_MOST, LOST_MOST = 8, 6
"""Stops taken out at a time while a round is reordered, or a lost vehicle's stops are shared out."""
HOT, COLD = 0.3, 0.003
"""Temperatures as a share of the mean leg, those of `search`."""
SLICE_S = 0.005
"""How often the clock is looked at."""
EJECTION_DEPTHS = (1, 2)
"""How many stops may be moved away one after the other to make room for one."""


class LiveDay:
    """The day as it stands.

    Parameters
    ----------
    problem
        The day; its plan in force says what is done and what counts as churn.
    plan
        The plan as it stands; None for the plan in force. Rounds that break rules (late crews) are taken as
        they are: nothing is inserted into them, and no edit may make them worse.
    spare_stops
        Room for so many new stops before arrays are built anew.

    Raises
    ------
    RouteInputError
        Where there is no plan, or it misses a stop, serves one twice, or is not what is done.
    """

    def __init__(
        self, problem: RouteProblem, plan: DayPlan | None = None, spare_stops: int = SPARE_STOPS
    ) -> None:
        if plan is None:
            if problem.in_force is None:
                raise RouteInputError("plan", None, "a plan, where the problem has none in force")
            plan = problem.in_force.plan
        self._book = LiveBook(problem, plan, spare_stops)

    @property
    def problem(self) -> RouteProblem:
        """The day's problem with all stops that came in, made anew at every call."""
        return self._book.table.problem(self._book.now.past)

    @property
    def plan(self) -> DayPlan:
        """The plan as it stands."""
        return self._book.plan()

    def add_place(self, rows: TravelRows) -> int:
        """Number of a new location, for the `entry` or `exit` of a stop to come.

        Parameters
        ----------
        rows
            Its roads from and to all locations known, those added before included.

        Raises
        ------
        RouteInputError
            Naming the field that is wrong.
        """
        return self._book.add_place(rows)

    def insert(self, stop: Stops | int, *, insist: bool = False) -> Insertion | Refusal:
        """Give a stop the cheapest feasible place; every other stop keeps vehicle and order.

        Parameters
        ----------
        stop
            A new stop (a `Stops` of one), which gets the next number and is known from then on, or the number
            of an unserved one.
        insist
            Whether it is served even where leaving it unserved is cheaper.

        Raises
        ------
        RouteInputError
            Naming the field of the stop that is wrong.
        """
        book = self._book
        if isinstance(stop, int):
            if self._server(stop) >= 0 or book.state.model.placed[stop]:
                raise RouteInputError("stop", stop, "an unserved stop")
            number = stop
        else:
            number = book.add_stop(stop)
        spots = book.state.spots(number)
        offered = _cheapest_first(spots)
        price = float(book.state.model.unserved[number])
        if offered and (insist or offered[0].cost < price):
            return self._give(number, offered[0].vehicle, spots, [])
        if not isinstance(stop, int):
            book.enter()
        if not offered:
            return self._refuse(number, "has no place in any round that keeps all rules")
        return self._refuse(
            number,
            f"costs {offered[0].cost:g} to serve and {price:g} to leave unserved",
            cheapest=offered[0],
        )

    def move(self, stop: int, vehicle: int) -> Insertion | Refusal:
        """Give a served or unserved stop to a vehicle, at its cheapest feasible place there.

        Parameters
        ----------
        stop, vehicle
            Numbers.
        """
        book, was = self._book, self._server(stop)
        self._vehicle(vehicle)
        if self._held(stop):
            return self._refuse(stop, "is done or locked and stays where it is")
        left = [was] if was >= 0 else []
        # Of a round that breaks rules already, what is left may break them still: the checker compares.
        sound = bool(left) and bool(book.state.day.right[was])
        if left and not book.state.take_out(stop) and sound:
            book.write_back(left)
            return self._refuse(stop, "cannot leave its round: what is left would break a rule")
        spots = book.state.spots(stop)
        if not math.isfinite(spots.cost[vehicle]):
            book.write_back(left)
            return self._refuse(stop, f"has no feasible place in vehicle {book.table.fleet.ids[vehicle]}")
        return self._give(stop, vehicle, spots, left)

    def price_of(self, stop: int, vehicle: int) -> float:
        """What moving a stop to a vehicle would cost more; inf where that breaks a rule. Changes nothing.

        Parameters
        ----------
        stop, vehicle
            Numbers.
        """
        state = self._book.state
        self._vehicle(vehicle)
        if self._server(stop) < 0:
            return math.inf if self._held(stop) else state.spots(stop).cost[vehicle]
        if self._held(stop):
            return math.inf
        right, saved = state.try_without(stop)
        return saved + state.spots(stop, tried=True).cost[vehicle] if right else math.inf

    def remove(self, stop: int) -> Change | Refusal:
        """Take a stop out of its round; it is unserved then. Done and locked ones stay.

        Parameters
        ----------
        stop
            Its number.
        """
        if self._server(stop) < 0:
            return self._refuse(stop, "is in no round")
        if self._held(stop):
            return self._refuse(stop, "is done or locked and stays where it is")
        return self._changed_by(lambda: self._book.state.take_out(stop), [stop])

    def reorder(self, vehicle: int, seconds: float = 0.2) -> Change | Refusal:
        """Look for a cheaper order of one round; no stop leaves it.

        Parameters
        ----------
        vehicle
            Its number.
        seconds
            How long.
        """
        until = time.perf_counter() + seconds
        self._vehicle(vehicle)
        state = self._book.state
        free = state.free_stops(vehicle) if state.day.right[vehicle] else []
        able = np.arange(len(self._book.now.rounds)) == vehicle

        def search() -> None:
            if len(free) > 1:
                self._search(state.rearranging(free, able, REORDER_MOST), until)

        return self._changed_by(search, free)

    def lose_vehicle(
        self, vehicle: int, seconds: float = 0.5, *, served: int | None = None
    ) -> Change | Refusal:
        """Share out what a vehicle has not done; each stop of it has a new place afterwards, or is unserved.

        Other stops change vehicle only to make room for one that would find none, where that is cheaper than
        leaving it unserved.

        Parameters
        ----------
        vehicle
            Its number.
        seconds
            How long better places are looked for; some hundredths are needed in any case.
        served
            Leading visits of its round that are over; None for all that are `done` in the plan in force. A
            vehicle lost on its way to a visit has not served it.

        Raises
        ------
        RouteInputError
            Where `served` is more than what is done by the plan in force.
        """
        until = time.perf_counter() + seconds
        self._vehicle(vehicle)
        book, before = self._book, self._book.now
        past = past_without(before.past, self.plan, vehicle, served)
        head = past.plan.rounds[vehicle][: int(past.done[vehicle])]
        rest = sorted(_stops_of(before.rounds[vehicle]) - _stops_of(head))
        book.set_past(past, tuple(head if v == vehicle else r for v, r in enumerate(before.rounds)))
        movable = ~book.locked()
        movable[rest] = False
        sequences = book.state.sequences()
        book.state.regret(rest, 0.0)
        for depth in EJECTION_DEPTHS:
            left = [s for s in rest if book.state.day.vehicle[s] < 0]
            for stop in sorted(left, key=lambda s: -float(book.state.model.unserved[s])):
                if depth == EJECTION_DEPTHS[0] or time.perf_counter() < until:
                    book.state.eject_for(stop, movable, depth)
        if rest:
            self._search(book.state.rearranging(rest, ~past.lost, LOST_MOST), until)
        changed = sorted({vehicle, *book.state.changed_since(sequences)})
        found = book.settle(changed, past)
        if found:
            book.return_past()
            return self._refuse(-1, "the day without the vehicle is one the checker refuses", found)
        return self._change(before, changed, rest)

    def undo(self) -> bool:
        """Take the last edit back, the stop that came in with it too; False where there is none."""
        return self._book.undo()

    def _server(self, stop: int) -> int:
        if not 0 <= stop < self._book.now.n_stops:
            raise RouteInputError("stop", stop, f"a stop, 0 to {self._book.now.n_stops - 1}")
        return int(self._book.state.day.vehicle[stop])

    def _vehicle(self, vehicle: int) -> None:
        if not 0 <= vehicle < len(self._book.now.rounds):
            raise RouteInputError("vehicle", vehicle, f"a vehicle, 0 to {len(self._book.now.rounds) - 1}")

    def _held(self, stop: int) -> bool:
        """Whether a stop is done, or it is locked, or one behind it is locked to its position."""
        state = self._book.state
        vehicle = int(state.day.vehicle[stop])
        if vehicle < 0:
            return bool(state.model.placed[stop])
        return bool(state.day.at[stop] <= state.day.fixed_to[vehicle] or self._book.locked()[stop])

    def _give(self, stop: int, vehicle: int, spots: Spots, left: Sequence[int]) -> Insertion | Refusal:
        """Put a stop where it was offered a place, and ask the checker."""
        book, before = self._book, self._book.now
        book.state.put(stop, vehicle, spots)
        changed = sorted({*left, vehicle})
        found = book.settle(changed)
        if found:
            book.write_back(changed)
            if book.table.n_stops > before.n_stops:
                book.enter()
            return self._refuse(stop, "found a place that the checker refuses", found)
        now = book.now
        visits, sheet = now.rounds[vehicle], now.sheets[vehicle]
        return Insertion(
            plan=self.plan,
            stop=stop,
            vehicle=vehicle,
            position=next(i for i, v in enumerate(visits) if v.kind == Kind.STOP and v.index == stop),
            round=visits,
            cost=now.cost_since(before, book.state.model.moved_cost),
            drive_s=sum(now.sheets[v].drive_s - before.sheets[v].drive_s for v in changed),
            finish_before_s=before.sheets[vehicle].finish_s,
            finish_after_s=sheet.finish_s,
            sheet=sheet,
            others=tuple(o for o in _cheapest_first(spots) if o.vehicle != vehicle)[:OTHERS],
        )

    def _changed_by(self, edit: Callable[[], object], about: Sequence[int]) -> Change | Refusal:
        """Edit the state, and ask the checker about what changed."""
        book, before = self._book, self._book.now
        sequences = book.state.sequences()
        edit()
        changed = book.state.changed_since(sequences)
        found = book.settle(changed) if changed else ()
        if found:
            book.write_back(changed)
            stop = about[0] if len(about) == 1 else -1
            return self._refuse(stop, "what is left would break a rule", found)
        return self._change(before, changed, about)

    def _change(self, before: DayEntry, changed: Sequence[int], about: Sequence[int]) -> Change:
        state, now = self._book.state, self._book.now
        served = {v.index for visits in before.rounds for v in visits if v.kind == Kind.STOP}
        was = {stop: v for v, visits in enumerate(before.rounds) for stop in _stops_of(visits)}
        vehicles = state.day.vehicle
        mine = set(about)
        prices = state.model.unserved
        more_left = sum(float(prices[s]) for s in served if vehicles[s] < 0 and not state.model.placed[s])
        less_left = sum(float(prices[s]) for s in range(now.n_stops) if vehicles[s] >= 0 and s not in served)
        return Change(
            plan=self.plan,
            vehicles=tuple(changed),
            cost=now.cost_since(before, state.model.moved_cost) + more_left - less_left,
            placed=tuple(s for s in about if vehicles[s] >= 0),
            unserved=tuple(s for s in about if vehicles[s] < 0),
            moved=tuple(sorted(s for s, v in was.items() if s not in mine and 0 <= vehicles[s] != v)),
        )

    def _refuse(
        self, stop: int, why: str, found: tuple[Violation, ...] = (), cheapest: Offer | None = None
    ) -> Refusal:
        text = f"stop {self._book.table.ids[stop]} {why}" if stop >= 0 else why
        return Refusal(self.plan, stop, text, cheapest, found)

    def _search(self, rearranging: Rearranging, until: float) -> None:
        """Slices until the time is up, ever colder."""
        began = time.perf_counter()
        span = max(until - began, 1e-9)
        leg = self._book.state.mean_leg()
        iterations = 1
        while (now := time.perf_counter()) < until:
            share = [min(1.0, (t - began) / span) for t in (now, now + SLICE_S)]
            rearranging.slice(iterations, *(leg * HOT * (COLD / HOT) ** s for s in share))
            took = time.perf_counter() - now
            iterations = max(1, min(4 * iterations, int(iterations * SLICE_S / max(took, 1e-6))))
        rearranging.finish()


def _cheapest_first(spots: Spots) -> list[Offer]:
    able = [Offer(v, cost) for v, cost in enumerate(spots.cost) if math.isfinite(cost)]
    return sorted(able, key=lambda offer: offer.cost)


def _stops_of(visits: Round) -> set[int]:
    return {visit.index for visit in visits if visit.kind == Kind.STOP}
