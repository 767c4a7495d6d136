"""Whatever is done to a live day: its caches are right, its plan is right, and all of it can be undone."""

import numpy as np
import pytest

from optimiser.routes.instant import LiveDay
from optimiser.routes.live_model import NODE_FIELDS, STOP_FIELDS
from optimiser.routes.model import Model, build_model
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.search import Chain
from tests.optimiser.routes.live_edits import (
    assert_caches_right,
    assert_model_right,
    assert_plan_right,
    locked_in,
    random_edit,
    ranks,
)
from tests.optimiser.routes.random_days import random_day
from tests.optimiser.routes.slow_cases import first_quick

EDITS, SPARE = 12, 3


def days(first: int, count: int) -> list[tuple[int, RouteProblem, DayPlan]]:
    """Days whose rounds the engine can read: no tip at which something stays on board."""
    found = []
    for seed in range(first, first + count):
        problem = random_day(seed, in_force="feasible")
        assert problem.in_force is not None
        live = LiveDay(problem)
        if live._book.state.day.right.all():
            found.append((seed, problem, problem.in_force.plan))
    assert len(found) > count / 3
    return found


@pytest.mark.parametrize("first", first_quick(range(0, 60, 10), 1))
def test_after_any_edits_everything_is_as_if_made_anew(first: int) -> None:
    for seed, problem, plan in days(first, 10):
        live, rng = LiveDay(problem, plan, SPARE), np.random.default_rng(seed)
        locked = locked_in(problem, plan)
        seen = [(live.plan, live.problem)]
        for number in range(EDITS):
            what = random_edit(live, rng, number)
            try:
                assert_caches_right(live)
                assert_model_right(live)
                assert_plan_right(live, locked)
            except AssertionError as error:
                raise AssertionError(f"day {seed}, edit {number}, {what}") from error
            if live.plan.rounds != seen[-1][0].rounds or live.plan.unserved != seen[-1][0].unserved:
                seen.append((live.plan, live.problem))
        while live.undo():
            assert_caches_right(live)
            assert_model_right(live)
            if live.plan != seen[-1][0]:
                seen.pop()
            assert live.plan == seen[-1][0]
            assert live.problem.stops.ids == seen[-1][1].stops.ids
        assert live.plan == plan
        assert len(live.problem.stops) == len(problem.stops)


@pytest.mark.parametrize("seed", range(12))
def test_a_search_moves_nothing_done_or_locked(seed: int) -> None:
    problem = random_day(seed, in_force="feasible")
    past = problem.in_force
    assert past is not None
    chain = Chain(problem, build_model(problem), past.plan, seed)
    chain.run(0.05)
    found = chain.plan()
    for vehicle, done in enumerate(past.done.tolist()):
        assert found.rounds[vehicle][:done] == past.plan.rounds[vehicle][:done]
    for stop, (vehicle, rank) in ranks(found).items():
        locked, position = problem.stops.locked_vehicle[stop], problem.stops.locked_position[stop]
        done_stops = {v.index for v in past.plan.rounds[vehicle][: int(past.done[vehicle])]}
        assert stop in done_stops or locked in (-1, vehicle)
        assert stop in done_stops or position in (-1, rank)


def test_every_field_of_the_model_is_known_to_the_live_model() -> None:
    problem = random_day(4, in_force="none")
    model, n = build_model(problem), len(problem.stops)
    nodes = {f for f in Model._fields if np.shape(getattr(model, f))[:1] == (model.n_nodes,)}
    stops = {f for f in Model._fields if np.shape(getattr(model, f))[:1] == (n,)}
    assert len({n, model.n_nodes, len(problem.fleet), len(problem.travel_s)}) == 4
    assert nodes == set(NODE_FIELDS)
    assert stops == set(STOP_FIELDS)
