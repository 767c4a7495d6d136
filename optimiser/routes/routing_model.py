"""OR-Tools routing as a member of the portfolio, and alone as a baseline.

Called by the engine from its third thread on, and by the benchmarks. All rules but the balance of
rounds are in its model; every plan it gives has passed the checker. OR-Tools holds the interpreter's lock
but for our callbacks: during the search another Python thread waits up to 30 ms for its turn, but while the
model is built and the first solution sought up to seconds (800 stops). So beside a service it belongs in a
process of its own (0.8 s to start); beside a compiled search that lets go of the lock a thread will do.
"""

import time
from collections.abc import Callable
from typing import Any

from ortools.constraint_solver import pywrapcp
from ortools.constraint_solver.routing_enums_pb2 import FirstSolutionStrategy, LocalSearchMetaheuristic

from optimiser.routes.checker import Checker
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.routing_build import RoutingSetup, build_model
from optimiser.routes.routing_nodes import RoutingNodes, make_nodes
from optimiser.routes.routing_plan import PlanMaker

__all__ = ["routing_solve"]

REPORT_EVERY_S = 0.05
"""Least time between two solutions that are turned into plans: early on there are hundreds a second."""

SEED_STRATEGIES = (
    FirstSolutionStrategy.PATH_CHEAPEST_ARC,
    FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION,
    FirstSolutionStrategy.LOCAL_CHEAPEST_INSERTION,
)
"""Ways to a first solution with tips between trips, tried until one serves every stop: the first led to the
best end on Kim's instances, the others serve more where trips have release times."""

SEED_SHARE = 0.6
"""Share of the time left that one of them may take: the first needs 2 s for 800 stops."""

LOOK_EVERY = 256
"""Of so many questions whether to end, one is looked into: each some milliseconds, where looking every time
took a tenth of the search (measured on 100 and 200 stops)."""


class _Watch:
    """Turns better solutions into plans, tells them, and ends the search in time."""

    def __init__(
        self,
        setup: RoutingSetup,
        maker: PlanMaker,
        checker: Checker,
        deadline: float,
        cancelled: Callable[[], bool],
        on_better: Callable[[DayPlan], None] | None,
    ) -> None:
        self._setup, self._maker, self._checker = setup, maker, checker
        self._deadline, self._cancelled, self._on_better = deadline, cancelled, on_better
        self._news: tuple[list[list[int]], dict[int, float]] | None = None
        self._told_at = 0.0
        self._asked, self._ended = 0, False
        self._cheapest = float("inf")
        self.best: DayPlan | None = None
        self._best_cost = float("inf")

    def at_solution(self) -> None:
        """Keep a solution that is cheaper than all before."""
        cost = self._setup.model.CostVar().Max()
        if cost < self._cheapest:
            self._cheapest = cost
            self._news = (self._setup.routes(), self._rests())
        if time.monotonic() - self._told_at >= REPORT_EVERY_S:
            self.tell()

    def over(self) -> bool:
        """Whether the search has to end; OR-Tools asks 100,000 times a second, so mostly we do not look."""
        self._asked += 1
        if self._asked % LOOK_EVERY:
            return self._ended
        now = time.monotonic()
        if now - self._told_at >= REPORT_EVERY_S:
            self.tell()
        self._ended = self._ended or now >= self._deadline or self._cancelled()
        return self._ended

    def tell(self) -> None:
        """Judge what has not been judged, and report it where it is better."""
        self._told_at = time.monotonic()
        if self._news is None:
            return
        (routes, rests), self._news = self._news, None
        plan = self._maker.plan(routes, rests)
        if plan is None:
            return
        verdict = self._checker.check(plan)
        if verdict.feasible and verdict.cost.total < self._best_cost:
            self.best, self._best_cost = plan, verdict.cost.total
            if self._on_better is not None:
                self._on_better(plan)

    def _rests(self) -> dict[int, float]:
        nodes = self._setup.nodes
        per_s = nodes.time_scale.per_unit
        return {v: nodes.origin_s + rest.StartMin() / per_s for v, rest in self._setup.rests.items()}


def routing_solve(
    problem: RouteProblem,
    seconds: float,
    start: DayPlan | None,
    cancelled: Callable[[], bool],
    on_better: Callable[[DayPlan], None] | None,
) -> DayPlan | None:
    """Search with OR-Tools' guided local search.

    Parameters
    ----------
    problem
        The day as a question, in any state.
    seconds
        Time for building and search, s.
    start
        Plan to begin with, or None. Rounds of it that break rules are begun anew.
    cancelled
        Asked at every step of the search; True ends it.
    on_better
        Told of each better plan, in the calling thread.

    Returns
    -------
    DayPlan | None
        The best plan found, which the checker has passed; None where there is none.
    """
    deadline = time.monotonic() + seconds
    checker = Checker(problem)
    nodes = make_nodes(problem, checker, start)
    maker = PlanMaker(nodes, checker)
    if not nodes.standings or not len(nodes.stop):
        return _idle(maker, checker)
    setup = build_model(nodes)
    watch = _Watch(setup, maker, checker, deadline, cancelled, on_better)
    setup.model.AddAtSolutionCallback(watch.at_solution)
    setup.model.AddSearchMonitor(setup.model.solver().CustomLimit(watch.over))
    routes = maker.routes(start) if start is not None else _seed(nodes, deadline)
    parameters = _parameters(deadline)
    setup.model.CloseModelWithParameters(parameters)
    first = None if routes is None else _assignment(setup, routes)
    if first is None:
        setup.model.SolveWithParameters(parameters)
    else:
        setup.model.SolveFromAssignmentWithParameters(first, parameters)
    watch.tell()
    return watch.best if watch.best is not None else _idle(maker, checker)


def _idle(maker: PlanMaker, checker: Checker) -> DayPlan | None:
    """The plan that does no more than what is done, if it keeps the rules."""
    plan = maker.plan([[] for _ in maker.standings], {})
    return plan if plan is not None and checker.check(plan).feasible else None


def _seed(nodes: RoutingNodes, deadline: float) -> list[list[int]] | None:
    """Routes to begin with where tips come between trips; None where no rounds need that.

    OR-Tools' insertion never adds a tip, since that alone only costs. So a first model asks a price for each
    tip that is left out; what it builds is a start for the real model, which drops tips that are in the way.
    """
    if not len(nodes.tip):
        return None
    setup = build_model(nodes, tip_price=int(nodes.cost.max()))
    found: list[tuple[int, list[list[int]]]] = []
    setup.model.AddAtSolutionCallback(lambda: found.append((setup.model.CostVar().Max(), setup.routes())))
    for strategy in SEED_STRATEGIES:
        parameters = _parameters(time.monotonic() + SEED_SHARE * max(deadline - time.monotonic(), 0.0))
        parameters.first_solution_strategy = strategy
        parameters.local_search_metaheuristic = LocalSearchMetaheuristic.GREEDY_DESCENT
        parameters.solution_limit = 1
        setup.model.SolveWithParameters(parameters)
        if found and _stops_in(found[-1][1], nodes) == len(set(nodes.stop.tolist())):
            return found[-1][1]
    return min(found)[1] if found else None


def _stops_in(routes: list[list[int]], nodes: RoutingNodes) -> int:
    return sum(node < len(nodes.stop) for route in routes for node in route)


def _parameters(deadline: float) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = FirstSolutionStrategy.PATH_CHEAPEST_ARC
    parameters.local_search_metaheuristic = LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(max(1, int(1000 * (deadline - time.monotonic()))))
    return parameters


def _assignment(setup: RoutingSetup, routes: list[list[int]]) -> Any:
    """OR-Tools' form of routes to begin with; routes that the model does not accept are left empty."""
    model = setup.model
    indices = [[setup.manager.NodeToIndex(node) for node in route] for route in routes]
    whole = model.ReadAssignmentFromRoutes(indices, True)
    if whole is not None:
        return whole
    kept: list[list[int]] = [[] for _ in indices]
    for v, route in enumerate(indices):
        alone: list[list[int]] = [[] for _ in indices]
        alone[v] = route
        if model.ReadAssignmentFromRoutes(alone, True) is not None:
            kept[v] = route
    return model.ReadAssignmentFromRoutes(kept, True)
