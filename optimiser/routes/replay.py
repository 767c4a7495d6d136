"""The replay of one round, event by event, in the earliest times its rules allow.

Called by `optimiser.routes.checker` alone. It shares no code with any solver, decides nothing and never
stops at the first thing that is wrong: where a rule is broken it notes so and goes on.
"""

from math import inf, nan

from optimiser.routes.plan import BREAK_ON_ARRIVAL, Round
from optimiser.routes.replay_tables import ReplayTables, Span
from optimiser.routes.round_rules import BREAK, NO_VISIT, STOP, TIP, RoundRules, fixed_array
from optimiser.routes.verdict import RoundSheet, Rule, VisitTimes

TIME_TOLERANCE_S = 1e-6
"""Solvers add the same numbers in another order: a microsecond is above their rounding, below any meaning."""


class RoundReplay(RoundRules):
    """One vehicle's round, replayed when made: `sheet` and `violations` say how it went.

    Parameters
    ----------
    tables
        The problem.
    vehicle
        Number of the vehicle.
    visits
        Its round, not empty.
    known
        So many leading visits are history: judged by no rule but those that count (loads, stops, trips,
        breaks).
    free_s
        The clock after these; nan where nothing is history and the day begins with the shift.
    stays_out
        Whether the vehicle is lost: its round ends with its last visit and no rule of the day's end is asked.
    """

    __slots__ = (
        "_arrive_s", "_begin_s", "_clock_s", "_finish_s", "_home_leg_s", "_leave_s", "_leg_s", "_wait_s",
        "sheet",
    )  # fmt: skip

    def __init__(
        self,
        tables: ReplayTables,
        vehicle: int,
        visits: Round,
        known: int = 0,
        free_s: float = nan,
        stays_out: bool = False,
    ) -> None:
        super().__init__(tables, vehicle, visits, known)
        n = len(visits)
        drive_s, dist_m = self._legs(stays_out)
        self._leave_s = self._releases() if tables.any_release else [-inf] * n
        self._arrive_s, self._begin_s, self._finish_s = [nan] * n, [nan] * n, [nan] * n
        self._wait_s = 0.0
        start_s = tables.shift_start_s[vehicle] if known or free_s != free_s else free_s
        self._clock_s = free_s if free_s == free_s else start_s
        if known:
            self._finish_s[known - 1] = free_s
        self._run(stays_out)
        load_after, load = self._loads(stays_out)
        stops, trips, service_s, break_s = self._counts(load)
        self._special_rules()
        weights = tables.problem.weights
        late_s = 0.0 if stays_out else max(0.0, self._clock_s - tables.shift_end_s[vehicle])
        self.sheet = RoundSheet(
            vehicle=vehicle,
            times=VisitTimes(
                fixed_array(self._arrive_s), fixed_array(self._begin_s), fixed_array(self._finish_s)
            ),
            start_s=start_s,
            finish_s=self._clock_s,
            drive_s=drive_s,
            dist_m=dist_m,
            service_s=service_s,
            wait_s=self._wait_s,
            break_s=break_s,
            overtime_s=late_s,
            load=fixed_array(load),
            load_after=load_after,
            stops=stops,
            trips=trips,
            legs_cost=weights.per_m * dist_m + weights.per_drive_s * drive_s,
            vehicle_cost=tables.fixed_cost[vehicle],
            overtime_cost=weights.per_overtime_s * late_s,
        )

    def _legs(self, stays_out: bool) -> tuple[float, float]:
        """Way to each stop and tip (0 to all else) and home; and seconds and metres of all of it."""
        t = self._tables
        origins, targets, driven_to = [t.start[self.vehicle]], [], []
        for position, kind in enumerate(self._kinds):
            if kind == STOP:
                _, index, backward = self._visits[position]
                ends = (t.exit[index], t.entry[index]) if backward else (t.entry[index], t.exit[index])
            elif kind == TIP:
                ends = (t.tip_location[self._visits[position].index],) * 2
            else:
                continue
            targets.append(ends[0])
            origins.append(ends[1])
            driven_to.append(position)
        if stays_out:
            origins.pop()
        else:
            targets.append(t.end[self.vehicle])
        legs_s = t.problem.travel_s[origins, targets].tolist()
        legs_m = t.problem.dist_m[origins, targets].tolist()
        self._leg_s = [0.0] * len(self._kinds)
        for position, leg_s in zip(driven_to, legs_s, strict=False):
            self._leg_s[position] = leg_s
        self._home_leg_s = 0.0 if stays_out else legs_s[-1]
        return sum(legs_s), sum(legs_m)

    def _releases(self) -> list[float]:
        """By visit: not before this time may the vehicle leave for it (the release of the trip it opens)."""
        leave_s = [-inf] * len(self._kinds)
        release_s = self._tables.release_s
        first, latest_s = -1, -inf
        for position, kind in enumerate(self._kinds):
            if kind not in (STOP, TIP):
                continue
            first = position if first < 0 else first
            if kind == STOP:
                latest_s = max(latest_s, release_s[self._visits[position].index])
            leave_s[first] = latest_s
            if kind == TIP:
                first, latest_s = -1, -inf
        return leave_s

    def _run(self, stays_out: bool) -> None:
        """The clock, from the end of what is history to the end of the day."""
        t, kinds, n = self._tables, self._kinds, len(self._kinds)
        arrived = False
        rests = sum(kind == BREAK for kind in kinds[: self.known])
        for position in range(self.known, n):
            kind, index = kinds[position], self._visits[position].index
            if kind == BREAK:
                if index == BREAK_ON_ARRIVAL and not arrived:
                    self._drive(next((p for p in range(position, n) if kinds[p] in (STOP, TIP)), n))
                    arrived = True
                self._rest(position, rests)
                rests += 1
                continue
            if kind == NO_VISIT:
                continue
            if not arrived:
                self._drive(position)
            arrived = False
            if kind == STOP:
                begin_s = self._begin(position, t.stop_starts[index])
                self._times(position, begin_s, t.service_s[index])
            else:
                begin_s = self._begin(position, t.tip_starts[index])
                self._times(position, begin_s, t.tip_service_s[index])
        if stays_out:
            return
        if not arrived:
            self._drive(n)
        self._end_of_day(rests)

    def _drive(self, position: int) -> None:
        if position == len(self._kinds):
            self._clock_s += self._home_leg_s
            return
        if self._leave_s[position] > self._clock_s:
            self._wait_s += self._leave_s[position] - self._clock_s
            self._clock_s = self._leave_s[position]
        self._clock_s += self._leg_s[position]

    def _times(self, position: int, begin_s: float, length_s: float) -> None:
        self._arrive_s[position] = self._clock_s
        self._begin_s[position] = begin_s
        self._wait_s += begin_s - self._clock_s
        self._clock_s = begin_s + length_s
        self._finish_s[position] = self._clock_s

    def _rest(self, position: int, rests_before: int) -> None:
        t, vehicle = self._tables, self.vehicle
        begin_s = max(self._clock_s, t.break_earliest_s[vehicle])
        late_s = begin_s - t.break_latest_s[vehicle]
        if t.break_s[vehicle] == 0:
            self._note(Rule.BREAK, position, 0.0, "none is due")
        elif rests_before:
            self._note(Rule.BREAK, position, 0.0, "one too many")
        elif late_s > TIME_TOLERANCE_S:
            self._note(Rule.BREAK, position, late_s, f"begins {late_s:.0f} s too late")
        self._times(position, begin_s, t.break_s[vehicle])

    def _begin(self, position: int, starts: list[Span]) -> float:
        """Earliest beginning from now on; where there is none, that is noted and service begins anyway."""
        clock_s = self._clock_s
        latest_s = clock_s - TIME_TOLERANCE_S
        for opens_s, closes_s in starts:
            if closes_s >= latest_s:
                return opens_s if opens_s > clock_s else clock_s
        if self._kinds[position] == TIP:
            late_s = clock_s - starts[-1][1]
            self._note(Rule.TIP_HOURS, position, late_s, f"reached {late_s:.0f} s after it closes")
            return clock_s
        return self._begin_late(position)

    def _begin_late(self, position: int) -> float:
        t, index, clock_s = self._tables, self._visits[position].index, self._clock_s
        windows = t.stop_windows[index]
        for opens_s, closes_s in windows:
            if closes_s >= clock_s - TIME_TOLERANCE_S:
                begin_s = max(opens_s, clock_s)
                break
        else:
            late_s = clock_s - windows[-1][1]
            self._note(Rule.WINDOW, position, late_s, f"reached {late_s:.0f} s after its last window closes")
            return clock_s
        end_s = begin_s + t.service_s[index]
        inside_s = sum(max(0.0, min(end_s, b) - max(begin_s, a)) for a, b in t.ban_spans[index])
        self._note(Rule.BAN, position, inside_s, f"{inside_s:.0f} s of its service are in a banned time")
        return begin_s

    def _end_of_day(self, rests: int) -> None:
        t, vehicle, back_s = self._tables, self.vehicle, self._clock_s
        late_s = back_s - t.last_back_s[vehicle]
        if late_s > TIME_TOLERANCE_S:
            self._note(Rule.SHIFT, -1, late_s, f"back {late_s:.0f} s later than shift and overtime allow")
        due = t.break_s[vehicle] > 0 and back_s > t.break_latest_s[vehicle] + TIME_TOLERANCE_S
        if due and not rests:
            self._note(Rule.BREAK, -1, 0.0, "the crew's break is missing")
