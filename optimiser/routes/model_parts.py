"""Parts of the compiled model: begin intervals, tip pairs, done prefixes, nearest stops, vehicles alike.

Called by `model.build_model` only. Never holds a rule that the kernels check while they search.
"""

import math

import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray, Int32Array, IntArray
from optimiser.routes.plan import BREAK_ON_ARRIVAL, Kind, Round
from optimiser.routes.problem import RouteProblem
from optimiser.routes.stops import Stops

Interval = tuple[float, float]


def begin_intervals(problem: RouteProblem, first: IntArray) -> tuple[FloatArray, FloatArray, Int32Array]:
    """When service may begin at stops, tips and pairs (the first tip's): opens, closes (N, W), count (N,)."""
    stops, tips = problem.stops, problem.tips
    listed: list[list[Interval]] = []
    for s in range(len(stops)):
        windows = _windows(stops.window_open_s[s], stops.window_close_s[s])
        bans = _windows(stops.ban_from_s[s], stops.ban_until_s[s])
        listed.append(_without(windows, bans, float(stops.service_s[s])))
    tip_windows = [_windows(tips.window_open_s[t], tips.window_close_s[t]) for t in range(len(tips))]
    listed += tip_windows + [tip_windows[t] for t in first.tolist()]
    most = max(1, max((len(intervals) for intervals in listed), default=1))
    opens = np.full((len(listed), most), np.inf)
    closes = np.full((len(listed), most), np.inf)
    for node, intervals in enumerate(listed):
        for w, (low, high) in enumerate(intervals):
            opens[node, w], closes[node, w] = low, high
    return opens, closes, np.array([len(intervals) for intervals in listed], np.int32)


def _windows(low: FloatArray, high: FloatArray) -> list[Interval]:
    pairs = zip(low.tolist(), high.tolist(), strict=True)
    return [(a, b) for a, b in pairs if a < math.inf]


def _without(windows: list[Interval], bans: list[Interval], service_s: float) -> list[Interval]:
    """Begin intervals whose service [begin, begin + service) meets no ban [from, until)."""
    for ban_from, ban_until in bans:
        if ban_until <= ban_from:
            continue
        left: list[Interval] = []
        for low, high in windows:
            # Begin <= from - service is before the ban, begin >= until after it. A service of no length
            # meets the ban where it begins inside.
            before = ban_from - service_s if service_s > 0 else math.nextafter(ban_from, -math.inf)
            if low <= before:
                left.append((low, min(high, before)))
            if high >= ban_until:
                left.append((max(low, ban_until), high))
        windows = left
    return windows


def tip_pairs(takes: IntArray, capacity: FloatArray, bits: IntArray) -> list[tuple[int, int]]:
    """Pairs of tips that together take what neither takes alone, where a vehicle may carry it."""
    carried = 0
    for row in capacity > 0:
        carried |= int((row * bits).sum())
    pairs = []
    for a, takes_a in enumerate(takes.tolist()):
        for b, takes_b in enumerate(takes.tolist()):
            both = (takes_a | takes_b) & carried
            if a != b and both != takes_a & carried and both != takes_b & carried:
                pairs.append((a, b))
    return pairs


def prefixes(problem: RouteProblem) -> tuple[FloatArray, Int32Array, FloatArray, Int32Array, BoolArray]:
    """What is done: begin_s (V,), done positions (V,), break still due (V,), home (S,), placed (S,)."""
    fleet, n_stops = problem.fleet, len(problem.stops)
    begin_s = fleet.shift_start_s.astype(np.float64).copy()
    rest_s = fleet.break_s.astype(np.float64).copy()
    done = np.zeros(len(fleet), np.int32)
    home = np.full(n_stops, -1, np.int32)
    placed = np.zeros(n_stops, np.bool_)
    in_force = problem.in_force
    if in_force is None:
        return begin_s, done, rest_s, home, placed
    for v, visits in enumerate(in_force.plan.rounds):
        prefix = visits[: int(in_force.done[v])]
        lost = bool(in_force.lost[v])
        for number, visit in enumerate(visits):
            if visit.kind == Kind.STOP:
                if number >= len(prefix) and not lost:
                    home[visit.index] = v
                placed[visit.index] = lost and number < len(prefix)
        if any(visit.kind == Kind.BREAK for visit in prefix):
            rest_s[v] = 0.0
        done[v] = sum(visit.kind != Kind.BREAK for visit in prefix)
        free = float(in_force.free_s[v])
        if not math.isnan(free):
            begin_s[v] = free
        elif prefix:
            begin_s[v] = _prefix_time(problem, v, int(in_force.done[v]))
    return begin_s, done, rest_s, home, placed


def _prefix_time(problem: RouteProblem, vehicle: int, done: int) -> float:
    """When the done visits of a round are finished, where nobody says so: as they would be, one by one."""
    in_force = problem.in_force
    assert in_force is not None  # noqa: S101 - asked for done visits only
    fleet, stops, tips = problem.fleet, problem.stops, problem.tips
    visits = in_force.plan.rounds[vehicle][:done]
    time, at = float(fleet.shift_start_s[vehicle]), int(fleet.start[vehicle])
    rest_on_arrival = 0.0
    leave_from = -math.inf
    for number, visit in enumerate(visits):
        if number == 0 or visits[number - 1].kind == Kind.TIP:
            leave_from = _trip_release(problem, in_force.plan.rounds[vehicle][number:])
        if visit.kind == Kind.BREAK:
            rest = float(fleet.break_s[vehicle])
            if visit.index == BREAK_ON_ARRIVAL and number + 1 < len(visits):
                rest_on_arrival = rest
            else:
                time = max(time, float(fleet.break_earliest_s[vehicle])) + rest
            continue
        is_stop = visit.kind == Kind.STOP
        place = stops if is_stop else tips
        entry = (
            int(tips.location[visit.index]) if not is_stop else _ends(stops, visit.index, visit.backward)[0]
        )
        time = max(time, leave_from) + float(problem.travel_s[at, entry])
        if rest_on_arrival:
            time = max(time, float(fleet.break_earliest_s[vehicle])) + rest_on_arrival
            rest_on_arrival = 0.0
        windows = _windows(place.window_open_s[visit.index], place.window_close_s[visit.index])
        if is_stop:
            bans = _windows(stops.ban_from_s[visit.index], stops.ban_until_s[visit.index])
            windows = _without(windows, bans, float(stops.service_s[visit.index]))
        time = next((max(time, low) for low, high in windows if time <= high), time)
        time += float(place.service_s[visit.index])
        at = entry if not is_stop else _ends(stops, visit.index, visit.backward)[1]
        leave_from = -math.inf
    return time


def _trip_release(problem: RouteProblem, visits: Round) -> float:
    release = -math.inf
    for visit in visits:
        kind, index, _ = visit
        if kind == Kind.TIP:
            break
        if kind == Kind.STOP:
            release = max(release, float(problem.stops.release_s[index]))
    return release


def _ends(stops: Stops, index: int, backward: bool) -> tuple[int, int]:
    entry, leave = int(stops.entry[index]), int(stops.exit[index])
    return (leave, entry) if backward else (entry, leave)


def neighbours(cost: FloatArray, stops: Stops, most: int) -> Int32Array:
    """Each stop's nearest others by the cheaper way between them, nearest first, (S, A)."""
    away = _apart(cost, stops)
    np.fill_diagonal(away, -1.0)
    count = min(most + 1, len(stops))
    return np.ascontiguousarray(np.argsort(away, axis=1, kind="stable")[:, :count].astype(np.int32))


def _apart(cost: FloatArray, stops: Stops) -> FloatArray:
    """The cheaper way between two stops, either first and each from whichever end is allowed, (S, S)."""
    there = cost[stops.exit[:, None], stops.entry[None, :]]
    away = np.minimum(there, there.T)
    either = stops.either_way
    if either.any():
        backward = cost[stops.entry[:, None], stops.entry[None, :]]
        away = np.minimum(away, np.where(either[:, None], backward, np.inf))
        away = np.minimum(
            away, np.where(either[None, :], cost[stops.exit[:, None], stops.exit[None, :]], np.inf)
        )
        away = np.minimum(away, away.T)
    return away


def timely_neighbours(
    problem: RouteProblem,
    cost: FloatArray,
    opens: FloatArray,
    closes: FloatArray,
    n_open: Int32Array,
    most: int,
) -> Int32Array:
    """Each stop's nearest others that time allows just before or just after it, nearest first, (S, B)."""
    stops = problem.stops
    n = len(stops)
    rows = np.arange(n)
    first = opens[:n, 0] + stops.service_s
    last = closes[rows, np.maximum(n_open[:n] - 1, 0)]
    leave, enter = stops.exit[:, None], stops.entry[None, :]
    after = first[:, None] + problem.travel_s[leave, enter] <= last[None, :]
    either = stops.either_way
    if either.any():  # the other end may be nearer: do not judge
        after |= either[:, None] | either[None, :]
        away = np.where(after | after.T, _apart(cost, stops), np.inf)
    else:
        way = np.where(after, cost[leave, enter], np.inf)
        away = np.minimum(way, way.T)
    np.fill_diagonal(away, np.inf)
    count = min(most, max(n - 1, 0))
    nearest = np.argsort(away, axis=1, kind="stable")[:, :count]
    return np.ascontiguousarray(nearest.astype(np.int32))


def vehicle_classes(problem: RouteProblem) -> Int32Array:
    """Vehicles alike get the same number, (V,): of those not in use, one needs to be tried only."""
    fleet = problem.fleet
    if problem.in_force is not None:
        return np.arange(len(fleet), dtype=np.int32)
    locked = set(problem.stops.locked_vehicle[problem.stops.locked_vehicle >= 0].tolist())
    columns = [
        fleet.start,
        fleet.end,
        fleet.shift_start_s,
        fleet.shift_end_s,
        fleet.max_overtime_s,
        fleet.capacity,
        fleet.daily_load,
        fleet.daily_stops,
        fleet.max_trips,
        fleet.break_earliest_s,
        fleet.break_latest_s,
        fleet.break_s,
        fleet.skills,
        fleet.turns,
        fleet.fixed_cost,
    ]
    known: dict[tuple[object, ...], int] = {}
    kin = []
    for v in range(len(fleet)):
        key: tuple[object, ...] = tuple(str(column[v].tolist()) for column in columns)
        if v in locked:
            key = (v,)
        kin.append(known.setdefault(key, len(known)))
    return np.array(kin, np.int32)
