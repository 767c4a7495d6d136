"""The route engine: a better day within seconds, and the three answers a manager is offered.

Called by the service, commands and benchmarks. Runs a portfolio side by side from the plan in force or from
nothing: chains of ruin and recreate whose rounds are pooled, a genetic search on plain days, PyVRP where its
model fits a day of one trip each, OR-Tools where threads are left. At any moment there is a best plan so far;
the independent checker has the last word on what leaves.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import Checker
from optimiser.routes.genetic import PlainDay
from optimiser.routes.model import build_model
from optimiser.routes.plan import DayPlan
from optimiser.routes.portfolio import (
    Best,
    Portfolio,
    Task,
    chain_task,
    genetic_task,
    pyvrp_task,
    routing_task,
)
from optimiser.routes.problem import RouteProblem
from optimiser.routes.pyvrp_fit import pyvrp_fits
from optimiser.routes.round_pool import RoundPool
from optimiser.routes.search import SearchParameters, never, suited
from optimiser.routes.verdict import Verdict

LITTLE_CHURN = 0.05
"""Of the untouched stops, so many may change vehicle in the middle answer (the issue's figure)."""
NO_CHURN_SHARE = 0.3
"""Of the time for three answers, so much of one thread goes to the most bounded one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a solve is.

    Parameters
    ----------
    elapsed_s
        Since it began.
    cost
        Of the best plan so far, in the problem's weights; inf before there is one.
    unserved
        Stops that plan leaves out.
    found_by
        Who found it.
    """

    elapsed_s: float
    cost: float
    unserved: int
    found_by: str


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """A plan, what the checker says of it, and where it comes from.

    Parameters
    ----------
    plan, verdict
        What to do, and the independent checker's word: feasible unless the plan in force already was not and
        nothing better could be found.
    elapsed_s
        Time spent on it.
    iterations
        Of the chains of ruin and recreate.
    found_by
        `chain`, `together` (the best day of all rounds found), `genetic`, `pyvrp`, `routing`, or `start`
        where nothing was better than the plan it began with.
    """

    plan: DayPlan
    verdict: Verdict
    elapsed_s: float
    iterations: int
    found_by: str


@dataclass(frozen=True, slots=True)
class Options:
    """The three answers, by how many stops may change crews."""

    no_churn: RouteAnswer
    little: RouteAnswer
    free: RouteAnswer


def solve(
    problem: RouteProblem,
    seconds: float,
    *,
    start: DayPlan | None = None,
    seed: int = 1,
    threads: int = 2,
    cancelled: Callable[[], bool] = never,
    progress: Callable[[Progress], None] | None = None,
    churn_limit: float | None = None,
    parameters: SearchParameters | None = None,
) -> RouteAnswer:
    """Find the best plan within `seconds`.

    Parameters
    ----------
    start
        What to begin with; None for the plan in force, or for nothing where there is none.
    threads
        Side by side; one core each is used whole.
    cancelled
        Asked every few milliseconds; the best plan so far is the answer then.
    progress
        Told now and then, from the calling thread.
    churn_limit
        Share of the untouched stops that may change vehicle, None for any.

    Raises
    ------
    RouteInputError
        For a time or a number of threads that cannot be.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise RouteInputError("seconds", seconds, "a finite number >= 0")
    if threads < 1:
        raise RouteInputError("threads", threads, "1 or more")
    began = time.perf_counter()
    checker = Checker(problem)
    if start is None and problem.in_force is not None:
        start = problem.in_force.plan
    model = build_model(problem)
    most_moved = None if churn_limit is None else int(churn_limit * checker.untouched_stops)
    best = Best(checker, start, most_moved)
    pool = RoundPool(model)
    plain = PlainDay.of(problem, model)
    chosen = parameters or suited(model.n_stops, seconds, plain is not None)
    tasks = [
        chain_task(problem, model, start, 1000 * seed + number, chosen, most_moved, pool, number == 0)
        for number in range(threads)
    ]
    if plain is not None and start is None and threads > 1:
        tasks[-1] = genetic_task(plain, seed, pool)
        if plain.roomy and pyvrp_fits(problem) is None:  # it takes what the other finds
            tasks[-2] = pyvrp_task(problem, start, seed)
    elif most_moved is None and threads > 1 and _one_trip(problem) and pyvrp_fits(problem) is None:
        tasks[-1] = pyvrp_task(problem, start, seed)
    elif most_moved is None and threads > 2:
        tasks[-1] = routing_task(problem, start)
    run = Portfolio(best, began + seconds, cancelled)
    run.until_done(tasks, None if progress is None else _teller(progress, best, began))
    return _answer(best, began, run.iterations)


def three_answers(
    problem: RouteProblem,
    seconds: float,
    *,
    seed: int = 1,
    cancelled: Callable[[], bool] = never,
    progress: Callable[[Progress], None] | None = None,
    parameters: SearchParameters | None = None,
) -> Options:
    """No change of crews, a little, and free, all within `seconds` on two threads.

    The price of a moved stop is left out of the free answer's search; what each answer costs is told with it.
    """
    if problem.in_force is None:
        raise RouteInputError("in_force", None, "the plan in force that churn is counted against")
    began = time.perf_counter()
    checker = Checker(problem)
    start = problem.in_force.plan
    little = int(LITTLE_CHURN * checker.untouched_stops)
    bests = [Best(checker, start, 0), Best(checker, start, little), Best(checker, start, None, free=True)]
    model, free_model = build_model(problem), build_model(problem, moved_cost=0.0)
    parameters = parameters or suited(model.n_stops, seconds)
    tasks = [
        chain_task(problem, model, start, 1000 * seed, parameters, 0),
        chain_task(problem, model, start, 1000 * seed + 1, parameters, little),
        chain_task(problem, free_model, start, 1000 * seed + 2, parameters, None),
    ]
    ends = [began + NO_CHURN_SHARE * seconds, began + seconds, began + seconds]
    runs = [Portfolio(best, end, cancelled) for best, end in zip(bests, ends, strict=True)]
    told = None if progress is None else _teller(progress, bests[1], began)

    def first_and_last(run: Portfolio) -> None:
        tasks[0](runs[0])
        bests[2].offer(bests[0].plan, "chain")
        tasks[2](run)

    def middle(run: Portfolio) -> None:
        tasks[1](runs[1])

    runs[2].until_done([first_and_last, middle], told)
    for tighter, wider in ((0, 1), (1, 2)):
        bests[wider].offer(bests[tighter].plan, bests[tighter].found_by)
    iterations = sum(run.iterations for run in runs)
    return Options(*(_answer(best, began, iterations) for best in bests))


def _teller(progress: Callable[[Progress], None], best: Best, began: float) -> Task:
    def tell(_: Portfolio) -> None:
        progress(Progress(time.perf_counter() - began, best.cost, len(best.plan.unserved), best.found_by))

    return tell


def _answer(best: Best, began: float, iterations: int) -> RouteAnswer:
    return RouteAnswer(best.plan, best.verdict, time.perf_counter() - began, iterations, best.found_by)


def _one_trip(problem: RouteProblem) -> bool:
    """Whether no vehicle calls at a tip twice: where PyVRP is at its best beside a chain."""
    return bool((problem.fleet.max_trips <= 1).all())
