"""Plans out of OR-Tools' routes, with last tips and breaks, and routes out of plans.

Used by `routing_model` only. OR-Tools may break a drive for a rest, which a crew here may not: so the place
of each break is found anew, and only rounds that the checker passes are let through. It never searches.
"""

import numpy as np

from optimiser.routes.checker import Checker
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL, DayPlan, Kind, Visit
from optimiser.routes.plan import Round as PlanRound
from optimiser.routes.routing_nodes import RoutingNodes, Standing
from optimiser.routes.verdict import RoundSheet, Rule

KEPT_ROUNDS = 4096
"""Rounds remembered with their breaks: successive solutions share most of theirs."""

TRIED_BREAKS = 24
"""Places tried for a break, nearest to OR-Tools' own first."""

TRIED_TAILS = 4
"""Other last tips tried where the cheapest comes at the wrong hour."""


class PlanMaker:
    """Turns routes of nodes into plans that keep the rules."""

    def __init__(self, nodes: RoutingNodes, checker: Checker) -> None:
        self._nodes, self._checker, self._problem = nodes, checker, nodes.problem
        self._known: dict[tuple[int, tuple[int, ...]], PlanRound | None] = {}

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Vehicles of the model."""
        return self._nodes.standings

    def plan(self, routes: list[list[int]], rest_s: dict[int, float]) -> DayPlan | None:
        """Make a plan.

        Parameters
        ----------
        routes
            Nodes by vehicle of the model, without its start and end.
        rest_s
            When OR-Tools puts the break, by vehicle of the model.

        Returns
        -------
        DayPlan | None
            Stops of a round that does not keep the rules are unserved; None where it cannot even go home.
        """
        rounds = list(self._history())
        for v, route in enumerate(routes):
            key = (v, tuple(route))
            if key not in self._known:
                if len(self._known) >= KEPT_ROUNDS:
                    self._known.clear()
                self._known[key] = self._round(v, route, rest_s.get(v))
            found = self._known[key]
            if found is None:  # the model let it pass, the checker does not: better unserved than no plan
                found = self._round(v, [], None)
            if found is None:
                return None
            rounds[self._nodes.standings[v].vehicle] = found
        served = np.zeros(len(self._problem.stops), bool)
        served[[visit.index for visits in rounds for visit in visits if visit.kind == Kind.STOP]] = True
        return DayPlan(tuple(rounds), tuple(int(stop) for stop in np.flatnonzero(~served)))

    def routes(self, plan: DayPlan) -> list[list[int]]:
        """Nodes by vehicle of the model for a plan; what the model does not know is left out."""
        nodes = self._nodes
        ways = {(int(s), bool(b)): i for i, (s, b) in enumerate(zip(nodes.stop, nodes.backward, strict=True))}
        free: dict[int, list[int]] = {}
        for i, tip in enumerate(nodes.tip.tolist()):
            free.setdefault(tip, []).append(len(nodes.stop) + i)
        found = []
        for v, standing in enumerate(nodes.standings):
            visits = [x for x in plan.rounds[standing.vehicle][len(standing.done) :] if x.kind != Kind.BREAK]
            while visits and visits[-1].kind == Kind.TIP:
                visits.pop()
            route: list[int] = []
            for visit in visits:
                node = ways.get((visit.index, visit.backward))
                if visit.kind == Kind.TIP and free.get(visit.index) and (route or standing.on_board.any()):
                    route.append(free[visit.index].pop())
                elif visit.kind == Kind.STOP and node is not None and nodes.may[v, visit.index]:
                    route.append(node)
            found.append(route)
        return found

    def _history(self) -> list[PlanRound]:
        """The rounds of lost vehicles: what they have done."""
        in_force, n = self._problem.in_force, len(self._problem.fleet)
        if in_force is None:
            return [()] * n
        return [in_force.plan.rounds[v][: int(in_force.done[v])] for v in range(n)]

    def _round(self, v: int, route: list[int], rest_s: float | None) -> PlanRound | None:
        nodes, standing = self._nodes, self._nodes.standings[v]
        best = nodes.tails[nodes.ends[v]][route[-1] if route else nodes.starts[v]]
        for tail in dict.fromkeys((best, *nodes.other_tails[:TRIED_TAILS])):
            visits = [*standing.done, *(self._visit(node) for node in route)]
            visits.extend(self._tail(standing, route, tail))
            found = self._passed(standing, visits, rest_s)
            if found is not None:
                return found
        return None

    def _passed(self, standing: Standing, visits: list[Visit], rest_s: float | None) -> PlanRound | None:
        """The round, with a break where it needs one, if it keeps the rules."""
        if not visits:
            return ()
        verdict = self._checker.check_round(standing.vehicle, tuple(visits))
        if verdict.feasible:
            return tuple(visits)
        if any(violation.code != Rule.BREAK for violation in verdict.violations):
            return None
        return self._with_break(standing, visits, verdict.sheet, rest_s)

    def _visit(self, node: int) -> Visit:
        nodes = self._nodes
        if node < len(nodes.stop):
            return Visit(Kind.STOP, int(nodes.stop[node]), bool(nodes.backward[node]))
        return Visit(Kind.TIP, int(nodes.tip[node - len(nodes.stop)]))

    def _tail(self, standing: Standing, route: list[int], wanted: tuple[int, ...]) -> list[Visit]:
        """The last tips: those wanted that take something of what is on board, others for what remains."""
        problem = self._problem
        board = standing.on_board.copy()
        for visit in map(self._visit, route):
            if visit.kind == Kind.STOP:
                board = board + problem.stops.load[visit.index]
            else:
                board = np.where(problem.tips.takes[visit.index], 0.0, board)
        tips = []
        for tip in (*wanted, *range(len(problem.tips))):
            if (board[problem.tips.takes[tip]] > 0).any():
                tips.append(Visit(Kind.TIP, tip))
                board = np.where(problem.tips.takes[tip], 0.0, board)
        return tips

    def _with_break(
        self, standing: Standing, visits: list[Visit], sheet: RoundSheet, rest_s: float | None
    ) -> PlanRound | None:
        """The round with its break where it costs least time, of the places that keep the rules."""
        fleet, vehicle = self._problem.fleet, standing.vehicle
        hint = float(fleet.break_earliest_s[vehicle]) if rest_s is None else rest_s
        before_s = [standing.clock_s, *sheet.times.finish_s[len(standing.done) :].tolist()]
        gaps = range(len(standing.done), len(visits) + 1)
        order = sorted(zip(gaps, before_s, strict=True), key=lambda gap: abs(gap[1] - hint))
        places = [(at, how) for at, _ in order for how in (BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL)]
        best, best_s = None, np.inf
        for at, how in places[:TRIED_BREAKS]:
            tried = (*visits[:at], Visit(Kind.BREAK, how), *visits[at:])
            verdict = self._checker.check_round(vehicle, tried)
            if verdict.feasible and verdict.sheet.finish_s < best_s:
                best, best_s = tried, verdict.sheet.finish_s
                if verdict.sheet.overtime_s == 0:
                    break
        return best
