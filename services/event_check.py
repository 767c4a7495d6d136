"""Whether a well-formed event makes sense in its area: known names, a place in the region, a sane time.

Called by the HTTP ingest before an event is appended, and by the area worker for records that came in
another way. Never changes anything.
"""

from datetime import UTC, datetime, timedelta

from geo.ground import Ground
from geo.region import Region
from services.picture import HORIZON
from streams.council_events import ClusterDecided, FeedbackCategory, FeedbackSignal
from streams.cover_plan import CoverPlanData
from streams.errors import DecodeError
from streams.events import (
    OWN_DATA,
    AppliancePosition,
    ApplianceStatusChanged,
    DecisionMade,
    Event,
    IncidentOpened,
    IncidentStopped,
    IncidentUpdated,
)
from streams.rounds_plan import RoundsProposal

MAX_AHEAD = timedelta(minutes=5)
"""How far ahead of this service's clock a sender's clock may run."""
MAX_LEAP = timedelta(days=7)
"""While events keep coming in, none may run further ahead of them: it would shut all others out as late."""
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before this, a timestamp is a mistake (a zero, or another epoch)."""
MAX_EXPECTED_BACK = timedelta(hours=1)
MAX_EXPECTED_AHEAD = timedelta(hours=48)
"""A release or arrival is expected between an hour before the event (late word) and two days after it."""
BOTH_KINDS = frozenset({FeedbackSignal, ClusterDecided})
"""What a brigade and a council may hear of alike: posts, and what people make of them."""
BRIGADE_TYPES: frozenset[type] = BOTH_KINDS | {
    IncidentOpened,
    IncidentUpdated,
    IncidentStopped,
    ApplianceStatusChanged,
    AppliancePosition,
    DecisionMade,
    CoverPlanData,
}
ANSWERS: frozenset[type] = frozenset({CoverPlanData, RoundsProposal})
"""What workers write: as old as the picture it is about."""


class AreaCheck:
    """What every area asks of an event, whatever its kind.

    Parameters
    ----------
    kind
        `brigade` or `council`.
    takes
        Data of the events that belong to areas of this kind.
    """

    def __init__(self, area: str, kind: str, takes: frozenset[type]) -> None:
        self._area = area
        self._kind = kind
        self._takes = takes

    def from_outside(self, event: Event, now: datetime, as_of: datetime, busy: bool) -> None:
        """Check an event a client sends.

        `now` is the wall clock, `as_of` the picture's time, `busy` whether events have come in lately.

        Raises
        ------
        DecodeError
            Naming the field and what would be right.
        """
        if isinstance(event.data, OWN_DATA):
            raise DecodeError("type", f"{event.type!r} events come from this service; it takes none in")
        if event.time > now + MAX_AHEAD:
            raise DecodeError(
                "time",
                f"{event.time.isoformat()} is more than 5 minutes ahead of this service's clock "
                f"({now.isoformat(timespec='seconds')}); times are UTC",
            )
        if busy and event.time > as_of + MAX_LEAP:
            raise DecodeError(
                "time",
                f"{event.time.isoformat()} is over {MAX_LEAP.days} days ahead of the area's newest event "
                f"({as_of.isoformat(timespec='seconds')}), which other senders still follow: a replay or a "
                "simulated day runs here; send times of its clock",
            )
        self.content(event, as_of)

    def content(self, event: Event, as_of: datetime) -> None:
        """Check what any record of the area must satisfy.

        Raises
        ------
        DecodeError
            Naming the field and what would be right.
        """
        if event.area != self._area:
            raise DecodeError("area", f"this is area {self._area!r}, not {event.area!r}")
        kind = type(event.data)
        if kind not in self._takes:
            raise DecodeError(
                "type", f"{event.type!r} events are not for a {self._kind}, and area {self._area!r} is one"
            )
        if kind in ANSWERS:
            return
        if event.time < OLDEST:
            raise DecodeError("time", f"{event.time.isoformat()} is before the year 2000; times are UTC")
        if event.time < as_of - HORIZON:
            raise DecodeError(
                "time",
                f"{event.time.isoformat()} is more than {HORIZON // timedelta(hours=1)} hours behind the "
                f"area's newest event ({as_of.isoformat(timespec='seconds')}); to feed older history, start "
                "the service with a fresh data folder (on Kafka: another COVER_TOPIC_PREFIX)",
            )
        self._data(event)

    def _data(self, event: Event) -> None:
        """Check names and places; raises `DecodeError`."""
        raise NotImplementedError


def check_signal(data: FeedbackSignal, time: datetime) -> None:
    """Check that what was posted was seen about when the event says: clusters fade by it.

    Raises
    ------
    DecodeError
        Where it was seen later than the event, or hours before.
    """
    if not time - HORIZON <= data.seen_at <= time + MAX_AHEAD:
        raise DecodeError(
            "data.seen_at",
            f"{data.seen_at.isoformat()} is not within {HORIZON // timedelta(hours=1)} hours before the "
            "event's time",
        )


class EventCheck(AreaCheck):
    """Checks events against one region."""

    def __init__(self, region: Region) -> None:
        super().__init__(region.id, "brigade", BRIGADE_TYPES)
        self._region = region
        self._ground = Ground(region)
        self._appliances = frozenset(region.appliances.ids)
        self._stations = frozenset(region.stations.ids)
        self._kinds = frozenset(kind.id for kind in region.kinds)

    def _data(self, event: Event) -> None:
        data = event.data  # looked at by exact type: an `isinstance` that fails takes five times as long
        if type(data) is ApplianceStatusChanged:
            self._known("appliance", data.appliance, self._appliances)
            if data.station is not None:
                self._known("station", data.station, self._stations)
            if data.easting_m is not None and data.northing_m is not None:
                self._place(data.easting_m, data.northing_m)
            self._expected("expected_at", data.expected_at, event.time)
        elif type(data) is AppliancePosition:
            self._known("appliance", data.appliance, self._appliances)
            self._place(data.easting_m, data.northing_m)
        elif type(data) is IncidentOpened:
            self._place(data.easting_m, data.northing_m)
            self._required(data.appliances_required)
            self._expected("expected_stop", data.expected_stop, event.time)
        elif type(data) is IncidentUpdated:
            self._required(data.appliances_required or {})
            self._expected("expected_stop", data.expected_stop, event.time)
        elif type(data) is DecisionMade:
            self._known("appliance", data.appliance, self._appliances)
            self._known("from_station", data.from_station, self._stations)
            self._known("to_station", data.to_station, self._stations)
        elif type(data) is FeedbackSignal:
            self._place(data.easting_m, data.northing_m)
            check_signal(data, event.time)
            if data.category is not FeedbackCategory.SMOKE_OR_FIRE:
                raise DecodeError(
                    "data.category",
                    f"{data.category.value!r} is a council's matter; a brigade hears of 'smoke_or_fire' only",
                )

    def _known(self, field: str, value: str, known: frozenset[str]) -> None:
        if value not in known:
            noun = "appliance" if field == "appliance" else "station"
            raise DecodeError(f"data.{field}", f"{noun} {value!r} is not of area {self._region.id!r}")

    def _place(self, easting_m: float, northing_m: float) -> None:
        if not self._ground.has(easting_m, northing_m):
            raise DecodeError(
                "data.easting_m",
                f"({easting_m:.0f}, {northing_m:.0f}) lies outside the region {self._region.id!r}; give "
                f"metres in {self._region.crs}, not degrees or feet",
            )

    def _required(self, required: dict[str, int]) -> None:
        for kind in required:
            if kind not in self._kinds:
                raise DecodeError(
                    "data.appliances_required",
                    f"unknown kind {kind!r}; known: {', '.join(sorted(self._kinds))}",
                )

    def _expected(self, field: str, value: datetime | None, time: datetime) -> None:
        if value is not None and not time - MAX_EXPECTED_BACK <= value <= time + MAX_EXPECTED_AHEAD:
            raise DecodeError(
                f"data.{field}",
                f"{value.isoformat()} is not within 1 hour before and 48 hours after the event's time",
            )
