"""The `EventLog` port: an ordered, durable log for each area.

Implemented by `streams.embedded_log` and `streams.kafka_log`; used by services. One contract suite in
`tests/contract/` runs over every implementation. Never looks inside a payload.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import crc32c
from msgspec import Struct


class LogRecord(Struct, frozen=True, gc=False):
    """One record as the log holds it; a struct, because a million of them are made in a replay.

    Attributes
    ----------
    offset
        Position in the area's log: 0, 1, 2, … without gaps.
    appended_ns
        Wall clock when the log was given it, nanoseconds since the epoch.
    payload
        Empty where the log holds nothing at this offset (in Kafka: a transaction's marker, a record taken
        away by compaction); a reader passes it over.
    """

    area: str
    offset: int
    appended_ns: int
    payload: bytes

    @property
    def mark(self) -> "RecordMark":
        """What to know it by later."""
        return RecordMark(self.appended_ns, crc32c.crc32c(self.payload))


@dataclass(frozen=True, slots=True)
class RecordMark:
    """What tells a record from another at the same offset: its time, and the CRC-32C of its payload."""

    appended_ns: int
    checksum: int


class EventLog(Protocol):
    """An append-only log for each area, readable from any offset it still keeps."""

    @property
    def reachable(self) -> bool:
        """Whether the log's server answers, as seen within the last few seconds. To ask costs nothing.

        Seen from what is read and asked anyway: where nothing is, the last contact stands.
        """
        ...

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        """Append `payloads` in order and return the offset of the last.

        Raises
        ------
        LogFullError
            Where the log cannot take them; none of them is then kept.
        AppendUnsureError
            Where the log's server did not say in time; all of them or none may be kept, also a moment later.
            Appended once more they may be there twice, which readers see by the events' ids; who wants one
            copy looks first (`streams.unsure`).
        """
        ...

    async def read(self, area: str, offset: int, limit: int, wait_s: float = 0.0) -> list[LogRecord]:
        """Give up to `limit` records from `offset` on, waiting up to `wait_s` seconds for the first.

        Raises
        ------
        OffsetGoneError
            Where `offset` is older than what the log keeps.
        LogCutError
            Once for each reader who stood past the place where the log has lost its newest records (its
            server lost power, or it was replaced). What stands there now are other records: the caller must
            forget what it has made of those it read, and recover anew, from a checkpoint that fits the log
            or from its start. To ask again at the same offset would pass over the new records.
        LogUnreachableError
            Where the log holds records from `offset` on but its server does not give them in time. A log
            whose server is away and which has nothing more that is known of is merely quiet.
        """
        ...

    async def refresh(self, area: str) -> None:
        """Learn where the area's log begins and ends now; other processes may have written to it.

        Raises
        ------
        LogUnreachableError
            Where the log's server does not answer.
        """
        ...

    def first_offset(self, area: str) -> int:
        """Oldest offset still kept (equals `end_offset` where the log is empty), as far as known here."""
        ...

    def end_offset(self, area: str) -> int:
        """Offset the next record will get, as far as known here: from `refresh`, appends and reads."""
        ...

    async def flush(self, area: str) -> None:
        """Return once every record of the area appended so far survives the death of the machine."""
        ...

    async def trim(self, area: str, before: int) -> None:
        """Allow everything older than offset `before` to be forgotten, once room is needed."""
        ...

    async def close(self) -> None:
        """Flush and close; further calls raise `LogClosedError`."""
        ...
