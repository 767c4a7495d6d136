"""How fast and how near the best the cover engine is, next to plain solvers and methods of the literature.

Run by `make bench-cover`. On seeded states of region packs and of a region four times as large: appliances
committed at random (half of the states with one or two large incidents that strip an area), some standing by
away from home, some locked as those already under way are, a random hour of the week, the price of moves as
the service sets it.

In one run, on the same states and the same objective, first the engine alone: first plan with its frontier,
reasons, alternatives, certificate to 0.1 %, certified frontier, memory. The same again "as live": the same
states with all the service passes on (`live_states`): two scenes from expected releases and arrivals, driving
charged by what the move would bring meanwhile, charges for departing from recent moves and for undoing them.
Neither the plain model nor the baselines know of these, so they are compared on the plain states only.

Then, two at a time on two cores, each in one process with one thread: the baselines of the literature
(`baselines/`, sources there), each as its rule says and with hindsight: of its plans of 0 to K moves the best
for our objective, without any move that does not pay; and the plain full integer model (`plain_model`) given
to SCIP. The integer programmes among the baselines are asked for every number of moves in the first states,
in the others for K only: the states with all of it are reported separately as well. At last, alone, the plain
model is given to CP-SAT (two workers). Both solvers have default settings; their times are building the model
and solving it, and a run stopped at its limit is "censored": it would have taken longer, nobody knows how
much, and is counted as the limit itself. A run that ended without an answer, or had to be ended, "failed": it
is in no median, only its number is reported.

All figures are wall-clock; nothing is cleared between states, Python collects garbage as it always does.
Every sample, the environment and this method are written as JSON; a table and plots are drawn from these
files alone (`--redraw`). It never asserts a time.
"""

import argparse
import sys
import time
from pathlib import Path

from geo.region_pack import load_region
from optimiser.benchmarks.bench_region import BenchRegion, fourfold
from optimiser.benchmarks.comparison import LANES, Job, side_by_side
from optimiser.benchmarks.region_run import RegionRun
from optimiser.benchmarks.result_file import read_results
from optimiser.benchmarks.result_table import table

RESULTS = Path(__file__).parent / "results"
EXAMPLE = """example:
  python -m optimiser.benchmarks.cover_bench var/london var/demo
  python -m optimiser.benchmarks.cover_bench var/demo --quick --out /some/folder"""


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
        "--each-states", type=int, default=10, help="states with every baseline's frontier [10]"
    )
    made.add_argument(
        "--baseline-seconds", type=float, default=5.0, help="limit of a baseline's programme [5]"
    )
    made.add_argument("--plain-states", type=int, default=8, help="states given to SCIP and CP-SAT [8]")
    made.add_argument("--plain-seconds", type=float, default=5.0, help="their limit for each [5]")
    made.add_argument("--plain-long", type=int, default=1, help="of the first region, states for long [1]")
    made.add_argument("--plain-long-seconds", type=float, default=120.0, help="the long limit [120]")
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
    runs = {
        region.id: RegionRun(region, states, given.seed, given.out, __doc__ or "")
        for region, states in regions
    }
    for one in runs.values():
        one.phase("engine", one.time_engine)
        one.phase("engine_as_live", one.time_live)
        one.phase("memory", one.weigh_engine)
    # The long ones first, so that both cores end at about the same time.
    jobs = plain_jobs(list(runs.values()), given, "scip")
    for one in sorted(runs.values(), key=lambda one: one.region.copies):
        each = given.each_states if one.region.copies == 1 else 0
        jobs += one.baseline_jobs(given.baseline_seconds, each)
    for lanes, group in ((LANES, jobs), (1, plain_jobs(list(runs.values()), given, "cp-sat"))):
        for job, found, seconds in side_by_side(group, lanes):
            runs[job.region].add(job, found, seconds)


def plain_jobs(runs: list[RegionRun], given: argparse.Namespace, solver: str) -> list[Job]:
    """Return the jobs of a plain solver, the long one first."""
    # Four times London's plain model does not fit into the memory of a small server.
    singles = [one for one in runs if one.region.copies == 1 and not given.skip_plain]
    long = [
        one.plain_job(solver, given.plain_long_seconds, given.plain_long, "plain_long")
        for one in singles[: 1 if given.plain_long else 0]
    ]
    short = [
        one.plain_job(solver, given.plain_seconds, given.plain_states, "plain")
        for one in singles
        if given.plain_states
    ]
    return long + short


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
