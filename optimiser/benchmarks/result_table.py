"""The results of a run as Markdown: what a reader wants to know first, every figure from the files.

Used by the runner. It judges nothing: levels, and whether they are met, come from the files.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from optimiser.benchmarks.baselines.methods import NAMES
from optimiser.benchmarks.target_table import target_table

Result = Mapping[str, Any]
SOLVER_WORDS = {"scip": "SCIP", "cp-sat": "CP-SAT"}
TIMES = (
    ("first plan with its frontier, ms", "first_plan_ms"),
    ("reasons, ms", "explain_ms"),
    ("alternatives, ms", "alternatives_ms"),
    ("reasons and alternatives together, ms", "after_first_ms"),
    ("certificate (0.1 %), ms", "certify_ms"),
    ("certificate and the whole frontier certified, ms", "frontier_ms"),
)
GAPS = (
    ("gap of doing nothing", "do_nothing_gap"),
    ("gap of the first plan", "first_gap"),
    ("gap when certified", "gap"),
    ("gap of the frontier's plans", "frontier_gap"),
)


def table(results: Sequence[Result]) -> str:
    """Return the Markdown of all regions."""
    parts = [
        "# The cover engine measured",
        "Made by `make bench-cover` from the `cover-*.json` beside it: method, environment, every sample.",
    ]
    for result in results:
        parts += [
            _head(result),
            _engine(result["engine"]),
            _as_live(result),
            target_table(result["targets"]),
            _plain(result),
            _baselines(result),
        ]
    plots = ("gap", "frontier", "certified")
    parts.append("\n".join(f"![{name}](cover-{name}.png)" for name in plots))
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(result: Result) -> str:
    size, memory = result["size"], result["memory"]
    words = (
        f"## {result['region']}\n\nMade from {result['made_from']}: {size['stations']} stations, "
        f"{size['appliances']} appliances, {size['zones']} zones, kinds: {size['kinds']}; "
        f"{result['engine']['states']} states, seed {result['seed']}, {result['environment']['cpus']} cores."
    )
    if memory.get("engine_mib") is not None:
        words += (
            f" Memory of the engine: {memory['engine_mib']:.0f} MiB at most, above the "
            f"{memory['before_mib']:.0f} MiB of a process with the region's arrays and all code loaded "
            f"({memory['peak_mib']:.0f} MiB together)."
        )
    return words


def _engine(engine: Mapping[str, Any]) -> str:
    lines = ["| | median | p95 | p99 | worst |", "|---|---:|---:|---:|---:|"]
    for shown, rows in ((_ms, TIMES), (_percent, GAPS)):
        for words, name in rows:
            figures = engine.get(name)
            if figures:
                values = " | ".join(shown(figures[key]) for key in ("median", "p95", "p99", "worst"))
                lines.append(f"| {words} | {values} |")
    within = ", ".join(
        f"{share:.1%} within {ms} ms" for ms, share in engine["share_proven_within_ms"].items()
    )
    words = f"Certified to 0.1 %: {engine['proven']} of {engine['states']} states; {within}."
    if "frontier_all_proven" in engine:
        words += f" Whole frontier certified: {engine['frontier_all_proven']} states."
    return "\n".join(lines) + "\n\n" + words


def _as_live(result: Result) -> str:
    if not result["engine_as_live"]:
        return ""
    two = sum(row["live"]["scenes"] == 2 for row in result["states"])
    head = (
        "The same states as live (expected releases and arrivals, driving charged by what a move would bring "
        f"meanwhile, charges for departing from recent moves and undoing them), {two} of them in two scenes:"
    )
    return f"{head}\n\n{_engine(result['engine_as_live'])}"


def _plain(result: Result) -> str:
    lines = []
    for solvers in result["plain"].values():
        for solver, one in solvers.items():
            least = "more than " if one["median_is_lower_bound"] else ""
            gap = "none" if one["median_gap"] is None else _percent(one["median_gap"])
            times = one["over_first_plan_p99"]
            ratio = "–" if times is None else f"{least}{times:,.0f}"
            lines.append(
                f"| {SOLVER_WORDS[solver]}, limit {one['limit_s']:g} s | {one['states']} | {one['proven']} | "
                f"{one['censored']} | {one['failed'] or '–'} | {one['with_a_plan']} | {gap} | "
                f"{least}{_seconds(one['median_s'])} | {_seconds(one['median_stopped_after_s'])} | "
                f"{_seconds(one['median_build_s'])} | {ratio} |"
            )
    if not lines:
        return ""
    head = (
        "The plain full integer model, with default settings; ratio: its median over the p99 of our first "
        "plan; failed runs are in no median:\n\n"
        "| solver | states | proven | stopped | failed | with any plan | median gap at the end | median s | "
        "stopped after s | of it building | ratio |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    )
    return head + "\n".join(lines)


def _baselines(result: Result) -> str:
    found = result["baselines"]
    if not found:
        return ""
    lines = []
    for name in NAMES:
        one = found[name]
        ms = one["ms"]["median"] if one["ms"] else 0.0
        lines.append(
            f"| {one['what']} | {_ms(ms)} | {one['stopped_by_limit'] or '–'} | "
            f"{_against(one, 'published')} | {_against(one, 'hindsight')} |"
        )
    for way in ("published", "hindsight"):
        words = {"published": "best of them in each state", "hindsight": "best of them, with hindsight"}[way]
        own = {way: found[f"best_{way}"]}
        empty = "– | – | –"
        cells = f"{_against(own, way)} | {empty}" if way == "published" else f"{empty} | {_against(own, way)}"
        lines.append(f"| {words} | | | {cells} |")
    head = (
        "What the certified plan saves against the methods of the literature, as a share of their objective, "
        "and in how many states the first or the certified plan is worse. With hindsight: the best number of "
        "moves for our objective, chosen afterwards, without any move that does not pay. Stopped: states in "
        "which its programme met its limit.\n\n"
        "| method | median ms | stopped | mean | least | worse: first, certified | mean, with hindsight | "
        "least | worse: first, certified |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    )
    left = found["best_hindsight"]["share_of_saving_left"]
    tail = (
        "\n\nOf all that moving can save (doing nothing against the proven bound), the best method with "
        f"hindsight leaves {left:.1%} unsaved on average."
    )
    return head + "\n".join(lines) + tail + _full_hindsight(found)


def _full_hindsight(found: Mapping[str, Any]) -> str:
    own = found.get("best_full_hindsight")
    if own is None:
        return ""
    first, certified = own["first"], own["certified"]
    return (
        f"\n\nIn the {own['states']} states in which each method was asked for every number of moves, "
        "hindsight at its strongest: the first plan is worse than the best of them in "
        f"{first['states_worse']}, the certified one in {certified['states_worse']}; it saves "
        f"{_percent(certified['mean_advantage'])} on average, "
        f"{_percent(certified['least_advantage'])} at least."
    )


def _against(one: Mapping[str, Any], way: str) -> str:
    first, certified = one[way]["first"], one[way]["certified"]
    return (
        f"{_percent(certified['mean_advantage'])} | {_percent(certified['least_advantage'])} | "
        f"{first['states_worse']}, {certified['states_worse']}"
    )


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _percent(value: float) -> str:
    return f"{value:.3%}" if abs(value) < 0.01 else f"{value:.2%}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
