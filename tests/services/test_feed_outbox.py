"""What consoles are told on its way out: in order, bounded, and after any trouble a snapshot first."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.console_feed import SNAPSHOT, SNAPSHOT_EVERY, SNAPSHOT_EVERY_BYTES, FeedMessage, MemoryFeed
from services.feed_outbox import MOST_WAITING, FeedOutbox
from streams.errors import FencedError, StoreUnreachableError


class FailingFeed(MemoryFeed):
    """A feed that can be away; a real one cannot be made to fail at one chosen message."""

    away = False
    pushes = 0

    async def push(self, area: str, event: str, data: bytes, generation: int = 0) -> str:
        self.pushes += 1
        if self.away:
            raise StoreUnreachableError("away")
        return await super().push(area, event, data, generation)


class Teller:
    """An outbox with a feed, a lease that can be lost, and snapshots that tell how much was pushed."""

    def __init__(self) -> None:
        self.feed = FailingFeed()
        self.generation: int | None = 1
        self.pushed = 0
        self.box = FeedOutbox(self.feed, "demo", lambda: b"%d" % self.pushed, lambda: self.generation)

    def push(self, count: int = 1) -> None:
        for _ in range(count):
            self.pushed += 1
            self.box.push("picture", b"%d" % self.pushed)

    async def told(self) -> list[FeedMessage]:
        first = await self.feed.snapshot("demo")
        assert first is not None
        after = await self.feed.after("demo", first.id, 10_000)
        assert after is not None
        return [first, *after]

    async def until_told(self, data: bytes) -> list[FeedMessage]:
        for _ in range(500):
            with contextlib.suppress(AssertionError):
                told = await self.told()
                if told[-1].data == data:
                    return told
            await asyncio.sleep(0.01)
        raise AssertionError(f"{data!r} was not told")


@asynccontextmanager
async def telling() -> AsyncIterator[Teller]:
    teller = Teller()
    task = asyncio.create_task(teller.box.run())
    try:
        yield teller
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_nothing_is_told_before_it_opens_then_a_snapshot_and_every_message_in_order() -> None:
    async def run() -> None:
        async with telling() as teller:
            teller.push(3)
            await asyncio.sleep(0.05)
            assert teller.feed.pushes == 0
            teller.box.open()
            await teller.until_told(b"3")
            for _ in range(5):
                teller.push()
                await asyncio.sleep(0)
            told = await teller.until_told(b"8")
            assert [(m.event, m.data) for m in told] == [
                (SNAPSHOT, b"3"),
                *(("picture", b"%d" % i) for i in range(4, 9)),
            ]

    asyncio.run(run())


def test_a_snapshot_comes_at_least_as_often_as_promised() -> None:
    async def run() -> None:
        async with telling() as teller:
            teller.box.open()
            await teller.until_told(b"0")
            for _ in range(2 * SNAPSHOT_EVERY):
                teller.push()
                await asyncio.sleep(0)
            told = await teller.until_told(b"%d" % teller.pushed)
            assert len(told) <= SNAPSHOT_EVERY + 1

    asyncio.run(run())


def test_a_snapshot_comes_at_least_every_so_many_bytes() -> None:
    size = SNAPSHOT_EVERY_BYTES // 4

    async def run() -> None:
        async with telling() as teller:
            teller.box.open()
            await teller.until_told(b"0")
            for i in range(1, 5):
                teller.box.push("plan", bytes([i]) * size)
                told = await teller.until_told(bytes([i]) * size)
            assert [m.event for m in told] == [SNAPSHOT, *["plan"] * 4]
            teller.pushed = 5
            teller.box.push("plan", b"5")
            told = await teller.until_told(b"5")
            assert [m.event for m in told] == [SNAPSHOT]
            teller.pushed = 6
            teller.box.push("plan", b"x" * (SNAPSHOT_EVERY_BYTES + 1))  # the snapshot stands for it
            told = await teller.until_told(b"6")
            assert [m.event for m in told] == [SNAPSHOT]
            teller.push()
            told = await teller.until_told(b"7")
            assert [m.event for m in told] == [SNAPSHOT, "picture"]

    asyncio.run(run())


def test_closed_it_tells_nothing_and_opened_again_a_snapshot() -> None:
    async def run() -> None:
        async with telling() as teller:
            teller.box.open()
            await teller.until_told(b"0")
            before = teller.feed.pushes
            teller.push()
            teller.box.close()
            teller.push(2)
            await asyncio.sleep(0.05)
            assert teller.feed.pushes == before
            teller.box.open()
            told = await teller.until_told(b"3")
            assert [(m.event, m.data) for m in told] == [(SNAPSHOT, b"3")]

    asyncio.run(run())


def test_after_the_feed_was_away_a_snapshot_stands_for_what_was_missed() -> None:
    async def run() -> None:
        async with telling() as teller:
            teller.box.open()
            await teller.until_told(b"0")
            teller.feed.away = True
            teller.push(2)
            await asyncio.sleep(0.2)
            teller.push(2)
            teller.feed.away = False
            told = await teller.until_told(b"4")
            assert [(m.event, m.data) for m in told] == [(SNAPSHOT, b"4")]

    asyncio.run(run())


def test_more_than_may_wait_becomes_one_snapshot() -> None:
    async def run() -> None:
        async with telling() as teller:
            teller.box.open()
            await teller.until_told(b"0")
            teller.push(MOST_WAITING + 10)  # without a turn for the sender in between
            told = await teller.until_told(b"%d" % (MOST_WAITING + 10))
            assert [m.event for m in told] == [SNAPSHOT]

    asyncio.run(run())


def test_without_the_lease_nothing_is_told_and_afterwards_a_snapshot() -> None:
    async def run() -> None:
        async with telling() as teller:
            teller.box.open()
            await teller.until_told(b"0")
            before = teller.feed.pushes
            teller.generation = None
            teller.push(3)
            await asyncio.sleep(0.3)
            assert teller.feed.pushes == before
            teller.generation = 2
            told = await teller.until_told(b"3")
            assert [(m.event, m.data) for m in told] == [(SNAPSHOT, b"3")]

    asyncio.run(run())


def test_a_worker_that_another_has_followed_is_told_so() -> None:
    async def run() -> None:
        teller = Teller()
        await teller.feed.push("demo", SNAPSHOT, b"newer", 2)
        teller.box.open()
        with pytest.raises(FencedError):
            async with asyncio.timeout(5):
                await teller.box.run()
        told = await teller.told()
        assert [m.data for m in told] == [b"newer"]

    asyncio.run(run())
