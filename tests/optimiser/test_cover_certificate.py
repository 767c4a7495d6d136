"""The certificate: bounds of every number of moves, against brute force and against another model."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from optimiser.cover.arrays import CoverInputError
from optimiser.cover.branching import OpenParts, Part
from optimiser.cover.certificate import LEAST_TARGET_GAP, PROVEN_GAP, Certification
from optimiser.cover.engine import CoverEngine
from optimiser.cover.master import Limit, Limits
from optimiser.cover.plan import CoverPlan
from optimiser.cover.problem import CoverProblem
from optimiser.cover.scene import Scene
from optimiser.cover.standard import Standard
from tests.optimiser import cover_oracle as oracle
from tests.optimiser.cover_problems import busy_state, small_problem, synthetic_city, timed_problem

pytestmark = pytest.mark.slow

SEEDS = st.integers(0, 2**32 - 1)
MAKERS = st.sampled_from([small_problem, timed_problem])
Maker = Callable[[int], CoverProblem]


def engine_of(problem: CoverProblem) -> CoverEngine:
    return CoverEngine(problem.attendance_s, problem.standards)


def best_by_moves(problem: CoverProblem) -> list[float]:
    """The optimum of at most 0, 1, ..., max_moves moves, by trying everything."""
    best = [math.inf] * (problem.max_moves + 1)
    for plan in oracle.every_plan(problem):
        value = oracle.objective(problem, plan)
        for n in range(len(plan), len(best)):
            best[n] = min(best[n], value)
    return best


def check_frontier(problem: CoverProblem, plan: CoverPlan, best: list[float]) -> None:
    """What must hold of every certified frontier, wherever it was stopped."""
    assert len(plan.frontier) == len(best)
    above = math.inf
    for n, point in enumerate(plan.frontier):
        moves = tuple((m.appliance, m.destination) for m in point.moves)
        assert len(moves) <= n
        assert oracle.allowed(problem, moves)
        assert point.objective == pytest.approx(oracle.objective(problem, moves), rel=1e-9, abs=1e-9)
        assert point.bound is not None
        assert point.gap is not None
        assert point.bound <= best[n] + 1e-9 * max(1.0, best[n])
        assert point.bound <= point.objective
        assert n == 0 or point.objective <= plan.frontier[n - 1].objective
        assert point.bound <= above + 1e-9 * max(1.0, best[0])
        above = point.bound
    assert (plan.frontier[0].bound, plan.frontier[0].gap) == (plan.frontier[0].objective, 0.0)
    last = plan.frontier[-1]
    assert (plan.moves, plan.objective, plan.bound, plan.gap) == (
        last.moves,
        last.objective,
        last.bound,
        last.gap,
    )


@settings(max_examples=200, deadline=None)
@given(SEEDS, MAKERS)
def test_every_point_of_a_certified_frontier_is_the_best_of_so_many_moves(seed: int, make: Maker) -> None:
    problem = make(seed)
    engine = engine_of(problem)
    plan = engine.certify_frontier(problem, engine.first_plan(problem), 30.0, target_gap=LEAST_TARGET_GAP)
    best = best_by_moves(problem)
    check_frontier(problem, plan, best)
    assert plan.certificate == "proven"
    for n, point in enumerate(plan.frontier):
        assert point.gap is not None
        assert point.gap <= LEAST_TARGET_GAP
        assert point.objective == pytest.approx(best[n], rel=2 * LEAST_TARGET_GAP, abs=1e-9)


def puzzling_problem(seed: int) -> CoverProblem:
    """A zone for each pair of five stations, reached by either: the relaxation likes half a move to each."""
    rng = np.random.default_rng(seed)
    n_stations, n_appliances = 8, 4
    pairs = list(combinations(range(3, n_stations), 2))
    n_zones = len(pairs)
    attendance_s = np.full((n_stations, n_zones), 1500.0, dtype=np.float32)
    for z, near in enumerate(pairs):
        attendance_s[list(near), z] = rng.choice([200.0, 240.0], 2)
    move_cost = rng.choice([1.0, 2.0, 3.0], (n_stations, n_stations))
    np.fill_diagonal(move_cost, 0.0)
    return small_problem(
        seed,
        standards=(Standard.first_only(360.0),),
        demand_per_h=1.0 + 0.2 * rng.random((1, n_zones)),
        attendance_s=attendance_s,
        appliance_kind=np.zeros(n_appliances, dtype=np.int64),
        appliance_station=rng.integers(0, 3, n_appliances),
        available=np.ones(n_appliances, dtype=bool),
        locked=np.zeros(n_appliances, dtype=bool),
        home=np.zeros(n_appliances, dtype=np.int64),
        move_cost=move_cost,
        bays=rng.integers(0, 3, n_stations) if rng.random() < 0.5 else None,
        min_cover=np.ones(n_stations, dtype=np.int64) if rng.random() < 0.3 else None,
        homeward_factor=1.0,
        forbidden=frozenset(),
        max_moves=3,
    )


def parts_worked_on(monkeypatch: pytest.MonkeyPatch) -> list[Limits]:
    """The limits of every part that branching works on from now on."""
    worked: list[Limits] = []
    work_on = Certification._work_on

    def noted(self: Certification, part: Part, *rest: Any) -> None:
        worked.append(part.limits)
        work_on(self, part, *rest)

    monkeypatch.setattr(Certification, "_work_on", noted)
    return worked


def test_branching_closes_what_the_relaxation_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    worked = parts_worked_on(monkeypatch)
    for seed in range(12):
        problem = puzzling_problem(seed)
        engine = engine_of(problem)
        best = best_by_moves(problem)
        plan = engine.certify_frontier(problem, engine.first_plan(problem), 30.0, target_gap=LEAST_TARGET_GAP)
        check_frontier(problem, plan, best)
        for n, point in enumerate(plan.frontier):
            assert point.objective == pytest.approx(best[n], rel=2 * LEAST_TARGET_GAP)
        for polls in (6, 14, 30):
            cancelled = partial(next, iter([False] * polls), True)
            again = engine_of(problem)
            first = again.first_plan(problem)
            stopped = again.certify_frontier(problem, first, 30.0, cancelled, target_gap=LEAST_TARGET_GAP)
            check_frontier(problem, stopped, best)
    assert sum(bool(limits) for limits in worked) > 20


@settings(max_examples=150, deadline=None)
@given(SEEDS, MAKERS, st.integers(0, 25))
def test_bounds_of_all_points_are_valid_wherever_it_is_stopped(seed: int, make: Maker, polls: int) -> None:
    problem = make(seed)
    engine = engine_of(problem)
    first = engine.first_plan(problem)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > polls

    plan = engine.certify_frontier(problem, first, 30.0, cancelled, target_gap=LEAST_TARGET_GAP)
    check_frontier(problem, plan, best_by_moves(problem))
    assert plan.certificate in ("cancelled", "proven")
    assert all(p.objective <= old.objective for p, old in zip(plan.frontier, first.frontier, strict=True))


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_plan_of_a_problem_with_scenes_and_charges_is_the_best_of_all(seed: int) -> None:
    problem = timed_problem(seed)
    engine = engine_of(problem)
    plan = engine.certify(problem, engine.first_plan(problem), 30.0, target_gap=LEAST_TARGET_GAP)
    best = oracle.best_objective(problem)
    assert plan.certificate == "proven"
    assert plan.bound is not None
    assert plan.bound <= best + 1e-9 * max(1.0, best)
    assert plan.objective == pytest.approx(best, rel=2 * LEAST_TARGET_GAP, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(SEEDS, min_size=3, max_size=3))
def test_cuts_kept_from_other_scenes_are_valid(seeds: list[int]) -> None:
    base = small_problem(seeds[0], homeward_factor=1.0, forbidden=frozenset(), max_moves=2)
    engine = engine_of(base)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        more = rng.integers(0, 3, (base.n_kinds, base.n_stations))
        share = float(rng.choice([0.25, 0.5]))
        problem = replace(base, scenes=(Scene(share, more), Scene(1.0 - share, more // 2)))
        plan = engine.certify_frontier(problem, engine.first_plan(problem), 30.0, target_gap=LEAST_TARGET_GAP)
        check_frontier(problem, plan, best_by_moves(problem))


def test_one_scene_in_which_nobody_else_is_changes_nothing() -> None:
    city = synthetic_city(3, 20, 150, 28)
    problem = busy_state(city, 1, max_moves=4)
    none = np.zeros((1, problem.n_stations), dtype=np.int64)
    engine = CoverEngine(city.attendance_s, city.standards)
    plain = engine.certify_frontier(problem, engine.first_plan(problem), 30.0)
    split = replace(problem, scenes=(Scene(0.25, none), Scene(0.75, none)))
    halves = engine.certify_frontier(split, engine.first_plan(split), 30.0)
    for one, other in zip(plain.frontier, halves.frontier, strict=True):
        assert other.objective == pytest.approx(one.objective, rel=PROVEN_GAP)
        assert other.bound is not None
        assert other.bound <= one.objective * (1.0 + 1e-9)


def test_what_was_proven_before_is_not_lost() -> None:
    city = synthetic_city(3, 20, 150, 28)
    problem = busy_state(city, 1, max_moves=4)
    engine = CoverEngine(city.attendance_s, city.standards)
    plan = engine.certify(problem, engine.first_plan(problem), 30.0)
    stopped = engine.certify_frontier(problem, plan, 30.0, lambda: True)
    assert stopped.certificate == "proven"
    assert plan.bound is not None
    assert stopped.bound == plan.bound
    # The bound of more moves is one of fewer.
    assert all(point.bound is not None and point.bound >= plan.bound for point in stopped.frontier)
    proven = engine.certify_frontier(problem, plan, 30.0)
    again = engine.certify_frontier(problem, proven, 30.0, lambda: True)
    assert [p.gap for p in again.frontier] == pytest.approx([p.gap for p in proven.frontier], abs=1e-12)
    kept = engine.certify(problem, proven, 30.0)
    assert [p.bound for p in kept.frontier[:-1]] == [p.bound for p in proven.frontier[:-1]]


def test_no_time_gives_bounds_all_the_same() -> None:
    city = synthetic_city(3, 20, 150, 28)
    problem = busy_state(city, 1, max_moves=4)
    engine = CoverEngine(city.attendance_s, city.standards)
    plan = engine.certify_frontier(problem, engine.first_plan(problem), 0.0)
    assert plan.certificate in ("time", "proven")
    # All single moves are priced exactly from the start.
    assert plan.frontier[1].gap == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(CoverInputError, match="target_gap"):
        engine.certify_frontier(problem, plan, 1.0, target_gap=LEAST_TARGET_GAP / 2)


def test_open_parts_bound_all_of_them() -> None:
    codes = np.empty(0, dtype=np.int64)
    parts = OpenParts(10.0, codes, 20.0)
    assert parts.bound == 10.0
    part = parts.take()
    parts.split(part, 12.0, (Limit("arrive", 3, 0, 0), Limit("arrive", 3, 1, 2)), codes)
    first = parts.take()
    assert first.limits == (Limit("arrive", 3, 0, 0),)
    parts.split(first, 15.0, (Limit("leave", 1, 0, 0), Limit("leave", 1, 1, 1)), codes)
    assert parts.bound == 12.0
    second = parts.take()
    assert second.limits == (Limit("arrive", 3, 1, 2),)
    # A narrower limit takes the place of the one before it.
    parts.split(second, 16.0, (Limit("arrive", 3, 1, 1), Limit("arrive", 3, 2, 2)), codes)
    for _ in range(4):
        assert len(parts.take().limits) <= 2
        parts.close(18.0)
    assert not parts
    assert parts.bound == 18.0


def whole_model(problem: CoverProblem) -> float:
    """The optimum by the plain model: an appliance for each zone and place in the order, moves one by one."""
    n_stations, n_zones = problem.n_stations, problem.n_zones
    rows: list[tuple[int, int, float]] = []
    lower: list[float] = []
    upper: list[float] = []
    cost: list[float] = []
    whole: list[int] = []

    def column(price: float, integral: int = 0) -> int:
        cost.append(price)
        whole.append(integral)
        return len(cost) - 1

    def row(terms: list[tuple[int, float]], least: float, most: float) -> None:
        rows.extend((len(lower), at, factor) for at, factor in terms)
        lower.append(least)
        upper.append(most)

    movable = np.flatnonzero(problem.available & ~problem.locked).tolist()
    moves = {
        (a, j): column(price, 1)
        for a in movable
        for j in range(n_stations)
        if j != (i := int(problem.appliance_station[a]))
        and math.isfinite(price := float(problem.move_cost[i, j]))
    }
    row([(at, 1.0) for at in moves.values()], 0, problem.max_moves)
    for a in movable:
        row([(at, 1.0) for (b, _), at in moves.items() if b == a], 0, 1)
    counts = problem.counts()
    change = {
        (k, j): [
            (at, 1.0 if end == j else -1.0)
            for (a, end), at in moves.items()
            if problem.appliance_kind[a] == k and j in (end, problem.appliance_station[a])
        ]
        for k in range(problem.n_kinds)
        for j in range(n_stations)
    }
    if problem.bays is not None:
        for j in range(n_stations):
            terms = [term for k in range(problem.n_kinds) for term in change[k, j]]
            row(terms, -math.inf, float(max(problem.bays[j] - counts[:, j].sum(), 0)))
    scenes = problem.scenes or (Scene(1.0, np.zeros_like(counts)),)
    for scene in scenes:
        for k, s in enumerate(problem.standards):
            there = counts[k] + scene.counts_change[k]
            for z in range(n_zones):
                demand = scene.share * float(problem.demand_per_h[k, z])
                if demand == 0.0:
                    continue
                places: tuple[list[tuple[int, float]], ...] = ([], [])
                for j in [*range(n_stations), -1]:
                    t = s.cap_s if j < 0 else min(float(problem.attendance_s[j, z]), s.cap_s)
                    first = s.first_weight * t + s.first_late_s * (t > s.first_target_s)
                    first += s.late_s * (t > s.second_target_s)
                    second = s.second_weight * t + s.late_s * (t > s.second_target_s)
                    pair = column(demand * first), column(demand * second)
                    for place, at in zip(places, pair, strict=True):
                        place.append((at, 1.0))
                    if j >= 0:
                        gone = [(at, -factor) for at, factor in change[k, j]]
                        row([(pair[0], 1.0), (pair[1], 1.0), *gone], -math.inf, float(there[j]))
                for place in places:
                    row(place, 1.0, 1.0)
    at_row, at_column, factor = zip(*rows, strict=True)
    matrix = coo_array((factor, (at_row, at_column)), shape=(len(lower), len(cost)))
    answer = milp(
        np.array(cost),
        integrality=np.array(whole),
        bounds=Bounds(0.0, np.inf),
        constraints=LinearConstraint(matrix.tocsr(), lower, upper),
        options={"mip_rel_gap": 1e-7, "time_limit": 60.0},
    )
    assert answer.success
    return float(answer.fun)


def larger_problem(seed: int, *, with_scenes: bool) -> CoverProblem:
    """20 stations and 80 (with scenes 40) zones, bays just full at some stations."""
    city = synthetic_city(seed, 20, 40 if with_scenes else 80, 30)
    rng = np.random.default_rng(seed)
    # A price of moves that is not too high to move at all.
    problem = busy_state(city, seed, max_moves=3, move_cost=city.move_cost * 0.2)
    if not with_scenes:
        return problem
    scenes = tuple(Scene(share, rng.integers(0, 2, (1, 20)) * (rng.random(20) < 0.2)) for share in (0.4, 0.6))
    return replace(problem, scenes=scenes)


@pytest.mark.parametrize(("seed", "with_scenes"), [(1, False), (2, True)])
def test_bound_and_optimum_are_those_of_the_plain_whole_number_model(seed: int, with_scenes: bool) -> None:
    problem = larger_problem(seed, with_scenes=with_scenes)
    engine = engine_of(problem)
    plan = engine.certify_frontier(problem, engine.first_plan(problem), 30.0, target_gap=1e-4)
    assert plan.certificate == "proven"
    for n in (2, 3):
        best = whole_model(replace(problem, max_moves=n))
        point = plan.frontier[n]
        assert point.bound is not None
        assert point.bound <= best * (1.0 + 1e-6)
        assert best * (1.0 - 1e-6) <= point.objective <= best * (1.0 + 2e-4)
