"""Travel times and routes against Bellman-Ford, parallel arcs, one-ways, snapping, cut-off."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geo import road_network
from geo.road_network import SNAP_SPEED_MPS, SPEED_CLASSES, RoadNetwork, fastest_graph
from geo.travel_time import Route
from tests.geo.cities import small_city

Arc = tuple[int, int, float]


def network(arcs: list[Arc], nodes: Any = None, en: Any = None) -> RoadNetwork:
    """Build a network from (tail, head, seconds)."""
    count = nodes or 1 + max(max(a, b) for a, b, _ in arcs)
    places = np.array(en) if en is not None else np.column_stack([np.arange(count) * 100.0, np.zeros(count)])
    tail, head, time = (np.array(column) for column in zip(*arcs, strict=True))
    return RoadNetwork(places, tail, head, time.astype(float), np.zeros(len(arcs), dtype=int))


def bellman_ford(nodes: Any, arcs: list[Arc], source: Any) -> list[float]:
    """Return seconds to each node, the slow and simple way."""
    best = [math.inf] * nodes
    best[source] = 0.0
    for _ in range(nodes):
        for a, b, seconds in arcs:
            best[b] = min(best[b], best[a] + seconds)
    return best


ARCS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.floats(0.5, 100.0)), min_size=1, max_size=40
)


@given(ARCS)
def test_of_parallel_arcs_the_fastest_stands(arcs: list[Arc]) -> None:
    assume(any(a != b for a, b, _ in arcs))
    tail, head, time = (np.array(column) for column in zip(*arcs, strict=True))
    dense = fastest_graph(8, tail, head, time).toarray()
    for a in range(8):
        for b in range(8):
            times = [t for x, y, t in arcs if (x, y) == (a, b) and a != b]
            assert dense[a, b] == (min(times) if times else 0.0)


@given(ARCS)
def test_times_equal_bellman_ford(arcs: list[Arc]) -> None:
    # A ring makes every node reachable, so that no place is snapped elsewhere.
    ring = [(i, (i + 1) % 8, 90.0) for i in range(8)]
    roads = network(arcs + ring, nodes=8)
    found = roads.matrix(roads.node_en, roads.node_en)
    for source in range(8):
        assert found[source] == pytest.approx(bellman_ford(8, arcs + ring, source), rel=1e-5)


@given(ARCS)
def test_few_destinations_give_the_same_times_as_many(arcs: list[Arc]) -> None:
    ring = [(i, (i + 1) % 8, 90.0) for i in range(8)]
    roads = network(arcs + ring, nodes=8)
    whole = roads.matrix(roads.node_en, roads.node_en)
    assert roads.matrix(roads.node_en, roads.node_en[:2]) == pytest.approx(whole[:, :2], rel=1e-5)


def test_two_lanes_are_not_twice_as_slow() -> None:
    roads = network([(0, 1, 10.0), (0, 1, 12.0), (1, 0, 10.0)])
    assert roads.matrix(roads.node_en[:1], roads.node_en[1:])[0, 0] == 10.0


def test_a_one_way_street_is_driven_one_way() -> None:
    roads = network([(0, 1, 10.0), (1, 2, 10.0), (2, 0, 50.0)])
    times = roads.matrix(roads.node_en, roads.node_en)
    assert (times[0, 1], times[1, 0]) == (10.0, 60.0)


def test_a_place_is_snapped_to_what_can_be_reached() -> None:
    # Node 3 is nearest to the place but a dead end that nothing leaves.
    en = [(0, 0), (100, 0), (200, 0), (290, 0)]
    roads = network([(0, 1, 9.0), (1, 0, 9.0), (1, 2, 9.0), (2, 1, 9.0), (2, 3, 9.0)], en=en)
    node, dist_m = roads.snap([(300.0, 0.0)])
    assert (node[0], dist_m[0]) == (2, 100.0)
    assert roads.matrix([(300.0, 0.0)], [(100.0, 0.0)])[0, 0] == pytest.approx(9.0 + 100 / SNAP_SPEED_MPS)


def test_past_the_cut_off_is_infinite() -> None:
    roads = network([(0, 1, 10.0), (1, 0, 10.0), (1, 2, 10.0), (2, 1, 10.0)])
    times = roads.matrix(roads.node_en[:1], roads.node_en, cutoff_s=10.0)
    assert times.tolist() == [[0.0, 10.0, math.inf]]
    assert times.dtype == np.float32


@pytest.mark.parametrize("cutoff_s", [-1.0, math.nan])
def test_a_bad_cut_off_is_refused(cutoff_s: float) -> None:
    roads = network([(0, 1, 10.0), (1, 0, 10.0)])
    with pytest.raises(ValueError, match="cutoff_s"):
        roads.matrix(roads.node_en, roads.node_en, cutoff_s)


def test_a_place_that_is_no_number_is_refused() -> None:
    roads = network([(0, 1, 10.0), (1, 0, 10.0)])
    with pytest.raises(ValueError, match="origins_en: value nan"):
        roads.matrix([(math.nan, 0.0)], roads.node_en)


def test_a_route_follows_the_roads_and_takes_what_the_matrix_says() -> None:
    city = small_city()
    roads = city.roads
    assert roads is not None
    nodes = {tuple(place) for place in roads.node_en}
    for a in range(4):
        for b in range(4):
            route = city.travel.route(city.stations.en[a], city.stations.en[b])
            assert route.travel_s == pytest.approx(city.station_station_s[a, b], abs=0.01)
            assert np.array_equal(route.en[0], city.stations.en[a])
            assert np.array_equal(route.en[-1], city.stations.en[b])
            assert all(tuple(place) in nodes for place in route.en[1:-1])
            assert route.dist_m >= np.hypot(*(city.stations.en[a] - city.stations.en[b])) - 1e-6


def test_from_a_place_to_itself_takes_no_time_however_far_the_road_is() -> None:
    roads = network([(0, 1, 10.0), (1, 0, 10.0)])
    places = [(0.0, 500.0), (100.0, 500.0)]
    times = roads.matrix(places, places)
    assert times.diagonal().tolist() == [0.0, 0.0]
    assert times[0, 1] == pytest.approx(10.0 + 2 * 500 / SNAP_SPEED_MPS)
    route = roads.route(places[0], places[0])
    assert (route.travel_s, route.dist_m, route.en.tolist()) == (0.0, 0.0, [[0.0, 500.0]] * 2)


def test_there_is_a_way_even_to_a_place_by_a_road_that_leads_nowhere() -> None:
    # Nodes 3 and 4 are joined to each other only: both ends are taken to the part that leads everywhere.
    en = [(0, 0), (100, 0), (200, 0), (900, 0), (1_000, 0)]
    street = [(0, 1, 9.0), (1, 0, 9.0), (1, 2, 9.0), (2, 1, 9.0)]
    roads = network([*street, (3, 4, 9.0), (4, 3, 9.0)], en=en)
    for ends in ([(0.0, 0.0), (1_000.0, 0.0)], [(1_000.0, 0.0), (0.0, 0.0)]):
        route = roads.route(*ends)
        assert route.travel_s == pytest.approx(18.0 + 800 / SNAP_SPEED_MPS)
        assert route.travel_s == roads.matrix(ends[:1], ends[1:])[0, 0]
        assert len(route.en) == 5


def kept_trees(roads: RoadNetwork) -> list[int]:
    return list(roads._lazy.trees)


def test_trees_are_bounded_by_bytes_and_those_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    arcs = [(i, (i + 1) % 5, 10.0) for i in range(5)]
    roads = network(arcs)
    tree_bytes = 8 * 5
    monkeypatch.setattr(road_network, "MAX_TREES_BYTES", 3 * tree_bytes + 1)
    for start in (0, 1, 2, 0, 3):
        roads.route(roads.node_en[start], roads.node_en[4])
    assert kept_trees(roads) == [2, 0, 3]
    assert sum(a.nbytes for tree in roads._lazy.trees.values() for a in tree) == 3 * tree_bytes


def test_a_tree_larger_than_the_bound_is_still_used(monkeypatch: pytest.MonkeyPatch) -> None:
    roads = network([(i, (i + 1) % 5, 10.0) for i in range(5)])
    monkeypatch.setattr(road_network, "MAX_TREES_BYTES", 1)
    assert [roads.route(roads.node_en[a], roads.node_en[4]).travel_s for a in (0, 1, 0)] == [40.0, 30.0, 40.0]
    assert kept_trees(roads) == [0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head": np.array([9])}, "roads.head: value 9"),
        ({"travel_s": np.array([0.0])}, "roads.travel_s: value 0.0"),
        ({"travel_s": np.array([math.nan])}, "roads.travel_s: value nan"),
        ({"travel_s": np.array([math.inf])}, "roads.travel_s: value inf"),
        ({"travel_s": np.array([3e38])}, "roads.travel_s: value 3e"),
        ({"speed_class": np.array([len(SPEED_CLASSES)])}, "roads.speed_class: value 4"),
        ({"node_en": np.array([[0.0, math.inf], [0.0, 0.0]])}, "roads.node_en: value inf"),
        ({"tail": np.array([0.5])}, "roads.tail: values are float64"),
    ],
)
def test_bad_arrays_are_refused(change: Any, message: str) -> None:
    good = {
        "node_en": np.zeros((2, 2)),
        "tail": np.array([0]),
        "head": np.array([1]),
        "travel_s": np.array([5.0]),
        "speed_class": np.array([0]),
    }
    with pytest.raises(ValueError, match=message):
        RoadNetwork(**{**good, **change})


def test_arrays_cannot_be_changed_afterwards() -> None:
    roads = small_city().roads
    assert roads is not None
    with pytest.raises(ValueError, match="read-only"):
        roads.travel_s[0] = 1.0


@pytest.mark.parametrize(
    ("en", "travel_s", "dist_m"),
    [
        ([(0, 0)], 1, 1),
        ([(0, 0), (1, 1)], -1, 1),
        ([(0, 0), (1, 1)], 1, math.inf),
        ([(0, 0), (1, 1)], math.inf, 1),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(en: Any, travel_s: float, dist_m: float) -> None:
    with pytest.raises(ValueError, match="route"):
        Route(np.array(en), travel_s, dist_m)
