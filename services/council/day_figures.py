"""What is to be expected of a council's rounds: when visits begin, when vehicles are back, what it costs.

Called by the day's view and the rounds' solver; the independent checker's replay of what is done and planned.
Reads the day, changes nothing. A round is replayed again only when something of it has changed.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from optimiser.routes.checker import Checker
from services.council.day_heads import Head
from services.council.day_picture import EPOCH, DayPicture, RequestStatus, VehicleState
from services.council.day_problem import DayProblems
from services.council.road_ground import GroundWays
from services.council.round_options import counted_round
from services.council.round_seats import RoundKey, round_key
from services.council.visits import BREAKS, stop_of
from streams.council_events import ServiceCode, VehicleStatus


@dataclass(frozen=True, slots=True)
class RoundForecast:
    """One round as it is going.

    Attributes
    ----------
    begin_s
        When each visit of the round began or is expected to, seconds of the local day; nan where nobody can
        tell (a stop nobody can reach).
    status
        What the vehicle could do when this was worked out.
    finish_s
        When the vehicle is back: of a round that is over, the end of its last visit and the way home; of a
        lost vehicle, when its last visit was over.
    overtime_s
        Back so long after its shift's end.
    load
        On board now, by material.
    dist_m, drive_s, cost
        Of the whole day.
    lost
        Whether it is out of service, or cut off.
    to_do
        Visits neither done nor under way.
    codes
        Rules the round breaks as it is going.
    """

    vehicle: str
    status: VehicleStatus
    begin_s: tuple[float, ...]
    finish_s: float
    overtime_s: float
    load: dict[str, float]
    dist_m: float
    drive_s: float
    cost: float
    lost: bool
    to_do: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CouncilDayFigures:
    """A day of all rounds.

    Attributes
    ----------
    cost, cost_per_collection
        In the council's money; the latter of households served or to be served.
    unserved
        Stops of the day that nobody is going to serve and nobody has.
    missed_per_1000
        Missed collections reported today and not refused, of a thousand collections.
    collections, collections_done
        Households of the stops due today, those nobody is going to serve included, and of those done.
    """

    cost: float
    cost_per_collection: float
    overtime_s: float
    dist_m: float
    drive_s: float
    unserved: int
    missed_per_1000: float
    collections: int
    collections_done: int


class RoundForecasts:
    """Forecasts of one council's rounds; for one thread."""

    def __init__(self, problems: DayProblems) -> None:
        self._problems = problems
        self._known: dict[str, tuple[RoundKey, RoundForecast]] = {}

    def of_day(self, picture: DayPicture) -> dict[str, RoundForecast]:
        """All rounds."""
        return {vehicle: self.of(picture, vehicle) for vehicle in picture.rounds}

    def of(self, picture: DayPicture, vehicle: str) -> RoundForecast:
        """One round."""
        picture = _as_it_ended(picture, vehicle)
        ways = self._problems.ways(picture)
        head = self._problems.heads.of(picture, vehicle, ways)
        key = round_key(picture, vehicle, head, ways)
        known = self._known.get(vehicle)
        if known is None or known[0] != key:
            known = (key, self._forecast(picture, vehicle, head, ways))
            self._known[vehicle] = known
        return known[1]

    def _forecast(self, picture: DayPicture, vehicle: str, head: Head, ways: GroundWays) -> RoundForecast:
        part = self._problems.part(picture, (vehicle,))
        visits = part.plan.rounds[0]
        verdict = Checker(part.problem).check_round(0, visits)
        sheet, words = verdict.sheet, picture.rounds.get(vehicle, ())
        begin_s = self._past(picture, vehicle, words, head)
        length, tail = part.lengths[0], part.words(0, visits)[len(part.heads[0]) :]
        begin_s += _matched(words[head.stays :], tail, sheet.times.begin_s[length:].tolist())
        done = min(length, head.done)
        counted = counted_round(sheet, part.excess[0], part.problem.weights)
        materials = self._problems.council.materials
        return RoundForecast(
            vehicle=vehicle,
            status=(picture.vehicles.get(vehicle) or VehicleState(vehicle)).status,
            begin_s=tuple(begin_s),
            finish_s=sheet.finish_s,
            overtime_s=sheet.overtime_s,
            load={
                m: round(float(sheet.load_after[done - 1, k]), 1) if done else 0.0
                for k, m in enumerate(materials)
            },
            dist_m=counted.dist_m,
            drive_s=counted.drive_s,
            cost=counted.cost,
            lost=bool(part.past.lost[0]),
            to_do=len(words) - head.stays,
            codes=tuple(dict.fromkeys(v.code for v in verdict.violations)),
        )

    def _past(self, picture: DayPicture, vehicle: str, words: tuple[str, ...], head: Head) -> list[float]:
        """When the visits that are over, or under way, began."""
        heads, state = self._problems.heads, picture.vehicles.get(vehicle)
        ends = [] if state is None else [heads.at_s(picture, visit.key[0]) for visit in state.done_visits]
        ends = ends[: head.done] + [head.free_s] * (head.stays - head.done)
        n = self._problems.council.vehicle_number[vehicle]
        begin_s = []
        for word, end_s in zip(words, ends, strict=False):
            call = None if word in BREAKS else heads.call(word, picture.added)
            rest_s = float(self._problems.ground.fleet.break_s[n]) if word in BREAKS else 0.0
            begin_s.append(end_s - (rest_s if call is None else call.service_s))
        return begin_s


def _as_it_ended(picture: DayPicture, vehicle: str) -> DayPicture:
    """The day as it was when the last visit of a round was over; as it is, where some are left.

    A crew that is done goes home: time that passes, and streets closed later, make it no later.
    """
    state = picture.vehicles.get(vehicle)
    over_at = None if state is None else state.last_done_at
    if state is None or over_at is None or state.done < len(picture.rounds.get(vehicle, ())):
        return picture
    known = {name: closure for name, closure in picture.closures.items() if closure.key[0] <= over_at}
    return replace(picture, as_of=over_at, closures=known)


def _matched(words: Sequence[str], known: Sequence[str], begin_s: Sequence[float]) -> list[float]:
    """Times of the words that are among the known ones, which come in the same order."""
    times, at = [], 0
    for word in words:
        if at < len(known) and known[at] == word:
            times.append(begin_s[at])
            at += 1
        else:
            times.append(math.nan)
    return times


class DayCount:
    """The figures of a whole day, and those of the morning's plan; for one thread."""

    def __init__(self, problems: DayProblems) -> None:
        self._problems = problems
        self.forecasts = RoundForecasts(problems)
        self._plan: CouncilDayFigures | None = None

    def of(self, picture: DayPicture) -> CouncilDayFigures:
        """The day as it is going."""
        return self.count(picture, self.forecasts.of_day(picture).values())

    def plan(self) -> CouncilDayFigures:
        """The morning's plan."""
        if self._plan is None:
            council = self._problems.council
            rounds = dict(zip(council.vehicles.ids, council.rounds, strict=True))
            vehicles = {vehicle: VehicleState(vehicle) for vehicle in rounds}
            morning = DayPicture(area=council.id, as_of=EPOCH, rounds=rounds, vehicles=vehicles)
            self._plan = self.count(morning, RoundForecasts(self._problems).of_day(morning).values())
        return self._plan

    def unserved(self, picture: DayPicture) -> tuple[str, ...]:
        """Stops of the day that nobody is going to serve and nobody has, those skipped by hand aside."""
        served = set(picture.stops_done)
        for vehicle, visits in picture.rounds.items():
            state = picture.vehicles.get(vehicle)
            lost = state is not None and state.status is not VehicleStatus.IN_SERVICE
            planned = visits[: state.done] if lost and state is not None else visits
            served.update(stop for word in planned if (stop := stop_of(word)) is not None)
        every = (*self._problems.council.stops.ids, *picture.added)
        return tuple(stop for stop in every if stop not in served and stop not in picture.skipped)

    def count(self, picture: DayPicture, rounds: Collection[RoundForecast]) -> CouncilDayFigures:
        """The day as these forecasts of all its rounds have it."""
        cost = sum(one.cost for one in rounds)
        planned = {stop for v in picture.rounds.values() for word in v if (stop := stop_of(word)) is not None}
        unserved = self.unserved(picture)
        due = planned | set(picture.stops_done) | set(unserved)
        collections = self._households(picture, due)
        served = self._households(picture, due.difference(unserved))
        done = self._households(picture, picture.stops_done)
        heads = self._problems.heads
        missed = sum(
            request.service is ServiceCode.MISSED_COLLECTION
            and heads.at_s(picture, request.at) >= 0
            and request.status not in (RequestStatus.REFUSED, RequestStatus.WITHDRAWN)
            for request in picture.requests.values()
        )
        return CouncilDayFigures(
            cost=round(cost, 2),
            cost_per_collection=round(cost / served, 4) if served else 0.0,
            overtime_s=round(sum(one.overtime_s for one in rounds), 1),
            dist_m=round(sum(one.dist_m for one in rounds), 1),
            drive_s=round(sum(one.drive_s for one in rounds), 1),
            unserved=len(unserved),
            missed_per_1000=round(1000 * missed / collections, 3) if collections else 0.0,
            collections=collections,
            collections_done=done,
        )

    def _households(self, picture: DayPicture, stops: Collection[str]) -> int:
        number, households = self._problems.council.stop_number, self._problems.council.stops.households
        rows = [number[stop] for stop in stops if stop in number]
        added = sum(max(1, len(picture.added[stop].uprns)) for stop in stops if stop in picture.added)
        return int(households[rows].sum()) + added
