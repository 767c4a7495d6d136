"""Server-sent events: bytes in any pieces to events.

Used by the API client to follow the live stream. Never reconnects or decodes the data itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""A snapshot of a large area is a few megabytes; more than this is not our service talking."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event of the stream: its name, its data and, where it had one, its id."""

    event: str
    data: bytes
    id: str | None


class ServerSentEvents:
    """Cuts a stream of bytes into events (WHATWG HTML, section 9.2.6), with `\\n` or `\\r\\n` line ends."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._rest = bytearray()
        self._event = ""
        self._data: list[bytes] = []
        self._id: str | None = None

    def feed(self, piece: bytes) -> Iterator[ServerSentEvent]:
        """Take the next piece and yield the events it completes.

        Raises
        ------
        ValueError
            When one event grows beyond `MAX_EVENT_BYTES`.
        """
        seen = len(self._rest)
        self._rest += piece
        start = 0
        while (end := self._rest.find(b"\n", max(start, seen))) >= 0:
            line = bytes(self._rest[start:end]).removesuffix(b"\r")
            start = end + 1
            if line:
                self._field(line)
            elif self._data:
                yield self._complete()
            else:
                self._event = ""
        del self._rest[:start]
        if len(self._rest) + sum(map(len, self._data)) > MAX_EVENT_BYTES:
            raise ValueError(f"a server-sent event of more than {MAX_EVENT_BYTES} bytes")

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8")

    def _complete(self) -> ServerSentEvent:
        done = ServerSentEvent(self._event or "message", b"\n".join(self._data), self._id)
        self._event, self._data = "", []
        return done
