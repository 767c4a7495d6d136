"""The made-up council day: its plan keeps all rules, each of them occurs, and its events are as asked."""

from dataclasses import fields

import numpy as np
import pytest

from optimiser.benchmarks.council_day import CouncilDay, council_day
from optimiser.benchmarks.routes_events import at_time, lose_vehicle, new_stop, with_stops
from optimiser.routes.checker import check
from optimiser.routes.plan import BREAK_ON_ARRIVAL, DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.stops import ANYWHERE, Stops
from tests.optimiser.routes.slow_cases import first_quick

SMALL = 84
SMALL_VEHICLES = 3
NOON_S = 43200.0


@pytest.fixture(scope="module")
def day() -> CouncilDay:
    return council_day(1)


@pytest.fixture(scope="module")
def small() -> CouncilDay:
    return council_day(7, SMALL, SMALL_VEHICLES)


def in_force(problem: RouteProblem) -> tuple[list[int], list[bool]]:
    assert problem.in_force is not None
    return problem.in_force.done.tolist(), problem.in_force.lost.tolist()


@pytest.mark.parametrize("seed", first_quick(range(1, 7), 2))
def test_the_plan_in_force_keeps_all_rules(seed: int) -> None:
    made = council_day(seed)
    verdict = check(made.problem, made.plan)
    assert verdict.violations == ()
    assert verdict.cost.unserved_stops == 0
    assert all(2 <= sheet.trips <= 4 for sheet in verdict.rounds)
    assert all(26 <= sheet.stops <= 30 for sheet in verdict.rounds)
    assert all(sheet.break_s > 0 for sheet in verdict.rounds)


def test_every_rule_occurs(day: CouncilDay) -> None:
    stops, fleet, tips = day.problem.stops, day.problem.fleet, day.problem.tips
    count = len(stops)
    assert (count, len(fleet), len(tips)) == (500, 18, 3)
    assert 0.12 < np.isfinite(stops.window_open_s[:, 0]).mean() < 0.28
    assert np.isfinite(stops.window_open_s[:, 1]).any()
    assert 0.03 < np.isfinite(stops.ban_from_s[:, 0]).mean() < 0.13
    assert set(stops.skills.tolist()) >= {0, 1, 2, 4}
    directed = (stops.entry != stops.exit) & ~stops.either_way
    assert directed.sum() > 100
    assert (stops.either_way & (stops.entry != stops.exit)).sum() > 100
    assert (stops.entry == stops.exit).sum() > 100
    assert stops.no_reversing.any()
    assert not fleet.turns.all()
    assert np.isfinite(stops.release_s).any()
    assert (stops.locked_vehicle != ANYWHERE).any()
    assert (stops.locked_position != ANYWHERE).any()
    assert len(set(stops.unserved_cost.tolist())) == 3
    assert (stops.load > 0).all(axis=1).any()
    assert (fleet.capacity > 0).all(axis=1).sum() == 6
    assert len(set(fleet.start.tolist())) == 2
    assert np.isfinite(fleet.daily_load).any()
    assert np.isfinite(fleet.daily_stops).all()
    assert not np.array_equal(day.problem.travel_s, day.problem.travel_s.T)
    assert len({tuple(row) for row in tips.takes.tolist()}) == 3


def test_the_same_seed_gives_the_same_day(small: CouncilDay) -> None:
    again, other = council_day(7, SMALL, SMALL_VEHICLES), council_day(8, SMALL, SMALL_VEHICLES)
    assert again.plan == small.plan
    assert np.array_equal(again.problem.travel_s, small.problem.travel_s)
    for one in fields(Stops):
        ours, theirs = getattr(again.problem.stops, one.name), getattr(small.problem.stops, one.name)
        assert np.array_equal(np.asarray(ours), np.asarray(theirs)), one.name
    assert other.plan != small.plan


def test_the_fastest_ways_obey_the_triangle(small: CouncilDay) -> None:
    travel_s = small.problem.travel_s
    assert np.isfinite(travel_s).all()
    assert (np.diag(travel_s) == 0).all()
    rng = np.random.default_rng(3)
    a, b, c = rng.integers(len(travel_s), size=(3, 500))
    # Each is rounded to a tenth of a second.
    assert (travel_s[a, c] <= travel_s[a, b] + travel_s[b, c] + 0.2).all()
    straight_m = np.linalg.norm(small.location_m[a] - small.location_m[b], axis=1)
    assert (small.problem.dist_m[a, b] >= straight_m - 1.0).all()


def test_rounds_are_of_near_stops(day: CouncilDay) -> None:
    where = day.location_m[day.problem.stops.entry]
    spread = np.mean(
        [
            np.linalg.norm(where[own] - where[own].mean(axis=0), axis=1).mean()
            for visits in day.plan.rounds
            if (own := [visit.index for visit in visits if visit.kind == Kind.STOP])
        ]
    )
    assert spread < 0.4 * np.linalg.norm(where - where.mean(axis=0), axis=1).mean()


@pytest.mark.parametrize("late_s", [0.0, 900.0])
def test_at_a_time_what_is_done_stays_and_the_rest_can_be_done(small: CouncilDay, late_s: float) -> None:
    problem = at_time(small, 9.0 * 3600.0, late_s, seed=5)
    done, lost = in_force(problem)
    assert all(0 < n < len(visits) for n, visits in zip(done, small.plan.rounds, strict=True))
    assert not any(lost)
    assert check(problem, small.plan).violations == ()
    times = [sheet.times for sheet in check(small.problem, small.plan).rounds]
    # Over before that time is what comes before the visit that is under way.
    assert all(own.finish_s[n - 2] <= 9.0 * 3600.0 for own, n in zip(times, done, strict=True))


def test_who_rests_on_arrival_is_on_the_way_to_the_next_visit(small: CouncilDay) -> None:
    rest = Visit(Kind.BREAK, BREAK_ON_ARRIVAL)
    rounds = tuple(
        tuple(rest if visit.kind == Kind.BREAK else visit for visit in visits) for visits in small.plan.rounds
    )
    day = small.with_plan(DayPlan(rounds))
    assert check(day.problem, day.plan).violations == ()
    for vehicle, sheet in enumerate(check(day.problem, day.plan).rounds):
        at = rounds[vehicle].index(rest)
        problem = at_time(day, float(sheet.times.finish_s[at - 1]))
        assert in_force(problem)[0][vehicle] == at + 2
        assert check(problem, day.plan).violations == ()


def test_before_the_day_nothing_is_done(small: CouncilDay) -> None:
    assert in_force(at_time(small, 3600.0))[0] == [0] * SMALL_VEHICLES


@pytest.mark.parametrize("remaining", [26, 20, 99])
def test_a_lost_lorry_leaves_so_many_stops(small: CouncilDay, remaining: int) -> None:
    problem, vehicle, clock_s = lose_vehicle(small, remaining, seed=1)
    done, lost = in_force(problem)
    visits = small.plan.rounds[vehicle]
    longest = max(sum(v.kind == Kind.STOP for v in own) for own in small.plan.rounds)
    left = sum(visit.kind == Kind.STOP for visit in visits[done[vehicle] :])
    assert left == min(remaining, longest)
    assert [n for n, is_lost in enumerate(lost) if is_lost] == [vehicle]
    assert clock_s < NOON_S
    codes = {one.code for one in check(problem, small.plan).violations}
    assert "lost" in codes


def test_new_stops_come_last_and_are_nobodys_yet(small: CouncilDay) -> None:
    rng = np.random.default_rng(2)
    more = [new_stop(small, rng, NOON_S, f"new-{n}") for n in range(200)]
    problem = small.problem
    for one in more:
        problem = with_stops(problem, one)
    assert len(problem.stops) == SMALL + 200
    assert problem.in_force is not None
    assert problem.in_force.plan.unserved == tuple(range(SMALL, SMALL + 200))
    opens, closes = problem.stops.window_open_s[SMALL:], problem.stops.window_close_s[SMALL:]
    assert 10 < np.isfinite(opens[:, 0]).sum() < 80
    last_s = np.where(np.isfinite(opens), closes, -np.inf).max(axis=1)[np.isfinite(opens[:, 0])]
    assert (last_s >= NOON_S).all()
    assert (problem.stops.skills[SMALL:] > 0).any()
    verdict = check(problem, problem.in_force.plan)
    assert verdict.violations == ()
    assert verdict.cost.unserved_stops == 200


def test_another_plan_in_force(small: CouncilDay) -> None:
    other = small.with_plan(small.plan)
    assert other.problem.in_force is not None
    assert other.problem.in_force.plan == other.plan
    assert other.problem.in_force.done.sum() == 0
