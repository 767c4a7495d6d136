"""The results of the route benchmark as Markdown: targets first, then families, then every instance.

Used by the benchmark. It judges nothing: whether a level is met comes from `routes_targets`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from optimiser.benchmarks.routes_summary import CONTENDERS, by_instance, cost_or_inf
from optimiser.benchmarks.routes_task import RELAXED
from optimiser.benchmarks.target_table import MARKS

Result = Mapping[str, Any]
FAMILY_WORDS = {
    "mtvrptwr": "Several trips, time windows, release times (MTVRPTWR)",
    "cvrp": "Capacity only (CVRP)",
    "vrptw": "Time windows, 1,000 stops (VRPTW)",
    "kim": "Kim's waste collection, all rules (cost in miles; no published best cost is at hand)",
    "carp": "Arc routing (CARP)",
}
NONE = "–"


def route_table(result: Result, rows: Sequence[dict[str, Any]]) -> str:
    """Return the Markdown of a result and its rows."""
    parts = [
        "# The route engine measured",
        "Made by `make bench-routes` from `routes.jsonl` beside it (every run) and `routes.json` (method, "
        "summary).",
        *[_run(run) for run in result["runs"]],
        _targets(result["targets"]),
        _insert(result["insert"]),
        _lost(result["lost"], rows),
    ]
    parts += [_family(rows, family, own) for family, own in result["families"].items()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _run(run: Result) -> str:
    made = run["environment"]
    packages = ", ".join(f"{name} {version}" for name, version in made["packages"].items())
    return (
        f"Run of {run['run']}, commit {run['commit']} ({', '.join(run['families'])}): "
        f"{made['cpu'] or made['machine']}, {made['cpus']} cores, load {made['load_1min']:g} at the start, "
        f"Python {made['python']}, {packages}."
    )


def _targets(targets: Sequence[Result]) -> str:
    lines = ["| target | limit | measured | met |", "|---|---:|---:|:-:|"]
    for one in targets:
        limit = f"{one['sign']} {_value(one['limit'], one['unit'])}"
        # Measured without a number: a plan is missing.
        measured = _value(one["measured"], one["unit"]) if one["met"] is not None else NONE
        lines.append(f"| {one['words']} | {limit} | {measured} | {MARKS[one['met']]} |")
    return "## Targets\n\n" + "\n".join(lines)


def _insert(found: Result | None) -> str:
    if not found:
        return ""
    ms = found["ms"]
    return (
        "## A new stop\n\n"
        f"{found['inserts']:,} inserts into {found['days']} pictures of days of {found['stops'][0]} stops, "
        "all rules on, from the call to the plan with the checker's verdict: "
        f"median {ms['median']:.2f} ms, p95 {ms['p95']:.2f}, p99 {ms['p99']:.2f}, worst {ms['worst']:.2f}. "
        f"Placed: {found['placed']:,}; dearer to serve than to leave out: {found['dear']}; without a place "
        f"that keeps all rules: {found['no_place']}. Inserts by which a stop changed lorry or order: "
        f"{found['churned']}; plans that break a rule: {found['not_feasible']}."
    )


def _lost(found: Result | None, rows: Sequence[Result]) -> str:
    if not found:
        return ""
    lines = [
        "| day | stops left | placed | explained | answered s | churn after 5 s | cost over free 30 s | "
        "no churn, free at 5 s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['instance']} | {row['remaining']} | {row['placed']} | {row['explained']} | "
        f"{row['answered_s']:.3f} | {row['churn_share']:.1%} | {row['cost_ratio'] - 1.0:+.2%} | "
        f"{row['no_churn_ratio'] - 1.0:+.2%}, {row['free_ratio'] - 1.0:+.2%} |"
        for row in rows
        if row["family"] == "lost" and row.get("status") == "feasible"
    ]
    return "## A lost lorry\n\n" + "\n".join(lines)


def _family(rows: Sequence[dict[str, Any]], family: str, own: Sequence[Result]) -> str:
    lines = [
        "| seconds | who | feasible | mean gap | worst gap | at the best | mean cost | late | longest s | "
        "CPU s | ours lower / same / higher |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in own:
        fit = "does not fit, or not all rules" if one["does_not_fit"] == one["instances"] else None
        feasible = fit or f"{one['feasible']} of {one['instances']}"
        ours = one["ours"]
        against = f"{ours['lower']} / {ours['same']} / {ours['higher']}" if ours and not fit else NONE
        lines.append(
            f"| {one['seconds']:g} | {one['contender']} | {feasible} | {_gap(one['mean_gap'])} | "
            f"{_gap(one['max_gap'])} | {_plain(one['at_best'], 0)} | {_plain(one['mean_cost'], 1)} | "
            f"{one['late'] or NONE} | "
            f"{_plain(one['longest_s'], 1)} | {_plain(one['mean_cpu_s'], 1)} | {against} |"
        )
    parts = [f"## {FAMILY_WORDS[family]}", "\n".join(lines)]
    parts += [_instances(rows, family, seconds) for seconds in sorted({one["seconds"] for one in own})]
    return "\n\n".join(parts)


def _instances(rows: Sequence[dict[str, Any]], family: str, seconds: float) -> str:
    heads = [c for c in CONTENDERS if any(c in own for own in by_instance(rows, family, seconds).values())]
    lines = [
        f"| at {seconds:g} s | best known | {' | '.join(heads)} |",
        f"|---|---:|{'---:|' * len(heads)}",
    ]
    for name, own in by_instance(rows, family, seconds).items():
        best = next((row["best_known"] for row in own.values() if row.get("best_known") is not None), None)
        cells = [_cell(own.get(contender)) for contender in heads]
        lines.append(f"| {name} | {_plain(best, 1)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: Result | None) -> str:
    if row is None:
        return NONE
    if row.get("status") == RELAXED:
        return f"{_plain(row['cost'], 1)} without lunch and caps"
    if not np.isfinite(cost_or_inf(dict(row))):
        return str(row.get("status"))
    gap = row.get("gap")
    return _plain(row["cost"], 1) + (f" ({_gap(gap)})" if gap is not None else "")


def _gap(value: float | None) -> str:
    return NONE if value is None else f"{value:.2%}"


def _plain(value: float | None, digits: int) -> str:
    return NONE if value is None else f"{value:,.{digits}f}"


def _value(value: float | None, unit: str) -> str:
    if value is None or not np.isfinite(value):
        return "without a plan"
    if unit == "share":
        return f"{value:.2%}"
    if unit == "":
        return f"{value:,.0f}"
    return f"{value:,.2f} {unit}"
