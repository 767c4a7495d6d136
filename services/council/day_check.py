"""Whether a well-formed event makes sense in its council: known names, a place on its ground, a sane time.

Called by the HTTP ingest before an event is appended, and by the fold for records that came in another way.
Never changes anything.
"""

from collections.abc import Callable, Container, Mapping
from datetime import datetime, timedelta

from geo.council import Council
from services.council.visits import stop_of, tip_of
from services.event_check import BOTH_KINDS, MAX_AHEAD, AreaCheck, check_signal
from streams.council_events import (
    FeedbackSignal,
    RequestClosed,
    RoadClosed,
    RoadOpened,
    ServiceRequested,
    StopDone,
    VehiclePosition,
    VehicleStatusChanged,
)
from streams.errors import DecodeError
from streams.events import Event
from streams.rounds_plan import RoundsDecided, RoundsProposal

COUNCIL_TYPES: frozenset[type] = BOTH_KINDS | {
    ServiceRequested,
    RequestClosed,
    VehicleStatusChanged,
    VehiclePosition,
    StopDone,
    RoadClosed,
    RoadOpened,
    RoundsProposal,
    RoundsDecided,
}
NEAR_M = 500.0
"""Reports from just across the boundary are the council's too: a street's other side, a phone's error."""
VEHICLE_NEAR_M = 30_000.0
"""Depots and tips lie outside at times; further off, a position is a mistake."""
OLDEST_REPORT = timedelta(days=31)
"""A report of something seen longer ago is no matter of today's rounds."""


class DayCheck(AreaCheck):
    """Checks events against one council."""

    def __init__(self, council: Council) -> None:
        super().__init__(council.id, "council", COUNCIL_TYPES)
        self._council = council
        self._materials = frozenset(council.materials)

    def visit(self, event: Event, added: Container[str]) -> None:
        """Check that a visit that is over is one of the day's; `added` has the stops it has gained.

        Raises
        ------
        DecodeError
            Naming the field and what would be right.
        """
        data = event.data
        if type(data) is not StopDone:
            return
        stop, tip = stop_of(data.visit), tip_of(data.visit)
        if stop is not None and stop not in self._council.stop_number and stop not in added:
            raise DecodeError("data.visit", f"stop {stop!r} is not of area {self._area!r}, nor added today")
        if tip is not None and tip not in self._council.tip_number:
            raise DecodeError("data.visit", f"tip {tip!r} is not of area {self._area!r}")

    def _data(self, event: Event) -> None:
        data = event.data
        kind = type(data)
        if kind is VehiclePosition or kind is StopDone or kind is VehicleStatusChanged:
            self._vehicle(data)
        elif isinstance(data, ServiceRequested):
            self._request(data, event.time)
        elif isinstance(data, FeedbackSignal):
            self._place(data.easting_m, data.northing_m, NEAR_M)
            check_signal(data, event.time)
            if data.street is not None:
                self._known("street", data.street, self._council.street_number)
        elif isinstance(data, RoadClosed):
            for street in data.streets:
                self._known("streets", street, self._council.street_number)
        elif isinstance(data, RoundsDecided):
            self._decision(data)

    def _vehicle(self, data: object) -> None:
        if not isinstance(data, VehiclePosition | StopDone | VehicleStatusChanged):
            return
        self._known("vehicle", data.vehicle, self._council.vehicle_number)
        if not isinstance(data, StopDone) and data.easting_m is not None and data.northing_m is not None:
            self._place(data.easting_m, data.northing_m, VEHICLE_NEAR_M)
        if not isinstance(data, VehicleStatusChanged) and data.load is not None:
            self._known_materials("load", data.load)

    def _request(self, data: ServiceRequested, time: datetime) -> None:
        self._place(data.easting_m, data.northing_m, NEAR_M)
        if not time - OLDEST_REPORT <= data.at <= time + MAX_AHEAD:
            raise DecodeError(
                "data.at",
                f"{data.at.isoformat()} is not within {OLDEST_REPORT.days} days before the event's time",
            )
        if data.street is not None:
            self._known("street", data.street, self._council.street_number)
        if data.material is not None:
            self._known_materials("material", {data.material: 0.0})

    def _decision(self, data: RoundsDecided) -> None:
        for vehicle in (*(round_.vehicle for round_ in data.rounds), *data.off, *data.on):
            self._known("rounds", vehicle, self._council.vehicle_number)
        for lock in data.locks:
            if lock.vehicle is not None:
                self._known("locks", lock.vehicle, self._council.vehicle_number)
        nodes = len(self._council.roads.node_en)
        for stop in data.stops:
            self._known_materials("stops.load", stop.load)
            if not (0 <= stop.entry < nodes and 0 <= stop.exit < nodes):
                raise DecodeError("data.stops", f"{stop.stop!r}: its nodes are not of area {self._area!r}")

    def _known(self, field: str, value: str, known: Mapping[str, int]) -> None:
        if value not in known:
            noun = "street" if field.startswith("street") else "vehicle"
            raise DecodeError(f"data.{field}", f"{noun} {value!r} is not of area {self._area!r}")

    def _known_materials(self, field: str, amounts: Mapping[str, float]) -> None:
        for material in amounts:
            if material not in self._materials:
                known = ", ".join(sorted(self._materials))
                raise DecodeError(f"data.{field}", f"unknown material {material!r}; known: {known}")

    def _place(self, easting_m: float, northing_m: float, within_m: float) -> None:
        if not self._council.contains([[easting_m, northing_m]], within_m)[0]:
            raise DecodeError(
                "data.easting_m",
                f"({easting_m:.0f}, {northing_m:.0f}) lies outside {self._council.name}; give metres in "
                f"{self._council.crs}, not degrees or feet",
            )


class DayDoor(DayCheck):
    """The same for what a client sends.

    Parameters
    ----------
    added
        The stops the day has gained by now.
    """

    def __init__(self, council: Council, added: Callable[[], Container[str]]) -> None:
        super().__init__(council)
        self._added = added

    def from_outside(self, event: Event, now: datetime, as_of: datetime, busy: bool) -> None:
        """See `AreaCheck.from_outside`."""
        super().from_outside(event, now, as_of, busy)
        self.visit(event, self._added())
