"""The targets of a region as a Markdown table: the level, what was measured, whether it is met.

Used by the table of results. It computes nothing: `targets` did.
"""

from collections.abc import Mapping, Sequence
from typing import Any

MARKS = {True: "yes", False: "**no**", None: "–"}


def target_table(targets: Sequence[Mapping[str, Any]]) -> str:
    """Return the table, in the order of the targets."""
    head = (
        "Against the targets (set for London and for a region of four times its size):\n\n"
        "| target | limit | measured | met | as live | met |\n|---|---:|---:|:-:|---:|:-:|\n"
    )
    return head + "\n".join(_line(one) for one in targets)


def _line(one: Mapping[str, Any]) -> str:
    sign = "≥" if one["at_least"] else "≤"
    cells = [
        one["words"],
        f"{sign} {_value(one['limit'], one['unit'])}",
        _cell(one["measured"], one["met"], one["unit"]),
        MARKS[one["met"]],
        _cell(one["live"], one["live_met"], one["unit"]),
        MARKS[one["live_met"]],
    ]
    return f"| {' | '.join(cells)} |"


def _cell(value: float | None, met: bool | None, unit: str) -> str:
    if value is not None:
        return _value(value, unit)
    return "–" if met is None else "not proven"


def _value(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.2%}"
    if unit == "ms":
        return f"{value:,.0f} ms" if value >= 100.0 else f"{value:.1f} ms"
    if unit == "times":
        return f"{value:,.0f} times"
    return f"{value:,.0f} {unit}".replace(" states", "")
