"""What the rows of the route benchmark come to: gaps by family, wins and losses, times of instant answers.

Used by the benchmark and by its tests; measures nothing. A plan that breaks a rule or leaves a stop out has
no cost here: it is counted as not feasible, and as lost to any that is.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from optimiser.benchmarks.routes_task import ENGINE, ORTOOLS, PYVRP, RELAXED
from optimiser.benchmarks.summary import percentiles

Row = dict[str, Any]
# PyVRP alone on one core, and on two: two seeds beside each other, the better of them.
PYVRP_TWICE = "pyvrp on both cores"
CONTENDERS = (ENGINE, PYVRP, PYVRP_TWICE, ORTOOLS)
# Costs that differ by less than this share are the same, summed in another order.
SAME = 1e-7
# A solver that took longer than it was given by more than this is late.
LATE = 1.1
# The solver cannot express the rules; "relaxed": its plan for the instance without lunches and daily caps.
UNFIT = ("does not fit", RELAXED)


def contenders_of(rows: Iterable[Row]) -> dict[str, Row]:
    """Return what each contender came to, given the rows of one instance and one length of time.

    PyVRP on both cores is there where both its seeds were measured.
    """
    found: dict[str, Row] = {}
    seeds: list[Row] = []
    for row in rows:
        if row["solver"] == PYVRP:
            seeds.append(row)
        else:
            found[row["solver"]] = row
    first = next((row for row in seeds if row["seed"] == 1), None)
    if first is not None:
        found[PYVRP] = first
    if len(seeds) > 1:
        found[PYVRP_TWICE] = min(seeds, key=cost_or_inf)
    return found


def cost_or_inf(row: Row | None) -> float:
    """Return the cost of a feasible plan; endless where there is none."""
    return float(row["cost"]) if row is not None and row.get("status") == "feasible" else float("inf")


def by_instance(rows: Iterable[Row], family: str, seconds: float) -> dict[str, dict[str, Row]]:
    """Return instance, contender, row, of a family and a length of time."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["family"] == family and row["seconds"] == seconds:
            found.setdefault(row["instance"], []).append(row)
    return {name: contenders_of(own) for name, own in sorted(found.items())}


def family_summary(rows: Sequence[Row], family: str) -> list[dict[str, Any]]:
    """Return for each length of time and each contender of a family what it came to, ours first."""
    lengths = sorted({row["seconds"] for row in rows if row["family"] == family})
    found = []
    for seconds in lengths:
        instances = by_instance(rows, family, seconds)
        for contender in CONTENDERS:
            asked = [own[contender] for own in instances.values() if contender in own]
            if asked:
                head = {"family": family, "seconds": seconds, "contender": contender}
                found.append(head | _contender(asked) | {"ours": wins(instances, contender)})
    return found


def _contender(asked: Sequence[Row]) -> dict[str, Any]:
    able = [row for row in asked if row.get("status") == "feasible"]
    gaps = [row["gap"] for row in able if row.get("gap") is not None]
    return {
        "instances": len(asked),
        "feasible": len(able),
        "does_not_fit": sum(row.get("status") in UNFIT for row in asked),
        "mean_gap": float(np.mean(gaps)) if gaps else None,
        "max_gap": float(np.max(gaps)) if gaps else None,
        "at_best": sum(gap <= SAME for gap in gaps) if gaps else None,
        "mean_cost": float(np.mean([row["cost"] for row in able])) if able else None,
        "late": sum(row["elapsed_s"] > row["seconds"] * LATE for row in asked if "elapsed_s" in row),
        "longest_s": max((row["elapsed_s"] for row in asked if "elapsed_s" in row), default=None),
        "mean_cpu_s": _mean(row["cpu_s"] for row in asked if "cpu_s" in row),
        "mean_load_s": _mean(row["load_s"] for row in asked if "load_s" in row),
    }


def wins(instances: dict[str, dict[str, Row]], other: str) -> dict[str, int] | None:
    """Return in how many instances our cost is lower, the same, or higher than another's; None for ourselves.

    Where neither has a feasible plan it is the same; where the other cannot express the instance it is not
    counted.
    """
    if other == ENGINE:
        return None
    found = {"lower": 0, "same": 0, "higher": 0}
    for own in instances.values():
        if other not in own or ENGINE not in own or own[other].get("status") in UNFIT:
            continue
        ours, theirs = cost_or_inf(own[ENGINE]), cost_or_inf(own[other])
        # An endless cost is close to none but another.
        if math.isclose(ours, theirs, rel_tol=SAME):
            found["same"] += 1
        else:
            found["lower" if ours < theirs else "higher"] += 1
    return found


def mean_gap_difference(rows: Iterable[Row], family: str, seconds: float, other: str) -> float | None:
    """Return our mean gap less another's over the instances it has a plan for; endless where we lack one."""
    pairs = [
        (own.get(ENGINE), own[other])
        for own in by_instance(rows, family, seconds).values()
        if other in own and own[other].get("status") == "feasible"
    ]
    if not pairs:
        return None
    if any(ours is None or ours.get("status") != "feasible" for ours, _ in pairs):
        return float("inf")
    return float(np.mean([ours["gap"] - theirs["gap"] for ours, theirs in pairs if ours is not None]))


def insert_summary(rows: Iterable[Row]) -> dict[str, Any] | None:
    """Return the times of inserting a stop into a day, over all days, the checker's verdict included."""
    own = [row for row in rows if row["family"] == "insert" and row.get("status") == "feasible"]
    if not own:
        return None
    return {
        "days": len(own),
        "stops": sorted({row["stops"] for row in own}),
        "inserts": sum(len(row["ms"]) for row in own),
        "placed": sum(row["placed"] for row in own),
        "dear": sum(row["dear"] for row in own),
        "no_place": sum(row["no_place"] for row in own),
        "ms": percentiles(ms for row in own for ms in row["ms"]),
        "churned": sum(row["churned"] for row in own),
        "not_feasible": sum(row["not_feasible"] for row in own),
    }


def lost_summary(rows: Iterable[Row]) -> dict[str, Any] | None:
    """Return what became of lost lorries' stops, the worst and the mean over all days.

    A day without a feasible answer is counted, and none may be for the stops to count as answered.
    """
    tried = [row for row in rows if row["family"] == "lost"]
    own = [row for row in tried if row.get("status") == "feasible"]
    if not own:
        return None
    return {
        "days": len(own),
        "failed_days": len(tried) - len(own),
        "remaining": sorted({row["remaining"] for row in own}),
        "all_answered": len(own) == len(tried)
        and all(row["placed"] + row["explained"] == row["remaining"] for row in own),
        "placed": sum(row["placed"] for row in own),
        "explained": sum(row["explained"] for row in own),
        "answered_s": percentiles(row["answered_s"] for row in own),
        "churn_share": percentiles(row["churn_share"] for row in own),
        "cost_ratio": percentiles(row["cost_ratio"] for row in own),
    }


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return float(np.mean(known)) if known else None
