"""What never changes of a council, as consoles get it."""

import json

import pytest

from services.api.council_routes import _council
from tests.geo.councils import grid_council


def test_the_static_object_has_a_row_for_everything() -> None:
    council = grid_council()
    found = json.loads(json.dumps(_council(council)))
    assert (found["area"], found["brigade"], found["materials"]) == ("grid-council", "grid", ["residual"])
    assert [vehicle["letter"] for vehicle in found["vehicles"]] == ["A", "B", "C"]
    assert found["vehicles"][0]["capacity"] == {"residual": 2_000.0}
    assert {len(column) for column in found["stops"].values()} == {120}
    assert {len(column) for column in found["streets"].values()} == {12}
    assert found["stops"]["street"][0] == "ST0001"
    assert found["past"][0] == {
        "label": "2 weeks ago",
        "cost_per_collection": 1.61,
        "overtime_h": 0.5,
        "distance_km": 31.0,
        "missed_per_1000": 1.1,
    }
    west, south, east, north = found["bbox"]
    for line in found["streets"]["line"]:
        assert len(line) == 6
        assert all(west <= lon <= east and south <= lat <= north for lon, lat in line)
    lonlat = council.to_wgs84(council.tips.en)
    assert [tip["lon"] for tip in found["tips"]] == pytest.approx(lonlat[:, 0], abs=1e-6)
