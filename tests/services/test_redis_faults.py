"""Redis away or hanging: told within seconds, never waited for, and found again by itself."""

import asyncio
import contextlib
import random
import time

import pytest
from redis.asyncio import Redis

from deploy.services import Services
from services.console_feed import FEED_BYTES, SNAPSHOT, epoch_of
from services.feed_outbox import FeedOutbox
from services.redis_checkpoints import RedisCheckpoints
from services.redis_feed import RedisFeed
from services.redis_fence import fence_key
from services.redis_link import PREFIX, key_of, open_redis
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


async def dumped(redis: "Redis", area: str) -> dict[str, bytes]:
    """All keys of the area as they are now, as a dump or a copy that lags behind would have them."""
    older = {}
    for what in ("generation", "feed", "pushed", "snapshot"):
        key = key_of(PREFIX, area, what)
        value = await redis.dump(key)
        assert value is not None
        older[key] = value
    return older


async def set_back(redis: "Redis", area: str, older: dict[str, bytes]) -> None:
    for key, value in older.items():
        await redis.restore(key, 0, value, replace=True)


def test_a_redis_set_back_begins_a_new_epoch(own_servers: Services) -> None:
    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        feed = RedisFeed(redis)
        first = await feed.push("d", SNAPSHOT, b"s", 3)
        older = await dumped(redis, "d")
        lost = await feed.push("d", "picture", b"1", 3)
        await set_back(redis, "d", older)
        with pytest.raises(FencedError):  # who is fenced changes nothing
            await feed.push("d", "picture", b"late", 2)
        assert await feed.after("d", first, 10) == []
        after = await feed.push("d", "picture", b"2", 3)
        assert epoch_of(after) != epoch_of(first)
        assert await feed.snapshot("d") is None
        for id_ in (first, lost):
            assert await feed.after("d", id_, 10) is None
        again = await feed.push("d", SNAPSHOT, b"s2", 3)
        assert epoch_of(again) == epoch_of(after)
        await feed.close()

    asyncio.run(run())


def test_after_redis_was_set_back_consoles_are_told_by_a_snapshot(own_servers: Services) -> None:
    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        feed = RedisFeed(redis)
        told = 0
        box = FeedOutbox(feed, "e", lambda: b"%d" % told, lambda: 1)
        sending = asyncio.create_task(box.run())
        box.open()

        async def until_told(data: bytes) -> list[bytes]:
            for _ in range(500):
                await asyncio.sleep(0.01)
                snapshot = await feed.snapshot("e")
                after = await feed.after("e", snapshot.id, 100) if snapshot is not None else None
                if snapshot is not None and after is not None:
                    messages = [snapshot.data, *(message.data for message in after)]
                    if messages[-1] == data:
                        return messages
            raise AssertionError(f"{data!r} was not told")

        await until_told(b"0")
        older: dict[str, bytes] = {}
        for told in range(1, 7):
            box.push("picture", b"%d" % told)
            await until_told(b"%d" % told)
            if told == 3:
                older = await dumped(redis, "e")
        await set_back(redis, "e", older)
        told = 7
        box.push("picture", b"7")
        assert await until_told(b"7") == [b"7"]
        told = 8
        box.push("picture", b"8")
        assert await until_told(b"8") == [b"7", b"8"], "and no second snapshot"
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await feed.close()

    asyncio.run(run())


def test_who_takes_over_goes_on_in_the_same_epoch(own_servers: Services) -> None:
    async def run() -> None:
        one, other = (RedisFeed(open_redis(own_servers.redis_url)) for _ in range(2))
        at = await one.push("f", SNAPSHOT, b"s", 1)
        await other.push("f", SNAPSHOT, b"t", 2)
        messages = await one.after("f", at, 10)
        assert messages is not None
        assert [message.data for message in messages] == [b"t"]
        await one.close()
        await other.close()

    asyncio.run(run())


def test_a_push_sent_again_by_the_client_is_appended_once(
    own_servers: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        feed = RedisFeed(open_redis(own_servers.redis_url))
        at = await feed.push("g", SNAPSHOT, b"s")
        with monkeypatch.context() as patched:  # the same words twice, as after an answer that got lost
            patched.setattr("services.redis_feed.secrets.token_hex", lambda _: "same")
            pushes = (feed.push("g", "plan", b"p"), feed.push("g", "plan", b"p"))
            once, again = await asyncio.gather(*pushes)
        assert once == again
        new = await feed.push("g", "plan", b"q")
        messages = await feed.after("g", at, 10)
        assert messages is not None
        assert [message.id for message in messages] == [once, new]
        await feed.close()

    asyncio.run(run())


def test_redis_holds_no_more_than_the_bytes_promised(own_servers: Services) -> None:
    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        feed = RedisFeed(redis)
        await feed.push("h", SNAPSHOT, b"s" * 100_000)
        for _ in range(FEED_BYTES // 20_000 + 100):
            await feed.push("h", "plan", b"p" * 20_000)
        held = await redis.memory_usage(key_of(PREFIX, "h", "feed"), samples=0)
        assert held is not None
        assert held < 1.3 * FEED_BYTES  # Redis rounds the room of an entry up
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
