"""The broker restarts, dies, is away for 30 s while events keep arriving: they wait, and none is lost."""

import asyncio
import time

import httpx
import pytest

from tests.faults.cluster import AREAS
from tests.faults.scene import Scene, Stage

pytestmark = [pytest.mark.services, pytest.mark.slow]

SERVICE_BOUND_S = 10.0
"""Of the issue: service within so long after the broker is back, on two cores."""
AWAY_S = 30.0
SERVICE = "broker ready → new events answered by new plans in all areas"


async def service_back(scene: Scene, since: float) -> None:
    """Note how long until events taken after `since` are answered by plans, in every area."""
    seconds = await scene.plans_flow(since, answered=True)
    scene.note(SERVICE, seconds, SERVICE_BOUND_S)
    scene.note("broker ready → no console is told of trouble any more", await scene.live_again(since))


def test_broker_restarted_cleanly(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        await asyncio.to_thread(stage.cluster.servers.kafka.restart)
        await service_back(scene, time.monotonic())

    stage.play("broker: clean restart", fault)


def test_broker_killed(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        await asyncio.to_thread(stage.cluster.servers.kafka.kill)
        await asyncio.to_thread(stage.cluster.servers.kafka.start)
        await service_back(scene, time.monotonic())

    stage.play("broker: kill -9 and start", fault)


def test_broker_down_for_30_s_the_last_good_plan_stays(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        broker = stage.cluster.servers.kafka
        down = time.monotonic()
        await asyncio.to_thread(broker.kill)
        try:
            await asyncio.sleep(AWAY_S / 2)
            await serves_last_good_plan(stage)
            await asyncio.sleep(max(0.0, down + AWAY_S - time.monotonic()))
            told = scene.told("log_unreachable", down)
            assert told == sorted(AREAS), f"consoles told that the log cannot be reached: {told}"
        finally:
            await asyncio.to_thread(broker.start)
        await service_back(scene, time.monotonic())

    stage.play("broker: down for 30 s", fault)


async def serves_last_good_plan(stage: Stage) -> None:
    """Without the broker every replica still answers with picture and plan, and says what is wrong."""
    async with httpx.AsyncClient(timeout=15, trust_env=False) as http:
        for url in stage.cluster.api_urls:
            assert (await http.get(f"{url}/healthz")).status_code == 200
            told = (await http.get(f"{url}/readyz")).json()
            assert told["status"] == "degraded", "a replica that shows the last good plan is worth asking"
            assert set(told["areas"].values()) == {"log_unreachable"}
            for area in AREAS:
                base = f"{url}/api/v1/areas/{area}"
                assert (await http.get(f"{base}/cover")).json()["plan"] is not None
                assert (await http.get(f"{base}/picture")).json()["offset"] >= 0
