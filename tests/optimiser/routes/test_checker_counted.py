"""The checker against a replay that literally counts seconds, on random small days with all rules on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.routes.checker import check
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.verdict import Verdict
from tests.optimiser.routes import slow_replay
from tests.optimiser.routes.random_days import feasible_plan, random_day, random_plan

pytestmark = pytest.mark.slow


def mangled(problem: RouteProblem, of: DayPlan, seed: int) -> DayPlan:
    """Now and then with a stop served again, left out, or a visit to nowhere."""
    rng = np.random.default_rng((seed, 3))
    rounds, unserved = [list(r) for r in of.rounds], list(of.unserved)
    at = int(rng.integers(len(rounds)))
    what = rng.choice(["as it is", "again", "out", "nowhere", "unserved"], p=[0.6, 0.1, 0.1, 0.1, 0.1])
    if what == "again":
        rounds[at].append(Visit(Kind.STOP, int(rng.integers(len(problem.stops)))))
    elif what == "out" and rounds[at]:
        rounds[at].pop()
    elif what == "nowhere":
        nowhere = Visit(Kind(int(rng.integers(3))), int(rng.choice([-1, 99])))
        rounds[at].insert(int(rng.integers(len(rounds[at]) + 1)), nowhere)
    elif what == "unserved":
        unserved.append(int(rng.integers(len(problem.stops))))
    return DayPlan(tuple(tuple(r) for r in rounds), tuple(sorted(unserved)))


def assert_as_counted(problem: RouteProblem, of: DayPlan) -> Verdict:
    verdict = check(problem, of)
    diaries = {v: slow_replay.replay(problem, v, r) for v, r in enumerate(of.rounds) if r}
    whole = {"twice", "missing", "frozen", "lost"}
    for vehicle, diary in diaries.items():
        of_it = {
            (v.code, v.position, v.stop)
            for v in verdict.violations
            if v.vehicle == vehicle and v.code not in whole
        }
        assert of_it == diary.broken
        sheet = verdict.rounds[vehicle]
        assert (sheet.finish_s, sheet.drive_s, sheet.dist_m) == (diary.back_s, diary.drive_s, diary.dist_m)
        for position, begin_s in diary.begin.items():
            assert sheet.times.begin_s[position] == begin_s
            assert sheet.times.finish_s[position] == diary.finish[position]
    frozen = {(v.code, v.vehicle) for v in verdict.violations if v.code in ("frozen", "lost")}
    assert frozen == slow_replay.past_rules(problem, of)
    served = [v.index for r in of.rounds for v in r if v.kind == Kind.STOP] + list(of.unserved)
    stops = range(len(problem.stops))
    assert sorted({v.stop for v in verdict.violations if v.code == "missing"}) == [
        s for s in stops if s not in served
    ]
    assert {v.stop for v in verdict.violations if v.code == "twice"} == {
        s for s in stops if served.count(s) > 1
    }
    if not {v.code for v in verdict.violations} & {"twice"}:
        assert verdict.cost.total == pytest.approx(slow_replay.cost(problem, of, diaries), rel=1e-12)
    return verdict


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.integers(0, 1_000_000))
def test_any_plan_as_counted_second_by_second(seed: int) -> None:
    problem = random_day(seed)
    assert_as_counted(problem, mangled(problem, random_plan(problem, seed), seed))


@pytest.mark.parametrize("seed", range(12))
def test_a_feasible_plan_as_counted_second_by_second(seed: int) -> None:
    problem = random_day(seed, in_force="feasible")
    assert assert_as_counted(problem, feasible_plan(problem, seed)).feasible


@pytest.mark.parametrize("seed", range(20))
def test_the_four_times_make_up_the_day(seed: int) -> None:
    problem = random_day(seed, in_force="none")
    for sheet in check(problem, random_plan(problem, seed)).rounds:
        spent_s = sheet.drive_s + sheet.service_s + sheet.wait_s + sheet.break_s
        assert sheet.start_s + spent_s == pytest.approx(sheet.finish_s)
