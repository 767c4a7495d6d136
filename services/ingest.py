"""Taking events in: decode, check, drop what came in before, append all or nothing.

Called by the API's event route. Bad input never reaches the log.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.event_check import AreaCheck
from services.log_state import LogState
from services.metrics import Metrics
from services.recent_ids import event_key
from streams import codec
from streams.errors import DecodeError
from streams.events import Event
from streams.log import EventLog

EventName = tuple[str, str]
"""What names an event, by CloudEvents: its source and its id."""
Aside = Callable[[Event], bytes | None]
"""What the service itself has to say of an event that comes in, as an event; mostly nothing."""
IDS_REMEMBERED = 65_536
"""Event names remembered for each area, so that a sender that tries again adds nothing. The fold is
idempotent anyway; this only keeps the log free of repeats."""
BUSY_WITHIN_S = 60.0
"""An area with an event within so many seconds has senders whose clock is the one to follow."""
ERRORS_REPORTED = 100
"""Of a bad batch, so many errors are named; their number is always told."""


@dataclass(frozen=True, slots=True)
class EventError:
    """What is wrong with one event of a request."""

    index: int
    field: str
    reason: str


class RefusedError(Exception):
    """A request whose events cannot be taken; none of them was.

    Attributes
    ----------
    errors
        The first `ERRORS_REPORTED` errors.
    count
        How many events are wrong.
    """

    def __init__(self, errors: list[EventError], count: int) -> None:
        super().__init__(f"{count} event(s) refused")
        self.errors = errors
        self.count = count


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was taken in: new events, repeats, and the offset of the newest record of the request."""

    accepted: int
    duplicates: int
    last_offset: int


class Ingest:
    """The door of one area.

    Parameters
    ----------
    check
        What the area asks of an event.
    aside
        What it has to say of a new one: goes into the log right before it, and counts as no event of the
        request.
    """

    def __init__(
        self,
        state: LogState[Any],
        check: AreaCheck,
        log: EventLog,
        metrics: Metrics,
        aside: Aside | None = None,
    ) -> None:
        self._state = state
        self._area = state.area
        self._log = log
        self._metrics = metrics
        self._check = check
        self._aside = aside
        self._ids: OrderedDict[EventName, int] = OrderedDict()

    async def take(self, payloads: list[bytes]) -> Accepted:
        """Append the events of one request, all or none.

        Raises
        ------
        RefusedError
            Naming each bad event's place, field and reason.
        LogFullError
            Where the log can take no more now.
        AppendUnsureError
            Where the log did not say in time whether it took them; sent again they are taken once.
        """
        started = time.perf_counter()
        events = self._checked(payloads)
        ids = [(event.source, event.id) for event in events]
        fresh: dict[EventName, int] = {}
        records: list[bytes] = []
        for id_, event, payload in zip(ids, events, payloads, strict=True):
            # What another replica took in, or this one before a restart, the fold knows.
            if id_ in self._ids or id_ in fresh or event_key(*id_) in self._state.recent:
                continue
            said = None if self._aside is None else self._aside(event)
            if said is not None:
                records.append(said)
            fresh[id_] = len(records)
            records.append(payload)
        last = await self._log.append(self._area, records)
        first = last - len(records) + 1
        for id_, place in fresh.items():
            self._ids[id_] = first + place
        while len(self._ids) > IDS_REMEMBERED:
            self._ids.popitem(last=False)
        repeats = len(payloads) - len(fresh)
        if repeats:
            self._metrics.duplicates.labels(self._area).inc(repeats)
        self._metrics.stage.labels(self._area, "ingest").observe(time.perf_counter() - started)
        return Accepted(len(fresh), repeats, max(self._ids.get(id_, last) for id_ in ids))

    def refusals(self, payloads: list[bytes]) -> list[EventError]:
        """What `take` would refuse these for, by their place in the list; takes nothing."""
        return self._judged(payloads)[1]

    def _checked(self, payloads: list[bytes]) -> list[Event]:
        events, errors = self._judged(payloads)
        if errors:
            self._metrics.rejected.labels(self._area).inc(len(errors))
            raise RefusedError(errors[:ERRORS_REPORTED], len(errors))
        return events

    def _judged(self, payloads: list[bytes]) -> tuple[list[Event], list[EventError]]:
        """The good ones, and what is wrong with each of the others."""
        good: list[Event] = []
        errors: list[EventError] = []
        now = datetime.now(UTC)
        as_of: datetime = self._state.picture.as_of
        last_ns = self._state.last_event_ns
        busy = last_ns is not None and time.time_ns() - last_ns < BUSY_WITHIN_S * 1e9
        for index, payload in enumerate(payloads):
            try:
                event = codec.decode(payload)
                self._check.from_outside(event, now, as_of, busy)
                as_of = max(as_of, event.time)
                good.append(event)
            except DecodeError as error:
                errors.append(EventError(index, error.field, error.reason))
        return good, errors
