"""The levels the engine is held to, beside what was measured: met or not, computed from the data alone.

Used by the runner. The levels are those of the task the engine was built for, set for London and for a region
of four times its size; other regions are shown against those of London.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from optimiser.cover.arrays import FloatArray
from optimiser.cover.certificate import PROVEN_GAP

Row = Mapping[str, Any]
MS_PER_S = 1e3
MB_PER_MIB = 2**20 / 1e6
# How many times the first plan's p99 goes into the median of the plain model with SCIP.
TIMES_FASTER = 50.0
FOURFOLD_CERTIFY_MS = 3000.0


def targets(result: Mapping[str, Any], rows: Sequence[Row], *, fourfold: bool) -> list[dict[str, Any]]:
    """Return each target with its limit, what was measured and whether it is met.

    Parameters
    ----------
    result
        The summaries of a region, under "engine", "baselines", "plain" and "memory".
    rows
        Its states, as live each under "live".
    fourfold
        Whether to take the levels of a region of four times London's size.

    Returns
    -------
    list[dict[str, Any]]
        "words", "unit", "limit", "at_least" (the limit is one from below), "measured" and "met", "live" and
        "live_met". None: not measured, or (a time) not proven in enough states.
    """
    live = [row["live"] for row in rows if "live" in row]
    levels = _fourfold_levels if fourfold else _levels
    found = levels(rows)
    for one, as_live in zip(found, levels(live) if live else found, strict=True):
        one["live"], one["live_met"] = (as_live["measured"], as_live["met"]) if live else (None, None)
    return found + _others(result, fourfold=fourfold)


def _levels(rows: Sequence[Row]) -> list[dict[str, Any]]:
    gap, certified, whole = _all(rows, "first_gap"), _certified(rows), _whole(rows)
    reasons_ms, both_ms = _all(rows, "explain_ms"), _all(rows, "after_first_ms")
    return [
        _target("gap of the first plan, p95", "share", 0.005, _p(gap, 95)),
        _target("gap of the first plan, worst", "share", 0.02, _p(gap, 100)),
        _target("first plan with its frontier, p99", "ms", 15.0, _p(_all(rows, "first_plan_ms"), 99)),
        _target("certificate, p95", "ms", 250.0, _p(certified, 95)),
        _target("certificate, worst", "ms", 1000.0, _p(certified, 100)),
        _target("whole frontier certified, p95", "ms", 1500.0, _p(whole, 95)),
        _target("reasons after the first plan and its frontier, p95", "ms", 30.0, _p(reasons_ms, 95)),
        _target("reasons and alternatives after it, p95", "ms", 30.0, _p(both_ms, 95)),
    ]


def _fourfold_levels(rows: Sequence[Row]) -> list[dict[str, Any]]:
    within = float(np.mean(_certified(rows) <= FOURFOLD_CERTIFY_MS)) if rows else None
    return [
        _target("first plan with its frontier, p99", "ms", 80.0, _p(_all(rows, "first_plan_ms"), 99)),
        _target("states certified within 3 s", "share", 0.9, within, at_least=True),
    ]


def _others(result: Mapping[str, Any], *, fourfold: bool) -> list[dict[str, Any]]:
    """Return the targets that are not of the engine's states alone."""
    found: list[dict[str, Any]] = []
    if not fourfold:
        scip = result["plain"].get("plain", {}).get("scip", {})
        times = scip.get("over_first_plan_p99")
        words = "median of the plain model with SCIP over the first plan's p99"
        found.append(_target(words, "times", TIMES_FASTER, times, at_least=True))
        peak_mib = result["memory"].get("peak_mib")
        peak_mb = None if peak_mib is None else peak_mib * MB_PER_MIB
        found.append(_target("memory of a process with one engine", "MB", 400.0, peak_mb))
    for way, words in (
        ("best_published", "states worse than any baseline"),
        ("best_hindsight", "states worse than any baseline with hindsight"),
        ("best_full_hindsight", "states worse than any with every number of moves asked"),
    ):
        own = result["baselines"].get(way)
        for plan in ("first", "certified"):
            worse = None if own is None else own[plan]["states_worse"]
            if own is not None or way != "best_full_hindsight":
                found.append(_target(f"{words}, {plan} plan", "states", 0, worse))
    return [one | {"live": None, "live_met": None} for one in found]


def _target(
    words: str, unit: str, limit: float, measured: float | None, *, at_least: bool = False
) -> dict[str, Any]:
    met = None
    if measured is not None:
        met = bool(measured >= limit if at_least else measured <= limit)
        measured = measured if np.isfinite(measured) else None
    return {
        "words": words,
        "unit": unit,
        "limit": limit,
        "at_least": at_least,
        "measured": measured,
        "met": met,
    }


def _all(rows: Sequence[Row], key: str) -> FloatArray:
    return np.array([row[key] for row in rows], dtype=np.float64)


def _certified(rows: Sequence[Row]) -> FloatArray:
    """Return the time of each certificate, endless where nothing was proven, milliseconds."""
    return np.array([row["certify_ms"] if row["certificate"] == "proven" else np.inf for row in rows])


def _whole(rows: Sequence[Row]) -> FloatArray:
    """Return the time until each plan of a frontier was proven, endless where one was not, milliseconds."""
    proven = [
        all(gap is not None and gap <= PROVEN_GAP for gap in row["frontier_gaps"]) and row["frontier_gaps"]
        for row in rows
    ]
    return np.array([row["frontier_ms"] if done else np.inf for row, done in zip(rows, proven, strict=True)])


def _p(values: FloatArray, percent: float) -> float | None:
    """Return a percentile; endless where it falls on, or next to, what never ended."""
    if not values.size:
        return None
    # Between a number and infinity there is nothing to interpolate.
    if np.isfinite(values).all():
        return float(np.percentile(values, percent))
    return float(np.percentile(values, percent, method="higher"))
