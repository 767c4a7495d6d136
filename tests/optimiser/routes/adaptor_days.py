"""Small days that PyVRP can express, and their optimum by brute force.

Called by the tests of the adaptors only. Everything comes from the seed.
"""

from dataclasses import replace
from itertools import combinations, permutations, product

import numpy as np

from optimiser.routes.checker import Checker
from optimiser.routes.plan import DayPlan, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem
from tests.optimiser.routes.random_days import feasible_plan, random_day
from tests.optimiser.routes.small_days import with_in_force


def plain_day(seed: int, n_stops: int) -> RouteProblem:
    """A random day without what PyVRP cannot express; every third with a plan in force."""
    problem = random_day(seed, in_force="none", n_stops=n_stops)
    rng = np.random.default_rng(seed)
    stops, tips, fleet = problem.stops, problem.tips, problem.fleet
    overtime = float(rng.choice([0.0, 2.0]))
    opens, closes = stops.window_open_s[:, :1].copy(), stops.window_close_s[:, :1].copy()
    open_s, close_s = tips.window_open_s[:, :1].copy(), tips.window_close_s[:, :1].copy()
    if len(tips) > 1:
        open_s[:], close_s[:] = -np.inf, np.inf
    problem = replace(
        problem,
        fleet=replace(
            fleet,
            break_s=np.zeros(len(fleet)),
            daily_load=np.full_like(fleet.daily_load, np.inf),
            daily_stops=np.full(len(fleet), np.inf),
        ),
        stops=replace(
            stops,
            load=np.maximum(stops.load, 1.0),  # PyVRP's rounds end at a tip, needed or not
            either_way=np.zeros(n_stops, bool),
            locked_position=np.full(n_stops, -1),
            window_open_s=opens,
            window_close_s=closes,
            ban_from_s=np.full_like(opens, np.inf),
            ban_until_s=np.full_like(opens, np.inf),
            release_s=np.full(n_stops, -np.inf) if overtime else stops.release_s,
        ),
        tips=replace(tips, takes=np.ones_like(tips.takes), window_open_s=open_s, window_close_s=close_s),
        weights=replace(problem.weights, balance=0.0, per_overtime_s=overtime),
    )
    return with_in_force(problem, feasible_plan(problem, seed)) if seed % 3 == 0 else problem


def best_plan(problem: RouteProblem) -> DayPlan:
    """The best plan of a plain day with few stops, by trying all of them."""
    checker, n = Checker(problem), len(problem.stops)
    owner = {} if problem.in_force is None else problem.in_force.plan.vehicle_of()
    tables: list[dict[frozenset[int], tuple[float, Round]]] = []
    for vehicle in range(len(problem.fleet)):
        table: dict[frozenset[int], tuple[float, Round]] = {frozenset(): (0.0, ())}
        for size in range(1, n + 1):
            for chosen in combinations(range(n), size):
                cost, visits = _best_round(problem, checker, vehicle, chosen)
                moved = sum(owner.get(stop, vehicle) != vehicle for stop in chosen)
                table[frozenset(chosen)] = (cost + moved * problem.weights.per_moved_stop, visits)
        tables.append(table)
    nobody = len(problem.fleet)
    least, best = np.inf, DayPlan((), ())
    for servers in product(range(nobody + 1), repeat=n):
        unserved = tuple(stop for stop in range(n) if servers[stop] == nobody)
        cost = float(sum(problem.stops.unserved_cost[stop] for stop in unserved))
        sets = [frozenset(s for s in range(n) if servers[s] == v) for v in range(nobody)]
        cost += sum(table[chosen][0] for table, chosen in zip(tables, sets, strict=True))
        if cost < least:
            rounds = tuple(table[chosen][1] for table, chosen in zip(tables, sets, strict=True))
            least, best = cost, DayPlan(rounds, unserved)
    return best


def _best_round(
    problem: RouteProblem, checker: Checker, vehicle: int, chosen: tuple[int, ...]
) -> tuple[float, Round]:
    least = np.inf
    best: Round = ()
    tips: list[tuple[Visit, ...]] = [(), *((Visit(Kind.TIP, t),) for t in range(len(problem.tips)))]
    for order in permutations(chosen):
        for after in product(tips, repeat=len(order)):
            visits: Round = tuple(
                visit
                for stop, tip in zip(order, after, strict=True)
                for visit in (Visit(Kind.STOP, stop), *tip)
            )
            verdict = checker.check_round(vehicle, visits)
            if verdict.feasible and verdict.sheet.cost < least:
                least, best = verdict.sheet.cost, visits
    return least, best
