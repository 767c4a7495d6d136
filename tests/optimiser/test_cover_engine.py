"""The cover engine at a middling size: rules, reasons, stopping, and what it keeps between solves."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from optimiser.cover.arrays import FloatArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.certificate import LEAST_TARGET_GAP
from optimiser.cover.cuts import MOST_DEMANDS, CutStore
from optimiser.cover.engine import CoverEngine
from optimiser.cover.movers import Movers
from optimiser.cover.plan import CoverPlan, Move
from optimiser.cover.problem import CoverProblem
from optimiser.cover.reasons import explain
from optimiser.cover.search import CoverSearch
from optimiser.cover.standard import Standard
from optimiser.cover.state import CoverState
from tests.optimiser import cover_oracle as oracle
from tests.optimiser.cover_problems import busy_state, synthetic_city
from tests.optimiser.test_cover_degenerate import line_problem

TOWN = synthetic_city(7, n_stations=24, n_zones=300, n_appliances=34)
SEEDS = range(8)


def town_engine() -> CoverEngine:
    return CoverEngine(TOWN.attendance_s, TOWN.standards)


@pytest.mark.parametrize("seed", SEEDS)
def test_plan_keeps_the_rules_and_its_bound_holds(seed: int) -> None:
    problem = busy_state(
        TOWN, seed, min_cover=np.ones(24, dtype=np.int64), forbidden=frozenset({(0, 5), (3, 7)})
    )
    engine = town_engine()
    first = engine.first_plan(problem)
    plan = engine.certify(problem, first, 20.0)
    assert plan.certificate == "proven"
    assert plan.gap is not None
    assert plan.gap <= 1e-3
    assert plan.bound is not None
    for point in (*first.frontier, *plan.frontier):
        pairs = tuple((m.appliance, m.destination) for m in point.moves)
        assert oracle.allowed(problem, pairs)
        assert point.risk == pytest.approx(oracle.risk(problem, pairs), rel=1e-9)
    for before, after in itertools.pairwise(plan.frontier):
        assert after.objective <= before.objective
    assert plan.bound <= plan.objective <= first.objective
    assert plan.frontier[-1].objective == plan.objective


def test_tighter_proof_never_contradicts_an_earlier_bound() -> None:
    problem = busy_state(TOWN, 3)
    engine = town_engine()
    first = engine.first_plan(problem)
    loose = engine.certify(problem, first, 20.0)
    tight = engine.certify(problem, loose, 20.0, target_gap=5e-5)
    assert tight.certificate == "proven"
    assert loose.bound is not None
    assert loose.bound <= tight.objective


def test_cancelled_before_it_starts_still_answers() -> None:
    problem = busy_state(TOWN, 1)
    engine = town_engine()
    first = engine.first_plan(problem)
    plan = engine.certify(problem, first, 20.0, lambda: True, target_gap=LEAST_TARGET_GAP)
    assert plan.certificate == "cancelled"
    assert plan.moves == first.moves
    assert plan.bound == 0.0


def test_cancelled_in_between_stops_at_the_next_look() -> None:
    problem = busy_state(TOWN, 1)
    engine = town_engine()
    answers = iter([False, False])
    plan = engine.certify(
        problem, engine.first_plan(problem), 20.0, lambda: next(answers, True), target_gap=LEAST_TARGET_GAP
    )
    assert plan.certificate == "cancelled"
    assert plan.bound is not None
    assert 0.0 < plan.bound <= plan.objective


def test_a_bound_proven_before_is_where_the_next_attempt_starts() -> None:
    problem = busy_state(TOWN, 1)
    engine = town_engine()
    proven = engine.certify(problem, engine.first_plan(problem), 20.0)
    assert proven.bound is not None
    again = engine.certify(problem, proven, 20.0, lambda: True, target_gap=LEAST_TARGET_GAP)
    assert (again.certificate, again.bound) == ("cancelled", proven.bound)
    same = engine.certify(problem, proven, 20.0, lambda: True)
    assert (same.certificate, same.bound) == ("proven", proven.bound)


def test_a_search_that_is_stopped_looks_before_every_step() -> None:
    problem = busy_state(TOWN, 1)
    movers = Movers.of(problem)
    search = CoverSearch(CoverState(AttendanceIndex.build(TOWN.attendance_s), problem, movers), lambda: True)
    for group, end in np.argwhere(np.isfinite(movers.cost))[[3, 200, 400]].tolist():
        search.restart((*search.pairs, (group, end)))
    before = search.keep()
    search.improve_pairs(3)
    assert search.keep() == before
    search.improve(3)
    assert len(search.pairs) == 3


def test_first_plan_and_reasons_do_not_depend_on_what_was_asked_before() -> None:
    engine, other = town_engine(), busy_state(TOWN, 2)
    problem = busy_state(TOWN, 3, bays=TOWN.bays - 1)
    plan = engine.first_plan(problem)
    reasons = explain(problem, plan)
    assert engine.explain(problem, plan) == reasons
    certified = engine.certify(problem, plan, 20.0)
    assert engine.explain(problem, plan) == reasons
    engine.first_plan(other)
    assert engine.explain(problem, plan) == reasons
    assert engine.first_plan(problem) == plan
    assert town_engine().certify(problem, plan, 20.0).objective == pytest.approx(
        certified.objective, rel=1e-3
    )


def test_time_is_over_by_the_stopwatch_it_was_given() -> None:
    ticks = itertools.count()
    engine = CoverEngine(TOWN.attendance_s, TOWN.standards, stopwatch=lambda: float(next(ticks)))
    problem = busy_state(TOWN, 1)
    plan = engine.certify(problem, engine.first_plan(problem), 5.0, target_gap=LEAST_TARGET_GAP)
    assert plan.certificate == "time"


def test_prices_kept_by_shifting_are_those_computed_afresh() -> None:
    problem = busy_state(TOWN, 5)
    index, movers = AttendanceIndex.build(TOWN.attendance_s), Movers.of(problem)
    state = CoverState(index, problem, movers)
    pairs = []
    for _ in range(4):
        best = state.best()
        assert state.value_of((best.group, best.destination)) == pytest.approx(best.value)
        before = state.objective
        state.add((best.group, best.destination))
        pairs.append((best.group, best.destination))
        assert state.objective - before == pytest.approx(best.value)
        assert state.objective == pytest.approx(state.exact_risk() + state.cost, rel=1e-12)
    fresh = line_state(index, state)
    assert np.allclose(state.prices(), fresh, rtol=0.0, atol=1e-8)
    for pair in pairs:
        state.drop(pair)
    assert np.allclose(state.prices(), CoverState(index, problem, movers).prices(), rtol=0.0, atol=1e-8)


def line_state(index: AttendanceIndex, state: CoverState) -> FloatArray:
    """Prices of the same picture computed from nothing: the counts as they stand, no moves made."""
    problem = busy_state(TOWN, 5)
    movers = Movers.of(problem)
    moved = Movers(
        kind=movers.kind,
        origin=movers.origin,
        size=movers.size,
        cost=movers.cost,
        open_cost=movers.open_cost,
        members=movers.members,
        may_leave=movers.may_leave,
        room=movers.room,
        counts=state.counts,
    )
    return CoverState(index, problem, moved).prices()


def test_search_comes_back_from_any_plan() -> None:
    problem = busy_state(TOWN, 2)
    movers = Movers.of(problem)
    search = CoverSearch(CoverState(AttendanceIndex.build(TOWN.attendance_s), problem, movers))
    empty = search.keep()
    found = search.frontier(5)
    search.restart(())
    assert search.keep().objective == pytest.approx(empty.objective)
    search.restart(found[3].pairs)
    assert search.keep().objective == pytest.approx(found[3].objective)


def test_pools_of_old_demands_are_forgotten() -> None:
    store = CutStore.of(AttendanceIndex.build(TOWN.attendance_s), TOWN.attendance_s)
    pools = [store.pool(busy_state(TOWN, 0, demand_per_h=TOWN.demand_per_h * (1 + h))) for h in range(9)]
    assert store.pool(busy_state(TOWN, 1, demand_per_h=TOWN.demand_per_h * 9)) is pools[8]
    assert store.pool(busy_state(TOWN, 1)) is not pools[0]
    assert len(store._pools) == MOST_DEMANDS


def test_homeward_moves_are_cheaper_and_said_to_be_homeward() -> None:
    # The appliance of station 3 stands at station 0, beside one that belongs there.
    home = np.array([0, 3, 1, 1])
    problem = line_problem(home=home, homeward_factor=0.5, max_moves=1)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan = engine.first_plan(problem)
    assert [(m.appliance, m.destination, m.cost) for m in plan.moves] == [(1, 3, 2.5)]
    (reason,) = engine.explain(problem, plan)
    assert reason.reason == "returns_home"


def test_reasons_name_grounds_that_gain_and_lose() -> None:
    problem = line_problem(
        available=np.array([True, False, True, False]),
        home=np.array([0, 2, 1, 3]),
        max_moves=1,
        move_cost=np.zeros((4, 4)),
    )
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan = engine.first_plan(problem)
    (move,) = plan.moves
    (reason,) = engine.explain(problem, plan)
    assert reason == explain(problem, plan)[0]
    assert reason.reason == "fills_empty_ground"
    assert move.destination in {change.station for change in reason.gains}
    assert move.origin in {change.station for change in reason.loses}
    zones = np.argmin(problem.attendance_s, axis=0) == move.destination
    before, after = engine.zone_times(problem), engine.zone_times(problem, plan.moves)
    saved = float((before.first_s[0] - after.first_s[0])[zones].mean())
    gain = next(change for change in reason.gains if change.station == move.destination)
    assert gain.seconds == pytest.approx(saved, rel=1e-6)
    assert gain.demand_per_h == pytest.approx(0.5 * zones.sum())


def reasons_of(problem: CoverProblem) -> list[tuple[int, str]]:
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan = engine.first_plan(problem)
    reasons = engine.explain(problem, plan)
    return [(move.destination, reason.reason) for move, reason in zip(plan.moves, reasons, strict=True)]


# All demand is at the far end of the line, station 3.
FAR_END = np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]])


def test_a_place_where_one_belongs_and_none_stands_is_empty_ground() -> None:
    available = np.array([True, True, True, False])
    far = line_problem(demand_per_h=FAR_END, home=np.array([0, 0, 1, 3]), available=available, max_moves=1)
    assert reasons_of(far) == [(3, "fills_empty_ground")]


def test_a_place_where_none_of_the_kind_belongs_is_no_empty_ground() -> None:
    assert reasons_of(line_problem(demand_per_h=FAR_END, max_moves=1)) == [(3, "shortens_first")]
    # An aerial belongs there; what moves is a pump.
    other = line_problem(
        standards=(Standard(), Standard.first_only(600.0)),
        demand_per_h=np.vstack([FAR_END, 0.0 * FAR_END]),
        appliance_kind=np.array([0, 0, 0, 1]),
        home=np.array([0, 0, 1, 3]),
        max_moves=1,
    )
    assert reasons_of(other) == [(3, "shortens_first")]


def test_of_two_moves_to_one_empty_place_the_second_strengthens_the_second() -> None:
    far = line_problem(
        demand_per_h=FAR_END,
        home=np.array([0, 0, 1, 3]),
        available=np.array([True, True, True, False]),
        max_moves=2,
    )
    assert reasons_of(far) == [(3, "fills_empty_ground"), (3, "strengthens_second")]


def test_an_empty_place_beside_another_that_is_as_near_gains_a_second() -> None:
    # Station 3 is empty and one belongs there, but an appliance at station 2 is there ten seconds later.
    attendance_s = np.array([[1000.0], [1000.0], [200.0], [190.0]], dtype=np.float32)
    near = line_problem(
        demand_per_h=np.ones((1, 1)),
        attendance_s=attendance_s,
        appliance_station=np.array([0, 2, 3, 3]),
        home=np.array([0, 2, 3, 3]),
        available=np.array([True, True, False, False]),
        max_moves=1,
    )
    assert reasons_of(near) == [(3, "strengthens_second")]
    # Home is said first, whatever the move brings.
    home = replace(near, home=np.array([3, 2, 3, 3]))
    assert reasons_of(home) == [(3, "returns_home")]


@pytest.mark.parametrize("seed", SEEDS)
def test_moves_come_in_the_order_of_what_each_brings(seed: int) -> None:
    problem = busy_state(TOWN, seed, homeward_factor=0.3)
    engine = town_engine()
    first = engine.first_plan(problem)
    for plan in (first, engine.certify(problem, first, 20.0)):
        brings = [reason.contribution for reason in engine.explain(problem, plan)]
        assert all(later <= earlier + 1e-7 for earlier, later in itertools.pairwise(brings))


def with_rule(**changes: object) -> tuple[Move, str | None]:
    # More is asked for towards the end of the line, so that no two stations are worth the same.
    demand_per_h = np.linspace(0.2, 1.0, 8)[None, :]
    problem = line_problem(max_moves=1, demand_per_h=demand_per_h, **changes)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan = engine.first_plan(problem)
    (reason,) = engine.explain(problem, plan)
    return plan.moves[0], reason.rule


def test_reasons_name_the_rule_that_binds() -> None:
    free, rule = with_rule()
    assert rule == "move_cap"
    bays = np.full(4, 4)
    bays[free.destination] = 0
    moved, rule = with_rule(bays=bays)
    assert moved.destination != free.destination
    assert rule == "bays"
    forbidden = frozenset((a, free.destination) for a in range(4))
    assert with_rule(forbidden=forbidden)[1] == "rejected"
    min_cover = np.zeros(4, dtype=np.int64)
    min_cover[free.origin] = 2
    assert with_rule(min_cover=min_cover, move_cost=np.zeros((4, 4)))[1] in ("min_cover", "move_cap")


def test_min_cover_is_named_where_it_binds() -> None:
    cost = np.full((4, 4), 900.0)
    cost[1] = 1.0
    assert with_rule(move_cost=cost)[0].origin == 1
    assert with_rule(move_cost=cost, min_cover=np.array([0, 2, 0, 0]))[1] == "min_cover"


def test_warm_up_leaves_no_trace_in_the_answers() -> None:
    warm, cold = town_engine(), town_engine()
    warm.warm_up()
    problem = busy_state(TOWN, 4)
    assert warm.first_plan(problem) == cold.first_plan(problem)


def gap_of_first_plan(engine: CoverEngine, plan: CoverPlan, certified: CoverPlan) -> float:
    assert certified.bound is not None
    return (plan.objective - certified.bound) / plan.objective


def test_first_plans_of_a_city_are_close_to_the_best() -> None:
    city = synthetic_city(1)
    engine = CoverEngine(city.attendance_s, city.standards)
    gaps = []
    for seed in range(25):
        problem = busy_state(city, seed)
        first = engine.first_plan(problem)
        plan = engine.certify(problem, first, 30.0)
        assert plan.certificate == "proven"
        gaps.append(gap_of_first_plan(engine, first, plan))
    assert np.percentile(gaps, 95) <= 0.005
    assert max(gaps) <= 0.02
