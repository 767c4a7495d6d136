"""A day between plan and kernels: a plan as arrays that kernels change, and back with its breaks.

Called by the instant layer and the search. Never decides where a stop goes.
"""

import numpy as np

from optimiser.routes.day_arrays import empty_day
from optimiser.routes.kernel_break import ARRIVING, break_of
from optimiser.routes.kernel_handle import day_ref, model_ref
from optimiser.routes.kernel_round import renew
from optimiser.routes.model import Model
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL, DayPlan, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem


class DayState:
    """The arrays of one day of one problem.

    Parameters
    ----------
    plan
        What to begin with; None for the done visits alone.
    most_moved
        So many stops at most may leave the vehicle the plan in force gives them; None for any number.
    """

    def __init__(
        self, problem: RouteProblem, model: Model, plan: DayPlan | None = None, most_moved: int | None = None
    ) -> None:
        self.problem = problem
        self.model = model
        self.day = empty_day(model, most_moved)
        self.model_ref = model_ref(model)
        self.ref = day_ref(self.day)
        self._pairs = {
            (int(model.first[n]), int(model.then[n])): n for n in range(model.n_nodes) if model.then[n] >= 0
        }
        self._load(plan)

    def _load(self, plan: DayPlan | None) -> None:
        day, model = self.day, self.model
        in_force = self.problem.in_force
        for v in range(len(model.start)):
            if in_force is not None and in_force.lost[v]:
                renew(self.model_ref, self.ref, v)
                continue
            done = 0 if in_force is None else int(in_force.done[v])
            visits: Round = () if in_force is None else in_force.plan.rounds[v][:done]
            if plan is not None:
                visits += plan.rounds[v][done:]
            self._fill(v, visits)
            renew(self.model_ref, self.ref, v)
        absent = np.flatnonzero((day.vehicle < 0) & ~model.placed)
        day.absent[: len(absent)] = absent
        day.counts[0] = len(absent)
        day.counts[1] = int(((model.home >= 0) & (day.vehicle >= 0) & (day.vehicle != model.home)).sum())

    def _fill(self, v: int, visits: Round) -> None:
        day = self.day
        p = 0
        for visit in visits:
            if visit.kind == Kind.BREAK:
                continue
            node = visit.index + (self.model.n_stops if visit.kind == Kind.TIP else 0)
            p += 1
            day.node[v, p], day.way[v, p] = node, int(visit.backward)
        day.n[v] = p
        if self._pairs:
            self._join_pairs(v)

    def _join_pairs(self, v: int) -> None:
        """Two tips in a row, which together take what neither takes alone, become one node."""
        day, model = self.day, self.model
        kept: list[tuple[int, int]] = []
        for p in range(1, int(day.n[v]) + 1):
            node, way = int(day.node[v, p]), int(day.way[v, p])
            if kept and p - 1 > model.done[v]:
                pair = self._pairs.get((kept[-1][0], node))
                if pair is not None:
                    kept[-1] = (pair, 0)
                    continue
            kept.append((node, way))
        for p, (node, way) in enumerate(kept, 1):
            day.node[v, p], day.way[v, p] = node, way
        day.n[v] = len(kept)

    def plan(self) -> DayPlan:
        """The day as a plan."""
        rounds = tuple(self.round(v) for v in range(len(self.model.start)))
        absent = self.day.absent[: int(self.day.counts[0])]
        return DayPlan(rounds, tuple(sorted(absent.tolist())))

    def round(self, v: int) -> Round:
        """One vehicle's round, its done visits as they are in the plan in force."""
        model, day, in_force = self.model, self.day, self.problem.in_force
        head: Round = () if in_force is None else in_force.plan.rounds[v][: int(in_force.done[v])]
        n, done = int(day.n[v]), int(model.done[v])
        if n == done:
            return head
        rest_after, how = break_of(self.model_ref, self.ref, v)
        tail: list[Visit] = []
        for p in range(done, n + 1):
            if p > done:
                tail += self._visits(int(day.node[v, p]), bool(day.way[v, p]))
            if p == rest_after:
                where = BREAK_ON_ARRIVAL if how == ARRIVING else BREAK_BEFORE_LEAVING
                tail.append(Visit(Kind.BREAK, where))
        return head + tuple(tail)

    def _visits(self, node: int, backward: bool) -> list[Visit]:
        n_stops = self.model.n_stops
        if node < n_stops:
            return [Visit(Kind.STOP, node, backward)]
        second = int(self.model.then[node])
        if second < 0:
            return [Visit(Kind.TIP, node - n_stops)]
        first = int(self.model.first[node])
        return [Visit(Kind.TIP, first - n_stops), Visit(Kind.TIP, second - n_stops)]
