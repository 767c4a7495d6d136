"""Three pictures of the results: gap against time, frontier, share of states certified against time.

Used by the runner where matplotlib is installed. Drawn from the result files alone; it measures nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from optimiser.benchmarks.baselines.methods import NAMES

matplotlib.use("agg")

Result = Mapping[str, Any]
Trace = list[tuple[float, float | None, float | None]]
PANEL_IN = (5.2, 4.0)
DOTS_PER_IN = 80
COLOURS = {
    "engine": "#0b6e4f",
    "scip": "#b5523b",
    "cp-sat": "#3b6fb5",
    "do-nothing": "#777777",
    "biggest-gap": "#b5523b",
    "dmexclp": "#3b6fb5",
    "dsm": "#8a5bb0",
    "mcrp-lbap": "#c08a1e",
}
LABELS = {
    "engine": "this engine",
    "scip": "SCIP, plain model",
    "cp-sat": "CP-SAT, plain model",
    "do-nothing": "do nothing",
    "biggest-gap": "fill the biggest gap",
    "dmexclp": "DMEXCLP",
    "dsm": "double standard model",
    "mcrp-lbap": "maximal coverage, bottleneck",
}
# A gap of nothing is drawn here on the logarithmic axis.
LEAST_GAP = 1e-6
# A solver without any plan is drawn here: its gap is not a number.
NO_PLAN_GAP = 1.0


def draw_plots(results: Sequence[Result], out: Path) -> None:
    """Write the three pictures as PNG, a panel for each region."""
    for name, panel in (("gap", _gap), ("frontier", _frontier), ("certified", _certified)):
        if not results:
            continue
        width, height = PANEL_IN
        figure = Figure(figsize=(width * len(results), height), layout="constrained")
        for at, result in enumerate(results):
            axes = figure.add_subplot(1, len(results), at + 1)
            axes.set_title(f"{result['region']}, {result['engine']['states']} states", fontsize=10)
            axes.grid(alpha=0.3)
            panel(axes, result)
            if axes.get_legend_handles_labels()[0]:
                axes.legend(fontsize=7)
        figure.savefig(out / f"cover-{name}.png", dpi=DOTS_PER_IN)


def _gap(axes: Axes, result: Result) -> None:
    """Draw the gap of each plan to the bound the engine proved, against the time at which it was there."""
    rows = result["states"]
    colour = COLOURS["engine"]
    first_s = np.array([row["first_plan_ms"] for row in rows]) / 1e3
    last_s = first_s + np.array([row["certify_ms"] for row in rows]) / 1e3
    gaps = [_floor(row["first_gap"]) for row in rows], [_floor(row["gap"]) for row in rows]
    axes.scatter(first_s, gaps[0], s=6, color=colour, alpha=0.5, label="first plan")
    axes.scatter(last_s, gaps[1], s=10, color=colour, marker="x", label="certified plan, proven gap")
    seen: set[str] = set()
    for row in rows:
        for answer in [*row.get("plain", ()), *row.get("plain_long", ())]:
            solver = answer["solver"]
            label = None if solver in seen else LABELS[solver]
            seen.add(solver)
            at_s, course = _course(answer, row["bound"])
            axes.step(at_s, course, where="post", color=COLOURS[solver], alpha=0.6, lw=1, label=label)
            axes.plot(at_s[-1:], course[-1:], "|", color=COLOURS[solver])
    axes.axhline(1e-3, color="#444444", lw=0.8, ls=":")
    axes.set(xscale="log", yscale="log", xlabel="seconds", ylabel="gap to the best bound (1: no plan yet)")
    axes.set(xlim=(1e-3, None), ylim=(LEAST_GAP / 2, NO_PLAN_GAP * 2))


def _course(answer: Mapping[str, Any], bound: float) -> tuple[list[float], list[float]]:
    trace: Trace = answer["trace"]
    times_s, gaps = [answer["build_s"]], [NO_PLAN_GAP]
    for at_s, objective, _ in trace:
        if objective is not None and objective < 1e15:
            times_s.append(at_s)
            gaps.append(min(gaps[-1], _floor((objective - bound) / max(objective, 1e-9))))
    if answer["objective"] is not None:
        end = _floor((answer["objective"] - bound) / max(answer["objective"], 1e-9))
    else:
        end = gaps[-1]
    return [*times_s, answer["seconds"]], [*gaps, min(gaps[-1], end)]


def _floor(gap: float | None) -> float:
    return NO_PLAN_GAP if gap is None else max(gap, LEAST_GAP)


def _frontier(axes: Axes, result: Result) -> None:
    """Draw the objective of the best plan of so many moves, mean over states, against doing nothing."""
    rows = [row for row in result["states"] if _has_each(row)]
    if not rows:
        rows = [row for row in result["states"] if "baselines" in row]
    if not rows:
        return
    nothing = np.array([row["do_nothing"] for row in rows])
    own = np.array([row["by_moves"] for row in rows]) / nothing[:, None]
    moves = np.arange(own.shape[1])
    axes.plot(moves, own.mean(axis=0) * 100, "o-", color=COLOURS["engine"], label=LABELS["engine"], ms=4)
    for name in NAMES:
        by_moves = [row["baselines"][name]["by_moves"] for row in rows]
        share = np.array(by_moves) / nothing[:, None]
        at = moves if share.shape[1] == moves.size else moves[-1:]
        axes.plot(at, share.mean(axis=0) * 100, "s--", color=COLOURS[name], label=LABELS[name], ms=3, lw=1)
    axes.set_title(f"{result['region']}, mean of {len(rows)} states", fontsize=10)
    axes.set(xlabel="moves, at most", ylabel="risk and costs, % of doing nothing")


def _has_each(row: Mapping[str, Any]) -> bool:
    return "baselines" in row and all(
        len(answer["by_moves"]) == len(row["by_moves"]) for answer in row["baselines"].values()
    )


def _certified(axes: Axes, result: Result) -> None:
    """Draw the share of states certified to 0.1 % within a time, of the engine and of the plain solvers."""
    rows = result["states"]
    times = [
        (row["first_plan_ms"] + row["certify_ms"]) / 1e3 if row["certificate"] == "proven" else np.inf
        for row in rows
    ]
    _share(axes, times, "engine", LABELS["engine"])
    whole = [row for row in rows if row["frontier_ms"] is not None]
    if whole:
        ends = [
            (row["first_plan_ms"] + row["frontier_ms"]) / 1e3
            if row["frontier_proven"] == len(row["frontier_gaps"])
            else np.inf
            for row in whole
        ]
        _share(axes, ends, "engine", "its whole frontier", "--")
    for solver in ("scip", "cp-sat"):
        own = [a for row in rows for a in row.get("plain", ()) if a["solver"] == solver]
        if own:
            ends = [a["seconds"] if a["status"] == "proven" else np.inf for a in own]
            _share(axes, ends, solver, LABELS[solver], last_s=max(a["seconds"] for a in own))
    axes.set(xscale="log", xlabel="seconds", ylabel="share of states certified to 0.1 %", ylim=(-0.03, 1.03))


def _share(
    axes: Axes, times_s: list[float], name: str, label: str, style: str = "-", last_s: float = 10.0
) -> None:
    done = np.sort([time_s for time_s in times_s if np.isfinite(time_s)])
    share = np.arange(1, done.size + 1) / len(times_s)
    at = np.concatenate([[1e-3], done, [max(last_s, done[-1] if done.size else 0.0)]])
    height = np.concatenate([[0.0], share, share[-1:] if done.size else [0.0]])
    axes.step(at, height, style, where="post", color=COLOURS[name], label=label)
