"""What the search does besides: price scenes, keep the plan in force, find others, shorten journeys."""

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optimiser.cover.assignment import cheapest_assignment, shortest_longest
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.engine import CoverEngine
from optimiser.cover.movers import Movers
from optimiser.cover.next_best import next_best
from optimiser.cover.plan import Move
from optimiser.cover.problem import CoverProblem
from optimiser.cover.search import KEPT_SHARE, CoverSearch
from optimiser.cover.state import CoverState
from tests.optimiser import cover_oracle as oracle
from tests.optimiser.cover_problems import busy_state, small_problem, synthetic_city, timed_problem
from tests.optimiser.test_cover_degenerate import line_problem

pytestmark = pytest.mark.slow

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


def full_problem(seed: int, **changes: object) -> CoverProblem:
    """A timed problem with one bay at each station: nobody comes where nobody leaves."""
    problem = timed_problem(seed, **({"max_moves": 3} | changes))
    return replace(problem, bays=np.ones(problem.n_stations, dtype=np.int64))


@settings(max_examples=120, deadline=None)
@given(SEEDS)
@example(72)
def test_every_next_best_plan_is_priced_as_it_is(seed: int) -> None:
    problem = timed_problem(seed, max_moves=3)
    engine = engine_of(problem)
    plan = engine.first_plan(problem)
    state = CoverState(engine.index, problem, Movers.of(problem))
    found = next_best(state, state.movers.pairs_of(plan.moves), problem.max_moves, 50)
    for other in found:
        told = plain(state.movers.name_moves(list(other.pairs)))
        assert np.isfinite(other.objective)
        assert oracle.allowed(problem, told)
        assert other.objective == pytest.approx(oracle.objective(problem, told), rel=1e-9, abs=1e-6)
    every = [point.objective for point in engine.alternatives(problem, plan, most=50)]
    for most in (1, 2, 3):
        fewer = [point.objective for point in engine.alternatives(problem, plan, most=most)]
        assert fewer == pytest.approx(every[:most], abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(SEEDS)
@example(1)
def test_the_best_plan_in_force_stays_where_stations_are_full(seed: int) -> None:
    problem = full_problem(seed)
    engine = engine_of(problem)
    plan = engine.certify(problem, engine.first_plan(problem), 30.0)
    again = engine.first_plan(problem, plain(plan.moves))
    assert again.objective <= plan.objective * (1.0 + KEPT_SHARE) + 1e-9
    # One that may no longer go does not keep the others from swapping.
    search = CoverSearch(CoverState(engine.index, problem, Movers.of(problem)))
    pairs = search.state.movers.pairs_of(plan.moves)
    nowhere = [(g, int(origin)) for g, origin in enumerate(search.state.movers.origin)][:1]
    kept = search.renewed(search.frontier(problem.max_moves), [*nowhere, *pairs])[-1]
    assert kept.objective <= plan.objective * (1.0 + KEPT_SHARE) + 1e-6


def test_of_a_plan_in_force_that_breaks_a_rule_all_that_fits_is_made() -> None:
    problem = full_problem(1)
    engine = engine_of(problem)
    search = CoverSearch(CoverState(engine.index, problem, Movers.of(problem)))
    plan = engine.certify(problem, engine.first_plan(problem), 30.0)
    pairs = search.state.movers.pairs_of(plan.moves)
    search.renewed(search.frontier(problem.max_moves), [*pairs, *pairs])
    movers = search.state.movers
    movers.check(tuple(search.pairs), problem.max_moves)


@pytest.mark.parametrize("seed", [1, 383])
def test_the_first_plan_goes_through_full_stations(seed: int) -> None:
    problem = full_problem(seed)
    engine = engine_of(problem)
    plan = engine.first_plan(problem)
    best = min(oracle.objective(problem, other) for other in oracle.every_plan(problem))
    assert len(plan.moves) >= 2
    assert plan.objective == pytest.approx(best, rel=1e-6)


@settings(max_examples=120, deadline=None)
@given(SEEDS, st.integers(0, 4))
@example(1, 3)
def test_swaps_and_chains_keep_the_rules_and_never_make_worse(seed: int, max_moves: int) -> None:
    problem = full_problem(seed, max_moves=max_moves)
    engine = engine_of(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CoverSearch, "improve_through_full", lambda *_: False)
        without = engine.first_plan(problem)
    plan = engine_of(problem).first_plan(problem)
    for n, (point, other) in enumerate(zip(plan.frontier, without.frontier, strict=True)):
        assert len(point.moves) <= n
        assert oracle.allowed(problem, plain(point.moves))
        assert point.objective == pytest.approx(oracle.objective(problem, plain(point.moves)), abs=1e-6)
        assert point.objective <= other.objective * (1.0 + 1e-6) + 1e-9


def test_driving_is_charged_once_however_many_states_there_are() -> None:
    problem = next(p for p in map(timed_problem, range(50)) if p.road_s is not None)
    index, movers = AttendanceIndex.build(problem.attendance_s), Movers.of(problem)
    free = movers.cost.copy()
    first, second = CoverState(index, problem, movers), CoverState(index, problem, movers)
    assert np.array_equal(movers.cost, free)
    assert np.array_equal(first.movers.cost, second.movers.cost)
    assert (first.movers.cost >= free).all()
    assert np.array_equal(first.prices(), second.prices())
