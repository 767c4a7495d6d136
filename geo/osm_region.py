"""A region with real roads from an OpenStreetMap extract; demand and fleet are assumed, and said to be.

Called by `cover region build PACK --osm FILE`. Never claims to know a brigade: where the extract names
no fire stations they are placed by the roads, and demand follows the density of roads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from scipy.spatial import KDTree

from geo.arrays import FloatArray, GeometryArray, IntArray
from geo.demand_profile import weekly_demand
from geo.osm import MOTORWAY, NamedPlaces, OsmExtract, read_osm
from geo.region import ApplianceKind, Appliances, Region, Stations, Zones
from geo.road_network import RoadNetwork

ATTRIBUTION = "© OpenStreetMap contributors, Open Database Licence; fleet and demand are assumed"
KINDS = (ApplianceKind("pump", "Pump", 360.0, 480.0, True),)
TURNOUT_S = 75.0
# Hexagons this far from middle to middle: about the area of a small census area in a town.
ZONE_STEP_M = 450.0
# The hull of the roads: 0 hugs every road, 1 is convex.
HULL_RATIO = 0.12
HULL_MARGIN_M = 150.0
MAX_HULL_NODES = 20_000
# Stations nearer to each other than this are one (mapped as building and as point).
SAME_STATION_M = 200.0
FAR_FROM_ROADS_M = 1_000.0
MIN_STATIONS = 3
# Where none are mapped: one for each of these, as in London (1,572 km² / 102).
KM2_PER_STATION = 15.4
# Calls a station a day, as in London (340 / 102).
CALLS_PER_STATION = 3.3
CLOUD_ROUNDS = 25
MAX_CLOUD_NODES = 20_000
CLOUD_SEED = 7
BUSINESS_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class OsmOptions:
    """What an extract does not say."""

    area: str
    name: str
    timezone: str = "Europe/London"
    incidents_per_day: float | None = None

    def __post_init__(self) -> None:
        """Check the volume; ValueError names it. The region checks the rest."""
        if self.incidents_per_day is not None and not 0 < self.incidents_per_day < 1e6:
            raise ValueError(
                f"incidents_per_day: {self.incidents_per_day}; it must be above 0 and below a million"
            )


def build_osm_region(
    path: Path, options: OsmOptions, progress: Callable[[str], None] | None = None
) -> tuple[Region, tuple[str, ...]]:
    """Build a region from an extract.

    Returns
    -------
        The region, and lines that say what was found and what was assumed.

    Raises
    ------
    SourceError
        Where the file cannot be used.
    """
    say = progress or (lambda _: None)
    say(f"reading {path.name}")
    extract = read_osm(path)
    roads = connected_part(extract.roads)
    say("zones")
    boundary = _boundary(roads.node_en)
    zones, districts, nodes = _zones(roads, boundary, extract.settlements)
    say("stations")
    names, en, mapped = _station_places(extract, roads, boundary)
    say("travel times")
    station_zone_s = roads.matrix(en, zones.en)
    per_day = options.incidents_per_day or CALLS_PER_STATION * len(names)
    rate = nodes / nodes.sum() * per_day / 24
    stations, appliances = _fleet(names, en, zones, station_zone_s.argmin(axis=0), rate)
    region = Region(
        id=options.area,
        name=options.name,
        attribution=ATTRIBUTION,
        generated=False,
        timezone=options.timezone,
        kinds=KINDS,
        stations=stations,
        appliances=appliances,
        zones=zones,
        districts=districts,
        boundary=boundary,
        demand_per_h=weekly_demand(rate, np.full(len(rate), BUSINESS_SHARE))[None],
        station_zone_s=station_zone_s,
        station_station_s=roads.matrix(en, en),
        turnout_s=TURNOUT_S,
        travel=roads,
        roads=roads,
        crs=extract.crs,
    )
    source = "mapped in the extract" if mapped else "placed by the roads (fewer than three are mapped)"
    read, kept = len(extract.roads.node_en), len(roads.node_en)
    return region, (
        f"roads: {read:,} nodes read, {kept:,} of them in the connected part",
        f"{len(names)} stations, {source}",
        f"{len(appliances.ids)} pumps: a second one at the busier half of the stations (assumed)",
        f"{len(zones.ids)} zones of {ZONE_STEP_M:g} m; demand {per_day:.1f} a day by road density (assumed)",
        f"grid {extract.crs}; population unknown (0)",
    )


def connected_part(roads: RoadNetwork) -> RoadNetwork:
    """Return the largest part in which every node can be reached from every other."""
    keep = np.zeros(len(roads.node_en), dtype=bool)
    keep[roads.main_nodes()] = True
    number = np.cumsum(keep) - 1
    arcs = keep[roads.tail] & keep[roads.head]
    return RoadNetwork(
        roads.node_en[keep],
        number[roads.tail[arcs]],
        number[roads.head[arcs]],
        roads.travel_s[arcs],
        roads.speed_class[arcs],
    )


def _boundary(node_en: FloatArray) -> shapely.Geometry:
    step = max(1, len(node_en) // MAX_HULL_NODES)
    hull = shapely.concave_hull(shapely.MultiPoint(node_en[::step]), ratio=HULL_RATIO)
    return hull.buffer(HULL_MARGIN_M).simplify(20.0)


def _zones(
    roads: RoadNetwork, boundary: shapely.Geometry, settlements: NamedPlaces
) -> tuple[Zones, tuple[str, ...], FloatArray]:
    """Return hexagons with a road node in them, the districts, and the road nodes (Z,) in each."""
    cells = shapely.intersection(_hexagons(boundary), boundary)
    tree = shapely.STRtree(cells)
    node, cell = tree.query(shapely.points(roads.node_en), predicate="intersects")
    count = np.bincount(cell, minlength=len(cells))
    polygons = cells[count > 0]
    # The middle of its roads is where an engine is wanted; the nearest node to it stands for the zone.
    middle = np.column_stack(
        [np.bincount(cell, weights=roads.node_en[node, axis], minlength=len(cells)) for axis in (0, 1)]
    )
    en = middle[count > 0] / count[count > 0, None]
    inside = shapely.contains_xy(polygons, en[:, 0], en[:, 1])
    en[~inside] = shapely.get_coordinates(shapely.point_on_surface(polygons[~inside]))
    districts, district = _districts(en, settlements)
    names = tuple(f"{districts[d]} {i + 1:04d}" for i, d in enumerate(district.tolist()))
    ids = tuple(f"X{i + 1:05d}" for i in range(len(en)))
    return (
        Zones(ids, names, district, en, np.zeros(len(en)), polygons),
        districts,
        count[count > 0].astype(np.float64),
    )


def _hexagons(boundary: shapely.Geometry) -> GeometryArray:
    """Return hexagons that cover the boundary, ZONE_STEP_M from middle to middle."""
    west, south, east, north = boundary.bounds
    side = ZONE_STEP_M / math.sqrt(3)
    rows = np.arange(math.floor(south / (1.5 * side)), math.ceil(north / (1.5 * side)) + 1)
    columns = np.arange(math.floor(west / ZONE_STEP_M) - 1, math.ceil(east / ZONE_STEP_M) + 1)
    row, column = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    middle = np.column_stack([(column + 0.5 * (row % 2)) * ZONE_STEP_M, row * 1.5 * side])
    turn = np.radians(np.arange(30, 390, 60))
    corner = side * np.column_stack([np.cos(turn), np.sin(turn)])
    cells: GeometryArray = shapely.polygons(middle[:, None, :] + corner[None, :, :])
    covering: GeometryArray = cells[shapely.intersects(cells, boundary)]
    return covering


def _districts(en: FloatArray, settlements: NamedPlaces) -> tuple[tuple[str, ...], IntArray]:
    """Return districts named after the nearest settlement, and the district (Z,) of each zone."""
    if not settlements.names:
        return ("Whole area",), np.zeros(len(en), dtype=np.int64)
    nearest = np.asarray(KDTree(settlements.en).query(en)[1])
    found = [settlements.names[at] for at in nearest]
    districts = tuple(sorted(set(found)))
    number = {name: index for index, name in enumerate(districts)}
    return districts, np.array([number[name] for name in found], dtype=np.int64)


def _station_places(
    extract: OsmExtract, roads: RoadNetwork, boundary: shapely.Geometry
) -> tuple[tuple[str, ...], FloatArray, bool]:
    """Return names and places of mapped stations near the roads, or of placed ones; and which it is."""
    listed = extract.fire_stations
    if listed.names:
        _, dist_m = roads.snap(listed.en)
        kept: list[int] = []
        for at in np.flatnonzero(dist_m <= FAR_FROM_ROADS_M).tolist():
            if all(np.hypot(*(listed.en[at] - listed.en[other])) > SAME_STATION_M for other in kept):
                kept.append(at)
        if len(kept) >= MIN_STATIONS:
            names = tuple(listed.names[at] or f"Fire station {i + 1}" for i, at in enumerate(kept))
            return names, listed.en[kept], True
    count = max(MIN_STATIONS, round(boundary.area / 1e6 / KM2_PER_STATION))
    rng = np.random.default_rng(CLOUD_SEED)
    streets = np.unique(roads.tail[roads.speed_class != MOTORWAY])
    cloud = roads.node_en[streets]
    cloud = cloud[:: max(1, len(cloud) // MAX_CLOUD_NODES)]
    places = cloud[rng.choice(len(cloud), count, replace=False)]
    for _ in range(CLOUD_ROUNDS):
        owner = KDTree(places).query(cloud)[1]
        mass = np.maximum(np.bincount(owner, minlength=count), 1)
        places = np.column_stack(
            [np.bincount(owner, weights=cloud[:, axis], minlength=count) / mass for axis in (0, 1)]
        )
    nearest = np.unique(KDTree(cloud).query(places)[1])
    return tuple(f"Station {i + 1}" for i in range(len(nearest))), cloud[nearest], False


def _fleet(
    names: tuple[str, ...], en: FloatArray, zones: Zones, ground: IntArray, rate: FloatArray
) -> tuple[Stations, Appliances]:
    """Give each station a pump and the busier half a second; one bay more than pumps."""
    count = len(names)
    busy = np.bincount(ground, weights=rate, minlength=count)
    pumps = np.ones(count, dtype=np.int64)
    pumps[np.argsort(-busy)[: count // 2]] = 2
    ids = tuple(f"S{i + 1:02d}" for i in range(count))
    zone = KDTree(zones.en).query(en)[1]
    home = np.repeat(np.arange(count), pumps)
    appliance_ids = tuple(f"{ids[s]}{d + 1}" for s in range(count) for d in range(pumps[s]))
    return (
        Stations(ids, names, zones.district[zone], en, pumps + 1),
        Appliances(appliance_ids, np.zeros(len(home), dtype=np.int64), home),
    )
