"""The probe: events sent by a schedule, plans heard on a console, and what each event waited.

Called by `python -m loadtests.probe` and by the load runs. Judges nothing.
"""

import asyncio
import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from loadtests.probe.histogram import Figures, LatencyHistogram
from loadtests.probe.plans_heard import PlansHeard, listening
from loadtests.probe.schedule import Schedule
from loadtests.probe.sender import Parcel, Sent, send, send_apart
from loadtests.probe.trace import Trace, trace

LEAD_S, LEAD_APART_S = 0.2, 1.0
"""Between the order to send and the first instant, so that handing the events over delays none."""
PLAN_WITHIN_S = 30.0
"""An event whose plan has not come so long after the last post is unserved."""
PROVEN_WITHIN_S = 3.0
"""The service gives a proof two seconds."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where events go and where plans are heard: API replicas of one service.

    Attributes
    ----------
    post_urls
        Parcels go to these in turn.
    """

    post_urls: tuple[str, ...]
    stream_url: str
    area: str


async def probe(target: Target, events: Sequence[bytes], when: Schedule, senders: int = 0) -> Figures:
    """Send every event when it is due, and tell what became of each.

    Parameters
    ----------
    events
        At least as many as the schedule has instants.
    senders
        Processes that send; 0 sends from this one.

    Raises
    ------
    ValueError
        Where there are fewer events than instants.
    ConnectionError
        Where the live stream breaks.
    """
    if len(events) < len(when.due_s):
        raise ValueError(f"{len(events)} events for {len(when.due_s)} instants")
    async with listening(target.stream_url, target.area) as console:
        before = len(console.plans)
        sent = await _sent(target, events, when, senders)
        last = max((post.last_offset for post in sent), default=-1)
        if last >= 0:
            await console.until(last, PLAN_WITHIN_S)
            await _until_proven(console)
        # The last plan from before stays: it may cover nothing, but it says what was known.
        return figures(when, sent, trace(sent, console.plans[max(0, before - 1) :])) | {
            "console_snapshots": console.snapshots,
            "console_bytes": console.bytes,
        }


def figures(when: Schedule, sent: Sequence[Sent], found: Trace) -> Figures:
    """All that is kept of one rate."""
    errors = Counter(post.error for post in sent if post.error)
    answered = LatencyHistogram(p.answered_s - p.due_s[-1] for p in sent if not p.error)
    covered = ~np.isnan(found.waits_s)
    proven = ~np.isnan(found.proven_s)
    return {
        "per_s": when.per_s,
        "seconds": when.seconds,
        "arrivals": when.arrivals,
        "linger_ms": when.linger_s * 1e3,
        "events": len(when.due_s),
        "posts": len(sent),
        "accepted": sum(post.accepted for post in sent),
        "failed_events": sum(len(post.due_s) for post in sent if post.error),
        "unserved": found.unserved,
        "errors": dict(errors.most_common(5)),
        "plans": len(found.oldest_s),
        "plan": LatencyHistogram(found.waits_s[covered].tolist()).figures(),
        "oldest": LatencyHistogram(found.oldest_s.tolist()).figures(),
        "proven": LatencyHistogram(found.proven_s[proven].tolist()).figures()
        | {"never": int((~proven).sum())},
        "post_answered": answered.figures(),
        "sent_late": LatencyHistogram(p.ready_s - p.due_s[-1] for p in sent).figures(),
        "by_second": _by_second(found),
    }


def _by_second(found: Trace) -> list[list[float]]:
    """Second since the first event, events due in it, p50, p99 and most of their waits in milliseconds."""
    if not len(found.due_s):
        return []
    second = np.floor(found.due_s - found.due_s.min()).astype(int)
    rows = []
    for one in np.unique(second):
        waits_ms = found.waits_s[second == one] * 1e3
        known = waits_ms[~np.isnan(waits_ms)]
        if len(known):
            p50, p99 = np.percentile(known, [50, 99])
            rows.append(
                [float(one), float(len(waits_ms)), *(round(float(x), 2) for x in (p50, p99, known.max()))]
            )
    return rows


async def _sent(target: Target, events: Sequence[bytes], when: Schedule, senders: int) -> list[Sent]:
    posts = list(when.posts())
    urls = itertools.cycle(target.post_urls)
    if senders == 0:
        parcels = _parcels(posts, events, when, time.monotonic() + LEAD_S)
        by_url = [parcels[n :: len(target.post_urls)] for n in range(len(target.post_urls))]
        each = await asyncio.gather(
            *(send(url, target.area, mine) for url, mine in zip(target.post_urls, by_url, strict=True))
        )
        return list(itertools.chain.from_iterable(each))
    context, loop = multiprocessing.get_context("spawn"), asyncio.get_running_loop()
    with ProcessPoolExecutor(senders, context) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, time.sleep, LEAD_S) for _ in range(senders)))
        parcels = _parcels(posts, events, when, time.monotonic() + LEAD_APART_S)
        working = [
            loop.run_in_executor(pool, send_apart, next(urls), target.area, parcels[n::senders])
            for n in range(senders)
        ]
        return list(itertools.chain.from_iterable(await asyncio.gather(*working)))


def _parcels(
    posts: Sequence[tuple[int, int]], events: Sequence[bytes], when: Schedule, begin_s: float
) -> list[Parcel]:
    return [
        Parcel(tuple(begin_s + due for due in when.due_s[first:end]), tuple(events[first:end]))
        for first, end in posts
    ]


async def _until_proven(console: PlansHeard) -> None:
    """Wait some seconds for the proof of the last plan."""
    until_s = time.monotonic() + PROVEN_WITHIN_S
    heard = -1
    while time.monotonic() < until_s and heard != len(console.plans):
        heard = len(console.plans)
        await asyncio.sleep(PROVEN_WITHIN_S / 3)
