"""Redis away or hanging: told within seconds, never waited for, and found again by itself."""

import asyncio
import contextlib
import random
import time

import pytest

from deploy.services import Services
from services.console_feed import SNAPSHOT, epoch_of
from services.redis_checkpoints import RedisCheckpoints
from services.redis_feed import RedisFeed
from services.redis_fence import fence_key
from services.redis_link import PREFIX, open_redis
from streams.errors import FencedError, StoreUnreachableError
from streams.fence import FENCE_S

pytestmark = pytest.mark.services


@pytest.mark.parametrize("fault", ["killed", "hanging"])
def test_redis_away_is_told_and_found_again(own_servers: Services, fault: str) -> None:
    redis_server = own_servers.redis

    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        checkpoints, feed = RedisCheckpoints(redis), RedisFeed(redis)
        await checkpoints.save("a", b"1")
        at = await feed.push("a", "plan", b"p")
        redis_server.kill() if fault == "killed" else redis_server.pause()
        began = time.monotonic()
        with pytest.raises(StoreUnreachableError):
            await checkpoints.save("a", b"2")
        with pytest.raises(StoreUnreachableError):
            await feed.after("a", at, 10, 0.1)
        assert time.monotonic() - began < 30
        if fault == "killed":
            await asyncio.to_thread(redis_server.start)
            assert await checkpoints.load("a") is None
        else:
            redis_server.resume()
        await checkpoints.save("a", b"3")
        assert await checkpoints.load("a") == b"3"
        await feed.push("a", "plan", b"q")
        await feed.close()

    asyncio.run(run())


def test_one_fence_guards_checkpoints_and_feed_and_does_not_stand_for_ever(own_servers: Services) -> None:
    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        checkpoints, feed = RedisCheckpoints(redis), RedisFeed(redis)
        await checkpoints.save("b", b"5", 5)
        with pytest.raises(FencedError):
            await feed.push("b", "plan", b"late", 4)
        await feed.push("b", "plan", b"p", 6)
        with pytest.raises(FencedError):
            await checkpoints.save("b", b"late", 5)
        assert await checkpoints.load("b") == b"5"
        assert 0 < await redis.ttl(fence_key(PREFIX, "b")) <= FENCE_S
        await redis.expire(fence_key(PREFIX, "b"), 100)
        await checkpoints.save("b", b"6", 6)
        assert await redis.ttl(fence_key(PREFIX, "b")) > 100, "every write renews it"
        await redis.delete(fence_key(PREFIX, "b"))  # as after `FENCE_S`
        await checkpoints.save("b", b"a group that began anew", 1)
        assert await checkpoints.load("b") == b"a group that began anew"
        await feed.close()

    asyncio.run(run())


def test_nothing_comes_between_the_look_at_the_generation_and_the_write(own_servers: Services) -> None:
    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        area = "race"

        async def worker(generation: int) -> None:
            checkpoints = RedisCheckpoints(redis)
            for _ in range(40):
                with contextlib.suppress(FencedError):
                    await checkpoints.save(area, f"{generation}".encode(), generation)

        await asyncio.gather(*(worker(generation) for generation in range(1, 9)))
        assert await RedisCheckpoints(redis).load(area) == b"8"
        await redis.aclose()

    asyncio.run(run())


def test_a_redis_down_for_long_and_back_empty_takes_all_that_comes_anew(own_servers: Services) -> None:
    redis_server = own_servers.redis

    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        checkpoints, feed = RedisCheckpoints(redis), RedisFeed(redis)
        before = await feed.push("c", SNAPSHOT, b"s", 7)
        await asyncio.to_thread(redis_server.kill)
        told = 0
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with pytest.raises(StoreUnreachableError):
                await feed.push("c", "plan", b"p", 7)
            told += 1
        assert told >= 3, "each push is told of within seconds"
        await asyncio.to_thread(redis_server.start)
        after = await feed.push("c", "plan", b"p", 7)
        assert epoch_of(after) != epoch_of(before), "so the worker knows to push a snapshot"
        assert await feed.snapshot("c") is None
        again = await feed.push("c", SNAPSHOT, b"s", 7)
        assert epoch_of(again) == epoch_of(after)
        assert await checkpoints.load("c") is None
        await checkpoints.save("c", b"1", 7)
        await feed.close()

    asyncio.run(run())


def test_a_cancellation_that_comes_with_the_answer_is_not_lost(kafka_and_redis: Services) -> None:
    async def push_forever(feed: RedisFeed) -> None:
        while True:
            await feed.push("cancelled", "plan", b"x" * 5_000)

    async def run() -> None:
        feed = RedisFeed(open_redis(kafka_and_redis.redis_url))
        pause = random.Random(1)
        for _ in range(200):  # without our own look at it some 15 of them go on
            task = asyncio.create_task(push_forever(feed))
            await asyncio.sleep(pause.uniform(0.001, 0.01))
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=5)
            assert done, "it goes on"
            assert task.cancelled()
        await feed.close()

    asyncio.run(run())
