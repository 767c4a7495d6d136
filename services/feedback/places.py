"""Where a post is about, at street level: from what it names, where it was written, or its property.

Used by `services.feedback.reader`. Gives no place better than a grid cell or a street: whose house it is, is
nobody's business here.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from geo.coordinates import from_wgs84
from geo.gazetteer import Property, StreetHit

GRID_M = 100.0
"""Coordinates are moved to the middle of a cell of this size."""
PLACE_UNCERTAINTY_M = 100.0
STREET_WITHIN_M = 150.0
"""So far from the nearest property a place still is on its street."""
TALKS_OF_WITHIN_M = 3_000.0
"""A street named in a text is believed over the place it was written at only where it is this near."""
MOST_UNCERTAIN_M = 5_000.0
"""Vaguer places are none."""


class Places(Protocol):
    """What can find names in a text: `geo.gazetteer.Gazetteer`, `geo.region_places.RegionPlaces`."""

    def streets_named(self, text: str) -> list[StreetHit]:
        """Every street or other place named."""
        ...


class Properties(Protocol):
    """What knows properties: `geo.gazetteer.Gazetteer`."""

    def by_uprn(self, uprn: str) -> Property | None:
        """The property of that number."""
        ...

    def nearest(self, easting_m: float, northing_m: float, within_m: float) -> Property | None:
        """The nearest property."""
        ...


class PlaceOf(NamedTuple):
    """A place, and the street where it is known."""

    easting_m: float
    northing_m: float
    uncertainty_m: float
    street: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceFinder:
    """Finds the places of one area.

    Parameters
    ----------
    names
        Asked in turn; the first that finds a name in a text is believed.
    properties
        Of the council on this ground, where there is one.
    bounds
        West, south, east, north of the area in metres: places outside are none.
    crs
        The area's grid.
    """

    names: tuple[Places, ...]
    properties: Properties | None
    bounds: tuple[float, float, float, float]
    crs: str

    def find(self, text: str, lonlat: tuple[float, float] | None, uprn: str | None) -> PlaceOf | None:
        """Where a redacted text is about; None where nobody can say.

        The property of the UPRN comes first. Else the most exact place the text names, unless the post was
        written far from it; else where it was written.
        """
        if uprn is not None and self.properties is not None:
            found = self.properties.by_uprn(uprn)
            if found is not None:
                return self._coarse(found.easting_m, found.northing_m)
        written = None if lonlat is None else self._written_at(*lonlat)
        named = self._named(text, written)
        if named is None:
            return None if written is None else self._coarse(*written)
        if written is not None and math.dist(written, named[:2]) <= named.uncertainty_m:
            # Written on the very street it names: the better known of the two.
            here = self._coarse(*written)
            if here.uncertainty_m < named.uncertainty_m:
                return here._replace(street=named.street or here.street)
        return named

    def _written_at(self, lon: float, lat: float) -> tuple[float, float] | None:
        easting, northing = (float(value) for value in from_wgs84([lon, lat], self.crs))
        west, south, east, north = self.bounds
        # Beyond the projection's reach it is inf, and inside no bounds.
        return (easting, northing) if west <= easting <= east and south <= northing <= north else None

    def _named(self, text: str, written: tuple[float, float] | None) -> PlaceOf | None:
        for finder in self.names:
            hits = [
                hit
                for hit in finder.streets_named(text)
                if hit.uncertainty_m <= MOST_UNCERTAIN_M
                and (
                    written is None
                    or math.dist(written, (hit.easting_m, hit.northing_m))
                    <= TALKS_OF_WITHIN_M + hit.uncertainty_m
                )
            ]
            if hits:
                best = min(hits, key=lambda hit: (not hit.exact, hit.uncertainty_m))
                street = best.streets[0] if len(best.streets) == 1 else None
                return PlaceOf(best.easting_m, best.northing_m, best.uncertainty_m, street)
        return None

    def _coarse(self, easting_m: float, northing_m: float) -> PlaceOf:
        near = None
        if self.properties is not None:
            near = self.properties.nearest(easting_m, northing_m, STREET_WITHIN_M)
        return PlaceOf(
            (math.floor(easting_m / GRID_M) + 0.5) * GRID_M,
            (math.floor(northing_m / GRID_M) + 0.5) * GRID_M,
            PLACE_UNCERTAINTY_M,
            None if near is None else near.street,
        )
