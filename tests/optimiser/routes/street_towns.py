"""Small towns, streets and households for the tests of rounds from streets."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from geo.road_network import RoadNetwork
from optimiser.routes.street_households import Households, StopBounds
from optimiser.routes.street_network import LOCAL, Collect, Streets, streets_from_roads
from optimiser.routes.street_rounds import StreetStops, street_stops
from optimiser.routes.street_travel import StreetTravel, street_travel
from tests.geo.cities import roads_of, small_city

SPEED_MPS = 8.0
WIDE = StopBounds(np.array([np.inf]), np.inf)

Link = tuple[int, int, bool]
"""Two nodes, and whether only from the first to the second."""


def network(en: Any, links: list[Link], speed_mps: float = SPEED_MPS, kind: int = LOCAL) -> RoadNetwork:
    places = np.array(en, dtype=float)
    arcs = [(a, b) for a, b, _ in links] + [(b, a) for a, b, one_way in links if not one_way]
    tail, head = np.array(arcs).T
    length_m = np.hypot(*(places[tail] - places[head]).T)
    return RoadNetwork(places, tail, head, length_m / speed_mps, np.full(len(arcs), kind))


def households(en: Any, load: Any = None, service_s: Any = None) -> Households:
    count = len(en)
    return Households(
        tuple(f"H{number}" for number in range(count)),
        np.array(en, dtype=float).reshape(-1, 2),
        np.ones((count, 1)) if load is None else np.atleast_2d(np.array(load, dtype=float).T).T,
        np.full(count, 10.0) if service_s is None else np.array(service_s, dtype=float),
        np.full(count, 100.0),
    )


# A road 0-1 of 100 m eastwards, and a way back round 2 so that a one-way 0-1 leaves all reachable.
ROAD = [[0, 0], [100, 0], [50, -300]]
HOUSES = [[20, 5], [80, 6], [50, -5], [30, -6]]


def one_road(collect: Collect, one_way: bool = False) -> tuple[RoadNetwork, Streets]:
    roads = network(ROAD, [(0, 1, one_way), (1, 2, False), (2, 0, False)])
    streets = streets_from_roads(roads)
    # A ring of like streets is one segment; the road is to be one of its own.
    if len(streets) == 1:
        arcs = np.where((roads.tail + roads.head) == 1, LOCAL - 1, LOCAL)
        roads = RoadNetwork(roads.node_en, roads.tail, roads.head, roads.travel_s, arcs)
        streets = streets_from_roads(roads)
    road = (streets.start == 0) & (streets.end == 1) & (streets.lines.length_m() < 101)
    assert road.sum() == 1
    return roads, replace(streets, collect=np.where(road, collect, Collect.NOT))


SIDE = 4
"""Junctions of a square town along each side."""


@st.composite
def towns(draw: st.DrawFn) -> tuple[RoadNetwork, Streets, Households, StopBounds]:
    """A grid of streets 100 m apart, some one-way, collected in every way, and households anywhere."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    en = [[100 * x, 100 * y] for y in range(SIDE) for x in range(SIDE)]
    links = [(at, at + 1) for at in range(SIDE * SIDE) if at % SIDE < SIDE - 1]
    links += [(at, at + SIDE) for at in range(SIDE * (SIDE - 1))]
    roads = network(en, [(a, b, bool(rng.random() < 0.2)) for a, b in links])
    streets = streets_from_roads(roads)
    streets = replace(streets, collect=rng.choice(list(Collect), len(streets), p=[0.1, 0.3, 0.3, 0.3]))
    count = draw(st.integers(0, 60))
    places = rng.uniform(-60, 100 * SIDE - 40, (count, 2))
    if draw(st.booleans()):  # on a raster: flats at one place, corners, and places on the line
        places = np.round(places / 25) * 25
    homes = households(places, rng.uniform(0, 1, (count, 2)), rng.uniform(0, 30, count))
    bounds = StopBounds(np.array([draw(st.sampled_from([1.0, 2.5, np.inf])), 3.0]), 60.0, 45.0)
    return roads, streets, homes, bounds


@cache
def quarter() -> tuple[RoadNetwork, Streets, Households, StreetStops, StreetTravel]:
    """Households every 25 metres or so along the streets around the middle of the generated city."""
    roads = roads_of(small_city())
    streets = streets_from_roads(roads)
    rng = np.random.default_rng(7)
    middle = small_city().zones.en[small_city().zones.population.argmax()]
    en = []
    for g in np.flatnonzero(streets.collect != Collect.NOT):
        first, last = streets.lines.first[g : g + 2]
        points = streets.lines.point_en[first:last]
        if np.hypot(*(points - middle).T).max() > 1_700:
            continue
        for a, b in pairwise(points):
            leg = b - a
            length = float(np.hypot(*leg))
            for share in rng.uniform(0, 1, int(length / 25)):
                aside = rng.choice([-1, 1]) * rng.uniform(6, 14) * np.array([-leg[1], leg[0]]) / length
                en.append(a + share * leg + aside)
    count = len(en)
    homes = Households(
        tuple(f"{10_000_000 + number}" for number in range(count)),
        np.array(en),
        rng.gamma(4.0, 3.0, (count, 2)),
        rng.uniform(10, 40, count),
        rng.choice([50.0, 500.0], count),
    )
    bounds = StopBounds(np.array([150.0, 150.0]), 300.0)
    made = street_stops(homes, streets, bounds)
    travel = street_travel(roads, streets, made.locations, middle + np.array([[1_500, 0], [-1_200, -700]]))
    return roads, streets, homes, made, travel
