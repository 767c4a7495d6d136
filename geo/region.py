"""A region: stations, appliances, zones, demand and travel times of one brigade's area.

Built by the demo, London and OpenStreetMap builders, read back by the region pack, used by every other wing.
Never changes once built, and never knows what is happening now: that is the operational picture's.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import (
    NOT_NEGATIVE,
    BoolArray,
    Float32Array,
    FloatArray,
    GeometryArray,
    IntArray,
    check_unique,
    checked_floats,
    checked_floats32,
    checked_indices,
)
from geo.coordinates import BRITISH_NATIONAL_GRID, check_crs, to_wgs84
from geo.road_network import RoadNetwork
from geo.travel_time import TravelTimes, as_places

PACK_VERSION = 1
HOURS_OF_WEEK = 168
AREA_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# Neighbours' incidents are attended too, a few kilometres over the border.
NEIGHBOUR_MARGIN_M = 5_000.0
MAX_TURNOUT_S = 1_800.0


@dataclass(frozen=True, slots=True)
class ApplianceKind:
    """A kind of appliance and its attendance standard, in seconds from mobilisation to arrival."""

    id: str
    name: str
    first_target_s: float
    second_target_s: float
    two_needed: bool

    def __post_init__(self) -> None:
        """Check the targets; ValueError names the bad value."""
        if not self.id or not self.name:
            raise ValueError(f"kind: id {self.id!r} and name {self.name!r} must not be empty")
        if not 0 < self.first_target_s <= self.second_target_s < math.inf:
            raise ValueError(
                f"kind {self.id}: targets {self.first_target_s} and {self.second_target_s} s; "
                "they must be above 0, finite, and the second not below the first"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Stations:
    """Stations: ids, names, district index (S,), place (S, 2) in metres, bays (S,)."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    district: IntArray
    en: FloatArray
    bays: IntArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        count = len(self.ids)
        check_unique("stations.ids", self.ids)
        _check_names("stations.names", self.names, count)
        put = object.__setattr__
        put(self, "district", checked_indices("stations.district", self.district, (count,), 2**31))
        put(self, "en", checked_floats("stations.en", self.en, (count, 2)))
        put(self, "bays", checked_indices("stations.bays", self.bays, (count,), 100))


@dataclass(frozen=True, slots=True, eq=False)
class Appliances:
    """Appliances: ids, kind (A,) as index into the kinds, home (A,) as index into the stations."""

    ids: tuple[str, ...]
    kind: IntArray
    home: IntArray

    def __post_init__(self) -> None:
        """Check lengths; ValueError names the bad value. The region checks the indices' upper ends."""
        check_unique("appliances.ids", self.ids)
        put = object.__setattr__
        put(self, "kind", checked_indices("appliances.kind", self.kind, (len(self.ids),), 2**31))
        put(self, "home", checked_indices("appliances.home", self.home, (len(self.ids),), 2**31))


@dataclass(slots=True)
class _LazyTree:
    """A spatial index built when first asked for."""

    tree: shapely.STRtree | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """Zones of demand.

    `district` (Z,) index, `en` (Z, 2) a point within each zone in metres, `population` (Z,) persons,
    `polygons` (Z,) shapely polygons in metres of the region's CRS.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    district: IntArray
    en: FloatArray
    population: FloatArray
    polygons: GeometryArray
    _lazy: _LazyTree = field(default_factory=_LazyTree, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check lengths, ranges and geometry types; ValueError names the bad value."""
        count = len(self.ids)
        check_unique("zones.ids", self.ids)
        _check_names("zones.names", self.names, count)
        put = object.__setattr__
        put(self, "district", checked_indices("zones.district", self.district, (count,), 2**31))
        put(self, "en", checked_floats("zones.en", self.en, (count, 2)))
        put(self, "population", checked_floats("zones.population", self.population, (count,), NOT_NEGATIVE))
        if self.polygons.shape != (count,):
            raise ValueError(f"zones.polygons: shape is {self.polygons.shape}; it must be ({count},)")
        bad = ~_is_area(self.polygons)
        if bad.any():
            raise ValueError(
                f"zones.polygons: the one at {int(bad.argmax())} is no polygon with an area; each must be one"
            )

    def locate(self, en: npt.ArrayLike) -> IntArray:
        """Return the zone index of each place (n, 2), -1 outside every zone; on a border, the lowest."""
        places = as_places("en", en)
        if self._lazy.tree is None:
            self._lazy.tree = shapely.STRtree(self.polygons)
        place, zone = self._lazy.tree.query(shapely.points(places), predicate="intersects")
        found = np.full(len(places), len(self.ids), dtype=np.int64)
        np.minimum.at(found, place, zone)
        found[found == len(self.ids)] = -1
        return found


@dataclass(slots=True)
class _LazyBoundary:
    """The boundary with its margin, prepared, built when first asked for."""

    with_margin: shapely.Geometry | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """One brigade's area, all arrays aligned: K kinds, S stations, A appliances, Z zones.

    Attributes
    ----------
    id
        The area id: a-z, 0-9 and hyphens, at most 40.
    crs
        The grid of every easting and northing here and in the area's events; metres.
    demand_per_h
        (K, 168, Z) incidents per hour; hour 0 is Monday 00:00 local time.
    station_zone_s, station_station_s
        (S, Z) and (S, S) seconds of travel without turnout; inf where there is no way.
    turnout_s
        Seconds from mobilisation to wheels rolling.
    travel
        Where further travel times come from; the same object as `roads` where roads are known.
    """

    id: str
    name: str
    attribution: str
    generated: bool
    timezone: str
    kinds: tuple[ApplianceKind, ...]
    stations: Stations
    appliances: Appliances
    zones: Zones
    districts: tuple[str, ...]
    boundary: shapely.Geometry
    demand_per_h: Float32Array
    station_zone_s: Float32Array
    station_station_s: Float32Array
    turnout_s: float
    travel: TravelTimes
    roads: RoadNetwork | None = None
    crs: str = BRITISH_NATIONAL_GRID
    pack_version: int = PACK_VERSION
    _lazy: _LazyBoundary = field(default_factory=_LazyBoundary, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check everything against everything; ValueError names the field and the bad value."""
        self._check_words()
        stations, zones = len(self.stations.ids), len(self.zones.ids)
        if not (stations and zones and self.kinds and self.districts and self.appliances.ids):
            raise ValueError(
                "region: it needs at least one station, zone, kind, district and appliance; "
                f"there are {stations}, {zones}, {len(self.kinds)}, {len(self.districts)} "
                f"and {len(self.appliances.ids)}"
            )
        check_unique("kinds", [kind.id for kind in self.kinds])
        check_unique("districts", self.districts)
        count = len(self.districts)
        checked_indices("stations.district", self.stations.district, (stations,), count)
        checked_indices("zones.district", self.zones.district, (zones,), count)
        fleet = (len(self.appliances.ids),)
        checked_indices("appliances.kind", self.appliances.kind, fleet, len(self.kinds))
        checked_indices("appliances.home", self.appliances.home, fleet, stations)
        self._check_bays()
        put = object.__setattr__
        shape = (len(self.kinds), HOURS_OF_WEEK, zones)
        put(self, "demand_per_h", checked_floats32("demand_per_h", self.demand_per_h, shape))
        for name, wide in (("station_zone_s", zones), ("station_station_s", stations)):
            times = checked_floats32(name, getattr(self, name), (stations, wide), infinite_ok=True)
            put(self, name, times)

    def _check_words(self) -> None:
        if not AREA_ID.fullmatch(self.id):
            raise ValueError(f"id: {self.id!r}; it must be 1 to 40 of a-z, 0-9 and hyphens")
        if not self.name.strip():
            raise ValueError("name: it is empty; give the region a name")
        if self.pack_version != PACK_VERSION:
            raise ValueError(f"pack_version: {self.pack_version}; this code writes {PACK_VERSION}")
        if not 0 <= self.turnout_s <= MAX_TURNOUT_S:
            raise ValueError(f"turnout_s: {self.turnout_s}; it must be 0 to {MAX_TURNOUT_S:g} seconds")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"timezone: {self.timezone!r} is unknown; use a name like Europe/London"
            ) from error
        check_crs(self.crs)
        if not _is_area(np.array([self.boundary], dtype=object))[0]:
            raise ValueError("boundary: it must be a polygon with an area")

    def _check_bays(self) -> None:
        standing = np.bincount(self.appliances.home, minlength=len(self.stations.ids))
        if (standing > self.stations.bays).any():
            at = int((standing > self.stations.bays).argmax())
            raise ValueError(
                f"stations.bays: {self.stations.bays[at]} at {self.stations.ids[at]}, home of {standing[at]} "
                "appliances; there must be a bay for each"
            )

    def hour_of_week(self, time: datetime) -> int:
        """Return 0 (Monday 00:00 to 01:00 local time) to 167 for an aware time; ValueError if naive."""
        if time.tzinfo is None:
            raise ValueError(f"time: {time} has no time zone; give an aware time")
        local = time.astimezone(ZoneInfo(self.timezone))
        return local.weekday() * 24 + local.hour

    def contains(self, en: npt.ArrayLike) -> BoolArray:
        """Tell for each place (n, 2) whether it is inside the boundary widened by NEIGHBOUR_MARGIN_M."""
        places = np.atleast_2d(np.asarray(en, dtype=np.float64))
        if self._lazy.with_margin is None:
            outline = self.boundary.simplify(NEIGHBOUR_MARGIN_M / 100)
            widened = outline.buffer(NEIGHBOUR_MARGIN_M, quad_segs=8)
            shapely.prepare(widened)
            self._lazy.with_margin = widened
        inside: BoolArray = shapely.contains_xy(self._lazy.with_margin, places[:, 0], places[:, 1])
        return inside

    def to_wgs84(self, en: npt.ArrayLike) -> FloatArray:
        """Turn metres of this region's CRS, (n, 2) or (2,), into longitude and latitude."""
        return to_wgs84(en, self.crs)


def _check_names(name: str, names: tuple[str, ...], count: int) -> None:
    if len(names) != count:
        raise ValueError(f"{name}: {len(names)} of them; there must be {count}, one for each id")


def _is_area(geometries: GeometryArray) -> BoolArray:
    kind = shapely.get_type_id(geometries)
    area: BoolArray = np.isin(kind, (3, 6)) & (shapely.area(geometries) > 0)  # polygon, multi-polygon
    return area
