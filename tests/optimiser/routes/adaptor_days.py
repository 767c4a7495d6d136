"""Small days that PyVRP can express, and their optimum by brute force.

Called by the tests of the adaptors only. Everything comes from the seed.
"""

from dataclasses import replace
from itertools import combinations, permutations, product

import numpy as np

from optimiser.routes.checker import Checker
from optimiser.routes.plan import Kind, Round, Visit
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


def least_cost(problem: RouteProblem) -> float:
    """Cost of the best plan of a plain day with few stops, by trying all of them."""
    checker, n = Checker(problem), len(problem.stops)
    owner = {} if problem.in_force is None else problem.in_force.plan.vehicle_of()
    rounds: list[dict[frozenset[int], float]] = []
    for vehicle in range(len(problem.fleet)):
        best = {frozenset[int](): 0.0}
        for size in range(1, n + 1):
            for chosen in combinations(range(n), size):
                cost = _best_round(problem, checker, vehicle, chosen)
                moved = sum(owner.get(stop, vehicle) != vehicle for stop in chosen)
                best[frozenset(chosen)] = cost + moved * problem.weights.per_moved_stop
        rounds.append(best)
    least = np.inf
    nobody = len(problem.fleet)
    for servers in product(range(nobody + 1), repeat=n):
        cost = sum(problem.stops.unserved_cost[s] for s in range(n) if servers[s] == nobody)
        for vehicle, best in enumerate(rounds):
            cost += best[frozenset(s for s in range(n) if servers[s] == vehicle)]
        least = min(least, float(cost))
    return least


def _best_round(problem: RouteProblem, checker: Checker, vehicle: int, chosen: tuple[int, ...]) -> float:
    least = np.inf
    tips: list[tuple[Visit, ...]] = [(), *((Visit(Kind.TIP, t),) for t in range(len(problem.tips)))]
    for order in permutations(chosen):
        for after in product(tips, repeat=len(order)):
            visits: Round = tuple(
                visit
                for stop, tip in zip(order, after, strict=True)
                for visit in (Visit(Kind.STOP, stop), *tip)
            )
            verdict = checker.check_round(vehicle, visits)
            if verdict.feasible:
                least = min(least, verdict.sheet.cost)
    return least
