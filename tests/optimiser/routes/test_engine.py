"""The engine: what it gives is feasible and no dearer than what it began with, whatever has happened."""

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimiser.routes import portfolio
from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import check
from optimiser.routes.engine import Progress, solve, three_answers
from optimiser.routes.problem import RouteProblem, RouteWeights
from tests.optimiser.routes.random_days import feasible_plan, random_day
from tests.optimiser.routes.small_days import day, in_force, plan

SECONDS = 0.15
PRICED = RouteWeights(per_m=1.0)


@pytest.mark.parametrize("seed", range(12))
def test_from_a_feasible_plan_comes_a_feasible_one_that_costs_no_more(seed: int) -> None:
    problem = random_day(seed, in_force="feasible")
    begun = problem.in_force.plan if problem.in_force is not None else feasible_plan(problem, seed)
    before = check(problem, begun)
    assert before.feasible
    answer = solve(problem, SECONDS, threads=1, start=begun)
    assert answer.verdict.feasible
    assert answer.verdict.cost.total <= before.cost.total + 1e-6
    assert check(problem, answer.plan).cost.total == pytest.approx(answer.verdict.cost.total)


def test_a_crew_that_is_late_already_does_not_stop_the_rest_of_the_day() -> None:
    of = plan("s0 s1 t0", "s2 t0", "s3 t0")
    problem = day(3, 4, fleet={"shift_end_s": [36_000.0, 300.0, 36_000.0]})
    problem = replace(
        problem,
        in_force=in_force(of, done=[0, 1, 0], free_s=[np.nan, 9_000.0, np.nan], lost=[True, False, False]),
    )
    answer = solve(problem, SECONDS, threads=1)
    assert {violation.code for violation in answer.verdict.violations} == {"shift"}
    assert answer.plan.rounds[0] == ()
    served = answer.plan.vehicle_of()
    assert served[0] == served[1] == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"skills": [1, 0, 0, 0]},
        {"locked_vehicle": [1, -1, -1, -1]},
        {"locked_position": [1, -1, -1, -1]},
        {"no_reversing": [True, False, False, False]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_rule_that_came_after_the_plan_is_kept(changes: dict[str, Any]) -> None:
    of = plan("s0 s1 t0", "s2 s3 t0")
    problem = day(2, 4, fleet={"skills": [0, 1], "turns": [False, True]}, stops=changes)
    problem = replace(problem, in_force=in_force(of))
    assert not check(problem, of).feasible
    answer = solve(problem, SECONDS, threads=1)
    assert answer.verdict.feasible
    assert answer.plan.unserved == ()


def test_a_vehicle_that_may_leave_later_than_its_shift_begins() -> None:
    of = plan("s0 s1 t0", "s2 t0")
    problem = day(2, 3, weights=PRICED)
    problem = replace(problem, in_force=in_force(of, done=[0, 0], free_s=[5_000.0, np.nan]))
    answer = solve(problem, SECONDS, threads=1)
    assert answer.verdict.feasible
    assert answer.found_by != "start"


def test_a_break_that_is_all_that_is_left_of_a_round_is_kept() -> None:
    of = plan("s0 t0 b", "s1 s2 t0")
    problem = day(2, 3, fleet={"break_s": [600.0, 0.0], "break_latest_s": [200.0, 36_000.0]}, weights=PRICED)
    problem = replace(problem, in_force=in_force(of, done=[2, 0]))
    before = check(problem, of)
    answer = solve(problem, SECONDS, threads=1)
    assert len(answer.verdict.violations) <= len(before.violations)


def council(weights: RouteWeights = PRICED) -> RouteProblem:
    """A day on which the free answer crosses rounds: each vehicle has the other's last stop."""
    of = plan("s0 s1 s2 s7 t0", "s4 s5 s6 s3 t0")
    return replace(day(2, 8, weights=weights), in_force=in_force(of))


def test_three_answers_move_none_few_and_any() -> None:
    options = three_answers(council(), 4 * SECONDS)
    costs = [answer.verdict.cost for answer in (options.no_churn, options.little, options.free)]
    assert costs[0].moved_stops == 0
    assert costs[1].moved_stops <= 0.05 * costs[1].untouched_stops
    assert costs[0].total >= costs[1].total >= costs[2].total - costs[2].churn
    assert all(answer.verdict.feasible for answer in (options.no_churn, options.little, options.free))


def test_the_price_of_a_moved_stop_is_paid_only_where_it_is_worth_it() -> None:
    dear = solve(council(RouteWeights(per_m=1.0, per_moved_stop=1e6)), SECONDS, threads=1)
    assert dear.verdict.cost.moved_stops == 0
    assert solve(council(), SECONDS, threads=1, churn_limit=0.0).verdict.cost.moved_stops == 0


def test_cancelled_it_gives_what_it_has() -> None:
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    began = time.perf_counter()
    told: list[Progress] = []
    answer = solve(council(), 60.0, cancelled=stop.is_set, progress=told.append)
    assert answer.verdict.feasible
    assert time.perf_counter() - began < 30.0
    assert told


def test_a_side_task_that_fails_does_not_cost_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(portfolio, "routing_solve", fail)
    answer = solve(council(), SECONDS, threads=3)
    assert answer.verdict.feasible
    assert answer.found_by == "chain"


@pytest.mark.parametrize(("field", "value"), [("seconds", np.inf), ("seconds", -1.0), ("threads", 0)])
def test_what_cannot_be_is_refused_by_name(field: str, value: float) -> None:
    wrong: dict[str, Any] = {"seconds": 0.1, "threads": 1} | {field: value}
    with pytest.raises(RouteInputError, match=field):
        solve(council(), wrong["seconds"], threads=wrong["threads"])
    with pytest.raises(RouteInputError, match="in_force"):
        three_answers(day(2, 3), 0.1)
