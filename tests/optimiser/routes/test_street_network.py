"""Streets cut from a road network: every link once, ends at junctions, and bad ones refused."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.street_network import Collect, streets_from_roads
from optimiser.routes.street_rounds import street_stops
from tests.optimiser.routes.street_towns import SPEED_MPS, WIDE, Link, households, network, one_road


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ids": ("a", "a")}, "streets.ids"),
        ({"ids": ("a",)}, "streets.lines"),
        ({"node": np.zeros(3, dtype=int)}, "streets.node"),
        ({"node": np.array([0, 1, 1, 2, -1])}, "streets.node"),
        ({"speed_mps": np.array([0.0, 1.0])}, "streets.speed_mps"),
        ({"collect": np.array([0, 7])}, "streets.collect"),
        ({"ban_from_s": np.zeros((3, 1))}, "streets.ban_from_s"),
    ],
)
def test_bad_streets_are_refused(change: Any, field: str) -> None:
    _, streets = one_road(Collect.EACH_SIDE)
    assert len(streets) == 2
    with pytest.raises(RouteInputError) as caught:
        replace(streets, **change)
    assert caught.value.field == field


NODES = 9
LINKS = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.booleans()).filter(
        lambda link: link[0] != link[1]
    ),
    min_size=1,
    max_size=16,
    unique_by=lambda link: frozenset(link[:2]),
)


@given(LINKS, st.integers(0, 2**31))
def test_every_link_is_in_one_street_and_streets_end_at_junctions(links: list[Link], seed: int) -> None:
    en = np.random.default_rng(seed).uniform(0, 500, (NODES, 2))
    # A ring over all nodes by a hub makes everything reachable; the hub's links are streets like others.
    spokes = [(NODES, node, False) for node in range(0, NODES, 2)]
    roads = network(np.concatenate([en, [[250, 250]]]), links + spokes)
    main = set(roads.main_nodes().tolist())
    wanted = {frozenset((a, b)): one_way for a, b, one_way in links + spokes if {a, b} <= main}
    streets = streets_from_roads(roads)
    number = {tuple(place): node for node, place in enumerate(roads.node_en.tolist())}
    meeting = [sum(node in link for link in wanted) for node in range(len(roads.node_en))]
    met = []
    for at in range(len(streets)):
        points = streets.lines.point_en[streets.lines.first[at] : streets.lines.first[at + 1]]
        path = [number[tuple(place)] for place in points.tolist()]
        assert (path[0], path[-1]) == (streets.start[at], streets.end[at])
        for a, b in pairwise(path):
            met.append(frozenset((a, b)))
            assert wanted[frozenset((a, b))] == streets.one_way[at]
            assert not streets.one_way[at] or (a, b, True) in links
        assert all(meeting[node] == 2 for node in path[1:-1])
        assert streets.no_reversing[at] == (1 in (meeting[path[0]], meeting[path[-1]]))
        assert streets.speed_mps[at] == pytest.approx(SPEED_MPS)
    assert sorted(map(sorted, met)) == sorted(map(sorted, wanted))


def test_a_bent_street_is_one_and_a_junction_ends_it() -> None:
    en = [[0, 0], [50, 0], [50, 50], [100, 50], [100, 0], [150, 50]]
    roads = network(en, [(0, 1, False), (1, 2, False), (2, 3, False), (3, 4, False), (3, 5, False)])
    streets = streets_from_roads(roads)
    assert sorted(streets.lines.length_m().tolist()) == [50.0, 50.0, 150.0]
    assert streets.no_reversing.all()  # three dead ends
    assert (streets.collect == Collect.BOTH_SIDES).all()


def test_a_ring_is_a_street_too() -> None:
    roads = network([[0, 0], [50, 0], [50, 50]], [(0, 1, True), (1, 2, True), (2, 0, True)])
    streets = streets_from_roads(roads)
    assert len(streets) == 1
    assert streets.start[0] == streets.end[0]
    made = street_stops(households([[25, -5]]), streets, WIDE)
    assert made.stops.entry[0] == made.stops.exit[0]
