"""A route problem as nodes and whole-number matrices for OR-Tools routing.

Used by `routing_build` and `routing_plan`. Vehicles stand where their done visits end; lost ones are left
out. The last visit to a tip is part of the way home («tail»), so that any round may end anywhere; tips in
between are a modest pool of optional nodes that any vehicle may use. It never imports OR-Tools.
"""

from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray, IntArray
from optimiser.routes.checker import Checker
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.plan import Round as PlanRound
from optimiser.routes.problem import RouteProblem
from optimiser.routes.pyvrp_fit import allowed_pairs, begin_windows, latest_finish_s
from optimiser.routes.pyvrp_units import INEXACT_SCALE, Scale, cost_scale, exact_scale

SPARE_TIP_VISITS = 2
"""Nodes of each tip beyond those that the plan at the start uses."""

POOL_SHARE = 1.3
"""Without such a plan: nodes of tips for each full load, since trips are rarely quite full."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where one vehicle stands, after the visits that are done."""

    vehicle: int
    done: PlanRound
    location: int
    clock_s: float
    left_s: float
    """Its present trip left the start or tip no earlier than this; nan where no trip is under way."""
    on_board: FloatArray
    collected: FloatArray
    stops: int
    trips: int
    rested: bool


@dataclass(frozen=True, slots=True, eq=False)
class RoutingNodes:
    """Nodes: N1 ways to serve stops, N2 visits to tips, then the places of starts, then those of ends.

    Parameters
    ----------
    problem
        The day as a question.
    standings
        Vehicles of the model, V.
    stop, backward
        What each of the first N1 nodes serves and in which direction, (N1,).
    tip
        Tip of each of the next N2 nodes, (N2,).
    starts, ends
        Nodes where each vehicle of the model begins and ends, V each.
    cost, time
        Steps from node to node, (n, n); time holds the service at the first.
    service
        Steps of service at each node, (n,).
    tails
        Tips between a node and an end, by end node and node; () where there is nothing to tip.
    other_tails
        Whatever else takes everything, for plans where a chosen tail comes at the wrong hour.
    windows_s
        When each stop may begin, by stop.
    may
        Which vehicle of the model may serve which stop, (V, S).
    """

    problem: RouteProblem
    standings: tuple[Standing, ...]
    stop: IntArray
    backward: BoolArray
    tip: IntArray
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    cost: IntArray
    time: IntArray
    service: IntArray
    tails: dict[int, tuple[tuple[int, ...], ...]]
    other_tails: tuple[tuple[int, ...], ...]
    windows_s: tuple[list[tuple[float, float]], ...]
    may: BoolArray
    cost_scale: Scale
    time_scale: Scale
    origin_s: float


def make_nodes(problem: RouteProblem, checker: Checker, start: DayPlan | None) -> RoutingNodes:
    """Lay out the nodes of a problem; `start` says how often tips are visited, if there is one."""
    standings = _standings(problem, checker)
    windows = tuple(begin_windows(problem, stop) for stop in range(len(problem.stops)))
    tail_length, candidates = _tail_candidates(problem)
    may = _may(problem, standings, windows, tail_length)
    stop, backward = _stop_nodes(problem, may)
    tip = _tip_nodes(problem, standings, start, tail_length)
    start_keys = [(s.location, bool(s.on_board.any())) for s in standings]
    end_keys = [int(problem.fleet.end[s.vehicle]) for s in standings]
    begins, finishes = list(dict.fromkeys(start_keys)), list(dict.fromkeys(end_keys))
    first_start = len(stop) + len(tip)
    first_end = first_start + len(begins)
    here = problem.stops
    fixed = [*problem.tips.location[tip].tolist(), *(at for at, _ in begins), *finishes]
    into = np.append(np.where(backward, here.exit[stop], here.entry[stop]), fixed).astype(np.int64)
    out = np.append(np.where(backward, here.entry[stop], here.exit[stop]), fixed).astype(np.int64)
    service_s = np.zeros(len(into))
    service_s[: len(stop)] = here.service_s[stop]
    service_s[len(stop) : first_start] = problem.tips.service_s[tip]
    needs_tip = np.zeros(len(into), bool)
    needs_tip[: len(stop)] = bool(candidates)
    needs_tip[first_start:first_end] = [loaded and bool(candidates) for _, loaded in begins]
    leg_cost = problem.weights.per_m * problem.dist_m + problem.weights.per_drive_s * problem.travel_s
    cost, time_s = leg_cost[np.ix_(out, into)].copy(), problem.travel_s[np.ix_(out, into)].copy()
    columns = {first_end + k: at for k, at in enumerate(finishes)}
    tails = _put_tails(problem, leg_cost, candidates, (cost, time_s), out, needs_tip, columns)
    steps, time_scale = cost_scale(leg_cost), exact_scale(_times(problem, standings)) or Scale(INEXACT_SCALE)
    return RoutingNodes(
        problem=problem,
        standings=standings,
        stop=stop,
        backward=backward,
        tip=tip,
        starts=tuple(first_start + begins.index(key) for key in start_keys),
        ends=tuple(first_end + finishes.index(key) for key in end_keys),
        cost=steps.near(cost),
        time=time_scale.up(time_s + service_s[:, None]),
        service=time_scale.up(service_s),
        tails=tails,
        other_tails=tuple(candidates),
        windows_s=windows,
        may=may,
        cost_scale=steps,
        time_scale=time_scale,
        origin_s=float(np.floor(problem.fleet.shift_start_s.min())),
    )


def _put_tails(
    problem: RouteProblem,
    leg_cost: FloatArray,
    candidates: list[tuple[int, ...]],
    matrices: tuple[FloatArray, FloatArray],
    out: IntArray,
    needs_tip: BoolArray,
    columns: dict[int, int],
) -> dict[int, tuple[tuple[int, ...], ...]]:
    """Lead the ways home, in the columns of the ends, through the last tips; which these are."""
    tails = {}
    for column, at in columns.items():
        chosen, cost, time_s = _best_tails(problem, leg_cost, candidates, out, at)
        matrices[0][needs_tip, column] = cost[needs_tip]
        matrices[1][needs_tip, column] = time_s[needs_tip]
        pairs = zip(chosen.tolist(), needs_tip.tolist(), strict=True)
        tails[column] = tuple(candidates[c] if needs else () for c, needs in pairs)
    return tails


def _times(problem: RouteProblem, standings: tuple[Standing, ...]) -> list[FloatArray]:
    stops, fleet = problem.stops, problem.fleet
    clocks = np.array([s.clock_s for s in standings])
    hours = [stops.window_open_s, stops.window_close_s, stops.ban_from_s, stops.ban_until_s]
    shifts = [fleet.shift_start_s, fleet.shift_end_s, fleet.max_overtime_s]
    breaks = [fleet.break_earliest_s, fleet.break_latest_s, fleet.break_s]
    rest = [problem.travel_s, stops.service_s, stops.release_s, problem.tips.service_s, clocks]
    return [*(a.ravel() for a in (*hours, problem.tips.window_open_s)), *shifts, *breaks, *rest]


def _standings(problem: RouteProblem, checker: Checker) -> tuple[Standing, ...]:
    in_force, fleet = problem.in_force, problem.fleet
    found = []
    for vehicle in range(len(fleet)):
        if in_force is not None and in_force.lost[vehicle]:
            continue
        done = () if in_force is None else in_force.plan.rounds[vehicle][: int(in_force.done[vehicle])]
        found.append(_standing(problem, checker, vehicle, done))
    return tuple(found)


def _standing(problem: RouteProblem, checker: Checker, vehicle: int, done: PlanRound) -> Standing:
    fleet, stops, tips = problem.fleet, problem.stops, problem.tips
    shift_s, location = float(fleet.shift_start_s[vehicle]), int(fleet.start[vehicle])
    empty = np.zeros(stops.load.shape[1])
    if not done:
        return Standing(vehicle, (), location, shift_s, np.nan, empty, empty, 0, 0, False)
    sheet = checker.check_round(vehicle, done).sheet
    left_s, under_way = shift_s, True
    for position, visit in enumerate(done):
        if visit.kind == Kind.STOP:
            location = int(stops.entry[visit.index] if visit.backward else stops.exit[visit.index])
            left_s, under_way = max(left_s, float(stops.release_s[visit.index])), True
        elif visit.kind == Kind.TIP:
            location, under_way = int(tips.location[visit.index]), False
            left_s = np.fmax(left_s, float(sheet.times.finish_s[position]))
    return Standing(
        vehicle=vehicle,
        done=done,
        location=location,
        clock_s=float(sheet.times.finish_s[-1]),
        left_s=left_s if under_way else np.nan,
        on_board=sheet.load_after[-1],
        collected=sheet.load,
        stops=sheet.stops,
        trips=sheet.trips,
        rested=any(visit.kind == Kind.BREAK for visit in done),
    )


def _tail_candidates(problem: RouteProblem) -> tuple[int, list[tuple[int, ...]]]:
    """Tips that together take all that is collected: single ones if there are any, else pairs, else more."""
    loaded = (problem.stops.load > 0).any(axis=0)
    takes: BoolArray = problem.tips.takes
    loaded &= takes.any(axis=0)
    for length in range(1, len(takes) + 1):
        if not loaded.any():
            break
        found = [
            tips
            for tips in permutations(range(len(takes)), length)
            if bool(np.all(takes[list(tips)].any(axis=0) | ~loaded))
        ]
        if found:
            return length, found
    return 0, []


def _best_tails(
    problem: RouteProblem, leg_cost: FloatArray, candidates: list[tuple[int, ...]], out: IntArray, end: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Cheapest candidate from each place to an end: its number, cost and travel time with tipping."""
    if not candidates:
        return np.zeros(len(out), np.int64), np.zeros(len(out)), np.zeros(len(out))
    at, travel_s = problem.tips.location, problem.travel_s
    costs, times_s = [], []
    for tips in candidates:
        stages = [*(int(at[tip]) for tip in tips), end]
        legs = list(pairwise(stages))
        costs.append(leg_cost[out, stages[0]] + sum(leg_cost[a, b] for a, b in legs))
        service_s = float(problem.tips.service_s[list(tips)].sum())
        times_s.append(travel_s[out, stages[0]] + sum(travel_s[a, b] for a, b in legs) + service_s)
    table, rows = np.stack(costs, axis=1), np.arange(len(out))
    best = table.argmin(axis=1)
    return best, table[rows, best], np.stack(times_s, axis=1)[rows, best]


def _may(
    problem: RouteProblem,
    standings: tuple[Standing, ...],
    windows: tuple[list[tuple[float, float]], ...],
    tail_length: int,
) -> BoolArray:
    stops, fleet = problem.stops, problem.fleet
    pairs = allowed_pairs(problem)[[s.vehicle for s in standings]]
    pairs &= np.array([bool(spans) for spans in windows])[None, :]
    loaded: BoolArray = np.asarray((stops.load > 0).any(axis=1))
    left = np.array([fleet.max_trips[s.vehicle] - s.trips >= tail_length for s in standings], bool)
    pairs &= left[:, None] | ~loaded[None, :]
    taken: BoolArray = np.asarray(problem.tips.takes.any(axis=0))
    stuck: BoolArray = np.asarray((stops.load[:, ~taken] > 0).any(axis=1))
    pairs &= ~stuck[None, :]
    for standing in standings:
        pairs[:, [visit.index for visit in standing.done if visit.kind == Kind.STOP]] = False
    in_force = problem.in_force
    if in_force is not None:
        for vehicle in np.flatnonzero(in_force.lost):
            gone = in_force.plan.rounds[vehicle][: int(in_force.done[vehicle])]
            pairs[:, [visit.index for visit in gone if visit.kind == Kind.STOP]] = False
    return pairs


def _stop_nodes(problem: RouteProblem, may: BoolArray) -> tuple[IntArray, BoolArray]:
    stops = problem.stops
    served = np.flatnonzero(may.any(axis=0)) if len(may) else np.arange(0)
    both = served[stops.either_way[served] & (stops.entry[served] != stops.exit[served])]
    backward = np.concatenate([np.zeros(len(served), bool), np.ones(len(both), bool)])
    return np.concatenate([served, both]).astype(np.int64), backward


def _tip_nodes(
    problem: RouteProblem, standings: tuple[Standing, ...], start: DayPlan | None, tail_length: int
) -> IntArray:
    """Tips for the visits between trips: as the plan at the start visits them, or as loads ask for."""
    if not tail_length:
        return np.zeros(0, np.int64)
    fleet, stops, tips = problem.fleet, problem.stops, problem.tips
    most = sum(max(int(fleet.max_trips[s.vehicle]) - s.trips - tail_length, 0) for s in standings)
    counts = np.zeros(len(tips), np.int64)
    if most == 0:
        return counts[:0]
    if start is not None:
        for standing in standings:
            visits = start.rounds[standing.vehicle][len(standing.done) :]
            np.add.at(counts, [visit.index for visit in visits if visit.kind == Kind.TIP], 1)
        counts += SPARE_TIP_VISITS
    else:
        capacity = fleet.capacity[[s.vehicle for s in standings]].mean(axis=0)
        full = (stops.load / np.maximum(capacity, 1e-9)).max(axis=1)
        nearest = problem.travel_s[np.ix_(stops.exit, tips.location)].argmin(axis=1)
        share = np.bincount(nearest, weights=full, minlength=len(tips)) * POOL_SHARE
        counts = np.where(share > 0, np.ceil(share) + 1, 0).astype(np.int64)
        counts[(counts == 0) & (len(tips) <= SPARE_TIP_VISITS)] = 1
    repeated: IntArray = np.repeat(np.arange(len(tips)), np.minimum(counts, most))
    return repeated


def finish_limits_s(nodes: RoutingNodes) -> FloatArray:
    """Latest return of each vehicle of the model, seconds of the day, (V,); last tips' hours are kept."""
    problem = nodes.problem
    limits = latest_finish_s(problem)[[s.vehicle for s in nodes.standings]].copy()
    tips = problem.tips
    for v, (standing, end) in enumerate(zip(nodes.standings, nodes.ends, strict=True)):
        home = int(problem.fleet.end[standing.vehicle])
        last = {tail[-1] for tail in nodes.tails[end] if tail}
        for tip in last:
            hours = tips.window_close_s[tip][tips.window_open_s[tip] < np.inf]
            home_s = tips.service_s[tip] + problem.travel_s[tips.location[tip], home]
            limits[v] = min(limits[v], hours.max() + home_s)
    return limits
