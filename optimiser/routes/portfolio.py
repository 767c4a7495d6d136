"""Solvers side by side on one problem, and the best of what they find.

Called by the engine. Each task runs on a thread of its own; the compiled kernels and the libraries' searches
let the others run meanwhile. Nothing becomes the best but what the independent checker accepts.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from optimiser.routes.checker import Checker
from optimiser.routes.genetic import Genetic, PlainDay
from optimiser.routes.model import Model
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.pyvrp_model import pyvrp_solve
from optimiser.routes.round_pool import RoundPool
from optimiser.routes.routing_model import routing_solve
from optimiser.routes.search import Chain, SearchParameters
from optimiser.routes.verdict import Verdict

PHASES = 8
"""A chain looks so often in its time whether another has found something much better."""
TOGETHER_FROM = 6
"""From the end of this phase on, one chain looks for the best day of all rounds that were found."""
TOGETHER_SHARE = 0.04
"""Of the whole time, so much may go to it each time, and to the last iterations after it."""
TELL_EVERY_S = 0.1
SAME_COST = 1e-9
LAG = 0.005
"""A chain whose best is so much dearer than the best of all, relatively, goes on from that."""


class Best:
    """The best plan so far; safe to use from any thread.

    Parameters
    ----------
    start
        The plan to begin with, or None for the idle day: it stays until one is better. Where a rule is broken
        that nobody can mend any more (a crew is late already), the plan that breaks the fewest is the best.
    most_moved
        No plan that moves more stops is taken.
    free
        Whether churn costs nothing in the comparison.
    """

    def __init__(
        self, checker: Checker, start: DayPlan | None, most_moved: int | None, free: bool = False
    ) -> None:
        self._checker = checker
        self._lock = threading.Lock()
        self._most_moved = math.inf if most_moved is None else most_moved
        self._free = free
        self.plan = start if start is not None else _idle(checker.problem)
        self.verdict: Verdict = checker.check(self.plan)
        self.found_by = "start"

    @property
    def cost(self) -> float:
        """Of the best plan, as compared."""
        return self._compared(self.verdict)

    def _compared(self, verdict: Verdict) -> float:
        return verdict.cost.total - (verdict.cost.churn if self._free else 0.0)

    def _better(self, verdict: Verdict) -> bool:
        """Fewer rules broken, or as many by less, or as much and cheaper."""
        wrong, known = _wrong(verdict), _wrong(self.verdict)
        if wrong != known:
            return wrong < known
        return self._compared(verdict) < self.cost - SAME_COST

    def offer(self, plan: DayPlan | None, found_by: str) -> None:
        """Take `plan` where the checker finds it feasible and better."""
        if plan is None:
            return
        with self._lock:
            verdict = self._checker.check(plan)
            if verdict.cost.moved_stops <= self._most_moved and self._better(verdict):
                self.plan, self.verdict, self.found_by = plan, verdict, found_by


def _wrong(verdict: Verdict) -> tuple[int, float]:
    """How many rules are broken, and by how much in whole units."""
    return len(verdict.violations), round(sum(violation.amount for violation in verdict.violations))


class Portfolio:
    """One run: until a time, unless cancelled."""

    def __init__(self, best: Best, until: float, cancelled: Callable[[], bool]) -> None:
        self.best = best
        self.until = until
        self.cancelled = cancelled
        self.iterations = 0

    @property
    def left_s(self) -> float:
        """Seconds left."""
        return self.until - time.perf_counter()

    def until_done(self, tasks: Sequence["Task"], tell: "Task | None") -> None:
        """Run all tasks to their end.

        One that fails does not cost the others their answer: what it raised is raised only where all failed.
        """
        with ThreadPoolExecutor(len(tasks), thread_name_prefix="routes") as pool:
            running = {pool.submit(task, self) for task in tasks}
            left = running
            while left:
                _, left = wait(left, timeout=TELL_EVERY_S)
                if tell is not None:
                    tell(self)
        errors = [error for future in running if (error := future.exception()) is not None]
        if len(errors) == len(tasks):
            raise errors[0]


Task = Callable[[Portfolio], None]


def chain_task(
    problem: RouteProblem,
    model: Model,
    start: DayPlan | None,
    seed: int,
    parameters: SearchParameters | None,
    most_moved: int | None,
    pool: RoundPool | None = None,
    leads: bool = False,
) -> Task:
    """A chain of ruin and recreate; its rounds go into `pool`, and where it `leads` it makes days of them."""

    def task(run: Portfolio) -> None:
        chain = Chain(problem, model, start, seed, parameters, most_moved, pool=pool)
        run.best.offer(chain.plan(), "chain")
        whole_s = run.left_s
        for phase in range(PHASES):
            last = phase == PHASES - 1
            spare_s = 2 * TOGETHER_SHARE * whole_s if leads and last else 0.0
            left_s = run.left_s - (PHASES - 1 - phase) * whole_s / PHASES - spare_s
            if left_s <= 0 or run.cancelled():
                continue
            chain.run(left_s, run.cancelled, heat=(phase / PHASES, (phase + 1) / PHASES))
            run.best.offer(chain.plan(), "chain")
            if run.best.cost < chain.cost * (1 - LAG) and not last:
                chain.adopt(run.best.plan)
            if leads and phase >= TOGETHER_FROM and not run.cancelled():
                known = chain.cost
                if run.best.found_by != "chain":
                    chain.pool_plan(run.best.plan)
                chain.put_together(TOGETHER_SHARE * whole_s, run.best.cost)
                if chain.cost < known:
                    run.best.offer(chain.plan(), "together")
        if leads and run.left_s > 0 and not run.cancelled():
            chain.adopt(run.best.plan)
            chain.run(run.left_s, run.cancelled, heat=(1.0, 1.0))
            run.best.offer(chain.plan(), "chain")
        run.iterations += chain.iterations

    return task


def genetic_task(day: PlainDay, seed: int, pool: RoundPool) -> Task:
    """The genetic search, where the day is plain."""

    def task(run: Portfolio) -> None:
        search = Genetic(day, seed, pool)

        def others(cost: float) -> DayPlan | None:
            return run.best.plan if run.best.cost < cost - SAME_COST else None

        search.run(run.until, run.cancelled, lambda plan: run.best.offer(plan, "genetic"), others)

    return task


def pyvrp_task(problem: RouteProblem, start: DayPlan | None, seed: int) -> Task:
    """PyVRP, where its model fits."""

    def task(run: Portfolio) -> None:
        run.best.offer(
            pyvrp_solve(
                problem, run.left_s, seed, start, run.cancelled, lambda plan: run.best.offer(plan, "pyvrp")
            ),
            "pyvrp",
        )

    return task


def routing_task(problem: RouteProblem, start: DayPlan | None) -> Task:
    """OR-Tools routing, from `start`."""

    def task(run: Portfolio) -> None:
        run.best.offer(
            routing_solve(
                problem, run.left_s, start, run.cancelled, lambda plan: run.best.offer(plan, "routing")
            ),
            "routing",
        )

    return task


def _idle(problem: RouteProblem) -> DayPlan:
    """What is done already, and nothing more."""
    in_force = problem.in_force
    if in_force is None:
        return DayPlan(tuple(() for _ in problem.fleet.ids), tuple(range(len(problem.stops))))
    rounds = tuple(
        visits[: int(done)] for visits, done in zip(in_force.plan.rounds, in_force.done, strict=True)
    )
    served = DayPlan(rounds).vehicle_of()
    return DayPlan(rounds, tuple(stop for stop in range(len(problem.stops)) if stop not in served))
