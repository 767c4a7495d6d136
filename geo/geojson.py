"""Map features of a region as GeoJSON (RFC 7946: WGS84, longitude first, outer rings anticlockwise).

Called by the HTTP API, which serves them to the consoles. Never writes files; it hands back plain dicts ready
for JSON, coordinates rounded to DECIMALS.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely

from geo.arrays import GeometryArray, IntArray
from geo.region import Region
from geo.road_network import SPEED_CLASSES, RoadNetwork

Feature = dict[str, Any]
FeatureCollection = dict[str, Any]

# 5 decimals are 1.1 m north and 0.7 m east in Britain: below the error of the grid.
DECIMALS = 5
# Outlines are thinned to about a pixel of a city-wide view.
ZONE_TOLERANCE_M = 12.0
OUTLINE_TOLERANCE_M = 15.0
ROAD_TOLERANCE_M = 6.0
# Roads are cut into tiles of this size, one feature a class and tile, so that a map draws only what it shows.
ROAD_TILE_M = 8_000.0
LOCAL = SPEED_CLASSES.index("local")


def zones(region: Region, tolerance_m: float = ZONE_TOLERANCE_M) -> FeatureCollection:
    """Return a feature for each zone, neighbours thinned alike so that no gaps open.

    Properties: `name`, `district` (name), `ground` (id of the nearest station), `demand_per_h` (mean of the
    week, first kind). The feature's `id` is the zone's index.
    """
    listed = region.zones
    thinned = shapely.coverage_simplify(listed.polygons, tolerance_m) if tolerance_m > 0 else listed.polygons
    # What thinning would make vanish stays as it is.
    gone = shapely.is_empty(thinned) | (shapely.area(thinned) <= 0)
    thinned = np.where(gone, listed.polygons, thinned)
    ground = region.station_zone_s.argmin(axis=0)
    demand_per_h = region.demand_per_h[0].mean(axis=0, dtype=np.float64)
    shapes = _geometries(thinned, region)
    return _collection(
        _feature(
            shapes[at],
            {
                "name": listed.names[at],
                "district": region.districts[listed.district[at]],
                "ground": region.stations.ids[ground[at]],
                "demand_per_h": round(float(demand_per_h[at]), 6),
            },
            at,
        )
        for at in range(len(listed.ids))
    )


def boundary(region: Region, tolerance_m: float = OUTLINE_TOLERANCE_M) -> FeatureCollection:
    """Return the outline of the region as one feature; property `name`."""
    outline = np.array([region.boundary.simplify(tolerance_m)], dtype=object)
    return _collection([_feature(_geometries(outline, region)[0], {"name": region.name}, 0)])


def districts(region: Region, tolerance_m: float = OUTLINE_TOLERANCE_M) -> FeatureCollection:
    """Return a feature for each district that has zones: the union of them; property `name`.

    The feature's `id` is the district's index.
    """
    found = np.unique(region.zones.district)
    parts = [region.zones.polygons[region.zones.district == index] for index in found]
    unions = np.array([shapely.coverage_union_all(part) for part in parts], dtype=object)
    # Two shapes of a coverage are thinned alike; slivers between zones are closed first.
    unions = shapely.coverage_simplify(unions, tolerance_m) if tolerance_m > 0 else unions
    shapes = _geometries(unions, region)
    return _collection(
        _feature(shape, {"name": region.districts[index]}, int(index))
        for shape, index in zip(shapes, found, strict=True)
    )


def roads(
    region: Region, min_local_m: float = 0.0, tolerance_m: float = ROAD_TOLERANCE_M
) -> FeatureCollection:
    """Return roads as long lines, a feature for each speed class and tile; property `speed_class`.

    Parameters
    ----------
    region
        A region without roads gives an empty collection.
    min_local_m
        Local streets whose merged line is shorter are left out, so that a browser stays quick.
    tolerance_m
        Thinning of lines, metres.
    """
    if region.roads is None:
        return _collection([])
    tails, heads, classes = _two_way_once(region.roads)
    en = region.roads.node_en
    features: list[Feature] = []
    for index, name in enumerate(SPEED_CLASSES):
        chosen = classes == index
        middle = (en[tails[chosen]] + en[heads[chosen]]) / 2
        tile = np.floor(middle / ROAD_TILE_M).astype(np.int64)
        segments = shapely.linestrings(np.stack([en[tails[chosen]], en[heads[chosen]]], axis=1))
        lines = _merged(segments, tile, tolerance_m, min_local_m if index == LOCAL else 0.0)
        for shape in _geometries(lines, region):
            features.append(_feature(shape, {"speed_class": name}, len(features)))
    return _collection(features)


def _two_way_once(network: RoadNetwork) -> tuple[IntArray, IntArray, IntArray]:
    """Return tails, heads and classes with the two arcs of a two-way street as one."""
    low, high = np.minimum(network.tail, network.head), np.maximum(network.tail, network.head)
    order = np.lexsort((network.speed_class, high, low))
    low, high, kind = low[order], high[order], network.speed_class[order]
    first = np.ones(len(low), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    first &= low != high
    return low[first], high[first], kind[first]


def _merged(segments: GeometryArray, tile: IntArray, tolerance_m: float, min_m: float) -> GeometryArray:
    """Join segments of each tile (n, 2) into long thinned lines: a multi-line a tile."""
    if not len(segments):
        return np.empty(0, dtype=object)
    _, group = np.unique(tile, axis=0, return_inverse=True)
    group = group.ravel()
    order = np.argsort(group, kind="stable")
    tiles = shapely.multilinestrings(segments[order], indices=group[order])
    joined = shapely.line_merge(tiles)
    pieces, owner = shapely.get_parts(joined, return_index=True)
    long = shapely.length(pieces) >= min_m
    pieces = shapely.simplify(pieces[long], tolerance_m, preserve_topology=False)
    if not len(pieces):
        return np.empty(0, dtype=object)
    _, kept = np.unique(owner[long], return_inverse=True)
    result: GeometryArray = shapely.multilinestrings(pieces, indices=kept)
    return result


def _to_wgs84(geometries: GeometryArray, region: Region) -> GeometryArray:
    moved: GeometryArray = shapely.transform(geometries, lambda en: region.to_wgs84(en))
    return moved


def _geometries(geometries: GeometryArray, region: Region) -> list[dict[str, Any]]:
    """Turn shapes in metres into GeoJSON geometries, rounded, outer rings anticlockwise."""
    if not len(geometries):
        return []
    moved = _to_wgs84(shapely.orient_polygons(geometries), region)
    rounded = shapely.transform(moved, lambda lonlat: np.round(lonlat, DECIMALS))
    return [shapely.geometry.mapping(shape) for shape in rounded]


def _feature(geometry: dict[str, Any], properties: dict[str, Any], index: int) -> Feature:
    return {"type": "Feature", "id": index, "geometry": geometry, "properties": properties}


def _collection(features: Iterable[Feature]) -> FeatureCollection:
    return {"type": "FeatureCollection", "features": list(features)}
