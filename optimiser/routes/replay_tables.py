"""A route problem as plain Python lists, so that the checker's replay is fast.

Made once per problem by `optimiser.routes.checker.Checker`, read by `optimiser.routes.replay`. It knows what
is written in the problem and nothing about plans; no solver uses it.
"""

from math import inf

import numpy as np

from optimiser.routes.problem import RouteProblem

Span = tuple[float, float]


class ReplayTables:
    """The fields of a problem as lists, with the times at which service may begin worked out per stop.

    The L x L matrices stay arrays: only the legs of a round are read from them.
    """

    __slots__ = (
        "any_release", "ban_spans", "break_earliest_s", "break_latest_s", "break_s", "capacity", "daily_load",
        "daily_stops", "end", "entry", "exit", "fixed_cost", "last_back_s", "load", "materials", "max_trips",
        "n_stops", "n_tips", "problem", "release_s", "service_s", "shift_end_s", "shift_start_s",
        "special", "start", "stop_starts", "stop_windows", "takes", "tip_location", "tip_service_s",
        "tip_starts", "turns", "vehicle_skills",
    )  # fmt: skip

    def __init__(self, problem: RouteProblem) -> None:
        self.problem = problem
        self._take_fleet(problem)
        self._take_stops(problem)
        tips = problem.tips
        self.n_tips = len(tips)
        self.tip_location: list[int] = tips.location.tolist()
        self.tip_service_s: list[float] = tips.service_s.tolist()
        self.tip_starts = _spans(tips.window_open_s.tolist(), tips.window_close_s.tolist())
        self.takes = [[k for k, yes in enumerate(row) if yes] for row in tips.takes.tolist()]

    def _take_fleet(self, problem: RouteProblem) -> None:
        fleet = problem.fleet
        self.start: list[int] = fleet.start.tolist()
        self.end: list[int] = fleet.end.tolist()
        self.shift_start_s: list[float] = fleet.shift_start_s.tolist()
        self.shift_end_s: list[float] = fleet.shift_end_s.tolist()
        self.last_back_s: list[float] = (fleet.shift_end_s + fleet.max_overtime_s).tolist()
        self.capacity: list[list[float]] = fleet.capacity.tolist()
        self.daily_load: list[list[float]] = fleet.daily_load.tolist()
        self.daily_stops: list[float] = fleet.daily_stops.tolist()
        self.max_trips: list[int] = fleet.max_trips.tolist()
        self.break_earliest_s: list[float] = fleet.break_earliest_s.tolist()
        self.break_latest_s: list[float] = fleet.break_latest_s.tolist()
        self.break_s: list[float] = fleet.break_s.tolist()
        self.vehicle_skills: list[int] = fleet.skills.tolist()
        self.turns: list[bool] = fleet.turns.tolist()
        self.fixed_cost: list[float] = fleet.fixed_cost.tolist()
        self.materials = int(fleet.capacity.shape[1])

    def _take_stops(self, problem: RouteProblem) -> None:
        stops = problem.stops
        self.n_stops = len(stops)
        self.entry: list[int] = stops.entry.tolist()
        self.exit: list[int] = stops.exit.tolist()
        self.service_s: list[float] = stops.service_s.tolist()
        self.load: list[list[float]] = stops.load.tolist()
        self.release_s: list[float] = stops.release_s.tolist()
        self.any_release = bool(np.any(stops.release_s > -inf))
        self.stop_windows = _spans(stops.window_open_s.tolist(), stops.window_close_s.tolist())
        self.ban_spans = _spans(stops.ban_from_s.tolist(), stops.ban_until_s.tolist())
        self.stop_starts = [
            starts_outside(windows, bans, service_s) if bans else windows
            for windows, bans, service_s in zip(
                self.stop_windows, self.ban_spans, self.service_s, strict=True
            )
        ]
        locked = (stops.locked_vehicle >= 0) | (stops.locked_position >= 0)
        # Stops at which a rule about the vehicle or the order can be broken at all.
        self.special: list[bool] = ((stops.skills != 0) | stops.no_reversing | locked).tolist()


def _spans(begins: list[list[float]], ends: list[list[float]]) -> list[list[Span]]:
    """The used ones of each row: unused ones begin at inf."""
    return [
        [span for span in zip(row, ends[i], strict=True) if span[0] < inf] for i, row in enumerate(begins)
    ]


def starts_outside(windows: list[Span], bans: list[Span], service_s: float) -> list[Span]:
    """When service may begin: in a window, and so that no part of it lies within a ban.

    Parameters
    ----------
    windows, bans
        Seconds, in order and apart.
    service_s
        Length of the service.

    Returns
    -------
    list
        Closed spans of beginnings in order. A ban takes out the open span from `ban_from - service` to
        `ban_until`: service may end the moment it begins, and begin the moment it ends.
    """
    left = windows
    for ban_from_s, ban_until_s in bans:
        shut_from_s = ban_from_s - service_s
        kept: list[Span] = []
        for begin, end in left:
            if end <= shut_from_s or begin >= ban_until_s:
                kept.append((begin, end))
                continue
            if begin <= shut_from_s > -inf:
                kept.append((begin, shut_from_s))
            if end >= ban_until_s:
                kept.append((ban_until_s, end))
        left = kept
    return left
