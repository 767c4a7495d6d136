"""Where reports become requests: each gets its place, its request and its verdict, and goes into the log.

Called by the Open311 and batch routes, and at the events' door for requests that come in as events. One
property, one record; reports of the same thing are merged; a missed collection that does not count is a
request too, closed with its reason. All reports of a call are taken, or none.
"""

import asyncio
import hashlib
import secrets
import uuid
from collections import OrderedDict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import structs

from geo.council import Council
from services.area_clock import area_now
from services.council.day_picture import DayPicture, StopState
from services.council.demand.due_collection import DueCollections, ExpectedAt
from services.council.demand.identity import GivenError, Identity, Place, PlaceGiven
from services.council.demand.known_requests import Known, KnownRequests, PlaceKey, place_key
from services.council.demand.missed_rule import MissedRefusal, refusal_of_missed, told_too_late
from services.council.demand.report import (
    Receipt,
    Report,
    ReportError,
    ReportOutcome,
    ReportsRefusedError,
)
from services.council.demand.service_list import FULL_FILL, SOURCE
from services.council.visits import stop_of
from services.ingest import Accepted
from services.recent_ids import event_key
from streams import codec
from streams.council_events import (
    RequestClosed,
    RequestOutcome,
    ServiceCode,
    ServiceRequested,
    StopDone,
)
from streams.events import Event, EventData

AHEAD = timedelta(minutes=5)
OLDEST = timedelta(days=31)
"""A report may have been made so far ahead of, or so long before, the area's time."""
TURN = 32
"""Places looked up before others get their turn: some milliseconds."""
NAMES_KEPT = 65_536
"""Named reports remembered until the fold has them; it remembers them across a restart."""


class Day(Protocol):
    """What the desk reads of the area's state: a `services.log_state` is one."""

    @property
    def picture(self) -> DayPicture:
        """The day as it stands."""

    @property
    def offset(self) -> int:
        """Newest record in it."""

    @property
    def last_event_ns(self) -> int | None:
        """When the log took the newest event that is no answer."""

    @property
    def recent(self) -> Container[int]:
        """Keys of the events folded lately."""


class Door(Protocol):
    """Where events go into the area's log: a `services.ingest` is one."""

    async def take(self, payloads: list[bytes]) -> Accepted:
        """Append all of them, or none."""


@dataclass(frozen=True, slots=True)
class _Judged:
    receipt: Receipt
    events: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken: a receipt for each report, in order, and the offset of the newest record."""

    receipts: list[Receipt]
    last_offset: int


class RequestDesk:
    """The reports of one council.

    Parameters
    ----------
    expected_at
        When a vehicle is predicted at a stop.

    Attributes
    ----------
    zone
        The council's time zone.
    """

    def __init__(self, council: Council, day: Day, door: Door, expected_at: ExpectedAt) -> None:
        self._area = council.id
        self._materials = council.materials
        self.zone = ZoneInfo(council.timezone)
        self._identity = Identity(
            council.name,
            council.gazetteer(),
            council.crs,
            lambda easting_m, northing_m: bool(council.contains([[easting_m, northing_m]])[0]),
        )
        self._due = DueCollections(council, expected_at)
        self._day = day
        self._door = door
        self._known = KnownRequests()
        self._named: OrderedDict[str, str] = OrderedDict()
        self._events: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._heard: OrderedDict[str, StopState] = OrderedDict()

    def now(self) -> datetime:
        """The area's time."""
        return area_now(self._day.picture.as_of, self._day.last_event_ns)

    async def take(self, reports: Sequence[Report], check_only: bool = False) -> Taken:
        """Take reports, all or none.

        Parameters
        ----------
        check_only
            Only say what would become of them.

        Raises
        ------
        ReportsRefusedError
            Naming each bad report's number, field and reason.
        LogFullError, LogUnreachableError, AppendUnsureError
            See `services.ingest`.
        """
        places, errors = await self._places(reports)
        if errors:
            raise ReportsRefusedError(errors)
        call = _Call(self._day.picture, self.now(), check_only)
        known = self._known
        known.see(call.picture, self._day.offset)
        try:
            judged = [self._judge(report, place, call) for report, place in zip(reports, places, strict=True)]
            events = [] if check_only else [event for one in judged for event in one.events]
            offset = (await self._door.take(events)).last_offset if events else self._day.offset
        except BaseException:
            known.forget(call.added)
            raise
        if check_only:
            known.forget(call.added)
        else:
            known.appended(call.added, offset)
            self._keep_names(call.named)
        return Taken([one.receipt for one in judged], offset)

    def end_of(self, event: Event) -> bytes | None:
        """The end of a request that comes in as an event and does not count; None where it does.

        Its name and its text are the same however often it is sent. What crews did is heard here, too, since
        the fold may not have it yet, as where it comes in together with the request.
        """
        data = event.data
        if isinstance(data, StopDone):
            self._hear(data, event)
        if not isinstance(data, ServiceRequested) or data.service is not ServiceCode.MISSED_COLLECTION:
            return None
        picture, name = self._day.picture, (event.source, event.id)
        there = picture.request_named(data.request) is not None or data.request in picture.early
        if there or self._events.setdefault(data.request, name) != name:
            return None  # a request keeps its first word
        while len(self._events) > NAMES_KEPT:
            self._events.popitem(last=False)
        place = self._place_of(data)
        reason = self._refusal_of_missed(place, self._with_heard(picture, place), data.at, None)
        if told_too_late(event.time, data.at, self.zone):
            reason = MissedRefusal.TOO_LATE.value
        if reason is None:
            return None
        digest = hashlib.blake2b(f"{event.source} {event.id}".encode(), digest_size=16).hexdigest()
        end = RequestClosed(data.request, RequestOutcome.REFUSED, reason)
        return self._event(end, f"refused-{digest}", event.time)

    def _hear(self, data: StopDone, event: Event) -> None:
        """Note what a crew did at a stop."""
        stop = stop_of(data.visit)
        if stop is None:
            return
        key = (event.time, event.sequence, f"{event.source} {event.id}")
        known = self._heard.pop(stop, None)
        said = StopState(data.outcome, event.time, data.vehicle, tuple(data.uprns or ()), key)
        self._heard[stop] = said if known is None or known.key < key else known
        while len(self._heard) > NAMES_KEPT:
            self._heard.popitem(last=False)

    def _with_heard(self, picture: DayPicture, place: Place) -> DayPicture:
        """The day with the newest word on the stop of a place, the fold's or the door's."""
        stop = self._due.stop_at(place)
        heard = None if stop is None else self._heard.get(stop)
        if stop is None or heard is None:
            return picture
        known = picture.stops_done.get(stop)
        if known is not None and known.key >= heard.key:
            return picture
        return structs.replace(picture, stops_done={**picture.stops_done, stop: heard})

    def _place_of(self, data: ServiceRequested) -> Place:
        """The place an event names; it may lie just across the boundary, where no report may."""
        try:
            return self._identity.resolve(PlaceGiven(data.uprn, None, data.easting_m, data.northing_m))
        except GivenError:
            return Place(data.easting_m, data.northing_m, street=data.street)

    def _keep_names(self, named: dict[str, str]) -> None:
        self._named.update(named)
        while len(self._named) > NAMES_KEPT:
            self._named.popitem(last=False)

    async def errors_of(self, reports: Sequence[Report]) -> list[ReportError]:
        """What is wrong with reports that are not to be taken anyway."""
        return (await self._places(reports))[1]

    async def _places(self, reports: Sequence[Report]) -> tuple[list[Place], list[ReportError]]:
        places: list[Place] = []
        errors: list[ReportError] = []
        now = self.now()
        for index, report in enumerate(reports, 1):
            if index % TURN == 0:
                await asyncio.sleep(0)
            try:
                self._check(report, now)
                places.append(self._identity.resolve(report.place))
            except GivenError as error:
                errors.append(ReportError(index - 1, error.field, str(error)))
        return places, errors

    def _check(self, report: Report, now: datetime) -> None:
        if report.material is not None and report.material not in self._materials:
            known = ", ".join(self._materials)
            raise GivenError("material", f"no material collected here; known: {known}")
        day, today = report.collection_date, now.astimezone(self.zone).date()
        if day is not None and not today - OLDEST <= day <= today + OLDEST:
            raise GivenError("collection_date", f"must be within {OLDEST.days} days of today, {today}")
        at = report.reported_at
        if at is not None and not now - OLDEST <= at <= now + AHEAD:
            raise GivenError(
                "at", f"must be within {OLDEST.days} days before now, {now.isoformat(timespec='seconds')}"
            )

    def _judge(self, report: Report, place: Place, call: "_Call") -> _Judged:
        """The verdict on one report, and its events."""
        service, at = report.service, report.reported_at or call.now
        if report.fill is not None and report.fill < FULL_FILL:
            return _Judged(Receipt(ReportOutcome.NOT_FULL, place, counted=False))
        key = place_key(service, place.uprn, place.street, (place.easting_m, place.northing_m))
        reason = self._refusal(report, place, call.picture, at)
        same = self._known.same(service, key, at, reason)
        name = report.event_id
        if name is not None:
            told = call.named.get(name) or self._named.get(name)
            if told is not None or event_key(SOURCE, name) in self._day.recent:
                request = told or (None if same is None else same.request)
                return _Judged(Receipt(ReportOutcome.REPEATED, place, request, counted=False))
        if same is None:
            judged = self._new(report, place, key, at, reason, call)
        else:
            judged = self._merged(report, place, same, at, call)
        if name is not None and judged.receipt.request is not None:
            call.named[name] = judged.receipt.request
        return judged

    def _new(
        self, report: Report, place: Place, key: PlaceKey, at: datetime, reason: str | None, call: "_Call"
    ) -> _Judged:
        """A request of its own; where the report does not count, closed at once."""
        request = self._known.name(report.service, key, call.now.astimezone(self.zone).date())
        new = Known(
            request, at, reason is None, place.easting_m, place.northing_m, place.uprn, place.street, reason
        )
        self._known.add(key, new)
        call.added.append(request)
        if not call.check_only:
            self._known.counts(request, report.reporter)
        asked = self._event(_requested(request, report, new, at, place), report.event_id, call.now)
        if reason is None:
            return _Judged(Receipt(ReportOutcome.NEW, place, request), (asked,))
        # Its end first: then it is never taken for one that waits, nor for a sign of others.
        closed = self._event(RequestClosed(request, RequestOutcome.REFUSED, reason), None, call.now)
        return _Judged(Receipt(ReportOutcome.REFUSED, place, request, reason), (closed, asked))

    def _merged(self, report: Report, place: Place, same: Known, at: datetime, call: "_Call") -> _Judged:
        """One more report of a request there is; counted while that tells anything new."""
        if same.refused is not None:
            receipt = Receipt(ReportOutcome.REFUSED, place, same.request, same.refused, counted=False)
            return _Judged(receipt)
        counted = self._known.counts(same.request, report.reporter, not call.check_only)
        receipt = Receipt(ReportOutcome.MERGED, place, same.request, counted=counted)
        if not counted:
            return _Judged(receipt)
        # A name of its own: the fold takes one name once. Under the place of the first report it is merged.
        data = _requested(f"{same.request}.{secrets.token_hex(4)}", report, same, at, place)
        return _Judged(receipt, (self._event(data, report.event_id, call.now),))

    def _refusal(self, report: Report, place: Place, picture: DayPicture, at: datetime) -> str | None:
        if report.service.code is not ServiceCode.MISSED_COLLECTION:
            return None
        return self._refusal_of_missed(place, picture, at, report.collection_date)

    def _refusal_of_missed(
        self, place: Place, picture: DayPicture, at: datetime, asked: date | None
    ) -> str | None:
        collection = self._due.meant(picture, self._due.stop_at(place), place.uprn, asked, at)
        refusal = refusal_of_missed(at, place.uprn, collection, self.zone)
        return None if refusal is None else refusal.value

    def _event(self, data: EventData, name: str | None, now: datetime) -> bytes:
        return codec.encode(data, id=name or str(uuid.uuid4()), source=SOURCE, area=self._area, time=now)


@dataclass(frozen=True, slots=True)
class _Call:
    """What one call of the desk stands on, and what it has made so far.

    Attributes
    ----------
    named, added
        Reports by the names their senders gave them, with their requests; requests made in this call.
    """

    picture: DayPicture
    now: datetime
    check_only: bool
    named: dict[str, str] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)


def _requested(request: str, report: Report, known: Known, at: datetime, place: Place) -> ServiceRequested:
    return ServiceRequested(
        request,
        report.service.code,
        report.channel,
        round(known.easting_m, 1),
        round(known.northing_m, 1),
        at,
        known.uprn,
        known.street,
        report.material,
        place.conflict,
        report.fill,
        report.reporter,
    )
