"""The OR-Tools routing model of a day: every rule as a dimension, a domain or a break interval.

Used by `routing_model` only. The balance of rounds is not modelled. It never searches.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp

from optimiser.routes.arrays import FloatArray, IntArray
from optimiser.routes.pyvrp_units import FAR, INEXACT_SCALE, Scale, exact_scale
from optimiser.routes.routing_nodes import RoutingNodes, finish_limits_s
from optimiser.routes.stops import ANYWHERE


@dataclass(frozen=True, slots=True, eq=False)
class RoutingSetup:
    """A built model.

    Parameters
    ----------
    nodes
        What its nodes mean.
    manager, model
        OR-Tools' own.
    rests
        Break intervals by vehicle of the model.
    """

    nodes: RoutingNodes
    manager: Any
    model: Any
    rests: dict[int, Any]

    def routes(self) -> list[list[int]]:
        """Nodes by vehicle, without start and end, of the solution at which OR-Tools calls us."""
        routes = []
        for v in range(self.model.vehicles()):
            route, index = [], self.model.NextVar(self.model.Start(v)).Value()
            while not self.model.IsEnd(index):
                route.append(self.manager.IndexToNode(index))
                index = self.model.NextVar(index).Value()
            routes.append(route)
        return routes


def build_model(nodes: RoutingNodes, tip_price: int = 0) -> RoutingSetup:
    """Build the model; `tip_price` in cost steps is asked for each tip between trips that is left out."""
    return _Builder(nodes, tip_price).build()


class _Builder:
    """What the parts of one model share while it is built."""

    def __init__(self, nodes: RoutingNodes, tip_price: int) -> None:
        self.nodes, self.problem, self.tip_price = nodes, nodes.problem, tip_price
        n_vehicles = len(nodes.standings)
        self.manager = pywrapcp.RoutingIndexManager(
            len(nodes.cost), n_vehicles, list(nodes.starts), list(nodes.ends)
        )
        self.model = pywrapcp.RoutingModel(self.manager)
        self.n_stops, self.n_tips = len(nodes.stop), len(nodes.tip)
        self.stop_index = [self.manager.NodeToIndex(i) for i in range(self.n_stops)]
        self.tip_index = [self.manager.NodeToIndex(self.n_stops + i) for i in range(self.n_tips)]
        self.starts = [self.model.Start(v) for v in range(n_vehicles)]
        self.vehicles = [s.vehicle for s in nodes.standings]
        self.far = int(self._clock(finish_limits_s(nodes)).max(initial=0)) + 1
        self.rests: dict[int, Any] = {}

    def build(self) -> RoutingSetup:
        """Build the parts in order."""
        self._costs()
        time = self._time()
        self._windows(time)
        self._breaks(time)
        self._loads()
        self._counts()
        self._releases(time)
        self._choices()
        return RoutingSetup(self.nodes, self.manager, self.model, self.rests)

    def _clock(self, time_s: FloatArray) -> IntArray:
        return self.nodes.time_scale.down(time_s - self.nodes.origin_s)

    def _clock_up(self, time_s: float) -> int:
        return int(self.nodes.time_scale.up(time_s - self.nodes.origin_s))

    def _costs(self) -> None:
        nodes, fleet, steps = self.nodes, self.problem.fleet, self.nodes.cost_scale
        arcs = self.model.RegisterTransitMatrix(nodes.cost.tolist())
        self.model.SetArcCostEvaluatorOfAllVehicles(arcs)
        for v, standing in enumerate(nodes.standings):
            if standing.done:
                self.model.SetVehicleUsedWhenEmpty(True, v)
            elif fleet.fixed_cost[standing.vehicle] > 0:
                fixed = int(steps.near(float(fleet.fixed_cost[standing.vehicle])))
                self.model.SetFixedCostOfVehicle(fixed, v)
        self._churn()

    def _churn(self) -> None:
        in_force, weight = self.problem.in_force, self.problem.weights.per_moved_stop
        if in_force is None or weight == 0:
            return
        owner = {s: v for s, v in in_force.plan.vehicle_of().items() if not in_force.lost[v]}
        owners = np.array([owner.get(int(stop), -1) for stop in self.nodes.stop])
        tables = []
        for vehicle in self.vehicles:
            moved = np.zeros(len(self.nodes.cost), np.int64)
            moved[: self.n_stops] = (owners >= 0) & (owners != vehicle)
            tables.append(self.model.RegisterUnaryTransitVector(moved.tolist()))
        self.model.AddDimensionWithVehicleTransits(tables, 0, len(self.problem.stops) + 1, True, "moved")
        dimension = self.model.GetDimensionOrDie("moved")
        for v in range(len(self.vehicles)):
            dimension.SetSpanCostCoefficientForVehicle(int(self.nodes.cost_scale.near(weight)), v)

    def _time(self) -> Any:
        nodes, fleet, weights = self.nodes, self.problem.fleet, self.problem.weights
        transit = self.model.RegisterTransitMatrix(nodes.time.tolist())
        self.model.AddDimension(transit, self.far, self.far, False, "time")
        time = self.model.GetDimensionOrDie("time")
        limits = self._clock(finish_limits_s(nodes))
        price = weights.per_overtime_s * nodes.cost_scale.per_unit / nodes.time_scale.per_unit
        for v, standing in enumerate(nodes.standings):
            clock = self._clock_up(standing.clock_s)
            time.CumulVar(self.starts[v]).SetRange(clock, clock)
            time.CumulVar(self.model.End(v)).SetMax(int(limits[v]))
            shift_end = int(self._clock(fleet.shift_end_s[[standing.vehicle]])[0])
            if price > 0 and shift_end < limits[v]:
                time.SetCumulVarSoftUpperBound(self.model.End(v), max(shift_end, 0), max(1, round(price)))
        return time

    def _windows(self, time: Any) -> None:
        for index, stop in zip(self.stop_index, self.nodes.stop.tolist(), strict=True):
            self._open(time.CumulVar(index), self.nodes.windows_s[stop])
        tips = self.problem.tips
        for index, tip in zip(self.tip_index, self.nodes.tip.tolist(), strict=True):
            hours = zip(tips.window_open_s[tip].tolist(), tips.window_close_s[tip].tolist(), strict=True)
            self._open(time.CumulVar(index), [span for span in hours if span[0] < np.inf])

    def _open(self, clock: Any, spans: list[tuple[float, float]]) -> None:
        """Leave only the spans in the domain of a time."""
        edges = [(max(self._clock_up(a), 0), min(int(self._clock(np.array(b))), self.far)) for a, b in spans]
        edges = [(a, b) for a, b in edges if a <= b]
        if not edges:
            edges = [(self.far, self.far)]
        clock.SetRange(edges[0][0], edges[-1][1])
        for (_, closed), (opened, _) in pairwise(edges):
            if opened - closed > 1:
                clock.RemoveInterval(closed + 1, opened - 1)

    def _breaks(self, time: Any) -> None:
        fleet, solver = self.problem.fleet, self.model.solver()
        limits_s = finish_limits_s(self.nodes)
        by_index = [
            int(self.nodes.service[self.manager.IndexToNode(i)])
            for i in range(self.model.Size() + len(self.vehicles))
        ]
        for v, standing in enumerate(self.nodes.standings):
            latest_s = float(fleet.break_latest_s[standing.vehicle])
            if fleet.break_s[standing.vehicle] <= 0 or standing.rested or limits_s[v] <= latest_s:
                continue
            first = max(
                self._clock_up(max(float(fleet.break_earliest_s[standing.vehicle]), standing.clock_s)), 0
            )
            last = int(self._clock(np.array(latest_s)))
            if first > last:
                continue
            length = int(self.nodes.time_scale.up(float(fleet.break_s[standing.vehicle])))
            rest = solver.FixedDurationIntervalVar(first, last, length, False, f"rest {v}")
            time.SetBreakIntervalsOfVehicle([rest], v, by_index)
            self.rests[v] = rest

    def _loads(self) -> None:
        stops, fleet = self.problem.stops, self.problem.fleet
        scale = exact_scale([stops.load.ravel(), fleet.capacity.ravel()]) or Scale(INEXACT_SCALE)
        for material in np.flatnonzero((stops.load > 0).any(axis=0)).tolist():
            capacity = scale.down(fleet.capacity[self.vehicles, material])
            most = int(capacity.max(initial=0))
            change = np.zeros(len(self.nodes.cost), np.int64)
            change[: self.n_stops] = scale.up(stops.load[self.nodes.stop, material])
            emptied = self.problem.tips.takes[self.nodes.tip, material]
            change[self.n_stops : self.n_stops + self.n_tips] = np.where(emptied, -most, 0)
            self._dimension(f"load {material}", change, capacity, most if self.n_tips else 0)
            dimension = self.model.GetDimensionOrDie(f"load {material}")
            if self.n_tips:
                for index in (*self.stop_index, *self.starts):
                    dimension.SlackVar(index).SetValue(0)
                for index, empties in zip(self.tip_index, emptied.tolist(), strict=True):
                    if not empties:
                        dimension.SlackVar(index).SetValue(0)
            on_board = scale.up(np.array([s.on_board[material] for s in self.nodes.standings]))
            self._begin_with(dimension, np.minimum(on_board, capacity))
            self._daily_load(material, change, scale)

    def _daily_load(self, material: int, change: IntArray, scale: Scale) -> None:
        limit = self.problem.fleet.daily_load[self.vehicles, material]
        if not np.isfinite(limit).any():
            return
        most = scale.down(np.where(np.isfinite(limit), limit, change.clip(0).sum() + 1))
        collected = scale.up(np.array([s.collected[material] for s in self.nodes.standings]))
        most = np.where(np.isfinite(limit), most, change.clip(0).sum() + collected + 1)
        self._dimension(f"day {material}", change.clip(0), most, 0)
        self._begin_with(self.model.GetDimensionOrDie(f"day {material}"), np.minimum(collected, most))

    def _dimension(self, name: str, change: IntArray, limits: IntArray, slack: int) -> None:
        transit = self.model.RegisterUnaryTransitVector(change.tolist())
        self.model.AddDimensionWithVehicleCapacity(transit, slack, [int(x) for x in limits], False, name)

    def _begin_with(self, dimension: Any, values: IntArray) -> None:
        for start, value in zip(self.starts, values.tolist(), strict=True):
            dimension.CumulVar(start).SetValue(int(value))

    def _counts(self) -> None:
        """Stops and visits to tips of a day, and positions that stops are locked to."""
        fleet, stops, nodes = self.problem.fleet, self.problem.stops, self.nodes
        total, position = len(stops) + 1, stops.locked_position[nodes.stop]
        served = np.array([s.stops for s in nodes.standings])
        most = np.maximum(np.minimum(fleet.daily_stops[self.vehicles], total), served).astype(np.int64)
        if (most < total).any() or (position != ANYWHERE).any():
            one = np.zeros(len(nodes.cost), np.int64)
            one[: self.n_stops] = 1
            self._dimension("stops", one, most, 0)
            dimension = self.model.GetDimensionOrDie("stops")
            self._begin_with(dimension, served)
            for index, place in zip(self.stop_index, position.tolist(), strict=True):
                if place != ANYWHERE:
                    dimension.CumulVar(index).SetRange(min(place, total), min(place, total))
        if self.n_tips:
            tail = max((len(t) for tails in nodes.tails.values() for t in tails), default=0)
            left = np.array([fleet.max_trips[s.vehicle] - s.trips - tail for s in nodes.standings])
            one = np.zeros(len(nodes.cost), np.int64)
            one[self.n_stops : self.n_stops + self.n_tips] = 1
            self._dimension("trips", one, np.clip(left, 0, FAR), 0)
            self._begin_with(self.model.GetDimensionOrDie("trips"), np.zeros(len(left), np.int64))

    def _releases(self, time: Any) -> None:
        """A dimension that holds since when the trip under way may have left; it only ever rises."""
        release_s = self.problem.stops.release_s[self.nodes.stop]
        first_s = min((s.clock_s for s in self.nodes.standings), default=0.0)
        under_way = any(s.done for s in self.nodes.standings)
        if not (release_s > (self.problem.fleet.shift_start_s.min() if under_way else first_s)).any():
            return
        self._dimension(
            "left", np.zeros(len(self.nodes.cost), np.int64), np.full(len(self.starts), self.far), self.far
        )
        left, solver = self.model.GetDimensionOrDie("left"), self.model.solver()
        for index, since in zip(self.stop_index, release_s.tolist(), strict=True):
            left.SlackVar(index).SetValue(0)
            if since > self.nodes.origin_s:
                left.CumulVar(index).SetMin(min(self._clock_up(since), self.far))
        for v, standing in enumerate(self.nodes.standings):
            if np.isfinite(standing.left_s):
                since = max(int(self._clock(np.array(standing.left_s))), 0)
                left.CumulVar(self.starts[v]).SetValue(min(since, self.far))
                left.SlackVar(self.starts[v]).SetValue(0)
        free = [
            start
            for start, s in zip(self.starts, self.nodes.standings, strict=True)
            if not np.isfinite(s.left_s)
        ]
        cumuls = [left.CumulVar(i) for i in range(self.model.Size() + len(self.starts))]
        for index in (*free, *self.tip_index):
            service = int(self.nodes.service[self.manager.IndexToNode(index)])
            gone = time.CumulVar(index) + time.SlackVar(index) + service
            # Of the next node, not «here plus slack»: bounds of such a sum are too loose to refuse a plan.
            solver.Add(solver.Element(cumuls, self.model.NextVar(index)) <= gone)

    def _choices(self) -> None:
        """What may stay undone, who may serve what, and which tips may not follow."""
        nodes, prices = self.nodes, self.nodes.cost_scale.near(self.problem.stops.unserved_cost)
        ways: dict[int, list[int]] = {}
        for index, stop in zip(self.stop_index, nodes.stop.tolist(), strict=True):
            ways.setdefault(stop, []).append(index)
            allowed = np.flatnonzero(nodes.may[:, stop])
            if len(allowed) < len(nodes.may):
                # Not SetAllowedVehiclesForIndex: its Python form in OR-Tools 9.15 accepts no list at all.
                self.model.VehicleVar(index).SetValues([-1, *(int(v) for v in allowed)])
        for stop, indices in ways.items():
            self.model.AddDisjunction(indices, int(prices[stop]))
        for index in self.tip_index:
            self.model.AddDisjunction([index], self.tip_price)
        lengths = {len(tail) for tails in nodes.tails.values() for tail in tails if tail}
        for start, standing in zip(self.starts, nodes.standings, strict=True):
            if not standing.on_board.any():
                self.model.NextVar(start).RemoveValues(self.tip_index)
        if lengths == {1}:  # each tip takes everything: no second one straight after
            for index in self.tip_index:
                self.model.NextVar(index).RemoveValues([i for i in self.tip_index if i != index])
