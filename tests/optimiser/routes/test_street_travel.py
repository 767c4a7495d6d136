"""Travel between the ends of street stops: as in a network that has nodes at the cuts."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from geo.road_network import RoadNetwork
from optimiser.routes.arrays import RouteInputError
from optimiser.routes.street_households import Households, StopBounds
from optimiser.routes.street_network import LOCAL, Collect, Streets
from optimiser.routes.street_rounds import StreetStops, street_stops
from optimiser.routes.street_travel import street_travel
from tests.optimiser.routes.street_towns import (
    HOUSES,
    SPEED_MPS,
    WIDE,
    households,
    one_road,
    quarter,
    towns,
)


@settings(max_examples=30, deadline=None)
@given(towns())
def test_travel_as_in_a_network_with_nodes_at_the_cuts(
    town: tuple[RoadNetwork, Streets, Households, StopBounds],
) -> None:
    roads, streets, homes, bounds = town
    streets = replace(
        streets, collect=np.where(streets.collect == Collect.NEAR_SIDE, Collect.EACH_SIDE, streets.collect)
    )
    made = street_stops(homes, streets, bounds)
    inside = roads.main_nodes()
    depot = roads.node_en[inside[[0, -1]]]
    travel = street_travel(roads, streets, made.locations, depot)
    cut, places = cut_network(roads, streets, made)
    found = cut.matrix(np.concatenate([places, depot]), np.concatenate([places, depot]))
    assert travel.travel_s == pytest.approx(found, rel=1e-4, abs=1e-3)
    assert travel.dist_m == pytest.approx(travel.travel_s * SPEED_MPS, rel=1e-9, abs=1e-9)


def cut_network(roads: RoadNetwork, streets: Streets, made: StreetStops) -> tuple[RoadNetwork, Any]:
    """The streets again as a network in which every point and every cut is a node; the locations' places."""
    en: list[tuple[float, float]] = []
    number: dict[tuple[float, float], int] = {}
    arcs: list[tuple[int, int]] = []
    where = {at: tuple(roads.node_en[node]) for at, node in enumerate(made.locations.node) if node >= 0}
    to_point = streets.lines.along_m()
    for g in range(len(streets)):
        first, last = streets.lines.first[g : g + 2]
        listed = list(zip(to_point[first:last], map(tuple, streets.lines.point_en[first:last]), strict=True))
        for at in np.flatnonzero(made.locations.segment == g):
            along = float(made.locations.along_m[at])
            place = tuple(
                float(np.interp(along, to_point[first:last], streets.lines.point_en[first:last, axis]))
                for axis in (0, 1)
            )
            where[int(at)] = place
            listed.append((along, place))
        listed.sort(key=lambda one: one[0])
        path = [number.setdefault(place, len(number)) for _, place in listed]
        arcs += [(a, b) for a, b in pairwise(path) if a != b]
        if not streets.one_way[g]:
            arcs += [(b, a) for a, b in pairwise(path) if a != b]
    en = list(number)
    tail, head = np.array(arcs).T
    length_m = np.hypot(*(np.array(en)[tail] - np.array(en)[head]).T)
    seconds = np.maximum(length_m / SPEED_MPS, 1e-3)
    cut = RoadNetwork(np.array(en), tail, head, seconds, np.full(len(arcs), LOCAL))
    return cut, np.array([where[at] for at in range(len(where))]).reshape(-1, 2)


def test_too_many_locations_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    roads, streets = one_road(Collect.EACH_SIDE)
    made = street_stops(households(HOUSES), streets, WIDE)
    monkeypatch.setattr("optimiser.routes.street_travel.MAX_LOCATIONS", 2)
    with pytest.raises(RouteInputError) as caught:
        street_travel(roads, streets, made.locations, [[0.0, 0.0]])
    assert caught.value.field == "locations"


def test_its_travel_is_that_of_the_roads_and_is_asymmetric() -> None:
    roads, _, _, made, travel = quarter()
    nodes = np.flatnonzero(made.locations.node >= 0)
    en = roads.node_en[made.locations.node[nodes]]
    assert travel.travel_s[np.ix_(nodes, nodes)] == pytest.approx(roads.matrix(en, en), rel=1e-4, abs=0.01)
    assert np.abs(travel.travel_s - travel.travel_s.T).max() > 5.0
    rng = np.random.default_rng(3)
    for a, b in rng.integers(0, len(nodes), (20, 2)):
        assert travel.dist_m[nodes[a], nodes[b]] == pytest.approx(roads.route(en[a], en[b]).dist_m, abs=1e-6)
    # No way is shorter than the straight line, and no detour beats a way.
    assert (travel.travel_s >= 0).all()
    via = travel.travel_s[:, :1] + travel.travel_s[:1, :]
    assert (travel.travel_s <= via + 1e-6).all()
