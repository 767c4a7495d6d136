"""Dead letters: kept once, with their bytes; checkpoints: replaced whole."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from streams.checkpoints import FileCheckpoints, MemoryCheckpoints
from streams.dead_letters import MAX_KEPT_BYTES, DeadLetters
from streams.embedded_log import EmbeddedLog
from streams.errors import DecodeError

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
