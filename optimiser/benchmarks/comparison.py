"""The baselines and the plain solvers on the states the engine was measured on, two at a time.

Used by the runner after the engine's own times are taken. It measures the others only.
"""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from optimiser.benchmarks.baselines.methods import Prices, answers
from optimiser.benchmarks.bench_region import BenchRegion
from optimiser.benchmarks.child_process import in_child
from optimiser.benchmarks.plain_solver import PlainAnswer, solve_plain
from optimiser.benchmarks.states import movers_of
from optimiser.cover.engine import CoverEngine
from optimiser.cover.figures import Figures
from optimiser.cover.problem import CoverProblem

Found = list[dict[str, Any]]
# A solver that overruns its limit by so much is ended: SCIP looks at the clock rarely while it presolves.
OVERRUN = 10.0
OVERRUN_S = 120.0
# The baselines of a region are given up after so long.
BASELINES_S = 3600.0
# Jobs that need one core each, beside each other.
LANES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be asked about states of a region in their order, from the `start`-th on.

    `work` returns for each what to add to its row; it waits for processes of its own.
    """

    region: str
    name: str
    start: int
    work: Callable[[], Found]


def side_by_side(jobs: list[Job], lanes: int = LANES) -> Iterator[tuple[Job, Found, float]]:
    """Do jobs, so many at a time, and yield each once done, with the seconds it took.

    One that fails is told on the terminal and yields nothing; the others go on.
    """

    def timed(job: Job) -> tuple[Found, float]:
        start = time.perf_counter()
        return job.work(), time.perf_counter() - start

    with ThreadPoolExecutor(lanes) as pool:
        running = {pool.submit(timed, job): job for job in jobs}
        for future in as_completed(running):
            job = running[future]
            try:
                found, seconds = future.result()
            except Exception as error:
                say(f"{job.region}: {job.name} failed: {error!r}\n")
                continue
            say(f"{job.region}: {job.name} done in {seconds:.0f} s\n")
            yield job, found, seconds


def baselines(region: BenchRegion, problems: list[CoverProblem], seconds: float, each_states: int) -> Found:
    """Return for each state, under "baselines", what the baselines came to, found in a process of its own.

    Parameters
    ----------
    region, problems
        The states.
    seconds
        Limit of each of their integer programmes.
    each_states
        In so many of the states the programmes are asked for every number of moves, in the others for the
        most only; "baselines_each" tells which.

    Raises
    ------
    RuntimeError
        Where the process did not answer.
    """
    found: Found | None = in_child(_baselines, (region, problems, seconds, each_states), BASELINES_S)
    if found is None:
        raise RuntimeError(f"no answer within {BASELINES_S:g} s")
    return found


def plain(region: BenchRegion, problems: list[CoverProblem], solver: str, limit_s: float, key: str) -> Found:
    """Return for each state, under a key, what a solver did with the plain model in a limit."""
    engine = CoverEngine(region.attendance_s, region.standards)
    hard_s = OVERRUN * limit_s + OVERRUN_S
    found: Found = []
    for n, problem in enumerate(problems):
        say(f"{region.id}: plain model to {solver}, {limit_s:g} s, {n + 1}/{len(problems)} states")
        asked = (problem, movers_of(engine, problem), solver, limit_s)
        answer: PlainAnswer | None = in_child(solve_plain, asked, hard_s)
        found.append({key: (answer or _ended(solver, limit_s, hard_s)).row()})
    return found


def say(words: str) -> None:
    """Tell on the terminal how far things are, in place of what was told before."""
    print(f"\r{words:<70}", end="", file=sys.stderr, flush=True)


def _baselines(region: BenchRegion, problems: list[CoverProblem], seconds: float, each_states: int) -> Found:
    # An engine of its own, for the index alone.
    engine = CoverEngine(region.attendance_s, region.standards)
    road_s = region.road_s.astype(np.float64)
    rows: Found = []
    for n, problem in enumerate(problems):
        movers = movers_of(engine, problem)
        prices = Prices(Figures(engine.index, problem), movers)
        found = answers(problem, movers, prices, road_s, seconds, each=n < each_states)
        own = {answer.name: asdict(answer) for answer in found}
        rows.append({"baselines": own, "baselines_each": n < each_states})
        say(f"{region.id}: baselines, {n + 1}/{len(problems)} states")
    return rows


def _ended(solver: str, limit_s: float, hard_s: float) -> PlainAnswer:
    """Return the answer of a solver that had to be ended, or that ran out of memory."""
    return PlainAnswer(solver, "failed", hard_s, 0.0, limit_s, None, None, None, None, 0, 0)
