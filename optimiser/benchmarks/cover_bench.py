"""How fast and how near the best the cover engine is, on seeded states of a region pack.

Run by `make bench`. For each state: appliances committed at random (half of the states with one or two large
incidents that strip an area), some standing by away from home, some of them locked as those already under way
are, a random hour of the week, and the price of moves as the service sets it; then the first plan, the
reasons, and the certificate to 0.1 %. The plain alternative measured beside it, in the same run on the same
states, is doing nothing. Writes every sample, the environment and the method as JSON; never asserts a time.
"""

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from geo.region import Region
from geo.region_pack import load_region
from optimiser.cover.engine import CoverEngine
from optimiser.cover.move_cost import MoveCostRule
from optimiser.cover.problem import CoverProblem
from optimiser.cover.standard import Standard

FEWEST_COMMITTED, MOST_COMMITTED = 10, 70
CERTIFY_S = 10.0
# Appliances standing by at the station of one that is committed; the feed of the demo has as many.
MOST_AWAY = 8
# Of all available appliances, the share that is locked: on its way to stand by, or with an accepted order.
LOCKED_SHARE = 0.04
# As the service multiplies the price of a move home.
HOMEWARD_FACTOR = 0.3
RESULTS = Path(__file__).parent / "results"


def random_state(region: Region, engine: CoverEngine, rng: np.random.Generator) -> CoverProblem:
    """A picture with 10 to 70 appliances committed, every other one with a large incident or two.

    Up to `MOST_AWAY` others stand by at the home of a committed appliance; a few are locked.
    """
    count = len(region.appliances.ids)
    committed = int(rng.integers(FEWEST_COMMITTED, min(MOST_COMMITTED, count - 1) + 1))
    gone = np.zeros(count, dtype=np.bool_)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 3))):
            zone = int(rng.integers(len(region.zones.ids)))
            near = np.argsort(engine.attendance_s[region.appliances.home, zone], kind="stable")
            gone[near[: int(rng.integers(8, 16))]] = True
    left = np.flatnonzero(~gone)
    rest = max(committed - int(gone.sum()), 0)
    gone[rng.choice(left, size=min(rest, left.size - 1), replace=False)] = True
    station = region.appliances.home.copy()
    away = min(int(rng.integers(MOST_AWAY + 1)), int(gone.sum()), int((~gone).sum()))
    standing_by = rng.choice(np.flatnonzero(~gone), size=away, replace=False)
    station[standing_by] = station[rng.choice(np.flatnonzero(gone), size=away, replace=False)]
    return CoverProblem(
        standards=engine.standards,
        demand_per_h=region.demand_per_h[:, int(rng.integers(168)), :].astype(np.float64),
        attendance_s=engine.attendance_s,
        appliance_kind=region.appliances.kind,
        appliance_station=station,
        available=~gone,
        locked=~gone & (rng.random(count) < LOCKED_SHARE),
        home=region.appliances.home,
        move_cost=MoveCostRule().matrix(region.station_station_s),
        bays=region.stations.bays,
        homeward_factor=HOMEWARD_FACTOR,
    )


def engine_for(region: Region) -> CoverEngine:
    """The engine as the service builds it."""
    standards = tuple(
        Standard(kind.first_target_s, kind.second_target_s)
        if kind.two_needed
        else Standard.first_only(kind.first_target_s, kind.second_target_s)
        for kind in region.kinds
    )
    engine = CoverEngine((region.station_zone_s + np.float32(region.turnout_s)).astype(np.float32), standards)
    engine.warm_up()
    return engine


def measure(region: Region, states: int, seed: int) -> list[dict[str, object]]:
    """One row of figures for each state."""
    engine = engine_for(region)
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for n in range(states):
        problem = random_state(region, engine, rng)
        start = time.perf_counter()
        first = engine.first_plan(problem)
        planned = time.perf_counter()
        reasons = engine.explain(problem, first)
        explained = time.perf_counter()
        proven = engine.certify(problem, first, CERTIFY_S)
        end = time.perf_counter()
        bound = proven.bound if proven.bound is not None else float("nan")
        rows.append(
            {
                "state": n,
                "available": int(problem.available.sum()),
                "moves": len(first.moves),
                "reasons": len(reasons),
                "away": int((problem.available & (problem.appliance_station != problem.home)).sum()),
                "locked": int(problem.locked.sum()),
                "do_nothing": first.frontier[0].objective,
                "first_objective": first.objective,
                "best_objective": proven.objective,
                "bound": bound,
                "do_nothing_gap": (first.frontier[0].objective - bound) / first.frontier[0].objective,
                "first_gap": (first.objective - bound) / first.objective,
                "proven_gap": proven.gap,
                "certificate": proven.certificate,
                "first_plan_ms": (planned - start) * 1e3,
                "explain_ms": (explained - planned) * 1e3,
                "certify_ms": (end - explained) * 1e3,
            }
        )
        print(f"\r{region.id}: {n + 1}/{states} states", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


def summary(rows: list[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Median, 95th percentile and worst of each measured column."""
    columns = (
        "first_plan_ms",
        "explain_ms",
        "certify_ms",
        "do_nothing",
        "first_objective",
        "best_objective",
        "do_nothing_gap",
        "first_gap",
        "proven_gap",
    )
    values = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in columns}
    return {
        name: {
            "median": float(np.median(column)),
            "p95": float(np.percentile(column, 95)),
            "worst": float(column.max()),
        }
        for name, column in values.items()
    }


def main() -> None:
    """Measure the packs named and write the results."""
    parser = argparse.ArgumentParser(
        description="Measure the cover engine on seeded states of region packs.",
        epilog="Example: python optimiser/benchmarks/cover_bench.py var/london var/demo --states 50",
    )
    parser.add_argument("packs", nargs="+", type=Path, help="folders of region packs")
    parser.add_argument("--states", type=int, default=50, help="states for each region [50]")
    parser.add_argument("--seed", type=int, default=1, help="seed of the states [1]")
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for pack in given.packs:
        region = load_region(pack)
        rows = measure(region, given.states, given.seed)
        result = {
            "method": __doc__,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "environment": {
                "python": platform.python_version(),
                "numpy": np.__version__,
                "machine": platform.machine(),
                "cpus": os.cpu_count(),
                "load_1min": os.getloadavg()[0],
            },
            "region": region.id,
            "seed": given.seed,
            "summary": summary(rows),
            "states": rows,
        }
        path = RESULTS / f"cover-{region.id}.json"
        path.write_text(json.dumps(result, indent=1) + "\n")
        print(f"{region.id}: {path}")
        for name, figures in result["summary"].items():
            print(f"  {name:16}" + "  ".join(f"{k} {v:.4g}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
