"""Rounds from streets: every household in one stop, on its side, in walking order, and days that hold."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.road_network import RoadNetwork
from geo.street_sides import place_on_streets
from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import check
from optimiser.routes.formats.uniform import plain_tips, uniform_fleet
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.street_households import Households, StopBounds
from optimiser.routes.street_network import Collect, Streets
from optimiser.routes.street_rounds import BOTH, LEFT, RIGHT, StreetStops, street_stops
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

pytestmark = pytest.mark.slow


def told(made: StreetStops) -> list[tuple[int, list[int], int, int, bool]]:
    """(side, households, entry node, exit node, either way) of each stop."""
    node, stops = made.locations.node, made.stops
    return [
        (
            int(made.side[s]),
            made.household[made.first[s] : made.first[s + 1]].tolist(),
            int(node[stops.entry[s]]),
            int(node[stops.exit[s]]),
            bool(stops.either_way[s]),
        )
        for s in range(len(stops))
    ]


def test_a_quiet_street_is_one_stop() -> None:
    _, streets = one_road(Collect.BOTH_SIDES)
    assert told(street_stops(households(HOUSES), streets, WIDE)) == [(BOTH, [0, 3, 2, 1], 0, 1, True)]


def test_an_ordinary_street_is_a_stop_for_each_side() -> None:
    _, streets = one_road(Collect.EACH_SIDE)
    made = street_stops(households(HOUSES), streets, WIDE)
    assert told(made) == [(LEFT, [0, 1], 0, 1, True), (RIGHT, [3, 2], 0, 1, True)]
    # Two households of 10 s, and 100 m at the street's speed.
    assert made.stops.service_s.tolist() == [20 + 100 / SPEED_MPS] * 2
    assert made.stops.load.tolist() == [[2.0], [2.0]]
    assert made.stops.unserved_cost.tolist() == [200.0, 200.0]


def test_a_main_road_is_collected_with_the_traffic() -> None:
    _, streets = one_road(Collect.NEAR_SIDE)
    homes = households(HOUSES)
    assert told(street_stops(homes, streets, WIDE)) == [
        (LEFT, [0, 1], 0, 1, False),
        (RIGHT, [2, 3], 1, 0, False),
    ]
    assert told(street_stops(homes, streets, WIDE, traffic_on_left=False)) == [
        (LEFT, [1, 0], 1, 0, False),
        (RIGHT, [3, 2], 0, 1, False),
    ]


@pytest.mark.parametrize("collect", [Collect.EACH_SIDE, Collect.NEAR_SIDE])
def test_a_one_way_street_is_collected_in_its_direction(collect: Collect) -> None:
    _, streets = one_road(collect, one_way=True)
    assert told(street_stops(households(HOUSES), streets, WIDE)) == [
        (LEFT, [0, 1], 0, 1, False),
        (RIGHT, [3, 2], 0, 1, False),
    ]


def test_a_side_above_its_bound_is_split_half_way_between_households() -> None:
    roads, streets = one_road(Collect.NEAR_SIDE)
    homes = households([[20, -5], [40, -5], [90, -5]], load=[1, 1, 1])
    made = street_stops(homes, streets, StopBounds(np.array([2.0]), np.inf))
    # The right side is walked from the end.
    assert made.household.tolist() == [2, 1, 0]
    assert made.first.tolist() == [0, 2, 3]
    assert [one.split("/", 1)[1] for one in made.stops.ids] == ["right/1", "right/2"]
    assert list(zip(made.from_m, made.to_m, strict=True)) == [(30.0, 100.0), (0.0, 30.0)]
    assert made.stops.exit[0] == made.stops.entry[1]
    # The place between is reached from the end only, and left to the start only.
    travel = street_travel(roads, streets, made.locations, [])
    end, cut, start = made.stops.entry[0], made.stops.exit[0], made.stops.exit[1]
    assert travel.dist_m[end, cut] == pytest.approx(70.0)
    assert travel.dist_m[cut, start] == pytest.approx(30.0)
    assert travel.dist_m[start, cut] == pytest.approx(100.0 + 70.0)
    assert travel.dist_m[cut, end] == pytest.approx(30.0 + 100.0)
    assert travel.dist_m[cut, cut] == 0.0


def test_a_split_by_work() -> None:
    _, streets = one_road(Collect.BOTH_SIDES)
    made = street_stops(households(HOUSES), streets, StopBounds(np.array([np.inf]), 20.0))
    assert np.diff(made.first).tolist() == [2, 2]


def test_a_household_far_from_every_street_is_named() -> None:
    _, streets = one_road(Collect.EACH_SIDE)
    made = street_stops(households([[20, 5], [50, 400]]), streets, WIDE)
    assert made.household.tolist() == [0]
    assert made.unplaced.tolist() == [1]
    none = street_stops(households([[50, 400]]), streets, WIDE)
    assert len(none.stops) == 0
    assert none.stops.load.shape == (0, 1)


@pytest.mark.parametrize(
    ("change", "bounds", "field"),
    [
        ({"load": [[3.0], [1.0]]}, StopBounds(np.array([2.0]), 90.0), "households.load of H0"),
        (
            {"service_s": np.array([1.0, 99.0])},
            StopBounds(np.array([2.0]), 90.0),
            "households.service_s of H1",
        ),
        ({}, StopBounds(np.array([2.0, 2.0]), 90.0), "bounds.max_load"),
        ({}, StopBounds(np.array([0.0]), 90.0), "bounds.max_load"),
        ({}, StopBounds(np.array([np.nan]), 90.0), "bounds.max_load"),
        ({}, StopBounds(np.array([2.0]), 0.0), "bounds.max_work_s"),
    ],
)
def test_bounds_that_cannot_be_kept_are_refused(change: Any, bounds: StopBounds, field: str) -> None:
    _, streets = one_road(Collect.EACH_SIDE)
    homes = households([[20, 5], [80, 5]], **change)
    with pytest.raises(RouteInputError) as caught:
        street_stops(homes, streets, bounds)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ids": ("a", "a")}, "households.ids"),
        ({"en": np.zeros((3, 2))}, "households.en"),
        ({"en": np.array([[0, 0], [0, np.inf]])}, "households.en of H1"),
        ({"load": np.zeros(2)}, "households.load"),
        ({"service_s": np.array([-1.0, 0.0])}, "households.service_s of H0"),
    ],
)
def test_bad_households_are_refused(change: Any, field: str) -> None:
    with pytest.raises(RouteInputError) as caught:
        replace(households([[20, 5], [80, 5]]), **change)
    assert caught.value.field == field


@settings(max_examples=60, deadline=None)
@given(towns(), st.booleans())
def test_invariants_of_any_town(
    town: tuple[RoadNetwork, Streets, Households, StopBounds], on_left: bool
) -> None:
    _, streets, homes, bounds = town
    made = street_stops(homes, streets, bounds, traffic_on_left=on_left)
    check_membership(made, homes, bounds)
    check_geometry(made, streets, homes, bounds)
    check_directions(made, streets, on_left)


def check_membership(made: StreetStops, homes: Households, bounds: StopBounds) -> None:
    """Everybody once; sums add up; bounds kept; and no two neighbouring parts could be one."""
    assert sorted([*made.household.tolist(), *made.unplaced.tolist()]) == list(range(len(homes)))
    assert len(set(made.stops.ids)) == len(made.stops)
    work_s = []
    for s in range(len(made.stops)):
        members = made.household[made.first[s] : made.first[s + 1]]
        assert len(members)
        work_s.append(homes.service_s[members].sum())
        assert made.stops.load[s] == pytest.approx(homes.load[members].sum(axis=0))
        assert made.stops.unserved_cost[s] == pytest.approx(homes.unserved_cost[members].sum())
        assert (made.stops.load[s] <= bounds.max_load).all()
        assert work_s[s] <= bounds.max_work_s + 1e-9
        if s and (made.segment[s], made.side[s]) == (made.segment[s - 1], made.side[s - 1]):
            joint = made.stops.load[s] + made.stops.load[s - 1]
            first = homes.load[members[0]] + made.stops.load[s - 1]
            one_more_s = work_s[s - 1] + homes.service_s[members[0]]
            assert (first > bounds.max_load - 1e-9).any() or one_more_s > bounds.max_work_s - 1e-9
            assert (joint >= first - 1e-9).all()


def check_geometry(made: StreetStops, streets: Streets, homes: Households, bounds: StopBounds) -> None:
    """Stretches follow each other, households lie in them in order, and sides are right."""
    length_m = streets.lines.length_m()
    for s in range(len(made.stops)):
        segment, members = int(made.segment[s]), made.household[made.first[s] : made.first[s + 1]]
        first, last = streets.lines.first[segment : segment + 2]
        points = streets.lines.point_en[first:last]
        seen = [brute_place(points, homes.en[one]) for one in members]
        along = [one[1] for one in seen]
        assert made.from_m[s] - 1e-6 <= min(along) <= max(along) <= made.to_m[s] + 1e-6
        entered_m, left_m = (
            end_m(made, streets, segment, int(end), at_start)
            for end, at_start in ((made.stops.entry[s], True), (made.stops.exit[s], False))
        )
        # Within rounding, in the order of the walk.
        walk = along if entered_m <= left_m else along[::-1]
        assert walk == sorted(walk) or np.diff(walk).min() > -1e-6
        for (away_m, _, cross), one in zip(seen, members, strict=True):
            assert away_m <= bounds.max_away_m + 1e-6
            nearest = [
                brute_place(
                    streets.lines.point_en[streets.lines.first[g] : streets.lines.first[g + 1]], homes.en[one]
                )[0]
                for g in np.flatnonzero(streets.collect != Collect.NOT)
            ]
            assert away_m == pytest.approx(min(nearest), abs=1e-6)
            if made.side[s] != BOTH and cross is not None:
                assert (made.side[s] == LEFT) == cross
        stretch_s = (made.to_m[s] - made.from_m[s]) / streets.speed_mps[segment]
        assert made.stops.service_s[s] == pytest.approx(homes.service_s[members].sum() + stretch_s)
    for key in set(zip(made.segment.tolist(), made.side.tolist(), strict=True)):
        parts = np.flatnonzero((made.segment == key[0]) & (made.side == key[1]))
        stretches = sorted(zip(made.from_m[parts], made.to_m[parts], strict=True))
        assert stretches[0][0] == 0.0
        assert stretches[-1][1] == length_m[key[0]]
        assert all(a[1] == b[0] for a, b in pairwise(stretches))


def brute_place(points: Any, place: Any) -> tuple[float, float, bool | None]:
    """(away, along, on the left or None where that is in doubt), over fine steps of each leg in turn."""
    best: tuple[float, float, bool | None] = (math.inf, 0.0, None)
    along = 0.0
    doubt = False
    for a, b in pairwise(points):
        leg = b - a
        length = float(np.hypot(*leg))
        share = min(max(float((place - a) @ leg) / length**2, 0.0), 1.0)
        away = float(np.hypot(*(a + share * leg - place)))
        cross = float(leg[0] * (place - a)[1] - leg[1] * (place - a)[0]) / length
        if abs(away - best[0]) < 1e-6:
            doubt = True  # at a bend, or between two legs: the geometry's own tests look there
        elif away < best[0]:
            doubt = False
            best = (away, along + share * length, cross > 0 if abs(cross) > 1e-6 else None)
        along += length
    return (best[0], best[1], None if doubt else best[2])


def end_m(made: StreetStops, streets: Streets, segment: int, location: int, at_start: bool) -> float:
    """How far along the segment a stop's end is."""
    if made.locations.segment[location] >= 0:
        assert made.locations.segment[location] == segment
        return float(made.locations.along_m[location])
    node = made.locations.node[location]
    assert node in (streets.start[segment], streets.end[segment])
    return 0.0 if node == streets.start[segment] else float(streets.lines.length_m()[segment])


def check_directions(made: StreetStops, streets: Streets, on_left: bool) -> None:
    for s in range(len(made.stops)):
        g = int(made.segment[s])
        entered_m, left_m = (
            end_m(made, streets, g, int(end), True) for end in (made.stops.entry[s], made.stops.exit[s])
        )
        near_side = streets.collect[g] == Collect.NEAR_SIDE
        assert made.stops.either_way[s] == (not streets.one_way[g] and not near_side)
        against = near_side and not streets.one_way[g] and (made.side[s] == RIGHT) == on_left
        assert entered_m >= left_m if against else entered_m <= left_m
        assert (made.side[s] == BOTH) == (streets.collect[g] == Collect.BOTH_SIDES)


def test_a_quarter_of_the_generated_city_becomes_stops() -> None:
    _, streets, homes, made, _ = quarter()
    assert len(homes) > 500
    assert len(made.unplaced) == 0
    bounds = StopBounds(np.array([150.0, 150.0]), 300.0)
    check_membership(made, homes, bounds)
    check_directions(made, streets, True)
    assert 1.0 < len(homes) / len(made.stops) < 60.0
    assert made.locations.segment.max() >= 0  # some side is split
    placed = place_on_streets(streets.lines, homes.en, 150.0, streets.collect != Collect.NOT)
    assert (placed.segment[made.household] == np.repeat(made.segment, np.diff(made.first))).all()


def day() -> RouteProblem:
    _, _, _, made, travel = quarter()
    depot, tip = (int(one) for one in travel.place)
    fleet = uniform_fleet(3, shift_s=(6 * 3600.0, 48 * 3600.0), capacity=4_000.0, max_trips=20)
    at_depot = np.full(3, depot)
    fleet = replace(
        fleet,
        start=at_depot,
        end=at_depot.copy(),
        capacity=np.full((3, 2), 4_000.0),
        daily_load=np.full((3, 2), np.inf),
        turns=np.array([True, False, False]),
    )
    tips = plain_tips(
        ("tip",), np.array([tip]), service_s=np.array([600.0]), window_s=np.array([[-np.inf, np.inf]])
    )
    return RouteProblem(
        travel.travel_s,
        travel.dist_m,
        fleet,
        made.stops,
        replace(tips, takes=np.ones((1, 2), dtype=bool)),
    )


def test_it_is_a_day_that_the_checker_understands() -> None:
    problem = day()
    rounds: list[list[Visit]] = [[], [], []]
    load = np.zeros((3, 2))
    for stop in range(len(problem.stops)):
        vehicle = 0 if problem.stops.no_reversing[stop] else 1 + stop % 2
        if (load[vehicle] + problem.stops.load[stop] > problem.fleet.capacity[vehicle]).any():
            rounds[vehicle].append(Visit(Kind.TIP, 0))
            load[vehicle] = 0.0
        rounds[vehicle].append(Visit(Kind.STOP, stop, bool(problem.stops.either_way[stop]) and stop % 3 == 0))
        load[vehicle] += problem.stops.load[stop]
    plan = DayPlan(tuple((*visits, Visit(Kind.TIP, 0)) for visits in rounds if visits))
    assert len(plan.rounds) == 3
    verdict = check(problem, plan)
    assert verdict.violations == ()
    # A stop with a direction may not be served against it, a dead end not by a vehicle that must reverse.
    one_way = next(at for at, visit in enumerate(plan.rounds[1]) if not problem.stops.either_way[visit.index])
    turned = list(plan.rounds[1])
    turned[one_way] = turned[one_way]._replace(backward=True)
    codes = {
        v.code
        for v in check(
            problem, replace(plan, rounds=(plan.rounds[0], tuple(turned), *plan.rounds[2:]))
        ).violations
    }
    assert codes == {"direction"}
    swapped = replace(plan, rounds=(plan.rounds[1], plan.rounds[0], plan.rounds[2]))
    assert {v.code for v in check(problem, swapped).violations} == {"reversing"}
