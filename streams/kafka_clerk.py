"""What is asked of Kafka now and then: topics, offsets, old records, room.

Called by `streams.kafka_log`. One thread, one question at a time, each with a time limit; a broker
that does not answer is `LogUnreachableError`.
"""

import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
)
from kafka.structs import TopicPartition

from streams.errors import LogCutError, LogUnreachableError, OffsetGoneError, StreamsError
from streams.kafka_contact import KafkaContact
from streams.kafka_follower import open_consumer
from streams.kafka_settings import PARTITION, KafkaSettings
from streams.kafka_tail import filled, log_record
from streams.log import LogRecord

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 10.0
"""Time limit of one question."""
AHEAD = 2_000
"""Old records fetched at once; what a read does not take of them is kept for the next."""
AREAS_AHEAD = 8
"""Areas whose next old records are kept."""

T = TypeVar("T")


class KafkaClerk:
    """Answers questions about areas, on its own thread; `close` ends it."""

    def __init__(self, settings: KafkaSettings, contact: KafkaContact) -> None:
        self._settings = settings
        self._contact = contact
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kafka-clerk")
        self._consumer: KafkaConsumer | None = None
        self._admin: KafkaAdminClient | None = None
        self._topics: set[str] = set()
        self._ahead: OrderedDict[str, list[LogRecord]] = OrderedDict()

    def offsets(self, area: str) -> Future[tuple[int, int]]:
        """First offset kept and end of the area's log; its topic is made where there is none."""
        return self._ask(lambda: self._offsets(area))

    def old_records(self, area: str, offset: int, limit: int, end: int) -> Future[list[LogRecord]]:
        """Up to `limit` records from `offset`, which lies before `end`; `LogCutError` where it does not."""
        return self._ask(lambda: self._old_records(area, offset, limit, end))

    def forget(self, area: str) -> None:
        """Drop what was fetched ahead of the area's old records: its log was cut."""
        with contextlib.suppress(RuntimeError):  # closed
            self._thread.submit(self._ahead.pop, area, None)

    def make_room(self, area: str, before: int) -> Future[int]:
        """Where the area takes more than `keep_bytes`, let the oldest records go, but none from `before` on.

        The future gives the first offset kept.
        """
        return self._ask(lambda: self._make_room(area, before))

    def close(self) -> None:
        """Drop what is still asked, end the thread and its clients."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._close_clients()

    def _ask(self, question: Callable[[], T]) -> Future[T]:
        def answer() -> T:
            try:
                told = question()
                self._contact.answered()
                return told
            except StreamsError:
                raise
            except Exception as error:
                self._close_clients()
                if isinstance(error, InvalidReplicationFactorError):
                    raise LogUnreachableError(
                        f"Kafka has too few brokers for {self._settings.replication} copies of each record; "
                        "ask for fewer, or start more"
                    ) from error
                if isinstance(error, KafkaError | OSError):
                    self._contact.failed()
                    raise LogUnreachableError(
                        f"Kafka does not answer: {type(error).__name__}: {error}"
                    ) from error
                raise

        return self._thread.submit(answer)

    def _offsets(self, area: str) -> tuple[int, int]:
        partition = self._partition(area)
        self._have_topic(area)
        consumer = self._consumer = self._consumer or open_consumer(self._settings, "clerk")
        within_ms = int(ANSWER_WITHIN_S * 1000)
        first = consumer.beginning_offsets([partition], within_ms)[partition]
        return first, consumer.end_offsets([partition], within_ms)[partition]

    def _open_admin(self) -> KafkaAdminClient:
        if self._admin is None:
            self._admin = KafkaAdminClient(**self._settings.client(), client_id="cover-clerk")
        return self._admin

    def _have_topic(self, area: str) -> None:
        settings = self._settings
        topic = settings.topic(area)
        if topic in self._topics:
            return
        made = {
            "num_partitions": 1,
            "replication_factor": settings.replication,
            "configs": settings.topic_settings(area),
        }
        with contextlib.suppress(TopicAlreadyExistsError):
            self._open_admin().create_topics({topic: made}, wait_for_metadata=True)
        self._topics.add(topic)

    def _old_records(self, area: str, offset: int, limit: int, end: int) -> list[LogRecord]:
        ahead = self._ahead.pop(area, [])
        if not ahead or ahead[0].offset != offset:
            ahead = self._fetched(area, offset, end)
        given, kept = ahead[:limit], ahead[limit:]
        if kept:
            self._ahead[area] = kept
            while len(self._ahead) > AREAS_AHEAD:
                self._ahead.popitem(last=False)
        return given

    def _fetched(self, area: str, offset: int, end: int) -> list[LogRecord]:
        partition = self._partition(area)
        consumer = self._consumer = self._consumer or open_consumer(self._settings, "clerk")
        if consumer.assignment() != {partition}:
            consumer.assign([partition])
            consumer.seek(partition, offset)
        elif consumer.position(partition, timeout_ms=0) != offset:
            consumer.seek(partition, offset)
        until = time.monotonic() + ANSWER_WITHIN_S
        try:
            while time.monotonic() < until:
                polled = consumer.poll(timeout_ms=200, max_records=AHEAD).get(partition, [])
                records = [log_record(area, record) for record in polled]
                at = records[-1].offset + 1 if records else consumer.position(partition, timeout_ms=0)
                if at is not None and at > offset:
                    return list(islice(filled(area, records, offset, at), AHEAD))
        except OffsetOutOfRangeError:
            first = consumer.beginning_offsets([partition])[partition]
            if offset < first:
                raise OffsetGoneError(area, offset, first) from None
            # Past the end at the time: it lay before the offset, wherever it lies by now.
            ended = min(consumer.end_offsets([partition])[partition], offset - 1)
            raise LogCutError(area, max(first, ended)) from None
        raise LogUnreachableError(
            f"area {area}: Kafka gave no record from {offset} in {ANSWER_WITHIN_S:g} s; its log ends at {end}"
        )

    def _make_room(self, area: str, before: int) -> int:
        first, end = self._offsets(area)
        admin = self._open_admin()
        topic = self._settings.topic(area)
        size = max(
            (
                partition["partition_size"]
                for broker in admin.describe_log_dirs({topic: [PARTITION]})
                for folder in broker["log_dirs"]
                for named in folder["topics"]
                for partition in named["partitions"]
            ),
            default=0,
        )
        keep = self._settings.keep_bytes
        if size <= keep or end == first:
            return first
        target = min(before, end - int((end - first) * keep / size))
        if target <= first:
            return first
        admin.delete_records({self._partition(area): target}, timeout_ms=int(ANSWER_WITHIN_S * 1000))
        logger.info("area %s: %d bytes in Kafka; records before %d are let go", area, size, target)
        return target

    def _partition(self, area: str) -> TopicPartition:
        return TopicPartition(self._settings.topic(area), PARTITION)

    def _close_clients(self) -> None:
        """A client that failed is opened anew at the next question."""
        self._ahead.clear()
        consumer, self._consumer = self._consumer, None
        admin, self._admin = self._admin, None
        with contextlib.suppress(Exception):
            if consumer is not None:
                consumer.close(timeout_ms=1_000)
        with contextlib.suppress(Exception):
            if admin is not None:
                admin.close()
