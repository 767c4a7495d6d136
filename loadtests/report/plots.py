"""The plots of a load run, each as SVG text to put into a page.

Used by the page. Draws what it is given; computes nothing but sums.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

SIZE_IN = (8.0, 3.6)
STAGES = ("ingest", "fold", "wait", "solve", "certify", "frontier", "publish", "push")
Figures = Mapping[str, Any]


def latency_against_load(rates: Sequence[Figures], ceiling: Sequence[Figures]) -> str:
    """p50, p99 and most against the rate; the probe's own p99 against nothing beside them."""

    def draw(axes: Axes) -> None:
        for name, style in (("p50_ms", "o-"), ("p99_ms", "s-"), ("max_ms", "^:")):
            known = [(one["per_s"], one["plan"][name]) for one in rates if name in one["plan"]]
            axes.plot(*_columns(known), style, label=f"event to console, {name.removesuffix('_ms')}")
        oldest = [(one["per_s"], one["oldest"]["p99_ms"]) for one in rates if "p99_ms" in one["oldest"]]
        axes.plot(*_columns(oldest), "d--", label="oldest event of a plan, p99")
        alone = [(one["per_s"], one["plan"]["p99_ms"]) for one in ceiling if "p99_ms" in one["plan"]]
        axes.plot(*_columns(alone), "x-", color="grey", label="the probe alone, p99")
        axes.set(xscale="log", yscale="log", xlabel="events a second", ylabel="ms")
        axes.legend(fontsize=8)

    return _svg(draw)


def stages_stacked(rates: Sequence[Figures]) -> str:
    """Mean milliseconds in each stage of the service, by rate."""

    def draw(axes: Axes) -> None:
        names = [f"{one['per_s']:,g}" for one in rates]
        below = [0.0] * len(rates)
        for stage in STAGES:
            means = [float(one["stages"].get(stage, {}).get("mean_ms", 0.0)) for one in rates]
            axes.bar(names, means, bottom=below, label=stage)
            below = [low + mean for low, mean in zip(below, means, strict=True)]
        axes.set(xlabel="events a second", ylabel="mean ms")
        axes.legend(fontsize=8, ncols=2)

    return _svg(draw)


def over_time(samples: Figures, field: str, label: str) -> str:
    """A field of every process over time."""

    def draw(axes: Axes) -> None:
        for name in dict.fromkeys(one["name"] for one in samples["processes"]):
            known = [(one["at_s"], one[field]) for one in samples["processes"] if one["name"] == name]
            axes.plot(*_columns(known), label=name)
        axes.set(xlabel="seconds", ylabel=label)
        axes.set_ylim(bottom=0)
        if samples["processes"]:
            axes.legend(fontsize=8)

    return _svg(draw)


def lag_over_time(samples: Figures) -> str:
    """Records not yet folded over time."""

    def draw(axes: Axes) -> None:
        axes.plot(*_columns(samples["lag"]))
        axes.set(xlabel="seconds", ylabel="records of lag")
        axes.set_ylim(bottom=0)

    return _svg(draw)


def waits_by_second(rate: Figures) -> str:
    """p50, p99 and most of the events due in each second of one rate."""

    def draw(axes: Axes) -> None:
        rows = rate["by_second"]
        for place, name in ((2, "p50"), (3, "p99"), (4, "most")):
            axes.plot(*_columns([(row[0], row[place]) for row in rows]), label=name)
        axes.set(xlabel="seconds", ylabel="ms", yscale="log")
        if rows:
            axes.legend(fontsize=8)

    return _svg(draw)


def _columns(points: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    return [float(point[0]) for point in points], [float(point[1]) for point in points]


def _svg(draw: Callable[[Axes], None]) -> str:
    figure = Figure(figsize=SIZE_IN, layout="constrained")
    draw(figure.add_subplot())
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"^.*?(?=<svg)", "", out.getvalue(), count=1, flags=re.S)
