"""Appends of one area on their way to Kafka: in order, each whole or not at all, and never without bound.

Called by `streams.kafka_log` from the event loop; works on a thread of its own. While one batch is with the
broker the next appends gather, and go together as the next batch: one Kafka batch is taken whole or not at
all, so an append is, and no transaction is needed (its markers would take offsets of their own).
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from kafka import KafkaProducer
from kafka.errors import BrokerResponseError, KafkaError, RetriableError

from streams.errors import AppendUnsureError, LogClosedError, LogFullError, StreamsError
from streams.kafka_settings import APPENDED_HEADER, PARTITION, RECORD_OVERHEAD_BYTES, KafkaSettings

logger = logging.getLogger(__name__)

CLOSE_WITHIN_S = 5.0
"""Appends still waiting at `close` get so long."""
LINGER_MS = 5_000
"""A batch leaves when it is flushed, complete; never by itself while it is being filled."""
BATCH_HEADER_BYTES = 4_096
"""A batch's own header (61 bytes), rounded up, so that what fits by our count fits by the library's."""


@dataclass(frozen=True, slots=True, eq=False)
class _Append:
    payloads: Sequence[bytes]
    size: int
    appended_ns: int
    give_up_at: float
    done: Future[int]


class AppendLane:
    """The producer of one area; `close` ends it."""

    def __init__(self, settings: KafkaSettings, area: str) -> None:
        self._settings = settings
        self._area = area
        self._topic = settings.topic(area)
        self._key = area.encode("ascii")
        self._waiting: deque[_Append] = deque()
        self._pending_bytes = 0
        self._changed = threading.Condition()
        self._close_at: float | None = None
        self._producer: KafkaProducer | None = None
        self._thread = threading.Thread(target=self._run, name=f"append-{area}", daemon=True)
        self._thread.start()

    def submit(self, payloads: Sequence[bytes]) -> Future[int]:
        """Queue one append; the future gives the offset of its last record.

        Raises
        ------
        LogFullError
            Where it is larger than one batch may be, or too much waits already.
        LogClosedError
            After `close`.
        """
        size = sum(map(len, payloads)) + len(payloads) * (RECORD_OVERHEAD_BYTES + len(self._key))
        settings = self._settings
        if size > settings.max_append_bytes:
            raise LogFullError(
                f"area {self._area}: one append takes at most {settings.max_append_bytes} bytes, "
                f"this has {size}; send smaller batches"
            )
        done: Future[int] = Future()
        give_up_at = time.monotonic() + settings.append_within_s
        with self._changed:
            if self._close_at is not None:
                raise LogClosedError("the log is closed")
            if self._pending_bytes + size > settings.max_pending_bytes:
                raise LogFullError(
                    f"area {self._area}: {self._pending_bytes} bytes wait for Kafka already, "
                    f"at most {settings.max_pending_bytes} may; try again later"
                )
            self._pending_bytes += size
            self._waiting.append(_Append(payloads, size, time.time_ns(), give_up_at, done))
            self._changed.notify()
        return done

    def close(self) -> None:
        """Send what waits (within `CLOSE_WITHIN_S`), refuse the rest, end the thread."""
        with self._changed:
            if self._close_at is None:
                self._close_at = time.monotonic() + CLOSE_WITHIN_S
            self._changed.notify()
        self._thread.join(2 * CLOSE_WITHIN_S)

    def _run(self) -> None:
        while group := self._next_group():
            try:
                for append, last in zip(group, self._sent(group), strict=True):
                    append.done.set_result(last)
            except Exception as error:
                told = error if isinstance(error, StreamsError) else LogFullError(f"{error}")
                logger.warning("area %s: an append failed: %s", self._area, told)
                self._drop_producer(at_once=True)
                for append in group:
                    if not append.done.done():
                        append.done.set_exception(told)
            with self._changed:
                self._pending_bytes -= sum(append.size for append in group)
        self._drop_producer(at_once=False)

    def _next_group(self) -> list[_Append]:
        """The appends that go as the next batch; empty at the end."""
        with self._changed:
            while True:
                group = self._fitting()
                if group:
                    return group
                if self._close_at is not None:
                    return []
                self._changed.wait()

    def _fitting(self) -> list[_Append]:
        group: list[_Append] = []
        room = self._settings.max_append_bytes
        while self._waiting and self._waiting[0].size <= room:
            append = self._waiting.popleft()
            if not append.done.set_running_or_notify_cancel():
                self._pending_bytes -= append.size
            elif time.monotonic() > min(append.give_up_at, self._close_at or append.give_up_at):
                self._pending_bytes -= append.size
                append.done.set_exception(self._too_late())
            else:
                group.append(append)
                room -= append.size
        return group

    def _too_late(self) -> StreamsError:
        if self._close_at is not None:
            return LogClosedError("the log was closed before Kafka could take this")
        return LogFullError(f"area {self._area}: Kafka does not take anything; nothing was sent")

    def _sent(self, group: list[_Append]) -> list[int]:
        """Send the group as one batch, and await the broker's word; the last offset of each append."""
        producer = self._open_producer()
        within_s = self._settings.append_within_s
        if self._close_at is not None:
            within_s = max(0.1, self._close_at - time.monotonic())
        lasts = []
        for append in group:
            headers = [(APPENDED_HEADER, append.appended_ns.to_bytes(8, "big"))]
            for payload in append.payloads:
                future = producer.send(
                    self._topic, payload, self._key, headers, PARTITION, append.appended_ns // 1_000_000
                )
            lasts.append(future)
        try:
            producer.flush(within_s + 1.0)
            return [int(future.get(0).offset) for future in lasts]
        except KafkaError as error:
            raise self._failure(error) from None

    def _failure(self, error: KafkaError) -> StreamsError:
        # What may be tried again is told only once the time is up: an earlier try may have been kept.
        if isinstance(error, BrokerResponseError) and not isinstance(error, RetriableError):
            return LogFullError(f"area {self._area}: Kafka refused the records: {error}")
        return AppendUnsureError(
            f"area {self._area}: Kafka did not say within {self._settings.append_within_s:g} s whether it "
            f"took the records ({type(error).__name__})"
        )

    def _open_producer(self) -> KafkaProducer:
        if self._producer is None:
            settings = self._settings
            try:
                self._producer = KafkaProducer(
                    **settings.client(),
                    client_id=f"cover-append-{self._area}",
                    acks="all",
                    enable_idempotence=True,
                    max_in_flight_requests_per_connection=1,
                    delivery_timeout_ms=int(settings.append_within_s * 1000),
                    linger_ms=LINGER_MS,
                    batch_size=settings.max_append_bytes + BATCH_HEADER_BYTES,
                    max_request_size=settings.max_append_bytes + BATCH_HEADER_BYTES,
                    max_block_ms=5_000,
                    allow_auto_create_topics=False,
                    metrics_enabled=False,
                )
                self._producer.partitions_for(self._topic)
            except KafkaError as error:
                raise LogFullError(f"area {self._area}: Kafka cannot be reached: {error}") from None
        return self._producer

    def _drop_producer(self, at_once: bool) -> None:
        """End the producer; `at_once` where what it still holds must not go out any more."""
        producer, self._producer = self._producer, None
        if producer is not None:
            if at_once:
                # Its own close flushes first, and gives up halfway where the broker is away.
                producer._sender.force_close()
            with contextlib.suppress(Exception):
                producer.close(timeout=CLOSE_WITHIN_S)
