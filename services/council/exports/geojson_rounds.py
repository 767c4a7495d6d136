"""Rounds as GeoJSON (RFC 7946): a feature for each visit, in the order of the rounds.

Called by the export routes. Never reads the picture: it is given rounds in rows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.council.exports.round_rows import CrewRound, RoundRow, clock

PLACES = 6
"""Decimals of a degree: a decimetre."""


def rounds_geojson(rounds: Sequence[CrewRound]) -> dict[str, Any]:
    """Return a FeatureCollection; a break has no place and a null geometry."""
    features = [_feature(one, row) for one in rounds for row in one.rows]
    return {"type": "FeatureCollection", "features": features}


def _feature(one: CrewRound, row: RoundRow) -> dict[str, Any]:
    geometry: dict[str, Any] | None = None
    if row.line is not None:
        points = np.round(row.line, PLACES).tolist()
        kind = "Point" if len(points) == 1 else "LineString"
        geometry = {"type": kind, "coordinates": points[0] if kind == "Point" else points}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "vehicle": one.vehicle,
            "round": one.letter,
            "position": row.position,
            "kind": row.kind,
            "id": row.id,
            "street": row.street or None,
            "houses": row.houses or None,
            "households": row.households,
            "planned": clock(row.begin_s) or None,
            "service_s": round(row.service_s),
            "load_kg": {name: round(kg, 1) for name, kg in row.load.items()},
            "state": row.state or "planned",
            "note": row.note or None,
        },
    }
