"""Return or stay: against the plain objective, and the rules that keep an appliance where it is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.homecoming import HomeAdvice, advise_homecoming
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem
from optimiser.cover.standard import Standard
from optimiser.cover.state import CoverState
from tests.optimiser.cover_oracle import allowed, move_costs, risk
from tests.optimiser.cover_problems import busy_state, synthetic_city, timed_problem


def advise(problem: CoverProblem, most: int = 20) -> tuple[HomeAdvice, ...]:
    return advise_homecoming(AttendanceIndex.build(problem.attendance_s), problem, most)


@given(st.integers(0, 2**31))
@settings(max_examples=250, deadline=None)
def test_each_is_judged_by_the_objective_and_the_rules(seed: int) -> None:
    problem = timed_problem(seed, max_moves=5)
    advice = advise(problem)
    away = {
        a
        for a in range(problem.n_appliances)
        if problem.available[a] and not problem.locked[a] and problem.home[a] != problem.appliance_station[a]
    }
    assert {one.appliance for one in advice} == away
    now = risk(problem, ())
    returns = tuple((one.appliance, one.home) for one in advice if one.action == "return")
    for one in advice:
        home = int(problem.home[one.appliance])
        assert (one.station, one.home) == (problem.appliance_station[one.appliance], home)
        plan = ((one.appliance, home),)
        assert one.risk_change == pytest.approx(risk(problem, plan) - now, abs=1e-6)
        assert (one.action == "return") == (one.risk_change + one.cost < 0)
        # Allowed is what the rules allow once all the others that return have gone.
        assert math.isfinite(one.cost) == allowed(problem, tuple({*returns, *plan}))
        if math.isfinite(one.cost):
            assert one.cost == pytest.approx(move_costs(problem, plan), abs=1e-6)
    assert allowed(problem, returns)
    values = [one.risk_change + one.cost for one in advice]
    assert values == pytest.approx(sorted(values), abs=1e-6)


def two_towns(**changes: object) -> CoverProblem:
    """Two towns, one zone each; both appliances of the first stand in the second."""
    fields: dict[str, object] = {
        "standards": (Standard(),),
        "demand_per_h": np.array([[1.0, 1.0]]),
        "attendance_s": np.array([[100, 700], [700, 100]], dtype=np.float32),
        "appliance_kind": np.zeros(3, dtype=np.int64),
        "appliance_station": np.ones(3, dtype=np.int64),
        "available": np.ones(3, dtype=bool),
        "locked": np.zeros(3, dtype=bool),
        "home": np.array([0, 0, 1]),
        "move_cost": np.array([[0.0, 50.0], [50.0, 0.0]]),
    }
    return CoverProblem(**(fields | changes))  # type: ignore[arg-type]


def test_one_goes_home_where_its_ground_is_bare_and_the_grounds_are_named() -> None:
    one = advise(two_towns())[0]
    assert (one.appliance, one.station, one.home, one.action) == (0, 1, 0, "return")
    assert one.cost == 50.0
    assert [(ground.station, ground.seconds) for ground in one.gains] == [(0, 600.0)]
    assert one.loses == ()


def test_of_two_for_one_bay_only_the_better_returns() -> None:
    advice = advise(two_towns(bays=np.array([1, 3]), departing_charge=np.array([5.0, 0.0, 0.0])))
    assert [(one.appliance, one.action) for one in advice] == [(1, "return"), (0, "stay")]
    assert advice[1].cost == math.inf
    assert advice[1].risk_change == advice[0].risk_change


def test_minimum_cover_is_kept_by_all_returns_together() -> None:
    # Two homes wait; one of the two may leave.
    advice = advise(
        two_towns(
            attendance_s=np.array([[100, 700, 700], [700, 100, 700], [700, 700, 100]], dtype=np.float32),
            demand_per_h=np.array([[1.0, 0.1, 2.0]]),
            home=np.array([0, 2, 1]),
            move_cost=np.full((3, 3), 50.0),
            min_cover=np.array([0, 2, 0]),
        )
    )
    assert [(one.appliance, one.action) for one in advice] == [(1, "return"), (0, "stay")]


@pytest.mark.parametrize(
    "rule",
    [
        {"bays": np.array([0, 3])},
        {"min_cover": np.array([0, 3])},
        {"move_cost": np.array([[0.0, 1.0], [np.inf, 0.0]])},
        {"forbidden": frozenset({(0, 0), (1, 0)})},
        {"move_cost": np.array([[0.0, 9e6], [9e6, 0.0]])},
    ],
)
def test_a_rule_or_the_price_keeps_them(rule: dict[str, object]) -> None:
    assert [one.action for one in advise(two_towns(**rule))] == ["stay", "stay"]


def test_two_at_each_others_full_homes_both_return() -> None:
    swapped: dict[str, object] = {
        "demand_per_h": np.array([[1.0, 0.0], [0.0, 1.0]]),
        "standards": (Standard(), Standard()),
        "appliance_kind": np.array([0, 1]),
        "appliance_station": np.array([1, 0]),
        "available": np.ones(2, dtype=bool),
        "locked": np.zeros(2, dtype=bool),
        "home": np.array([0, 1]),
        "bays": np.ones(2, dtype=np.int64),
    }
    assert [one.action for one in advise(two_towns(**swapped))] == ["return", "return"]
    # Where one must stay, its bay stays taken, and so does the other.
    kept = advise(two_towns(**swapped, forbidden=frozenset({(1, 1)})))
    assert [(one.action, one.cost) for one in kept] == [("stay", math.inf)] * 2


@given(st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_with_one_bay_each_all_returns_together_keep_the_rules_and_no_other_could_go(seed: int) -> None:
    base = timed_problem(seed, max_moves=5)
    problem = replace(base, bays=np.ones(base.n_stations, dtype=np.int64))
    advice = advise(problem)
    returns = tuple((one.appliance, one.home) for one in advice if one.action == "return")
    assert allowed(problem, returns)
    for one in advice:
        if one.action == "stay":
            assert allowed(problem, (*returns, (one.appliance, one.home))) == math.isfinite(one.cost)


def test_homeward_moves_are_cheaper() -> None:
    assert advise(two_towns(homeward_factor=0.1))[0].cost == pytest.approx(5.0)


def test_nobody_away_nobody_available_and_none_asked_for() -> None:
    assert advise(two_towns(home=np.ones(3, dtype=np.int64))) == ()
    assert advise(two_towns(available=np.zeros(3, dtype=bool))) == ()
    assert advise(two_towns(locked=np.ones(3, dtype=bool))) == ()
    assert advise(two_towns(), most=0) == ()


def test_where_nothing_changes_they_stay() -> None:
    advice = advise(two_towns(demand_per_h=np.zeros((1, 2)), move_cost=np.zeros((2, 2))))
    assert [(one.action, one.risk_change) for one in advice] == [("stay", 0.0)] * 2


def test_a_city_names_the_best_returns_first_and_no_more_than_asked() -> None:
    city = synthetic_city(3)
    rng = np.random.default_rng(0)
    station = city.home.copy()
    moved = rng.choice(len(station), 30, replace=False)
    station[moved] = rng.integers(0, 102, 30)
    problem = busy_state(city, 2, appliance_station=station)
    index = AttendanceIndex.build(city.attendance_s)
    every = advise_homecoming(index, problem, 100)
    assert advise_homecoming(index, problem, 5) == every[:5]
    state = CoverState(index, problem, Movers.of(problem))
    before = state.objective
    assert advise_homecoming(index, problem, 100, state) == every
    assert state.objective == before
    assert {one.action for one in every} == {"return", "stay"}
