"""Redis loses everything, dies, is away for 30 s while events keep arriving: only the push slows down."""

import asyncio
import time

import pytest

from deploy.server_process import exchange
from tests.faults.cluster import AREAS
from tests.faults.scene import Scene, Stage

pytestmark = [pytest.mark.services, pytest.mark.slow]

AWAY_S = 30.0
LIVE = "Redis ready → consoles live again"
SILENT_S = 5.0
"""`SILENT_STREAM_MS` of the console: after this long it warns that the stream is silent."""


def test_redis_restarted_empty(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        redis = stage.cluster.servers.redis
        await asyncio.to_thread(redis.stop)
        for kept in (*redis.folder.glob("*.rdb"), *redis.folder.glob("appendonlydir/*")):
            kept.unlink()
        await asyncio.to_thread(redis.start)
        scene.note(LIVE, await scene.live_again(time.monotonic()))

    stage.play("Redis: restart, empty", fault)


def test_redis_loses_everything_while_it_runs(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        port = int(stage.cluster.servers.redis_url.rsplit(":", 1)[1].split("/")[0])
        lost = time.monotonic()
        assert exchange(port, b"FLUSHALL\r\n").startswith(b"+OK")
        scene.note("FLUSHALL → consoles live again", await scene.live_again(lost))

    stage.play("Redis: all keys gone, connections kept", fault)


def test_redis_killed(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        redis = stage.cluster.servers.redis
        await asyncio.to_thread(redis.kill)
        await asyncio.to_thread(redis.start)
        scene.note(LIVE, await scene.live_again(time.monotonic()))

    stage.play("Redis: kill -9 and start", fault)


def test_redis_down_for_30_s_consoles_are_served_by_the_replicas_themselves(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        redis = stage.cluster.servers.redis
        down = time.monotonic()
        await asyncio.to_thread(redis.kill)
        try:
            seconds = await scene.plans_flow(down)
            scene.note("Redis gone → consoles have new plans, from the replicas", seconds)
            for _ in range(2):
                await scene.plans_flow(time.monotonic())
            await asyncio.sleep(max(0.0, down + AWAY_S - time.monotonic()))
            told = scene.told("feed_unreachable", down)
            assert told == sorted(AREAS), f"consoles told that Redis cannot be reached: {told}"
            # The first seconds go by until it is clear that Redis is gone; from then on there is no silence.
            silent = [console.silence_s(down + SILENT_S) for console in scene.consoles]
            assert max(silent) <= SILENT_S, f"consoles without a message for {max(silent):.1f} s"
        finally:
            await asyncio.to_thread(redis.start)
        scene.note(LIVE, await scene.live_again(time.monotonic()))

    stage.play("Redis: down for 30 s", fault)
