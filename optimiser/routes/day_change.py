"""One concrete change of a day, such as ten minutes of overtime for a vehicle, and the day so changed.

Made by the relaxations; what they offer is a tuple of these. Never finds out whether a change helps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from typing import Any

from optimiser.routes.arrays import AnyArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.problem import RouteProblem
from optimiser.routes.reason_words import clock_words, minutes_words
from optimiser.routes.stops import ANYWHERE, Stops, Tips


class ChangeKind(StrEnum):
    """What is changed."""

    WINDOW_LATER = "window_later"
    WINDOW_EARLIER = "window_earlier"
    LIFT_BAN = "lift_ban"
    OVERTIME = "overtime"
    CAPACITY = "capacity"
    TRIP = "trip"
    BREAK_LATER = "break_later"
    BREAK_EARLIER = "break_earlier"
    TIP_LATER = "tip_later"
    TIP_EARLIER = "tip_earlier"
    UNLOCK_VEHICLE = "unlock_vehicle"
    UNLOCK_POSITION = "unlock_position"
    DAILY_STOPS = "daily_stops"
    DAILY_LOAD = "daily_load"
    RELEASE_EARLIER = "release_earlier"
    SKILL = "skill"
    PRIORITY = "priority"


Kind = ChangeKind


@dataclass(frozen=True, slots=True)
class Change:
    """One change; what does not belong to its kind is -1 and 0.

    Parameters
    ----------
    kind
        What is changed.
    vehicle, stop, tip
        Whose it is.
    span
        Number of the window.
    material
        Of a capacity or a day's load.
    amount
        By how much: seconds, load, trips, stops, or cost (of `PRIORITY`: what leaving the stop is to cost
        more). Of `SKILL` the bits the vehicle's crew is to have besides its own.
    """

    kind: ChangeKind
    vehicle: int = -1
    stop: int = -1
    tip: int = -1
    span: int = -1
    material: int = -1
    amount: float = 0.0


def changed_day(problem: RouteProblem, changes: Sequence[Change]) -> RouteProblem:
    """The day with all changes made.

    Parameters
    ----------
    problem
        The day; it stays as it is.
    changes
        In the numbers of `problem`.

    Raises
    ------
    RouteInputError
        Where a change makes no sense: windows that meet, say.
    """
    fleet, stops, tips = problem.fleet, problem.stops, problem.tips
    for change in changes:
        fleet = _changed_fleet(fleet, change)
        stops = _changed_stops(stops, change)
        tips = _changed_tips(tips, change)
    return replace(problem, fleet=fleet, stops=stops, tips=tips)


def _with(array: AnyArray, at: Any, value: Any) -> Any:
    changed = array.copy()
    changed[at] = value
    return changed


def _changed_fleet(fleet: Fleet, change: Change) -> Fleet:
    kind, v, k, amount = change.kind, change.vehicle, change.material, change.amount
    if kind == Kind.OVERTIME:
        return replace(fleet, max_overtime_s=_with(fleet.max_overtime_s, v, fleet.max_overtime_s[v] + amount))
    if kind == Kind.CAPACITY:
        return replace(fleet, capacity=_with(fleet.capacity, (v, k), fleet.capacity[v, k] + amount))
    if kind == Kind.TRIP:
        return replace(fleet, max_trips=_with(fleet.max_trips, v, fleet.max_trips[v] + int(amount)))
    if kind == Kind.BREAK_LATER:
        latest_s = fleet.break_latest_s
        return replace(fleet, break_latest_s=_with(latest_s, v, latest_s[v] + amount))
    if kind == Kind.BREAK_EARLIER:
        earliest_s = fleet.break_earliest_s
        return replace(fleet, break_earliest_s=_with(earliest_s, v, earliest_s[v] - amount))
    if kind == Kind.DAILY_STOPS:
        return replace(fleet, daily_stops=_with(fleet.daily_stops, v, fleet.daily_stops[v] + amount))
    if kind == Kind.DAILY_LOAD:
        return replace(fleet, daily_load=_with(fleet.daily_load, (v, k), fleet.daily_load[v, k] + amount))
    if kind == Kind.SKILL:
        return replace(fleet, skills=_with(fleet.skills, v, int(fleet.skills[v]) | int(amount)))
    return fleet


def _changed_stops(stops: Stops, change: Change) -> Stops:
    kind, s, at, amount = change.kind, change.stop, (change.stop, change.span), change.amount
    if kind == Kind.WINDOW_LATER:
        closes_s = stops.window_close_s
        return replace(stops, window_close_s=_with(closes_s, at, closes_s[at] + amount))
    if kind == Kind.WINDOW_EARLIER:
        opens_s = stops.window_open_s
        return replace(stops, window_open_s=_with(opens_s, at, opens_s[at] - amount))
    if kind == Kind.LIFT_BAN:
        none = _with(stops.ban_from_s, s, inf), _with(stops.ban_until_s, s, inf)
        return replace(stops, ban_from_s=none[0], ban_until_s=none[1])
    if kind == Kind.UNLOCK_VEHICLE:
        return replace(stops, locked_vehicle=_with(stops.locked_vehicle, s, ANYWHERE))
    if kind == Kind.UNLOCK_POSITION:
        return replace(stops, locked_position=_with(stops.locked_position, s, ANYWHERE))
    if kind == Kind.RELEASE_EARLIER:
        return replace(stops, release_s=_with(stops.release_s, s, stops.release_s[s] - amount))
    if kind == Kind.PRIORITY:
        return replace(stops, unserved_cost=_with(stops.unserved_cost, s, stops.unserved_cost[s] + amount))
    return stops


def _changed_tips(tips: Tips, change: Change) -> Tips:
    at, amount = (change.tip, change.span), change.amount
    if change.kind == Kind.TIP_LATER:
        return replace(tips, window_close_s=_with(tips.window_close_s, at, tips.window_close_s[at] + amount))
    if change.kind == Kind.TIP_EARLIER:
        return replace(tips, window_open_s=_with(tips.window_open_s, at, tips.window_open_s[at] - amount))
    return tips


def change_words(problem: RouteProblem, change: Change) -> str:
    """A change in plain words.

    Parameters
    ----------
    problem
        The day as it is.
    change
        In its numbers.
    """
    fleet, stops, tips = problem.fleet, problem.stops, problem.tips
    v = fleet.ids[change.vehicle] if change.vehicle >= 0 else ""
    s = stops.ids[change.stop] if change.stop >= 0 else ""
    t = tips.ids[change.tip] if change.tip >= 0 else ""
    amount, time, material = change.amount, minutes_words(change.amount), change.material
    at, tip_at = (change.stop, change.span), (change.tip, change.span)
    kind = change.kind
    if kind == Kind.WINDOW_LATER:
        return (
            f"{s}: window open {time} longer, until {clock_words(float(stops.window_close_s[at]) + amount)}"
        )
    if kind == Kind.WINDOW_EARLIER:
        return f"{s}: window open {time} earlier, from {clock_words(float(stops.window_open_s[at]) - amount)}"
    if kind == Kind.TIP_LATER:
        return (
            f"tip {t}: open {time} longer, until {clock_words(float(tips.window_close_s[tip_at]) + amount)}"
        )
    if kind == Kind.TIP_EARLIER:
        opens_s = float(tips.window_open_s[tip_at])
        return f"tip {t}: open {time} earlier, from {clock_words(opens_s - amount)}"
    words = {
        Kind.LIFT_BAN: f"{s}: lift the ban",
        Kind.OVERTIME: f"{v}: {time} more overtime allowed",
        Kind.CAPACITY: f"{v}: {amount:g} more capacity for material {material}",
        Kind.TRIP: f"{v}: {amount:g} more {'trip' if amount == 1 else 'trips'} to a tip",
        Kind.BREAK_LATER: f"{v}: break up to {time} later",
        Kind.BREAK_EARLIER: f"{v}: break up to {time} earlier",
        Kind.UNLOCK_VEHICLE: f"{s}: unlock it from its vehicle",
        Kind.UNLOCK_POSITION: f"{s}: unlock its position in the round",
        Kind.DAILY_STOPS: f"{v}: {amount:g} more stop a day",
        Kind.DAILY_LOAD: f"{v}: {amount:g} more of material {material} a day",
        Kind.RELEASE_EARLIER: f"{s}: ready {time} earlier",
        Kind.SKILL: f"{v}: a crew with the skills {int(amount):#b} as well",
        Kind.PRIORITY: f"{s}: serve it though that costs {amount:.2f} more than leaving it",
    }
    return words[kind]
