"""The objective and the rules of cover written once more, slowly and plainly, and every plan tried.

Called by the cover tests only. It shares no code with the engine: plain loops over plain numbers.
"""

import math
from collections.abc import Iterator
from itertools import combinations, product

from optimiser.cover.problem import CoverProblem

Plan = tuple[tuple[int, int], ...]  # (appliance, destination)


def stations_after(problem: CoverProblem, plan: Plan) -> dict[int, int]:
    """Station of every available appliance after the moves."""
    where = {
        a: int(problem.appliance_station[a]) for a in range(problem.n_appliances) if problem.available[a]
    }
    where.update(plan)
    return where


def times(problem: CoverProblem, plan: Plan, kind: int, zone: int) -> tuple[float, float]:
    """First and second attendance time of a zone, capped."""
    cap = problem.standards[kind].cap_s
    found = sorted(
        float(problem.attendance_s[station, zone])
        for a, station in stations_after(problem, plan).items()
        if problem.appliance_kind[a] == kind
    )
    found += [math.inf, math.inf]
    return min(found[0], cap), min(found[1], cap)


def risk(problem: CoverProblem, plan: Plan) -> float:
    """The risk of the design's formula."""
    total = 0.0
    for k, s in enumerate(problem.standards):
        for z in range(problem.n_zones):
            t1, t2 = times(problem, plan, k, z)
            cost = s.first_weight * t1 + s.second_weight * t2
            cost += s.first_late_s if t1 > s.first_target_s else 0.0
            cost += s.late_s if t1 > s.second_target_s else 0.0
            cost += s.late_s if t2 > s.second_target_s else 0.0
            total += float(problem.demand_per_h[k, z]) * cost
    return total


def move_costs(problem: CoverProblem, plan: Plan) -> float:
    """The cost of all moves."""
    total = 0.0
    for a, end in plan:
        cost = float(problem.move_cost[problem.appliance_station[a], end])
        total += cost * problem.homeward_factor if problem.home[a] == end else cost
    return total


def objective(problem: CoverProblem, plan: Plan) -> float:
    """Risk plus costs."""
    return risk(problem, plan) + move_costs(problem, plan)


def allowed(problem: CoverProblem, plan: Plan) -> bool:
    """Whether a plan keeps every rule."""
    if len(plan) > problem.max_moves or len({a for a, _ in plan}) < len(plan):
        return False
    for a, end in plan:
        if not problem.available[a] or problem.locked[a] or end == problem.appliance_station[a]:
            return False
        if (a, end) in problem.forbidden or math.isinf(problem.move_cost[problem.appliance_station[a], end]):
            return False
    before, after = stations_after(problem, ()), stations_after(problem, plan)
    for station in range(problem.n_stations):
        had = sum(1 for s in before.values() if s == station)
        has = sum(1 for s in after.values() if s == station)
        if problem.bays is not None and has > had and has > problem.bays[station]:
            return False
        if problem.min_cover is not None:
            own = [a for a, s in before.items() if s == station and problem.appliance_kind[a] == 0]
            stayed = sum(1 for a in own if after[a] == station)
            if stayed < min(len(own), int(problem.min_cover[station])):
                return False
    return True


def every_plan(problem: CoverProblem) -> Iterator[Plan]:
    """Every allowed plan."""
    movable = [a for a in range(problem.n_appliances) if problem.available[a] and not problem.locked[a]]
    for n in range(problem.max_moves + 1):
        for who in combinations(movable, n):
            for ends in product(range(problem.n_stations), repeat=n):
                plan = tuple(zip(who, ends, strict=True))
                if allowed(problem, plan):
                    yield plan


def best_objective(problem: CoverProblem) -> float:
    """The optimum, by trying everything."""
    return min(objective(problem, plan) for plan in every_plan(problem))
