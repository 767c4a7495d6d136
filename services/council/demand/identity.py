"""One property, one record: which place a report means, told by UPRN, address, metres or degrees.

Called by the request desk. UPRN comes before address, address before coordinates; where they contradict each
other, the conflict is named and the first one is used. Never keeps an address that somebody wrote.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from geo.coordinates import from_wgs84
from geo.gazetteer import Gazetteer, Property
from streams.council_events import PlaceConflict

FAR_M = 75.0
"""Coordinates so far from a property contradict it: a phone's error and a long front garden are not meant."""
AT_PROPERTY_M = 50.0
"""Coordinates alone mean the nearest property within this."""
ON_STREET_M = 250.0
"""Further off, the street of the nearest property within this is meant."""
Metres = tuple[float, float]


class GivenError(ValueError):
    """Something a report says that cannot be used.

    Attributes
    ----------
    field
        Which part of the report.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class PlaceGiven:
    """What a report says of its place; any part may be missing."""

    uprn: str | None = None
    address: str | None = None
    easting_m: float | None = None
    northing_m: float | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The place meant: a property, else a street, else a point.

    Attributes
    ----------
    stop
        The collection stop of the property.
    address
        As the gazetteer writes it, never as it was given.
    """

    easting_m: float
    northing_m: float
    uprn: str | None = None
    street: str | None = None
    stop: str | None = None
    address: str | None = None
    conflict: PlaceConflict | None = None


class Identity:
    """Resolves places within one council.

    Parameters
    ----------
    has
        Whether a place (metres in `crs`) lies in the council.
    """

    def __init__(
        self, name: str, gazetteer: Gazetteer, crs: str, has: Callable[[float, float], bool]
    ) -> None:
        self._name = name
        self._gazetteer = gazetteer
        self._crs = crs
        self._has = has

    def resolve(self, given: PlaceGiven) -> Place:
        """The place meant.

        Raises
        ------
        GivenError
            Where it names no place, several, or one outside the council.
        """
        point = self._point(given)
        named = self._gazetteer.by_address(given.address) if given.address else []
        conflict: PlaceConflict | None = None
        if given.uprn is not None:
            property_ = self._gazetteer.by_uprn(given.uprn)
            if property_ is not None:
                return _at(property_, _conflict_with(property_, point, named))
            if point is None and not given.address:
                raise GivenError(
                    "uprn", f"the gazetteer of {self._name} has no such UPRN; give address, or lat and long"
                )
            conflict = PlaceConflict.UPRN_UNKNOWN
        if named:
            chosen = _chosen(named, point)
            if conflict is None and point is not None and _far(chosen, point):
                conflict = PlaceConflict.ADDRESS_FAR
            return _at(chosen, conflict)
        if given.address and point is None:
            return self._street(given.address, conflict)
        if point is None:
            raise GivenError("uprn", "no place: give a UPRN, an address, or coordinates")
        if given.address and conflict is None and not self._gazetteer.streets_named(given.address):
            conflict = PlaceConflict.ADDRESS_UNKNOWN
        return self._around(point, conflict, "lat" if given.easting_m is None else "easting_m")

    def _point(self, given: PlaceGiven) -> Metres | None:
        """The coordinates given, as metres."""
        metres = _pair("easting_m", given.easting_m, "northing_m", given.northing_m)
        degrees = _pair("lat", given.lat, "lon", given.lon)
        if degrees is None:
            return metres
        lat, lon = degrees
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise GivenError("lat", f"({lat:g}, {lon:g}) is no latitude and longitude in degrees")
        easting, northing = from_wgs84([lon, lat], self._crs).tolist()
        if not (math.isfinite(easting) and math.isfinite(northing)):
            raise GivenError("lat", f"({lat:g}, {lon:g}) lies outside {self._name}")
        if metres is not None and math.dist(metres, (easting, northing)) > FAR_M:
            raise GivenError("lat", "lies elsewhere than easting_m and northing_m say; give one of the two")
        return metres or (easting, northing)

    def _around(self, point: Metres, conflict: PlaceConflict | None, field: str) -> Place:
        """The property or the street at a point."""
        at = self._gazetteer.nearest(*point, AT_PROPERTY_M)
        if at is not None:
            return _at(at, conflict)
        if not self._has(*point):
            raise GivenError(field, f"the place lies outside {self._name}")
        by = self._gazetteer.nearest(*point, ON_STREET_M)
        return Place(*point, street=None if by is None else by.street, conflict=conflict)

    def _street(self, address: str, conflict: PlaceConflict | None) -> Place:
        """The street an address without a property names."""
        hits = [hit for hit in self._gazetteer.streets_named(address) if hit.streets]
        if len(hits) != 1:
            problem = "names several streets" if hits else "is not in the gazetteer"
            raise GivenError(
                "address", f"the address {problem} of {self._name}; give a UPRN, or lat and long"
            )
        hit = hits[0]
        by = self._gazetteer.nearest(hit.easting_m, hit.northing_m, ON_STREET_M)
        # Several streets of one name are stretches of it: the one at its middle is meant.
        street = by.street if by is not None and by.street in hit.streets else hit.streets[0]
        return Place(hit.easting_m, hit.northing_m, street=street, conflict=conflict)


def _pair(first: str, a: float | None, second: str, b: float | None) -> Metres | None:
    if a is None and b is None:
        return None
    if a is None or b is None:
        raise GivenError(first if a is None else second, f"{first} and {second} go together: give both")
    for field, value in ((first, a), (second, b)):
        if not math.isfinite(value):
            raise GivenError(field, "must be a finite number")
    return a, b


def _far(property_: Property, point: Metres) -> bool:
    return math.dist((property_.easting_m, property_.northing_m), point) > FAR_M


def _conflict_with(property_: Property, point: Metres | None, named: list[Property]) -> PlaceConflict | None:
    """What contradicts the property of a UPRN; an address nobody knows contradicts nothing."""
    if point is not None and _far(property_, point):
        return PlaceConflict.UPRN_FAR
    if named and property_.uprn not in {other.uprn for other in named}:
        return PlaceConflict.ADDRESS_DIFFERS
    return None


def _chosen(named: list[Property], point: Metres | None) -> Property:
    """The property of an address; of several, the one at the coordinates."""
    if point is not None:
        return min(named, key=lambda p: math.dist((p.easting_m, p.northing_m), point))
    if len(named) > 1:
        raise GivenError(
            "address", f"{len(named)} properties have this address; give a UPRN, or lat and long"
        )
    return named[0]


def _at(property_: Property, conflict: PlaceConflict | None) -> Place:
    return Place(
        property_.easting_m,
        property_.northing_m,
        property_.uprn,
        property_.street,
        property_.stop,
        property_.address,
        conflict,
    )
