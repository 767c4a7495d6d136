"""What the engine takes and finds on each state, and the memory it needs.

Used by the runner, first and alone, so that nothing else runs beside it. It compares nothing.
"""

import sys
import time
from pathlib import Path

import numpy as np

from optimiser.benchmarks.bench_region import BenchRegion
from optimiser.benchmarks.child_process import in_child
from optimiser.benchmarks.live_states import live_states
from optimiser.benchmarks.states import engine_for, random_states
from optimiser.cover.certificate import PROVEN_GAP
from optimiser.cover.engine import CoverEngine
from optimiser.cover.plan import CoverPlan, FrontierPoint
from optimiser.cover.problem import CoverProblem

CERTIFY_S = 10.0
MEMORY_STATES = 12
MEMORY_TIMEOUT_S = 600.0
MIB = 2**20

Row = dict[str, object]


def measured(region: BenchRegion, problems: list[CoverProblem], words: str) -> list[Row]:
    """Return a row for each state: first plan, reasons and alternatives, certificate, certified frontier.

    An engine of its own, warmed up, is asked about them one after the other. `words` say on the terminal
    which states these are.
    """
    engine = engine_for(region)
    rows: list[Row] = []
    for n, problem in enumerate(problems):
        rows.append({"state": n} | _timed(engine, problem))
        done = f"{n + 1}/{len(problems)}"
        print(f"\r{region.id}: engine, {words} {done}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


def _timed(engine: CoverEngine, problem: CoverProblem) -> Row:
    begin = time.perf_counter()
    first = engine.first_plan(problem)
    planned = time.perf_counter()
    reasons = engine.explain(problem, first)
    explained = time.perf_counter()
    others = engine.alternatives(problem, first)
    listed = time.perf_counter()
    proven = engine.certify(problem, first, CERTIFY_S)
    certified = time.perf_counter()
    certify_ms = (certified - listed) * 1e3
    row: Row = {
        "available": int(problem.available.sum()),
        "locked": int(problem.locked.sum()),
        "scenes": len(problem.scenes),
        "charged": 0 if problem.departing_charge is None else int((problem.departing_charge > 0.0).sum()),
        "undoing": len(problem.undoing),
        "away": int((problem.available & (problem.appliance_station != problem.home)).sum()),
        "first_plan_ms": (planned - begin) * 1e3,
        "explain_ms": (explained - planned) * 1e3,
        "alternatives_ms": (listed - explained) * 1e3,
        "after_first_ms": (listed - planned) * 1e3,
        "certify_ms": certify_ms,
        "reasons": len(reasons),
        "alternatives": len(others),
        "do_nothing": first.frontier[0].objective,
        "do_nothing_risk": first.frontier[0].risk,
    }
    return row | _found(first, proven) | _frontier(engine, problem, proven, certify_ms)


def _found(first: CoverPlan, proven: CoverPlan) -> Row:
    bound = proven.bound if proven.bound is not None else float("nan")
    nothing = first.frontier[0].objective
    return {
        "first_moves": len(first.moves),
        "first_objective": first.objective,
        "first_by_moves": [point.objective for point in first.frontier],
        "first_risk_by_moves": [point.risk for point in first.frontier],
        "moves": len(proven.moves),
        "objective": proven.objective,
        "bound": bound,
        "gap": proven.gap,
        "certificate": proven.certificate,
        "first_gap": (first.objective - bound) / max(first.objective, 1e-9),
        "do_nothing_gap": (nothing - bound) / max(nothing, 1e-9),
    }


def _frontier(engine: CoverEngine, problem: CoverProblem, proven: CoverPlan, certify_ms: float) -> Row:
    """Certify the whole frontier; its time counts with that of the certificate."""
    start = time.perf_counter()
    points: tuple[FrontierPoint, ...] = engine.certify_frontier(problem, proven, CERTIFY_S).frontier
    taken_ms = (time.perf_counter() - start) * 1e3
    gaps = [point.gap for point in points]
    return {
        "frontier_ms": certify_ms + taken_ms,
        "frontier_gaps": gaps,
        "frontier_proven": sum(gap is not None and gap <= PROVEN_GAP for gap in gaps),
        "by_moves": [point.objective for point in points],
        "risk_by_moves": [point.risk for point in points],
    }


def memory(region: BenchRegion, seed: int) -> Row:
    """Return the memory of a fresh process that holds the region and one engine, MiB.

    `before_mib`: with the arrays of the region and all code loaded; `peak_mib`: the most while the engine is
    built, warmed up and asked about some states, each plain and as live; `engine_mib`: the difference.
    """
    found: Row | None = in_child(_memory_used, (region, seed), MEMORY_TIMEOUT_S)
    return found if found is not None else {"failed": f"no answer within {MEMORY_TIMEOUT_S:g} s"}


def _memory_used(region: BenchRegion, seed: int) -> Row:
    plain = random_states(region, MEMORY_STATES, seed)
    problems = [*plain, *live_states(region, plain, seed)]
    before = _resident_mib("VmRSS")
    engine = engine_for(region)
    for problem in problems:
        _timed(engine, problem)
    peak = _resident_mib("VmHWM")
    return {
        "before_mib": before,
        "peak_mib": peak,
        "engine_mib": round(peak - before, 1),
        "held_mib": _resident_mib("VmRSS"),
        "states": len(problems),
    }


def _resident_mib(field: str) -> float:
    """Return a figure of this process's memory; NaN where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith(field))
    return float(np.round(int(line.split()[1]) * 1024 / MIB, 1))
