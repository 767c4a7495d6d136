"""A day between plan and kernels: a plan as arrays that kernels change, and back with its breaks.

Called by the instant layer and the search. Takes any plan: a stop twice, unknown numbers and more tips than
there are trips are left out, and such stops are absent. Never decides where a stop goes.
"""

import numpy as np

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.day_arrays import DEPOTS, empty_day, most_tips
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
        heads = self._heads()
        for v, head in enumerate(heads):  # what is done goes before what a plan says of it elsewhere
            day.vehicle[[visit.index for visit in head if visit.kind == Kind.STOP]] = v
        for v, head in enumerate(heads):
            if not self._is_lost(v):
                tail = plan.rounds[v][len(head) :] if plan is not None and v < len(plan.rounds) else ()
                self._fill(v, head + tail)
            renew(self.model_ref, self.ref, v)
        absent = np.flatnonzero((day.vehicle < 0) & ~model.placed)
        day.absent[: len(absent)] = absent
        day.counts[0] = len(absent)
        day.counts[1] = int(((model.home >= 0) & (day.vehicle >= 0) & (day.vehicle != model.home)).sum())

    def _is_lost(self, v: int) -> bool:
        in_force = self.problem.in_force
        return in_force is not None and bool(in_force.lost[v])

    def _heads(self) -> list[Round]:
        """What is done, by vehicle; nothing of lost vehicles, which have no round here."""
        in_force = self.problem.in_force
        return [
            () if in_force is None or in_force.lost[v] else in_force.plan.rounds[v][: int(in_force.done[v])]
            for v in range(len(self.model.start))
        ]

    def _fill(self, v: int, visits: Round) -> None:
        """Write a round; what cannot be loaded is left out.

        Raises
        ------
        RouteInputError
            Where what is done has more visits than there is room for.
        """
        day, model = self.day, self.model
        done = int(model.done[v])
        kept = self._fitting(self._join_pairs(self._nodes(v, visits), done), done)
        if len(kept) + DEPOTS > day.node.shape[1]:
            most = day.node.shape[1] - DEPOTS
            raise RouteInputError(f"plan.rounds[{v}]", f"{len(kept)} visits", f"no more than {most}")
        nodes, ways = [node for node, _ in kept], [way for _, way in kept]
        n = len(kept)
        day.node[v, 1 : n + 1], day.way[v, 1 : n + 1] = nodes, ways
        day.vehicle[[node for node in nodes if node < model.n_stops]] = v
        day.n[v] = n

    def _nodes(self, v: int, visits: Round) -> list[tuple[int, int]]:
        """Nodes and ways of a round, without numbers nobody knows and stops that are elsewhere already."""
        model, vehicle = self.model, self.day.vehicle
        n_stops, n_tips, done = model.n_stops, len(self.problem.tips), int(model.done[v])
        nodes: list[tuple[int, int]] = []
        seen: set[int] = set()
        for kind, index, backward in visits:
            if kind == Kind.STOP and 0 <= index < n_stops:
                if index in seen or vehicle[index] not in (-1, v) or model.placed[index]:
                    continue
                if len(nodes) >= done and not self._may_stay(v, index, len(seen)):
                    continue
                seen.add(index)
                may_turn = len(nodes) < done or model.ways[index] > 1
                nodes.append((index, int(backward and may_turn)))
            elif kind == Kind.TIP and 0 <= index < n_tips:
                nodes.append((index + n_stops, 0))
        return nodes

    def _may_stay(self, v: int, stop: int, rank: int) -> bool:
        """Whether skills and locks allow the stop here, as number `rank` of its round."""
        lock = int(self.model.lock_at[stop])
        return bool(self.model.may[v, stop]) and (lock < 0 or lock == rank)

    def _fitting(self, nodes: list[tuple[int, int]], done: int) -> list[tuple[int, int]]:
        """The nodes without the tips for which there are no more trips."""
        left = most_tips(self.model) - sum(node >= self.model.n_stops for node, _ in nodes[:done])
        kept = nodes[:done]
        for node, way in nodes[done:]:
            if node >= self.model.n_stops:
                left -= 1
                if left < 0:
                    continue
            kept.append((node, way))
        return kept

    def _join_pairs(self, nodes: list[tuple[int, int]], done: int) -> list[tuple[int, int]]:
        """Two tips in a row, which together take what neither takes alone, become one node."""
        if not self._pairs:
            return nodes
        kept: list[tuple[int, int]] = []
        for p, (node, way) in enumerate(nodes, 1):
            if kept and p - 1 > done:
                pair = self._pairs.get((kept[-1][0], node))
                if pair is not None:
                    kept[-1] = (pair, 0)
                    continue
            kept.append((node, way))
        return kept

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
        if n == 0:
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
