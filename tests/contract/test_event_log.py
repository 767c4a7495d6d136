"""The `EventLog` contract, run over every implementation."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.services import Services
from streams.area_log import LogLimits
from streams.embedded_log import EmbeddedLog
from streams.errors import LogClosedError, OffsetGoneError
from streams.kafka_log import KafkaLog
from streams.log import EventLog
from tests.servers import fresh_kafka

Opener = Callable[[], EventLog]


def openers(folder: Path) -> dict[str, Opener]:
    """How to open each embedded implementation."""
    return {
        "embedded, in memory": lambda: EmbeddedLog(),
        "embedded, on disk": lambda: EmbeddedLog(folder / "disk"),
        "embedded, on disk, synced": lambda: EmbeddedLog(folder / "synced", sync=True),
        "embedded, small segments and tail": lambda: EmbeddedLog(
            folder / "small", LogLimits(segment_bytes=64, area_bytes=10**9, tail_records=3)
        ),
    }


def kafka_openers(services: Services) -> dict[str, Opener]:
    """How to open the one on Kafka, the real broker behind it."""
    whole, small = fresh_kafka(services), fresh_kafka(services, tail_records=3)
    return {KAFKA: lambda: KafkaLog(whole), KAFKA_SMALL_TAIL: lambda: KafkaLog(small)}


KAFKA, KAFKA_SMALL_TAIL = "kafka", "kafka, small tail"


@pytest.fixture(
    params=[
        *openers(Path()),
        *(pytest.param(name, marks=pytest.mark.services) for name in (KAFKA, KAFKA_SMALL_TAIL)),
    ]
)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    if request.param.startswith(KAFKA):
        return kafka_openers(request.getfixturevalue("kafka_and_redis"))[request.param]
    return openers(tmp_path)[request.param]


@asynccontextmanager
async def using(opener: Opener) -> AsyncIterator[EventLog]:
    log = opener()
    try:
        yield log
    finally:
        await log.close()


def test_records_come_back_in_order_from_any_offset(opened: Opener) -> None:
    async def run() -> None:
        async with using(opened) as log:
            payloads = [f"record {i}".encode() for i in range(50)]
            assert await log.append("a", payloads[:20]) == 19
            assert await log.append("a", payloads[20:]) == 49
            for offset in (0, 1, 19, 20, 46, 47, 49):
                records = await log.read("a", offset, 100)
                got: list[bytes] = [r.payload for r in records]
                while offset + len(got) < 50:
                    more = await log.read("a", offset + len(got), 100)
                    assert more
                    got += [r.payload for r in more]
                assert got == payloads[offset:]
                assert records[0].offset == offset
            assert (log.first_offset("a"), log.end_offset("a")) == (0, 50)
            assert log.reachable

    asyncio.run(run())


def test_areas_do_not_mix(opened: Opener) -> None:
    async def run() -> None:
        async with using(opened) as log:
            await log.append("a", [b"of a"])
            await log.append("b", [b"of b"])
            assert [r.payload for r in await log.read("a", 0, 10)] == [b"of a"]
            assert [(r.area, r.offset) for r in await log.read("b", 0, 10)] == [("b", 0)]

    asyncio.run(run())


def test_limit_and_empty_append(opened: Opener) -> None:
    async def run() -> None:
        async with using(opened) as log:
            assert await log.append("a", []) == -1
            await log.append("a", [b"1", b"2", b"3"])
            assert len(await log.read("a", 0, 2)) <= 2
            assert await log.append("a", []) == 2

    asyncio.run(run())


def test_a_reader_waits_for_the_next_record(opened: Opener) -> None:
    async def run() -> None:
        async with using(opened) as log:
            assert await log.read("a", 0, 10, 0.01) == []
            waiting = asyncio.create_task(log.read("a", 0, 10, 30.0))
            await asyncio.sleep(0.02)
            assert not waiting.done()
            await log.append("a", [b"at last"])
            assert [r.payload for r in await waiting] == [b"at last"]

    asyncio.run(run())


def test_append_time_never_lies_ahead_of_the_clock(opened: Opener) -> None:
    async def run() -> None:
        import time

        async with using(opened) as log:
            before = time.time_ns()
            await log.append("a", [b"x"])
            (record,) = await log.read("a", 0, 1)
            assert before <= record.appended_ns <= time.time_ns()

    asyncio.run(run())


def test_closed_log_refuses(opened: Opener) -> None:
    async def run() -> None:
        log = opened()
        await log.append("a", [b"x"])
        waiting = asyncio.create_task(log.read("a", 1, 10, 30.0))
        await asyncio.sleep(0.01)
        await log.close()
        with pytest.raises(LogClosedError):
            await waiting
        with pytest.raises(LogClosedError):
            await log.append("a", [b"y"])

    asyncio.run(run())


def test_offsets_before_the_first_are_gone(tmp_path: Path) -> None:
    async def run() -> None:
        limits = LogLimits(segment_bytes=200, area_bytes=400, tail_records=2)
        log = EmbeddedLog(tmp_path, limits)
        for i in range(100):
            await log.append("a", [f"record {i}".encode()])
        await log.trim("a", 60)
        first = log.first_offset("a")
        assert 0 < first <= 60
        with pytest.raises(OffsetGoneError):
            await log.read("a", first - 1, 1)
        assert (await log.read("a", first, 1))[0].payload == f"record {first}".encode()
        assert (await log.read("a", 60, 1))[0].payload == b"record 60"
        await log.close()

    asyncio.run(run())
