"""The route engine asked in the words of files: answers as `cover routes` prints them.

Called by `cover routes`. Holds no algorithm: it hands problems to the engine and its plans to the answer.
"""

import time
from collections.abc import Callable
from functools import cache

import numpy as np

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import check
from optimiser.routes.engine import Progress, RouteAnswer, solve, three_answers
from optimiser.routes.formats.instance import Instance
from optimiser.routes.formats.uniform import NO_LIMIT_S, plain_stops, plain_tips, uniform_fleet
from optimiser.routes.instant import LiveDay
from optimiser.routes.live_answer import Insertion
from optimiser.routes.model import build_model
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.search import Chain
from services.cover_file_error import CoverFileError
from services.routes_answer import Judged, routes_answer
from services.routes_answer_document import REPAIR_FORMAT, Placed, Repair, RoutesAnswer
from services.routes_obstacles import why_refused, why_unserved

Say = Callable[[str], None]

WARM_UP_S = 0.05
"""Long enough for a search to have done everything once."""


@cache
def warm_up_search() -> None:
    """Load or compile the engine's machine code, so that no time of a search goes into it.

    From the disk it takes one second; the first run on a machine compiles for a minute.
    """
    problem = _small_day()
    Chain(problem, build_model(problem)).step(1)  # compiling would take all of a short search's time
    solve(problem, WARM_UP_S, threads=1)


@cache
def warm_up_insertion() -> None:
    """The same for what is edited at once."""
    LiveDay(_small_day(), DayPlan(((), ()), (0, 1, 2))).insert(0)


def _small_day() -> RouteProblem:
    """Three stops, two vehicles: two trips are needed."""
    n = 3
    away = np.ones((n + 1, n + 1)) - np.eye(n + 1)
    any_time = np.repeat([[-np.inf, np.inf]], n, axis=0)
    return RouteProblem(
        away,
        away,
        uniform_fleet(2, shift_s=(0.0, NO_LIMIT_S), capacity=2.0, max_trips=2),
        plain_stops(
            tuple("abc"), np.arange(1, n + 1), service_s=np.zeros(n), load=np.ones(n), window_s=any_time
        ),
        plain_tips(("tip",), np.zeros(1, dtype=np.int64), service_s=np.zeros(1), window_s=any_time[:1]),
    )


def solve_instance(
    file: str,
    instance: Instance,
    seconds: float,
    *,
    seed: int,
    threads: int,
    cancelled: Callable[[], bool],
    say: Say,
) -> RoutesAnswer:
    """Search for `seconds` or until cancelled, and return what is printed."""
    warm_up_search()
    found = solve(
        instance.problem,
        seconds,
        seed=seed,
        threads=threads,
        cancelled=cancelled,
        progress=_teller(instance, say),
    )
    return _answer(file, instance, found)


def repair_instance(
    file: str, instance: Instance, seconds: float, *, seed: int, cancelled: Callable[[], bool], say: Say
) -> Repair:
    """Return the three answers to the vehicles that the plan in force says are lost."""
    warm_up_search()
    found = three_answers(
        instance.problem, seconds, seed=seed, cancelled=cancelled, progress=_teller(instance, say)
    )
    past = instance.problem.in_force
    lost = () if past is None else past.lost.nonzero()[0].tolist()
    answers = {name: _answer(file, instance, getattr(found, name)) for name in ("no_churn", "little", "free")}
    for name, answer in answers.items():
        answer.reasons = why_unserved(instance, getattr(found, name).plan)
    names = [instance.problem.fleet.ids[vehicle] for vehicle in lost]
    return Repair(format=REPAIR_FORMAT, file=file, lost=names, **answers)


def insert_stop(file: str, instance: Instance, stop: int, *, insist: bool = False) -> RoutesAnswer:
    """Place an unserved stop in the plan in force, and return what is printed.

    Parameters
    ----------
    stop
        Its number.
    insist
        Whether it is served even where leaving it unserved is cheaper.

    Raises
    ------
    CoverFileError
        Where the plan in force is not one that a stop can be placed in.
    """
    warm_up_insertion()
    try:
        day = LiveDay(instance.problem)
    except RouteInputError as error:
        raise CoverFileError(f"in_force.{error.field}", str(error.found), error.expected) from error
    began = time.perf_counter()
    found = day.insert(stop, insist=insist)
    elapsed_s = time.perf_counter() - began
    judged = Judged(found.plan, check(instance.problem, found.plan), elapsed_s)
    answer = routes_answer(file, instance, judged)
    placed = Placed(instance.problem.stops.ids[stop], round(1000 * elapsed_s, 3))
    if isinstance(found, Insertion):
        placed.vehicle = instance.problem.fleet.ids[found.vehicle]
        placed.position = found.position
        placed.cost_added = round(found.cost, 6)
    else:
        placed.refused = found.text
        placed.reasons, placed.relaxations = why_refused(instance, found.plan, stop)
    answer.placed = placed
    return answer


def _answer(file: str, instance: Instance, found: RouteAnswer) -> RoutesAnswer:
    answer = routes_answer(file, instance, Judged(found.plan, found.verdict, found.elapsed_s))
    answer.iterations = found.iterations
    answer.found_by = found.found_by
    return answer


def _teller(instance: Instance, say: Say) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        cost = progress.cost
        if not progress.unserved and instance.cost_per_m is not None:
            cost = instance.cost_fixed + cost * instance.cost_per_m / (instance.problem.weights.per_m or 1.0)
        left_out = f", {progress.unserved} not served" if progress.unserved else ""
        say(f"best so far {cost:,.1f}{left_out} ({progress.found_by})")

    return tell
