"""What the log on Kafka does beyond the contract: bounds, markers, room, a broker that is not there."""

import asyncio
import time

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.server_process import free_port
from deploy.services import Services
from streams.errors import LogFullError, LogUnreachableError, OffsetGoneError
from streams.kafka_log import KafkaLog
from streams.kafka_settings import KafkaSettings
from streams.log import LogRecord
from tests.servers import fresh_kafka

pytestmark = pytest.mark.services

MIB = 1024 * 1024


async def everything(log: KafkaLog, area: str, end: int, limit: int = 256) -> list[LogRecord]:
    records: list[LogRecord] = []
    while len(records) < end:
        more = await log.read(area, len(records), limit, 5)
        assert more, f"nothing at {len(records)}"
        records += more
    return records


def test_two_logs_on_one_area_read_each_other(kafka_and_redis: Services) -> None:
    async def run() -> None:
        settings = fresh_kafka(kafka_and_redis)
        one, two = KafkaLog(settings), KafkaLog(settings)
        try:
            await one.refresh("a")
            waiting = asyncio.create_task(one.read("a", 0, 10, 20))
            await asyncio.sleep(0.5)
            assert await two.append("a", [b"1", b"2"]) == 1
            assert [r.payload for r in await waiting] == [b"1", b"2"]
            assert one.end_offset("a") == 2
            await two.append("a", [b"3"])
            await one.refresh("a")
            assert one.end_offset("a") == 3
        finally:
            await one.close()
            await two.close()

    asyncio.run(run())


def test_appends_made_at_once_keep_their_order_and_stay_whole(kafka_and_redis: Services) -> None:
    async def run() -> None:
        log = KafkaLog(fresh_kafka(kafka_and_redis))
        try:
            batches = [[f"{i}/{j}".encode() for j in range(7)] for i in range(60)]
            lasts = await asyncio.gather(*(log.append("a", batch) for batch in batches))
            assert lasts == [7 * i + 6 for i in range(60)]
            records = await everything(log, "a", 420)
            assert [r.payload for r in records] == [p for batch in batches for p in batch]
            assert [r.offset for r in records] == list(range(420))
        finally:
            await log.close()

    asyncio.run(run())


def test_what_is_too_much_is_refused_and_nothing_of_it_kept(kafka_and_redis: Services) -> None:
    async def run() -> None:
        settings = fresh_kafka(kafka_and_redis, max_append_bytes=MIB, max_pending_bytes=2 * MIB)
        log = KafkaLog(settings)
        try:
            with pytest.raises(LogFullError, match="one append takes at most"):
                await log.append("a", [b"x" * MIB])
            whole = [b"x" * 1000] * 900  # near the bound of one batch: still one batch
            assert await log.append("a", whole) == 899
            answers = await asyncio.gather(
                *(log.append("a", whole) for _ in range(20)), return_exceptions=True
            )
            taken = [answer for answer in answers if isinstance(answer, int)]
            refused = [answer for answer in answers if isinstance(answer, LogFullError)]
            assert len(taken) + len(refused) == 20
            assert taken
            assert refused
            assert "wait for Kafka already" in str(refused[0])
            await log.refresh("a")
            assert log.end_offset("a") == 900 * (1 + len(taken))
        finally:
            await log.close()

    asyncio.run(run())


@pytest.mark.parametrize("following", [True, False])
def test_markers_and_aborted_records_leave_no_gap(kafka_and_redis: Services, following: bool) -> None:
    settings = fresh_kafka(kafka_and_redis)

    def of_another_system(topic: str) -> None:
        servers, partition = list(settings.servers), TopicPartition(topic, 0)
        producer = KafkaProducer(bootstrap_servers=servers, transactional_id=settings.prefix)
        consumer = KafkaConsumer(bootstrap_servers=servers)
        producer.init_transactions()
        for value, kept, end in ((b"kept", True, 3), (b"aborted", False, 5)):
            producer.begin_transaction()
            producer.send(topic, value, key=b"a", partition=0).get(10)
            producer.commit_transaction() if kept else producer.abort_transaction()
            give_up = time.monotonic() + 20  # the broker writes markers after it has answered
            while consumer.end_offsets([partition])[partition] < end:
                assert time.monotonic() < give_up, f"no marker came: the log does not reach {end}"
                time.sleep(0.02)
        producer.close()
        consumer.close()

    async def run() -> None:
        log = KafkaLog(settings)
        try:
            await log.append("a", [b"first"])
            reading = asyncio.create_task(everything(log, "a", 6)) if following else None
            await asyncio.sleep(1)
            await asyncio.to_thread(of_another_system, settings.topic("a"))
            assert await log.append("a", [b"last"]) == 5
            records = await (reading or everything(log, "a", 6, limit=2))
            assert [r.offset for r in records] == list(range(6))
            assert [r.payload for r in records] == [b"first", b"kept", b"", b"", b"", b"last"]
            assert [(await log.read("a", i, 1, 5))[0].offset for i in range(6)] == list(range(6))
        finally:
            await log.close()

    asyncio.run(run())


def test_room_is_made_only_of_what_the_checkpoint_no_longer_needs(kafka_and_redis: Services) -> None:
    async def run() -> None:
        log = KafkaLog(fresh_kafka(kafka_and_redis, keep_bytes=20_000))
        try:
            for i in range(10):
                await log.append("a", [f"{i}/{j}".encode() * 100 for j in range(20)])
            await log.trim("a", 60)
            async with asyncio.timeout(20):
                while log.first_offset("a") == 0:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            first = log.first_offset("a")
            assert first == 60
            with pytest.raises(OffsetGoneError) as gone:
                await log.read("a", 59, 1)
            assert gone.value.first == 60
            assert (await log.read("a", 60, 1))[0].offset == 60
            assert (await log.read("a", 199, 1))[0].offset == 199
        finally:
            await log.close()

    asyncio.run(run())


def test_a_broker_that_is_not_there_is_told_and_not_waited_for_without_end() -> None:
    async def run() -> None:
        log = KafkaLog(KafkaSettings((f"127.0.0.1:{free_port()}",)))
        try:
            async with asyncio.timeout(40):
                with pytest.raises(LogUnreachableError):
                    await log.read("a", 0, 1)
                with pytest.raises(LogFullError, match="nothing was appended"):
                    await log.append("a", [b"x"])
        finally:
            await log.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"servers": ()}, "host:port"),
        ({"servers": ("localhost",)}, "host:port"),
        ({"min_in_sync": 2}, "min_in_sync"),
        ({"tail_records": 0}, "tail_records"),
        ({"max_pending_bytes": 1}, "max_pending_bytes"),
        ({"append_within_s": 1.0}, "append_within_s"),
    ],
)
def test_settings_say_what_would_be_right(changes: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        KafkaSettings(**({"servers": ("127.0.0.1:9092",)} | changes))  # type: ignore[arg-type]
