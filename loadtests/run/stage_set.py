"""What both load runs have in common: the area's events, the run-in, the figures that the levels judge.

Used by the embedded and the Kafka run.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.levels import Measured, Size
from loadtests.pipeline.brigade import Brigade
from loadtests.pipeline.busy_day import BusyDay
from loadtests.pipeline.console import opened
from loadtests.pipeline.latency import prepare
from loadtests.pipeline.processes import python_module
from loadtests.probe.loop import run
from loadtests.probe.probe import Target, probe
from loadtests.probe.schedule import schedule
from loadtests.run.ladder import LINGER_FROM_PER_S, LINGER_S

SEED = 20_260_606
RUN_IN = 600
"""Events before anything is measured: everybody at home, then enough calls for a busy picture."""
CEILING_RATES = (100.0, 1_000.0, 4_000.0)
CEILING_S = 5.0

Figures = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of a run."""

    pack: Path
    minutes: float
    senders: int
    folder: Path
    consoles: int = 500
    ceiling_s: float = CEILING_S


def size_of(brigade: Brigade) -> Size:
    """The area's size, for the levels."""
    return Size(len(brigade.stations), len(brigade.appliances), len(brigade.zones_en))


def run_in(url: str, area: str, day: BusyDay) -> None:
    """A busy picture to begin with."""

    async def posted() -> None:
        async with opened(url, area) as console:
            await prepare(console, day.take(RUN_IN))

    asyncio.run(posted())


def ceiling(asked: Asked, brigade: Brigade, say: Say) -> list[Figures]:
    """The probe against a service that does nothing: its own latency and limit on this machine, now."""
    found = []
    day = BusyDay(brigade, SEED, positions=False)
    with python_module("loadtests.probe.null_service", [], asked.folder / "null.log") as service:
        for per_s in CEILING_RATES:
            linger_s = LINGER_S if per_s >= LINGER_FROM_PER_S else 0.0
            when = schedule(per_s, asked.ceiling_s, SEED, linger_s=linger_s)
            target = Target((service.url,), service.url, brigade.area)
            found.append(run(probe(target, day.take(len(when.due_s)), when, asked.senders)))
            plan, late = found[-1]["plan"], found[-1]["sent_late"]
            say(
                f"nothing at {per_s:,g} events/s: p99 {plan.get('p99_ms')} ms, "  # type: ignore[attr-defined]
                f"sent late p99 {late.get('p99_ms')} ms"  # type: ignore[attr-defined]
            )
    return found


def measured(rates: Sequence[Figures]) -> dict[str, Measured]:
    """The figures of the ladder under the names that levels have."""
    found = {}
    for one in rates:
        for percentile in ("p50_ms", "p99_ms"):
            value = one["plan"].get(percentile, float("nan"))
            if one["unserved"] and percentile == "p99_ms" and one["unserved"] * 100 > one["events"]:
                value = float("inf")  # more than one in a hundred never had a plan
            found[f"plan_{percentile}@{one['per_s']:g}"] = Measured(value, one["seconds"])
        found[f"lost@{one['per_s']:g}"] = Measured(float(one["lost"] + one["unserved"]), one["seconds"])
    if rates:
        lowest = min(rates, key=lambda one: float(one["per_s"]))
        value = lowest["proven"].get("p95_ms", float("nan"))
        if lowest["proven"]["never"] * 20 > lowest["events"]:
            value = float("inf")  # more than one in twenty was never proven
        found["certified_p95_ms"] = Measured(value, lowest["seconds"])
    return found
