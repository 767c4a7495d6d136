"""What if: only what is supposed changes, and the live problem stays as it is."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cover.arrays import CoverInputError
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.engine import CoverEngine
from optimiser.cover.problem import CoverProblem
from optimiser.cover.scene import Scene
from optimiser.cover.what_if import Supposed, Supposition, supposing
from tests.optimiser.cover_oracle import risk
from tests.optimiser.cover_problems import small_problem, timed_problem


def suppose(problem: CoverProblem, supposition: Supposition) -> Supposed:
    return supposing(AttendanceIndex.build(problem.attendance_s), problem, supposition)


def frozen(problem: CoverProblem) -> dict[str, Any]:
    """A copy of everything a problem holds."""
    held: dict[str, Any] = {}
    for field in fields(problem):
        value = getattr(problem, field.name)
        held[field.name] = value.tolist() if isinstance(value, np.ndarray) else value
    held["scenes"] = [(scene.share, scene.counts_change.tolist()) for scene in problem.scenes]
    return held


@given(st.integers(0, 2**31))
@settings(max_examples=200, deadline=None)
def test_those_supposed_away_are_away_and_nothing_else_changes(seed: int) -> None:
    problem = timed_problem(seed)
    rng = np.random.default_rng(seed)
    live = frozen(problem)
    up = np.flatnonzero(problem.available)
    off_run = tuple(int(a) for a in rng.permutation(up)[: int(rng.integers(0, 3))])
    needs = tuple(int(rng.integers(0, 3)) for _ in range(problem.n_kinds))
    zone = int(rng.integers(problem.n_zones)) if rng.random() < 0.7 else None
    supposed = suppose(problem, Supposition(zone, needs if zone is not None else (), off_run))
    assert frozen(problem) == live
    gone = set(off_run)
    if zone is None:
        assert supposed.mobilising is None
    else:
        assert supposed.mobilising is not None
        sent = [one.appliance for one in supposed.mobilising.nearest.appliances]
        assert not gone & set(sent)
        gone |= set(sent)
        assert risk(supposed.problem, ()) == pytest.approx(supposed.mobilising.nearest.risk_after)
        if not off_run:
            assert risk(problem, ()) == pytest.approx(supposed.mobilising.risk_before)
    assert set(np.flatnonzero(supposed.problem.available).tolist()) == set(up.tolist()) - gone
    now = frozen(supposed.problem)
    for field in live.keys() - {"available", "scenes"}:
        assert now[field] == live[field], field
    if not any(problem.locked[a] for a in gone):
        assert now["scenes"] == live["scenes"]


def test_the_engine_answers_the_supposed_problem() -> None:
    problem = small_problem(8)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    supposition = Supposition(0, (1,) * problem.n_kinds)
    supposed = supposing(engine.index, problem, supposition)
    plan = engine.first_plan(supposed.problem)
    assert supposed.mobilising is not None
    assert plan.before.risk == pytest.approx(supposed.mobilising.nearest.risk_after)


def test_nothing_supposed_is_the_problem_itself() -> None:
    problem = small_problem(1)
    assert suppose(problem, Supposition()).problem is problem


def test_of_several_on_the_road_the_nearest_ghost_goes() -> None:
    base = small_problem(
        0,
        attendance_s=np.full((4, 1), 100, dtype=np.float32),
        demand_per_h=np.ones((1, 1)),
        standards=small_problem(0).standards[:1],
        appliance_kind=np.zeros(3, dtype=np.int64),
        appliance_station=np.array([0, 0, 1]),
        home=np.zeros(3, dtype=np.int64),
        available=np.ones(3, dtype=bool),
        locked=np.array([True, True, False]),
        move_cost=np.array([[0.0, 9, 9, 9], [9, 0, 9, 9], [5, 9, 0, 9], [1, 9, 9, 0]]),
        bays=None,
        min_cover=None,
        forbidden=frozenset(),
        scenes=(Scene(1.0, np.array([[-2, 0, 1, 1]])),),
    )
    one = suppose(base, Supposition(off_run=(0,))).problem
    assert one.scenes[0].counts_change.tolist() == [[-1, 0, 1, 0]]
    both = suppose(base, Supposition(off_run=(0, 1))).problem
    assert both.scenes[0].counts_change.tolist() == [[0, 0, 0, 0]]
    other = suppose(base, Supposition(off_run=(2,))).problem
    assert other.scenes[0].counts_change.tolist() == [[-2, 0, 1, 1]]


def test_where_another_locked_one_stands_the_scene_stays_as_it_is() -> None:
    base = small_problem(
        0,
        attendance_s=np.full((2, 1), 100, dtype=np.float32),
        demand_per_h=np.ones((1, 1)),
        standards=small_problem(0).standards[:1],
        appliance_kind=np.zeros(2, dtype=np.int64),
        appliance_station=np.zeros(2, dtype=np.int64),
        home=np.zeros(2, dtype=np.int64),
        available=np.ones(2, dtype=bool),
        locked=np.ones(2, dtype=bool),
        move_cost=np.zeros((2, 2)),
        bays=None,
        min_cover=None,
        forbidden=frozenset(),
        scenes=(Scene(1.0, np.array([[-1, 1]])),),
    )
    # Nothing tells which of the two is on the road; there is one appliance left either way.
    for gone in (0, 1):
        one = suppose(base, Supposition(off_run=(gone,))).problem
        assert one.view_counts().tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("supposition", "field"),
    [
        (Supposition(zone=99, needs=(1,)), "zone"),
        (Supposition(zone=0, needs=(1, 1, 1)), "needs"),
        (Supposition(zone=0), "needs"),
        (Supposition(needs=(1,)), "needs"),
        (Supposition(off_run=(99,)), "off_run[0]"),
        (Supposition(off_run=(-1,)), "off_run[0]"),
        (Supposition(off_run=(1,)), "off_run[0]"),
        (Supposition(off_run=(0, 0)), "off_run[1]"),
    ],
)
def test_bad_suppositions_are_named(supposition: Supposition, field: str) -> None:
    fleet = np.zeros(2, dtype=np.int64)
    problem = small_problem(
        0,
        standards=small_problem(0).standards[:1],
        demand_per_h=small_problem(0).demand_per_h[:1],
        appliance_kind=fleet,
        appliance_station=fleet,
        home=fleet,
        available=np.array([True, False]),
        locked=np.zeros(2, dtype=bool),
        forbidden=frozenset(),
    )
    with pytest.raises(CoverInputError) as error:
        suppose(problem, supposition)
    assert error.value.field == field
