"""What happens to a council's day of collections: requests, vehicles, stops, closures, what people say.

Decoded by `streams.codec`, folded by the day of a council (and, where it is about fire, by a brigade's
picture). Holds shapes and ranges only. Nothing here can hold what a person wrote, or who wrote it: free text,
names and handles are read at the door and go no further.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/>-]*\Z")]
Time = Annotated[datetime, Meta(tz=True)]
EastingM = Annotated[float, Meta(ge=-1_000_000, le=2_000_000)]
NorthingM = Annotated[float, Meta(ge=-1_000_000, le=6_000_000)]
Uprn = Annotated[str, Meta(pattern=r"^[0-9]{1,12}\Z")]
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0, le=1_000_000)]
Loads = Annotated[dict[Annotated[str, Meta(min_length=1, max_length=24)], Amount], Meta(max_length=16)]
"""Amounts by material, in the council's unit (kg)."""


class ServiceCode(StrEnum):
    """What is asked of the council; the codes of its Open311 services."""

    MISSED_COLLECTION = "missed_collection"
    OVERFLOWING_BIN = "overflowing_bin"
    FLY_TIP = "fly_tip"
    BULKY_ITEM = "bulky_item"
    CONTAMINATION = "contamination"
    ASSISTED_COLLECTION = "assisted_collection"
    BLOCKED_STREET = "blocked_street"


class ReportChannel(StrEnum):
    """Which way a request came in."""

    OPEN311 = "open311"
    BATCH = "batch"
    SENSOR = "sensor"
    CREW = "crew"
    FEEDBACK = "feedback"
    EVENT = "event"


class PlaceConflict(StrEnum):
    """How the parts of a given place contradict each other; UPRN before address before coordinates holds."""

    UPRN_FAR = "uprn_far"
    """The coordinates lie far from the property of the UPRN."""
    ADDRESS_DIFFERS = "address_differs"
    """The address is another property's than the UPRN's."""
    UPRN_UNKNOWN = "uprn_unknown"
    """The gazetteer has no such UPRN: the address or the coordinates were taken."""
    ADDRESS_FAR = "address_far"
    """There is no UPRN, and the coordinates lie far from the property of the address."""
    ADDRESS_UNKNOWN = "address_unknown"
    """There is no UPRN, and nothing of that address: the coordinates were taken."""


class ServiceRequested(Struct, frozen=True, forbid_unknown_fields=True):
    """A request for service, at one place.

    Attributes
    ----------
    request
        Its `service_request_id`.
    uprn, street
        The property, and the street of the council's gazetteer, where known.
    at
        When what it is about was seen: for a missed collection, when it was noticed.
    fill
        Of a bin sensor: how full.
    reporter
        Pseudonym of who reports, of no use outside this installation and this week; tells independent reports
        from repeated ones.
    """

    request: Id
    service: ServiceCode
    channel: ReportChannel
    easting_m: EastingM
    northing_m: NorthingM
    at: Time
    uprn: Uprn | None = None
    street: Id | None = None
    material: Annotated[str, Meta(min_length=1, max_length=24)] | None = None
    conflict: PlaceConflict | None = None
    fill: Share | None = None
    reporter: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")] | None = None


class RequestOutcome(StrEnum):
    """How a request ended."""

    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RequestClosed(Struct, frozen=True, forbid_unknown_fields=True):
    """A request is over."""

    request: Id
    outcome: RequestOutcome
    reason: Annotated[str, Meta(pattern=r"^[a-z_]{1,40}\Z")] | None = None


class VehicleStatus(StrEnum):
    """What a collection vehicle can do."""

    IN_SERVICE = "in_service"
    BROKEN_DOWN = "broken_down"
    OFF_ROAD = "off_road"


class VehicleStatusChanged(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle is out of order, or in service again."""

    vehicle: Id
    status: VehicleStatus
    easting_m: EastingM | None = None
    northing_m: NorthingM | None = None

    def __post_init__(self) -> None:
        if (self.easting_m is None) != (self.northing_m is None):
            raise ValueError("`easting_m` and `northing_m` go together: give both or neither")


class VehiclePosition(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a vehicle is, and what it has on board where it is weighed."""

    vehicle: Id
    easting_m: EastingM
    northing_m: NorthingM
    load: Loads | None = None


class StopOutcome(StrEnum):
    """What the crew did at a stop. All but `collected` are reasons a missed collection is not counted."""

    COLLECTED = "collected"
    NOT_OUT = "not_out"
    CONTAMINATED = "contaminated"
    NO_ACCESS = "no_access"
    OVERWEIGHT = "overweight"


class StopDone(Struct, frozen=True, forbid_unknown_fields=True):
    """A crew is done with a stop, a tip or its break, as `visit` names it (see `streams.rounds_plan`).

    Attributes
    ----------
    load
        What the vehicle has on board afterwards, where it is weighed.
    uprns
        Where the outcome is not `collected` and concerns some properties only: those.
    """

    vehicle: Id
    visit: Annotated[str, Meta(min_length=1, max_length=80)]
    outcome: StopOutcome = StopOutcome.COLLECTED
    load: Loads | None = None
    uprns: Annotated[list[Uprn], Meta(max_length=200)] | None = None


class RoadClosed(Struct, frozen=True, forbid_unknown_fields=True):
    """Streets cannot be driven along, until a time or until they are opened."""

    closure: Id
    streets: Annotated[list[Id], Meta(min_length=1, max_length=200)]
    until: Time | None = None


class RoadOpened(Struct, frozen=True, forbid_unknown_fields=True):
    """A closure is over."""

    closure: Id


class FeedbackCategory(StrEnum):
    """What a post or message is about."""

    MISSED_COLLECTION = "missed_collection"
    OVERFLOWING_BIN = "overflowing_bin"
    """Also a fly-tip."""
    BLOCKED_STREET = "blocked_street"
    FLOODING = "flooding"
    SMOKE_OR_FIRE = "smoke_or_fire"
    OTHER_SERVICE = "other_service"
    NOT_SERVICE = "not_service"


class FeedbackSignal(Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of a post: category, street-level place, coarse time, mood, confidence.

    Attributes
    ----------
    uncertainty_m
        The place is within so many metres.
    seen_at
        Rounded down to five minutes.
    sentiment
        -1 (angry) to 1.
    reporter
        As in `ServiceRequested`.
    """

    signal: Id
    category: FeedbackCategory
    easting_m: EastingM
    northing_m: NorthingM
    uncertainty_m: Annotated[float, Meta(ge=0, le=20_000)]
    seen_at: Time
    sentiment: Annotated[float, Meta(ge=-1, le=1)]
    confidence: Share
    street: Id | None = None
    reporter: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")] | None = None


class ClusterAction(StrEnum):
    """What a person says of a cluster of reports."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    UNDO = "undo"


class ClusterDecided(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's word on a cluster; made by the service only.

    Attributes
    ----------
    category
        What it really is, where the person corrects it: a label to learn from.
    """

    cluster: Id
    action: ClusterAction
    operator: Annotated[str, Meta(min_length=1, max_length=64)]
    category: FeedbackCategory | None = None
