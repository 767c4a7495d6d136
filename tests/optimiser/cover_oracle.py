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
    """First and second attendance time of a zone, capped, by what is available now."""
    cap = problem.standards[kind].cap_s
    found = sorted(
        float(problem.attendance_s[station, zone])
        for a, station in stations_after(problem, plan).items()
        if problem.appliance_kind[a] == kind
    )
    found += [math.inf, math.inf]
    return min(found[0], cap), min(found[1], cap)


def risk(problem: CoverProblem, plan: Plan) -> float:
    """The risk of the design's formula, each scene weighed by its share of the time."""
    places = [
        (int(problem.appliance_kind[a]), station) for a, station in stations_after(problem, plan).items()
    ]
    return risk_of_places(problem, places)


def risk_of_places(problem: CoverProblem, places: list[tuple[int, int]]) -> float:
    """The same from the (kind, station) of every available appliance."""
    if not problem.scenes:
        return _risk_now(problem, places)
    total = 0.0
    for scene in problem.scenes:
        there = list(places)
        for k in range(problem.n_kinds):
            for station in range(problem.n_stations):
                change = int(scene.counts_change[k, station])
                there += [(k, station)] * change
                for _ in range(-change):
                    there.remove((k, station))
        total += scene.share * _risk_now(problem, there)
    return total


def _risk_now(problem: CoverProblem, places: list[tuple[int, int]]) -> float:
    total = 0.0
    for k, s in enumerate(problem.standards):
        for z in range(problem.n_zones):
            found = sorted(float(problem.attendance_s[station, z]) for kind, station in places if kind == k)
            found += [math.inf, math.inf]
            t1, t2 = min(found[0], s.cap_s), min(found[1], s.cap_s)
            cost = s.first_weight * t1 + s.second_weight * t2
            cost += s.first_late_s if t1 > s.first_target_s else 0.0
            cost += s.late_s if t1 > s.second_target_s else 0.0
            cost += s.late_s if t2 > s.second_target_s else 0.0
            total += float(problem.demand_per_h[k, z]) * cost
    return total


def move_costs(problem: CoverProblem, plan: Plan) -> float:
    """The cost of all moves."""
    return sum(_move_cost(problem, a, end) for a, end in plan)


def _move_cost(problem: CoverProblem, a: int, end: int) -> float:
    origin, kind = int(problem.appliance_station[a]), int(problem.appliance_kind[a])
    cost = float(problem.move_cost[origin, end])
    cost = cost * problem.homeward_factor if problem.home[a] == end else cost
    if problem.departing_charge is not None:
        cost += float(problem.departing_charge[a])
    if (a, end) in problem.undoing:
        cost += problem.undoing_charge
    if problem.road_s is not None:
        # What it would bring by itself, times the share of the horizon in which it is still on the road.
        places = [(int(problem.appliance_kind[b]), s) for b, s in stations_after(problem, ()).items()]
        places.remove((kind, origin))
        brings = risk_of_places(problem, places) - risk_of_places(problem, [*places, (kind, end)])
        cost += min(float(problem.road_s[origin, end]) / problem.horizon_s, 1.0) * max(brings, 0.0)
    return cost


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
