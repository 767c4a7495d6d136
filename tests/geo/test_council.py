"""A council refuses what does not fit together, and knows its ways with and without closed streets."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra

from geo.council import Council, round_letter
from geo.council_travel import all_ways
from geo.road_network import fastest_graph
from tests.geo.councils import SOUTH_WEST, STEP_M, grid_council, small_council


def test_letters_go_on_after_z() -> None:
    assert [round_letter(number) for number in (0, 1, 25, 26, 51, 52, 701, 702)] == [
        *("A", "B", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]
    assert grid_council().vehicles.letters == ("A", "B", "C")


def changed(part: str, name: str, at: Any, value: Any) -> dict[str, Any]:
    """Return the part of the grid council with one entry of an array changed."""
    held = getattr(grid_council(), part)
    array = getattr(held, name).copy()
    array[at] = value
    return {part: replace(held, **{name: array})}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Grid Council"}, r"^id: 'Grid Council'; it must be 1 to 40"),
        ({"brigade": "grid-council"}, r"^brigade: .*another area"),
        ({"name": " "}, "^name: it is empty"),
        ({"timezone": "Mars/Olympus"}, "^timezone: 'Mars/Olympus' is unknown"),
        ({"boundary": shapely.LineString([(0, 0), (1, 1)])}, "^boundary: it must be a polygon"),
        ({"materials": ("residual", "residual")}, "^materials: .*twice"),
        ({"materials": ("residual", "food")}, r"vehicles\.capacity: 1 columns; there must be 2"),
        ({"rounds": ((), ())}, "^rounds: 2 of them; there must be 3"),
        ({"rounds": (("S00001", "S00001<"), (), ())}, "rounds of RCV01: 'S00001<'; it is planned twice"),
        ({"rounds": ((), ("S99999",), ())}, "rounds of RCV02: 'S99999'; there is no such stop"),
        ({"rounds": ((), (), ("tip:T9",))}, "rounds of RCV03: 'tip:T9'; there is no such tip"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(grid_council(), **change)


@pytest.mark.parametrize(
    ("part", "name", "at", "value", "message"),
    [
        ("depots", "node", 0, 36, r"Depots\.node: value 36"),
        ("stops", "entry", 3, 99, r"CollectionStops\.entry: value 99"),
        ("stops", "households", 3, 5, r"stops\.households: 5 at S00004; 4 properties name it"),
        ("stops", "service_s", 0, -1.0, r"stops\.service_s: value -1\.0"),
        ("stops", "ban_until_s", 35, 1.0, r"stops\.ban_from_s: .*in order and apart"),
        ("stops", "first", 1, 1, r"stops\.first: it must rise"),
        ("properties", "uprn", 0, 10_000_001, r"properties\.uprn: 10000001 stands twice"),
        ("properties", "street", 0, 12, r"Properties\.street: value 12"),
        ("vehicles", "shift_end_s", 1, 5.0, r"vehicles\.shift_end_s: 5 of RCV02"),
        ("vehicles", "capacity", (0, 0), np.nan, r"vehicles\.capacity: value nan"),
        ("tips", "close_s", (1, 0), 10.0, r"tips\.open_s: .*in order and apart"),
        ("roads", "arc_street", 0, 12, r"roads\.arc_street: 12; there are 12 streets"),
        ("roads", "arc_s", 0, 0.0, r"roads\.arc_s: value 0"),
    ],
)
def test_a_wrong_number_is_named(part: str, name: str, at: Any, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(grid_council(), **changed(part, name, at, value))


def test_costs_are_numbers() -> None:
    with pytest.raises(ValueError, match=r"costs\.km: nan"):
        replace(grid_council().costs, km=float("nan"))


def test_ways_of_the_grid_are_as_counted() -> None:
    council = grid_council()
    column, row = (council.roads.node_en - SOUTH_WEST).T / STEP_M
    blocks = np.abs(column[:, None] - column) + np.abs(row[:, None] - row)
    assert np.array_equal(council.travel_s, 20 * blocks)
    assert np.array_equal(council.dist_m, STEP_M * blocks)


def test_a_closed_street_is_gone_around() -> None:
    council = grid_council()
    travel_s, dist_m = council.travel_without(["ST0001"])
    # From one end of the southern edge to the other: one block up, five along, one down.
    assert (travel_s[0, 5], dist_m[0, 5]) == (140.0, 700.0)
    assert (travel_s[6, 11], dist_m[6, 11]) == (100.0, 500.0)
    assert council.travel_without([]).travel_s is council.travel_s
    with pytest.raises(KeyError, match="ST9999"):
        council.travel_without(["ST9999"])


def test_what_is_cut_off_has_no_way() -> None:
    council = grid_council()
    ways = council.travel_without(["ST0001", "ST0007"])
    assert np.isinf(ways.travel_s[0, 1:]).all()
    assert np.isinf(ways.dist_m[1:, 0]).all()
    assert ways.travel_s[0, 0] == ways.dist_m[0, 0] == 0.0
    assert np.isfinite(ways.travel_s[1:, 1:]).all()


@pytest.mark.parametrize("seed", range(6))
def test_ways_without_streets_are_those_of_a_search_from_everywhere(seed: int) -> None:
    council = small_council()
    rng = np.random.default_rng(seed)
    closed = [council.streets.ids[at] for at in rng.choice(len(council.streets.ids), 1 + seed, replace=False)]
    roads = council.roads
    keep = ~np.isin(roads.arc_street, [council.street_number[street] for street in closed])
    graph = fastest_graph(len(roads.node_en), roads.tail[keep], roads.head[keep], roads.arc_s[keep])
    ways = council.travel_without(closed)
    expected_s = dijkstra(graph)
    np.testing.assert_allclose(ways.travel_s, expected_s, rtol=1e-5)
    assert np.array_equal(np.isinf(ways.dist_m), np.isinf(expected_s))
    assert (ways.travel_s >= council.travel_s - 0.01).all()


def test_metres_are_those_of_the_fastest_way() -> None:
    council = small_council()
    roads = council.roads
    # Metres as seconds: where every road is equally fast, the fastest way is the shortest.
    even = replace(roads, arc_s=np.maximum(roads.arc_m / 10, 0.001))
    ways = all_ways(even)
    np.testing.assert_allclose(ways.dist_m / 10, ways.travel_s, rtol=1e-4, atol=0.05)


def test_properties_are_found_by_stop() -> None:
    council = grid_council()
    assert council.properties_of(7).tolist() == [28, 29, 30, 31]


def test_places_outside_are_told() -> None:
    council = grid_council()
    inside = council.contains([SOUTH_WEST, SOUTH_WEST - 300], within_m=0)
    assert inside.tolist() == [True, False]
    assert council.contains([SOUTH_WEST - 300], within_m=200).tolist() == [True]


def test_longitude_and_latitude_come_back() -> None:
    council = grid_council()
    there = council.from_wgs84(council.to_wgs84(SOUTH_WEST))
    np.testing.assert_allclose(there, SOUTH_WEST, atol=0.01)


def test_arrays_cannot_be_changed() -> None:
    council = grid_council()
    parts = [
        getattr(council, one.name) for one in fields(Council) if one.name in ("stops", "roads", "vehicles")
    ]
    arrays = [value for part in parts for value in map(part.__getattribute__, part.__slots__)]
    writeable = [value for value in arrays if isinstance(value, np.ndarray) and value.flags.writeable]
    assert not writeable
    assert not council.travel_s.flags.writeable
