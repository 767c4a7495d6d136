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
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError
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
        self._epochs: dict[TopicPartition, int] = {}
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

    def followed(self, area: str) -> KafkaTail | None:
        """The area's tail where it is followed now."""
        return self._tails.get(TopicPartition(self._settings.topic(area), PARTITION))

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
                self._epochs.clear()
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
            held = consumer.assignment()
            self._epochs = {p: epoch for p, epoch in self._epochs.items() if p in held and p in tails}
            consumer.assign(list(tails))
        for partition, tail in tails.items():
            epoch, end = tail.place
            if self._epochs.get(partition) != epoch:
                consumer.seek(partition, end)
                self._epochs[partition] = epoch
        if not tails:
            time.sleep(POLL_MS / 1000)
            return
        try:
            polled = consumer.poll(timeout_ms=POLL_MS)
        except OffsetOutOfRangeError as error:
            # Past the end at the time: it lay before the offset, wherever it lies by now.
            self._begin_anew(consumer, tails, {p: offset - 1 for p, offset in error.args[0].items()})
            return
        except LogTruncationError as error:
            divergent = error.divergent_offsets.items()
            self._begin_anew(consumer, tails, {p: at.offset if at else 0 for p, at in divergent})
            return
        for partition, tail in tails.items():
            records = [log_record(tail.area, record) for record in polled.get(partition, ())]
            end = records[-1].offset + 1 if records else tail.end
            if not records and (consumer.highwater(partition) or 0) > tail.end:
                end = consumer.position(partition, timeout_ms=0) or end  # moved on over markers alone
            if end > tail.end:
                tail.extend(records, end, self._epochs[partition])
                self._wake(tail)

    def _begin_anew(
        self,
        consumer: KafkaConsumer,
        tails: dict[TopicPartition, KafkaTail],
        lost_from: dict[TopicPartition, int],
    ) -> None:
        """Ends we followed are no more: trimmed past us, or lost by Kafka from `lost_from` or before on.

        The next round seeks where the tails then stand.
        """
        partitions = [partition for partition in lost_from if partition in tails]
        try:
            firsts, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        except KafkaError:  # away again; but what it said of the loss it may not say twice
            firsts, ends = dict.fromkeys(partitions, 0), lost_from
        for partition in partitions:
            tail, first, end = tails[partition], firsts[partition], ends[partition]
            known = tail.end
            if known < first:
                tail.begin_at(end)
                logger.warning(
                    "area %s: Kafka begins at %d, past %d; following from its end", tail.area, first, known
                )
            else:
                tail.cut_at(max(first, min(end, lost_from[partition])), self._epochs[partition])
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
