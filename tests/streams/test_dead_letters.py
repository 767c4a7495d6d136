"""Dead letters: kept once, with their bytes; checkpoints: replaced whole."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.checkpoints import FileCheckpoints, MemoryCheckpoints
from streams.dead_letters import MAX_KEPT_BYTES, DeadLetters
from streams.embedded_log import EmbeddedLog
from streams.errors import AppendUnsureError, DecodeError, FencedError

NOW = datetime(2025, 6, 6, tzinfo=UTC)


def test_letter_keeps_bytes_position_and_reason_once(tmp_path: Path) -> None:
    async def run() -> None:
        log = EmbeddedLog(tmp_path)
        letters = DeadLetters(log)
        error = DecodeError("data.x", "unknown field; remove it")
        assert await letters.add("a", 7, b"\xff bad", error, NOW)
        assert not await letters.add("a", 7, b"\xff bad", error, NOW)
        await log.close()
        log = EmbeddedLog(tmp_path)  # a replay after a restart meets the same record again
        letters = DeadLetters(log)
        assert not await letters.add("a", 7, b"\xff bad", error, NOW)
        assert await letters.add("a", 3, b"another record: the log was begun anew", error, NOW)
        assert await letters.add("a", 9, b"x" * (MAX_KEPT_BYTES + 5), error, NOW)
        first, _, second = await letters.newest("a", 10)
        assert (first.offset, first.payload(), first.field, first.size) == (7, b"\xff bad", "data.x", 5)
        assert (second.size, len(second.payload())) == (MAX_KEPT_BYTES + 5, MAX_KEPT_BYTES)
        assert letters.count("a") == 3
        await log.close()

    asyncio.run(run())


class UnsureLog(EmbeddedLog):
    """Keeps one append without saying so; a real server cannot be made to at one chosen record."""

    unsure = False

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        last = await super().append(area, payloads)
        if self.unsure:
            self.unsure = False
            raise AppendUnsureError("no answer in time")
        return last


def test_a_letter_that_the_log_was_unsure_of_is_not_kept_twice() -> None:
    async def run() -> None:
        log = UnsureLog(None)
        letters = DeadLetters(log)
        error = DecodeError("data.x", "unknown field; remove it")
        assert await letters.add("a", 1, b"one", error, NOW)
        log.unsure = True
        with pytest.raises(AppendUnsureError):
            await letters.add("a", 2, b"two", error, NOW)
        assert not await letters.add("a", 2, b"two", error, NOW)
        assert await letters.add("a", 3, b"three", error, NOW)
        assert [letter.offset for letter in await letters.newest("a", 10)] == [1, 2, 3]
        await log.close()

    asyncio.run(run())


def test_a_writer_that_was_followed_by_another_keeps_nothing_and_looks_anew_afterwards() -> None:
    async def run() -> None:
        log = EmbeddedLog(None)
        leads = True
        stopped, other = DeadLetters(log, lambda: leads), DeadLetters(log)
        error = DecodeError("data.x", "unknown field; remove it")
        assert await stopped.add("a", 1, b"one", error, NOW)
        leads = False
        assert await other.add("a", 2, b"two", error, NOW)
        for _ in range(2):
            with pytest.raises(FencedError):
                await stopped.add("a", 3, b"three", error, NOW)
        with pytest.raises(FencedError):
            await stopped.add("b", 1, b"one", error, NOW)
        assert not await stopped.add("a", 2, b"two", error, NOW)
        leads = True
        assert await stopped.add("a", 3, b"three", error, NOW)
        assert [letter.offset for letter in await stopped.newest("a", 10)] == [1, 2, 3]
        assert stopped.count("b") == 0
        await log.close()

    asyncio.run(run())


def test_checkpoints_are_replaced_and_survive(tmp_path: Path) -> None:
    async def run() -> None:
        for store in (MemoryCheckpoints(), FileCheckpoints(tmp_path / "c")):
            assert await store.load("a") is None
            await store.save("a", b"one")
            await store.save("a", b"two")
            assert await store.load("a") == b"two"
            assert await store.load("b") is None
        assert await FileCheckpoints(tmp_path / "c").load("a") == b"two"

    asyncio.run(run())
