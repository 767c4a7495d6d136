"""Gains weighed over the time a gap lasts, and every charge on a move, against every small plan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cover.certificate import LEAST_TARGET_GAP
from optimiser.cover.engine import CoverEngine
from optimiser.cover.scene import Scene
from optimiser.cover.search import KEPT_SHARE
from tests.optimiser import cover_oracle as oracle
from tests.optimiser.cover_problems import timed_problem
from tests.optimiser.test_cover_brute_force import check_plan, plain
from tests.optimiser.test_cover_degenerate import line_problem

pytestmark = pytest.mark.slow

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=250, deadline=None)
@given(SEEDS)
def test_first_plan_is_exactly_priced_in_every_scene(seed: int) -> None:
    problem = timed_problem(seed)
    check_plan(problem, CoverEngine(problem.attendance_s, problem.standards).first_plan(problem))


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_certified_plan_is_the_best_of_all_over_the_scenes(seed: int) -> None:
    problem = timed_problem(seed)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan = engine.certify(problem, engine.first_plan(problem), 30.0, target_gap=LEAST_TARGET_GAP)
    check_plan(problem, plan)
    best = oracle.best_objective(problem)
    assert plan.certificate == "proven"
    assert plan.bound is not None
    assert plan.bound <= best + 1e-9
    assert plan.objective == pytest.approx(best, rel=2 * LEAST_TARGET_GAP, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_contributions_are_those_of_leaving_one_out_over_the_scenes(seed: int) -> None:
    problem = timed_problem(seed)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan = engine.first_plan(problem)
    for i, reason in enumerate(engine.explain(problem, plan)):
        others = plain(plan.moves[:i] + plan.moves[i + 1 :])
        gain = oracle.risk(problem, others) - oracle.risk(problem, plain(plan.moves))
        assert reason.contribution == pytest.approx(gain, rel=1e-7, abs=1e-7)


def line_with_a_gap_at_station_3() -> dict[str, object]:
    """Two appliances at station 0, none at the far end."""
    stations = np.array([0, 0, 1, 2])
    return {"appliance_station": stations, "home": stations}


def test_a_gap_that_closes_soon_is_not_worth_a_move() -> None:
    """The crew of station 3 is back after a quarter of the horizon: what paid before no longer does."""
    back = np.zeros((1, 4), dtype=np.int64)
    back[0, 3] = 1
    cost = np.full((4, 4), 150.0)
    lasting = line_problem(**line_with_a_gap_at_station_3(), move_cost=cost)
    closing = line_problem(
        **line_with_a_gap_at_station_3(),
        move_cost=cost,
        scenes=(Scene(0.25, np.zeros_like(back)), Scene(0.75, back)),
    )
    engine = CoverEngine(lasting.attendance_s, lasting.standards)
    assert [move.destination for move in engine.first_plan(lasting).moves] == [3]
    assert engine.first_plan(closing).moves == ()


def test_a_move_that_arrives_after_the_gap_brings_nothing() -> None:
    base = line_problem(**line_with_a_gap_at_station_3(), move_cost=np.zeros((4, 4)))
    engine = CoverEngine(base.attendance_s, base.standards)
    assert engine.first_plan(base).moves
    slow = line_problem(
        **line_with_a_gap_at_station_3(), move_cost=np.zeros((4, 4)), road_s=np.full((4, 4), 4_000.0)
    )
    assert engine.first_plan(slow).moves == ()


def test_departing_and_undoing_are_charged() -> None:
    base = line_problem(**line_with_a_gap_at_station_3())
    engine = CoverEngine(base.attendance_s, base.standards)
    (move,) = engine.first_plan(base).moves
    charged = line_problem(
        **line_with_a_gap_at_station_3(),
        departing_charge=np.full(4, 7.0),
        undoing=frozenset({(move.appliance, move.destination)}),
        undoing_charge=11.0,
    )
    (again,) = engine.first_plan(charged).moves
    # Another appliance from the same station does not undo anything: it goes instead.
    assert again.appliance != move.appliance
    assert again.cost == pytest.approx(move.cost + 7.0)
    both = line_problem(
        **line_with_a_gap_at_station_3(),
        departing_charge=np.full(4, 7.0),
        undoing=frozenset((a, 3) for a in range(4)),
        undoing_charge=11.0,
    )
    (dearer,) = engine.first_plan(both).moves
    assert dearer.cost == pytest.approx(move.cost + 18.0)


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_a_steady_proof_keeps_the_plan_unless_another_is_clearly_better(seed: int) -> None:
    problem = timed_problem(seed)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    first = engine.first_plan(problem)
    steady = engine.certify(problem, first, 30.0, steady=True)
    free = engine.certify(problem, first, 30.0)
    assert steady.certificate == free.certificate == "proven"
    assert steady.objective <= free.objective * (1.0 + KEPT_SHARE) + 1e-9
    if free.objective >= first.objective * (1.0 - KEPT_SHARE):
        assert steady.objective in (first.objective, free.objective)
    if {(m.origin, m.destination) for m in free.moves} == {(m.origin, m.destination) for m in first.moves}:
        assert set(free.moves) == set(first.moves)


def test_a_bound_of_another_picture_is_not_taken_up() -> None:
    base = line_problem(**line_with_a_gap_at_station_3())
    engine = CoverEngine(base.attendance_s, base.standards)
    proven = engine.certify(base, engine.first_plan(base), 30.0)
    quiet = line_problem(**line_with_a_gap_at_station_3(), demand_per_h=0.01 * base.demand_per_h)
    plan = engine.certify(quiet, proven, 30.0)
    assert plan.bound is not None
    assert plan.bound <= oracle.best_objective(quiet) + 1e-9
