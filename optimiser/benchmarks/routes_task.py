"""One solver on one instance for some seconds, in a process of its own, judged by the checker.

Called by the route benchmark through `child_process`. Times are taken after everything is loaded and
compiled; how long that took is in the row too. It never judges by itself: the checker does.
"""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser.benchmarks.child_process import in_child
from optimiser.benchmarks.council_day import council_day
from optimiser.benchmarks.routes_instances import Named, load_instance
from optimiser.routes.checker import check
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem

ENGINE, PYVRP, ORTOOLS = "engine", "pyvrp", "ortools"
SOLVERS = (ENGINE, PYVRP, ORTOOLS)
# Cores a solver uses: ours two, PyVRP and OR-Tools one each, so that two of theirs run side by side.
CORES = {ENGINE: 2, PYVRP: 1, ORTOOLS: 1}
# PyVRP on two cores is two seeds in two processes, the better of them counted.
SEEDS = {ENGINE: (1,), PYVRP: (1, 2), ORTOOLS: (1,)}
# Loading, compiling on a machine that never did, and a solver that looks at the clock rarely.
MORE_S = 600.0
# What a process solves before its clock starts: small, with every rule on.
WARM_STOPS, WARM_VEHICLES, WARM_S = 24, 2, 0.5
MOST_WARM = 6
# Judged by the rules that were left: no lunches, no daily caps.
RELAXED = "relaxed"
MB_PER_KB = 1024 / 1e6


@dataclass(frozen=True, slots=True)
class Task:
    """One run: who solves what for how long, and from which random numbers."""

    named: Named
    solver: str
    seconds: float
    seed: int

    def key(self) -> dict[str, Any]:
        """What makes the run's row the only one of its kind."""
        return {
            "family": self.named.family,
            "instance": self.named.name,
            "solver": self.solver,
            "seconds": self.seconds,
            "seed": self.seed,
        }


@dataclass(slots=True)
class Solved:
    """What a solver came back with: its plan, and what else it says."""

    plan: DayPlan | None
    said: dict[str, Any]


def run_task(task: Task) -> dict[str, Any]:
    """Return the row of a run; one that did not come back, or cannot be asked, has a status that says so."""
    row: dict[str, Any] | None = in_child(measure, (task,), task.seconds + MORE_S)
    return task.key() | (row if row is not None else {"status": "failed"})


def measure(task: Task) -> dict[str, Any]:
    """Solve and judge; to be called in a process of its own."""
    began = time.perf_counter()
    instance, best_known = load_instance(task.named)
    solve = _solver_of(task.solver)
    why_not, asked = _fitting(task.solver, instance.problem)
    if asked is None:
        return {"status": "does not fit", "why": why_not, "best_known": best_known}
    cpu_before = _cpu_s()
    start = time.perf_counter()
    solved = solve(asked, task.seconds, task.seed)
    elapsed_s, cpu_s = time.perf_counter() - start, _cpu_s() - cpu_before
    row: dict[str, Any] = {
        "status": "no plan",
        "best_known": best_known,
        "load_s": start - began,
        "elapsed_s": elapsed_s,
        "cpu_s": cpu_s,
        "stops": len(asked.stops),
        **solved.said,
    }
    if solved.plan is not None:
        verdict = check(asked, solved.plan)
        cost = instance.cost_of(verdict)
        complete = not (instance.must_serve_all and verdict.cost.unserved_stops)
        able = "feasible" if why_not is None else RELAXED
        row |= {
            "status": able if verdict.feasible and complete else "infeasible",
            "why": why_not,
            "cost": cost,
            "gap": cost / best_known - 1.0 if best_known else None,
            "unserved": verdict.cost.unserved_stops,
            "violations": len(verdict.violations),
            "broken": sorted({one.code for one in verdict.violations}),
            "vehicles": sum(bool(visits) for visits in solved.plan.rounds),
        }
    row["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MB_PER_KB
    return row


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _fitting(solver: str, problem: RouteProblem) -> tuple[str | None, RouteProblem | None]:
    """Return what a solver cannot express, and the problem it is asked: an easier one, or none."""
    if solver != PYVRP:
        return None, problem
    from optimiser.routes.pyvrp_model import pyvrp_fits

    why_not = pyvrp_fits(problem)
    if why_not is None:
        return None, problem
    fleet = problem.fleet
    no_limit = np.full(len(fleet), np.inf)
    fleet = replace(
        fleet,
        break_s=np.zeros(len(fleet)),
        daily_stops=no_limit,
        daily_load=np.full(fleet.daily_load.shape, np.inf),
    )
    relaxed = replace(problem, fleet=fleet)
    return why_not, relaxed if pyvrp_fits(relaxed) is None else None


def _solver_of(name: str) -> Callable[[RouteProblem, float, int], Solved]:
    """Return a solver with all its code loaded."""
    return {ENGINE: _engine, PYVRP: _pyvrp, ORTOOLS: _ortools}[name]()


def _engine() -> Callable[[RouteProblem, float, int], Solved]:
    from optimiser.routes.engine import solve

    def solved(problem: RouteProblem, seconds: float, seed: int) -> Solved:
        answer = solve(problem, seconds, seed=seed, threads=CORES[ENGINE])
        return Solved(answer.plan, {"iterations": answer.iterations, "found_by": str(answer.found_by)})

    # Compiled code is loaded, or compiled, when first called: until a solve is on time, some was not yet.
    small = council_day(1, WARM_STOPS, WARM_VEHICLES).problem
    for _ in range(MOST_WARM):
        began = time.perf_counter()
        solved(small, WARM_S, 1)
        if time.perf_counter() - began <= 2 * WARM_S:
            break
    return solved


def _pyvrp() -> Callable[[RouteProblem, float, int], Solved]:
    from optimiser.routes.pyvrp_model import pyvrp_solve

    return lambda problem, seconds, seed: Solved(pyvrp_solve(problem, seconds, seed, None, _never, None), {})


def _ortools() -> Callable[[RouteProblem, float, int], Solved]:
    from optimiser.routes.routing_model import routing_solve

    # Its search draws nothing: there is no seed.
    return lambda problem, seconds, _: Solved(routing_solve(problem, seconds, None, _never, None), {})


def _never() -> bool:
    return False
