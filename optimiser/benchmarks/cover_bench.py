"""How fast and how near the best the cover engine is, next to plain solvers and methods of the literature.

Run by `make bench-cover`. On seeded states of region packs and of a region four times as large: appliances
committed at random (half of the states with one or two large incidents that strip an area), some standing by
away from home, some locked as those already under way are, a random hour of the week, the price of moves as
the service sets it.

In one run, on the same states and the same objective, first the engine alone: first plan with its frontier,
reasons, alternatives, certificate to 0.1 %, certified frontier, memory. Then the baselines of the literature
(`baselines/`, sources there), each as its rule says and with hindsight: of its plans of 0 to K moves the best
for our objective, without any move that does not pay. Then the plain full integer model (`plain_model`) given
to SCIP (one thread) and CP-SAT (two workers) with default settings; their times are building the model and
solving it, and a run stopped at its limit is "censored": it would have taken longer, nobody knows how much,
and is counted as the limit itself.

All figures are wall-clock. Every sample, the environment and this method are written as JSON; a table and
plots are drawn from these files alone (`--redraw`). It never asserts a time.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from geo.region_pack import load_region
from optimiser.benchmarks.bench_region import BenchRegion, fourfold
from optimiser.benchmarks.comparison import add_baselines, add_plain
from optimiser.benchmarks.engine_timing import measured, memory
from optimiser.benchmarks.result_file import read_results, write_result
from optimiser.benchmarks.result_table import table
from optimiser.benchmarks.states import random_states
from optimiser.benchmarks.summary import baseline_summary, engine_summary, plain_summary
from optimiser.cover.problem import CoverProblem

RESULTS = Path(__file__).parent / "results"
EXAMPLE = """example:
  python -m optimiser.benchmarks.cover_bench var/london var/demo
  python -m optimiser.benchmarks.cover_bench var/demo --quick --out /some/folder"""


class RegionRun:
    """One region's states, rows and result, filled phase by phase."""

    def __init__(self, region: BenchRegion, states: int, seed: int, out: Path) -> None:
        self.region = region
        self.problems: list[CoverProblem] = random_states(region, states, seed)
        self.rows: list[dict[str, Any]] = []
        self.memory: dict[str, object] = {}
        self.seconds: dict[str, float] = {}
        self._seed, self._out = seed, out

    def phase(self, name: str, work: Callable[[], None]) -> None:
        """Do one part, note how long it took, and write what there is so far."""
        start = time.perf_counter()
        work()
        self.seconds[name] = round(time.perf_counter() - start, 1)
        engine = engine_summary(self.rows)
        result = {
            "method": __doc__,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "environment": environment(),
            "region": self.region.id,
            "made_from": self.region.note,
            "size": self.region.size,
            "seed": self._seed,
            "phase_seconds": self.seconds,
            "memory": self.memory,
            "engine": engine,
            "baselines": baseline_summary(self.rows),
            "plain": plain_summary(self.rows, engine),
        }
        write_result(self._out / f"cover-{self.region.id}.json", result, self.rows)

    def time_engine(self) -> None:
        """Take the engine's own times."""
        self.rows = measured(self.region, self.problems)

    def weigh_engine(self) -> None:
        """Take the engine's memory in a process of its own."""
        self.memory = memory(self.region, self._seed)

    def compare_baselines(self, seconds: float, each_states: int) -> None:
        """Ask the methods of the literature."""
        add_baselines(self.region, self.problems, self.rows, seconds, each_states)

    def compare_plain(self, seconds: float, states: int, key: str) -> None:
        """Give the plain model to the solvers."""
        add_plain(self.region, self.problems, self.rows, seconds, states, key)


def environment() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "numba", "scipy", "ortools")},
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        description="Measure the cover engine next to plain solvers and the methods of the literature.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("packs", nargs="*", type=Path, help="folders of region packs")
    made.add_argument("--states", type=int, default=200, help="states for each region [200]")
    made.add_argument("--seed", type=int, default=1, help="seed of the states [1]")
    made.add_argument("--fourfold-states", type=int, default=40, help="of the fourfold region [40]; 0: none")
    made.add_argument(
        "--each-states", type=int, default=20, help="states with every baseline's frontier [20]"
    )
    made.add_argument(
        "--baseline-seconds", type=float, default=10.0, help="limit of a baseline's programme [10]"
    )
    made.add_argument("--plain-states", type=int, default=12, help="states given to SCIP and CP-SAT [12]")
    made.add_argument("--plain-seconds", type=float, default=5.0, help="their limit for each [5]")
    made.add_argument("--plain-long", type=int, default=1, help="of the first region, states for long [1]")
    made.add_argument("--plain-long-seconds", type=float, default=180.0, help="the long limit [180]")
    made.add_argument("--skip-plain", action="store_true", help="leave SCIP and CP-SAT out")
    made.add_argument("--quick", action="store_true", help="a few states only, to see that all works")
    made.add_argument("--redraw", action="store_true", help="only draw table and plots from the results")
    made.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    return made


def quickened(given: argparse.Namespace) -> argparse.Namespace:
    """Return the options of a quick run: what is asked for, but never more than a few states."""
    for name, most in (("states", 3), ("fourfold_states", 1), ("each_states", 2), ("plain_states", 1)):
        setattr(given, name, min(getattr(given, name), most))
    given.plain_long = 0
    given.plain_seconds = min(given.plain_seconds, 2.0)
    return given


def regions_of(packs: list[Path], fourfold_states: int, states: int) -> list[tuple[BenchRegion, int]]:
    """Return the regions and the number of states of each; the fourfold one is made from the first pack."""
    found: list[tuple[BenchRegion, int]] = []
    for at, pack in enumerate(packs):
        region = load_region(pack)
        found.append((BenchRegion.of(region), states))
        if at == 0 and fourfold_states:
            found.append((fourfold(region), fourfold_states))
    return found


def run(regions: list[tuple[BenchRegion, int]], given: argparse.Namespace) -> None:
    """Measure: the engine on every region first, while nothing else runs; then what it is compared with."""
    runs = [RegionRun(region, states, given.seed, given.out) for region, states in regions]
    for one in runs:
        one.phase("engine", one.time_engine)
        one.phase("memory", one.weigh_engine)
    for one in runs:
        each = given.each_states if one.region.copies == 1 else 0
        one.phase("baselines", partial(one.compare_baselines, given.baseline_seconds, each))
    # Four times London's plain model does not fit into the memory of a small server.
    singles = [one for one in runs if one.region.copies == 1 and not given.skip_plain]
    for one in singles if given.plain_states else ():
        one.phase("plain", partial(one.compare_plain, given.plain_seconds, given.plain_states, "plain"))
    for one in singles[:1] if given.plain_long else ():
        long = partial(one.compare_plain, given.plain_long_seconds, given.plain_long, "plain_long")
        one.phase("plain_long", long)


def draw(out: Path) -> str:
    """Write the table and, where matplotlib is there, the plots of a folder's results; return the table."""
    results = read_results(out)
    text = table(results)
    (out / "cover.md").write_text(text)
    try:
        from optimiser.benchmarks.result_plots import draw_plots
    except ModuleNotFoundError as error:
        print(f"No plots: {error}. Install matplotlib and call this with --redraw.", file=sys.stderr)
    else:
        draw_plots(results, out)
    return text


def main(arguments: list[str] | None = None) -> None:
    """Measure the packs named, write the results and print the table."""
    made = parser()
    given = made.parse_args(arguments)
    if not given.redraw:
        if not given.packs:
            made.error("no packs named: give the folder of one or more, or --redraw")
        if given.quick:
            given = quickened(given)
        given.out.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        run(regions_of(given.packs, given.fourfold_states, given.states), given)
        print(f"Measured in {(time.perf_counter() - start) / 60:.1f} min.", file=sys.stderr)
    print(draw(given.out))


if __name__ == "__main__":
    main()
