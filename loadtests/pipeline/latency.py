"""Event to plan, as a console sees it: open arrivals at a few rates, every event counted.

Called by the run, for Kafka and Redis and for the embedded service alike; `trips` is the bare broker's round
trip with the same bytes at the same instants.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadtests.pipeline.bare_kafka import make_topic, round_trips
from loadtests.pipeline.busy_day import batches
from loadtests.pipeline.console import BATCH, ONE, Console, opened

Result = dict[str, object]

RUN_IN_BATCH = 500
CALM_S = 2.5
"""Pause after the run-in: its last plan is proven by then."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Events with the seconds at which they are due: Poisson arrivals of one rate."""

    per_s: float
    events: list[bytes]
    due_s: list[float]


def arrivals(events: list[bytes], per_s: float, seed: int) -> Arrivals:
    """Give each event its instant; the same seed gives the same instants."""
    rng = random.Random(f"{seed} {per_s}")
    due_s, at_s = [], 0.0
    for _ in events:
        at_s += rng.expovariate(per_s)
        due_s.append(at_s)
    return Arrivals(per_s, events, due_s)


def event_to_plan(url: str, area: str, run_in: list[bytes], rates: Sequence[Arrivals]) -> dict[str, Result]:
    """Measure each rate in turn, after the events of `run_in`, which are not measured."""
    return asyncio.run(_event_to_plan(url, area, run_in, rates))


def trips(kafka: str, topic: str, rates: Sequence[Arrivals]) -> dict[str, Result]:
    """The bare broker's round trip at each rate: sent (acks=all, no linger) until a consumer has it."""
    make_topic(kafka, topic)
    found = {}
    for rate in rates:
        waits_s = round_trips(kafka, topic, rate.events, rate.due_s)
        found[f"{rate.per_s:g}"] = percentiles(waits_s) | {"samples_ms": _ms(waits_s)}
    return found


def percentiles(waits_s: Sequence[float]) -> Result:
    """Count and percentiles in milliseconds."""
    if not waits_s:
        return {"events": 0}
    p50, p90, p99 = np.percentile(waits_s, [50, 90, 99]) * 1e3
    return {
        "events": len(waits_s),
        "p50_ms": round(float(p50), 2),
        "p90_ms": round(float(p90), 2),
        "p99_ms": round(float(p99), 2),
        "max_ms": round(max(waits_s) * 1e3, 2),
    }


async def _event_to_plan(
    url: str, area: str, run_in: list[bytes], rates: Sequence[Arrivals]
) -> dict[str, Result]:
    found = {}
    async with opened(url, area) as console:
        await prepare(console, run_in)
        for rate in rates:
            found[f"{rate.per_s:g}"] = await measured(console, rate.events, rate.due_s, ONE)
            await asyncio.sleep(CALM_S)
    return found


async def prepare(console: Console, run_in: list[bytes]) -> None:
    """Post what is not measured, and wait until its plan is there and proven.

    Raises
    ------
    RuntimeError
        Where the service refuses it, or no plan comes.
    """
    for body in batches(run_in, RUN_IN_BATCH):
        (posted,) = await console.post([body], [0.0], BATCH)
        if posted.error or not await console.until_planned(posted.last_offset):
            raise RuntimeError(f"the run-in was not taken or not planned: {posted.error or posted}")
    await asyncio.sleep(CALM_S)


async def measured(
    console: Console, bodies: Sequence[bytes], due_s: Sequence[float], media_type: str
) -> Result:
    """Post, wait for the last plan, and tell how long each request waited for its own."""
    posts = await console.post(bodies, due_s, media_type)
    await console.until_planned(max(posted.last_offset for posted in posts))
    waits_s = [wait for posted in posts if (wait := console.wait_s(posted)) is not None]
    answers_s = [posted.answered_s - posted.due_s for posted in posts if not posted.error]
    errors = [posted.error for posted in posts if posted.error]
    result = percentiles(waits_s)
    return result | {
        "accepted": sum(posted.accepted for posted in posts),
        "unserved": len(posts) - len(waits_s),
        "failed": len(errors),
        "first_error": errors[0] if errors else "",
        "post_answered": percentiles(answers_s),
        "sent_late_most_ms": round(max(posted.left_s - posted.due_s for posted in posts) * 1e3, 2),
        "seconds": round(posts[-1].due_s - posts[0].due_s, 3),
        "samples_ms": _ms(waits_s),
    }


def _ms(waits_s: Sequence[float]) -> list[float]:
    return [round(wait * 1e3, 2) for wait in waits_s]
