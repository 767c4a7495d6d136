"""What consoles of an area are told, in order and resumable: the port, and the one in this process.

Pushed to by area workers, read by API replicas for their consoles. `services.redis_feed` is the one for
several processes. Bounded; who falls behind starts again from the newest snapshot.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from streams.fence import Fence

FEED_LENGTH = 1_000
"""Messages kept for each area: minutes of a busy day, for a console whose connection broke."""
FEED_BYTES = 4 * 1_048_576
"""Bytes of data kept for each area, besides its newest snapshot: some 200 plans of 20 kB. A Redis with 256 MB
(`maxmemory`) so holds some 50 areas; by the count alone an area could take 20 MB."""
SNAPSHOT = "snapshot"
"""The event that stands for everything before it; the newest one is always at hand."""
SNAPSHOT_EVERY = FEED_LENGTH // 2
"""A worker pushes a snapshot at least once in so many messages, so that one can always be followed."""
SNAPSHOT_EVERY_BYTES = FEED_BYTES // 2
"""And in so many bytes that follow a snapshot: with it they fit twice into what is kept."""


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """One message; `id` is what a console gives as `Last-Event-ID` to go on after it."""

    id: str
    event: str
    data: bytes


class ConsoleFeed(Protocol):
    """The messages of every area. All raise `StoreUnreachableError` where the store does not answer."""

    async def push(self, area: str, event: str, data: bytes, generation: int = 0) -> str:
        """Append a message and return its id; a `SNAPSHOT` is also kept as the newest one.

        Where `epoch_of` the id is another than that of the push before, the store has lost everything, or
        what came last: push a snapshot at once, or consoles have nothing to begin with. So too after an
        error. The pushes for one area are made one after another. The oldest messages go where more than
        `FEED_LENGTH` of them are kept, or more than `FEED_BYTES` and the size of the newest snapshot; push a
        snapshot every `SNAPSHOT_EVERY` messages and `SNAPSHOT_EVERY_BYTES`, or it cannot be followed.

        Raises
        ------
        FencedError
            Where a newer generation of the workers' group has pushed or saved for the area lately.
        """
        ...

    async def after(
        self, area: str, last_id: str, limit: int, wait_s: float = 0.0
    ) -> list[FeedMessage] | None:
        """Up to `limit` messages after `last_id`, waiting up to `wait_s` for the first.

        None where some may be missing (`last_id` is unknown or no longer kept): start from `snapshot`.
        """
        ...

    async def snapshot(self, area: str) -> FeedMessage | None:
        """The newest snapshot, to be followed by `after` with its id; None before the first."""
        ...

    async def close(self) -> None:
        """Give up connections."""
        ...


def epoch_of(id_: str) -> str:
    """The part of a message's id that changes when the store has lost everything and begins anew."""
    return id_.partition("-")[0]


class MemoryFeed:
    """A `ConsoleFeed` in this process."""

    def __init__(self) -> None:
        self._fence = Fence()
        self._epoch = secrets.token_hex(4)
        self._kept: dict[str, deque[FeedMessage]] = {}
        self._bytes: dict[str, int] = {}
        self._count: dict[str, int] = {}
        self._snapshots: dict[str, FeedMessage] = {}
        self._arrived: dict[str, asyncio.Event] = {}

    async def push(self, area: str, event: str, data: bytes, generation: int = 0) -> str:
        """See `ConsoleFeed.push`."""
        self._fence.admit(area, generation)
        number = self._count[area] = self._count.get(area, 0) + 1
        message = FeedMessage(f"{self._epoch}-{number}", event, data)
        if event == SNAPSHOT:
            self._snapshots[area] = message
        self._keep(area, message)
        arrived = self._arrived.pop(area, None)
        if arrived is not None:
            arrived.set()
        return message.id

    def _keep(self, area: str, message: FeedMessage) -> None:
        """Keep it, and let the oldest go where there is too much."""
        kept = self._kept.setdefault(area, deque())
        kept.append(message)
        size = self._bytes.get(area, 0) + len(message.data)
        snapshot = self._snapshots.get(area)
        most = FEED_BYTES + (len(snapshot.data) if snapshot is not None else 0)
        while len(kept) > 1 and (len(kept) > FEED_LENGTH or size > most):
            size -= len(kept.popleft().data)
        self._bytes[area] = size

    async def after(
        self, area: str, last_id: str, limit: int, wait_s: float = 0.0
    ) -> list[FeedMessage] | None:
        """See `ConsoleFeed.after`."""
        epoch, _, number = last_id.partition("-")
        if epoch != self._epoch or not number.isdecimal() or not number.isascii():
            return None
        if int(number) == self._count.get(area, 0) and wait_s > 0:
            arrived = self._arrived.setdefault(area, asyncio.Event())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await arrived.wait()
        kept = self._kept.get(area, deque())
        missing = self._count.get(area, 0) - int(number)
        if not 0 <= missing < len(kept):  # the message itself must still be there
            return None
        start = len(kept) - missing
        return [kept[i] for i in range(start, min(start + limit, len(kept)))]

    async def snapshot(self, area: str) -> FeedMessage | None:
        """See `ConsoleFeed.snapshot`."""
        return self._snapshots.get(area)

    async def close(self) -> None:
        """See `ConsoleFeed.close`."""
