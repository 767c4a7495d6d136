"""Many consoles at once: how long a plan takes from being published until each of them has it.

Used by the load runs, in processes of their own. The span is from the plan's own `published_at` to the whole
message being here, by the machine's wall clock, which service and audience share.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loadtests.pipeline.event_stream import messages
from loadtests.pipeline.http_lanes import HttpLanes
from loadtests.probe.histogram import LatencyHistogram
from loadtests.probe.loop import run

PUBLISHED = re.compile(rb'"published_at": ?"([^"]+)"')
CONNECT_S = 20.0


@dataclass(frozen=True, slots=True)
class Pushes:
    """What an audience heard.

    Attributes
    ----------
    waits_s
        Of every plan to every console.
    plans
        Plans each console heard; as many numbers as consoles.
    broken
        Consoles whose stream did not come about or broke.
    """

    waits_s: tuple[float, ...]
    plans: tuple[int, ...]
    broken: int
    first_error: str = ""


def audience(urls: Sequence[str], area: str, consoles: int, listen_s: float) -> Pushes:
    """Open so many live streams, shared out over `urls`, and listen; for a process of its own.

    The time to listen begins once all are connected, or after `CONNECT_S`; what came before does not count.
    """
    return run(_audience(urls, area, consoles, listen_s))


async def _audience(urls: Sequence[str], area: str, consoles: int, listen_s: float) -> Pushes:
    ears = [_Ear() for _ in range(consoles)]
    listening = [
        asyncio.create_task(ear.listen(urls[place % len(urls)], area)) for place, ear in enumerate(ears)
    ]
    until_s = time.monotonic() + CONNECT_S
    for ear in ears:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ear.connected.wait(), max(0.0, until_s - time.monotonic()))
    for ear in ears:
        ear.waits_s.clear()
    await asyncio.sleep(listen_s)
    broken = [task for task in listening if task.done()] + [
        task
        for task, ear in zip(listening, ears, strict=True)
        if not task.done() and not ear.connected.is_set()
    ]
    errors = [str(task.exception()) for task in broken if task.done() and not task.cancelled()]
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    waits_s = tuple(wait for ear in ears for wait in ear.waits_s)
    return Pushes(waits_s, tuple(len(ear.waits_s) for ear in ears), len(broken), errors[0] if errors else "")


class _Ear:
    """One console."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.waits_s: list[float] = []

    async def listen(self, url: str, area: str) -> None:
        async with HttpLanes(url, 1, CONNECT_S) as lanes:
            async for message in messages(lanes.stream(f"/api/v1/areas/{area}/stream")):
                now_s = time.time()
                self.connected.set()
                if message.startswith(b"event: plan") or b"\nevent: plan\n" in message[:200]:
                    found = PUBLISHED.search(message)
                    if found:
                        published = datetime.fromisoformat(found[1].decode())
                        self.waits_s.append(now_s - published.timestamp())
        raise ConnectionError("the service ended the live stream")


def push_figures(heard: Sequence[Pushes], listen_s: float) -> dict[str, object]:
    """The audience's processes together."""
    plans = [count for one in heard for count in one.plans]
    return {
        "consoles": len(plans),
        "broken": sum(one.broken for one in heard),
        "first_error": next((one.first_error for one in heard if one.first_error), ""),
        "seconds": listen_s,
        "plans_least": min(plans, default=0),
        "plans_most": max(plans, default=0),
        "plans_per_s_least": round(min(plans, default=0) / listen_s, 3),
        "push": LatencyHistogram(wait for one in heard for wait in one.waits_s).figures(),
    }
