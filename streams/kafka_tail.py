"""The newest records of one area, kept at hand: filled by the follower's thread, read in the event loop.

Bounded by count and by bytes: the oldest go, whether somebody has read them or not (a reader who is behind
reads from Kafka itself). So a slow reader holds up nobody, and nothing is queued.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from kafka.consumer.fetcher import ConsumerRecord

from streams.kafka_settings import APPENDED_HEADER
from streams.log import LogRecord


def log_record(area: str, record: ConsumerRecord) -> LogRecord:
    """A record as the log gives it; a record from elsewhere has Kafka's own time, in milliseconds."""
    appended_ns = record.timestamp * 1_000_000
    for name, value in record.headers:
        if name == APPENDED_HEADER and value is not None and len(value) == 8:
            appended_ns = int.from_bytes(value, "big")
    return LogRecord(area, record.offset, appended_ns, record.value or b"")


def filled(area: str, records: Sequence[LogRecord], start: int, end: int) -> Iterable[LogRecord]:
    """The records from `start` up to `end`, with an empty one at each offset that Kafka gives nothing for.

    Markers of transactions and what was aborted or compacted away take offsets, too; readers see them as
    records without a payload, so that offsets stay without gaps.
    """
    if len(records) == end - start:
        return records
    return _with_gaps(area, records, start, end)


def _with_gaps(area: str, records: Iterable[LogRecord], start: int, end: int) -> Iterator[LogRecord]:
    at = start
    for record in records:
        while at < record.offset:
            yield LogRecord(area, at, 0, b"")
            at += 1
        yield record
        at = record.offset + 1
    while at < end:
        yield LogRecord(area, at, 0, b"")
        at += 1


class KafkaTail:
    """The records of one area from `start` up to, not including, `end`."""

    def __init__(self, area: str, start: int, most_records: int, most_bytes: int) -> None:
        self.area = area
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._records: deque[LogRecord] = deque()
        self._bytes = 0
        self._end = start
        self._epoch = 0
        self._cuts: list[int] = []
        self._lock = threading.Lock()
        self._arrived = asyncio.Event()
        self._waking = False

    @property
    def end(self) -> int:
        """The offset that comes next."""
        return self._end

    @property
    def start(self) -> int:
        """Oldest offset at hand."""
        with self._lock:
            return self._records[0].offset if self._records else self._end

    @property
    def place(self) -> tuple[int, int]:
        """How often the tail has been begun anew, and its end."""
        with self._lock:
            return self._epoch, self._end

    def extend(self, records: list[LogRecord], end: int, epoch: int) -> None:
        """Take newer records; `end` is the offset after them and after the markers that may follow them.

        Nothing is taken where the tail has been begun anew since `epoch`: they belong elsewhere.
        """
        with self._lock:
            if epoch != self._epoch:
                return
            first = records[0].offset if records else end
            if first - self._end > self._most_records:  # a hole larger than the tail: begin anew behind it
                self._records.clear()
                self._bytes, self._end = 0, first
            for record in filled(self.area, records, self._end, end):
                self._records.append(record)
                self._bytes += len(record.payload)
                while len(self._records) > self._most_records or self._bytes > self._most_bytes:
                    self._bytes -= len(self._records.popleft().payload)
            self._end = end

    def begin_at(self, offset: int) -> None:
        """Forget everything and go on at `offset`."""
        with self._lock:
            self._begin_at(offset)

    def cut_at(self, end: int, epoch: int) -> None:
        """Go on at `end`, past which the log has lost its records; not where begun anew since `epoch`."""
        with self._lock:
            if epoch == self._epoch:
                self._cuts.append(end)
                self._begin_at(end)

    def take_cuts(self) -> list[int]:
        """The cuts since this was asked last."""
        if not self._cuts:
            return []
        with self._lock:
            cuts, self._cuts = self._cuts, []
        return cuts

    def _begin_at(self, offset: int) -> None:
        self._epoch += 1
        self._records.clear()
        self._bytes, self._end = 0, offset

    def read(self, offset: int, limit: int) -> list[LogRecord]:
        """Up to `limit` records from `offset`; empty where it is not at hand (yet, or any more)."""
        with self._lock:
            records = self._records
            if not records or not records[0].offset <= offset < self._end:
                return []
            first = offset - records[0].offset  # no gaps: see `filled`
            stop = min(first + limit, len(records))
            if first > len(records) // 2:  # a deque is indexed from its nearer end
                return [records[i - len(records)] for i in range(first, stop)]
            return [records[i] for i in range(first, stop)]

    def wake_from(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake the readers, from another thread; at most one call waits for the loop at a time."""
        if not self._waking:
            self._waking = True
            loop.call_soon_threadsafe(self.wake)

    def wake(self) -> None:
        """Wake the readers, in the event loop."""
        self._waking = False
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()

    def arrival(self) -> asyncio.Event:
        """Is set once something has happened after this call."""
        return self._arrived
