"""Whether PyVRP can express a route problem, and when each stop may begin.

Used by `pyvrp_model` and `pyvrp_data` only. PyVRP knows one window for each visit, trips that all end at
places which empty everything, and no breaks: what goes beyond is named here. It never simplifies a problem,
and never imports PyVRP.
"""

import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray
from optimiser.routes.problem import RouteProblem
from optimiser.routes.stops import ANYWHERE

MATRIX_NUMBERS_MAX = 60_000_000
"""Entries over all of PyVRP's matrices, 8 bytes each: half a gigabyte, which a small server can spare."""

DAY_MAX_S = 1e8
"""Longest day in the problem's own seconds, where no shift's end is given: benchmark instances count tenths
of a unit as seconds and stay below 1e6, and ten thousand times as much still fits PyVRP's 2**44."""


def pyvrp_fits(problem: RouteProblem) -> str | None:
    """Say why PyVRP cannot express a problem.

    Parameters
    ----------
    problem
        The day as a question.

    Returns
    -------
    str | None
        The first reason found, in plain words; None where it fits. Where it fits, every plan of PyVRP's that
        it calls feasible keeps all rules of the problem.
    """
    if not len(problem.fleet) or not len(problem.stops):
        return "there is nothing to plan"
    for reason in (_day_reason, _fleet_reason, _stops_reason, _tips_reason):
        found = reason(problem)
        if found is not None:
            return found
    return None


def latest_finish_s(problem: RouteProblem) -> FloatArray:
    """Latest return of each vehicle, seconds of the day, (V,); within `DAY_MAX_S` of its shift's start."""
    limit = problem.fleet.shift_end_s + problem.fleet.max_overtime_s
    return np.minimum(limit, problem.fleet.shift_start_s + DAY_MAX_S)


def carries_load(problem: RouteProblem) -> bool:
    """Whether any stop has a load, so that rounds have to end at a tip."""
    return bool((problem.stops.load > 0).any())


def begin_windows(problem: RouteProblem, stop: int) -> list[tuple[float, float]]:
    """Find when the service of a stop may begin: its windows less its bans, within the fleet's day.

    Parameters
    ----------
    problem
        The day as a question.
    stop
        Number of the stop.

    Returns
    -------
    list[tuple[float, float]]
        Closed intervals in seconds of the day, in order; empty where the stop can never be served.
    """
    stops = problem.stops
    first, last = float(problem.fleet.shift_start_s.min()), float(latest_finish_s(problem).max())
    spans = [
        (max(float(a), first), min(float(b), last))
        for a, b in zip(stops.window_open_s[stop], stops.window_close_s[stop], strict=True)
    ]
    for ban_from, until in zip(stops.ban_from_s[stop], stops.ban_until_s[stop], strict=True):
        if not np.isfinite(ban_from) and ban_from > 0:
            continue
        before = float(ban_from - stops.service_s[stop])
        spans = (
            [
                part
                for a, b in spans
                for part in ((a, min(b, before)), (max(a, float(until)), b))
                if part[0] <= part[1]
            ]
            if before < until
            else spans
        )
    return [span for span in dict.fromkeys(spans) if span[0] <= span[1]]


def allowed_pairs(problem: RouteProblem) -> BoolArray:
    """Which vehicle may serve which stop at all: skills, reversing, locks and size of the load, (V, S)."""
    fleet, stops = problem.fleet, problem.stops
    pairs: BoolArray = (fleet.skills[:, None] & stops.skills[None, :]) == stops.skills[None, :]
    pairs &= fleet.turns[:, None] | ~stops.no_reversing[None, :]
    locked = stops.locked_vehicle[None, :]
    pairs &= (locked == ANYWHERE) | (locked == np.arange(len(fleet))[:, None])
    pairs &= (stops.load[None, :, :] <= fleet.capacity[:, None, :]).all(axis=2)
    return pairs


def _day_reason(problem: RouteProblem) -> str | None:
    in_force, weights = problem.in_force, problem.weights
    if in_force is not None and (in_force.done.any() or in_force.lost.any()):
        return "part of the day is already done, or a vehicle is lost"
    if weights.balance > 0:
        return "the balance of rounds is paid for"
    finite_release = bool((problem.stops.release_s > problem.fleet.shift_start_s.min()).any())
    overtime = weights.per_overtime_s > 0 and bool((problem.fleet.max_overtime_s > 0).any())
    if overtime and finite_release:
        return "overtime is paid for and stops have release times: PyVRP would begin the shift later instead"
    return None


def _fleet_reason(problem: RouteProblem) -> str | None:
    fleet, stops = problem.fleet, problem.stops
    due = (fleet.break_s > 0) & (latest_finish_s(problem) > fleet.break_latest_s)
    if due.any():
        return f"vehicle {fleet.ids[int(due.argmax())]} needs a break"
    if (fleet.daily_stops < len(stops)).any():
        return "the stops of a vehicle's day are limited"
    total = stops.load.sum(axis=0)
    most = np.minimum(total[None, :], fleet.capacity * fleet.max_trips[:, None])
    if (fleet.daily_load < most).any():
        return "the load of a vehicle's day is limited"
    pairs = allowed_pairs(problem)
    kinds = len(np.unique(pairs, axis=0)) if problem.weights.per_moved_stop == 0 else len(fleet)
    size = len(stops) + len(problem.tips) + 2 * len(fleet)
    if 2 * kinds * size**2 > MATRIX_NUMBERS_MAX:
        return "its vehicles differ in too many ways in what they may serve"
    return None


def _stops_reason(problem: RouteProblem) -> str | None:
    stops = problem.stops
    if (stops.either_way & (stops.entry != stops.exit)).any():
        return "streets may be served in either direction"
    if (stops.locked_position != ANYWHERE).any():
        return "stops are locked to a position"
    for stop in range(len(stops)):
        if len(begin_windows(problem, stop)) > 1:
            return f"stop {stops.ids[stop]} has more than one time window, or a ban within its window"
    return None


def _tips_reason(problem: RouteProblem) -> str | None:
    if not carries_load(problem):
        return None
    tips = problem.tips
    loaded = (problem.stops.load > 0).any(axis=0)
    if not tips.takes[:, loaded].all():
        return "a tip does not take everything that is collected"
    if tips.window_open_s.shape[1] > 1 and np.isfinite(tips.window_open_s[:, 1:]).any():
        return "a tip has more than one time window"
    first_s, last_s = problem.fleet.shift_start_s.min(), latest_finish_s(problem).max()
    hours = (tips.window_open_s[:, 0] > first_s) | (tips.window_close_s[:, 0] < last_s)
    if len(tips) > 1 and hours.any():
        return f"there are several tips, and {tips.ids[int(hours.argmax())]} is not open all day"
    return None
