"""A part of a council's day as a question to the route engine: some vehicles, their rounds, what is new.

Called by the rounds' solver, desk and figures. It says what is done, what is locked, which streets are closed
and which stops nobody can reach; it never decides who serves what.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from geo.council import Council
from optimiser.routes.arrays import IntArray
from optimiser.routes.part_day import FAR_M, FAR_S, finite, part_problem, rows_of
from optimiser.routes.plan import DayPlan, Round
from optimiser.routes.problem import InForce, RouteProblem
from optimiser.routes.stops import Stops
from services.council.council_problem import round_of_words, words_of_round
from services.council.day_heads import Head, Heads
from services.council.day_picture import DayPicture
from services.council.road_blocks import Blocked, RoadBlocks
from services.council.road_ground import GroundWays, RoadGround
from services.council.visits import BREAKS, stop_of, tip_of
from streams.rounds_plan import AddedStop

Added = Mapping[str, AddedStop]


class Excess(NamedTuple):
    """What legs that were driven before roads were closed would cost more by now; left out of figures."""

    drive_s: float = 0.0
    dist_m: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PartDay:
    """Some vehicles of a day, as a problem and in the day's own words.

    Attributes
    ----------
    problem
        Its plan in force is what stays as it is: rounds without the stops nobody can serve; new stops are
        unserved in it.
    vehicles
        In the order of its fleet.
    heads
        Words of what stays of each round, those included that no problem can hold.
    lengths
        Visits of each round in force that stay, in the problem's own count.
    blocked
        Stops that are planned or asked for, and cannot be served.
    stranded
        Vehicles whose depot is cut off.
    numbers
        Of the stops in the problem, by name.
    nodes
        Node of the council's roads of each location of the problem.
    excess
        Of each vehicle: what its history would cost more on the roads as they are now.
    """

    problem: RouteProblem
    vehicles: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    lengths: tuple[int, ...]
    blocked: tuple[Blocked, ...]
    stranded: tuple[str, ...]
    numbers: dict[str, int]
    nodes: IntArray
    excess: tuple["Excess", ...]

    @property
    def past(self) -> InForce:
        """The plan in force and how far it is."""
        assert self.problem.in_force is not None  # noqa: S101 - it is built with one
        return self.problem.in_force

    @property
    def plan(self) -> DayPlan:
        """The plan in force; rounds of lost vehicles end with what is done."""
        past = self.past
        left = [
            visit.index
            for visits, done, lost in zip(past.plan.rounds, self.lengths, past.lost.tolist(), strict=True)
            if lost
            for visit in visits[done:]
            if visit.kind == 0
        ]
        rounds = tuple(
            visits[:done] if lost else visits
            for visits, done, lost in zip(past.plan.rounds, self.lengths, past.lost.tolist(), strict=True)
        )
        return DayPlan(rounds, tuple(sorted({*past.plan.unserved, *left})))

    def words(self, vehicle: int, visits: Round) -> tuple[str, ...]:
        """A round of a plan for this part, in words from the day's first visit to its last."""
        problem, tail = self.problem, visits[self.lengths[vehicle] :]
        return (*self.heads[vehicle], *words_of_round(tail, problem.stops.ids, problem.tips.ids))

    def read(self, vehicle: int, words: Sequence[str]) -> Round:
        """A round in words, as visits of this part, without stops nobody can serve; what stays is in force.

        Raises
        ------
        KeyError
            For a stop or tip this part does not know.
        """
        head = self.past.plan.rounds[vehicle][: self.lengths[vehicle]]
        tips = {tip: n for n, tip in enumerate(self.problem.tips.ids)}
        barred = {one.stop for one in self.blocked}
        tail = (word for word in words[len(self.heads[vehicle]) :] if stop_of(word) not in barred)
        return head + round_of_words(tail, self.numbers, tips)


class _Rounds(NamedTuple):
    """Rounds of some vehicles cut into what stays, what may change and what cannot be served."""

    heads: list[tuple[str, ...]]
    tails: list[tuple[str, ...]]
    blocked: list[Blocked]

    def stops(self) -> list[str]:
        """Every stop that is done or planned, once."""
        words = (word for visits in (*self.heads, *self.tails) for word in visits)
        return list(dict.fromkeys(stop for word in words if (stop := stop_of(word)) is not None))


class DayProblems:
    """Makes problems of parts of a council's day.

    Parameters
    ----------
    council
        The council; what never changes of it is read once.
    """

    def __init__(self, council: Council) -> None:
        self.council = council
        self.ground = RoadGround(council)
        self.heads = Heads(self.ground)

    def opens_s(self, picture: DayPicture) -> dict[str, float]:
        """By street that is closed now: when it opens, seconds of the local day; inf where nobody knows."""
        times: dict[str, float] = {}
        for closure in picture.closures.values():
            if closure.open or (closure.until is not None and closure.until <= picture.as_of):
                continue
            until_s = math.inf if closure.until is None else self.heads.at_s(picture, closure.until)
            for street in closure.streets:
                times[street] = max(times.get(street, -math.inf), until_s)
        return times

    def blocks(self, picture: DayPicture) -> RoadBlocks:
        """What closed streets do to the day."""
        opens_s = self.opens_s(picture)
        return RoadBlocks(self.ground, self.ground.ways(frozenset(opens_s)), opens_s)

    def ways(self, picture: DayPicture) -> GroundWays:
        """The ways as the roads are now."""
        return self.ground.ways(frozenset(self.opens_s(picture)))

    def part(
        self,
        picture: DayPicture,
        vehicles: Sequence[str],
        *,
        extra: Sequence[AddedStop] = (),
        loose: Iterable[str] = (),
    ) -> PartDay:
        """Some vehicles of the day.

        Parameters
        ----------
        vehicles
            Whose rounds.
        extra
            New stops, unserved in the plan in force.
        loose
            Known stops that no round serves, to be asked for as well.
        """
        opens_s = self.opens_s(picture)
        ways = self.ground.ways(frozenset(opens_s))
        blocks = RoadBlocks(self.ground, ways, opens_s)
        added = {**picture.added, **{one.stop: one for one in extra}}
        heads = [self.heads.of(picture, vehicle, ways) for vehicle in vehicles]
        cut = self._cut(picture, vehicles, heads, added, blocks)
        known = [stop for stop in cut.stops() if self._known(stop, added)]
        new = []
        for stop in dict.fromkeys([*(one.stop for one in extra), *loose]):
            code = blocks.why(stop, added)
            if code is not None:
                cut.blocked.append(Blocked(stop, "", code))
            elif stop not in known:
                new.append(stop)
        ids = [*known, *new]
        numbers = {stop: n for n, stop in enumerate(ids)}
        stranded = tuple(vehicle for vehicle in vehicles if blocks.stranded(vehicle))
        fleet = rows_of(self.ground.fleet, np.array([self.council.vehicle_number[v] for v in vehicles]))
        if stranded:
            ends = np.array([blocks.end_of(vehicle) for vehicle in vehicles], dtype=np.int64)
            fleet = replace(fleet, end=ends)
        gone = {v for v, head in zip(vehicles, heads, strict=True) if head.lost}
        if opens_s:
            gone |= self._stuck(picture, vehicles, heads, fleet.end.tolist(), ways)
        in_force = self._in_force(heads, cut, numbers, new, [vehicle in gone for vehicle in vehicles])
        problem, nodes = part_problem(
            ways.travel_s,
            ways.dist_m,
            fleet,
            self._stops(picture, ids, added, vehicles, blocks),
            self.ground.tips,
            self.ground.weights,
            in_force,
        )
        lengths = tuple(in_force.done.tolist())
        return PartDay(
            problem=problem,
            vehicles=tuple(vehicles),
            heads=tuple(cut.heads),
            lengths=lengths,
            blocked=tuple(cut.blocked),
            stranded=stranded,
            numbers=numbers,
            nodes=nodes,
            excess=tuple(
                self._excess(vehicle, kept, picture.added, ways) if opens_s else Excess()
                for vehicle, kept in zip(vehicles, cut.heads, strict=True)
            ),
        )

    def _excess(self, vehicle: str, kept: Sequence[str], added: Added, ways: GroundWays) -> Excess:
        """What the legs of a round's history cost more now than when they were driven."""
        at = int(self.ground.fleet.start[self.council.vehicle_number[vehicle]])
        leave, enter = [], []
        for word in kept:
            call = None if word in BREAKS else self.heads.call(word, added)
            if call is not None:
                leave.append(at)
                enter.append(call.entry)
                at = call.leave
        now = (finite(ways.travel_s[leave, enter], FAR_S), finite(ways.dist_m[leave, enter], FAR_M))
        then = self.council.travel_s[leave, enter], self.council.dist_m[leave, enter]
        return Excess(float((now[0] - then[0]).sum()), float((now[1] - then[1]).sum()))

    def _known(self, stop: str, added: Added) -> bool:
        return stop in added or stop in self.council.stop_number

    def _cut(
        self,
        picture: DayPicture,
        vehicles: Sequence[str],
        heads: Sequence[Head],
        added: Added,
        blocks: RoadBlocks,
    ) -> _Rounds:
        """Cut the rounds; a stop is served once, and what is done goes before what is planned."""
        rounds = [picture.rounds.get(vehicle, ()) for vehicle in vehicles]
        kept = [visits[: head.stays] for visits, head in zip(rounds, heads, strict=True)]
        cut = _Rounds(kept, [], [])
        seen: set[str | None] = {*picture.stops_done, *picture.skipped}
        seen |= {stop_of(word) for words in kept for word in words}
        for vehicle, visits, head in zip(vehicles, rounds, heads, strict=True):
            tail = []
            for word in visits[head.stays :]:
                stop, tip = stop_of(word), tip_of(word)
                if tip is not None and tip not in self.council.tip_number:
                    continue
                if stop is not None:
                    if stop in seen or not self._known(stop, added):
                        continue
                    seen.add(stop)
                    code = blocks.why(stop, added)
                    if code is not None:
                        cut.blocked.append(Blocked(stop, vehicle, code))
                        continue
                tail.append(word)
            cut.tails.append(tuple(tail))
        return cut

    def _in_force(
        self,
        heads: Sequence[Head],
        cut: _Rounds,
        numbers: Mapping[str, int],
        new: Sequence[str],
        lost: Sequence[bool],
    ) -> InForce:
        tips, seen = self.council.tip_number, set[str]()
        rounds, lengths, free_s = [], [], []
        for head, kept, tail, gone in zip(heads, cut.heads, cut.tails, lost, strict=True):
            history = []
            for word in kept:
                stop, tip = stop_of(word), tip_of(word)
                if stop is not None and (stop not in numbers or stop in seen):
                    continue
                if tip is not None and tip not in tips:
                    continue
                if stop is not None:
                    seen.add(stop)
                # A rest that is history counts the same wherever it was taken; one on arrival would only be
                # readable together with the visit it was taken at, which may still change.
                history.append("break" if word in BREAKS else word)
            rounds.append(round_of_words((*history, *tail), dict(numbers), tips))
            lengths.append(len(history))
            # Nothing stays of a round that has not begun, but an idle vehicle cannot leave before now.
            free_s.append(head.free_s if history or not (gone or head.stays) else math.nan)
        return InForce(
            plan=DayPlan(tuple(rounds), tuple(sorted(numbers[stop] for stop in new))),
            done=np.array(lengths, dtype=np.int64),
            free_s=np.array(free_s, dtype=np.float64),
            lost=np.array(lost, dtype=np.bool_),
        )

    def _stuck(
        self,
        picture: DayPicture,
        vehicles: Sequence[str],
        heads: Sequence[Head],
        ends: Sequence[int],
        ways: GroundWays,
    ) -> set[str]:
        """Vehicles that no way leads back from where they are, or that cannot leave their depot."""
        stuck = set()
        for vehicle, head, end in zip(vehicles, heads, ends, strict=True):
            visits = picture.rounds.get(vehicle, ())[: head.stays]
            at = self.heads.node_after(self.council.vehicle_number[vehicle], visits, picture.added)
            if (
                not math.isfinite(ways.travel_s[at, end])
                or not np.isfinite(ways.travel_s[at, self.ground.tips.location]).any()
            ):
                stuck.add(vehicle)
        return stuck

    def _stops(
        self,
        picture: DayPicture,
        ids: Sequence[str],
        added: Added,
        vehicles: Sequence[str],
        blocks: RoadBlocks,
    ) -> Stops:
        """Rows of the stops with locks, what the vehicles weigh, and streets that open later in the day."""
        stops = self.ground.stop_rows(ids, added)
        place = {vehicle: n for n, vehicle in enumerate(vehicles)}
        number = {stop: n for n, stop in enumerate(ids)}
        for stop, vehicle in picture.locks.items():
            if stop in number and vehicle in place:
                stops.locked_vehicle[number[stop]] = place[vehicle]
        for n, stop in enumerate(ids if blocks.opens_s else ()):
            opens_s = blocks.opens_at_s(stop, added)
            if opens_s > stops.window_open_s[n, 0]:
                used = stops.window_open_s[n] < np.inf
                closes_s = max(opens_s, float(stops.window_close_s[n][used].max()))
                stops.window_open_s[n], stops.window_close_s[n] = np.inf, np.inf
                stops.window_open_s[n, 0], stops.window_close_s[n, 0] = opens_s, closes_s
        for vehicle in vehicles:
            self._weigh(picture, vehicle, number, stops)
        return stops

    def _weigh(self, picture: DayPicture, vehicle: str, number: Mapping[str, int], stops: Stops) -> None:
        """Make what was collected since the last tip come to what the vehicle said it has on board."""
        state = picture.vehicles.get(vehicle)
        if state is None or state.load_key is None or not state.load:
            return
        weighed = [visit.visit for visit in state.done_visits if visit.key <= state.load_key]
        behind = max((n for n, word in enumerate(weighed) if tip_of(word) is not None), default=-1)
        since = [stop_of(word) for word in weighed[behind + 1 :]]
        rows = [number[stop] for stop in since if stop is not None and stop in number]
        for k, material in enumerate(self.council.materials if rows else ()):
            on_board, known = state.load.get(material), float(stops.load[rows, k].sum())
            if on_board is not None and known > 0:
                stops.load[rows, k] *= on_board / known
