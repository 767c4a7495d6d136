"""What a worker tells the consoles of one area, on its way to the console feed; it never waits.

Filled by the area worker, emptied by its own task. Bounded: where the feed is away or slow, what waits is
dropped and the next thing told is a snapshot, which stands for all of it. Never lets more follow a snapshot
than `SNAPSHOT_EVERY` messages or `SNAPSHOT_EVERY_BYTES`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from services.console_feed import SNAPSHOT, SNAPSHOT_EVERY, SNAPSHOT_EVERY_BYTES, ConsoleFeed, epoch_of
from streams.errors import FencedError, StoreUnreachableError

logger = logging.getLogger(__name__)

MOST_WAITING = 256
"""Messages; a plan takes some 20 kB, so this is a few megabytes at most."""
AGAIN_FIRST_S, AGAIN_MOST_S = 0.1, 1.0
"""Pause after a feed that did not answer: doubled each time, up to the bound."""


class FeedOutbox:
    """The messages of one area that are on their way.

    Parameters
    ----------
    snapshot
        Gives the JSON of a full snapshot as of now.
    lease
        The generation of the group of workers to write with; None while the area may be another's: then
        nothing is told, and afterwards a snapshot.
    """

    def __init__(
        self,
        feed: ConsoleFeed,
        area: str,
        snapshot: Callable[[], bytes],
        lease: Callable[[], int | None],
    ) -> None:
        self._feed = feed
        self._area = area
        self._snapshot = snapshot
        self._lease = lease
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._filled = asyncio.Event()
        self._open = False
        self._anew = True
        self._since_snapshot = 0
        self._bytes_since = 0
        self._epoch: str | None = None

    def open(self) -> None:
        """Begin to tell: with a snapshot. Before, everything pushed is left to that snapshot."""
        if not self._open:
            self._open = True
            self._filled.set()

    def close(self) -> None:
        """Tell nothing until it is opened again: what its area knows just now may be half of it."""
        self._open = False
        self._start_anew()

    def push(self, event: str, data: bytes) -> None:
        """Tell the consoles; see `Hub.push`."""
        if not self._open:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._start_anew()
        elif not self._anew:
            self._waiting.append((event, data))
        self._filled.set()

    async def run(self) -> None:
        """Send what waits until cancelled, or until another worker has the area.

        Raises
        ------
        FencedError
            Where another worker has it.
        """
        pause_s = AGAIN_FIRST_S
        while True:
            await self._filled.wait()
            generation = self._lease()
            if generation is None:
                self._start_anew()
                await asyncio.sleep(AGAIN_FIRST_S)
                continue
            try:
                await self._send(generation)
            except StoreUnreachableError as error:
                if pause_s == AGAIN_FIRST_S:
                    logger.warning("area %s: consoles cannot be told: %s", self._area, error)
                self._start_anew()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, AGAIN_MOST_S)
            except FencedError:
                self._start_anew()
                raise
            else:
                pause_s = AGAIN_FIRST_S

    async def _send(self, generation: int) -> None:
        """Send the next message, or a snapshot where one is due; where nothing waits, go to sleep."""
        if not self._open:
            self._filled.clear()
            return
        if self._snapshot_due():
            # Taken now: what is pushed from here on comes after it.
            event, data = SNAPSHOT, self._snapshot()
            self._waiting.clear()
            self._anew, self._since_snapshot, self._bytes_since = False, 0, 0
        elif self._waiting:
            event, data = self._waiting.popleft()
            self._bytes_since += len(data)
        else:
            self._filled.clear()
            return
        id_ = await self._feed.push(self._area, event, data, generation)
        self._since_snapshot += 1
        epoch = epoch_of(id_)
        if event != SNAPSHOT and epoch != self._epoch:
            self._start_anew()  # the feed was emptied or set back: what it holds begins in the middle
        self._epoch = epoch

    def _snapshot_due(self) -> bool:
        if self._anew or self._since_snapshot >= SNAPSHOT_EVERY:
            return True
        following = self._bytes_since + (len(self._waiting[0][1]) if self._waiting else 0)
        return following > SNAPSHOT_EVERY_BYTES

    def _start_anew(self) -> None:
        self._waiting.clear()
        self._anew = True
