"""The `CheckpointStore` contract, run over every implementation."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.services import Services
from services.redis_checkpoints import RedisCheckpoints
from services.redis_link import open_redis
from streams import checkpoints as checkpoints_module
from streams import fence
from streams.checkpoints import (
    CHECKPOINT_SUFFIX,
    CheckpointStore,
    FileCheckpoints,
    LogCheckpoints,
    MemoryCheckpoints,
)
from streams.embedded_log import EmbeddedLog
from streams.errors import FencedError
from streams.kafka_log import KafkaLog
from tests.servers import fresh_kafka

AREA = f"a-{secrets.token_hex(4)}"
SERVERS = ("redis", "kafka")
Store = Callable[[], CheckpointStore]


@asynccontextmanager
async def stores(name: str, folder: Path, services: Services | None) -> AsyncIterator[Store]:
    """Gives one way to open the store; opened twice, it is the same store."""
    memory = MemoryCheckpoints()
    if name == "memory":
        yield lambda: memory
    elif name == "file":
        yield lambda: FileCheckpoints(folder)
    elif name == "log":
        log = EmbeddedLog(folder)
        yield lambda: LogCheckpoints(log)
        await log.close()
    elif name == "redis":
        assert services is not None
        redis = open_redis(services.redis_url)
        yield lambda: RedisCheckpoints(redis)
        await redis.aclose()
    else:
        assert services is not None
        kafka = KafkaLog(fresh_kafka(services))
        yield lambda: LogCheckpoints(kafka)
        await kafka.close()


@pytest.fixture(
    params=["memory", "file", "log", *(pytest.param(name, marks=pytest.mark.services) for name in SERVERS)]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], object]:
    services = request.getfixturevalue("kafka_and_redis") if request.param in SERVERS else None
    return lambda: stores(request.param, tmp_path, services)


def test_the_newest_checkpoint_of_an_area_comes_back(store: Callable[[], object]) -> None:
    async def run() -> None:
        async with store() as opened:  # type: ignore[attr-defined]
            area = f"{AREA}-1"
            assert await opened().load(area) is None
            for checkpoint in (b"first", b"\x00\xff not text", b"x" * 1_000_000, b"last"):
                await opened().save(area, checkpoint)
                assert await opened().load(area) == checkpoint

    asyncio.run(run())


def test_areas_do_not_mix(store: Callable[[], object]) -> None:
    async def run() -> None:
        async with store() as opened:  # type: ignore[attr-defined]
            await opened().save(f"{AREA}-2", b"two")
            await opened().save(f"{AREA}-3", b"three")
            assert await opened().load(f"{AREA}-2") == b"two"
            assert await opened().load(f"{AREA}-3") == b"three"
            assert await opened().load(f"{AREA}-4") is None

    asyncio.run(run())


def test_a_reader_never_sees_half_of_one(store: Callable[[], object]) -> None:
    async def run() -> None:
        async with store() as opened:  # type: ignore[attr-defined]
            area = f"{AREA}-5"
            whole = {bytes([65 + i]) * 200_000 for i in range(8)}
            await opened().save(area, b"A" * 200_000)

            async def write() -> None:
                for checkpoint in sorted(whole):
                    await opened().save(area, checkpoint)

            writing = asyncio.create_task(write())
            seen = 0
            while not writing.done():
                assert await opened().load(area) in whole
                seen += 1
                await asyncio.sleep(0)
            await writing
            assert seen
            assert await opened().load(area) == b"H" * 200_000

    asyncio.run(run())


def test_an_older_generation_is_refused_and_a_newer_or_equal_one_is_not(store: Callable[[], object]) -> None:
    async def run() -> None:
        async with store() as opened:  # type: ignore[attr-defined]
            area, kept = f"{AREA}-6", opened()
            for checkpoint, generation in ((b"three", 3), (b"three again", 3), (b"seven", 7)):
                await kept.save(area, checkpoint, generation)
                assert await kept.load(area) == checkpoint
            for generation in (6, 0):
                with pytest.raises(FencedError, match="another worker serves this area now"):
                    await kept.save(area, b"late", generation)
            assert await kept.load(area) == b"seven"
            await kept.save(f"{AREA}-7", b"of another area", 1)
            await kept.save(area, b"eight", 8)
            assert await kept.load(area) == b"eight"

    asyncio.run(run())


async def late_writer(log: EmbeddedLog | KafkaLog, area: str) -> LogCheckpoints:
    """A checkpoint of generation 7, and behind it what a worker of generation 6 got in all the same."""
    checkpoints, late = LogCheckpoints(log), EmbeddedLog()
    await checkpoints.save(area, b"seven", 7)
    await LogCheckpoints(late).save(area, b"late", 6)
    (record,) = await late.read(area + CHECKPOINT_SUFFIX, 0, 1)
    await log.append(area + CHECKPOINT_SUFFIX, [record.payload, b"\x02of a later version", b"\x01short"])
    return checkpoints


def test_a_late_record_in_the_log_is_passed_over(tmp_path: Path) -> None:
    async def run() -> None:
        checkpoints = await late_writer(EmbeddedLog(tmp_path), "a")
        assert await checkpoints.load("a") == b"seven"
        with pytest.raises(FencedError):
            await checkpoints.save("a", b"late", 6)
        await checkpoints.save("a", b"seven again", 7)
        assert await checkpoints.load("a") == b"seven again"

    asyncio.run(run())


@pytest.mark.services
def test_a_late_record_in_kafka_is_passed_over(kafka_and_redis: Services) -> None:
    async def run() -> None:
        log = KafkaLog(fresh_kafka(kafka_and_redis))
        checkpoints = await late_writer(log, "a")
        assert await checkpoints.load("a") == b"seven"
        with pytest.raises(FencedError):
            await checkpoints.save("a", b"late", 6)
        await log.close()

    asyncio.run(run())


def test_a_group_whose_numbers_begin_anew_is_let_in_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = (MemoryCheckpoints(), FileCheckpoints(tmp_path), LogCheckpoints(EmbeddedLog()))

    async def run() -> None:
        for kept in stores:
            await kept.save("a", b"seven", 7)
            with pytest.raises(FencedError):
                await kept.save("a", b"one", 1)
        for module in (fence, checkpoints_module):
            monkeypatch.setattr(module, "FENCE_S", 0.0)
        for kept in stores:
            await kept.save("a", b"one", 1)
            assert await kept.load("a") == b"one"

    asyncio.run(run())


def test_two_workers_on_one_log_the_older_is_refused_once_the_newer_has_saved() -> None:
    async def run() -> None:
        log = EmbeddedLog()
        older, newer = LogCheckpoints(log), LogCheckpoints(log)
        for checkpoint in (b"1", b"2"):
            await older.save("a", checkpoint, 6)
        await newer.save("a", b"3", 7)
        for _ in range(2):
            with pytest.raises(FencedError):
                await older.save("a", b"late", 6)
        await older.save("a", b"4", 8)
        assert await newer.load("a") == b"4"

    asyncio.run(run())


def test_a_log_of_checkpoints_stays_short_and_tells_the_newest_of_many() -> None:
    async def run() -> None:
        log = EmbeddedLog()
        checkpoints = LogCheckpoints(log)
        for i in range(100):
            await checkpoints.save("a", f"{i}".encode(), 1 + i // 10)
        assert await LogCheckpoints(log).load("a") == b"99"

    asyncio.run(run())
