"""The levels the route engine is held to, beside what was measured: met or not, computed from the rows alone.

Used by the benchmark. It measures nothing. A level on an average or on the worst is not met where an instance
is without a feasible plan.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from optimiser.benchmarks.routes_instances import KIM_BEYOND
from optimiser.benchmarks.routes_summary import (
    PYVRP_TWICE,
    SAME,
    by_instance,
    cost_or_inf,
    insert_summary,
    lost_summary,
    mean_gap_difference,
)
from optimiser.benchmarks.routes_task import ENGINE, PYVRP

Row = dict[str, Any]
CARP_SECONDS = 10.0
# The sets of arc routing instances the levels are set for.
CARP_SETS = ("gdb", "val")


def route_targets(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return each target: "words", "unit", "sign", "limit", "measured" and "met"; None where not measured."""
    return [
        *_instant(rows),
        *_lost(rows),
        _target("MTVRPTWR, mean gap at 5 s", "share", "≤", 0.03, _mean_gap(rows, "mtvrptwr", 5.0)),
        _target("MTVRPTWR, mean gap at 30 s", "share", "≤", 0.01, _mean_gap(rows, "mtvrptwr", 30.0)),
        *_behind(rows),
        *_kim(rows),
        _target("CVRP, worst gap at 30 s", "share", "≤", 0.005, _worst_gap(rows, "cvrp", 30.0)),
        *_carp(rows),
    ]


def _instant(rows: Sequence[Row]) -> list[dict[str, Any]]:
    found = insert_summary(rows)
    p99 = found["ms"]["p99"] if found else None
    return [
        _target("insert into a day of 500 stops, p99, checker included", "ms", "≤", 5.0, p99),
        _target(
            "stops that changed lorry or order by an insert", "", "≤", 0, found["churned"] if found else None
        ),
        _target(
            "plans after an insert that break a rule", "", "≤", 0, found["not_feasible"] if found else None
        ),
    ]


def _lost(rows: Sequence[Row]) -> list[dict[str, Any]]:
    found = lost_summary(rows)
    answered = churn = ratio = None
    if found:
        answered = found["answered_s"]["worst"] if found["all_answered"] else float("inf")
        churn = found["churn_share"]["worst"]
        ratio = found["cost_ratio"]["worst"] - 1.0
    return [
        _target("lost lorry: every stop placed or explained, worst", "s", "≤", 1.0, answered),
        _target("its churn after 5 s, worst", "share", "≤", 0.05, churn),
        _target("its cost above the free answer of 30 s, worst", "share", "≤", 0.03, ratio),
    ]


def _behind(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [
        _target(
            f"MTVRPTWR, mean gap less that of {other} at {seconds:g} s",
            "share",
            "≤",
            0.0,
            mean_gap_difference(rows, "mtvrptwr", seconds, other),
        )
        for seconds in (5.0, 30.0)
        for other in (PYVRP, PYVRP_TWICE)
    ]


def _kim(rows: Sequence[Row]) -> list[dict[str, Any]]:
    ours = [own.get(ENGINE) for own in by_instance(rows, "kim", 5.0).values()]
    broken = sum(not np.isfinite(cost_or_inf(row)) for row in ours) if ours else None
    found = [_target("Kim, instances not feasible with all rules at 5 s", "", "≤", 0, broken)]
    for name, miles in KIM_BEYOND.items():
        own = by_instance(rows, "kim", 30.0).get(name)
        cost = cost_or_inf(own.get(ENGINE)) if own else None
        found.append(_target(f"Kim {name.split('_')[0]} at 30 s", "miles", "<", miles, cost))
    return found


def _carp(rows: Sequence[Row]) -> list[dict[str, Any]]:
    own = [row for row in rows if row["family"] != "carp" or row["instance"].startswith(CARP_SETS)]
    gaps = _gaps(own, "carp", CARP_SECONDS)
    share = float(np.mean([gap <= SAME for gap in gaps])) if gaps else None
    worst = max(gaps) if gaps else None
    return [
        _target("CARP gdb and val, worst gap at 10 s", "share", "≤", 0.01, worst),
        _target("CARP gdb and val, share at the optimum at 10 s", "share", "≥", 0.8, share),
    ]


def _gaps(rows: Iterable[Row], family: str, seconds: float) -> list[float]:
    """Return our gap in each instance; endless where there is no feasible plan."""
    ours = [own.get(ENGINE) for own in by_instance(rows, family, seconds).values()]
    return [float(row["gap"]) if row and np.isfinite(cost_or_inf(row)) else float("inf") for row in ours]


def _mean_gap(rows: Sequence[Row], family: str, seconds: float) -> float | None:
    gaps = _gaps(rows, family, seconds)
    return float(np.mean(gaps)) if gaps else None


def _worst_gap(rows: Sequence[Row], family: str, seconds: float) -> float | None:
    return max(_gaps(rows, family, seconds), default=None)


def _target(words: str, unit: str, sign: str, limit: float, measured: float | None) -> dict[str, Any]:
    met = None
    if measured is not None:
        met = bool({"≤": measured <= limit, "<": measured < limit, "≥": measured >= limit}[sign])
    return {"words": words, "unit": unit, "sign": sign, "limit": limit, "measured": measured, "met": met}
