"""The pool of rounds: its best day is what trying all sets of rounds finds; no stop is in two of them."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from optimiser.routes.checker import check
from optimiser.routes.day_state import DayState
from optimiser.routes.model import Model, build_model
from optimiser.routes.problem import RouteWeights
from optimiser.routes.round_pool import PooledRound, RoundPool
from optimiser.routes.search import Chain
from tests.optimiser.routes.small_days import day, plan, with_in_force

PRICED = RouteWeights(per_m=1.0)
PRICE = 40.0
STOPS, VEHICLES, ENOUGH_S = 5, 3, 5.0


def made(stops: list[int], cost: float, *, kin: int = 0, moved: int = 0) -> PooledRound:
    nodes = np.array([*stops, STOPS], np.int32)
    return PooledRound(kin, nodes, np.zeros_like(nodes), np.sort(nodes[:-1]), cost, moved)


def small_model() -> Model:
    return build_model(day(VEHICLES, STOPS, stops={"unserved_cost": PRICE}, weights=PRICED))


def random_rounds(seed: int, kinds: int = 1) -> list[PooledRound]:
    rng = np.random.default_rng(seed)
    rounds = []
    for _ in range(14):
        stops = rng.permutation(STOPS)[: rng.integers(1, 4)].tolist()
        cost, moved = float(rng.integers(5, 60)), int(rng.integers(0, 2))
        rounds.append(made(stops, cost, kin=int(rng.integers(kinds)), moved=moved))
    return rounds


def cost_of(rounds: list[PooledRound]) -> float:
    served = {stop for one in rounds for stop in one.stops.tolist()}
    return sum(one.cost for one in rounds) + PRICE * (STOPS - len(served))


def least(rounds: list[PooledRound], most_moved: int) -> float:
    sets = [list(some) for count in range(VEHICLES + 1) for some in combinations(rounds, count)]
    return min(cost_of(some) for some in sets if sum(one.moved for one in some) <= most_moved)


@pytest.mark.parametrize("most_moved", [0, 9])
@pytest.mark.parametrize("seed", range(8))
def test_the_best_day_is_what_trying_all_sets_finds(seed: int, most_moved: int) -> None:
    rounds, pool = random_rounds(seed), RoundPool(small_model())
    pool.put(rounds)
    kept = list({one.stops.tobytes(): one for one in sorted(rounds, key=lambda one: -one.cost)}.values())
    best = least(kept, most_moved)
    found = pool.best_day(best + 0.5, most_moved, ENOUGH_S)
    assert found is not None
    assert cost_of(found) == pytest.approx(best)
    stops = [int(node) for one in found for node in one.nodes if node < STOPS]
    assert len(stops) == len(set(stops))
    assert pool.best_day(best, most_moved, ENOUGH_S) is None


def test_each_vehicle_in_force_drives_one_round_and_one_that_is_out_must() -> None:
    of = plan("s0 s1 t0", "s2 s3 t0", "s4 t0")
    problem = day(VEHICLES, STOPS, stops={"unserved_cost": PRICE}, weights=PRICED)
    pool = RoundPool(build_model(with_in_force(problem, of, done=[1, 0, 0])))
    cheap = [made([1, 2], 2.0, kin=1), made([3, 4], 2.0, kin=1), made([1, 2, 3, 4], 30.0, kin=2)]
    pool.put([made([0], 50.0), made([0, 1], 60.0), *cheap])
    found = pool.best_day(1e6, STOPS, ENOUGH_S)
    assert found is not None
    assert sorted((one.kin, one.stops.tolist()) for one in found) == [(0, [0]), (2, [1, 2, 3, 4])]


def test_a_stop_in_two_rounds_leaves_the_one_that_is_shortened_more() -> None:
    pool = RoundPool(small_model())
    pool.put([made([0, 1, 2], 10.0), made([4, 3, 2], 10.0)])  # on a line, with the tip behind the last stop
    found = pool.best_day(100.0, STOPS, ENOUGH_S)
    assert found is not None
    assert sorted(one.nodes.tolist() for one in found) == [[0, 1, 2, STOPS], [4, 3, STOPS]]


def test_of_two_rounds_with_the_same_stops_the_cheaper_stays() -> None:
    pool = RoundPool(small_model())
    pool.put([made([0, 1], 10.0), made([1, 0], 8.0), made([0, 1], 9.0)])
    assert len(pool) == 1
    pool.put([made([2, 3, 4], 5.0)])
    found = pool.best_day(100.0, STOPS, ENOUGH_S)
    assert found is not None
    assert [1, 0, STOPS] in [one.nodes.tolist() for one in found]


def test_rounds_come_from_days_at_what_they_cost() -> None:
    problem = day(VEHICLES, STOPS, stops={"unserved_cost": 1e6}, weights=PRICED)
    model = build_model(problem)
    of = plan("s0 s1 t0", "s2 s3 t0", "s4 t0")
    pool = RoundPool(model)
    pool.add(DayState(problem, model, of).day)
    pool.add(DayState(problem, model, of).day)
    assert len(pool) == 3
    found = pool.best_day(1e6, STOPS, ENOUGH_S)
    assert found is not None
    assert sum(one.cost for one in found) == pytest.approx(check(problem, of).cost.total)


def test_nothing_is_kept_where_rounds_are_to_be_balanced() -> None:
    problem = day(VEHICLES, STOPS, weights=replace(PRICED, balance=0.5))
    model = build_model(problem)
    pool = RoundPool(model)
    pool.add(DayState(problem, model, plan("s0 s1 t0", "s2 s3 t0", "s4 t0")).day)
    assert len(pool) == 0
    assert pool.best_day(1e6, STOPS, ENOUGH_S) is None


def test_a_chain_goes_on_from_the_day_put_together_only_where_it_is_better() -> None:
    problem = day(VEHICLES, STOPS, weights=PRICED, stops={"unserved_cost": 1e6}, fleet={"capacity": 3.0})
    model = build_model(problem)
    pool = RoundPool(model)
    chain = Chain(problem, model, plan("s0 s4 t0", "s1 s3 t0", "s2 t0"), pool=pool)
    before = chain.cost
    for better in (plan("s2 s3 s4 t0", "", ""), plan("s0 s1 t0", "", "")):
        chain.pool_plan(better)
    chain.put_together(ENOUGH_S, before)
    verdict = check(problem, chain.plan())
    assert verdict.feasible
    assert chain.cost == pytest.approx(verdict.cost.total)
    assert chain.cost < before
    known = chain.cost
    chain.put_together(ENOUGH_S, known)
    assert chain.cost == known
