"""The cover engine where there is nothing to decide, or nothing to decide with."""

from typing import Any

import numpy as np
import pytest

from optimiser.cover.engine import CoverEngine
from optimiser.cover.plan import CoverPlan
from optimiser.cover.problem import CoverProblem
from optimiser.cover.standard import Standard
from tests.optimiser import cover_oracle as oracle


def line_problem(**changes: Any) -> CoverProblem:
    """Four stations and eight zones on a line, two appliances at each of the first two stations."""
    at = np.arange(4) * 300.0
    zones = np.linspace(0.0, 900.0, 8)
    fields: dict[str, Any] = {
        "standards": (Standard(),),
        "demand_per_h": np.full((1, 8), 0.5),
        "attendance_s": (60.0 + np.abs(at[:, None] - zones[None, :])).astype(np.float32),
        "appliance_kind": np.zeros(4, dtype=np.int64),
        "appliance_station": np.array([0, 0, 1, 1]),
        "available": np.ones(4, dtype=bool),
        "locked": np.zeros(4, dtype=bool),
        "home": np.array([0, 0, 1, 1]),
        "move_cost": np.full((4, 4), 5.0),
        "max_moves": 3,
    }
    return CoverProblem(**(fields | changes))


def solve(problem: CoverProblem) -> CoverPlan:
    engine = CoverEngine(problem.attendance_s, problem.standards)
    first = engine.first_plan(problem)
    plan = engine.certify(problem, first, 20.0, target_gap=5e-5)
    assert len(engine.explain(problem, plan)) == len(plan.moves)
    assert plan.certificate == "proven"
    assert plan.bound is not None
    best = oracle.best_objective(problem)
    assert plan.bound <= best + 1e-9
    assert plan.objective == pytest.approx(best, rel=6e-5, abs=1e-9)
    assert len(plan.frontier) == problem.max_moves + 1
    return plan


def test_real_gaps_are_filled() -> None:
    plan = solve(line_problem())
    assert {move.destination for move in plan.moves} >= {3}
    assert plan.objective < plan.before.risk


def test_nothing_available_means_everything_at_the_cap() -> None:
    plan = solve(line_problem(available=np.zeros(4, dtype=bool)))
    assert plan.moves == ()
    assert plan.before.first_share == (0.0,)
    # Every zone: 1.0 x 1800 + 0.5 x 1800 + 300 + 150 + 150, times half an incident an hour, eight zones.
    assert plan.objective == pytest.approx(8 * 0.5 * (1800.0 + 900.0 + 600.0))


def test_everything_where_it_should_be_stays() -> None:
    stations = np.arange(4)
    plan = solve(line_problem(appliance_station=stations, home=stations, move_cost=np.full((4, 4), 1e6)))
    assert plan.moves == ()
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


def test_one_station_has_nowhere_to_go() -> None:
    full = line_problem()
    plan = solve(
        line_problem(
            attendance_s=full.attendance_s[:1],
            appliance_station=np.zeros(4, dtype=np.int64),
            home=np.zeros(4, dtype=np.int64),
            move_cost=np.zeros((1, 1)),
        )
    )
    assert plan.moves == ()


def test_no_demand_moves_nothing_even_for_free() -> None:
    plan = solve(line_problem(demand_per_h=np.zeros((1, 8)), move_cost=np.zeros((4, 4))))
    assert plan.moves == ()
    assert plan.objective == 0.0
    assert plan.gap == 0.0
    assert plan.after.first_share == (1.0,)


def test_equal_times_everywhere_move_nothing() -> None:
    plan = solve(line_problem(attendance_s=np.full((4, 8), 300.0, dtype=np.float32)))
    assert plan.moves == ()


def test_a_zone_nobody_reaches_costs_the_cap_and_changes_nothing_else() -> None:
    attendance_s = line_problem().attendance_s.copy()
    attendance_s[:, 3] = np.inf
    plan = solve(line_problem(attendance_s=attendance_s))
    demand = np.full((1, 8), 0.5)
    demand[0, 3] = 0.0
    without = solve(line_problem(attendance_s=attendance_s, demand_per_h=demand))
    assert plan.objective - without.objective == pytest.approx(0.5 * 3300.0)


def test_all_locked_and_no_moves_allowed_are_the_same() -> None:
    locked = solve(line_problem(locked=np.ones(4, dtype=bool)))
    none = solve(line_problem(max_moves=0))
    assert locked.moves == none.moves == ()
    assert locked.objective == none.objective
    assert len(none.frontier) == 1


def test_no_appliances_at_all() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    plan = solve(
        line_problem(
            appliance_kind=nothing,
            appliance_station=nothing,
            home=nothing,
            available=np.zeros(0, dtype=bool),
            locked=np.zeros(0, dtype=bool),
        )
    )
    assert plan.moves == ()


def test_a_target_just_below_the_cap_is_missed_where_nothing_is_available() -> None:
    standard = Standard(first_target_s=1799.9999999, second_target_s=1799.9999999)
    plan = solve(line_problem(standards=(standard,), available=np.zeros(4, dtype=bool)))
    assert plan.before.first_share == plan.before.second_share == (0.0,)
    assert plan.objective == pytest.approx(8 * 0.5 * (1800.0 + 900.0 + 600.0))


@pytest.mark.parametrize("homeward_factor", [0.0, 0.3])
def test_no_move_is_proposed_where_there_is_no_way(homeward_factor: float) -> None:
    cost = np.full((4, 4), np.inf)
    home = np.array([3, 3, 2, 2])
    plan = solve(line_problem(move_cost=cost, home=home, homeward_factor=homeward_factor))
    assert plan.moves == ()
    cost[0, 2] = 5.0
    plan = solve(line_problem(move_cost=cost, home=home, homeward_factor=homeward_factor))
    assert {(move.origin, move.destination) for move in plan.moves} == {(0, 2)}


def test_second_share_of_a_kind_of_one_is_at_its_own_target() -> None:
    demand_per_h = np.full((1, 8), 0.5)
    problem = line_problem(standards=(Standard.first_only(360.0, 480.0),), demand_per_h=demand_per_h)
    second_s = np.sort(problem.attendance_s[[0, 0, 1, 1]], axis=0)[1]
    assert solve(problem).before.second_share == pytest.approx(((second_s <= 480.0).mean(),))


def test_kinds_share_moves_and_bays() -> None:
    standards = (Standard(), Standard.first_only(600.0))
    plan = solve(
        line_problem(
            standards=standards,
            demand_per_h=np.full((2, 8), 0.5),
            appliance_kind=np.array([0, 0, 1, 1]),
            bays=np.array([2, 2, 1, 1]),
            max_moves=2,
        )
    )
    assert len(plan.moves) == 2
    assert len({move.destination for move in plan.moves}) == 2
