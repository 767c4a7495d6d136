"""A council and its day: what never changes of it, and how the day stands.

Part of the API. Reads the council's state; decisions on rounds have routes of their own.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo.council import Council
from services.api.context import JSON, json_answer
from services.api.council_context import CouncilNow, ReadyCouncil
from services.api.static_answer import built_answer

router = APIRouter(tags=["council"])

DIGITS = 6
"""Decimals of a degree: about 0.1 m."""


@router.get("/council", response_class=Response)
async def council(request: Request, area: CouncilNow) -> Response:
    """Depots, tips, vehicles, stops, streets and the figures of the weeks before."""
    return await built_answer(request, area.id, area.council, "council", _council, JSON)


@router.get("/day", response_class=Response)
async def day(area: ReadyCouncil) -> Response:
    """The day: rounds with their times, what made it differ from the plan, decisions, and open proposals.

    `digest` names the exact state of what was folded.
    """
    view = area.state.view()
    picture = area.state.picture
    return json_answer({"day": view, "digest": area.board.digest(picture), "proposals": area.state.shown()})


def _council(council: Council) -> dict[str, Any]:
    west, south, east, north = council.boundary.bounds
    corners = council.to_wgs84(np.array([[west, south], [east, south], [east, north], [west, north]]))
    low, high = corners.min(axis=0), corners.max(axis=0)
    return {
        "area": council.id,
        "name": council.name,
        "timezone": council.timezone,
        "bbox": [round(float(v), DIGITS) for v in (*low, *high)],
        "generated": council.generated,
        "attribution": council.attribution,
        "brigade": council.brigade,
        "materials": list(council.materials),
        "depots": _sites(council, council.depots.ids, council.depots.names, council.depots.en),
        "tips": _sites(council, council.tips.ids, council.tips.names, council.tips.en),
        "vehicles": _vehicles(council),
        "stops": _stops(council),
        "streets": {
            "id": list(council.streets.ids),
            "name": list(council.streets.names),
            "line": _lines(council, council.streets.line, council.streets.first),
        },
        "past": [
            {
                "label": label,
                "cost_per_collection": float(council.past.cost_per_collection[week]),
                "overtime_h": float(council.past.overtime_h[week]),
                "distance_km": float(council.past.distance_km[week]),
                "missed_per_1000": float(council.past.missed_per_1000[week]),
            }
            for week, label in enumerate(council.past.labels)
        ],
    }


def _sites(council: Council, ids: tuple[str, ...], names: tuple[str, ...], en: Any) -> list[dict[str, Any]]:
    lonlat = np.round(council.to_wgs84(en), DIGITS).tolist()
    return [
        {"id": id_, "name": name, "lon": lon, "lat": lat}
        for id_, name, (lon, lat) in zip(ids, names, lonlat, strict=True)
    ]


def _vehicles(council: Council) -> list[dict[str, Any]]:
    vehicles = council.vehicles
    return [
        {
            "id": id_,
            "letter": vehicles.letters[v],
            "depot": council.depots.ids[int(vehicles.depot[v])],
            "shift_start_s": float(vehicles.shift_start_s[v]),
            "shift_end_s": float(vehicles.shift_end_s[v]),
            "capacity": dict(zip(council.materials, vehicles.capacity[v].tolist(), strict=True)),
        }
        for v, id_ in enumerate(vehicles.ids)
    ]


def _stops(council: Council) -> dict[str, Any]:
    stops = council.stops
    lonlat = np.round(council.to_wgs84(stops.en), DIGITS)
    return {
        "id": list(stops.ids),
        "street": [council.streets.ids[street] for street in stops.street.tolist()],
        "lon": lonlat[:, 0].tolist(),
        "lat": lonlat[:, 1].tolist(),
        "line": _lines(council, stops.line, stops.first),
        "households": stops.households.tolist(),
        "service_s": stops.service_s.tolist(),
        "load": stops.load.tolist(),
    }


def _lines(council: Council, line: Any, first: Any) -> list[list[list[float]]]:
    """Lines as lists of [longitude, latitude]."""
    lonlat = np.round(council.to_wgs84(line), DIGITS).tolist()
    return [lonlat[a:b] for a, b in pairwise(first.tolist())]
