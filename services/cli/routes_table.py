"""Plans and comparisons as text for people: a few lines and a table of rounds.

Called by `cover routes`. Only lays out what answers say; never computes what is not in them.
"""

from collections.abc import Sequence

from services.routes_answer_document import RoutesAnswer
from services.routes_comparison import Comparison
from services.routes_file_numbers import M_PER_KM

METRIC = ("native", "kim")
"""Kinds with metres and times of a day; the others count units of their own."""
MOST_LISTED = 10
"""Violations, unserved and moved stops that are named; the JSON has all."""


def summary_lines(answer: RoutesAnswer) -> list[str]:
    """Return an answer in words, and its rounds as a table."""
    state = "keeps every rule" if answer.feasible else f"breaks {len(answer.violations)} rules"
    stops = sum(row.stops for row in answer.rounds)
    lines = [
        f"{answer.name} ({answer.kind}): cost {_number(answer.cost)}, {state}; "
        f"{len(answer.rounds)} rounds, {stops} stops served, {len(answer.unserved)} not; "
        f"{answer.elapsed_s:.1f} s"
    ]
    lines += [f"  {broken.code}: {broken.text}" for broken in answer.violations[:MOST_LISTED]]
    lines += _more(len(answer.violations))
    if answer.unserved:
        lines.append(f"  not served: {_listed(answer.unserved)}")
    costs = answer.costs
    if costs.untouched_stops:
        lines.append(
            f"  {costs.moved_stops} of {costs.untouched_stops} stops change vehicle ({costs.churn_share:.1%})"
        )
    return lines + round_table(answer)


def placed_lines(answer: RoutesAnswer) -> list[str]:
    """Return where a new stop went, or why it went nowhere and what would let it be served."""
    placed = answer.placed
    if placed is None:
        return ["not placed"]
    if placed.vehicle is not None:
        added = "" if placed.cost_added is None else f", {placed.cost_added:+,.1f} to the cost"
        where = f"visit {placed.position} of {placed.vehicle}"
        return [f"stop {placed.stop}: {where}{added}; {placed.elapsed_ms:.2f} ms"]
    lines = [f"not placed: {placed.refused}"]
    if placed.reasons is not None:
        vehicles = placed.reasons.vehicles
        lines += [f"  {' and '.join(one.codes) or 'can'}: {one.text}" for one in vehicles[:MOST_LISTED]]
        lines += _more(len(vehicles))
    for offer in placed.relaxations:
        lines.append(f"  it could be served with: {offer.text} ({offer.vehicle}, {offer.cost_added:+,.1f})")
    return lines


def unserved_lines(answers: Sequence[tuple[str, RoutesAnswer]]) -> list[str]:
    """Return why stops are not served, each named once: answers mostly leave out the same ones."""
    texts = dict.fromkeys(one.text for _, answer in answers for one in answer.reasons)
    return [f"  {text}" for text in list(texts)[:MOST_LISTED]] + _more(len(texts))


def round_table(answer: RoutesAnswer) -> list[str]:
    """Return the table of rounds."""
    metric = answer.kind in METRIC
    distance = "km" if metric else "distance"
    head = ["vehicle", "stops", "trips", "leaves", "back", "duration", distance, "load", "overtime"]
    rows = [
        [
            row.vehicle,
            str(row.stops),
            str(row.trips),
            _clock(row.start_s, metric),
            _clock(row.finish_s, metric),
            _clock(row.finish_s - row.start_s, metric),
            _number(row.dist_m / M_PER_KM if metric else row.dist_m),
            " + ".join(_number(load) for load in row.load.values()),
            _clock(row.overtime_s, metric) if row.overtime_s else "-",
            _number(row.cost),
            "-" if row.cost_per_collection is None else _number(row.cost_per_collection),
        ]
        for row in answer.rounds
    ]
    return _aligned([[*head, "cost", "per stop"], *rows])


def options_lines(answers: Sequence[tuple[str, RoutesAnswer]]) -> list[str]:
    """Return several answers to one question, one line each."""
    rows = [["answer", "feasible", "cost", "late", "overtime", "not served", "moved", "share", "seconds"]]
    for name, answer in answers:
        costs, metric = answer.costs, answer.kind in METRIC
        rows.append(
            [
                name,
                "yes" if answer.feasible else "no",
                _number(answer.cost),
                _clock(costs.late_s, metric) if costs.late_s else "-",
                _clock(costs.overtime_s, metric) if costs.overtime_s else "-",
                str(len(answer.unserved)),
                str(costs.moved_stops),
                f"{costs.churn_share:.1%}",
                f"{answer.elapsed_s:.1f}",
            ]
        )
    return _aligned(rows)


def comparison_lines(found: Comparison) -> list[str]:
    """Return what changes between two plans."""
    lines = [
        f"cost {_number(found.a.cost)} -> {_number(found.b.cost)} ({found.cost_difference:+,.1f}); "
        f"{len(found.moved)} stops change vehicle"
    ]
    for name, plan in (("a", found.a), ("b", found.b)):
        if not plan.feasible:
            lines.append(f"  plan {name} ({plan.plan}) breaks rules")
    lines += [f"  {key}: {change:+,.1f}" for key, change in found.costs_difference.items()]
    for moved in found.moved[:MOST_LISTED]:
        lines.append(f"  stop {moved.stop}: {moved.from_ or 'nobody'} -> {moved.to or 'nobody'}")
    lines += _more(len(found.moved))
    rows = [["vehicle", "stops", "trips", "seconds driven", "cost"]]
    for row in found.rounds:
        pairs = [_pair(row.a, row.b, key) for key in ("stops", "trips", "drive_s", "cost")]
        rows.append([row.vehicle, *pairs])
    return lines + (_aligned(rows) if found.rounds else ["  no round changes"])


def _pair(a: dict[str, float] | None, b: dict[str, float] | None, key: str) -> str:
    before, after = ("-" if one is None else _number(one[key]) for one in (a, b))
    return before if before == after else f"{before} -> {after}"


def _more(n: int) -> list[str]:
    return [f"  and {n - MOST_LISTED} more"] if n > MOST_LISTED else []


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _clock(seconds: float, metric: bool) -> str:
    if not metric:
        return _number(seconds)
    minutes = round(seconds / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines, the first column to the left, all others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
