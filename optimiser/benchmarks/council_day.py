"""A made-up council's collection day with every rule of the route engine on, from a seed.

Used by the route benchmark, by tests and by the demo. About 500 stops (sides of streets, and points), 18
lorries of two depots, some of them with two compartments, three tips. Plain rounds are laid first, near stops
together; then windows, school times, skills, locks and the rest are drawn so that these rounds keep them: the
day can be done, and its rounds are such as crews know. It never solves anything: the plan in force is the
plain one until a solver's is put in its place (`with_plan`); `routes_events` has what happens on the day.
"""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.benchmarks.routes_city import City, make_city
from optimiser.benchmarks.routes_fleet import DEPOTS_AT, TIPS_AT, capped, make_fleet, make_tips
from optimiser.benchmarks.routes_rounds import Ground, LaidRound, grouped, lay_round, nearest_order
from optimiser.benchmarks.routes_rules import HOUR_S, draw_rules
from optimiser.routes.arrays import BoolArray, FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import DayPlan, Visit
from optimiser.routes.problem import InForce, RouteProblem, RouteWeights
from optimiser.routes.stops import Stops

# Pounds. A crew of three at 20 an hour each; 0.80 a kilometre; overtime at half as much again; a crew that
# gets another's stop has to be told; half an hour more or less than the others is worth about one pound.
WEIGHTS = RouteWeights(
    per_drive_s=60.0 / HOUR_S,
    per_m=0.0008,
    per_overtime_s=90.0 / HOUR_S,
    per_moved_stop=2.0,
    balance=0.0005,
)
CORNERS_PER_STOP = 3.2
# Share of stops that are points, and of the others share of those served from either end.
POINT_SHARE, EITHER_SHARE = 0.3, 0.55
# Of places in the matrices that no stop uses yet, as a share of the stops: that is where new stops are.
SPARE_SHARE = 0.3
# Before a round's services are stretched to fill its shift.
SERVICE_S = (180.0, 900.0)
SHORTEST_SERVICE_S = 45.0
# A round is back so long before its shift's end.
BACK_BEFORE_S = (300.0, 2700.0)
STRETCHES = 3
# What a round collects, as times of its lorry's capacity: two or three tips a day.
FILLS = (1.6, 2.6)
# Of a lorry with two compartments: stops with residual only, recycling only, both.
MATERIAL_SHARES = (0.4, 0.25, 0.35)


@dataclass(frozen=True, slots=True, eq=False)
class CouncilDay:
    """A day and what it was made from.

    Parameters
    ----------
    problem
        The day with its plan in force; nothing of it is done.
    plan
        The plan in force.
    spare_entry, spare_exit, spare_either_way
        Locations at which a new stop may be, each (n,).
    location_m
        Where the locations are, (L, 2), metres.
    city
        The streets.
    seed
        What it was drawn from.
    """

    problem: RouteProblem
    plan: DayPlan
    spare_entry: IntArray
    spare_exit: IntArray
    spare_either_way: BoolArray
    location_m: FloatArray
    city: City
    seed: int

    def with_plan(self, plan: DayPlan) -> "CouncilDay":
        """Return the day with another plan in force."""
        return replace(self, plan=plan, problem=replace(self.problem, in_force=nothing_done(plan)))


@dataclass(frozen=True, slots=True, eq=False)
class _Spots:
    """Where something can be: two locations and whether it may be served from either; first the stops'."""

    entry: IntArray
    exit: IntArray
    either_way: BoolArray
    depots: IntArray
    tips: IntArray
    corner: IntArray
    """The corner of the city of each location."""


def nothing_done(plan: DayPlan) -> InForce:
    """Return a plan in force of which nothing is done yet."""
    count = len(plan.rounds)
    return InForce(
        plan, np.zeros(count, dtype=np.int64), np.full(count, np.nan), np.zeros(count, dtype=np.bool_)
    )


def council_day(
    seed: int = 1, stops: int = 500, vehicles: int = 18, weights: RouteWeights = WEIGHTS
) -> CouncilDay:
    """Return the day of a seed; the same seed, the same day.

    Parameters
    ----------
    seed
        Of everything drawn.
    stops, vehicles
        How many; 26 to 30 stops a vehicle fill its shift as a council's rounds do.
    weights
        Prices, pounds.
    """
    rng = np.random.default_rng(seed)
    city = make_city(int(stops * CORNERS_PER_STOP), rng)
    spots = _spots(city, stops + int(stops * SPARE_SHARE), rng)
    travel_s, dist_m = city.matrices(spots.corner)
    location_m = city.corner_m[spots.corner]
    tips = make_tips(spots.tips)
    ground = Ground(travel_s, spots.entry, spots.exit, spots.either_way, tips)
    group = grouped(location_m[spots.entry[:stops]], vehicles)
    middle_m = np.array([location_m[spots.entry[:stops]][group == v].mean(axis=0) for v in range(vehicles)])
    away_m = np.linalg.norm(middle_m[:, None] - location_m[spots.depots][None], axis=2)
    fleet = make_fleet(spots.depots[np.argmin(away_m, axis=1)], rng)
    load = _loads(group, fleet, rng)
    rounds, service_s = _rounds(ground, fleet, group, load, rng)
    plan = DayPlan(tuple(tuple(laid.visits) for laid in rounds))
    problem = RouteProblem(
        travel_s=travel_s,
        dist_m=dist_m,
        fleet=capped(fleet, rounds, load, rng),
        stops=_stops(spots, service_s, load, rounds, fleet, rng),
        tips=tips,
        weights=weights,
        in_force=nothing_done(plan),
    )
    spare = slice(stops, None)
    return CouncilDay(
        problem=problem,
        plan=plan,
        spare_entry=spots.entry[spare],
        spare_exit=spots.exit[spare],
        spare_either_way=spots.either_way[spare],
        location_m=location_m,
        city=city,
        seed=seed,
    )


def _spots(city: City, count: int, rng: np.random.Generator) -> _Spots:
    """Choose street sides and points, the depots and the tips, and number their corners as locations."""
    arc = rng.choice(len(city.tail), size=count, replace=count > len(city.tail))
    one_way = np.zeros(len(city.tail), dtype=np.bool_)
    one_way[city.one_way()] = True
    point = rng.random(count) < POINT_SHARE
    either_way = ~point & ~one_way[arc] & (rng.random(count) < EITHER_SHARE)
    begins = city.tail[arc]
    ends = np.where(point, begins, city.head[arc])
    yards = [_corner_near(city, at) for at in (*DEPOTS_AT, *TIPS_AT)]
    corner, location = np.unique(np.concatenate([yards, begins, ends]), return_inverse=True)
    location = location.astype(np.int64)
    fixed, depots = len(yards), len(DEPOTS_AT)
    return _Spots(
        entry=location[fixed : fixed + count],
        exit=location[fixed + count :],
        either_way=either_way,
        depots=location[:depots],
        tips=location[depots:fixed],
        corner=corner,
    )


def _corner_near(city: City, share: tuple[float, float]) -> int:
    """Return the corner at shares of the city's breadth and height."""
    low, high = city.corner_m.min(axis=0), city.corner_m.max(axis=0)
    return int(np.argmin(np.linalg.norm(city.corner_m - (low + np.array(share) * (high - low)), axis=1)))


def _loads(group: IntArray, fleet: Fleet, rng: np.random.Generator) -> FloatArray:
    """Return kilograms of each material at each stop, such that each round fills its lorry twice or more."""
    load = np.zeros((len(group), 2))
    for vehicle in range(len(fleet)):
        stops = np.flatnonzero(group == vehicle)
        amount = rng.uniform(0.4, 1.6, (len(stops), 2))
        if fleet.capacity[vehicle, 1] > 0:
            kind = rng.choice(3, size=len(stops), p=MATERIAL_SHARES)
            amount *= np.column_stack([kind != 1, kind != 0])
        else:
            amount[:, 1] = 0.0
        total = np.maximum(amount.sum(axis=0), 1.0)
        load[stops] = np.round(amount * fleet.capacity[vehicle] * rng.uniform(*FILLS) / total)
    return np.minimum(load, fleet.capacity[group])


def _rounds(
    ground: Ground, fleet: Fleet, group: IntArray, load: FloatArray, rng: np.random.Generator
) -> tuple[list[LaidRound], FloatArray]:
    """Return a round for each vehicle, and services stretched so that each fills its shift."""
    service_s = np.round(rng.uniform(*SERVICE_S, len(group)))
    rounds = []
    for vehicle in range(len(fleet)):
        order: list[Visit] = nearest_order(
            ground, np.flatnonzero(group == vehicle), int(fleet.start[vehicle])
        )
        own = [visit.index for visit in order]
        back_s = float(fleet.shift_end_s[vehicle] - rng.uniform(*BACK_BEFORE_S))
        for _ in range(STRETCHES):
            laid = lay_round(ground, fleet, vehicle, order, service_s, load)
            spare_s = back_s - laid.finish_s
            factor = 1.0 + spare_s / float(service_s[own].sum())
            service_s[own] = np.maximum(np.round(service_s[own] * factor), SHORTEST_SERVICE_S)
        rounds.append(lay_round(ground, fleet, vehicle, order, service_s, load))
    return rounds, service_s


def _stops(
    spots: _Spots,
    service_s: FloatArray,
    load: FloatArray,
    rounds: list[LaidRound],
    fleet: Fleet,
    rng: np.random.Generator,
) -> Stops:
    count = len(service_s)
    rules = draw_rules(rounds, fleet, rng)
    return Stops(
        ids=tuple(f"stop-{n + 1:04d}" for n in range(count)),
        entry=spots.entry[:count],
        exit=spots.exit[:count],
        either_way=spots.either_way[:count],
        service_s=service_s,
        load=load,
        window_open_s=rules.window_open_s,
        window_close_s=rules.window_close_s,
        ban_from_s=rules.ban_from_s,
        ban_until_s=rules.ban_until_s,
        no_reversing=rules.no_reversing,
        skills=rules.skills,
        release_s=rules.release_s,
        unserved_cost=rules.unserved_cost,
        locked_vehicle=rules.locked_vehicle,
        locked_position=rules.locked_position,
    )
