"""The figures of rounds and of a day that managers ask for: times, loads, balance, cost per collection.

Made from the checker's sheets for the service, the console and `cover routes`. Judges and changes no plan.
"""

from collections import Counter
from dataclasses import dataclass
from math import inf, nan, sqrt

from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.verdict import RoundSheet, Verdict


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """One round in figures.

    Parameters
    ----------
    vehicle
        Its number.
    duration_s
        Working time: from the shift's start to being back.
    drive_s, service_s, wait_s, break_s, overtime_s
        Parts of it, seconds; services at stops and tips.
    dist_m
        Metres driven.
    load
        Collected over the day of each material, (K,), the problem's unit.
    load_share
        Most on board at a time as a share of the capacity, (K,); 0 where nothing is carried.
    stops, tips
        Stops served and visits to tips.
    cost, cost_per_collection
        Legs, vehicle and overtime, in the cost's unit; the latter nan without a stop.
    """

    vehicle: int
    duration_s: float
    drive_s: float
    service_s: float
    wait_s: float
    break_s: float
    overtime_s: float
    dist_m: float
    load: tuple[float, ...]
    load_share: tuple[float, ...]
    stops: int
    tips: int
    cost: float
    cost_per_collection: float


@dataclass(frozen=True, slots=True)
class Balance:
    """How evenly the working time is shared among the vehicles in use that are not lost.

    `spread_s` is the standard deviation; `largest_s` the largest departure from the mean, with its sign, and
    `vehicle` whose it is (-1 without any vehicle in use).
    """

    mean_s: float
    spread_s: float
    largest_s: float
    vehicle: int


@dataclass(frozen=True, slots=True)
class UnservedGroup:
    """Stops left unserved at one price: a priority."""

    unserved_cost: float
    stops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A day in figures.

    Parameters
    ----------
    rounds
        Of the vehicles in use, in their order.
    total
        Their sums, with `vehicle` -1; its load share is the mean of theirs, and its cost is that of the day:
        what is left unserved, churn and balance are in it. Its cost per collection is of rounds alone.
    balance
        Of working times.
    moved_stops, churn_share
        Stops that change vehicle against the plan in force, and their share of the untouched ones (0 where
        there are none).
    unserved
        By price, the dearest first.
    """

    rounds: tuple[RoundFigures, ...]
    total: RoundFigures
    balance: Balance
    moved_stops: int
    churn_share: float
    unserved: tuple[UnservedGroup, ...]


def round_figures(problem: RouteProblem, sheet: RoundSheet) -> RoundFigures:
    """Figures of one round.

    Parameters
    ----------
    problem
        The day.
    sheet
        What the checker says of the round.
    """
    vehicle = sheet.vehicle
    capacity = problem.fleet.capacity[vehicle].tolist()
    most = sheet.load_after.max(axis=0, initial=0.0).tolist()
    return RoundFigures(
        vehicle=vehicle,
        duration_s=sheet.finish_s - float(problem.fleet.shift_start_s[vehicle]),
        drive_s=sheet.drive_s,
        service_s=sheet.service_s,
        wait_s=sheet.wait_s,
        break_s=sheet.break_s,
        overtime_s=sheet.overtime_s,
        dist_m=sheet.dist_m,
        load=tuple(sheet.load.tolist()),
        load_share=tuple(map(_share, most, capacity)),
        stops=sheet.stops,
        tips=sheet.trips,
        cost=sheet.cost,
        cost_per_collection=sheet.cost / sheet.stops if sheet.stops else nan,
    )


def _share(load: float, capacity: float) -> float:
    if load == 0.0 or capacity == inf:
        return 0.0
    return load / capacity if capacity > 0 else inf


def day_figures(problem: RouteProblem, plan: DayPlan, verdict: Verdict) -> DayFigures:
    """Figures of a day.

    Parameters
    ----------
    problem
        The day.
    plan
        Any plan for it.
    verdict
        What the checker says of the plan.
    """
    rounds = tuple(
        round_figures(problem, sheet)
        for sheet, visits in zip(verdict.rounds, plan.rounds, strict=True)
        if visits
    )
    cost = verdict.cost
    return DayFigures(
        rounds=rounds,
        total=_total(len(problem.fleet.capacity[0]), rounds, cost.total),
        balance=_balance(problem, rounds),
        moved_stops=cost.moved_stops,
        churn_share=cost.moved_stops / cost.untouched_stops if cost.untouched_stops else 0.0,
        unserved=_unserved(problem, plan),
    )


def _total(materials: int, rounds: tuple[RoundFigures, ...], cost: float) -> RoundFigures:
    stops = sum(one.stops for one in rounds)
    of_rounds, used = sum(one.cost for one in rounds), max(1, len(rounds))
    return RoundFigures(
        vehicle=-1,
        duration_s=sum(one.duration_s for one in rounds),
        drive_s=sum(one.drive_s for one in rounds),
        service_s=sum(one.service_s for one in rounds),
        wait_s=sum(one.wait_s for one in rounds),
        break_s=sum(one.break_s for one in rounds),
        overtime_s=sum(one.overtime_s for one in rounds),
        dist_m=sum(one.dist_m for one in rounds),
        load=tuple(sum(one.load[k] for one in rounds) for k in range(materials)),
        load_share=tuple(sum(one.load_share[k] for one in rounds) / used for k in range(materials)),
        stops=stops,
        tips=sum(one.tips for one in rounds),
        cost=cost,
        cost_per_collection=of_rounds / stops if stops else nan,
    )


def _balance(problem: RouteProblem, rounds: tuple[RoundFigures, ...]) -> Balance:
    past = problem.in_force
    shared = [one for one in rounds if past is None or not past.lost[one.vehicle]]
    if not shared:
        return Balance(0.0, 0.0, 0.0, -1)
    mean_s = sum(one.duration_s for one in shared) / len(shared)
    away = [(one.duration_s - mean_s, one.vehicle) for one in shared]
    largest_s, vehicle = max(away, key=lambda pair: abs(pair[0]))
    spread_s = sqrt(sum(by_s * by_s for by_s, _ in away) / len(away))
    return Balance(mean_s, spread_s, largest_s, vehicle)


def _unserved(problem: RouteProblem, plan: DayPlan) -> tuple[UnservedGroup, ...]:
    prices = problem.stops.unserved_cost.tolist()
    counted = Counter(prices[stop] for stop in plan.unserved)
    return tuple(
        UnservedGroup(price, tuple(stop for stop in sorted(plan.unserved) if prices[stop] == price))
        for price in sorted(counted, reverse=True)
    )
