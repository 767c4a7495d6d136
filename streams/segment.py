"""One segment file of the embedded log: framed records, each with its checksum.

Called by `streams.area_log` only. Frame: length (u32), CRC-32C (u32) over what follows, append time (u64 ns),
payload; all little-endian. Never decides about retention or waiting.
"""

import os
import struct
from bisect import bisect_right
from pathlib import Path

import crc32c

from streams.errors import CorruptLogError, LogFullError
from streams.log import LogRecord

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

    Raises
    ------
    CorruptLogError
        When a record in the middle of a file does not match its checksum.
    """

    def __init__(self, path: Path, area: str, base: int, *, last: bool) -> None:
        self.path = path
        self.area = area
        self.base = base
        self._offsets: list[int] = [base]
        self._positions: list[int] = [0]
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.end = base
        self.size = 0
        self._recover(last)

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
        place = bisect_right(self._offsets, offset) - 1
        at, position = self._offsets[place], self._positions[place]
        records: list[LogRecord] = []
        while at < self.end and len(records) < limit:
            body, position = self._body(position)
            if body is None:
                raise CorruptLogError(f"{self.path.name}: record {at} does not match its checksum")
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

    def _recover(self, last: bool) -> None:
        """Walk the records; cut the torn end of a write off the last segment, refuse damage elsewhere."""
        total = os.fstat(self._fd).st_size
        while self.size < total:
            body, position = self._body(self.size)
            if body is None:
                break
            self._note(position - self.size)
        if self.size == total:
            return
        if not last or self._sound_record_after(self.size, total):
            raise CorruptLogError(
                f"{self.path.name}: record {self.end} is damaged and is not a torn end; restore the file "
                "from a copy, or move it away to start from the checkpoint"
            )
        os.ftruncate(self._fd, self.size)

    def _sound_record_after(self, position: int, total: int) -> bool:
        """Whether a whole record follows the damaged one: then it is damage, not the end of a torn write."""
        head = os.pread(self._fd, _HEAD.size, position)
        if len(head) < _HEAD.size:
            return False
        following = position + _HEAD.size + _HEAD.unpack(head)[0]
        return following < total and self._body(following)[0] is not None
