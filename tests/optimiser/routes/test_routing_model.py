"""OR-Tools' plans keep every rule of any day, under way or not, and it never raises."""

import time

import numpy as np
import pytest

from optimiser.routes.checker import Checker, check
from optimiser.routes.formats.kim_file import read_kim
from optimiser.routes.formats.vrplib_file import read_vrplib
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.problem import RouteWeights
from optimiser.routes.routing_model import routing_solve
from optimiser.routes.routing_nodes import make_nodes
from tests.optimiser.routes.random_days import feasible_plan, random_day
from tests.optimiser.routes.small_days import day, plan, with_in_force
from tests.shared_data import SHARED

ROUTES = SHARED / "routes"
INSTANCES = ["kim/102_stop.txt", "cvrp/X-n200-k36.vrp", "mtvrptwr/R201R0.25.vrp"]

pytestmark = pytest.mark.slow  # solvers of others, which are given their time


def never() -> bool:
    return False


@pytest.mark.parametrize("seed", range(24))
def test_every_plan_told_keeps_every_rule(seed: int) -> None:
    problem = random_day(seed, in_force=("none", "feasible", "random")[seed % 3])
    reference = feasible_plan(problem, seed) if seed % 3 != 2 else None
    told: list[DayPlan] = []
    found = routing_solve(problem, 0.1, reference if seed % 2 else None, never, told.append)
    if reference is not None:
        assert found is not None
    for one in [*told, *([found] if found is not None else [])]:
        verdict = check(problem, one)
        assert verdict.feasible, verdict.violations


def test_the_last_plan_told_is_the_cheapest_and_the_answer() -> None:
    problem = random_day(3, in_force="none")
    told: list[DayPlan] = []
    found = routing_solve(problem, 0.3, None, never, told.append)
    costs = [check(problem, one).cost.total for one in told]
    assert costs == sorted(costs, reverse=True)
    assert found == told[-1]


def test_it_makes_the_day_in_force_no_dearer() -> None:
    start = plan("s3 s0 t0", "s2 s1 t0")
    problem = day(2, 4)
    found = routing_solve(problem, 0.2, start, never, None)
    assert found is not None
    assert check(problem, found).cost.total <= check(problem, start).cost.total


def test_several_trips_without_a_node_for_each() -> None:
    problem = day(2, 12, 2, fleet={"capacity": 2.0}, stops={"unserved_cost": 1e5})
    found = routing_solve(problem, 0.5, None, never, None)
    assert found is not None and check(problem, found).feasible
    assert not found.unserved
    assert sum(visit.kind == Kind.TIP for visits in found.rounds for visit in visits) >= 6
    nodes = make_nodes(problem, Checker(problem), None)
    assert len(nodes.tip) <= 12  # two tips, two vehicles and nine trips would be 36
    again = make_nodes(problem, Checker(problem), found)
    mid_tips = sum(visit.kind == Kind.TIP for visits in found.rounds for visit in visits)
    assert len(again.tip) <= mid_tips + 4


def test_breaks_stand_where_the_checker_wants_them() -> None:
    breaks = {"break_s": 1_800.0, "break_earliest_s": 2_000.0, "break_latest_s": 4_000.0}
    problem = day(1, 6, stops={"service_s": 1_200.0}, fleet=breaks)
    found = routing_solve(problem, 0.3, None, never, None)
    assert found is not None and check(problem, found).feasible
    assert not found.unserved
    assert [visit.kind for visit in found.rounds[0]].count(Kind.BREAK) == 1


def test_a_round_over_before_the_break_needs_none() -> None:
    problem = day(1, 2, fleet={"break_s": 1_800.0, "break_earliest_s": 7_000.0, "break_latest_s": 9_000.0})
    found = routing_solve(problem, 0.2, None, never, None)
    assert found is not None and check(problem, found).feasible
    assert Kind.BREAK not in {visit.kind for visit in found.rounds[0]}


def test_what_is_done_stays_and_a_lost_vehicle_does_no_more() -> None:
    problem = with_in_force(
        day(3, 6), plan("s0 s1 t0", "s2 s3 t0", "s4 s5 t0"), done=[1, 1, 0], lost=[False, True, False]
    )
    found = routing_solve(problem, 0.3, None, never, None)
    assert found is not None and check(problem, found).feasible
    assert not found.unserved
    assert found.rounds[1] == plan("s2").rounds[0]


def test_churn_keeps_stops_with_their_vehicles() -> None:
    weights = RouteWeights(per_moved_stop=10_000.0)
    problem = with_in_force(day(2, 4, weights=weights), plan("s0 s3 t0", "s1 s2 t0"))
    found = routing_solve(problem, 0.3, None, never, None)
    assert found is not None
    assert check(problem, found).cost.moved_stops == 0


def test_release_times_hold_the_whole_trip() -> None:
    problem = day(1, 4, fleet={"capacity": 2.0}, stops={"release_s": [-np.inf, 3_000.0, -np.inf, 3_000.0]})
    found = routing_solve(problem, 0.3, None, never, None)
    assert found is not None and check(problem, found).feasible and not found.unserved


def test_days_that_leave_nothing_to_do() -> None:
    assert routing_solve(day(1, 2, stops={"skills": 4}), 0.1, None, never, None) == DayPlan(((),), (0, 1))
    lost = with_in_force(day(1, 2), plan("s0 s1 t0"), lost=[True])
    assert routing_solve(lost, 0.1, None, never, None) == DayPlan(((),), (0, 1))


def test_it_stops_when_asked() -> None:
    problem = day(3, 30)
    asked_at = time.monotonic() + 0.2
    found = routing_solve(problem, 60.0, None, lambda: time.monotonic() > asked_at, None)
    assert found is not None and check(problem, found).feasible


@pytest.mark.real_data
@pytest.mark.skipif(not ROUTES.is_dir(), reason="the real instances are not on this machine")
@pytest.mark.parametrize("path", INSTANCES)
def test_benchmark_instances_are_served(path: str) -> None:
    file = ROUTES / path
    problem = (read_kim if path.startswith("kim") else read_vrplib)(file.read_text(), file.stem).problem
    found = routing_solve(problem, 2.5, None, never, None)
    assert found is not None and check(problem, found).feasible
    assert len(found.unserved) < len(problem.stops) / 2
