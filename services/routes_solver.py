"""The route engine asked in the words of files: answers as `cover routes` prints them.

Called by `cover routes`. Holds no algorithm: it hands problems to the engine and its plans to the answer.
"""

from collections.abc import Callable

from optimiser.routes.engine import Progress, RouteAnswer, solve, three_answers
from optimiser.routes.formats.instance import Instance
from services.routes_answer import REPAIR_FORMAT, Judged, Repair, RoutesAnswer, routes_answer

Say = Callable[[str], None]


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
    found = three_answers(
        instance.problem, seconds, seed=seed, cancelled=cancelled, progress=_teller(instance, say)
    )
    past = instance.problem.in_force
    lost = () if past is None else past.lost.nonzero()[0].tolist()
    return Repair(
        format=REPAIR_FORMAT,
        file=file,
        lost=[instance.problem.fleet.ids[vehicle] for vehicle in lost],
        no_churn=_answer(file, instance, found.no_churn),
        little=_answer(file, instance, found.little),
        free=_answer(file, instance, found.free),
    )


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
