"""How good and how fast the route engine is, next to PyVRP and OR-Tools alone, on instances and whole days.

Run by `make bench-routes`. On each instance of the shared data, in one run on one machine: our engine on two
cores; PyVRP alone on one core, which is all it uses, with two seeds beside each other, so that "pyvrp" is the
first seed and "pyvrp on both cores" the better of the two; OR-Tools routing alone on one core, which is all
it uses, two instances beside each other. Each gets the same wall time, in a process of its own, after its
code is loaded and compiled (`load_s` says how long that took). All ask the same problem with all its rules;
where PyVRP cannot express it, it is asked without lunches and daily caps if that helps, and the table says
so. Every plan is judged by the independent checker, and costs are in the unit and rounding of the published
solution. A gap is cost over best known cost, less 1.

On made-up council days with every rule on (`council_day`: 500 stops, 18 lorries; the plan in force is the
engine's own of a minute): the time of inserting a stop, from the call to the plan with its verdict, when
nothing of the day is done and in the middle of it; by each insert, that no other stop changes lorry or order.
A lorry lost with 26 stops to do: the time until each of them is placed or explained; then the three answers
after 5 s against the free answer of 30 s: stops moved as a share of those untouched, and cost without the
price of churn as a ratio of that answer's.

Each run is a line in `routes.jsonl` once it is measured; `--resume` goes on where an interrupted run stopped,
`--only` measures some families anew and keeps the others' rows. Times are wall-clock. It never asserts one.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from optimiser.benchmarks.comparison import LANES, Job, side_by_side
from optimiser.benchmarks.routes_instances import SECONDS, named_instances
from optimiser.benchmarks.routes_live import LiveTask, live_seconds, live_tasks, run_live
from optimiser.benchmarks.routes_rows import RowFile, rounded
from optimiser.benchmarks.routes_summary import family_summary, insert_summary, lost_summary
from optimiser.benchmarks.routes_table import route_table
from optimiser.benchmarks.routes_targets import route_targets
from optimiser.benchmarks.routes_task import CORES, SEEDS, SOLVERS, Task, run_task

RESULTS = Path(__file__).parent / "results"
DATA = Path("../shared/data/routes")
LIVE = ("insert", "lost")
RUN = "run"
FAMILIES = (*LIVE, *SECONDS)
# Starting a process, loading and compiling, for each run.
LOADING_S = 6.0
EXAMPLE = """example:
  python -m optimiser.benchmarks.routes_bench
  python -m optimiser.benchmarks.routes_bench --only mtvrptwr,kim --resume
  python -m optimiser.benchmarks.routes_bench --quick --out /some/folder"""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        description="Measure the route engine next to PyVRP and OR-Tools alone.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--only", default=",".join(FAMILIES), help=f"families, of {','.join(FAMILIES)} [all]")
    made.add_argument("--solvers", default=",".join(SOLVERS), help=f"of {','.join(SOLVERS)} [all]")
    made.add_argument("--seconds", help="lengths of time, such as 5,30 [5,30; carp 10]")
    made.add_argument("--seeds", type=int, default=2, help="of PyVRP's seeds, the first so many [2]")
    made.add_argument("--data", type=Path, default=DATA, help=f"folder of the instances [{DATA}]")
    made.add_argument("--days", type=int, default=5, help="made-up days, one for each seed [5]")
    made.add_argument("--stops", type=int, default=500, help="stops of such a day [500]")
    made.add_argument("--inserts", type=int, default=120, help="inserts into each picture of a day [120]")
    made.add_argument("--plan-seconds", type=float, default=60.0, help="for the plan in force of a day [60]")
    made.add_argument("--quick", action="store_true", help="little of everything, to see that all works")
    made.add_argument("--resume", action="store_true", help="keep rows that are there, measure the others")
    made.add_argument("--redraw", action="store_true", help="only make summary and table from the rows")
    made.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    return made


def quickened(given: argparse.Namespace) -> argparse.Namespace:
    """Return the options of a quick run."""
    given.seconds = given.seconds or "1"
    given.days, given.inserts = min(given.days, 1), min(given.inserts, 20)
    given.plan_seconds = min(given.plan_seconds, 3.0)
    return given


def instance_tasks(given: argparse.Namespace, families: list[str]) -> list[Task]:
    """Return the runs of the families of published instances, in the order of families."""
    published = [family for family in families if family in SECONDS]
    solvers = [solver for solver in SOLVERS if solver in given.solvers.split(",")]
    tasks = []
    for named in named_instances(given.data, published, quick=given.quick):
        lengths = given.seconds.split(",") if given.seconds else SECONDS[named.family]
        tasks += [
            Task(named, solver, float(seconds), seed)
            for seconds in lengths
            for solver in solvers
            for seed in SEEDS[solver][: given.seeds]
        ]
    return tasks


def expected_s(tasks: list[Task], live: list[LiveTask]) -> float:
    """Return about how long runs take, those of one core two at a time."""
    found = sum((task.seconds + LOADING_S) * CORES[task.solver] / LANES for task in tasks)
    return found + sum(live_seconds(task) + LOADING_S for task in live)


def run(rows: RowFile, tasks: list[Task], live: list[LiveTask], stamp: dict[str, Any]) -> None:
    """Measure what is not there yet: instant answers, then family by family, ours beside nothing else."""
    for task in live:
        if not rows.has(task.key()):
            print(f"{task.family}: {task.key()['instance']}", file=sys.stderr)
            rows.add(run_live(task) | stamp)
    left = [task for task in tasks if not rows.has(task.key())]
    total_s, began = expected_s(left, []), time.perf_counter()
    for family in dict.fromkeys(task.named.family for task in left):
        own = [task for task in left if task.named.family == family]
        for lanes in (1, LANES):
            jobs = [
                Job(family, _words(task), 0, partial(_asked, task))
                for task in own
                if LANES // CORES[task.solver] == lanes
            ]
            for _, found, _ in side_by_side(jobs, lanes):
                for row in found:
                    rows.add(row | stamp)
                spent_s = time.perf_counter() - began
                print(f"{spent_s / 60:.0f} of about {total_s / 60:.0f} min", file=sys.stderr)


def _asked(task: Task) -> list[dict[str, Any]]:
    return [run_task(task)]


def _words(task: Task) -> str:
    return f"{task.named.name} {task.solver} {task.seconds:g} s, seed {task.seed}"


def environment() -> dict[str, Any]:
    """Return what the figures depend on."""
    packages = ("numpy", "numba", "scipy", "ortools", "pyvrp", "vrplib")
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
        "machine": platform.machine(),
        "cpu": _cpu(Path("/proc/cpuinfo")),
        "cpus": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def _cpu(info: Path) -> str | None:
    """Return the processor's name where the system tells it."""
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), None)


def commit() -> str:
    """Return the commit of the code measured, with a plus where files were changed since."""
    asked = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        found = subprocess.run(  # noqa: S603
            asked, capture_output=True, text=True, timeout=10.0, check=True, cwd=Path(__file__).parent
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()


def run_row(run_id: str) -> dict[str, Any]:
    """Return the row that says what the figures of a run depend on."""
    key = {"family": RUN, "instance": run_id, "solver": "", "seconds": 0.0, "seed": 0}
    return key | {"environment": environment()}


def result_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the summary of rows."""
    present = [family for family in SECONDS if any(row["family"] == family for row in rows)]
    return {
        "method": __doc__,
        "runs": [made for row in rows if row["family"] == RUN and (made := _run_of(rows, row))["rows"]],
        "targets": route_targets(rows),
        "insert": insert_summary(rows),
        "lost": lost_summary(rows),
        "families": {family: family_summary(rows, family) for family in present},
    }


def _run_of(rows: Iterable[dict[str, Any]], run: dict[str, Any]) -> dict[str, Any]:
    own = [row for row in rows if row["family"] != RUN and row.get("run") == run["run"]]
    families = sorted({row["family"] for row in own})
    words = {key: run[key] for key in ("run", "commit", "environment")}
    return words | {"families": families, "rows": len(own)}


def draw(out: Path, rows: RowFile) -> str:
    """Write summary and table of the rows, and return the table."""
    result = result_of(rows.rows)
    (out / "routes.json").write_text(json.dumps(rounded(result), indent=1) + "\n")
    text = route_table(result, rows.rows)
    (out / "routes.md").write_text(text)
    return text


def main(arguments: list[str] | None = None) -> None:
    """Measure the families named, write the results and print the table."""
    made = parser()
    given = made.parse_args(arguments)
    families = given.only.split(",")
    unknown = sorted(set(families) - set(FAMILIES))
    if unknown:
        made.error(f"--only: found {','.join(unknown)}, expected some of {','.join(FAMILIES)}")
    if given.quick:
        given = quickened(given)
    given.out.mkdir(parents=True, exist_ok=True)
    rows = RowFile(given.out / "routes.jsonl")
    if not given.redraw:
        if not given.resume:
            rows.keep(lambda row: row["family"] not in families)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        stamp = {"run": now, "commit": commit()}
        rows.add(run_row(now) | stamp)
        tasks = instance_tasks(given, families)
        live = live_tasks(range(1, given.days + 1), families, given)
        left = [task for task in tasks if not rows.has(task.key())]
        live = [task for task in live if not rows.has(task.key())]
        words = f"{len(left)} runs of solvers, {len(live)} of days"
        print(f"{words}: about {expected_s(left, live) / 60:.0f} min.", file=sys.stderr)
        run(rows, tasks, live, stamp)
    print(draw(given.out, rows))


if __name__ == "__main__":
    main()
