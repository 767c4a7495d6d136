"""The baselines and the plain solvers on the states the engine was measured on, added to its rows.

Used by the runner after the engine's own times are taken. It measures the others only.
"""

import sys
from dataclasses import asdict
from typing import Any

import numpy as np

from optimiser.benchmarks.baselines.methods import Prices, answers
from optimiser.benchmarks.bench_region import BenchRegion
from optimiser.benchmarks.child_process import in_child
from optimiser.benchmarks.plain_solver import SOLVERS, PlainAnswer, solve_plain
from optimiser.benchmarks.states import movers_of
from optimiser.cover.engine import CoverEngine
from optimiser.cover.figures import Figures
from optimiser.cover.problem import CoverProblem

Row = dict[str, Any]
# A solver that overruns its limit by so much is ended: SCIP looks at the clock rarely while it presolves.
OVERRUN = 10.0
OVERRUN_S = 120.0


def add_baselines(
    region: BenchRegion, problems: list[CoverProblem], rows: list[Row], seconds: float, each_states: int
) -> None:
    """Add to each row what the baselines came to.

    Parameters
    ----------
    region, problems, rows
        The states and their rows, in the same order.
    seconds
        Limit of each of their integer programmes.
    each_states
        In so many of the states the programmes are asked for every number of moves, in the others for the
        most only.
    """
    # An engine of its own, for the index alone.
    engine = CoverEngine(region.attendance_s, region.standards)
    road_s = region.road_s.astype(np.float64)
    for n, (problem, row) in enumerate(zip(problems, rows, strict=True)):
        movers = movers_of(engine, problem)
        prices = Prices(Figures(engine.index, problem), movers)
        found = answers(problem, movers, prices, road_s, seconds, each=n < each_states)
        row["baselines"] = {answer.name: asdict(answer) for answer in found}
        _say(f"{region.id}: baselines, {n + 1}/{len(problems)} states")
    print(file=sys.stderr)


def add_plain(
    region: BenchRegion, problems: list[CoverProblem], rows: list[Row], limit_s: float, states: int, key: str
) -> None:
    """Add to the first rows, under a key, what SCIP and CP-SAT did with the plain model in a limit."""
    engine = CoverEngine(region.attendance_s, region.standards)
    for n, (problem, row) in enumerate(zip(problems[:states], rows, strict=False)):
        movers = movers_of(engine, problem)
        row[key] = []
        for solver in SOLVERS:
            _say(f"{region.id}: plain model to {solver}, {limit_s:g} s, {n + 1}/{states} states")
            hard_s = OVERRUN * limit_s + OVERRUN_S
            answer = in_child(solve_plain, (problem, movers, solver, limit_s), hard_s)
            row[key].append((answer or _ended(solver, limit_s, hard_s)).row())
    print(file=sys.stderr)


def _ended(solver: str, limit_s: float, hard_s: float) -> PlainAnswer:
    """Return the answer of a solver that had to be ended, or that ran out of memory."""
    return PlainAnswer(solver, "failed", hard_s, 0.0, limit_s, None, None, None, None, 0, 0)


def _say(words: str) -> None:
    print(f"\r{words:<70}", end="", file=sys.stderr, flush=True)
