"""A route problem as the compiled kernels read it: plain arrays, nodes instead of stops and tips.

Built once per problem by `day_state`; read by all kernels; never changed by them. Nodes 0..S-1 are the stops,
then the tips, then pairs of tips called at one after the other (where no tip takes all that a vehicle may
carry). Windows and bans are merged into the intervals in which a service may begin.
"""

from typing import NamedTuple

import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray, Int32Array, IntArray
from optimiser.routes.model_parts import (
    begin_intervals,
    neighbours,
    prefixes,
    timely_neighbours,
    tip_pairs,
    vehicle_classes,
)
from optimiser.routes.problem import RouteProblem

NEIGHBOURS = 100
"""A stop's nearest others, as the ruin looks for them."""
LATEST_S = 1e12
"""Stands for no end of the day: kernels tell a time from `NEVER` by its being finite."""
TIMELY = 24
"""As many that may come just before or after it, for a first look at places."""


class Model(NamedTuple):
    """Arrays over L locations, S stops, N nodes, V vehicles, K materials; costs per leg, times in seconds."""

    cost: FloatArray  # (L, L)
    cost_t: FloatArray  # transposed: a stop's column lies in a row
    travel: FloatArray  # (L, L)
    enter: Int32Array  # (N, 2) location by way
    leave: Int32Array  # (N, 2)
    ways: Int32Array  # (N,) 1 or 2
    service: FloatArray  # (N,)
    opens: FloatArray  # (N, W) intervals in which service may begin
    closes: FloatArray
    n_open: Int32Array  # (N,)
    simple: BoolArray  # (N,) one interval, no pair
    then: Int32Array  # (N,) second tip of a pair, or -1
    first: Int32Array  # (N,) first tip of a pair, or -1
    inner_travel: FloatArray  # (N,) from first to second tip
    inner_cost: FloatArray
    calls: Int32Array  # (N,) tips called at: 0, 1 or 2
    takes: IntArray  # (N,) bits of materials
    takes_all: BoolArray  # (N,) every material
    load: FloatArray  # (S, K)
    holds: IntArray  # (S,) bits of materials
    release: FloatArray  # (S,)
    unserved: FloatArray  # (S,)
    lock_at: Int32Array  # (S,)
    placed: BoolArray  # (S,) in a done part of a lost vehicle: nothing to decide
    may: BoolArray  # (V, S) skills, reversing, locks, capacity
    start: Int32Array  # (V,)
    end: Int32Array
    begin_s: FloatArray  # (V,) shift start, or when the last done visit is finished
    shift_s: FloatArray  # (V,) shift start
    regular_s: FloatArray  # (V,) shift end
    hard_s: FloatArray  # (V,) with overtime
    capacity: FloatArray  # (V, K)
    daily_load: FloatArray  # (V, K)
    daily_stops: FloatArray  # (V,)
    max_trips: IntArray
    rest_from: FloatArray  # (V,) break
    rest_until: FloatArray
    rest_s: FloatArray  # 0: none due
    fixed: FloatArray
    done: Int32Array  # (V,) leading positions that stay
    kin: Int32Array  # (V,) vehicles alike
    home: Int32Array  # (S,) vehicle in force whose change is churn, or -1
    moved_cost: float
    overtime_cost: float
    balance: float
    tip_detour: float  # least that a tip between two places adds
    has_release: bool
    near: Int32Array  # (S, A) nearest stops, nearest first
    timely: Int32Array  # (S, B) nearest stops that can come just before or after it
    n_stops: int
    n_nodes: int


def build_model(problem: RouteProblem, moved_cost: float | None = None) -> Model:
    """Arrays of `problem`; `moved_cost` in place of the weights' price of a moved stop."""
    stops, fleet, tips, weights = problem.stops, problem.fleet, problem.tips, problem.weights
    n_stops, n_materials = stops.load.shape
    cost = weights.per_m * problem.dist_m + weights.per_drive_s * problem.travel_s
    bits = 1 << np.arange(n_materials, dtype=np.int64)
    holds = ((stops.load > 0) * bits).sum(axis=1).astype(np.int64)
    takes = (tips.takes * bits).sum(axis=1).astype(np.int64)
    pairs = tip_pairs(takes, fleet.capacity, bits)
    first = np.array([a for a, _ in pairs], np.int64).reshape(-1)
    second = np.array([b for _, b in pairs], np.int64).reshape(-1)
    tip_in = np.concatenate((tips.location, tips.location[first]))
    tip_out = np.concatenate((tips.location, tips.location[second]))
    n_tips, n_pairs = len(tips), len(pairs)
    enter = np.concatenate((np.stack((stops.entry, stops.exit), 1), np.stack((tip_in, tip_in), 1)))
    leave = np.concatenate((np.stack((stops.exit, stops.entry), 1), np.stack((tip_out, tip_out), 1)))
    opens, closes, n_open = begin_intervals(problem, first)
    no_tips = np.zeros(n_stops)
    begin_s, done, rest_s, home, placed = prefixes(problem)
    lost = np.zeros(len(fleet), bool) if problem.in_force is None else problem.in_force.lost
    here, there = problem.tips.location[first], problem.tips.location[second]
    return Model(
        cost=np.ascontiguousarray(cost, np.float64),
        cost_t=np.ascontiguousarray(cost.T, np.float64),
        travel=np.ascontiguousarray(problem.travel_s, np.float64),
        enter=enter.astype(np.int32),
        leave=leave.astype(np.int32),
        ways=np.concatenate((1 + stops.either_way, np.ones(n_tips + n_pairs))).astype(np.int32),
        service=np.concatenate((stops.service_s, tips.service_s, tips.service_s[first])).astype(np.float64),
        opens=opens,
        closes=closes,
        n_open=n_open,
        simple=(n_open == 1) & (np.arange(len(n_open)) < n_stops + n_tips),
        then=np.concatenate((no_tips - 1, np.full(n_tips, -1), n_stops + second)).astype(np.int32),
        first=np.concatenate((no_tips - 1, np.full(n_tips, -1), n_stops + first)).astype(np.int32),
        inner_travel=np.concatenate((no_tips, np.zeros(n_tips), problem.travel_s[here, there])),
        inner_cost=np.concatenate((no_tips, np.zeros(n_tips), cost[here, there])),
        calls=np.concatenate((no_tips, np.ones(n_tips), np.full(n_pairs, 2))).astype(np.int32),
        takes=np.concatenate((no_tips, takes, takes[first] | takes[second])).astype(np.int64),
        takes_all=np.equal(np.concatenate((no_tips, takes, takes[first] | takes[second])), bits.sum()),
        load=np.ascontiguousarray(stops.load, np.float64),
        holds=holds,
        release=stops.release_s.astype(np.float64),
        unserved=stops.unserved_cost.astype(np.float64),
        lock_at=stops.locked_position.astype(np.int32),
        placed=placed,
        may=_may(problem) & ~lost[:, None],
        start=fleet.start.astype(np.int32),
        end=fleet.end.astype(np.int32),
        begin_s=begin_s,
        shift_s=fleet.shift_start_s.astype(np.float64),
        regular_s=np.minimum(fleet.shift_end_s, LATEST_S),
        hard_s=np.minimum(fleet.shift_end_s + fleet.max_overtime_s, LATEST_S),
        capacity=np.ascontiguousarray(fleet.capacity, np.float64),
        daily_load=np.ascontiguousarray(fleet.daily_load, np.float64),
        daily_stops=fleet.daily_stops.astype(np.float64),
        max_trips=fleet.max_trips.astype(np.int64),
        rest_from=fleet.break_earliest_s.astype(np.float64),
        rest_until=fleet.break_latest_s.astype(np.float64),
        rest_s=rest_s,
        fixed=fleet.fixed_cost.astype(np.float64),
        done=done,
        kin=vehicle_classes(problem),
        home=home,
        moved_cost=float(weights.per_moved_stop if moved_cost is None else moved_cost),
        overtime_cost=float(weights.per_overtime_s),
        balance=float(weights.balance),
        tip_detour=_tip_detour(cost, tips.location),
        has_release=bool(np.isfinite(stops.release_s).any()),
        near=neighbours(cost, stops, NEIGHBOURS),
        timely=timely_neighbours(problem, cost, opens, closes, n_open, TIMELY),
        n_stops=n_stops,
        n_nodes=n_stops + n_tips + n_pairs,
    )


def _may(problem: RouteProblem) -> BoolArray:
    """Whether a vehicle may serve a stop at all, (V, S), by what does not depend on the round."""
    stops, fleet = problem.stops, problem.fleet
    skilled = (stops.skills[None, :] & ~fleet.skills[:, None]) == 0
    through = fleet.turns[:, None] | ~stops.no_reversing[None, :]
    vehicles = np.arange(len(fleet))[:, None]
    locked = (stops.locked_vehicle[None, :] < 0) | (stops.locked_vehicle[None, :] == vehicles)
    fits = np.asarray((stops.load[None] <= fleet.capacity[:, None] + 1e-9).all(axis=2))
    return np.ascontiguousarray(skilled & through & locked & fits)


def _tip_detour(cost: FloatArray, tip_at: IntArray) -> float:
    """Least cost that calling at a tip between two places adds; negative only off a metric."""
    least = 0.0
    for at in tip_at.tolist():
        least = min(least, float((cost[:, at, None] + cost[None, at, :] - cost).min()))
    return least
