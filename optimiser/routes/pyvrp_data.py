"""A route problem in PyVRP's terms, and plans there and back.

Used by `pyvrp_model` only, for problems that fit (`pyvrp_fits`). A tip between two trips is a depot for
reloading; the last tip and the way home are one leg, into a place that stands for «at the depot, emptied».
Tipping time is part of the way to the tip, so that a trip with a release time may tip while it waits. The
vehicles of one PyVRP type are interchangeable. It never searches.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from pyvrp import Activity, ActivityType, Client, Depot, Location, ProblemData, Route, Solution, VehicleType

from optimiser.routes.arrays import BoolArray, FloatArray, IntArray
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.plan import Round as PlanRound
from optimiser.routes.problem import RouteProblem
from optimiser.routes.pyvrp_fit import DAY_MAX_S, allowed_pairs, begin_windows, carries_load, latest_finish_s
from optimiser.routes.pyvrp_units import FAR, INEXACT_SCALE, Scale, cost_scale, exact_scale

NO_LIMIT = int(np.iinfo(np.int64).max)
"""PyVRP's own value for a time that is not limited."""


@dataclass(frozen=True, slots=True, eq=False)
class PyvrpDay:
    """A problem in PyVRP's terms.

    Parameters
    ----------
    data
        PyVRP's own instance.
    clients
        Stop by client.
    vehicles
        Vehicles by type.
    starts
        Depots before the first tip's depot: the places where vehicles begin.
    tips
        How many tips there are.
    last_tip
        Best tip on the way home by end depot and stop, (E, S); empty where nothing has to be tipped.
    ends
        Row of `last_tip` by type.
    """

    data: ProblemData
    clients: IntArray
    vehicles: tuple[tuple[int, ...], ...]
    starts: int
    tips: int
    last_tip: IntArray
    ends: tuple[int, ...]

    def plan_of(self, solution: Solution, problem: RouteProblem) -> DayPlan:
        """Turn a complete PyVRP solution into a plan."""
        rounds: list[PlanRound] = [()] * len(problem.fleet)
        free = [list(group) for group in self.vehicles]
        served = np.zeros(len(problem.stops), bool)
        for route in solution.routes():
            kind = route.vehicle_type()
            visits = self._visits(route, self.ends[kind])
            rounds[free[kind].pop(0)] = visits
            served[[visit.index for visit in visits if visit.kind == Kind.STOP]] = True
        return DayPlan(tuple(rounds), tuple(int(s) for s in np.flatnonzero(~served)))

    def _visits(self, route: Route, end: int) -> PlanRound:
        visits: list[Visit] = []
        for activity in list(route)[1:-1]:
            if activity.is_client():
                visits.append(Visit(Kind.STOP, int(self.clients[activity.idx])))
            else:
                visits.append(Visit(Kind.TIP, activity.idx - self.starts))
        if self.last_tip.size and visits and visits[-1].kind == Kind.STOP:
            visits.append(Visit(Kind.TIP, int(self.last_tip[end, visits[-1].index])))
        return tuple(visits)

    def solution_of(self, plan: DayPlan) -> Solution | None:
        """Turn a plan into a PyVRP solution to begin with; None where it cannot be one."""
        client_of = {int(stop): client for client, stop in enumerate(self.clients)}
        kind_of = {vehicle: kind for kind, group in enumerate(self.vehicles) for vehicle in group}
        routes = []
        try:
            for vehicle, visits in enumerate(plan.rounds):
                activities = self._activities(visits, client_of)
                if activities:
                    routes.append(Route(self.data, activities, kind_of[vehicle]))
            return Solution(self.data, routes)
        except (ValueError, RuntimeError, KeyError, IndexError):  # PyVRP's, for too many trips and the like
            return None

    def _activities(self, visits: PlanRound, client_of: dict[int, int]) -> list[Activity]:
        activities: list[Activity] = []
        for visit in visits:
            if visit.kind == Kind.STOP:
                activities.append(Activity(ActivityType.CLIENT, client_of[visit.index]))
            elif visit.kind == Kind.TIP and activities and activities[-1].is_client():
                activities.append(Activity(ActivityType.DEPOT, self.starts + visit.index))
        if activities and activities[-1].is_depot():
            activities.pop()
        return activities


def build_day(problem: RouteProblem, optional: BoolArray) -> PyvrpDay | None:
    """Put a problem that fits into PyVRP's terms; None where no vehicle can serve any stop.

    Parameters
    ----------
    problem
        The day as a question.
    optional
        Stops that may stay unserved at their price, (S,); the others have to be served.
    """
    builder = _Builder(problem, optional)
    return builder.build() if len(builder.clients) else None


class _Builder:
    """What the parts of one instance share while it is built; PyVRP's times count from `origin_s`."""

    def __init__(self, problem: RouteProblem, optional: BoolArray) -> None:
        fleet, tips = problem.fleet, problem.tips
        self.problem, self.optional = problem, optional
        self.origin_s = float(np.floor(fleet.shift_start_s.min()))
        self.loaded = carries_load(problem)
        self.materials = np.flatnonzero((problem.stops.load > 0).any(axis=0))
        self.last_s = float(latest_finish_s(problem).max())
        windows = [begin_windows(problem, stop) for stop in range(len(problem.stops))]
        self.pairs = allowed_pairs(problem)
        in_time = [
            bool(w) and w[0][1] >= since for w, since in zip(windows, problem.stops.release_s, strict=True)
        ]
        able = np.array([not self.loaded or trips > 0 for trips in fleet.max_trips.tolist()])
        servable = (self.pairs & able[:, None]).any(axis=0) & np.array(in_time)
        self.clients = np.flatnonzero(servable)
        self.windows_s = [windows[stop][0] for stop in self.clients]
        self.tips = np.arange(len(tips)) if self.loaded else np.arange(0)
        self.start_at, self.start_of = np.unique(fleet.start, return_inverse=True)
        self.end_at, self.end_of = np.unique(fleet.end, return_inverse=True)
        leg_cost = problem.weights.per_m * problem.dist_m + problem.weights.per_drive_s * problem.travel_s
        self.leg_cost: FloatArray = leg_cost
        self.cost = cost_scale(leg_cost)
        self.time = exact_scale(self._times()) or Scale(INEXACT_SCALE)
        self.load = exact_scale([problem.stops.load, fleet.capacity]) or Scale(INEXACT_SCALE)
        self.last_tip = self._last_tips()

    def _times(self) -> list[FloatArray]:
        problem = self.problem
        spans = np.array(self.windows_s, dtype=float).reshape(-1)
        return [
            problem.travel_s,
            problem.stops.service_s,
            spans,
            problem.stops.release_s,
            problem.tips.service_s,
            problem.tips.window_open_s,
            problem.tips.window_close_s,
            problem.fleet.shift_start_s,
            problem.fleet.shift_end_s,
            problem.fleet.max_overtime_s,
        ]

    def _last_tips(self) -> IntArray:
        """Cheapest tip between the exit of each stop and each end, (E, S)."""
        if not self.loaded:
            return np.zeros((0, 0), np.int64)
        at, exits = self.problem.tips.location, self.problem.stops.exit
        ways = self.leg_cost[np.ix_(exits, at)][None] + self.leg_cost[np.ix_(at, self.end_at)].T[:, None, :]
        best: IntArray = ways.argmin(axis=2)
        return best

    def build(self) -> PyvrpDay:
        """Build the instance."""
        cost, time = self._matrices()
        kinds, profiles = self._kinds()
        costs: list[Any] = [self._with(cost, extra, self.cost) for _, extra in profiles]
        forbidden = [np.where(may, 0.0, np.inf) for may, _ in profiles]
        times: list[Any] = [self._with(time, extra, self.time) for extra in forbidden]
        data = ProblemData(
            locations=[Location(0, 0)] * len(cost),
            clients=self._clients(),
            depots=self._depots(),
            vehicle_types=[self._vehicle_type(group, profile) for group, profile in kinds],
            distance_matrices=costs,
            duration_matrices=times,
        )
        ends = tuple(int(self.end_of[group[0]]) for group, _ in kinds)
        groups = tuple(group for group, _ in kinds)
        return PyvrpDay(data, self.clients, groups, len(self.start_at), len(self.tips), self.last_tip, ends)

    def _matrices(self) -> tuple[IntArray, IntArray]:
        """Cost and time between clients, starts, tips and ends; service at a tip is part of the way to it."""
        problem, tips = self.problem, self.problem.tips
        tip_at = tips.location[self.tips]
        out = np.concatenate([problem.stops.exit[self.clients], self.start_at, tip_at, self.end_at])
        into = np.concatenate([problem.stops.entry[self.clients], self.start_at, tip_at, self.end_at])
        cost, time = self.leg_cost[np.ix_(out, into)].copy(), problem.travel_s[np.ix_(out, into)].copy()
        first_tip = len(self.clients) + len(self.start_at)
        time[:, first_tip : first_tip + len(tip_at)] += tips.service_s[self.tips]
        if self.loaded:
            exits, rows = problem.stops.exit[self.clients], np.arange(len(self.clients))
            for end, at in enumerate(self.end_at):
                tip = self.last_tip[end, self.clients]
                via, column = tips.location[tip], first_tip + len(tip_at) + end
                cost[rows, column] = self.leg_cost[exits, via] + self.leg_cost[via, at]
                time[rows, column] = (
                    problem.travel_s[exits, via] + tips.service_s[tip] + problem.travel_s[via, at]
                )
        np.fill_diagonal(cost, 0)
        np.fill_diagonal(time, 0)
        return self.cost.near(cost), self.time.up(time)

    def _with(self, matrix: IntArray, extra: FloatArray, scale: Scale) -> IntArray:
        """Add to the ways into each client; inf forbids it."""
        added = matrix.copy()
        added[:, : len(self.clients)] += np.minimum(scale.up(extra), FAR - matrix.max())
        np.fill_diagonal(added, 0)
        return added

    def _clients(self) -> list[Client]:
        stops = self.problem.stops
        loads = self.load.up(stops.load[:, self.materials])
        prizes = self.cost.near(stops.unserved_cost)
        service, release = self.time.up(stops.service_s), self._since(stops.release_s)
        return [
            Client(
                location=client,
                pickup=[int(x) for x in loads[stop]],
                service_duration=int(service[stop]),
                tw_early=self._at_least(self.windows_s[client][0]),
                tw_late=self._at_most(self.windows_s[client][1]),
                release_time=int(release[stop]),
                prize=int(prizes[stop]) if self.optional[stop] else 0,
                required=not self.optional[stop],
            )
            for client, stop in enumerate(self.clients)
        ]

    def _depots(self) -> list[Depot]:
        tips, first = self.problem.tips, len(self.clients)
        depots = [Depot(first + k) for k in range(len(self.start_at))]
        first += len(self.start_at)
        for k, tip in enumerate(self.tips):
            opens = float(tips.window_open_s[tip, 0] + tips.service_s[tip])
            closes = float(tips.window_close_s[tip, 0] + tips.service_s[tip])
            depots.append(Depot(first + k, tw_early=self._at_least(opens), tw_late=self._at_most(closes)))
        first += len(self.tips)
        for k, at in enumerate(self.end_at):
            after_s = tips.service_s[self.tips] + self.problem.travel_s[tips.location[self.tips], at]
            opens = float((tips.window_open_s[self.tips, 0] + after_s).max(initial=-np.inf))
            closes = float((tips.window_close_s[self.tips, 0] + after_s).min(initial=np.inf))
            early = self._at_least(opens) if len(self.tips) == 1 else 0
            depots.append(Depot(first + k, tw_early=early, tw_late=self._at_most(closes)))
        return depots

    def _kinds(self) -> tuple[list[tuple[tuple[int, ...], int]], list[tuple[BoolArray, FloatArray]]]:
        """Vehicles in groups that PyVRP need not tell apart, each with its profile; and the profiles."""
        profiles: dict[bytes, int] = {}
        rows: list[tuple[BoolArray, FloatArray]] = []
        groups: dict[tuple[float, ...], list[int]] = {}
        fleet = self.problem.fleet
        moved = self._moved_cost()
        for vehicle in range(len(fleet)):
            if self.loaded and fleet.max_trips[vehicle] < 1:
                continue
            may, extra = self.pairs[vehicle, self.clients], moved[vehicle, self.clients]
            profile = profiles.setdefault(may.tobytes() + extra.tobytes(), len(rows))
            if profile == len(rows):
                rows.append((may, extra))
            numbers = (fleet.shift_start_s, fleet.shift_end_s, fleet.max_overtime_s, fleet.fixed_cost)
            key = (
                profile,
                float(self.start_of[vehicle]),
                float(self.end_of[vehicle]),
                float(fleet.max_trips[vehicle]),
                *(float(values[vehicle]) for values in numbers),
                *(float(x) for x in fleet.capacity[vehicle]),
            )
            groups.setdefault(key, []).append(vehicle)
        return [(tuple(group), int(key[0])) for key, group in groups.items()], rows

    def _moved_cost(self) -> FloatArray:
        """Price of a stop with a vehicle that is not the one in force, (V, S)."""
        problem = self.problem
        cost = np.zeros((len(problem.fleet), len(problem.stops)))
        if problem.in_force is not None:
            for stop, vehicle in problem.in_force.plan.vehicle_of().items():
                cost[:, stop] = problem.weights.per_moved_stop
                cost[vehicle, stop] = 0.0
        return cost

    def _vehicle_type(self, group: tuple[int, ...], profile: int) -> VehicleType:
        fleet, weights, vehicle = self.problem.fleet, self.problem.weights, group[0]
        begins = self._at_least(float(fleet.shift_start_s[vehicle]))
        depots, starts = range(len(self.start_at) + len(self.tips)), len(self.start_at)
        tips = list(depots)[starts:] if fleet.max_trips[vehicle] > 1 else []
        kind = VehicleType(
            num_available=len(group),
            capacity=[int(x) for x in self.load.down(fleet.capacity[vehicle, self.materials])],
            start_depot=int(self.start_of[vehicle]),
            end_depot=len(depots) + int(self.end_of[vehicle]),
            fixed_cost=int(self.cost.near(float(fleet.fixed_cost[vehicle]))),
            tw_early=begins,
            tw_late=self._latest(vehicle),
            profile=profile,
            reload_depots=tips,
            max_reloads=max(int(fleet.max_trips[vehicle]) - 1, 0),
        )
        over_s = float(fleet.max_overtime_s[vehicle])
        if weights.per_overtime_s == 0 or over_s == 0:
            return kind
        shift_s = min(float(fleet.shift_end_s[vehicle] - fleet.shift_start_s[vehicle]), DAY_MAX_S)
        per_step = weights.per_overtime_s * self.cost.per_unit / self.time.per_unit
        return kind.replace(
            shift_duration=int(self.time.down(shift_s)),
            max_overtime=int(self.time.down(min(over_s, DAY_MAX_S))),
            unit_overtime_cost=max(1, round(per_step)),
            start_late=begins,
        )

    def _since(self, times_s: FloatArray) -> IntArray:
        return np.maximum(self.time.up(times_s - self.origin_s), 0)

    def _at_least(self, time_s: float) -> int:
        return max(int(self.time.up(time_s - self.origin_s)), 0)

    def _at_most(self, time_s: float) -> int:
        """No limit where it is the day's own: PyVRP is quicker where it has no windows to look after."""
        if time_s >= min(self.last_s, self.origin_s + DAY_MAX_S):
            return NO_LIMIT
        return max(int(self.time.down(time_s - self.origin_s)), 0)

    def _latest(self, vehicle: int) -> int:
        """Latest return of a vehicle, in PyVRP's time."""
        finish_s = float(latest_finish_s(self.problem)[vehicle])
        if finish_s - float(self.problem.fleet.shift_start_s[vehicle]) >= DAY_MAX_S:
            return NO_LIMIT
        return max(int(self.time.down(finish_s - self.origin_s)), 0)
