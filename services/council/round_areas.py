"""Shares a council's stops out to groups of vehicles, each a compact piece of ground with work for all.

Called by the builder of the morning's rounds. Never plans a round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.council import Council
from optimiser.routes.arrays import FloatArray, IntArray

VEHICLES_A_GROUP = 6
# So much driving between stops for a second of service; so long from the work to a tip, or to the depot.
DRIVING_SHARE = 0.07
TIP_WAY_S = 900.0
DEPOT_WAY_S = 900.0


class Group(NamedTuple):
    """Neighbouring rounds: numbers of vehicles, rising, and of stops, rising."""

    vehicles: IntArray
    stops: IntArray


def groups_of(council: Council, planned_end_s: FloatArray) -> list[Group]:
    """Share the stops out.

    Every group has its part of the vehicles with rare skills, and all its vehicles are of one depot.

    Parameters
    ----------
    planned_end_s
        (V,) until when each vehicle is planned.
    """
    budget_s = _budgets(council, planned_end_s)
    depot_budget_s = _sums(council.vehicles.depot, budget_s, len(council.depots.ids))
    street_depot = _streets_of_depots(council, depot_budget_s)
    groups: list[Group] = []
    for depot in np.flatnonzero(depot_budget_s > 0):
        vehicles = np.flatnonzero(council.vehicles.depot == depot)
        teams = _teams(council, vehicles)
        streets = np.flatnonzero(street_depot == depot)
        pieces = _pieces(council, streets, [float(budget_s[team].sum()) for team in teams])
        for team, piece in zip(teams, pieces, strict=True):
            groups.append(Group(team, np.flatnonzero(np.isin(council.stops.street, piece))))
    return groups


def _budgets(council: Council, planned_end_s: FloatArray) -> FloatArray:
    """Return (V,) about how much service a vehicle has time for, driving and tipping set aside."""
    part, stops = council.vehicles, council.stops
    time_s = planned_end_s - part.shift_start_s - part.break_s - 2 * DEPOT_WAY_S
    trip_s = float(council.tips.service_s.mean()) + 2 * TIP_WAY_S
    # A second of service brings so much of each material; the fullest body decides.
    per_s = stops.load.sum(axis=0) / max(float(stops.service_s.sum()), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        trips = np.nan_to_num(per_s / part.capacity, nan=0.0, posinf=1.0).max(axis=1)
    return np.asarray(np.maximum(time_s, 0.0) / (1 + DRIVING_SHARE + trips * trip_s))


def _work_of_streets(council: Council) -> FloatArray:
    return _sums(council.stops.street, council.stops.service_s, len(council.streets.ids))


def _sums(index: IntArray, values: FloatArray, count: int) -> FloatArray:
    return np.asarray(np.bincount(index, weights=values, minlength=count), dtype=np.float64)


def _middles(council: Council) -> FloatArray:
    streets = council.streets
    middle = (streets.first[:-1] + streets.first[1:] - 1) // 2
    return np.asarray(streets.line[middle])


def _streets_of_depots(council: Council, depot_budget_s: FloatArray) -> IntArray:
    """Return (G,) the depot of each street: the nearest that still has time, who has most to lose first."""
    work_s = _work_of_streets(council)
    away_m = np.hypot(*(_middles(council)[:, None, :] - council.depots.en[None]).transpose(2, 0, 1))
    away_m[:, depot_budget_s <= 0] = np.inf
    if (depot_budget_s > 0).sum() == 1:
        return np.full(len(work_s), int(depot_budget_s.argmax()))
    left_s = depot_budget_s / depot_budget_s.sum() * work_s.sum()
    ranked = np.sort(away_m, axis=1)
    owner = np.zeros(len(work_s), dtype=np.int64)
    for street in np.argsort(ranked[:, 0] - ranked[:, 1], kind="stable").tolist():
        order = np.argsort(away_m[street], kind="stable")
        fits = [depot for depot in order.tolist() if left_s[depot] > 0]
        owner[street] = fits[0] if fits else order[0]
        left_s[owner[street]] -= work_s[street]
    return owner


def _teams(council: Council, vehicles: IntArray) -> list[IntArray]:
    """Deal the vehicles of a depot out, the skilled ones and the ones that turn first."""
    skilled = council.vehicles.skills[vehicles] > 0
    count = max(1, round(len(vehicles) / VEHICLES_A_GROUP))
    if skilled.any():
        count = min(count, int(skilled.sum()))
    order = vehicles[np.lexsort((vehicles, ~council.vehicles.turns[vehicles], ~skilled))]
    return [np.sort(order[at::count]) for at in range(count)]


def _pieces(council: Council, streets: IntArray, budgets_s: list[float]) -> list[IntArray]:
    """Cut the streets into compact pieces with work in proportion, halving them across the longer side."""
    if len(budgets_s) == 1:
        return [streets]
    half = len(budgets_s) // 2
    en = _middles(council)[streets]
    spread = en.max(axis=0) - en.min(axis=0) if len(en) else np.zeros(2)
    order = streets[np.argsort(en[:, int(spread.argmax())], kind="stable")]
    done = np.cumsum(_work_of_streets(council)[order])
    share = sum(budgets_s[:half]) / sum(budgets_s)
    cut = int(np.searchsorted(done, share * done[-1])) if len(done) else 0
    return _pieces(council, order[:cut], budgets_s[:half]) + _pieces(council, order[cut:], budgets_s[half:])
