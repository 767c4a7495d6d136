"""Plans go into the kernels' arrays and come back the same; broken ones never write beyond them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.routes.checker import check
from optimiser.routes.day_arrays import DEPOTS, empty_day, most_tips
from optimiser.routes.day_state import DayState
from optimiser.routes.kernel_round import day_cost
from optimiser.routes.model import build_model
from optimiser.routes.plan import BREAK_ON_ARRIVAL, DayPlan, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.search import Chain
from tests.optimiser.routes.random_days import feasible_plan, random_day, random_plan

SEEDS = st.integers(0, 100_000)
TIP = Visit(Kind.TIP, 0)


def loaded(problem: RouteProblem, of: DayPlan) -> DayState:
    return DayState(problem, build_model(problem), of)


def without_break(visits: Round) -> Round:
    return tuple(one for one in visits if one.kind != Kind.BREAK)


def broken(problem: RouteProblem, of: DayPlan) -> set[str]:
    """Rules broken that say the plan is none."""
    codes = {str(one.code) for one in check(problem, of).violations}
    return codes & {"missing", "twice", "unknown", "frozen", "lost"}


def strewn(problem: RouteProblem, seed: int) -> DayPlan:
    """A plan with everything wrong: any number, anything twice, any length, rounds missing."""
    rng = np.random.default_rng((seed, 3))
    of = random_plan(problem, seed)
    rounds = []
    for visits in of.rounds:
        wild = [
            Visit(Kind(int(rng.integers(0, 3))), int(rng.integers(-3, 15)), bool(rng.random() < 0.5))
            for _ in range(int(rng.integers(0, 60)))
        ]
        rounds.append((*visits, *wild))
    return DayPlan(tuple(rounds[: int(rng.integers(0, len(rounds) + 1))]), of.unserved)


def without_balance(problem: RouteProblem) -> RouteProblem:
    """The break may come elsewhere, and a round then be over earlier: that must not cost anything."""
    return replace(problem, weights=replace(problem.weights, balance=0.0))


def without_releases(problem: RouteProblem) -> RouteProblem:
    """A plan that puts a stop not yet released into a trip under way moves what is done for the checker."""
    anytime = np.full(len(problem.stops), -np.inf)
    return replace(problem, stops=replace(problem.stops, release_s=anytime))


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from(["none", "feasible"]))
def test_a_feasible_plan_comes_back_as_it_was(seed: int, in_force: str) -> None:
    problem = without_balance(random_day(seed, in_force=in_force))
    if in_force == "feasible":
        problem = without_releases(problem)
    of = feasible_plan(problem, seed)
    state = loaded(problem, of)
    made = state.plan()
    for ours, theirs in zip(made.rounds, of.rounds, strict=True):
        assert without_break(ours) == without_break(theirs)
    before, after = check(problem, of), check(problem, made)
    assert after.feasible == before.feasible
    assert after.cost.total <= before.cost.total + 1e-6
    assert replace(after.cost, total=0, overtime=0, overtime_s=0) == replace(
        before.cost, total=0, overtime=0, overtime_s=0
    )
    again = loaded(problem, made)
    assert again.plan() == made
    # Not where a load is taken past a tip that does not take it, nor where all a crew has done is rest in the
    # depot: the checker then counts its way home, the kernels an empty round.
    rested_only = any(made.rounds[v] and state.day.n[v] == 0 for v in range(len(made.rounds)))
    if state.day.right.all() and not rested_only:
        assert day_cost(state.model_ref, state.ref) == pytest.approx(after.cost.total)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_any_plan_can_be_loaded_and_searched_from(seed: int) -> None:
    problem = random_day(seed)
    of = strewn(problem, seed)
    state = loaded(problem, of)
    day, model = state.day, state.model
    assert broken(problem, state.plan()) == set()
    assert (day.n + DEPOTS <= day.node.shape[1]).all()
    for v in range(len(model.start)):
        to_come = day.node[v, int(model.done[v]) + 1 : int(day.n[v]) + 1]
        assert (to_come >= model.n_stops).sum() <= most_tips(model)
    chain = Chain(problem, model, of, seed=seed)
    chain.step(20)
    assert broken(problem, chain.plan()) == set()


def test_a_stop_that_is_done_is_skipped_where_a_plan_has_it_again() -> None:
    problem = random_day(3, in_force="feasible")
    past = problem.in_force
    assert past is not None
    vehicle = int(np.argmax(past.done))
    done = past.plan.rounds[vehicle][: int(past.done[vehicle])]
    first = next(one for one in done if one.kind == Kind.STOP)
    rounds = [(first, *visits) if v < vehicle else visits for v, visits in enumerate(past.plan.rounds)]
    rounds[vehicle] = (*rounds[vehicle], first)
    made = loaded(problem, DayPlan(tuple(rounds))).plan()
    assert made.rounds[vehicle][: len(done)] == done
    assert sum(one == first for visits in made.rounds for one in visits) == 1


def test_tips_without_end_are_left_out() -> None:
    problem = random_day(5, in_force="none")
    model = build_model(problem)
    state = DayState(problem, model, DayPlan(tuple((TIP,) * 500 for _ in range(len(problem.fleet)))))
    assert state.day.n.max() <= most_tips(model)
    assert len(state.plan().unserved) == len(problem.stops)


def test_arrays_of_one_model_have_one_size() -> None:
    """Rounds are copied between them."""
    problem = random_day(5, in_force="none")
    model = build_model(problem)
    long = DayPlan(tuple((TIP,) * 500 for _ in range(len(problem.fleet))))
    ours, spare = DayState(problem, model, long).day._asdict(), empty_day(model)._asdict()
    assert {name: a.shape for name, a in ours.items()} == {name: a.shape for name, a in spare.items()}


def test_what_is_done_is_loaded_however_many_tips_it_has() -> None:
    problem = random_day(3, in_force="feasible")
    past = problem.in_force
    assert past is not None
    head = (TIP,) * 40
    rounds = (head, *past.plan.rounds[1:])
    done = past.done.copy()
    done[0] = len(head)
    problem = replace(problem, in_force=replace(past, plan=DayPlan(rounds), done=done))
    state = loaded(problem, DayPlan(rounds))
    assert int(state.day.n[0]) == len(head)
    assert state.plan().rounds[0] == head


def test_a_street_of_one_direction_is_loaded_that_way() -> None:
    problem = random_day(8, in_force="none")
    stop = int(np.flatnonzero(~problem.stops.either_way)[0])
    visits = (Visit(Kind.BREAK, BREAK_ON_ARRIVAL), Visit(Kind.STOP, stop, True), TIP)
    made = loaded(problem, DayPlan((visits, *((),) * (len(problem.fleet) - 1)))).plan()
    assert Visit(Kind.STOP, stop, False) in made.rounds[0]
