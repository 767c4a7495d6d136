"""An open-loop feeder: events fall due at a steady rate, whatever the service does with them.

Run by `tests.faults.scene` while something is being broken. Sends in batches for each area, keeps their
order, and tries again under the same ids until they are taken, at another API replica where one does not
answer. Never skips an event, never changes one.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx
import numpy as np

from streams.codec import encode_batch
from tests.faults.event_stream import EventStream, Made

EVENTS_PER_S = 240.0
"""Over all areas together; the issue asks for 200 at least."""
TICK_S = 0.05
BATCH_MOST = 250
"""Events in one request; after an outage the backlog goes in batches of this size."""
GATHER_S = 0.08
"""An area's events wait so long for company."""
REQUEST_WITHIN_S = 10.0
"""Then the sender takes the answer for lost and sends the same again."""
AGAIN_S = (0.05, 0.1, 0.2, 0.5)
MEDIA_TYPE = "application/cloudevents-batch+json"
REFUSED = range(400, 500)
"""The service says that the events are wrong; to send them again would not help."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One batch the service took: when it was first sent and was answered (monotonic), and where it lies."""

    sent_at: float
    answered_at: float
    events: int
    duplicates: int
    last_offset: int
    calls: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """How faithfully events are delivered.

    Attributes
    ----------
    window
        Within so many events they are sent in a random order.
    repeated
        Share of the batches that are sent a second time, to the next API replica.
    """

    window: int = 1
    repeated: float = 0.0


class AreaFeed:
    """The sender of one area's events.

    Attributes
    ----------
    turned_away
        How often each answer (status, words) told it to come again.
    """

    def __init__(
        self, area: str, stream: EventStream, urls: Callable[[], Sequence[str]], delivery: Delivery
    ) -> None:
        self.area = area
        self.made: list[Made] = []
        self.accepted: list[Accepted] = []
        self.repeats = 0
        self.tries_again = 0
        self.turned_away: Counter[tuple[int, str]] = Counter()
        self._stream = stream
        self._urls = urls
        self._delivery = delivery
        self._rng = np.random.default_rng(len(area) + ord(area[-1]))
        self._held: list[Made] = []
        self._due: deque[Made] = deque()
        self._ending = False
        self._place = ord(area[-1])

    def fall_due(self) -> None:
        """One more event."""
        made = self._stream.next()
        self.made.append(made)
        self._held.append(made)
        if len(self._held) >= self._delivery.window:
            self._release()

    def end(self) -> None:
        """No more will fall due; `run` returns once all are taken."""
        self._release()
        self._ending = True

    async def run(self, http: httpx.AsyncClient) -> None:
        """Send until the end."""
        while not self._ending or self._due:
            if not self._due:
                await asyncio.sleep(GATHER_S)
                continue
            batch = [self._due.popleft() for _ in range(min(BATCH_MOST, len(self._due)))]
            self.accepted.append(await self._sent(http, batch))
            if self._rng.random() < self._delivery.repeated:
                self._place += 1
                self.repeats += (await self._sent(http, batch)).duplicates
            await asyncio.sleep(GATHER_S)

    def _release(self) -> None:
        order = self._rng.permutation(len(self._held))
        self._due.extend(self._held[i] for i in order)
        self._held = []

    async def _sent(self, http: httpx.AsyncClient, batch: list[Made]) -> Accepted:
        body = encode_batch([made.wire for made in batch])
        began, tries = time.monotonic(), 0
        while True:
            answer = await self._posted(http, body)
            if answer is not None and answer.status_code == 202:
                break
            if answer is not None and answer.status_code in REFUSED:
                raise AssertionError(f"{self.area}: {answer.status_code} {answer.text[:600]}")
            if answer is not None:
                self.turned_away[answer.status_code, answer.text] += 1
            self.tries_again += 1
            self._place += 1  # as through a load balancer: the next replica
            await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
            tries += 1
        told = answer.json()
        calls = any(made.calls for made in batch)
        return Accepted(
            began, time.monotonic(), told["accepted"], told["duplicates"], told["last_offset"], calls
        )

    async def _posted(self, http: httpx.AsyncClient, body: bytes) -> httpx.Response | None:
        urls = self._urls()
        url = f"{urls[self._place % len(urls)]}/api/v1/areas/{self.area}/events"
        try:
            return await http.post(url, content=body, headers={"content-type": MEDIA_TYPE})
        except httpx.TransportError:
            return None


class Feeder:
    """The senders of all areas, and the clock that makes their events fall due."""

    def __init__(
        self,
        streams: Mapping[str, EventStream],
        urls: Callable[[], Sequence[str]],
        delivery: Delivery | None = None,
        events_per_s: float = EVENTS_PER_S,
    ) -> None:
        self.areas = {area: AreaFeed(area, s, urls, delivery or Delivery()) for area, s in streams.items()}
        self.lasted_s = 0.0
        self._per_s = events_per_s
        self._ending = asyncio.Event()

    @property
    def sent(self) -> int:
        """Events that fell due."""
        return sum(len(feed.made) for feed in self.areas.values())

    @property
    def tries_again(self) -> int:
        """Requests that had to be sent again."""
        return sum(feed.tries_again for feed in self.areas.values())

    async def run(self) -> None:
        """Let events fall due until `end`, then return once all have been taken."""
        async with (
            httpx.AsyncClient(timeout=REQUEST_WITHIN_S, trust_env=False) as http,
            asyncio.TaskGroup() as group,
        ):
            for feed in self.areas.values():
                group.create_task(feed.run(http))
            began, feeds, due = time.monotonic(), list(self.areas.values()), 0
            while not self._ending.is_set():
                self.lasted_s = time.monotonic() - began
                while due < self.lasted_s * self._per_s:
                    feeds[due % len(feeds)].fall_due()
                    due += 1
                await asyncio.sleep(TICK_S)
            for feed in feeds:
                feed.end()

    def end(self) -> None:
        """No more events."""
        self._ending.set()

    def first_since(self, area: str, since: float) -> Accepted | None:
        """The first batch of the area that was answered after `since` and calls for a plan."""
        return next((a for a in self.areas[area].accepted if a.answered_at >= since and a.calls), None)

    def first_sent_since(self, area: str, since: float) -> Accepted | None:
        """The first batch of the area that was sent after `since` and calls for a plan."""
        return next((a for a in self.areas[area].accepted if a.sent_at >= since and a.calls), None)
