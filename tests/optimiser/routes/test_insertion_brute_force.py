"""The cheapest feasible place of a stop is what trying everything finds, with all rules on.

Random small days: asymmetric travel off any metric, releases, two materials, overtime, breaks, locks.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from optimiser.routes.checker import Checker
from optimiser.routes.instant import LiveDay
from optimiser.routes.live_answer import Insertion
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.problem import RouteProblem
from tests.optimiser.routes.brute_insertion import cheapest, cheapest_as_it_is, done_of
from tests.optimiser.routes.random_days import feasible_plan, random_day
from tests.optimiser.routes.slow_cases import first_quick

DAYS_EACH = 10


def day_of(seed: int) -> tuple[RouteProblem, DayPlan]:
    """A day with a feasible plan: every other one has done visits, finished at times somebody noted."""
    if seed % 2 == 0:
        problem = random_day(seed, in_force="none")
        return problem, feasible_plan(problem, seed)
    problem = random_day(seed, in_force="feasible")
    past = problem.in_force
    assert past is not None
    free_s, checker = past.free_s.copy(), Checker(problem)
    for vehicle, done in enumerate(past.done.tolist()):
        if done:
            sheet = checker.check_round(vehicle, past.plan.rounds[vehicle]).sheet
            free_s[vehicle] = sheet.times.finish_s[done - 1]
    return replace(problem, in_force=replace(past, free_s=free_s)), past.plan


def thinned(live: LiveDay, seed: int) -> None:
    """Two stops fewer, where they may leave."""
    served = [v.index for visits in live.plan.rounds for v in visits if v.kind == Kind.STOP]
    for stop in np.random.default_rng(seed).permutation(served)[:2].tolist():
        live.remove(stop)


def comparable(problem: RouteProblem, plan: DayPlan, vehicle: int) -> bool:
    """Whether the engine can add to the round: a rest alone, before anything else, is nothing to add to."""
    head = plan.rounds[vehicle][: done_of(problem, vehicle)]
    return not (head and all(v.kind == Kind.BREAK for v in head))


@pytest.mark.parametrize("block", first_quick(range(10), 3))
def test_the_cheapest_place_is_what_trying_everything_finds(block: int) -> None:
    compared = placed = 0
    for seed in range(block * DAYS_EACH, (block + 1) * DAYS_EACH):
        problem, plan = day_of(seed)
        live = LiveDay(problem, plan)
        thinned(live, seed)
        plan = live.plan
        right = live._book.state.day.right
        for stop in plan.unserved:
            for vehicle in range(len(problem.fleet)):
                if not right[vehicle] or not comparable(problem, plan, vehicle):
                    continue
                least, _ = cheapest(problem, vehicle, plan.rounds[vehicle], stop)
                if math.isfinite(least):
                    least -= cheapest_as_it_is(problem, vehicle, plan.rounds[vehicle])
                    least += moved_price(problem, stop, vehicle)
                    placed += 1
                compared += 1
                found = live.price_of(stop, vehicle)
                assert found == pytest.approx(least, abs=1e-6), (seed, stop, vehicle)
    assert compared > placed > 0


def moved_price(problem: RouteProblem, stop: int, vehicle: int) -> float:
    """What it costs that a stop is not where the plan in force has it."""
    past = problem.in_force
    home = -1 if past is None else past.plan.vehicle_of().get(stop, -1)
    return problem.weights.per_moved_stop if home not in (-1, vehicle) else 0.0


@pytest.mark.parametrize("block", range(4))
def test_what_is_inserted_costs_what_was_said_and_keeps_all_rules(block: int) -> None:
    inserted = 0
    for seed in range(100 + block * DAYS_EACH, 100 + (block + 1) * DAYS_EACH):
        problem, plan = day_of(seed)
        live = LiveDay(problem, plan)
        thinned(live, seed)
        for stop in live.plan.unserved:
            before = live.plan
            offers = [live.price_of(stop, v) for v in range(len(problem.fleet))]
            answer = live.insert(stop, insist=True)
            assert isinstance(answer, Insertion) == math.isfinite(min(offers))
            if not isinstance(answer, Insertion):
                assert answer.plan == before
                continue
            inserted += 1
            assert offers[answer.vehicle] == pytest.approx(min(offers))
            assert Checker(problem).check(answer.plan).feasible
            unbalanced = [Checker(problem).check(p).cost for p in (before, answer.plan)]
            paid = [c.total - c.balance - c.unserved for c in unbalanced]
            assert answer.cost == pytest.approx(paid[1] - paid[0], abs=1e-6)
            assert [o.cost for o in answer.others] == sorted(o.cost for o in answer.others)
            assert answer.round[answer.position].index == stop
    assert inserted > 10
