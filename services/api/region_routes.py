"""The region: what never changes while the service runs, as JSON and GeoJSON.

Part of the API. Each answer is built and compressed once, then served with its ETag.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo import geojson
from geo.region import Region
from services.api.context import JSON, BrigadeNow

router = APIRouter(tags=["region"])

GEOJSON = "application/geo+json"
REVALIDATE = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}


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


class _Built:
    """An answer ready to serve."""

    def __init__(self, body: object) -> None:
        raw = msgspec.json.encode(body)
        self.etag = f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
        self.raw = raw
        self.zipped = gzip.compress(raw, 6)


@router.get("/region", response_class=Response)
async def region(request: Request, area: BrigadeNow) -> Response:
    """Name, kinds of appliance with their targets, stations, appliances, extent."""
    return await _answer(request, area.region, "summary", _summary, JSON)


@router.get("/region/{layer}", response_class=Response)
async def layer(request: Request, area: BrigadeNow, layer: RegionLayer) -> Response:
    """One layer as GeoJSON (RFC 7946)."""
    return await _answer(request, area.region, layer.value, _LAYERS[layer], GEOJSON)


async def _answer(
    request: Request, region: Region, name: str, build: Callable[[Region], object], media_type: str
) -> Response:
    kept: dict[tuple[str, str], _Built] = request.app.state.region_answers
    built = kept.get((region.id, name))
    if built is None:
        built = kept[region.id, name] = await asyncio.to_thread(lambda: _Built(build(region)))
    headers = REVALIDATE | {"ETag": built.etag}
    if request.headers.get("if-none-match") == built.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(built.zipped, headers=headers | {"Content-Encoding": "gzip"}, media_type=media_type)
    return Response(built.raw, headers=headers, media_type=media_type)


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
