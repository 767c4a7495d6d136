"""The `ConsoleFeed` contract, run over every implementation."""

import asyncio
import secrets
from collections.abc import Callable

import pytest

from deploy.services import Services
from services.console_feed import (
    FEED_BYTES,
    FEED_LENGTH,
    SNAPSHOT,
    SNAPSHOT_EVERY_BYTES,
    ConsoleFeed,
    MemoryFeed,
    epoch_of,
)
from services.redis_feed import RedisFeed
from services.redis_link import open_redis
from streams.errors import FencedError

Opener = Callable[[], ConsoleFeed]


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
def opened(request: pytest.FixtureRequest) -> Opener:
    if request.param == "memory":
        return MemoryFeed
    url = request.getfixturevalue("kafka_and_redis").redis_url
    return lambda: RedisFeed(open_redis(url))


@pytest.fixture
def area() -> str:
    return f"a-{secrets.token_hex(4)}"


def test_snapshot_first_then_what_came_after_it_in_order(opened: Opener, area: str) -> None:
    async def run() -> None:
        feed = opened()
        assert await feed.snapshot(area) is None
        await feed.push(area, "picture", b"before")
        at = await feed.push(area, SNAPSHOT, b"all of it")
        ids = [await feed.push(area, "picture", f"delta {i}".encode()) for i in range(5)]
        snapshot = await feed.snapshot(area)
        assert snapshot is not None
        assert (snapshot.id, snapshot.event, snapshot.data) == (at, SNAPSHOT, b"all of it")
        first = await feed.after(area, at, 2)
        assert first is not None
        assert [m.data for m in first] == [b"delta 0", b"delta 1"]
        rest = await feed.after(area, first[-1].id, 64)
        assert rest is not None
        assert [(m.id, m.event, m.data) for m in rest] == [
            (ids[i], "picture", f"delta {i}".encode()) for i in (2, 3, 4)
        ]
        assert await feed.after(area, ids[-1], 64) == []
        await feed.close()

    asyncio.run(run())


def test_a_console_waits_for_the_next_message(opened: Opener, area: str) -> None:
    async def run() -> None:
        feed = opened()
        at = await feed.push(area, SNAPSHOT, b"s")
        assert await feed.after(area, at, 64, 0.05) == []
        waiting = [asyncio.create_task(feed.after(area, at, 64, 20)) for _ in range(3)]
        await asyncio.sleep(1.2)  # longer than one blocking read
        assert not any(task.done() for task in waiting)
        await feed.push(area, "plan", b"p")
        for task in waiting:
            messages = await task
            assert messages is not None
            assert [(m.event, m.data) for m in messages] == [("plan", b"p")]
        await feed.close()

    asyncio.run(run())


def test_who_fell_behind_is_told_and_the_feed_stays_bounded(opened: Opener, area: str) -> None:
    async def run() -> None:
        feed = opened()
        old = await feed.push(area, SNAPSHOT, b"s")
        kept = await feed.push(area, "picture", b"0")
        for i in range(1, FEED_LENGTH):
            await feed.push(area, "picture", f"{i}".encode())
        assert await feed.after(area, old, 64) is None
        messages = await feed.after(area, kept, 10 * FEED_LENGTH)
        assert messages is not None
        assert [m.data for m in messages] == [f"{i}".encode() for i in range(1, FEED_LENGTH)]
        await feed.close()

    asyncio.run(run())


def test_the_feed_is_bounded_by_bytes_too(opened: Opener, area: str) -> None:
    size = FEED_BYTES // 16

    async def run() -> None:
        feed = opened()
        ids = [await feed.push(area, "plan", bytes([i]) * size) for i in range(20)]
        assert await feed.after(area, ids[3], 100) is None
        messages = await feed.after(area, ids[4], 100)
        assert messages is not None
        assert [m.data[0] for m in messages] == list(range(5, 20)), "16 are kept, the first of them named"
        huge = await feed.push(area, "plan", b"h" * (FEED_BYTES + 1))
        assert await feed.after(area, ids[-1], 100) is None
        assert await feed.after(area, huge, 100) == [], "the newest is kept, whatever its size"
        small = await feed.push(area, "plan", b"p")
        assert await feed.after(area, huge, 100) is None
        await feed.push(area, "plan", b"q" * (FEED_BYTES - 1))
        messages = await feed.after(area, small, 100)
        assert messages is not None
        assert len(messages) == 1
        await feed.close()

    asyncio.run(run())


@pytest.mark.parametrize("snapshot_size", [1, FEED_BYTES, 2 * FEED_BYTES])
def test_a_snapshot_is_held_with_as_many_bytes_after_it_as_promised(
    opened: Opener, area: str, snapshot_size: int
) -> None:
    async def run() -> None:
        feed = opened()
        for _ in range(2):
            at = await feed.push(area, SNAPSHOT, b"s" * snapshot_size)
            for _ in range(8):
                await feed.push(area, "plan", b"p" * (SNAPSHOT_EVERY_BYTES // 8))
            messages = await feed.after(area, at, 100)
            assert messages is not None
            assert len(messages) == 8
        await feed.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "id_",
    ["", "x", "1-2", "nobody-1-1", "-", "a-b-c", "١-٢-٣", "deadbeef-99999999999999999999999-0", "a-1-0\r\n"],
)
def test_unknown_ids_lead_to_a_snapshot(opened: Opener, area: str, id_: str) -> None:
    async def run() -> None:
        feed = opened()
        assert await feed.after(area, id_, 10) is None
        at = await feed.push(area, SNAPSHOT, b"s")
        assert await feed.after(area, id_, 10) is None
        epoch = at.partition("-")[0]
        assert await feed.after(area, f"{epoch}-99999999999999-7", 10) is None
        await feed.close()

    asyncio.run(run())


def test_an_older_generation_may_not_push(opened: Opener, area: str) -> None:
    async def run() -> None:
        feed = opened()
        at = await feed.push(area, SNAPSHOT, b"s", 4)
        await feed.push(area, "plan", b"p", 4)
        new = await feed.push(area, "plan", b"q", 5)
        for event in ("plan", SNAPSHOT):
            with pytest.raises(FencedError):
                await feed.push(area, event, b"late", 4)
        await feed.push(f"{area}-2", "plan", b"of another area", 1)
        messages = await feed.after(area, at, 10)
        assert messages is not None
        assert [m.data for m in messages] == [b"p", b"q"]
        snapshot = await feed.snapshot(area)
        assert snapshot is not None
        assert snapshot.data == b"s"
        assert epoch_of(at) == epoch_of(new) == epoch_of(messages[0].id) != ""
        await feed.close()

    asyncio.run(run())


@pytest.mark.services
def test_a_redis_that_lost_everything_begins_a_new_epoch(own_servers: Services, area: str) -> None:
    async def run() -> None:
        feed = RedisFeed(open_redis(own_servers.redis_url))
        await feed.push(area, SNAPSHOT, b"old")
        at = await feed.push(area, "plan", b"p", 9)
        waiting = asyncio.create_task(feed.after(area, at, 10, 0.3))
        await asyncio.to_thread(own_servers.redis.kill)
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.to_thread(own_servers.redis.start)
        assert await feed.after(area, at, 10) is None
        assert await feed.snapshot(area) is None
        new = await feed.push(area, SNAPSHOT, b"new", 2)  # whoever comes first is let in
        assert epoch_of(new) != epoch_of(at)
        assert await feed.after(area, at, 10) is None
        assert await feed.after(area, new, 10) == []
        await feed.close()

    asyncio.run(run())
