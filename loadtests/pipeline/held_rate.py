"""A thousand events a second over HTTP, held for a while: is any lost, and how long does each wait?

Called by the run, against `cover api` with a worker beside it.
"""

import asyncio
from collections.abc import Sequence

from loadtests.pipeline.busy_day import batches
from loadtests.pipeline.console import BATCH, opened
from loadtests.pipeline.latency import measured
from loadtests.pipeline.processes import CoverProcess, cpu_s
from loadtests.pipeline.worker_metrics import WorkerMetrics

EVENTS_IN_BATCH = 10

Result = dict[str, object]


def held_rate(
    api: CoverProcess, worker: CoverProcess, area: str, events: list[bytes], per_s: float
) -> Result:
    """Post `events` by tens, evenly at `per_s` events a second."""
    metrics = WorkerMetrics(worker.url)
    before = metrics.settled()
    cpu_before_s = cpu_s(worker.pid), cpu_s(api.pid)
    bodies = list(batches(events, EVENTS_IN_BATCH))
    due_s = [place * EVENTS_IN_BATCH / per_s for place in range(len(bodies))]
    result = asyncio.run(_posted(api.url, area, bodies, due_s))
    lag_at_once = metrics.read().lag
    end = metrics.settled()
    metrics.close()
    return result | {
        "posted": len(events),
        "per_s": per_s,
        "folded": end.folded - before.folded,
        "plans": end.plans - before.plans,
        "refused": end.refused - before.refused,
        "lag_at_once": lag_at_once,
        "lag_in_the_end": end.lag,
        "worker_cpu_s": round(cpu_s(worker.pid) - cpu_before_s[0], 2),
        "api_cpu_s": round(cpu_s(api.pid) - cpu_before_s[1], 2),
    }


async def _posted(url: str, area: str, bodies: Sequence[bytes], due_s: Sequence[float]) -> Result:
    async with opened(url, area) as console:
        return await measured(console, bodies, due_s, BATCH)
