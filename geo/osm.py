"""Reads an OpenStreetMap extract (.osm.pbf) into a road network, fire stations and named places.

Called by the OpenStreetMap region builder. Never routes and never decides what a region is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import osmium

from geo.arrays import FloatArray
from geo.coordinates import from_wgs84, utm_crs
from geo.road_network import SPEED_CLASSES, RoadNetwork
from geo.strict_csv import SourceError

MOTORWAY, PRIMARY, SECONDARY, LOCAL = range(len(SPEED_CLASSES))
# Highway class: speed class and km/h where no limit is tagged; a fire engine in daytime traffic.
HIGHWAYS: dict[str, tuple[int, float]] = {
    "motorway": (MOTORWAY, 95.0),
    "motorway_link": (MOTORWAY, 55.0),
    "trunk": (MOTORWAY, 75.0),
    "trunk_link": (MOTORWAY, 45.0),
    "primary": (PRIMARY, 48.0),
    "primary_link": (PRIMARY, 38.0),
    "secondary": (SECONDARY, 42.0),
    "secondary_link": (SECONDARY, 35.0),
    "tertiary": (SECONDARY, 37.0),
    "tertiary_link": (SECONDARY, 32.0),
    "unclassified": (LOCAL, 32.0),
    "residential": (LOCAL, 28.0),
    "living_street": (LOCAL, 15.0),
    "service": (LOCAL, 15.0),
    "busway": (LOCAL, 32.0),
}
# Car parks and drives are not ways through.
NO_THROUGH_SERVICE = frozenset({"parking_aisle", "driveway", "drive-through"})
CLOSED = frozenset({"no", "private", "customers", "forestry", "agricultural"})
# What of a tagged limit is reached on average, lights and junctions included.
SHARE_OF_LIMIT = 0.8
MIN_KMH, MAX_KMH = 8.0, 110.0
MPH_KMH = 1.609344
Node = tuple[int, float, float]  # reference, longitude, latitude
PLACES = frozenset({"city", "town", "suburb", "village", "quarter"})
MIN_LINK_S = 0.02
_SPEED = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(mph)?")


@dataclass(frozen=True, slots=True, eq=False)
class NamedPlaces:
    """Names and places (n, 2) in metres of the extract's CRS."""

    names: tuple[str, ...]
    en: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class OsmExtract:
    """What was read: the grid chosen for it, roads, fire stations and settlements."""

    crs: str
    roads: RoadNetwork
    fire_stations: NamedPlaces
    settlements: NamedPlaces


class _Collector:
    """Gathers ways' nodes and links, and named points, in degrees."""

    def __init__(self) -> None:
        """Start empty."""
        self.node_of: dict[int, int] = {}
        self.lonlat: list[tuple[float, float]] = []
        self.links: list[tuple[int, int, int, float]] = []  # tail, head, class, metres a second
        self.stations: list[tuple[str, float, float]] = []
        self.settlements: list[tuple[str, float, float]] = []

    def way(self, pieces: list[list[Node]], tags: Mapping[str, str]) -> None:
        """Add a way that can be driven; its pieces (nodes in order) are not joined to each other."""
        found = drivable(tags)
        if found is None:
            return
        kind, speed_mps = found
        forward, backward = directions(tags)
        for piece in pieces:
            if len(piece) < 2:
                continue
            path = [self._node(*node) for node in piece]
            for a, b in pairwise(path):
                if a == b:
                    continue
                if forward:
                    self.links.append((a, b, kind, speed_mps))
                if backward:
                    self.links.append((b, a, kind, speed_mps))

    def point(self, tags: Mapping[str, str], lon: float, lat: float) -> None:
        """Add a fire station or a settlement."""
        if tags.get("amenity") == "fire_station":
            self.stations.append((tags.get("name", ""), lon, lat))
        elif tags.get("place") in PLACES and tags.get("name"):
            self.settlements.append((tags["name"], lon, lat))

    def _node(self, ref: int, lon: float, lat: float) -> int:
        index = self.node_of.get(ref)
        if index is None:
            index = self.node_of[ref] = len(self.lonlat)
            self.lonlat.append((lon, lat))
        return index


def read_osm(path: Path) -> OsmExtract:
    """Read an extract; the grid is the UTM zone of its middle.

    Raises
    ------
    SourceError
        Where the file is missing, is no OpenStreetMap file, or holds no road that can be driven.
    """
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file; name an .osm.pbf extract")
    found = _Collector()
    wanted = osmium.filter.KeyFilter("highway", "amenity", "place")
    try:
        for thing in osmium.FileProcessor(str(path)).with_locations().with_filter(wanted):
            _collect(thing, found)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise SourceError(f"{path}: is no readable OpenStreetMap extract: {error}") from error
    if not found.links:
        raise SourceError(f"{path}: holds no road that can be driven; use an extract with highways")
    lonlat = np.array(found.lonlat)
    lon, lat = np.median(lonlat, axis=0)
    crs = utm_crs(float(lon), float(lat))
    return OsmExtract(
        crs,
        _network(found, from_wgs84(lonlat, crs)),
        _places(found.stations, crs),
        _places(found.settlements, crs),
    )


def drivable(tags: Mapping[str, str]) -> tuple[int, float] | None:
    """Return speed class and metres a second of a way a fire engine may drive, or None."""
    kind = HIGHWAYS.get(tags.get("highway", ""))
    if kind is None or tags.get("area") == "yes" or tags.get("service") in NO_THROUGH_SERVICE:
        return None
    # The most particular tag decides.
    for key in ("emergency", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            if tags[key] in CLOSED:
                return None
            break
    speed_class, speed_kmh = kind
    limit_kmh = tagged_limit_kmh(tags.get("maxspeed", ""))
    if limit_kmh is not None:
        speed_kmh = SHARE_OF_LIMIT * limit_kmh
    return speed_class, min(max(speed_kmh, MIN_KMH), MAX_KMH) / 3.6


def tagged_limit_kmh(text: str) -> float | None:
    """Return the limit of a maxspeed tag such as `50` or `30 mph` in km/h; None where it says no number."""
    match = _SPEED.fullmatch(text.strip())
    if match is None:
        return None
    limit = float(match.group(1)) * (MPH_KMH if match.group(2) else 1.0)
    return limit if limit > 0 else None


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Tell whether a way may be driven (along its nodes, against them)."""
    one_way = tags.get("oneway", "")
    if one_way in ("-1", "reverse"):
        return False, True
    if one_way in ("yes", "true", "1"):
        return True, False
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return True, not (implied and one_way != "no")


def _collect(thing: object, found: _Collector) -> None:
    """Take what is wanted from one node or way."""
    tags = {tag.k: tag.v for tag in thing.tags}  # type: ignore[attr-defined]
    if thing.is_node():  # type: ignore[attr-defined]
        found.point(tags, thing.location.lon, thing.location.lat)  # type: ignore[attr-defined]
    elif thing.is_way():  # type: ignore[attr-defined]
        pieces = _pieces(thing)
        if "highway" in tags:
            found.way(pieces, tags)
        elif pieces:
            lon, lat = np.mean([node[1:] for piece in pieces for node in piece], axis=0)
            found.point(tags, float(lon), float(lat))


def _pieces(way: object) -> list[list[Node]]:
    """Return the runs of nodes that the extract holds.

    At its edge a way may name nodes that were cut off: no street leads straight from the node before such a
    gap to the node behind it.
    """
    pieces: list[list[Node]] = []
    for inside, run in groupby(way.nodes, key=lambda node: node.location.valid()):  # type: ignore[attr-defined]
        if inside:
            pieces.append([(node.ref, node.location.lon, node.location.lat) for node in run])
    return pieces


def _network(found: _Collector, en: FloatArray) -> RoadNetwork:
    table = np.array(found.links, dtype=np.float64)
    tail, head = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    length_m = np.hypot(*(en[tail] - en[head]).T)
    travel_s = np.maximum(length_m / table[:, 3], MIN_LINK_S).astype(np.float32).astype(np.float64)
    return RoadNetwork(en, tail, head, travel_s, table[:, 2].astype(np.int64))


def _places(listed: list[tuple[str, float, float]], crs: str) -> NamedPlaces:
    lonlat = np.array([one[1:] for one in listed], dtype=np.float64).reshape(-1, 2)
    return NamedPlaces(tuple(one[0] for one in listed), from_wgs84(lonlat, crs))
