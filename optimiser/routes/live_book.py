"""The day's books between edits: its rounds as the checker last saw them, and the way back.

Called by `instant` alone. An edit changes the compiled state first; `settle` asks the checker about every
changed round, and either enters the new day or writes the old one back. It never decides what to edit.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from optimiser.routes.arrays import BoolArray, RouteInputError
from optimiser.routes.checker import Checker
from optimiser.routes.live_state import LiveState
from optimiser.routes.live_table import LiveTable, TravelRows
from optimiser.routes.plan import DayPlan, Round
from optimiser.routes.problem import InForce, RouteProblem
from optimiser.routes.stops import Stops
from optimiser.routes.verdict import RoundSheet, Rule, Violation

MOST_UNDONE = 50
"""So many edits are remembered."""
_UNREADABLE = {Rule.MISSING, Rule.TWICE, Rule.UNKNOWN, Rule.FROZEN, Rule.LOST}


class DayEntry(NamedTuple):
    """A day as entered: rounds, the checker's sheets and violations by vehicle, and what goes with them."""

    rounds: tuple[Round, ...]
    sheets: tuple[RoundSheet, ...]
    wrong: tuple[tuple[Violation, ...], ...]
    past: InForce | None
    n_stops: int
    moved: int  # stops away from the vehicle in force

    def cost_since(self, before: "DayEntry", moved_cost: float) -> float:
        """Legs, use of vehicles, overtime and moved stops more than `before`."""
        rounds = sum(
            now.cost - old.cost for now, old in zip(self.sheets, before.sheets, strict=True) if now is not old
        )
        return rounds + moved_cost * (self.moved - before.moved)


class LiveBook:
    """The day's books.

    Parameters
    ----------
    problem, plan
        The day.
    spare_stops
        Room for so many more.
    """

    def __init__(self, problem: RouteProblem, plan: DayPlan, spare_stops: int) -> None:
        verdict = Checker(problem).check(plan)
        unreadable = [v for v in verdict.violations if v.code in _UNREADABLE]
        if unreadable:
            raise RouteInputError("plan", unreadable[0].text, "each stop once, and what is done as it is")
        vehicles = range(len(plan.rounds))
        wrong = tuple(tuple(v for v in verdict.violations if v.vehicle == one) for one in vehicles)
        self._spare_stops = max(1, spare_stops)
        self._history: list[DayEntry] = []
        self.table = LiveTable(problem, self._spare_stops)
        self.state = LiveState(problem, plan, self.table)
        moved = self._moved()
        self.now = DayEntry(plan.rounds, verdict.rounds, wrong, problem.in_force, len(problem.stops), moved)

    def plan(self) -> DayPlan:
        """The day as entered."""
        day = self.state.day
        return DayPlan(self.now.rounds, tuple(sorted(day.absent[: int(day.counts[0])].tolist())))

    def add_place(self, rows: TravelRows) -> int:
        """Number of a new location."""
        if not self.table.has_places(1):
            self._rebuild(0)
        place = self.table.add_place(rows)
        self.state.live.add_place(self.table, place)
        self.state.renew_model()
        return place

    def add_stop(self, more: Stops) -> int:
        """Number of a new stop, unserved as yet; not entered until `settle` or `enter`."""
        one = self.table.one(more)
        if not self.table.takes(more):
            self._rebuild(max(np.shape(more.window_open_s)[1], np.shape(more.ban_from_s)[1]))
        number = self.table.append(more)
        past, ends = self.now.past, (int(more.entry[0]), int(more.exit[0]))
        lost = np.zeros(len(self.now.rounds), np.bool_) if past is None else past.lost
        self.state.live.write(number, one, *ends, lost)
        self.state.renew_model()
        self.write_back(())
        return number

    def _rebuild(self, spans: int) -> None:
        """Arrays with room again."""
        problem = self.table.problem(self.now.past)
        self.table = LiveTable(problem, self._spare_stops, spans)
        self.state = LiveState(problem, self.plan(), self.table)

    def set_past(self, past: InForce, rounds: tuple[Round, ...]) -> None:
        """Other vehicles are lost or other visits done, on a day with these rounds; not entered as yet."""
        self.state.set_past(self.table.problem(past), rounds)

    def settle(self, changed: Iterable[int], past: InForce | None = None) -> tuple[Violation, ...]:
        """Enter the state's rounds of these vehicles; where the checker refuses one, what it says.

        Nothing is entered and nothing written back then.
        """
        now = self.now
        past = past or now.past
        rounds, sheets, wrong = list(now.rounds), list(now.sheets), list(now.wrong)
        for v in changed:
            visits = self.state.round(v)
            found = self.table.judge(v, visits, past)
            if _worse(now.wrong[v], found.violations):
                return found.violations
            rounds[v], sheets[v], wrong[v] = visits, found.sheet, found.violations
        self._enter(DayEntry(tuple(rounds), tuple(sheets), tuple(wrong), past, 0, 0))
        return ()

    def enter(self) -> None:
        """Enter the day with the stops that came in and nothing else."""
        self._enter(self.now)

    def _enter(self, entry: DayEntry) -> None:
        self._history = [*self._history[1 - MOST_UNDONE :], self.now]
        self.now = entry._replace(n_stops=self.table.n_stops, moved=self._moved())

    def _moved(self) -> int:
        return int(self.state.day.counts[1])

    def write_back(self, changed: Iterable[int]) -> None:
        """Give these vehicles the rounds that are entered."""
        self.state.set_rounds(changed, self.now.rounds)

    def return_past(self) -> None:
        """Give the whole day back as it is entered, after `set_past`."""
        self.state.set_past(self.table.problem(self.now.past), self.now.rounds)

    def undo(self) -> bool:
        """Return to the entry before; False where there is none."""
        if not self._history:
            return False
        left, self.now = self.now, self._history.pop()
        while self.table.n_stops > self.now.n_stops:
            self.table.drop_last()
            self.state.live.forget(self.table.n_stops)
            self.state.day.vehicle[self.table.n_stops] = -1
        if left.past is not self.now.past:
            self.return_past()
        else:
            pairs = zip(left.rounds, self.now.rounds, strict=True)
            self.write_back([v for v, (one, other) in enumerate(pairs) if one is not other])
        return True

    def locked(self) -> BoolArray:
        """Stops locked to a vehicle or a position, by the rows of the table."""
        columns = self.table.columns
        found: BoolArray = (columns["locked_vehicle"] >= 0) | (columns["locked_position"] >= 0)
        return found


def _worse(before: tuple[Violation, ...], after: tuple[Violation, ...]) -> bool:
    """Whether a round breaks a rule that it did not break before, or not so much."""
    known = {(v.code, v.stop): v.amount for v in before}
    return any(v.amount > known.get((v.code, v.stop), -1.0) for v in after)
