"""Finds the places of a brigade's region that a text names: zones, stations' grounds, districts.

Called by the door that takes feedback where no council's gazetteer covers the ground. Knows no streets: what
it finds is as vague as it says. Keeps no text it is given.
"""

from __future__ import annotations

import numpy as np
import shapely

from geo.arrays import FloatArray
from geo.gazetteer import MAX_FOUND, StreetHit
from geo.gazetteer_words import BREAK, key_of, words_of
from geo.region import Region

_Place = tuple[str, float, float, float]
"""Name, middle, extent in metres."""


class RegionPlaces:
    """The finder of one region; where two places share a name, the smaller one has it."""

    def __init__(self, region: Region) -> None:
        """Build the index."""
        self._named: dict[tuple[str, ...], _Place] = {}
        zones, stations = region.zones, region.stations
        bounds = shapely.bounds(zones.polygons)
        low, high = bounds[:, :2], bounds[:, 2:]
        for at, name in enumerate(zones.names):
            self._add(name, low[at : at + 1], high[at : at + 1])
        nearest = region.station_zone_s.argmin(axis=0)
        for at, name in enumerate(stations.names):
            ground = nearest == at
            self._add(name, low[ground], high[ground])
        for at, name in enumerate(region.districts):
            self._add(name, low[zones.district == at], high[zones.district == at])
        self._most_words = max(map(len, self._named), default=0)

    def _add(self, name: str, low: FloatArray, high: FloatArray) -> None:
        """Note a place that covers boxes from `low` to `high`, (n, 2) each."""
        key = key_of(name)
        if not key or not len(low):
            return
        corner, opposite = low.min(axis=0), high.max(axis=0)
        middle = (corner + opposite) / 2
        extent_m = float(np.hypot(*(opposite - middle)))
        known = self._named.get(key)
        if known is None or extent_m < known[3]:
            self._named[key] = name, float(middle[0]), float(middle[1]), extent_m

    def streets_named(self, text: str) -> list[StreetHit]:
        """Return the places a text names, in the order in which it does, each once; they have no streets.

        Of two names at the same place the longer one counts. As `geo.gazetteer.Gazetteer.streets_named`, so
        that whoever asks need not know which of the two it asks.
        """
        words = words_of(text)
        hits: dict[str, StreetHit] = {}
        at = 0
        while at < len(words) and len(hits) < MAX_FOUND:
            length = self._match([word.text for word in words[at : at + self._most_words]])
            if length:
                key = tuple(word.text for word in words[at : at + length])
                name, easting_m, northing_m, extent_m = self._named[key]
                start, end = words[at].start, words[at + length - 1].end
                hits.setdefault(name, StreetHit(name, (), easting_m, northing_m, extent_m, start, end))
            at += max(length, 1)
        return list(hits.values())

    def _match(self, words: list[str]) -> int:
        """How many of the first words name a place; 0 where none do."""
        for length in range(len(words), 0, -1):
            if BREAK not in words[:length] and tuple(words[:length]) in self._named:
                return length
        return 0
