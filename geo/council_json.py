"""What of a council never changes, as consoles get it: one JSON object in longitude and latitude.

Called by the API, which keeps its bytes. Never knows the day.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from geo.arrays import FloatArray, IntArray
from geo.council import Council

# 0.1 m, which is far better than the projection without its grid file.
DEGREE_DIGITS = 6


def council_json(council: Council) -> dict[str, Any]:
    """Return the object; ids and their columns stand in the order of the council."""
    vehicles, stops, streets = council.vehicles, council.stops, council.streets
    stop_lonlat = _lonlat(council, stops.en)
    west, south, east, north = _bounds(_lonlat(council, council.roads.node_en))
    return {
        "area": council.id,
        "name": council.name,
        "timezone": council.timezone,
        "bbox": [west, south, east, north],
        "generated": council.generated,
        "attribution": council.attribution,
        "brigade": council.brigade,
        "materials": list(council.materials),
        "depots": _sites(council, council.depots.ids, council.depots.names, council.depots.en),
        "tips": _sites(council, council.tips.ids, council.tips.names, council.tips.en),
        "vehicles": [
            {
                "id": vehicle,
                "letter": letter,
                "depot": council.depots.ids[int(vehicles.depot[at])],
                "shift_start_s": float(vehicles.shift_start_s[at]),
                "shift_end_s": float(vehicles.shift_end_s[at]),
                "capacity": _amounts(council, vehicles.capacity[at]),
            }
            for at, (vehicle, letter) in enumerate(zip(vehicles.ids, vehicles.letters, strict=True))
        ],
        "stops": {
            "id": list(stops.ids),
            "street": [streets.ids[street] for street in stops.street.tolist()],
            "lon": stop_lonlat[:, 0].tolist(),
            "lat": stop_lonlat[:, 1].tolist(),
            "line": _lines(council, stops.line, stops.first),
            "households": stops.households.tolist(),
            "service_s": stops.service_s.tolist(),
            "load": [_amounts(council, load) for load in stops.load],
        },
        "streets": {
            "id": list(streets.ids),
            "name": list(streets.names),
            "line": _lines(council, streets.line, streets.first),
        },
        "past": past_json(council),
    }


def past_json(council: Council) -> list[dict[str, Any]]:
    """Return the figures of the weeks before, oldest first."""
    past = council.past
    return [
        {
            "label": label,
            "cost_per_collection": float(past.cost_per_collection[at]),
            "overtime_h": float(past.overtime_h[at]),
            "distance_km": float(past.distance_km[at]),
            "missed_per_1000": float(past.missed_per_1000[at]),
        }
        for at, label in enumerate(past.labels)
    ]


def _lonlat(council: Council, en: FloatArray) -> FloatArray:
    return np.round(council.to_wgs84(en), DEGREE_DIGITS)


def _bounds(lonlat: FloatArray) -> list[float]:
    return [*lonlat.min(axis=0).tolist(), *lonlat.max(axis=0).tolist()]


def _amounts(council: Council, load: FloatArray) -> dict[str, float]:
    return dict(zip(council.materials, load.tolist(), strict=True))


def _sites(
    council: Council, ids: tuple[str, ...], names: tuple[str, ...], en: FloatArray
) -> list[dict[str, Any]]:
    places = _lonlat(council, en).tolist()
    return [
        {"id": one, "name": name, "lon": lon, "lat": lat}
        for one, name, (lon, lat) in zip(ids, names, places, strict=True)
    ]


def _lines(council: Council, line: FloatArray, first: IntArray) -> list[list[float]]:
    """Return each line as one flat list: longitude, latitude, longitude, …"""
    flat = _lonlat(council, line).ravel().tolist()
    ends = (2 * first).tolist()
    return [flat[a:b] for a, b in pairwise(ends)]
