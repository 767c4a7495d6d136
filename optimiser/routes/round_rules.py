"""The rules of one round that need no clock: loads, counts, skills, streets and locks.

The ground `optimiser.routes.replay` stands on, and used by it alone. It shares no code with any solver.
"""

import numpy as np

from optimiser.routes.arrays import FloatArray
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL, Kind, Round
from optimiser.routes.replay_tables import ReplayTables
from optimiser.routes.verdict import Rule, Violation

LOAD_TOLERANCE = 1e-6
"""Solvers add loads in another order: above their rounding, below any load that matters."""

STOP, TIP, BREAK = int(Kind.STOP), int(Kind.TIP), int(Kind.BREAK)
"""Plain numbers: looking an enum's member up costs more than the rest of a comparison."""

NAMES: dict[int, str] = {STOP: "stop", TIP: "tip", BREAK: "break"}

NO_VISIT = 3
"""In the place of a `Kind`: a visit to something that does not exist; the replay passes it by."""


def fixed_array(values: list[float] | list[list[float]]) -> FloatArray:
    """An array nobody can write to: the checker hands the same sheet out again for the same round."""
    array = np.array(values)
    array.setflags(write=False)
    return array


class RoundRules:
    """One vehicle's round as visits, what each of them is, and the violations found so far.

    Parameters
    ----------
    tables
        The problem.
    vehicle
        Number of the vehicle.
    visits
        Its round, not empty.
    known
        So many leading visits are history: judged by no rule but those that count.
    """

    __slots__ = ("_kinds", "_tables", "_visits", "known", "vehicle", "violations")

    def __init__(self, tables: ReplayTables, vehicle: int, visits: Round, known: int) -> None:
        self._tables, self.vehicle, self._visits, self.known = tables, vehicle, visits, known
        self.violations: list[Violation] = []
        self._kinds = [self._kind(position) for position in range(len(visits))]
        if NO_VISIT in self._kinds:
            for position, kind in enumerate(self._kinds):
                if kind == NO_VISIT:
                    found = visits[position]
                    words = f"there is no {NAMES.get(found.kind, found.kind)} of number {found.index}"
                    self._note(Rule.UNKNOWN, position, 0.0, words)

    def _note(self, code: Rule, position: int, amount: float, words: str) -> None:
        stop, what = -1, "the round"
        if position >= 0:
            index, problem = self._visits[position].index, self._tables.problem
            kind = self._kinds[position]
            if kind == STOP:
                stop, what = index, f"stop {problem.stops.ids[index]}"
            elif kind == TIP:
                what = f"tip {problem.tips.ids[index]}"
            else:
                what = "the break" if kind == BREAK else "the visit"
        name = self._tables.problem.fleet.ids[self.vehicle]
        text = f"vehicle {name}, {what}: {words}"
        self.violations.append(Violation(code.value, self.vehicle, position, stop, float(amount), text))

    def _kind(self, position: int) -> int:
        kind, index, _ = self._visits[position]
        if kind == STOP and 0 <= index < self._tables.n_stops:
            return STOP
        if kind == TIP and 0 <= index < self._tables.n_tips:
            return TIP
        if kind == BREAK and index in (BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL):
            return BREAK
        return NO_VISIT

    def _loads(self, stays_out: bool) -> tuple[FloatArray, list[float]]:
        """On board after each visit, and collected in all."""
        t, capacity = self._tables, self._tables.capacity[self.vehicle]
        materials = range(t.materials)
        board, collected = [0.0] * t.materials, [0.0] * t.materials
        after: list[list[float]] = []
        for position, kind in enumerate(self._kinds):
            index = self._visits[position].index
            if kind == STOP:
                row = t.load[index]
                for k in materials:
                    board[k] += row[k]
                    collected[k] += row[k]
                    if board[k] > capacity[k] + LOAD_TOLERANCE and position >= self.known:
                        over = board[k] - capacity[k]
                        words = f"{board[k]:g} of material {k} on board, {over:g} more than it holds"
                        self._note(Rule.CAPACITY, position, over, words)
            elif kind == TIP:
                for k in t.takes[index]:
                    board[k] = 0.0
            after.append(board.copy())
        for k in materials:
            if board[k] > LOAD_TOLERANCE and not stays_out:
                self._note(Rule.NOT_EMPTIED, -1, board[k], f"{board[k]:g} of material {k} comes home")
        return fixed_array(after), collected

    def _counts(self, load: list[float]) -> tuple[int, int, float, float]:
        """Stops, trips, seconds of service and of rest; and the day's caps on the first two and the load."""
        t, vehicle = self._tables, self.vehicle
        served = [p for p, kind in enumerate(self._kinds) if kind == STOP]
        tipped = [p for p, kind in enumerate(self._kinds) if kind == TIP]
        rests = len([kind for kind in self._kinds if kind == BREAK])
        service_s = sum([t.service_s[self._visits[p].index] for p in served])
        service_s += sum([t.tip_service_s[self._visits[p].index] for p in tipped])
        most = t.max_trips[vehicle]
        # What history alone breaks cannot be mended: it is noted where the rest of the day adds to it.
        if len(tipped) > most and tipped[-1] >= self.known:
            self._note(Rule.TRIPS, tipped[most], len(tipped) - most, f"{len(tipped)} trips, {most} allowed")
        cap = t.daily_stops[vehicle]
        if len(served) > cap and served[-1] >= self.known:
            over = len(served) - cap
            self._note(Rule.DAILY_CAP, served[int(cap)], over, f"{over:g} stops more than its {cap:g} a day")
        for k, cap in enumerate(t.daily_load[vehicle]):
            if load[k] > cap + LOAD_TOLERANCE and self._adds(k, served):
                over = load[k] - cap
                words = f"{over:g} of material {k} more than its {cap:g} a day"
                self._note(Rule.DAILY_CAP, -1, over, words)
        return len(served), len(tipped), service_s, rests * t.break_s[vehicle]

    def _adds(self, material: int, served: list[int]) -> bool:
        loads, visits = self._tables.load, self._visits
        return any(loads[visits[p].index][material] > 0 for p in served if p >= self.known)

    def _special_rules(self) -> None:
        """Skills, streets, directions and locks of the stops."""
        t, number = self._tables, -1
        for position, kind in enumerate(self._kinds):
            if kind != STOP:
                continue
            number += 1
            _, index, backward = self._visits[position]
            if position < self.known or not (backward or t.special[index]):
                continue
            stops = t.problem.stops
            if backward and not stops.either_way[index]:
                self._note(Rule.DIRECTION, position, 0.0, "served against its only direction")
            skills = int(stops.skills[index])
            if t.vehicle_skills[self.vehicle] & skills != skills:
                self._note(Rule.SKILL, position, 0.0, "crew or vehicle lacks a skill it needs")
            if stops.no_reversing[index] and not t.turns[self.vehicle]:
                self._note(Rule.REVERSING, position, 0.0, "the vehicle would have to reverse")
            locked = int(stops.locked_vehicle[index])
            if locked >= 0 and locked != self.vehicle:
                words = f"locked to vehicle {t.problem.fleet.ids[locked]}"
                self._note(Rule.LOCK_VEHICLE, position, 0.0, words)
            locked = int(stops.locked_position[index])
            if locked >= 0 and locked != number:
                words = f"locked to be stop number {locked} of its round, is number {number}"
                self._note(Rule.LOCK_POSITION, position, 0.0, words)
