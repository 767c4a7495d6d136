"""The small council's day some way in, made of events, and the decisions that follow it, for tests."""

import asyncio
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

from services.council.day_draft import DayDraft
from services.council.day_ground import DayGround
from services.council.day_picture import DayPicture
from services.council.round_solver import DayJob, RoundSolver, RoundSolverSettings
from services.council.rounds_desk import EditKind, RoundEdit, RoundsDesk
from services.council.visits import stop_of
from streams.council_events import (
    ReportChannel,
    ServiceCode,
    ServiceRequested,
    StopDone,
    VehicleStatus,
    VehicleStatusChanged,
)
from streams.events import EventData
from streams.rounds_plan import Cause, CauseKind, RoundsDecided, RoundsProposal
from tests.geo.councils import grid_council
from tests.services.council.days import MORNING, event

COUNCIL = grid_council()
GROUND = DayGround(COUNCIL)
VEHICLES = COUNCIL.vehicles.ids
EN = COUNCIL.properties.en
UPRN = COUNCIL.properties.uprn
OPERATOR = "Manager 1"
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What an asynchronous piece of work comes to."""
    return asyncio.run(work)


@cache
def desk() -> RoundsDesk:
    """A desk, compiled."""
    return RoundsDesk(COUNCIL)


@cache
def solver() -> RoundSolver:
    """A solver, compiled."""
    return RoundSolver(COUNCIL, RoundSolverSettings(quiet_s=0.0))


class Day:
    """A day that takes events one after another, each a minute after the last."""

    def __init__(self) -> None:
        self._draft = DayDraft(GROUND, GROUND.empty_day())
        self.minutes = 0.0
        self._number = 0

    @property
    def picture(self) -> DayPicture:
        """The day by now."""
        return self._draft.picture()

    def take(self, data: EventData, minutes: float | None = None) -> str:
        """Take an event in, at a time or a little after the last; its id."""
        self._number += 1
        self.minutes = self.minutes + 0.1 if minutes is None else minutes
        name = f"e{self._number}"
        self._draft.take(event(data, self.minutes, name, self._number))
        return name

    def done(self, vehicle: str, count: int) -> None:
        """Some more visits of a vehicle over."""
        for _ in range(count):
            state = self.picture.vehicles[vehicle]
            self.take(StopDone(vehicle, self.picture.rounds[vehicle][state.done]))

    def request(self, name: str, home: int, service: ServiceCode = ServiceCode.MISSED_COLLECTION) -> Cause:
        """A request at a property; its cause."""
        at = self.picture.as_of if self.picture.date else MORNING
        east, north = EN[home].tolist()
        self.take(
            ServiceRequested(name, service, ReportChannel.EVENT, east, north, at=at, uprn=str(UPRN[home]))
        )
        return Cause(CauseKind.REQUEST, name)

    def break_down(self, vehicle: str) -> Cause:
        """A vehicle breaks down; the cause."""
        self.take(VehicleStatusChanged(vehicle, VehicleStatus.BROKEN_DOWN))
        return Cause(CauseKind.BREAKDOWN, vehicle)

    def decide(self, decided: RoundsDecided) -> str:
        """Put a decision in force, as the fold takes it; its id. Fails where it is void."""
        name = self.take(decided)
        kept = self.picture.decision_named(name)
        assert kept is not None and kept.void is None, kept
        return name

    def first(self, *causes: Cause) -> list[RoundsProposal]:
        """First answers."""
        return run(solver().first(self.job(*causes)))

    def better(self, proposals: list[RoundsProposal], seconds: float = 0.3) -> list[RoundsProposal]:
        """Better answers."""

        async def every() -> list[RoundsProposal]:
            return [one async for one in solver().better(self.job(), proposals, seconds)]

        return run(every())

    def job(self, *causes: Cause) -> DayJob:
        """The day as a job."""
        return DayJob(self.picture, 1, 0, 1, causes)


def at_work(done: int = 6) -> Day:
    """A day on which every vehicle has done some visits."""
    day = Day()
    for vehicle in VEHICLES:
        day.done(vehicle, done)
    return day


def planned(picture: DayPicture, vehicle: str, number: int = 0) -> str:
    """A stop of a round that is neither done nor under way."""
    rest = picture.rounds[vehicle][picture.vehicles[vehicle].done + 2 :]
    return [s for word in rest if (s := stop_of(word)) is not None][number]


def edit(day: Day, kind: EditKind, **fields: object) -> str:
    """Make an edit, put it in force; the decision's id."""
    return day.decide(run(desk().edit(day.picture, RoundEdit(kind, **fields), OPERATOR)))  # type: ignore[arg-type]
