"""The plain model given to SCIP and to CP-SAT as it is, with a time limit, and what came of it.

Used by the benchmark and by tests. Nothing is tuned and no start is given: this is what a general solver does
with the textbook model. It never judges; a run stopped at its limit says so.
"""

import ctypes
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from ortools.linear_solver.python import model_builder_helper

from optimiser.benchmarks.plain_model import PlainModel, plain_model
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem

solver_api: Any = model_builder_helper

SOLVERS = {"scip": "scip", "cp-sat": "sat"}
# The gap at which the engine's certificate stops, asked of the others too.
TARGET_GAP = 1e-3
# A column of SCIP's log says when; these are the ones that say what.
_SCIP_BAR = "|"
_SCIP_TIME = re.compile(r"([\d.]+)s$")
_CP_SAT_LINE = re.compile(r"^#\S+\s+([\d.]+)s\s+best:(\S+)\s+next:\[([^,\]]*)")
# More points than this of one run are not kept.
MOST_TRACE = 200


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """What one solver did within its limit.

    `status`: "proven" (gap at most what was asked), "censored" (stopped at the limit) or "failed". Times in
    seconds; `seconds` is building the model and solving it. `objective`, `bound`, `gap` are None where there
    are none. `trace`: (seconds since the start, objective or None, bound or None) as the solver logged them.
    """

    solver: str
    status: str
    seconds: float
    build_s: float
    limit_s: float
    objective: float | None
    bound: float | None
    gap: float | None
    moves: tuple[tuple[int, int], ...] | None
    variables: int
    rows: int
    trace: tuple[tuple[float, float | None, float | None], ...] = field(default=())

    def row(self) -> dict[str, object]:
        """Return it as a row of results, the moves by their number only."""
        return asdict(self) | {"moves": None if self.moves is None else len(self.moves)}


def solve_plain(
    problem: CoverProblem, movers: Movers, solver: str, limit_s: float, gap: float = TARGET_GAP
) -> PlainAnswer:
    """Build the plain model and solve it.

    Parameters
    ----------
    problem, movers
        The problem (without scenes), and its movers with complete prices.
    solver
        "scip" or "cp-sat".
    limit_s
        Seconds the solver may take; building the model comes on top.
    gap
        Relative gap at which it may stop.
    """
    start = time.perf_counter()
    model = plain_model(problem, movers)
    whole = model.moves.column if solver == "scip" else None
    built = model.rows.built(whole, model.constant)
    build_s = time.perf_counter() - start
    answer = solver_api.ModelSolverHelper(SOLVERS[solver])
    answer.set_time_limit_in_seconds(limit_s)
    answer.set_solver_specific_parameters(_parameters(solver, gap))
    answer.enable_output(True)
    log = _logged(lambda: answer.solve(built))
    seconds = time.perf_counter() - start
    return _answer(model, solver, answer, seconds, build_s, limit_s, tuple(_trace(solver, log, build_s)))


def _logged(run: Callable[[], None]) -> list[str]:
    """Run something and return the lines it wrote to standard output, which a solver's own code does."""
    flush = ctypes.CDLL(None).fflush
    with tempfile.TemporaryFile() as file:
        flush(None)
        kept = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            run()
        finally:
            flush(None)
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        return file.read().decode(errors="replace").splitlines()


def _trace(solver: str, log: list[str], build_s: float) -> Iterator[tuple[float, float | None, float | None]]:
    """Return the points at which objective or bound changed; the solver's clock starts once it is built."""
    last: tuple[float | None, float | None] = (None, None)
    points = (_scip_point(line) if solver == "scip" else _cp_sat_point(line) for line in log)
    found = 0
    for point in points:
        if point is None or point[1:] == last or found >= MOST_TRACE:
            continue
        last, found = point[1:], found + 1
        yield (build_s + point[0], *last)


def _parameters(solver: str, gap: float) -> str:
    if solver == "scip":
        return f"limits/gap = {gap:.3e}"
    return f"relative_gap_limit: {gap:.3e}, num_workers: 2, log_search_progress: true"


def _scip_point(text: str) -> tuple[float, float | None, float | None] | None:
    """Return (seconds, objective, bound) of a line of SCIP's table."""
    parts = [part.strip() for part in text.split(_SCIP_BAR)]
    seconds = _SCIP_TIME.search(parts[0])
    if len(parts) < 5 or seconds is None:
        return None
    objective, bound = _number(parts[-3]), _number(parts[-4])
    return None if bound is None and objective is None else (float(seconds[1]), objective, bound)


def _cp_sat_point(text: str) -> tuple[float, float | None, float | None] | None:
    found = _CP_SAT_LINE.match(text.strip())
    return (float(found[1]), _number(found[2]), _number(found[3])) if found else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _answer(
    model: PlainModel,
    solver: str,
    answer: Any,
    seconds: float,
    build_s: float,
    limit_s: float,
    trace: tuple[tuple[float, float | None, float | None], ...],
) -> PlainAnswer:
    objective = float(answer.objective_value()) if answer.has_solution() else None
    bound = float(answer.best_objective_bound()) if answer.has_response() else None
    bound = bound if bound is not None and np.isfinite(bound) and bound > 0.0 else None
    gap = None
    if objective is not None and bound is not None:
        gap = max(0.0, objective - bound) / max(abs(objective), 1e-9)
    proven = answer.status() == solver_api.SolveStatus.OPTIMAL
    status = "proven" if proven else "censored" if seconds - build_s >= 0.9 * limit_s else "failed"
    moves = tuple(model.moves.pairs(answer.variable_values())) if objective is not None else None
    return PlainAnswer(
        solver=solver,
        status=status,
        seconds=seconds,
        build_s=build_s,
        limit_s=limit_s,
        objective=objective,
        bound=bound,
        gap=gap,
        moves=moves,
        variables=model.rows.n_columns,
        rows=model.rows.n_rows,
        trace=trace,
    )
