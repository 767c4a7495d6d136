"""The generated council is the same for the same seed, and everything in it is where it should be."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely

from geo.demo_council import SMALL_COUNCIL, DemoCouncilSize, build_demo_council
from geo.street_names import street_names
from tests.geo.cities import law_city, small_city
from tests.geo.councils import small_council


def test_the_same_seed_gives_the_same_council() -> None:
    one, two = small_council(), build_demo_council(small_city(), seed=3, size=SMALL_COUNCIL)
    other = build_demo_council(small_city(), seed=4, size=SMALL_COUNCIL)
    for part in ("properties", "stops", "streets", "roads", "vehicles", "tips"):
        for name in getattr(one, part).__slots__:
            assert np.array_equal(getattr(getattr(one, part), name), getattr(getattr(two, part), name)), name
    assert not np.array_equal(one.properties.uprn, other.properties.uprn)


def test_it_has_what_was_asked_for() -> None:
    council = small_council()
    assert len(council.properties.uprn) == SMALL_COUNCIL.properties
    assert len(council.vehicles.ids) == SMALL_COUNCIL.vehicles
    assert len(council.depots.ids) == SMALL_COUNCIL.depots
    assert len(council.tips.ids) == SMALL_COUNCIL.tips
    assert 0.9 * SMALL_COUNCIL.sides <= len(council.stops.ids) <= 1.1 * SMALL_COUNCIL.sides
    assert (council.id, council.brigade) == ("demo-council", "demo")
    assert council.generated


def test_uprns_are_as_long_as_real_ones() -> None:
    uprn = small_council().properties.uprn
    assert len(np.unique(uprn)) == len(uprn)
    assert {len(str(one)) for one in uprn} == {12}


def test_houses_stand_along_their_street_with_odd_numbers_on_one_side() -> None:
    council = small_council()
    streets, properties = council.streets, council.properties
    for street in range(0, len(streets.ids), 5):
        line = streets.line[streets.first[street] : streets.first[street + 1]]
        mine = properties.street == street
        if not mine.any():
            continue
        away_m = shapely.distance(shapely.LineString(line), shapely.points(properties.en[mine]))
        assert away_m.max() < 20
        number = properties.number[mine]
        assert len(np.unique(number)) == len(number)
        if len(line) == 2:
            step, aside = line[1] - line[0], properties.en[mine] - line[0]
            left = step[0] * aside[:, 1] - step[1] * aside[:, 0] > 0
            assert np.array_equal(left, number % 2 == 1)


def test_numbers_rise_along_the_street() -> None:
    council = small_council()
    streets, properties = council.streets, council.properties
    for street in range(0, len(streets.ids), 5):
        line = shapely.LineString(streets.line[streets.first[street] : streets.first[street + 1]])
        for side in (0, 1):
            mine = np.flatnonzero((properties.street == street) & (properties.number % 2 == side))
            mine = mine[np.argsort(properties.number[mine])]
            along = [line.project(shapely.Point(properties.en[at])) for at in mine]
            # A house at a bend may be nearest to the next block of the street.
            assert all(b > a - 15 for a, b in pairwise(along))


def test_stops_run_along_arcs_of_their_street() -> None:
    council = small_council()
    roads, stops = council.roads, council.stops
    street_of = dict(
        zip(zip(roads.tail.tolist(), roads.head.tolist(), strict=True), roads.arc_street, strict=True)
    )
    for at, ends in enumerate(zip(stops.entry.tolist(), stops.exit.tolist(), strict=True)):
        assert street_of[ends] == stops.street[at]
        if stops.either_way[at]:
            assert street_of[ends[::-1]] == stops.street[at]
    assert np.array_equal(stops.line[0::2], roads.node_en[stops.entry])
    assert (stops.load > 0).all()
    assert (stops.households > 0).all()


def test_arcs_of_a_one_way_street_run_its_way() -> None:
    council = small_council()
    roads = council.roads
    arcs = set(zip(roads.tail.tolist(), roads.head.tolist(), strict=True))
    for street in np.flatnonzero(council.streets.one_way):
        mine = np.flatnonzero(roads.arc_street == street)
        assert all((int(roads.head[arc]), int(roads.tail[arc])) not in arcs for arc in mine)


def test_everything_reaches_everything() -> None:
    council = small_council()
    assert np.isfinite(council.travel_s).all()
    assert (council.travel_s > 0).sum() == council.travel_s.size - len(council.travel_s)
    # 60 km/h is what a collection vehicle does on a motorway.
    off = ~np.eye(len(council.travel_s), dtype=bool)
    assert (council.dist_m[off] / council.travel_s[off]).max() < 60.1 / 3.6


def test_special_streets_are_there_and_somebody_can_serve_them() -> None:
    council = small_council()
    stops, vehicles = council.stops, council.vehicles
    assert np.isfinite(stops.ban_from_s).any()
    for stop in range(len(stops.ids)):
        able = ((vehicles.skills & stops.skills[stop]) == stops.skills[stop]) & (
            vehicles.turns | ~stops.no_reversing[stop]
        )
        assert able.any()


def test_street_names_differ() -> None:
    main, local = street_names(40, 1_200, seed=9)
    assert len(set(main) | set(local)) == 1_240
    with pytest.raises(ValueError, match="count: 9000; there are"):
        street_names(10, 9_000, seed=9)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"sides": 0}, r"size\.sides: 0"), ({"depots": 9}, "more depots than vehicles")],
)
def test_a_size_that_cannot_be_is_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL_COUNCIL, **change)


def test_no_council_is_invented_for_a_real_place() -> None:
    with pytest.raises(ValueError, match="'demo' is a real one"):
        build_demo_council(replace(small_city(), generated=False), size=SMALL_COUNCIL)
    with pytest.raises(ValueError, match="it has no roads"):
        build_demo_council(law_city(), size=SMALL_COUNCIL)
    with pytest.raises(ValueError, match="seed: -1"):
        build_demo_council(small_city(), seed=-1, size=SMALL_COUNCIL)


def test_a_region_that_is_too_small_gives_what_it_has() -> None:
    size = DemoCouncilSize(sides=90_000, properties=3_000, vehicles=2, depots=2, tips=3, schools=2)
    council = build_demo_council(small_city(), size=size)
    assert len(council.properties.uprn) == 3_000
    assert len(np.unique(council.tips.node)) == 3
