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
from streams.checkpoints import CheckpointStore, FileCheckpoints, LogCheckpoints, MemoryCheckpoints
from streams.embedded_log import EmbeddedLog
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
