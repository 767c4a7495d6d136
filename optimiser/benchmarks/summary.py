"""Figures of a run: percentiles, advantages over the baselines, shares certified; and the table of them.

Used by the runner on the rows of results; measures nothing itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from optimiser.benchmarks.baselines.methods import NAMES, WORDS
from optimiser.cover.certificate import PROVEN_GAP

Row = Mapping[str, Any]
# An objective worse by less than this share is the same, summed in another order.
ROUNDING = 1e-9
TIMED = (
    "first_plan_ms",
    "explain_ms",
    "alternatives_ms",
    "after_first_ms",
    "certify_ms",
    "frontier_ms",
    "first_gap",
    "gap",
    "do_nothing_gap",
)
WITHIN_MS = (100, 250, 500, 1000, 1500, 3000)


def percentiles(values: Iterable[float | None]) -> dict[str, float] | None:
    """Return median, 95th, 99th percentile, worst and mean; None where there are no values."""
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if not known.size:
        return None
    return {
        "median": float(np.median(known)),
        "p95": float(np.percentile(known, 95)),
        "p99": float(np.percentile(known, 99)),
        "worst": float(known.max()),
        "mean": float(known.mean()),
    }


def engine_summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the engine's figures over all states."""
    found: dict[str, Any] = {name: percentiles(row[name] for row in rows) for name in TIMED}
    done = [row["certify_ms"] if row["certificate"] == "proven" else np.inf for row in rows]
    found["states"] = len(rows)
    found["proven"] = int(np.isfinite(done).sum())
    found["share_proven_within_ms"] = {str(ms): float(np.mean(np.array(done) <= ms)) for ms in WITHIN_MS}
    gaps = [gap for row in rows for gap in row["frontier_gaps"]]
    if any(gap is not None for gap in gaps):
        found["frontier_gap"] = percentiles(gaps)
        found["frontier_all_proven"] = int(
            sum(row["frontier_proven"] == len(row["frontier_gaps"]) for row in rows)
        )
    return found


def baseline_summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Return, for each baseline, what the engine's plans save against it, as shares of its objective.

    "published": the plan its rule gives. "hindsight": the best that can be made of it for our objective, over
    all states; "full_hindsight": over those alone in which every number of moves was asked for, where there
    are any. Of the engine, the first plan and the certified one.
    """
    asked = [row for row in rows if "baselines" in row]
    if not asked:
        return {}
    full = [row for row in asked if row["baselines_each"]]
    ways = [("published", "objective", asked), ("hindsight", "hindsight", asked)]
    ways += [("full_hindsight", "hindsight", full)] if full else []
    found: dict[str, Any] = {}
    for name in NAMES:
        own = [row["baselines"][name] for row in asked]
        found[name] = {"what": WORDS[name], "ms": percentiles(answer["ms"] for answer in own)}
        for way, key, of in ways:
            found[name][way] = _advantages(of, [float(row["baselines"][name][key]) for row in of])
        found[name]["stopped_by_limit"] = sum(not answer["solved"] for answer in own)
    for way, key, of in ways:
        best = [min(float(answer[key]) for answer in row["baselines"].values()) for row in of]
        found[f"best_{way}"] = _advantages(of, best)
    return found


def _advantages(rows: Sequence[Row], theirs: Sequence[float]) -> dict[str, Any]:
    other = np.array(theirs)
    found: dict[str, Any] = {"states": len(rows)}
    for plan, key in (("first", "first_objective"), ("certified", "objective")):
        ours = np.array([float(row[key]) for row in rows])
        share = (other - ours) / np.maximum(other, 1e-9)
        found[plan] = {
            "mean_advantage": float(share.mean()),
            "least_advantage": float(share.min()),
            "states_worse": int((ours > other * (1.0 + ROUNDING)).sum()),
        }
    # Of what can be saved at all (doing nothing against the bound), how much the other leaves unsaved.
    nothing = np.array([float(row["do_nothing"]) for row in rows])
    bound = np.array([float(row["bound"]) for row in rows])
    can = float((nothing - bound).sum())
    # Summed over the states: in some nothing can be saved, and a mean of shares would be one of noise.
    found["share_of_saving_left"] = float((other - bound).sum()) / can if can > 0.0 else 0.0
    return found


def plain_summary(rows: Sequence[Row], engine: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the plain solvers did, and how many times longer they took than the first plan's p99.

    A run stopped at its limit is counted as having taken just that limit, though it was over it by then and
    needed far longer to stop: medians over such runs are lower bounds. Failed runs are in no median.
    """
    found: dict[str, Any] = {}
    for length in ("plain", "plain_long"):
        answers = [answer for row in rows for answer in row.get(length, ())]
        for solver in sorted({answer["solver"] for answer in answers}):
            own = [(row, a) for row in rows for a in row.get(length, ()) if a["solver"] == solver]
            found.setdefault(length, {})[solver] = _solver_summary(own, engine["first_plan_ms"]["p99"])
    return found


def _solver_summary(own: Sequence[tuple[Row, Row]], first_p99_ms: float) -> dict[str, Any]:
    """Return what one solver did, given the rows of its states and its answers."""
    ended = [a for _, a in own if a["status"] != "failed"]
    censored = sum(a["status"] == "censored" for a in ended)
    seconds = _median(a["seconds"] if a["status"] == "proven" else a["limit_s"] for a in ended)
    solved = [(row, a) for row, a in own if a["objective"] is not None]
    return {
        "states": len(own),
        "limit_s": own[0][1]["limit_s"],
        "proven": sum(a["status"] == "proven" for a in ended),
        "censored": censored,
        "failed": len(own) - len(ended),
        "with_a_plan": len(solved),
        "median_s": seconds,
        "median_is_lower_bound": censored > 0 and censored * 2 >= len(ended),
        "median_stopped_after_s": _median(a["seconds"] for a in ended),
        "median_build_s": _median(a["build_s"] for a in ended),
        "median_gap": _median(a["gap"] for a in ended if a["gap"] is not None),
        "best_plan_better_than_ours": sum(
            a["objective"] < row["objective"] * (1.0 - PROVEN_GAP) for row, a in solved
        ),
        "bound_above_ours": sum(
            a["bound"] is not None and a["bound"] > row["objective"] * (1.0 + 1e-6) for row, a in own
        ),
        "over_first_plan_p99": None if seconds is None else seconds * 1e3 / first_p99_ms,
    }


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return float(np.median(known)) if known else None
