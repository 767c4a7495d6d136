"""Follows the ends of the areas' logs in Kafka: one consumer, on a thread of its own, for all of them.

Started by `streams.kafka_log`. Whatever happens to the broker, it goes on where it was. Commits nothing and
belongs to no group: who reads what is the reader's business.
"""

import asyncio
import contextlib
import logging
import threading
import time

from kafka import KafkaConsumer
from kafka.errors import LogTruncationError, OffsetOutOfRangeError
from kafka.structs import TopicPartition

from streams.kafka_contact import KafkaContact
from streams.kafka_settings import PARTITION, KafkaSettings
from streams.kafka_tail import KafkaTail, log_record

logger = logging.getLogger(__name__)

POLL_MS = 100
"""How long one poll waits: an area newly followed is fetched after this at the latest."""
POLL_RECORDS = 500
AGAIN_AFTER_S = 0.5
"""Pause after a failure of the consumer, before it is opened anew."""
CLOSE_WITHIN_S = 5.0
IDLE_S = 300.0
"""An area nobody has read for so long is followed no longer, until somebody reads again."""


def open_consumer(settings: KafkaSettings, purpose: str) -> KafkaConsumer:
    """A consumer in no group, which leaves it to us where to read."""
    return KafkaConsumer(
        **settings.client(),
        client_id=f"cover-{purpose}",
        auto_offset_reset="none",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        isolation_level="read_committed",
        fetch_max_wait_ms=250,
        max_poll_records=POLL_RECORDS,
        metrics_enabled=False,
    )


class KafkaFollower:
    """Keeps the tails of followed areas up to date; `close` ends it."""

    def __init__(
        self, settings: KafkaSettings, loop: asyncio.AbstractEventLoop, contact: KafkaContact
    ) -> None:
        self._settings = settings
        self._contact = contact
        self._loop = loop
        self._tails: dict[TopicPartition, KafkaTail] = {}
        self._read_at: dict[str, float] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="follow", daemon=True)
        self._thread.start()

    def tail(self, area: str, end: int) -> KafkaTail:
        """The area's tail; followed from `end` on where it was not followed yet."""
        partition = TopicPartition(self._settings.topic(area), PARTITION)
        with self._changed:
            self._read_at[area] = time.monotonic()
            tail = self._tails.get(partition)
            if tail is None:
                settings = self._settings
                tail = KafkaTail(area, end, settings.tail_records, settings.tail_bytes)
                self._tails[partition] = tail
                self._contact.following(True)
                self._changed.notify()
            return tail

    def wake_all(self) -> None:
        """Wake everybody who waits for records (in the event loop)."""
        for tail in list(self._tails.values()):
            tail.wake()

    def close(self) -> None:
        """End the thread and its consumer."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(CLOSE_WITHIN_S)

    def _run(self) -> None:
        while not self._closed:
            with self._changed:
                while not self._tails and not self._closed:
                    self._changed.wait()
            if self._closed:
                return
            consumer = None
            try:
                consumer = open_consumer(self._settings, "follow")
                self._contact.watch(consumer)
                while not self._closed:
                    self._follow(consumer)
            except Exception as error:
                if not self._closed:
                    self._contact.failed()
                    logger.warning(
                        "following Kafka failed, trying again: %s: %s", type(error).__name__, error
                    )
                    time.sleep(AGAIN_AFTER_S)
            finally:
                if consumer is not None:
                    with contextlib.suppress(Exception):
                        consumer.close(timeout_ms=1_000)

    def _follow(self, consumer: KafkaConsumer) -> None:
        """One round: agree on what is followed, then hand over what has come."""
        tails = self._followed()
        if set(tails) != consumer.assignment():
            new = set(tails) - consumer.assignment()
            consumer.assign(list(tails))
            for partition in new:
                consumer.seek(partition, tails[partition].end)
        if not tails:
            time.sleep(POLL_MS / 1000)
            return
        try:
            polled = consumer.poll(timeout_ms=POLL_MS)
        except (OffsetOutOfRangeError, LogTruncationError):
            self._begin_anew(consumer, tails)
            return
        for partition, tail in tails.items():
            records = [log_record(tail.area, record) for record in polled.get(partition, ())]
            end = records[-1].offset + 1 if records else tail.end
            if not records and (consumer.highwater(partition) or 0) > tail.end:
                end = consumer.position(partition, timeout_ms=0) or end  # moved on over markers alone
            if end > tail.end:
                tail.extend(records, end)
                self._wake(tail)

    def _begin_anew(self, consumer: KafkaConsumer, tails: dict[TopicPartition, KafkaTail]) -> None:
        """An end we followed is no more (trimmed past us, or lost by Kafka): go on at the present end."""
        firsts, ends = consumer.beginning_offsets(list(tails)), consumer.end_offsets(list(tails))
        for partition, tail in tails.items():
            if not firsts[partition] <= tail.end <= ends[partition]:
                logger.warning(
                    "area %s: offset %d is not in Kafka, which holds %d to %d; following from its end",
                    tail.area,
                    tail.end,
                    firsts[partition],
                    ends[partition] - 1,
                )
                tail.begin_at(ends[partition])
                consumer.seek(partition, tail.end)
                self._wake(tail)

    def _followed(self) -> dict[TopicPartition, KafkaTail]:
        now = time.monotonic()
        with self._changed:
            for partition, tail in list(self._tails.items()):
                if now - self._read_at[tail.area] > IDLE_S:
                    del self._tails[partition], self._read_at[tail.area]
            self._contact.following(bool(self._tails))
            return dict(self._tails)

    def _wake(self, tail: KafkaTail) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            tail.wake_from(self._loop)
