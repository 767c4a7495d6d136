"""What the search does besides: price scenes, keep the plan in force, find others, shorten journeys."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cover.assignment import cheapest_assignment, shortest_longest
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.engine import CoverEngine
from optimiser.cover.movers import Movers
from optimiser.cover.plan import Move
from optimiser.cover.problem import CoverProblem
from optimiser.cover.search import KEPT_SHARE
from optimiser.cover.state import CoverState
from tests.optimiser import cover_oracle as oracle
from tests.optimiser.cover_problems import busy_state, small_problem, synthetic_city, timed_problem
from tests.optimiser.test_cover_degenerate import line_problem

SEEDS = st.integers(0, 2**32 - 1)
TOWN = synthetic_city(7, n_stations=24, n_zones=300, n_appliances=34)


def engine_of(problem: CoverProblem) -> CoverEngine:
    return CoverEngine(problem.attendance_s, problem.standards)


def plain(moves: tuple[Move, ...]) -> oracle.Plan:
    return tuple((m.appliance, m.destination) for m in moves)


def deeds(problem: CoverProblem, plan: oracle.Plan) -> tuple[tuple[int, int, int], ...]:
    """What a plan does, whichever of several like appliances does it."""
    of = [(int(problem.appliance_kind[a]), int(problem.appliance_station[a]), end) for a, end in plan]
    return tuple(sorted(of))


@settings(max_examples=120, deadline=None)
@given(SEEDS, st.booleans())
def test_every_single_move_is_priced_over_all_scenes(seed: int, timed: bool) -> None:
    problem = timed_problem(seed, max_moves=1) if timed else small_problem(seed, max_moves=1)
    movers = Movers.of(problem)
    state = CoverState(AttendanceIndex.build(problem.attendance_s), problem, movers)
    risk = oracle.risk(problem, ())
    assert state.exact_risk() == pytest.approx(risk, rel=1e-9, abs=1e-9)
    prices = state.prices()
    best = np.inf
    for g, members in enumerate(movers.members):
        for end in range(problem.n_stations):
            if np.isinf(movers.cost[g, end]):
                assert np.isinf(prices[g, end])
                continue
            plan = ((members[0], end),)
            value = oracle.objective(problem, plan) - risk
            assert prices[g, end] == pytest.approx(value, rel=1e-7, abs=1e-7)
            assert state.value_of((g, end)) == pytest.approx(value, rel=1e-7, abs=1e-7)
            assert state.allows((g, end)) == oracle.allowed(problem, plan)
            best = min(best, value) if state.allows((g, end)) else best
    assert state.best().value == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert state.best(below=best - 1e-3).group == -1


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_a_state_after_moves_is_the_state_built_there(seed: int) -> None:
    problem = timed_problem(seed, max_moves=3)
    index, movers = AttendanceIndex.build(problem.attendance_s), Movers.of(problem)
    state = CoverState(index, problem, movers)
    rng = np.random.default_rng(seed)
    saved, before = state.save(), state.prices()
    made: list[tuple[int, int]] = []
    for g, end in rng.permutation(np.argwhere(np.isfinite(movers.cost)))[:3].tolist():
        if state.allows((g, end)):
            made.append((g, end))
            state.add((g, end))
            plan = plain(movers.name_moves(made))
            assert state.exact_risk() == pytest.approx(oracle.risk(problem, plan), rel=1e-9, abs=1e-9)
            assert state.objective == pytest.approx(oracle.objective(problem, plan), rel=1e-9, abs=1e-7)
            for g2, end2 in np.argwhere(np.isfinite(movers.cost)).tolist():
                if state.allows((g2, end2)):
                    more = plain(movers.name_moves([*made, (g2, end2)]))
                    value = oracle.objective(problem, more) - oracle.objective(problem, plan)
                    assert state.value_of((g2, end2)) == pytest.approx(value, abs=1e-6)
    state.load(saved)
    assert np.array_equal(state.prices(), before)


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_turns_found_are_worth_what_is_said(seed: int) -> None:
    problem = timed_problem(seed, max_moves=3)
    engine = engine_of(problem)
    plan = engine.first_plan(problem)
    movers = Movers.of(problem)
    state = CoverState(engine.index, problem, movers)
    pairs = movers.pairs_of(plan.moves)
    for pair in pairs:
        state.add(pair)
    turn = state.best_turn(pairs, below=1e6) if pairs else None
    if turn is not None:
        value, old, new = turn
        before = state.objective
        state.turn(old, new)
        assert state.objective - before == pytest.approx(value, abs=1e-6)
        assert state.objective == pytest.approx(state.exact_risk() + state.cost, abs=1e-6)


@settings(max_examples=120, deadline=None)
@given(SEEDS, SEEDS, st.booleans())
def test_the_plan_in_force_stays_unless_another_is_clearly_better(seed: int, other: int, timed: bool) -> None:
    problem = timed_problem(seed) if timed else small_problem(seed)
    rng = np.random.default_rng(other)
    engine = engine_of(problem)
    in_force = [
        (int(a), int(rng.integers(problem.n_stations))) for a in rng.permutation(problem.n_appliances)[:3]
    ]
    fresh = engine.first_plan(problem)
    plan = engine.first_plan(problem, in_force)
    assert oracle.allowed(problem, plain(plan.moves))
    assert plan.objective == pytest.approx(oracle.objective(problem, plain(plan.moves)), abs=1e-6)
    assert plan.objective <= fresh.objective * (1.0 + KEPT_SHARE) + 1e-9
    assert len(plan.frontier) == problem.max_moves + 1
    for n, point in enumerate(plan.frontier):
        assert len(point.moves) <= n
        assert oracle.allowed(problem, plain(point.moves))
        assert n == 0 or point.objective <= plan.frontier[n - 1].objective + 1e-9
    # What it says itself, told to it as the plan in force, it says again.
    again = engine.first_plan(problem, plain(plan.moves))
    assert set(plain(again.moves)) == set(plain(plan.moves))


def test_appliances_told_to_move_are_named_again_and_the_impossible_is_ignored() -> None:
    problem = line_problem(max_moves=1)
    engine = engine_of(problem)
    (move,) = engine.first_plan(problem).moves
    twin = next(a for a in range(4) if a != move.appliance and problem.appliance_station[a] == move.origin)
    told = [(99, 0), (twin, move.destination)]
    assert plain(engine.first_plan(problem, told).moves) == ((twin, move.destination),)
    locked = line_problem(max_moves=1, locked=np.arange(4) == twin)
    assert plain(engine_of(locked).first_plan(locked, told).moves) == ((move.appliance, move.destination),)


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.booleans())
def test_alternatives_keep_the_rules_and_differ(seed: int, timed: bool) -> None:
    problem = timed_problem(seed) if timed else small_problem(seed)
    engine = engine_of(problem)
    plan = engine.certify(problem, engine.first_plan(problem), 30.0, target_gap=5e-5)
    others = engine.alternatives(problem, plan, most=3)
    assert len(others) <= 3
    told = [deeds(problem, plain(point.moves)) for point in others]
    assert len({deeds(problem, plain(plan.moves)), *told}) == len(told) + 1
    for point in others:
        assert oracle.allowed(problem, plain(point.moves))
        assert point.objective == pytest.approx(oracle.objective(problem, plain(point.moves)), abs=1e-6)
        assert point.risk == pytest.approx(oracle.risk(problem, plain(point.moves)), abs=1e-6)
        assert point.objective >= plan.objective * (1.0 - 1e-4) - 1e-9
    assert all(one.objective <= other.objective + 1e-9 for one, other in pairwise(others))
    assert plan.moves or not others
    assert engine.first_plan(problem) == engine_of(problem).first_plan(problem)


@settings(max_examples=80, deadline=None)
@given(SEEDS)
def test_the_best_alternative_to_a_single_move_is_the_second_best_of_all(seed: int) -> None:
    problem = small_problem(seed, max_moves=1)
    engine = engine_of(problem)
    plan = engine.first_plan(problem)
    if plan.moves:
        rest = [
            oracle.objective(problem, other)
            for other in oracle.every_plan(problem)
            if deeds(problem, other) != deeds(problem, plain(plan.moves))
        ]
        (best, *_) = engine.alternatives(problem, plan)
        assert best.objective == pytest.approx(min(rest), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_of_assignments_that_cost_the_same_the_longest_journey_is_shortest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    homes = rng.integers(0, 24, 34)
    problem = busy_state(
        TOWN, seed % 50, home=homes, homeward_factor=0.5, move_cost=rng.choice([10.0, 20.0], (24, 24))
    )
    movers = Movers.of(problem)
    road_s = rng.integers(60, 900, (24, 24)).astype(np.float64)
    groups = rng.choice(movers.n_groups, 4, replace=False).tolist()
    ends = rng.choice(np.setdiff1d(np.arange(24), movers.origin[groups]), 4, replace=False).tolist()
    pairs = cheapest_assignment(movers, list(zip(groups, ends, strict=True)))
    result = shortest_longest(movers, pairs, road_s, 1e-9)

    def total(chosen: list[tuple[int, int]]) -> float:
        return sum(float(movers.cost[pair]) for pair in chosen)

    def longest(chosen: list[tuple[int, int]]) -> float:
        return max(float(road_s[movers.origin[g], end]) for g, end in chosen)

    assert sorted(end for _, end in result) == sorted(ends)
    assert sorted(movers.origin[g] for g, _ in result) == sorted(movers.origin[groups])
    assert total(result) == pytest.approx(total(pairs))
    assert longest(result) <= longest(pairs)
    if len({int(movers.origin[g]) for g in range(movers.n_groups)}) == movers.n_groups:
        tries = [list(zip([g for g, _ in pairs], order, strict=True)) for order in permutations(ends)]
        cheapest = min(total(one) for one in tries)
        assert total(result) == pytest.approx(cheapest)
        assert longest(result) == min(longest(one) for one in tries if total(one) < cheapest + 1e-6)
