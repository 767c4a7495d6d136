"""PyVRP's plans keep every rule, reach the optimum of small days, and what does not fit is refused."""

import threading
import time
from typing import Any

import numpy as np
import pytest
from pyvrp import CostEvaluator

from optimiser.routes.checker import check
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem, RouteWeights
from optimiser.routes.pyvrp_data import build_day
from optimiser.routes.pyvrp_fit import begin_windows
from optimiser.routes.pyvrp_model import pyvrp_fits, pyvrp_solve
from optimiser.routes.pyvrp_units import cost_scale
from tests.optimiser.routes.adaptor_days import best_plan, plain_day
from tests.optimiser.routes.random_days import feasible_plan
from tests.optimiser.routes.small_days import day, plan, with_in_force

pytestmark = pytest.mark.slow  # solvers of others, which are given their time


def never() -> bool:
    return False


@pytest.mark.parametrize("seed", range(12))
def test_the_best_plan_costs_the_same_in_its_terms_and_comes_back_the_same(seed: int) -> None:
    problem = plain_day(seed, 3)
    assert pyvrp_fits(problem) is None
    best = best_plan(problem)
    pyvrp_day = build_day(problem, np.ones(3, bool))
    assert pyvrp_day is not None
    solution = pyvrp_day.solution_of(best)
    assert solution is not None
    again = pyvrp_day.plan_of(solution, problem)
    # With several tips it takes the cheapest one last, which the best plan does too but for its time.
    if len(problem.tips) == 1 or again == best:
        assert solution.is_feasible()
        verdict = check(problem, best)
        scale = cost_scale(
            problem.weights.per_m * problem.dist_m + problem.weights.per_drive_s * problem.travel_s
        )
        unserved = verdict.cost.unserved
        found = CostEvaluator([0.0] * len(solution.excess_load()), 0, 0).cost(solution) / scale.per_unit
        left = sum(problem.stops.unserved_cost[s] for s in best.unserved if s not in pyvrp_day.clients)
        assert found + left == pytest.approx(verdict.cost.total, abs=1e-3), unserved
        assert check(problem, again).cost.total == pytest.approx(verdict.cost.total)


@pytest.mark.parametrize("seed", range(8))
def test_reaches_the_optimum_of_small_days_of_single_trips(seed: int) -> None:
    """Of several trips it finds it only sometimes: its moves seldom join two rounds by a tip."""
    rng = np.random.default_rng(seed)
    legs = rng.integers(50, 400, (7, 7)).astype(float)
    np.fill_diagonal(legs, 0)
    legs = np.minimum(legs, (legs[:, :, None] + legs[None, :, :]).min(axis=1))
    load = rng.integers(1, 4, (5, 1)).astype(float)
    changes = {"load": load, "unserved_cost": 1e5, "windows": {0: [(0, 2_000)]}}
    problem = day(2, 5, travel_s=legs, dist_m=legs, fleet={"capacity": 9.0, "max_trips": 1}, stops=changes)
    found = pyvrp_solve(problem, 0.3, 1, None, never, None)
    assert found is not None
    verdict = check(problem, found)
    assert verdict.feasible, verdict.violations
    assert verdict.cost.total == pytest.approx(check(problem, best_plan(problem)).cost.total)


@pytest.mark.parametrize("seed", range(100, 130))
def test_every_plan_told_keeps_every_rule(seed: int) -> None:
    problem = plain_day(seed, 7)
    told: list[DayPlan] = []
    start = feasible_plan(problem, seed) if seed % 2 else None
    found = pyvrp_solve(problem, 0.08, seed, start, never, told.append)
    for one in [*told, *([found] if found is not None else [])]:
        assert check(problem, one).feasible, check(problem, one).violations


def test_fractions_of_seconds_never_make_a_late_stop_look_in_time() -> None:
    travel_s = np.full((4, 4), 100.0 / 3)
    np.fill_diagonal(travel_s, 0)
    stops = {"service_s": 0.0, "load": 0.0}
    fits = day(1, 2, travel_s=travel_s, stops=stops | {"windows": {1: [(0, 66.67)]}})
    late = day(1, 2, travel_s=travel_s, stops=stops | {"windows": {0: [(0, 33.33)], 1: [(0, 33.33)]}})
    found = pyvrp_solve(fits, 0.1, 1, None, never, None)
    assert found is not None and check(fits, found).feasible and not found.unserved
    found = pyvrp_solve(late, 0.1, 1, None, never, None)
    assert found is not None and check(late, found).feasible and found.unserved == (0, 1)


def test_a_trip_with_a_release_time_tips_while_it_waits() -> None:
    fleet = {"capacity": 1.0, "shift_end_s": 2_000.0}
    problem = day(1, 2, fleet=fleet, stops={"release_s": [-np.inf, 1_000.0]}, tips={"service_s": 600.0})
    found = pyvrp_solve(problem, 0.2, 1, plan("s0 t0 s1 t0"), never, None)
    assert found is not None and check(problem, found).feasible
    assert not found.unserved


def test_a_dear_stop_that_nobody_can_serve_is_left_out() -> None:
    problem = day(1, 3, stops={"unserved_cost": 1e6, "windows": {1: [(0, 10)]}})
    found = pyvrp_solve(problem, 0.4, 1, None, never, None)
    assert found is not None and found.unserved == (1,)
    assert check(problem, found).feasible


def test_nothing_to_do_for_anyone_is_a_plan() -> None:
    problem = day(1, 2, stops={"skills": 4})
    assert pyvrp_solve(problem, 0.1, 1, None, never, None) == DayPlan(((),), (0, 1))


def test_bans_and_windows_that_leave_one_span_are_expressed() -> None:
    problem = day(1, 2, stops={"windows": {0: [(0, 500), (900, 2_000)]}, "bans": {0: [(0, 600)]}})
    assert begin_windows(problem, 0) == [(900.0, 2_000.0)]
    assert pyvrp_fits(problem) is None


def test_a_ban_counts_from_the_length_of_the_service_before_it() -> None:
    problem = day(1, 1, stops={"bans": {0: [(1_000, 2_000)]}, "service_s": 60.0})
    assert begin_windows(problem, 0) == [(0.0, 940.0), (2_000.0, 36_000.0)]
    assert "more than one time window" in str(pyvrp_fits(problem))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"fleet": {"break_s": 1800.0, "break_latest_s": 7_200.0}}, "break"),
        ({"fleet": {"daily_stops": 2.0}}, "stops of a vehicle's day"),
        ({"fleet": {"daily_load": 2.0}}, "load of a vehicle's day"),
        ({"stops": {"locked_position": [0, -1, -1]}}, "position"),
        ({"stops": {"either_way": True, "exit": [2, 3, 1]}}, "direction"),
        ({"n_tips": 2, "tips": {"windows": {0: [(600, 700)]}}}, "not open all day"),
        ({"tips": {"windows": {0: [(0, 50), (600, 700)]}}}, "window"),
        ({"materials": 2, "n_tips": 2, "tips": {"takes": [[True, False], [False, True]]}}, "everything"),
        ({"weights": RouteWeights(balance=1.0)}, "balance"),
        (
            {
                "weights": RouteWeights(per_overtime_s=1.0),
                "fleet": {"max_overtime_s": 60.0},
                "stops": {"release_s": 100.0},
            },
            "overtime",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(changes: dict[str, Any], word: str) -> None:
    problem = day(2, 3, **changes)
    assert word in str(pyvrp_fits(problem))
    assert pyvrp_solve(problem, 1.0, 1, None, never, None) is None


def test_a_day_under_way_is_refused() -> None:
    problem = with_in_force(day(2, 3), plan("s0 s1 t0", "s2 t0"), done=[1, 0])
    assert "done" in str(pyvrp_fits(problem))


def test_churn_keeps_stops_with_their_vehicles() -> None:
    weights = RouteWeights(per_moved_stop=10_000.0)
    problem = with_in_force(day(2, 4, weights=weights), plan("s0 s3 t0", "s1 s2 t0"))
    found = pyvrp_solve(problem, 0.2, 1, None, never, None)
    assert found is not None
    assert check(problem, found).cost.moved_stops == 0


def test_a_start_from_another_day_is_only_a_hint() -> None:
    problem = day(2, 4)
    start = plan("s0 t0 t0 s1", "s2 s3 b", unserved=())
    found = pyvrp_solve(problem, 0.1, 1, start, never, None)
    assert found is not None and check(problem, found).feasible and not found.unserved


def test_it_stops_when_asked() -> None:
    problem = _big_day()
    asked_at = time.monotonic() + 0.2
    found = pyvrp_solve(problem, 60.0, 1, None, lambda: time.monotonic() > asked_at, None)
    assert found is not None and check(problem, found).feasible


def test_another_thread_runs_beside_it() -> None:
    problem = _big_day()
    turns, over = 0, threading.Event()

    def turn() -> None:
        nonlocal turns
        while not over.wait(0.001):
            turns += 1

    thread = threading.Thread(target=turn)
    thread.start()
    pyvrp_solve(problem, 0.5, 1, None, never, None)
    over.set()
    thread.join()
    assert turns >= 10


def _big_day() -> RouteProblem:
    rng = np.random.default_rng(1)
    places = rng.integers(0, 1_000, (62, 2)).astype(float)
    legs = np.round(np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)))
    return day(6, 60, travel_s=legs, dist_m=legs, fleet={"capacity": 12.0})
