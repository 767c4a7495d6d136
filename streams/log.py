"""The `EventLog` port: an ordered, durable log for each area.

Implemented by `streams.embedded_log` (and by Kafka later); used by services. One contract suite in
`tests/contract/` runs over every implementation. Never looks inside a payload.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as the log holds it.

    Attributes
    ----------
    offset
        Position in the area's log: 0, 1, 2, … without gaps.
    appended_ns
        Wall clock when the log took it, nanoseconds since the epoch.
    """

    area: str
    offset: int
    appended_ns: int
    payload: bytes


class EventLog(Protocol):
    """An append-only log for each area, readable from any offset it still keeps."""

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        """Append `payloads` in order and return the offset of the last.

        Raises
        ------
        LogFullError
            Where the log cannot take them; none of them is then kept.
        """
        ...

    async def read(self, area: str, offset: int, limit: int, wait_s: float = 0.0) -> list[LogRecord]:
        """Give up to `limit` records from `offset` on, waiting up to `wait_s` seconds for the first.

        Raises
        ------
        OffsetGoneError
            Where `offset` is older than what the log keeps.
        """
        ...

    def first_offset(self, area: str) -> int:
        """Oldest offset still kept (equals `end_offset` where the log is empty)."""
        ...

    def end_offset(self, area: str) -> int:
        """Offset the next record will get."""
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
