"""PyVRP as a member of the portfolio, and alone as a baseline.

Called by the engine (beside the compiled search) and by the benchmarks. It gives plans that keep all rules of
the problem, but never judges them: the checker does. PyVRP lets other Python threads run during its local
search (its C++ code gives up the interpreter's lock), so that one thread may run it while another is inside
a compiled search that does the same; only another *pure Python* loop slows it down, since after each of its
calls of some milliseconds it then waits up to `sys.getswitchinterval()` for its turn.
"""

import time
import warnings
from collections.abc import Callable

import numpy as np
from pyvrp import IteratedLocalSearchParams, Solution, SolveParams, solve
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks

from optimiser.routes.arrays import BoolArray
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.pyvrp_data import PyvrpDay, build_day
from optimiser.routes.pyvrp_fit import pyvrp_fits

__all__ = ["pyvrp_fits", "pyvrp_solve"]

REQUIRED_SHARE = 0.5
"""Share of the time for which stops that are dear to leave out count as required. Where nothing feasible is
found by then, all become optional at their price: some of them cannot be served."""

DEAR_DETOURS = 4.0
"""A stop is dear to leave out where that costs more than a vehicle and this many of the dearest legs: there
and back, and through a tip. Below, PyVRP weighs it; above, the search is quicker with it required."""

REPORT_EVERY_S = 0.05
"""Least time between two better plans that are told: early on PyVRP finds hundreds a second."""


class _Watch(IteratedLocalSearchCallbacks):  # type: ignore[misc, unused-ignore]
    """Stops the search in time, and tells better plans between two calls of the local search."""

    def __init__(
        self,
        problem: RouteProblem,
        day: PyvrpDay,
        deadline: float,
        cancelled: Callable[[], bool],
        on_better: Callable[[DayPlan], None] | None,
        give_up_at: float,
    ) -> None:
        self._problem, self._day = problem, day
        self._deadline, self._give_up_at = deadline, give_up_at
        self._cancelled, self._on_better = cancelled, on_better
        self._news: Solution | None = None
        self._told_at = -np.inf
        self.found = False

    def on_best(self, best: Solution) -> None:
        """Keep a new best solution for the next report."""
        if best.is_feasible():
            self._news = best
            self.found = True

    def tell(self) -> None:
        """Report what has not been reported."""
        if self._news is not None and self._on_better is not None:
            self._on_better(self._day.plan_of(self._news, self._problem))
        self._news = None

    def __call__(self, best_cost: float) -> bool:
        """Whether to stop; PyVRP asks before each of its iterations of some milliseconds."""
        now = time.monotonic()
        if now - self._told_at >= REPORT_EVERY_S:
            self._told_at = now
            self.tell()
        return now >= self._deadline or (not self.found and now >= self._give_up_at) or self._cancelled()


def pyvrp_solve(
    problem: RouteProblem,
    seconds: float,
    seed: int,
    start: DayPlan | None,
    cancelled: Callable[[], bool],
    on_better: Callable[[DayPlan], None] | None,
) -> DayPlan | None:
    """Search with PyVRP.

    Parameters
    ----------
    problem
        The day as a question; one that fits (`pyvrp_fits` says None).
    seconds
        Time for building and search, s. It is kept but for one call of the local search (some milliseconds;
        the first one, where there is no plan to start from, some tenths of a second for 500 stops).
    seed
        Of PyVRP's random numbers.
    start
        Plan to begin with, or None. It need not keep the rules.
    cancelled
        Asked before each iteration; True ends the search.
    on_better
        Told of each better plan, at most every `REPORT_EVERY_S`, in the calling thread.

    Returns
    -------
    DayPlan | None
        The best plan found; None where none keeps the rules, or the problem does not fit.
    """
    begun = time.monotonic()
    if pyvrp_fits(problem) is not None:
        return None
    warnings.filterwarnings("ignore", category=PenaltyBoundWarning)  # we say None where nothing is feasible
    everything = np.ones(len(problem.stops), bool)
    optional = _cheap_to_leave(problem)
    if start is not None:
        optional[list(start.unserved)] = True
    deadline = begun + seconds
    give_up_at = deadline if optional.all() else begun + REQUIRED_SHARE * seconds
    plan, found = _search(problem, optional, deadline, give_up_at, seed, start, cancelled, on_better)
    if not found and not optional.all() and not cancelled() and time.monotonic() < deadline:
        plan, found = _search(problem, everything, deadline, deadline, seed, start, cancelled, on_better)
    return plan


def _search(
    problem: RouteProblem,
    optional: BoolArray,
    deadline: float,
    give_up_at: float,
    seed: int,
    start: DayPlan | None,
    cancelled: Callable[[], bool],
    on_better: Callable[[DayPlan], None] | None,
) -> tuple[DayPlan | None, bool]:
    """Search once, with these stops optional; the plan and whether one was found."""
    day = build_day(problem, optional)
    if day is None:
        return DayPlan(((),) * len(problem.fleet), tuple(range(len(problem.stops)))), True
    watch = _Watch(problem, day, deadline, cancelled, on_better, give_up_at)
    first = None if start is None else day.solution_of(start)
    params = SolveParams(ils=IteratedLocalSearchParams(callbacks=watch))
    result = solve(day.data, watch, seed=seed, collect_stats=False, params=params, initial_solution=first)
    watch.tell()
    if not result.best.is_feasible():
        return None, False
    return day.plan_of(result.best, problem), True


def _cheap_to_leave(problem: RouteProblem) -> BoolArray:
    """Stops whose price is low enough for leaving them out to be weighed, (S,)."""
    weights = problem.weights
    dearest = weights.per_m * problem.dist_m.max() + weights.per_drive_s * problem.travel_s.max()
    detour = float(problem.fleet.fixed_cost.max() + DEAR_DETOURS * dearest + weights.per_moved_stop)
    cheap: BoolArray = problem.stops.unserved_cost < detour
    return cheap
