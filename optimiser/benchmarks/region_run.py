"""One region in a run of the benchmark: its states, rows and result, filled and written part by part.

Used by the runner. It measures nothing itself and asserts nothing.
"""

import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from optimiser.benchmarks.bench_region import BenchRegion
from optimiser.benchmarks.comparison import Job, baselines, plain
from optimiser.benchmarks.engine_timing import measured, memory
from optimiser.benchmarks.live_states import live_states
from optimiser.benchmarks.result_file import write_result
from optimiser.benchmarks.states import random_states
from optimiser.benchmarks.summary import baseline_summary, engine_summary, plain_summary
from optimiser.benchmarks.targets import targets
from optimiser.cover.problem import CoverProblem

# States of one job of the baselines: small enough that no core is left without one at the end.
BASELINE_STATES = 50


class RegionRun:
    """One region's states, rows and result, filled phase by phase."""

    def __init__(self, region: BenchRegion, states: int, seed: int, out: Path, method: str) -> None:
        self.region = region
        self.problems: list[CoverProblem] = random_states(region, states, seed)
        self.rows: list[dict[str, Any]] = []
        self.memory: dict[str, object] = {}
        self.seconds: dict[str, float] = {}
        self._seed, self._out, self._method = seed, out, method

    def phase(self, name: str, work: Callable[[], None]) -> None:
        """Do one part alone, note how long it took, and write what there is so far."""
        start = time.perf_counter()
        work()
        self._done(name, time.perf_counter() - start)

    def time_engine(self) -> None:
        """Take the engine's own times on the plain states."""
        self.rows = measured(self.region, self.problems, "states")

    def time_live(self) -> None:
        """Take them on the same states as the live service asks about them."""
        live = live_states(self.region, self.problems, self._seed)
        for row, found in zip(self.rows, measured(self.region, live, "states as live"), strict=True):
            row["live"] = found

    def weigh_engine(self) -> None:
        """Take the engine's memory in a process of its own."""
        self.memory = memory(self.region, self._seed)

    def baseline_jobs(self, seconds: float, each_states: int) -> list[Job]:
        """Return the jobs of asking the methods of the literature, some states each."""
        made = []
        for start in range(0, len(self.problems), BASELINE_STATES):
            problems = self.problems[start : start + BASELINE_STATES]
            asked = partial(baselines, self.region, problems, seconds, max(0, each_states - start))
            made.append(Job(self.region.id, "baselines", start, asked))
        return made

    def plain_job(self, solver: str, seconds: float, states: int, key: str) -> Job:
        """Return the job of giving the plain model of the first states to a solver."""
        asked = partial(plain, self.region, self.problems[:states], solver, seconds, key)
        return Job(self.region.id, f"{key} {solver}", 0, asked)

    def add(self, job: Job, found: list[dict[str, Any]], seconds: float) -> None:
        """Add what a job found to its rows, what is one of several to their list; write it all."""
        for row, new in zip(self.rows[job.start :], found, strict=False):
            for key, value in new.items():
                if key.startswith("plain"):
                    row.setdefault(key, []).append(value)
                else:
                    row[key] = value
        self._done(job.name, seconds)

    def _done(self, name: str, seconds: float) -> None:
        self.seconds[name] = round(self.seconds.get(name, 0.0) + seconds, 1)
        engine = engine_summary(self.rows)
        live = [row["live"] for row in self.rows if "live" in row]
        result = {
            "method": self._method,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "environment": environment(),
            "region": self.region.id,
            "made_from": self.region.note,
            "size": self.region.size,
            "seed": self._seed,
            "phase_seconds": self.seconds,
            "memory": self.memory,
            "engine": engine,
            "engine_as_live": engine_summary(live) if live else None,
            "baselines": baseline_summary(self.rows),
            "plain": plain_summary(self.rows, engine),
        }
        result["targets"] = targets(result, self.rows, fourfold=self.region.copies > 1)
        write_result(self._out / f"cover-{self.region.id}.json", result, self.rows)


def environment() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "numba", "scipy", "ortools")},
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
    }
