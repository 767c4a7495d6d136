"""The independent checker: whether a plan keeps every rule, what breaks it, and what it truly costs.

Called by the engine on every plan that leaves it, by the adaptors, the service and the benchmarks. It shares
no code with any solver, replays from the problem's own fields, and lists all that is wrong, not the first.
"""

from math import nan

import numpy as np

from optimiser.routes.plan import DayPlan, Kind, Round
from optimiser.routes.problem import RouteProblem
from optimiser.routes.replay import RoundReplay
from optimiser.routes.replay_tables import ReplayTables
from optimiser.routes.verdict import (
    CostSheet,
    RoundSheet,
    RoundVerdict,
    Rule,
    Verdict,
    Violation,
    VisitTimes,
)

STOP = int(Kind.STOP)


class Checker:
    """A checker of plans for one problem; made once, used for any number of plans, from any thread.

    Parameters
    ----------
    problem
        The day. It must not be changed afterwards.
    """

    __slots__ = (
        "_done",
        "_first",
        "_free_s",
        "_frozen",
        "_last",
        "_lost",
        "_tables",
        "problem",
        "untouched_stops",
    )

    def __init__(self, problem: RouteProblem) -> None:
        self.problem = problem
        self._tables = ReplayTables(problem)
        n = len(problem.fleet)
        past = problem.in_force
        self._done: list[int] = [0] * n if past is None else past.done.tolist()
        self._free_s: list[float] = [nan] * n if past is None else past.free_s.tolist()
        self._lost: list[bool] = [False] * n if past is None else past.lost.tolist()
        self._frozen: list[Round] = [
            () if past is None else past.plan.rounds[v][: self._done[v]] for v in range(n)
        ]
        # The last round judged of each vehicle: after an edit all but one or two rounds are as they were.
        self._last: list[tuple[Round, RoundSheet, tuple[Violation, ...]] | None] = [None] * n
        # Stop -> vehicle in the plan in force, of vehicles that are not lost: who leaves that one has moved.
        self._first: dict[int, int] = {}
        self.untouched_stops = 0
        for vehicle, visits in enumerate(() if past is None else past.plan.rounds):
            if self._lost[vehicle]:
                continue
            self._first.update({visit.index: vehicle for visit in visits if visit.kind == STOP})
            self.untouched_stops += sum(v.kind == STOP for v in visits[self._done[vehicle] :])

    def check(self, plan: DayPlan) -> Verdict:
        """Everything about a plan.

        Parameters
        ----------
        plan
            Any plan, sound or not.

        Returns
        -------
        Verdict
            Feasible where no rule is broken; the cost is that of the plan as it stands, broken rules or not.
        """
        n = len(self.problem.fleet)
        violations: list[Violation] = []
        sheets: list[RoundSheet] = []
        for vehicle in range(n):
            visits = plan.rounds[vehicle] if vehicle < len(plan.rounds) else ()
            sheet, found = self._round(vehicle, visits)
            sheets.append(sheet)
            violations.extend(found)
        if len(plan.rounds) != n:
            text = f"the plan has {len(plan.rounds)} rounds, the fleet {n} vehicles"
            violations.append(Violation(Rule.UNKNOWN.value, -1, -1, -1, 0.0, text))
        server = self._servers(plan, violations)
        cost = self._cost(plan, server, sheets)
        return Verdict(not violations, tuple(violations), cost, tuple(sheets))

    def check_round(self, vehicle: int, visits: Round) -> RoundVerdict:
        """Everything about one round by itself; whether others serve the same stops it cannot see.

        Parameters
        ----------
        vehicle
            Number of the vehicle.
        visits
            Its round.
        """
        sheet, violations = self._round(vehicle, visits)
        self._twice((visits,), (vehicle,), violations)
        return RoundVerdict(not violations, tuple(violations), sheet)

    def _round(self, vehicle: int, visits: Round) -> tuple[RoundSheet, list[Violation]]:
        last = self._last[vehicle]
        if last is not None and last[0] == visits:
            return last[1], list(last[2])
        sheet, violations = self._judge(vehicle, visits)
        self._last[vehicle] = (tuple(visits), sheet, tuple(violations))
        return sheet, violations

    def _judge(self, vehicle: int, visits: Round) -> tuple[RoundSheet, list[Violation]]:
        done, lost, free_s = self._done[vehicle], self._lost[vehicle], self._free_s[vehicle]
        violations = self._past_rules(vehicle, visits) if done or lost else []
        if not visits:
            return self._idle(vehicle), violations
        known = 0 if free_s != free_s else min(done, len(visits))
        replay = RoundReplay(self._tables, vehicle, visits, known, free_s, lost)
        violations.extend(replay.violations)
        if len(violations) > 1:
            last = len(visits)
            violations.sort(key=lambda v: v.position if v.position >= 0 else last)
        return replay.sheet, violations

    def _past_rules(self, vehicle: int, visits: Round) -> list[Violation]:
        """What is done stays as it is, and a lost vehicle does nothing more."""
        frozen, found = self._frozen[vehicle], []
        name = self.problem.fleet.ids[vehicle]
        if tuple(visits[: len(frozen)]) != frozen:
            pairs = zip(frozen, visits, strict=False)
            at = next((i for i, (was, now) in enumerate(pairs) if was != now), min(len(frozen), len(visits)))
            stop = frozen[at].index if frozen[at].kind == STOP else -1
            text = f"vehicle {name}: visit {at} of its round is done and must stay {_words(frozen[at])}"
            found.append(Violation(Rule.FROZEN.value, vehicle, at, stop, 0.0, text))
        if self._lost[vehicle] and len(visits) > len(frozen):
            text = f"vehicle {name} is lost: nothing may follow its {len(frozen)} done visits"
            found.append(Violation(Rule.LOST.value, vehicle, len(frozen), -1, 0.0, text))
        return found

    def _idle(self, vehicle: int) -> RoundSheet:
        start_s, materials = self._tables.shift_start_s[vehicle], self._tables.materials
        none = np.empty(0)
        return RoundSheet(
            vehicle=vehicle,
            times=VisitTimes(none, none, none),
            start_s=start_s,
            finish_s=start_s,
            drive_s=0.0,
            dist_m=0.0,
            service_s=0.0,
            wait_s=0.0,
            break_s=0.0,
            overtime_s=0.0,
            load=np.zeros(materials),
            load_after=np.empty((0, materials)),
            stops=0,
            trips=0,
            legs_cost=0.0,
            vehicle_cost=0.0,
            overtime_cost=0.0,
        )

    def _twice(
        self, rounds: tuple[Round, ...], vehicles: tuple[int, ...], violations: list[Violation]
    ) -> dict[int, int]:
        """Who serves each stop (the first one who does); every further time is noted."""
        server: dict[int, int] = {}
        n_stops = self._tables.n_stops
        for vehicle, visits in zip(vehicles, rounds, strict=True):
            for position, (kind, stop, _) in enumerate(visits):
                if kind != STOP or not 0 <= stop < n_stops:
                    continue
                if stop in server:
                    text = f"stop {self.problem.stops.ids[stop]} is served more than once"
                    violations.append(Violation(Rule.TWICE.value, vehicle, position, stop, 0.0, text))
                else:
                    server[stop] = vehicle
        return server

    def _servers(self, plan: DayPlan, violations: list[Violation]) -> dict[int, int]:
        """Who serves each stop; and every stop that is not served or left unserved exactly once."""
        n_stops, ids = self._tables.n_stops, self.problem.stops.ids
        rounds = plan.rounds[: len(self.problem.fleet)]
        server = self._twice(rounds, tuple(range(len(rounds))), violations)
        left: set[int] = set()
        for stop in plan.unserved:
            if not 0 <= stop < n_stops:
                text = f"unserved: there is no stop {stop}"
                violations.append(Violation(Rule.UNKNOWN.value, -1, -1, -1, 0.0, text))
            elif stop in server or stop in left:
                words = "served and unserved at once" if stop in server else "unserved more than once"
                text = f"stop {ids[stop]} is {words}"
                violations.append(Violation(Rule.TWICE.value, -1, -1, stop, 0.0, text))
            left.add(stop)
        if len(server) + len(left) < n_stops or violations:
            for stop in range(n_stops):
                if stop not in server and stop not in left:
                    text = f"stop {ids[stop]} is neither served nor unserved"
                    violations.append(Violation(Rule.MISSING.value, -1, -1, stop, 0.0, text))
        return server

    def _cost(self, plan: DayPlan, server: dict[int, int], sheets: list[RoundSheet]) -> CostSheet:
        weights = self.problem.weights
        left = sorted({stop for stop in plan.unserved if 0 <= stop < self._tables.n_stops})
        unserved_cost = self.problem.stops.unserved_cost
        moved = sum(server.get(stop, vehicle) != vehicle for stop, vehicle in self._first.items())
        parts = (
            sum([sheet.legs_cost for sheet in sheets]),
            sum([sheet.vehicle_cost for sheet in sheets]),
            sum([sheet.overtime_cost for sheet in sheets]),
            sum([float(unserved_cost[stop]) for stop in left], 0.0),
            weights.per_moved_stop * moved,
            weights.balance * self._unbalance_s(plan, sheets) if weights.balance else 0.0,
        )
        return CostSheet(
            sum(parts),
            *parts,
            dist_m=sum([sheet.dist_m for sheet in sheets]),
            drive_s=sum([sheet.drive_s for sheet in sheets]),
            overtime_s=sum([sheet.overtime_s for sheet in sheets]),
            moved_stops=moved,
            untouched_stops=self.untouched_stops,
            unserved_stops=len(left),
        )

    def _unbalance_s(self, plan: DayPlan, sheets: list[RoundSheet]) -> float:
        """Sum of how far the working times of the vehicles in use, lost ones aside, are from their mean."""
        begins_s = self._tables.shift_start_s
        used = [s for s, r in zip(sheets, plan.rounds, strict=False) if r and not self._lost[s.vehicle]]
        if not used:
            return 0.0
        worked_s = [sheet.finish_s - begins_s[sheet.vehicle] for sheet in used]
        mean_s = sum(worked_s) / len(worked_s)
        return sum([abs(one_s - mean_s) for one_s in worked_s])


def _words(visit: tuple[int, int, bool]) -> str:
    return f"{Kind(visit[0]).name.lower()} {visit[1]}" + (" backward" if visit[2] else "")


def check(problem: RouteProblem, plan: DayPlan) -> Verdict:
    """Everything about one plan; who has several for the same problem makes a `Checker`.

    Parameters
    ----------
    problem
        The day.
    plan
        Any plan, sound or not.
    """
    return Checker(problem).check(plan)


def check_round(problem: RouteProblem, vehicle: int, visits: Round) -> RoundVerdict:
    """Everything about one round by itself, as `Checker.check_round`.

    Parameters
    ----------
    problem
        The day.
    vehicle
        Number of the vehicle.
    visits
        Its round.
    """
    return Checker(problem).check_round(vehicle, visits)
