"""Sends events in order, one batch under way at a time: what queues meanwhile makes the next batch.

Used by the demo and the replay. Never reorders, drops or repeats an event; a full queue makes the maker
wait.
"""

import asyncio
import time
from collections.abc import Callable

from services.feed.api_client import ApiClient, Posted

QUEUE_EVENTS = 2_000
"""Events waiting at most: some seconds of the busiest feed."""
BATCH_EVENTS = 400
"""At some 500 bytes an event, well below the API's largest body."""


class EventSender:
    """A bounded queue before the ingest.

    One batch at a time keeps the log in the order of the feed. It limits nothing in practice: while one
    is under way the next collects.

    Parameters
    ----------
    client
        Where to send.
    posted
        Told each answer, how many events the batch had, when the earliest of them was due, and when its
        request began (both `time.monotonic`).
    """

    def __init__(self, client: ApiClient, posted: Callable[[Posted, int, float, float], None]) -> None:
        """Start empty; nothing is sent until `run`."""
        self.sent = 0
        self.duplicates = 0
        self.last_offset = -1
        self._client = client
        self._posted = posted
        self._queue: asyncio.Queue[tuple[bytes, float]] = asyncio.Queue(QUEUE_EVENTS)

    @property
    def waiting(self) -> int:
        """How many events are in the queue."""
        return self._queue.qsize()

    async def put(self, event: bytes, due_s: float | None = None) -> None:
        """Hand over an event, waiting while the queue is full.

        `due_s` is when it should have been handed over (`time.monotonic`), so that being late counts as
        waiting; without it, now.
        """
        await self._queue.put((event, time.monotonic() if due_s is None else due_s))

    async def flush(self) -> None:
        """Wait until everything handed over has been answered."""
        await self._queue.join()

    async def run(self) -> None:
        """Send until cancelled; what the service refuses ends it."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH_EVENTS and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            began_s = time.monotonic()
            answer = await self._client.post_events([event for event, _ in batch])
            self.sent += len(batch)
            self.duplicates += answer.duplicates
            self.last_offset = answer.last_offset
            self._posted(answer, len(batch), min(due_s for _, due_s in batch), began_s)
            for _ in batch:
                self._queue.task_done()
