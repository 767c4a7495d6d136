"""The events on the wire: one frozen struct for each type's data, and the table of types.

Decoded by `streams.codec`, folded by `services.picture` and by a council's day, built by feeds. Holds shapes
and ranges only; whether an appliance exists or a place lies in the region is for the reader to say.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from streams.council_events import (
    ClusterDecided,
    FeedbackSignal,
    RequestClosed,
    RoadClosed,
    RoadOpened,
    ServiceRequested,
    StopDone,
    VehiclePosition,
    VehicleStatusChanged,
)
from streams.cover_plan import CoverPlanData
from streams.rounds_plan import RoundsDecided, RoundsProposal

TYPE_PREFIX = "dynamiccover."

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/>-]*\Z")]
"""Name of an appliance, station, incident, …: 1 to 64 letters, digits and `._:/>-`."""
Time = Annotated[datetime, Meta(tz=True)]
"""A point in time with its zone; RFC 3339 on the wire."""
EastingM = Annotated[float, Meta(ge=-1_000_000, le=2_000_000)]
"""Metres east in the region's CRS; the bounds only catch wrong units, the region checks the place."""
NorthingM = Annotated[float, Meta(ge=-1_000_000, le=6_000_000)]
"""Metres north in the region's CRS."""
Required = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=24)], Annotated[int, Meta(ge=0, le=100)]],
    Meta(max_length=16),
]
"""Appliances an incident needs, by kind."""


class IncidentCategory(StrEnum):
    """What an incident turned out to be, coarsely."""

    FIRE = "fire"
    FALSE_ALARM = "false_alarm"
    SPECIAL_SERVICE = "special_service"
    OTHER = "other"


class ApplianceStatus(StrEnum):
    """What an appliance is doing. `mobilised` and `at_incident` are committed."""

    AVAILABLE = "available"
    MOBILISED = "mobilised"
    AT_INCIDENT = "at_incident"
    RETURNING = "returning"
    RELOCATING = "relocating"
    OFF_RUN = "off_run"


class DecisionAction(StrEnum):
    """What an operator did with a recommended move."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNDO = "undo"


class RejectReason(StrEnum):
    """Why a move was rejected: the fixed list."""

    CREW_WELFARE = "crew_welfare"
    LOCAL_KNOWLEDGE = "local_knowledge"
    PLANNED_EVENT = "planned_event"
    APPLIANCE_DEFECT = "appliance_defect"
    TOO_FAR = "too_far"
    OTHER = "other"


class IncidentOpened(Struct, frozen=True, forbid_unknown_fields=True):
    """A call became an incident."""

    incident: Id
    category: IncidentCategory
    easting_m: EastingM
    northing_m: NorthingM
    appliances_required: Required
    expected_stop: Time | None = None
    uprn: Annotated[str, Meta(pattern=r"^[0-9]{1,12}\Z")] | None = None


class IncidentUpdated(Struct, frozen=True, forbid_unknown_fields=True):
    """An incident needs more or fewer appliances, or will last longer than thought."""

    incident: Id
    appliances_required: Required | None = None
    expected_stop: Time | None = None


class IncidentStopped(Struct, frozen=True, forbid_unknown_fields=True):
    """An incident is over: the stop message."""

    incident: Id


AT_STATION = frozenset({ApplianceStatus.AVAILABLE, ApplianceStatus.RETURNING, ApplianceStatus.RELOCATING})
COMMITTED = frozenset({ApplianceStatus.MOBILISED, ApplianceStatus.AT_INCIDENT})
"""What a status counts as; a set made for each event took a tenth of its decoding."""


class ApplianceStatusChanged(Struct, frozen=True, forbid_unknown_fields=True):
    """An appliance changed its status."""

    appliance: Id
    status: ApplianceStatus
    station: Id | None = None
    incident: Id | None = None
    expected_at: Time | None = None
    easting_m: EastingM | None = None
    northing_m: NorthingM | None = None

    def __post_init__(self) -> None:
        if self.status in AT_STATION and self.station is None:
            raise ValueError(f"status {self.status.value!r} needs `station`, the station it counts at")
        if self.status in COMMITTED and self.incident is None:
            raise ValueError(f"status {self.status.value!r} needs `incident`, the incident it serves")
        if (self.easting_m is None) != (self.northing_m is None):
            raise ValueError("`easting_m` and `northing_m` go together: give both or neither")


class AppliancePosition(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an appliance is, from its own tracker."""

    appliance: Id
    easting_m: EastingM
    northing_m: NorthingM


class DecisionMade(Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's word on one recommended move."""

    plan_id: Id
    revision: Annotated[int, Meta(ge=0, le=1_000_000)]
    move_id: Id
    appliance: Id
    from_station: Id
    to_station: Id
    action: DecisionAction
    operator: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: RejectReason | None = None


EventData = (
    IncidentOpened
    | IncidentUpdated
    | IncidentStopped
    | ApplianceStatusChanged
    | AppliancePosition
    | DecisionMade
    | CoverPlanData
    | ServiceRequested
    | RequestClosed
    | VehicleStatusChanged
    | VehiclePosition
    | StopDone
    | RoadClosed
    | RoadOpened
    | FeedbackSignal
    | ClusterDecided
    | RoundsProposal
    | RoundsDecided
)

TYPES: dict[str, type[EventData]] = {
    f"{TYPE_PREFIX}incident.opened.v1": IncidentOpened,
    f"{TYPE_PREFIX}incident.updated.v1": IncidentUpdated,
    f"{TYPE_PREFIX}incident.stopped.v1": IncidentStopped,
    f"{TYPE_PREFIX}appliance.status.v1": ApplianceStatusChanged,
    f"{TYPE_PREFIX}appliance.position.v1": AppliancePosition,
    f"{TYPE_PREFIX}decision.made.v1": DecisionMade,
    f"{TYPE_PREFIX}cover.plan.v1": CoverPlanData,
    f"{TYPE_PREFIX}service.requested.v1": ServiceRequested,
    f"{TYPE_PREFIX}service.closed.v1": RequestClosed,
    f"{TYPE_PREFIX}vehicle.status.v1": VehicleStatusChanged,
    f"{TYPE_PREFIX}vehicle.position.v1": VehiclePosition,
    f"{TYPE_PREFIX}stop.done.v1": StopDone,
    f"{TYPE_PREFIX}road.closed.v1": RoadClosed,
    f"{TYPE_PREFIX}road.opened.v1": RoadOpened,
    f"{TYPE_PREFIX}feedback.signal.v1": FeedbackSignal,
    f"{TYPE_PREFIX}cluster.decided.v1": ClusterDecided,
    f"{TYPE_PREFIX}rounds.proposal.v1": RoundsProposal,
    f"{TYPE_PREFIX}rounds.decided.v1": RoundsDecided,
}
TYPE_OF: dict[type[EventData], str] = {data: name for name, data in TYPES.items()}
OWN_DATA: tuple[type[EventData], ...] = (
    CoverPlanData,
    DecisionMade,
    ClusterDecided,
    RoundsProposal,
    RoundsDecided,
)
"""Events the service makes itself; nobody sends them in."""


class Envelope(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A CloudEvents 1.0 envelope (structured JSON), its data not yet decoded.

    `area` (the partition key), `sequence` and `traceparent` are extension attributes.
    """

    id: Annotated[str, Meta(min_length=1, max_length=128)]
    source: Annotated[str, Meta(min_length=1, max_length=256)]
    type: Annotated[str, Meta(min_length=1, max_length=128)]
    time: Time
    area: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    data: msgspec.Raw
    specversion: Annotated[str, Meta(pattern=r"^1\.0\Z")]
    subject: Annotated[str, Meta(max_length=256)] | None = None
    datacontenttype: Annotated[str, Meta(pattern=r"^application/json\Z")] | None = None
    sequence: Annotated[int, Meta(ge=0, le=2_147_483_647)] | None = None
    traceparent: Annotated[str, Meta(max_length=64)] | None = None


class Event(Struct, frozen=True):
    """A decoded event: envelope and data.

    Attributes
    ----------
    time
        When it happened, UTC.
    sequence
        Order among events of one entity at one time; 0 where the sender gives none.
    """

    id: str
    source: str
    type: str
    time: datetime
    area: str
    data: EventData
    sequence: int = 0
