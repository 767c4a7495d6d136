"""What of a council the fold of its day asks for: names, the morning's rounds, properties, the local day.

Made once for each council. Never changes; knows nothing of what happened.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from geo.council import Council
from services.council.day_picture import EPOCH, DayPicture, VehicleState

AT_PROPERTY_M = 30.0
"""A report without a UPRN is about the nearest property within this: half a street and a front garden."""
SAME_PLACE_M = 10
"""Reports away from every property are of one place within a square of this side."""


class PlaceMeant(NamedTuple):
    """Where a request is.

    Attributes
    ----------
    name
        The same for two requests at one place.
    stop
        Collection stop of the property there.
    """

    name: str
    uprn: str | None
    street: str | None
    stop: str | None


class DayGround:
    """One council, as its day's fold reads it."""

    def __init__(self, council: Council) -> None:
        self.area = council.id
        self.timezone = ZoneInfo(council.timezone)
        self.vehicles = frozenset(council.vehicles.ids)
        self.stops = frozenset(council.stops.ids)
        self.morning: dict[str, tuple[str, ...]] = {
            vehicle: tuple(visits)
            for vehicle, visits in zip(council.vehicles.ids, council.rounds, strict=True)
        }
        self._gazetteer = council.gazetteer()

    def place(self, uprn: str | None, street: str | None, easting_m: float, northing_m: float) -> PlaceMeant:
        """The place a request means: the property of its UPRN, else the nearest one, else a spot."""
        property_ = None if uprn is None else self._gazetteer.by_uprn(uprn)
        if property_ is None and uprn is None:
            property_ = self._gazetteer.nearest(easting_m, northing_m, AT_PROPERTY_M)
        if property_ is not None:
            return PlaceMeant(
                f"u{property_.uprn}", property_.uprn, street or property_.street, property_.stop
            )
        spot = f"{easting_m // SAME_PLACE_M:.0f},{northing_m // SAME_PLACE_M:.0f}"
        return PlaceMeant(spot if uprn is None else f"u{uprn}", uprn, street, None)

    def day_of(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.timezone).date()

    def begins(self, day: date) -> datetime:
        """When a local day begins, UTC."""
        return datetime.combine(day, time(), self.timezone).astimezone(UTC)

    def ends(self, day: date) -> datetime:
        """When a local day ends, UTC."""
        return self.begins(day + timedelta(days=1))

    def seconds_of_day(self, moment: datetime) -> float:
        """The local clock's seconds since midnight, as rounds and shifts count them."""
        local = moment.astimezone(self.timezone)
        return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6

    def empty_day(self) -> DayPicture:
        """The day before any event: the morning's plan, nothing done."""
        return DayPicture(
            area=self.area,
            as_of=EPOCH,
            rounds=self.morning,
            vehicles={vehicle: VehicleState(id=vehicle) for vehicle in self.morning},
        )
