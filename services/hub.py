"""Live push: a bounded ring of messages for each area, read by any number of consoles at their own pace.

Written by the area worker, or in an API replica by the relay; read by the stream endpoint. A message is
encoded once for all consoles; a console that falls out of the ring, or comes back with an id that is no
longer in it, starts again from a snapshot. Never waits for a console.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi.sse import format_sse_event

RING_MESSAGES = 2_000
RING_BYTES = 16 * 1024 * 1024
"""The ring is bounded by both: minutes of a busy day, for a console whose connection broke."""

SLICE = 64
"""Messages handed to a console at once, so that a slow one does not hold the whole ring in its buffers."""


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event, ready for the wire; `pushed_at` is `time.perf_counter()` at its push.

    `id` is what the console gives as `Last-Event-ID` to go on after it; None for one that cannot be gone on
    from, which leaves the console's last id as it is.
    """

    seq: int
    id: str | None
    wire: bytes
    pushed_at: float


async def _at_once() -> bool:
    return True


class Hub:
    """The ring of one area.

    Parameters
    ----------
    snapshot
        Gives the JSON of a full snapshot as of now.
    settled
        Awaited before a snapshot is taken: until the state holds at least what the newest message told.
        Where it gives False, it does not yet, and the console gets another snapshot once it does.
    """

    def __init__(
        self, snapshot: Callable[[], bytes], settled: Callable[[], Awaitable[bool]] = _at_once
    ) -> None:
        self._snapshot = snapshot
        self.settled = settled
        self._epoch = secrets.token_hex(4)
        self._ring: deque[Message] = deque()
        self._bytes = 0
        self._seq = 0
        self._newest_id = f"{self._epoch}-0"
        self._seq_of = {self._newest_id: 0}
        self._wake = asyncio.Event()
        self.consoles = 0
        self.closed = False

    def push(self, event: str, data: bytes) -> None:
        """Append a message and wake the consoles."""
        self.relay(event, data, f"{self._epoch}-{self._seq + 1}")

    def relay(self, event: str, data: bytes, id: str | None) -> None:
        """The same under an id given elsewhere, or under none."""
        self._seq += 1
        wire = format_sse_event(data_str=data.decode("utf-8"), event=event, id=id)
        self._ring.append(Message(self._seq, id, wire, time.perf_counter()))
        self._bytes += len(wire)
        if id is not None:
            self._seq_of[id], self._newest_id = self._seq, id
        while len(self._ring) > RING_MESSAGES or self._bytes > RING_BYTES:
            gone = self._ring.popleft()
            self._bytes -= len(gone.wire)
            if gone.id is not None:
                self._seq_of.pop(gone.id, None)
        self._wake_all()

    def close(self) -> None:
        """End all streams."""
        self.closed = True
        self._wake_all()

    def open(self, last_event_id: str | None) -> "Cursor":
        """A cursor for one console, continuing after `last_event_id` where the ring still holds it."""
        return Cursor(self, None if last_event_id is None else self._seq_of.get(last_event_id))

    def snapshot_message(self, settled: bool = True) -> Message:
        """A snapshot as a message; where `settled`, it stands for everything up to now."""
        data = self._snapshot().decode("utf-8")
        id_ = self._newest_id if settled else None
        wire = format_sse_event(data_str=data, event="snapshot", id=id_)
        return Message(self._seq, id_, wire, time.perf_counter())

    def after(self, seq: int) -> list[Message] | None:
        """The next messages after `seq`, or None where some of them are no longer in the ring."""
        missing = self._seq - seq
        if missing > len(self._ring):
            return None
        start = len(self._ring) - missing
        return [self._ring[i] for i in range(start, min(start + SLICE, len(self._ring)))]

    async def changed(self, seq: int, wait_s: float) -> None:
        """Wait until something after `seq` is there, the hub closes, or `wait_s` has passed."""
        wake = self._wake
        if self._seq == seq and not self.closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await wake.wait()

    def _wake_all(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()


class Cursor:
    """One console's place in the ring; `None` before its first snapshot."""

    def __init__(self, hub: Hub, seq: int | None) -> None:
        self._hub = hub
        self._seq = seq

    async def next(self, wait_s: float) -> list[Message]:
        """What the console has not yet had; empty where nothing came within `wait_s`."""
        if self._seq is not None:
            await self._hub.changed(self._seq, wait_s)
        messages = None if self._seq is None else self._hub.after(self._seq)
        if messages is None:
            settled = await self._hub.settled()
            message = self._hub.snapshot_message(settled)
            self._seq = message.seq if settled else None
            return [message]
        if messages:
            self._seq = messages[-1].seq
        return messages
