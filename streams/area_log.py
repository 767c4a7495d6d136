"""The embedded log of one area: segments on disk (or memory only), and the newest records at hand.

Called by `streams.embedded_log` only. Synchronous; never waits for records.
"""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from streams.errors import LogFullError, OffsetGoneError
from streams.log import LogRecord
from streams.segment import Segment, frame


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much a log keeps.

    Attributes
    ----------
    segment_bytes
        A segment file is closed and a new one begun past this size.
    area_bytes
        Past this, the oldest segments go, but only those the checkpoint no longer needs (`trim`).
    tail_records, tail_bytes
        The newest records kept in memory: what a live reader reads. In a log without a folder this is all
        there is, and appending past it is refused until a reader has trimmed.
    """

    segment_bytes: int = 64 * 1024 * 1024
    area_bytes: int = 1024 * 1024 * 1024
    tail_records: int = 200_000
    tail_bytes: int = 128 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in ("segment_bytes", "area_bytes", "tail_records", "tail_bytes"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        if self.area_bytes < self.segment_bytes:
            raise ValueError(
                f"area_bytes ({self.area_bytes}) must be at least segment_bytes ({self.segment_bytes})"
            )


class AreaLog:
    """One area's records from `first` up to, not including, `end`."""

    def __init__(self, area: str, folder: Path | None, limits: LogLimits) -> None:
        self._area = area
        self._folder = folder
        self._limits = limits
        self._tail: deque[LogRecord] = deque()
        self._tail_bytes = 0
        self._segments: list[Segment] = []
        self._trimmed = 0
        self.end = 0
        if folder is not None:
            self._open(folder)

    @property
    def first(self) -> int:
        """Oldest offset still kept."""
        if self._segments:
            return self._segments[0].base
        return self._tail[0].offset if self._tail else self.end

    def append(self, payloads: list[bytes], appended_ns: int) -> int:
        """Append all or none; returns the last offset.

        Raises
        ------
        LogFullError
            Where the disk is full, or a memory-only log is and nothing of it may be forgotten.
        """
        records = [
            LogRecord(self._area, self.end + i, appended_ns, payload) for i, payload in enumerate(payloads)
        ]
        if self._folder is None:
            self._make_room(len(records), sum(map(len, payloads)))
        else:
            if self._segments[-1].size >= self._limits.segment_bytes:
                self._roll()
            self._segments[-1].append([frame(payload, appended_ns) for payload in payloads])
        self.end += len(records)
        self._tail.extend(records)
        self._tail_bytes += sum(map(len, payloads))
        if self._folder is not None:
            while self._tail and self._over(0, 0):
                self._drop_oldest()
        return self.end - 1

    def read(self, offset: int, limit: int) -> list[LogRecord]:
        """Up to `limit` records from `offset`.

        Raises
        ------
        OffsetGoneError
            Where `offset` is older than `first`.
        """
        if offset < self.first:
            raise OffsetGoneError(self._area, offset, self.first)
        if offset >= self.end:
            return []
        if self._tail and offset >= self._tail[0].offset:
            start = offset - self._tail[0].offset
            stop = min(start + limit, len(self._tail))
            if start > len(self._tail) // 2:  # a deque is indexed from its nearer end
                return [self._tail[i - len(self._tail)] for i in range(start, stop)]
            return [self._tail[i] for i in range(start, stop)]
        segment = next(s for s in reversed(self._segments) if s.base <= offset)
        return segment.read(offset, limit)

    def trim(self, before: int) -> None:
        """Let records older than `before` go once room is needed."""
        self._trimmed = max(self._trimmed, min(before, self.end))
        total = sum(segment.size for segment in self._segments)
        while len(self._segments) > 1 and total > self._limits.area_bytes:
            oldest = self._segments[0]
            if oldest.end > self._trimmed:
                break
            total -= oldest.size
            oldest.close()
            oldest.path.unlink()
            del self._segments[0]

    def flush(self) -> None:
        """Force the newest segment to the disk."""
        if self._segments:
            self._segments[-1].flush()

    def close(self) -> None:
        """Flush and close all files."""
        self.flush()
        for segment in self._segments:
            segment.close()

    def _open(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = sorted(folder.glob("*.log"))
        bases = [int(path.stem) for path in paths]
        for path, base, end in zip(paths, bases, [*bases[1:], None], strict=False):
            self._segments.append(Segment(path, self._area, base, end))
        if not self._segments:
            self._roll()
        self.end = self._segments[-1].end

    def _roll(self) -> None:
        if self._folder is None:
            raise ValueError("a log without a folder has no segments")
        if self._segments:
            self._segments[-1].flush()
        base = self._segments[-1].end if self._segments else 0
        self._segments.append(Segment(self._folder / f"{base:020d}.log", self._area, base))

    def _over(self, records: int, size: int) -> bool:
        limits = self._limits
        return len(self._tail) + records > limits.tail_records or self._tail_bytes + size > limits.tail_bytes

    def _make_room(self, records: int, size: int) -> None:
        while self._tail and self._over(records, size) and self._tail[0].offset < self._trimmed:
            self._drop_oldest()
        if self._over(records, size):
            raise LogFullError(
                f"the in-memory log of area {self._area} is full and its reader is behind; give the service "
                "a data folder, or slow the sender down"
            )

    def _drop_oldest(self) -> None:
        self._tail_bytes -= len(self._tail.popleft().payload)
