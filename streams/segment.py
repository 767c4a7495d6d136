"""One segment file of the embedded log: framed records, each with its checksum.

Called by `streams.area_log` only. Frame: length (u32), CRC-32C (u32) over what follows, append time (u64 ns),
payload; all little-endian. Never decides about retention or waiting.
"""

import logging
import os
import struct
from bisect import bisect_right
from pathlib import Path

import crc32c

from streams.errors import CorruptLogError, LogFullError
from streams.log import LogRecord

logger = logging.getLogger(__name__)

_HEAD = struct.Struct("<II")
_STAMP = struct.Struct("<Q")
INDEX_EVERY = 256
"""Records between two entries of the in-memory offset index: some 100 kB of reading at most to find one."""
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
"""A length beyond this in a frame is damage, not a record."""


def frame(payload: bytes, appended_ns: int) -> bytes:
    """Frame one payload as it stands on disk."""
    body = _STAMP.pack(appended_ns) + payload
    return _HEAD.pack(len(body), crc32c.crc32c(body)) + body


class Segment:
    """A file of records from `base` on.

    Parameters
    ----------
    end
        Offset after its last record where a later segment tells (it is then read through only when asked
        for); None for the newest segment, which is read through at once and whose torn end is cut.

    Raises
    ------
    CorruptLogError
        When a record does not match its checksum and is not the torn end of the newest segment.
    """

    def __init__(self, path: Path, area: str, base: int, end: int | None = None) -> None:
        self.path = path
        self.area = area
        self.base = base
        self._offsets: list[int] = [base]
        self._positions: list[int] = [0]
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.end = base if end is None else end
        self._indexed = end is None
        self.size = 0 if end is None else os.fstat(self._fd).st_size
        if end is None:
            try:
                self._recover()
            except BaseException:
                os.close(self._fd)
                raise

    def append(self, frames: list[bytes]) -> None:
        """Write `frames` at the end, all or none.

        Raises
        ------
        LogFullError
            Where the disk takes no more; the file is as it was before.
        """
        blob = b"".join(frames)
        try:
            written = 0
            while written < len(blob):
                written += os.write(self._fd, blob[written:])
        except OSError as error:
            os.ftruncate(self._fd, self.size)
            raise LogFullError(f"the log of area {self.area} cannot be written: {error.strerror}") from error
        for data in frames:
            self._note(len(data))

    def read(self, offset: int, limit: int) -> list[LogRecord]:
        """Up to `limit` records from `offset`, which lies in this segment."""
        if not self._indexed:
            self._index()
        place = bisect_right(self._offsets, offset) - 1
        at, position = self._offsets[place], self._positions[place]
        records: list[LogRecord] = []
        while at < self.end and len(records) < limit:
            body, position = self._body(position)
            if body is None:
                raise self._corrupt(at)
            if at >= offset:
                stamp = _STAMP.unpack_from(body)[0]
                records.append(LogRecord(self.area, at, stamp, body[_STAMP.size :]))
            at += 1
        return records

    def flush(self) -> None:
        """Force what was written to the disk."""
        os.fdatasync(self._fd)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _body(self, position: int) -> tuple[bytes | None, int]:
        head = os.pread(self._fd, _HEAD.size, position)
        if len(head) < _HEAD.size:
            return None, position
        length, crc = _HEAD.unpack(head)
        if not _STAMP.size <= length <= MAX_PAYLOAD_BYTES:
            return None, position
        body = os.pread(self._fd, length, position + _HEAD.size)
        if len(body) < length or crc32c.crc32c(body) != crc:
            return None, position
        return body, position + _HEAD.size + length

    def _note(self, length: int) -> None:
        self.size += length
        self.end += 1
        if (self.end - self.base) % INDEX_EVERY == 0:
            self._offsets.append(self.end)
            self._positions.append(self.size)

    def _index(self) -> None:
        """Read an older segment through; it must hold exactly the records up to the next one's first."""
        end, total = self.end, self.size
        self.end, self.size = self.base, 0
        self._walk(total)
        whole = (self.end, self.size) == (end, total)
        damaged_at, self.end, self.size = self.end, end, total
        if not whole:
            del self._offsets[1:], self._positions[1:]
            raise self._corrupt(damaged_at)
        self._indexed = True

    def _walk(self, total: int) -> None:
        while self.size < total:
            body, position = self._body(self.size)
            if body is None:
                return
            self._note(position - self.size)

    def _recover(self) -> None:
        """Read the newest segment through; cut the torn end of a write off, refuse any other damage."""
        total = os.fstat(self._fd).st_size
        self._walk(total)
        if self.size == total:
            return
        rest = os.pread(self._fd, total - self.size, self.size)
        if _holds_a_sound_record(rest):
            raise self._corrupt(self.end)
        torn = self.path.with_suffix(".torn")
        torn.write_bytes(rest)
        os.ftruncate(self._fd, self.size)
        logger.warning(
            "area %s: %d bytes of a torn write after record %d were cut off; they are kept in %s",
            self.area,
            len(rest),
            self.end - 1,
            torn.name,
        )

    def _corrupt(self, at: int) -> CorruptLogError:
        return CorruptLogError(
            f"area {self.area}: record {at} in {self.path.name} is damaged, and it is not the torn end of a "
            "write; restore the data folder from a copy"
        )


def _holds_a_sound_record(rest: bytes) -> bool:
    """Whether a whole record stands anywhere behind a damaged one: then it is no torn end."""
    for position in range(1, len(rest) - _HEAD.size - _STAMP.size + 1):
        length, crc = _HEAD.unpack_from(rest, position)
        start = position + _HEAD.size
        if _STAMP.size <= length <= len(rest) - start and crc32c.crc32c(rest[start : start + length]) == crc:
            return True
    return False
