"""Figures of rounds and days, and plans side by side, against sums done by hand and the checker's own."""

from dataclasses import fields
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.routes.checker import check
from optimiser.routes.plan import DayPlan
from optimiser.routes.plan_comparison import NOBODY, SUMS, MovedStop, compare_plans
from optimiser.routes.problem import RouteProblem, RouteWeights
from optimiser.routes.round_figures import (
    Balance,
    DayFigures,
    RoundFigures,
    UnservedGroup,
    day_figures,
    round_figures,
)
from tests.optimiser.routes.random_days import random_day, random_plan
from tests.optimiser.routes.small_days import day, plan, with_in_force


def figures(problem: RouteProblem, of: DayPlan) -> DayFigures:
    return day_figures(problem, of, check(problem, of))


def test_a_round_by_hand() -> None:
    problem = day(1, 2, fleet={"shift_end_s": 500.0, "max_overtime_s": 200.0, "capacity": 8.0})
    verdict = check(problem, plan("s0 s1 t0"))
    assert round_figures(problem, verdict.rounds[0]) == RoundFigures(
        vehicle=0, duration_s=600, drive_s=360, service_s=240, wait_s=0, break_s=0, overtime_s=100,
        dist_m=600, load=(2,), load_share=(0.25,), stops=2, tips=1, cost=600, cost_per_collection=300,
    )  # fmt: skip


def test_the_share_of_capacity_is_of_the_most_on_board() -> None:
    problem = day(
        1, 3, materials=2, fleet={"capacity": [4, np.inf]}, stops={"load": [[1, 5], [2, 0], [1, 1]]}
    )
    found = figures(problem, plan("s0 s1 t0 s2 t0")).rounds[0]
    assert found.load == (4, 6)
    assert found.load_share == (0.75, 0.0)


def test_a_load_where_none_is_carried() -> None:
    problem = day(1, 1, fleet={"capacity": 0.0})
    assert figures(problem, plan("s0 t0")).rounds[0].load_share == (np.inf,)


def test_a_round_without_stops() -> None:
    found = figures(day(1, 1), plan("t0", unserved=(0,)))
    assert isnan(found.rounds[0].cost_per_collection) and isnan(found.total.cost_per_collection)


def test_nobody_in_use() -> None:
    found = figures(day(2, 1), plan("", "", unserved=(0,)))
    assert found.rounds == ()
    assert found.balance == Balance(0.0, 0.0, 0.0, -1)
    assert (found.total.load, found.total.cost) == ((0,), 1000)


def test_balance_by_hand() -> None:
    problem = day(3, 2, n_tips=1, fleet={"shift_start_s": [0, 100, 0]}, stops={"service_s": [60, 60]})
    of = plan("s1 t0", "s0 t0", "")
    verdict = check(problem, of)
    times = [verdict.rounds[0].finish_s, verdict.rounds[1].finish_s - 100]
    found = day_figures(problem, of, verdict).balance
    assert found.mean_s == sum(times) / 2
    assert found.spread_s == pytest.approx(abs(times[0] - times[1]) / 2)
    assert abs(found.largest_s) == pytest.approx(found.spread_s)


def test_the_largest_departure_has_a_sign_and_a_vehicle() -> None:
    problem = day(3, 3, stops={"service_s": [60, 60, 6000]})
    found = figures(problem, plan("s0 t0", "s1 t0", "s2 t0")).balance
    assert found.vehicle == 2 and found.largest_s > 0


def test_a_lost_vehicle_is_in_no_balance() -> None:
    problem = with_in_force(day(2, 2), plan("s0 t0", "s1 t0"), done=[1, 0], lost=[True, False])
    found = figures(problem, plan("s0", "s1 t0"))
    assert [one.vehicle for one in found.rounds] == [0, 1]
    assert found.balance.spread_s == 0 and found.balance.vehicle == 1


def test_unserved_by_priority() -> None:
    problem = day(1, 4, stops={"unserved_cost": [5, 90, 5, 20]})
    found = figures(problem, plan("s3 t0", unserved=(0, 1, 2)))
    assert found.unserved == (UnservedGroup(90, (1,)), UnservedGroup(5, (0, 2)))


def test_churn_is_a_share_of_the_untouched() -> None:
    problem = with_in_force(day(2, 4), plan("s0 s1 t0", "s2 s3 t0"), done=[1, 0])
    found = figures(problem, plan("s0 t0", "s1 s2 s3 t0"))
    assert (found.moved_stops, found.churn_share) == (1, 1 / 3)


def test_two_plans_by_hand() -> None:
    problem = day(3, 4)
    of = plan("s0 s1 t0", "s2 t0", "", unserved=(3,)), plan("s0 t0", "s2 t0", "s1 s3 t0")
    verdicts = check(problem, of[0]), check(problem, of[1])
    found = compare_plans(problem, (of[0], verdicts[0]), (of[1], verdicts[1]))
    assert found.moved == (MovedStop(1, 0, 2), MovedStop(3, NOBODY, 2))
    assert [one.vehicle for one in found.rounds] == [0, 2]
    first, last = found.rounds
    assert (first.taken, first.given) == ((), (1,))
    assert (last.before, last.taken) == (None, (1, 3))
    assert first.difference["stops"] == -1 and first.difference["service_s"] == -60
    assert last.difference["dist_m"] == 1000 and last.difference["tips"] == 1
    # 1000 m more for the third vehicle, and no more 1000 for a stop left unserved.
    assert found.difference["cost"] == 0 and found.difference["dist_m"] == 1000
    assert set(found.difference) == set(SUMS)


def test_the_same_plan_twice() -> None:
    problem, of = day(2, 2), plan("s0 t0", "s1 t0")
    both = (of, check(problem, of))
    found = compare_plans(problem, both, both)
    assert found.moved == () and found.rounds == ()
    assert set(found.difference.values()) == {0.0}


def test_the_same_stops_in_another_order_are_a_change_without_a_move() -> None:
    problem = day(1, 2)
    of = plan("s0 s1 t0"), plan("s1 s0 t0")
    found = compare_plans(problem, (of[0], check(problem, of[0])), (of[1], check(problem, of[1])))
    assert found.moved == ()
    assert len(found.rounds) == 1 and found.rounds[0].difference["dist_m"] == 200


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_the_figures_add_up(seed: int) -> None:
    problem = random_day(seed, weights=RouteWeights(1.0, 0.1, 2.0, 3.0, 0.5))
    ours, theirs = random_plan(problem, seed), random_plan(problem, seed + 1)
    verdicts = check(problem, ours), check(problem, theirs)
    found = day_figures(problem, ours, verdicts[0])
    cost = verdicts[0].cost
    assert found.total.cost == pytest.approx(cost.total)
    assert sum(one.cost for one in found.rounds) == pytest.approx(cost.legs + cost.vehicles + cost.overtime)
    assert found.total.drive_s == pytest.approx(cost.drive_s)
    assert sum(len(group.stops) for group in found.unserved) == len(ours.unserved)
    past = problem.in_force
    used = [one.duration_s for one in found.rounds if past is None or not past.lost[one.vehicle]]
    away = sum(abs(one - found.balance.mean_s) for one in used)
    assert 0.5 * away == pytest.approx(cost.balance)
    compared = compare_plans(problem, (ours, verdicts[0]), (theirs, verdicts[1]))
    back = compare_plans(problem, (theirs, verdicts[1]), (ours, verdicts[0]))
    assert {m.stop for m in compared.moved} == {m.stop for m in back.moved}
    for name in SUMS:
        assert compared.difference[name] == pytest.approx(-back.difference[name])
        if name != "cost":
            parts = sum(one.difference[name] for one in compared.rounds)
            assert parts == pytest.approx(compared.difference[name])


def test_what_is_compared_are_figures() -> None:
    assert set(SUMS) < {one.name for one in fields(RoundFigures)}
