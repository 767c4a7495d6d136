"""An API replica dies with consoles connected: they come back by themselves, here or at the other."""

import asyncio
import time

import pytest

from tests.faults.cluster import APIS, AREAS, Cluster
from tests.faults.console_client import Console
from tests.faults.scene import Scene, Stage

pytestmark = [pytest.mark.services, pytest.mark.slow]

VICTIM = APIS[0]


def behind_a_balancer_and_not(cluster: Cluster) -> list[Console]:
    """Of each area: a console at the victim that may go elsewhere, one that may not, one at the other."""
    first, second = cluster.api_urls
    return [Console(area, urls) for area in AREAS for urls in ([first, second], [first], [second])]


def test_api_killed_with_consoles_connected(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        free = [console for console in scene.consoles if len(console.urls) > 1]
        bound = [console for console in scene.consoles if console.urls == stage.cluster.api_urls[:1]]
        killed = time.monotonic()
        stage.cluster[VICTIM].kill()
        await scene.until(
            lambda: all(back(c, killed) for c in free), "consoles are back at the other replica"
        )
        resumed = max(c.seen.connected[-1] for c in free) - killed
        scene.note("kill -9 → consoles connected to the other replica", resumed)
        seconds = await scene.plans_flow(killed, only=free)
        scene.note("kill -9 → their plans flow", seconds)
        assert [c.area for c in free if c.seen.snapshots > 1] == [], "the other replica knows the message ids"
        await asyncio.to_thread(stage.cluster[VICTIM].start)
        ready = time.monotonic()
        await scene.until(lambda: all(back(c, killed) for c in bound), "consoles are back at this replica")
        seconds = await scene.plans_flow(ready, only=bound)
        scene.note("API replica ready again → the consoles that waited for it are live", seconds)

    stage.play("API: kill -9 with consoles connected", fault, consoles=behind_a_balancer_and_not)


def back(console: Console, since: float) -> bool:
    """Whether it has connected again."""
    return console.live and console.seen.connected[-1] > since
