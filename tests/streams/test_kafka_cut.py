"""The log on Kafka where Kafka loses records: who is told, once, and what stands there afterwards."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import TopicPartition

from deploy.services import Services
from streams.errors import LogCutError
from streams.kafka_contact import KafkaContact
from streams.kafka_follower import KafkaFollower
from streams.kafka_log import KafkaLog
from streams.kafka_positions import MOST_KNOWN, ReaderPositions
from streams.kafka_settings import KafkaSettings
from streams.kafka_tail import KafkaTail
from streams.log import LogRecord
from tests.servers import fresh_kafka


def stand(positions: ReaderPositions, offset: int) -> None:
    positions.end(positions.begin(offset), offset)


def records(start: int, stop: int, payload: bytes = b"x") -> list[LogRecord]:
    return [LogRecord("a", offset, 0, payload) for offset in range(start, stop)]


@pytest.mark.parametrize(
    "server", ["127.0.0.1:abc", "kafka", "kafka:", ":9092", "kafka:0", "kafka:65536", "k:٣"]
)
def test_a_server_without_a_port_is_refused_by_name(server: str) -> None:
    with pytest.raises(ValueError, match="from 1 to 65535") as refused:
        KafkaSettings(("127.0.0.1:9092", server))
    assert repr(server) in str(refused.value)


def test_servers_with_ports_are_taken() -> None:
    servers = ("127.0.0.1:1", "kafka.example:65535", "[::1]:9092")
    assert KafkaSettings(servers).servers == servers
    with pytest.raises(ValueError, match="at least one"):
        KafkaSettings(())


def test_only_who_stood_past_a_cut_is_told_and_only_once() -> None:
    positions = ReaderPositions("a")
    for offset in (95, 98, 100):
        stand(positions, offset)
    waiting, behind = positions.begin(103), positions.begin(40)
    positions.cut(95)
    behind.check()
    positions.end(behind, 60)
    with pytest.raises(LogCutError):
        waiting.check()
    positions.end(waiting, None)
    for offset in (98, 100):
        with pytest.raises(LogCutError) as told:
            positions.begin(offset)
        assert told.value.end == 95
    for offset in (60, 95, 98, 100, 103):  # begun anew, or new here
        stand(positions, offset)
    positions.cut(99)
    stand(positions, 98)
    for offset in (100, 103):
        with pytest.raises(LogCutError):
            positions.begin(offset)


def test_a_reader_that_gave_up_waiting_over_a_cut_is_told_when_it_comes_back() -> None:
    positions = ReaderPositions("a")
    waiting = positions.begin(100)
    positions.cut(95)
    positions.end(waiting, 100)  # cancelled
    with pytest.raises(LogCutError):
        positions.begin(100)


def test_positions_are_bounded() -> None:
    positions = ReaderPositions("a")
    for offset in range(10 * MOST_KNOWN):
        stand(positions, offset)
    positions.cut(0)
    stand(positions, 5)
    with pytest.raises(LogCutError):
        positions.begin(10 * MOST_KNOWN - 1)


def test_a_tail_begun_anew_takes_nothing_that_was_fetched_before() -> None:
    tail = KafkaTail("a", 90, 1000, 10**6)
    epoch, _ = tail.place
    tail.extend(records(90, 100), 100, epoch)
    tail.cut_at(95, epoch)
    tail.cut_at(93, epoch)  # seen twice
    tail.extend(records(100, 103), 103, epoch)
    assert (tail.start, tail.end, tail.take_cuts(), tail.take_cuts()) == (95, 95, [95], [])
    epoch, end = tail.place
    assert end == 95
    tail.extend(records(95, 98, b"new"), 98, epoch)
    assert [r.payload for r in tail.read(95, 10)] == [b"new"] * 3


@pytest.mark.parametrize(
    ("first", "end", "lost_from", "cut", "goes_on_at"),
    [
        (0, 95, 99, [95], 95),
        (0, 120, 99, [99], 99),  # grown again since: it ended before 100 all the same
        (0, 120, 95, [95], 95),
        (0, 120, 0, [0], 0),  # Kafka knows nothing of what was followed
        (97, 120, 95, [97], 97),
        (101, 120, 99, [], 120),  # let go of, not lost
    ],
)
def test_the_follower_goes_on_where_the_log_was_lost(
    first: int, end: int, lost_from: int, cut: list[int], goes_on_at: int
) -> None:
    partition = TopicPartition("t", 0)
    tail = KafkaTail("a", 100, 1000, 10**6)
    consumer: Any = SimpleNamespace(
        beginning_offsets=lambda _: {partition: first}, end_offsets=lambda _: {partition: end}
    )
    loop = asyncio.new_event_loop()
    follower = KafkaFollower(KafkaSettings(("127.0.0.1:1",)), loop, KafkaContact())
    try:
        follower._epochs[partition] = 0
        follower._begin_anew(cast(KafkaConsumer, consumer), {partition: tail}, {partition: lost_from})
    finally:
        follower.close()
        loop.close()
    assert (tail.take_cuts(), tail.end) == (cut, goes_on_at)


async def remade(settings: KafkaSettings, area: str) -> None:
    """Delete the area's topic, and make it again, empty."""
    topic = settings.topic(area)

    def remake() -> None:
        admin = KafkaAdminClient(**settings.client())
        admin.delete_topics([topic])
        made = {"num_partitions": 1, "replication_factor": 1, "configs": settings.topic_settings(area)}
        for _ in range(100):
            try:
                admin.create_topics({topic: made}, wait_for_metadata=True)
                break
            except TopicAlreadyExistsError:
                continue
        admin.close()

    await asyncio.to_thread(remake)


async def followed(log: KafkaLog, end: int) -> None:
    """Read everything, and stand at the end."""
    at = 0
    while at < end:
        at += len(await log.read("a", at, 256, 5))
    assert await log.read("a", end, 1) == []


@pytest.mark.services
@pytest.mark.parametrize("seen_by", ["follower", "refresh", "append"])
def test_readers_of_lost_records_are_told_once_and_new_ones_are_given(
    kafka_and_redis: Services, seen_by: str
) -> None:
    async def run() -> None:
        settings = fresh_kafka(kafka_and_redis)
        log, other = KafkaLog(settings), KafkaLog(settings)
        try:
            await log.append("a", [f"old {i}".encode() for i in range(100)])
            await followed(log, 100)
            waiting = asyncio.create_task(log.read("a", 100, 256, 30))
            await asyncio.sleep(0)
            await remade(settings, "a")
            if seen_by == "append":
                assert await log.append("a", [b"new 0", b"new 1"]) == 1
            else:
                await other.append("a", [b"new 0", b"new 1"])
            if seen_by == "refresh":
                await log.refresh("a")
                assert log.end_offset("a") == 2
            with pytest.raises(LogCutError) as told:
                await waiting
            assert told.value.end <= 2
            assert (await log.read("a", 0, 256, 5))[0].payload == b"new 0"
            await other.append("a", [f"new {i}".encode() for i in range(2, 150)])
            got: list[bytes] = []
            async with asyncio.timeout(30):
                while len(got) < 150:
                    got += [r.payload for r in await log.read("a", len(got), 256, 5)]
            assert got == [f"new {i}".encode() for i in range(150)]
            assert (log.first_offset("a"), log.end_offset("a")) == (0, 150)
        finally:
            await log.close()
            await other.close()

    asyncio.run(run())


@pytest.mark.services
def test_a_reader_of_old_records_is_told_where_they_are_lost(kafka_and_redis: Services) -> None:
    async def run() -> None:
        settings = fresh_kafka(kafka_and_redis, tail_records=5)
        log = KafkaLog(settings)
        try:
            await log.append("a", [b"old"] * 50)
            await log.read("a", 0, 1)
            assert [r.offset for r in await log.read("a", 1, 20, 5)] == list(range(1, 21))
            await remade(settings, "a")
            with pytest.raises(LogCutError):
                async with asyncio.timeout(30):
                    at = 21
                    while True:  # what was fetched ahead may still come, never anything after
                        at += len(await log.read("a", at, 20, 1))
            assert await log.append("a", [b"new"]) == 0
            assert [r.payload for r in await log.read("a", 0, 50, 10)] == [b"new"]
        finally:
            await log.close()

    asyncio.run(run())
