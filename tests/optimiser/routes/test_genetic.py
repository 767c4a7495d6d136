"""The genetic search on plain days: its kernels against plain Python, its plans against the checker."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from optimiser.routes.checker import check
from optimiser.routes.engine import solve
from optimiser.routes.genetic import Genetic, PlainDay
from optimiser.routes.kernel_genetic import improve, lengths, ordered, sequence, split, turn
from optimiser.routes.model import build_model
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem, RouteWeights
from optimiser.routes.round_pool import RoundPool
from tests.optimiser.routes.small_days import day, plan, with_in_force

PRICED = RouteWeights(per_m=1.0)


def plain_day(seed: int, n: int = 12, *, streets: bool = False, capacity: float = 10.0) -> RouteProblem:
    """A plain day on a square: depot and tip in one place, streets with two ends where asked."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, 60, (1 + 2 * n, 2))
    at = np.concatenate([places[:1], places[1 : n + 1], places[:1], places[n + 1 :]])
    far = np.abs(at[:, None] - at[None, :]).sum(axis=2).astype(float)
    stops: dict[str, Any] = {"load": rng.integers(1, 5, (n, 1)), "unserved_cost": 1e6}
    if streets:
        stops |= {"exit": np.arange(n) + n + 2, "either_way": True}
    return day(
        n,
        n,
        fleet={"capacity": capacity, "max_trips": 1, "shift_end_s": np.inf},
        stops=stops,
        travel_s=far,
        dist_m=far,
        weights=PRICED,
        extra_locations=n,
    )


def plain(problem: RouteProblem) -> PlainDay:
    found = PlainDay.of(problem, build_model(problem))
    assert found is not None
    return found


def never() -> bool:
    return False


def nothing(_: object) -> None:
    return None


def searched(problem: RouteProblem, births: int, pool: RoundPool | None = None) -> Genetic:
    search, left = Genetic(plain(problem), 1, pool), iter(range(births))
    search.run(np.inf, lambda: next(left, None) is None, nothing, nothing)
    return search


@pytest.mark.parametrize(
    "changes",
    [
        {"fleet": {"break_s": 600.0}},
        {"fleet": {"max_trips": 2}},
        {"fleet": {"capacity": [[9.0], [10.0], [10.0]]}},
        {"fleet": {"shift_end_s": 1_000.0}},
        {"fleet": {"daily_stops": 2}},
        {"stops": {"windows": {1: [(0.0, 600.0)]}}},
        {"stops": {"release_s": 60.0}},
        {"stops": {"locked_vehicle": [0, -1, -1, -1]}},
        {"stops": {"unserved_cost": 10.0}},
        {"tips": {"windows": {0: [(0.0, 600.0)]}}},
        {"n_tips": 2},
        {"weights": RouteWeights(per_m=1.0, balance=0.5)},
    ],
    ids=str,
)
def test_a_day_with_any_other_rule_is_not_plain(changes: dict[str, Any]) -> None:
    base: dict[str, Any] = {
        "fleet": {"max_trips": 1, "shift_end_s": np.inf},
        "stops": {"unserved_cost": 1e6},
        "tips": {"location": 0},
        "weights": PRICED,
    }
    first = day(3, 4, **base)
    assert PlainDay.of(first, build_model(first)) is not None
    for name, change in changes.items():
        base[name] = base[name] | change if isinstance(change, dict) and name in base else change
    problem = day(3, 4, **base)
    assert PlainDay.of(problem, build_model(problem)) is None


def test_a_day_that_has_begun_is_not_plain() -> None:
    problem = with_in_force(plain_day(1, 3), plan("s0 s1 t0", "s2 t0", ""))
    assert PlainDay.of(problem, build_model(problem)) is None


def test_costs_that_differ_by_direction_are_not_plain() -> None:
    problem = plain_day(1, 4)
    dist_m = problem.dist_m.copy()
    dist_m[1, 2] += 1.0
    problem = replace(problem, dist_m=dist_m)
    assert PlainDay.of(problem, build_model(problem)) is None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("most", [3, 12])
def test_a_tour_is_cut_where_it_costs_least(seed: int, most: int) -> None:
    of = plain(plain_day(seed, 8))
    n, price = 8, 3.0
    tour, row = np.random.default_rng(seed).permutation(n), np.append(np.arange(n), [n]).astype(np.int32)
    found = split(tour, of.cost, row, of.load, of.capacity, price, most)
    cuts = [*found[found >= 0].tolist(), n]

    def paid(cuts: list[int]) -> float:
        total = 0.0
        for begin, end in pairwise(cuts):
            path = [n, *tour[begin:end].tolist(), n]
            held = float(of.load[tour[begin:end]].sum())
            if held > 1.5 * of.capacity:
                return np.inf
            total += float(of.cost[path[:-1], path[1:]].sum()) + price * max(0.0, held - of.capacity)
        return total

    ways = [[0, *(i for i in range(1, n) if bits >> i & 1), n] for bits in range(0, 1 << n, 2)]
    least = min(paid(way) for way in ways if len(way) - 1 <= most)
    if np.isinf(least):
        assert (found < 0).all()
    else:
        assert paid(cuts) == pytest.approx(least)


@pytest.mark.parametrize("streets", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_the_local_search_serves_each_stop_once_and_costs_no_more(seed: int, *, streets: bool) -> None:
    of = plain(plain_day(seed, 20, streets=streets))
    n, rng = 20, np.random.default_rng(seed)
    after = np.zeros(n + 2 * of.most, np.int32)
    after[n : n + of.most] = n + of.most + np.arange(of.most)
    for r, part in enumerate(np.array_split(rng.permutation(n), min(of.most, 6))):
        after[n + r], after[part[:-1]], after[part[-1]] = part[0], part[1:], n + of.most + r
    row = np.full(n + 2 * of.most, n * of.ways, np.int32)
    row[:n] = np.arange(n) * of.ways + rng.integers(of.ways, size=n)

    def paid() -> float:
        found = lengths(of.cost, row, after, of.load, n, of.most)
        return float(found[:, 0].sum() + 5.0 * np.maximum(0.0, found[:, 1] - of.capacity).sum())

    before = paid()
    if streets:
        turn(of.cost, row, after, n, of.most)
        assert paid() <= before + 1e-9
        before = paid()
    order = rng.permutation(n).astype(np.int32)
    improve(of.cost, row, of.load, of.capacity, 5.0, of.near, order, after, of.most, streets)
    tour, ends = sequence(after, n, of.most)
    assert sorted(tour.tolist()) == list(range(n))
    assert ends[-1] == n
    assert (row[:n] // of.ways == np.arange(n)).all()
    assert paid() < before


def test_a_child_keeps_a_piece_of_one_parent_and_the_order_of_the_other() -> None:
    first, second = np.array([0, 1, 2, 3, 4, 5]), np.array([5, 3, 1, 0, 2, 4])
    assert ordered(first, second, 1, 2).tolist() == [3, 1, 2, 0, 4, 5]
    assert ordered(first, second, 5, 0).tolist() == [0, 3, 1, 2, 4, 5]


@pytest.mark.parametrize("streets", [False, True])
def test_its_plan_keeps_all_rules_and_costs_what_it_says(*, streets: bool) -> None:
    problem = plain_day(3, 14, streets=streets)
    search = searched(problem, 150)
    assert search.best is not None
    verdict = check(problem, search.plan_of(search.best))
    assert verdict.feasible
    assert verdict.cost.unserved_stops == 0
    assert verdict.cost.total == pytest.approx(search.best.cost)


@pytest.mark.parametrize("streets", [False, True])
def test_another_plan_joins_as_it_is_or_better(*, streets: bool) -> None:
    problem = plain_day(4, 12, streets=streets)
    found = searched(problem, 150)
    assert found.best is not None
    search = Genetic(plain(problem), 2)
    search.take(found.plan_of(found.best))
    assert search.best is not None
    assert search.best.cost <= found.best.cost + 1e-9
    nobody = DayPlan(((),) * len(problem.fleet), tuple(range(len(problem.stops))))
    search.take(nobody)
    assert search.best.cost <= found.best.cost + 1e-9


@pytest.mark.parametrize("streets", [False, True])
def test_the_engine_finds_no_worse_with_it(*, streets: bool) -> None:
    problem = plain_day(5, 12, streets=streets)
    alone = searched(problem, 200)
    assert alone.best is not None
    answer = solve(problem, 0.5, threads=2)
    assert answer.verdict.feasible
    assert answer.verdict.cost.total <= alone.best.cost + 1e-9


def test_its_rounds_go_into_the_pool_at_their_cost() -> None:
    problem = plain_day(6, 10)
    pool = RoundPool(build_model(problem))
    search = searched(problem, 60, pool)
    assert search.best is not None
    assert len(pool) > 0
    together = pool.best_day(search.best.cost + 1.0, len(problem.stops), 5.0)
    assert together is not None
    assert sum(made.cost for made in together) <= search.best.cost + 1e-6
