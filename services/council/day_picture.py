"""A council's day as it stands: rounds and progress, requests, closures, clusters, decisions.

Folded by `services.council.day_draft`; read by the rounds' solver and desk, the rules of service requests and
the day's view. No I/O, no clock; a picture never changes.
"""

import hashlib
from datetime import UTC, datetime
from datetime import date as LocalDate
from enum import StrEnum

import msgspec
from msgspec import Struct

from optimiser.feedback.clusters import Cluster
from streams.council_events import (
    PlaceConflict,
    ReportChannel,
    RequestOutcome,
    ServiceCode,
    StopOutcome,
    VehicleStatus,
)
from streams.rounds_plan import AddedStop, Cause, CauseKind, OptionKey, RoundsAction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Key = tuple[datetime, int, str]
"""What orders the words about one thing: time, sequence, source and id of the event."""
NEEDS_VISIT = frozenset(
    {
        ServiceCode.MISSED_COLLECTION,
        ServiceCode.OVERFLOWING_BIN,
        ServiceCode.FLY_TIP,
        ServiceCode.BULKY_ITEM,
        ServiceCode.ASSISTED_COLLECTION,
    }
)
"""Services that a vehicle has to come for; the others are told and looked at, and change no round."""


class StopState(Struct, frozen=True):
    """What a crew did at a stop, the newest word of it."""

    outcome: StopOutcome
    at: datetime
    vehicle: str
    uprns: tuple[str, ...]
    key: Key


class DoneVisit(Struct, frozen=True):
    """A visit that is over: a stop, a tip or a break."""

    key: Key
    visit: str


class VehicleState(Struct, frozen=True):
    """A collection vehicle now.

    Attributes
    ----------
    done
        So many leading visits of its round are over.
    done_visits
        Those, oldest first: what its round begins with.
    load
        What it last said to have on board, by material; empty where it never did. Stops in `done_visits` with
        a key beyond `load_key` have been loaded since.
    changed_in
        The day's version that last changed its round; 0 where none did.
    """

    id: str
    status: VehicleStatus = VehicleStatus.IN_SERVICE
    status_key: Key | None = None
    done_visits: tuple[DoneVisit, ...] = ()
    easting_m: float | None = None
    northing_m: float | None = None
    position_key: Key | None = None
    load: dict[str, float] = {}
    load_key: Key | None = None
    changed_in: int = 0

    @property
    def done(self) -> int:
        """How many visits are over."""
        return len(self.done_visits)

    @property
    def last_done_at(self) -> datetime | None:
        """When its newest visit was over; None before the first."""
        return self.done_visits[-1].key[0] if self.done_visits else None


class RequestStatus(StrEnum):
    """How far a request is."""

    OPEN = "open"
    PLANNED = "planned"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Closing(Struct, frozen=True):
    """The newest word on how a request ended."""

    key: Key
    outcome: RequestOutcome
    reason: str | None


class RequestState(Struct, frozen=True):
    """A request for service, with all that was reported of the same thing.

    Attributes
    ----------
    stop
        The collection stop of its property; None where it has none.
    reports, reporters
        How many reports were merged into it, and the pseudonyms of who made them (the first ones).
    visit
        The stop of today's rounds that serves it; None until one is planned.
    """

    request: str
    service: ServiceCode
    channel: ReportChannel
    easting_m: float
    northing_m: float
    at: datetime
    key: Key
    uprn: str | None
    street: str | None
    stop: str | None
    material: str | None = None
    conflict: PlaceConflict | None = None
    fill: float | None = None
    reports: int = 1
    reporters: tuple[str, ...] = ()
    status: RequestStatus = RequestStatus.OPEN
    reason: str | None = None
    visit: str | None = None
    closing: Closing | None = None


class ClosureState(Struct, frozen=True):
    """Streets that cannot be driven along; `open` where the closure is over, then perhaps without them."""

    closure: str
    key: Key
    streets: tuple[str, ...] = ()
    until: datetime | None = None
    open: bool = False


class ChangeStatus(StrEnum):
    """What became of something that made the day differ."""

    OPEN = "open"
    APPROVED = "approved"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


class Change(Struct, frozen=True):
    """Something that made the day differ from the plan; at most one for each cause.

    Attributes
    ----------
    decision
        The decision that answered it, where one did.
    """

    cause: Cause
    at: datetime
    status: ChangeStatus = ChangeStatus.OPEN
    decision: str | None = None


class Before(Struct, frozen=True):
    """What a decision replaced: what undoing it goes back to."""

    rounds: dict[str, tuple[str, ...]]
    locks: dict[str, str | None] = {}
    skipped: tuple[str, ...] = ()
    """Of the stops it skipped or took in again: those that were skipped before."""
    statuses: dict[str, VehicleStatus] = {}
    """Of the vehicles it took off the road or put back."""


class Decision(Struct, frozen=True):
    """A manager's word, as the day's log shows it.

    Attributes
    ----------
    void
        Why it does not count; None where it does.
    vehicles, stops
        Whose rounds it changed, and which stops it made.
    version
        The day's version it led to; 0 where it changed no round.
    before
        None where it cannot be undone: too old, undone already, void, or an undoing itself.
    """

    decision_id: str
    action: RoundsAction
    operator: str
    at: datetime
    cause: Cause | None = None
    proposal_id: str | None = None
    option: OptionKey | None = None
    edit: str | None = None
    undoes: str | None = None
    undone: bool = False
    void: str | None = None
    vehicles: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    version: int = 0
    before: Before | None = None


class DayPicture(Struct, frozen=True):
    """The day of one council; its dicts are never changed, only replaced.

    Attributes
    ----------
    as_of
        Time of the newest event folded, UTC; `EPOCH` before the first.
    date
        The local day it is; None before the first event.
    version
        How many decisions have changed the rounds since the log began; it never falls, so it names them.
    rounds
        By vehicle: what is done, in the order it was done, then what is planned.
    stops_done, earlier
        What crews did at stops today, and the last word of the days before.
    added
        Stops that were not in the morning's plan.
    locks
        Vehicle by stop.
    skipped
        Stops taken out of the day, and the decision that did it.
    merged
        By request: the one it was merged into.
    early
        Ends of requests that have not come in yet.
    clusters
        As stored; `optimiser.feedback.clusters.as_of` tells what they are worth by now.
    changes
        By `cause_key`.
    """

    area: str
    as_of: datetime
    rounds: dict[str, tuple[str, ...]]
    vehicles: dict[str, VehicleState]
    date: LocalDate | None = None
    version: int = 0
    stops_done: dict[str, StopState] = {}
    earlier: dict[str, StopState] = {}
    added: dict[str, AddedStop] = {}
    locks: dict[str, str] = {}
    skipped: dict[str, str] = {}
    requests: dict[str, RequestState] = {}
    merged: dict[str, str] = {}
    early: dict[str, Closing] = {}
    closures: dict[str, ClosureState] = {}
    clusters: dict[str, Cluster] = {}
    decisions: tuple[Decision, ...] = ()
    changes: dict[str, Change] = {}

    @property
    def closed_streets(self) -> frozenset[str]:
        """Streets that cannot be driven along now."""
        return frozenset(
            street for closure in self.closures.values() if not closure.open for street in closure.streets
        )

    @property
    def open_causes(self) -> tuple[Cause, ...]:
        """What asks for an answer, oldest first."""
        waiting = [change for change in self.changes.values() if change.status is ChangeStatus.OPEN]
        waiting.sort(key=lambda change: change.at)  # of one moment in the order they came in
        return tuple(change.cause for change in waiting)

    def request_named(self, request: str) -> RequestState | None:
        """The request of that id, or the one it was merged into; None where it is not known."""
        return self.requests.get(self.merged.get(request, request))

    def decision_named(self, decision_id: str) -> Decision | None:
        """The decision of that id; None where it is not kept any more."""
        return next((d for d in reversed(self.decisions) if d.decision_id == decision_id), None)

    def digest(self) -> str:
        """A SHA-256 over the whole state: equal digests, equal days."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


def cause_key(cause: Cause) -> str:
    """The name of a cause among the day's changes."""
    return f"{cause.kind.value}:{cause.id}"


def request_cause(request: str) -> Cause:
    """The cause that a request is."""
    return Cause(CauseKind.REQUEST, request)
