"""The region: what never changes while the service runs, as JSON and GeoJSON.

Part of the API. Each answer is built and compressed once, then served with its ETag.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo import geojson
from geo.region import Region
from services.api.context import JSON, BrigadeNow
from services.api.static_answer import built_answer

router = APIRouter(tags=["region"])

GEOJSON = "application/geo+json"


class RegionLayer(StrEnum):
    """The region's drawn layers."""

    ZONES = "zones"
    ROADS = "roads"
    BOUNDARY = "boundary"
    DISTRICTS = "districts"


_LAYERS: dict[RegionLayer, Callable[[Region], dict[str, Any]]] = {
    RegionLayer.ZONES: geojson.zones,
    RegionLayer.ROADS: geojson.roads,
    RegionLayer.BOUNDARY: geojson.boundary,
    RegionLayer.DISTRICTS: geojson.districts,
}


@router.get("/region", response_class=Response)
async def region(request: Request, area: BrigadeNow) -> Response:
    """Name, kinds of appliance with their targets, stations, appliances, extent."""
    return await built_answer(request, area.id, area.region, "summary", _summary, JSON)


@router.get("/region/{layer}", response_class=Response)
async def layer(request: Request, area: BrigadeNow, layer: RegionLayer) -> Response:
    """One layer as GeoJSON (RFC 7946)."""
    return await built_answer(request, area.id, area.region, layer.value, _LAYERS[layer], GEOJSON)


def _summary(region: Region) -> dict[str, Any]:
    stations, appliances = region.stations, region.appliances
    lonlat = np.round(region.to_wgs84(stations.en), 6)
    west, south, east, north = region.boundary.bounds
    corners = region.to_wgs84(np.array([[west, south], [east, south], [east, north], [west, north]]))
    low, high = corners.min(axis=0), corners.max(axis=0)
    return {
        "area": region.id,
        "name": region.name,
        "generated": region.generated,
        "attribution": region.attribution,
        "timezone": region.timezone,
        "crs": region.crs,
        "bbox": [round(float(v), 6) for v in (*low, *high)],
        "kinds": [
            {
                "id": kind.id,
                "name": kind.name,
                "first_target_s": kind.first_target_s,
                "second_target_s": kind.second_target_s,
                "two_needed": kind.two_needed,
                "appliances": int((appliances.kind == k).sum()),
            }
            for k, kind in enumerate(region.kinds)
        ],
        "stations": [
            {
                "id": id_,
                "name": stations.names[s],
                "lon": float(lonlat[s, 0]),
                "lat": float(lonlat[s, 1]),
                "bays": int(stations.bays[s]),
                "district": region.districts[int(stations.district[s])],
            }
            for s, id_ in enumerate(stations.ids)
        ],
        "appliances": [
            {
                "id": id_,
                "kind": region.kinds[int(appliances.kind[a])].id,
                "home": stations.ids[int(appliances.home[a])],
            }
            for a, id_ in enumerate(appliances.ids)
        ],
        "zones": len(region.zones.ids),
    }
