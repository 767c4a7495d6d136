"""The event log in Kafka: `streams.log.EventLog` on kafka-python.

Chosen by the service where Kafka is configured; called from one event loop. Appends go through a lane for
each area, readers are served from tails that one follower keeps, all else goes to the clerk; each works on a
thread of its own and none queues without bound. How the log lies in Kafka: `streams.kafka_settings`.

What is promised. An append that returned is on `min_in_sync` replicas. Retries by the library are known by
the broker (idempotent producer) and kept once. An append that ends in `AppendUnsureError` may have been kept,
as a whole, and the broker may still be at it; to send it once more can put its events there twice, with the
same ids, and every reader folds by id. So senders of events do; plans and dead letters, which are to be there
once, are looked for first (`streams.unsure`).

Kafka may lose records that it gave (replication 1 and a power cut, a topic deleted and made again). Where the
log is seen to end before what it has held, readers past that end are told (`LogCutError`): the follower sees
it, the clerk, a `refresh`, and an append that gets an offset which was taken.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from streams.errors import LogClosedError, LogCutError, LogFullError, LogUnreachableError
from streams.kafka_clerk import ANSWER_WITHIN_S, KafkaClerk
from streams.kafka_contact import KafkaContact
from streams.kafka_follower import KafkaFollower
from streams.kafka_lane import AppendLane
from streams.kafka_positions import ReaderPositions, Reading
from streams.kafka_settings import KafkaSettings
from streams.kafka_tail import KafkaTail
from streams.log import LogRecord

logger = logging.getLogger(__name__)

ASKED_AT_ONCE = 32
"""Questions to the clerk that may wait at a time."""
GIVEN_WITHIN_S = 45.0
"""A record that is known to exist comes within this, or Kafka cannot be reached: a broker that restarts or
hangs for less is waited out by readers as it is by appends."""
REFRESH_TRIES = 5
"""An answer that a cut of the log has overtaken is asked for anew so often at most."""
ROOM_EVERY_S = 60.0
"""An area's room is looked at this often at most."""

T = TypeVar("T")


class KafkaLog:
    """An `EventLog` in Kafka.

    Nothing is connected before the first use; a broker that is not there shows as `LogUnreachableError` from
    `refresh` and `read`, and as `LogFullError` from `append`.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._contact = KafkaContact()
        self._told_reachable = True
        self._clerk = KafkaClerk(settings, self._contact)
        self._lanes: dict[str, AppendLane] = {}
        self._follower: KafkaFollower | None = None
        self._firsts: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._held: dict[str, int] = {}  # ends of what Kafka was seen to give; an append may be beyond it
        self._positions: dict[str, ReaderPositions] = {}
        self._asking = asyncio.Semaphore(ASKED_AT_ONCE)
        self._room_looked_at: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def reachable(self) -> bool:
        """See `EventLog.reachable`; a change is told in the log of the process, once."""
        reachable = self._contact.reachable
        if reachable is not self._told_reachable:
            self._told_reachable = reachable
            logger.warning("Kafka answers again" if reachable else "Kafka does not answer")
        return reachable

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        """Append `payloads` as one Kafka batch; see `EventLog.append`."""
        try:
            await self._know(area)
        except LogUnreachableError as error:
            raise LogFullError(f"area {area}: nothing was appended: {error}") from None
        if not payloads:
            return self._ends[area] - 1
        lane = self._lanes.get(area)
        if lane is None:
            lane = self._lanes[area] = AppendLane(self._settings, area)
        cuts, held = self._readers(area).cuts, self._held[area]
        last = await asyncio.wrap_future(lane.submit(payloads))
        if last < held and self._readers(area).cuts == cuts:
            self._cut(area, last - len(payloads) + 1)
        self._ends[area] = max(self._ends[area], last + 1)
        return last

    async def read(self, area: str, offset: int, limit: int, wait_s: float = 0.0) -> list[LogRecord]:
        """Records from `offset`; see `EventLog.read`."""
        await self._know(area)
        follower = self._follower
        if follower is None:
            follower = self._follower = KafkaFollower(
                self._settings, asyncio.get_running_loop(), self._contact
            )
        tail = follower.tail(area, self._ends[area])
        self._note_cuts(area)
        positions = self._readers(area)
        reading = positions.begin(offset)
        next_offset: int | None = offset
        try:
            records = await self._read(reading, tail, limit, wait_s)
            next_offset = offset + len(records)
            return records
        except LogCutError:
            next_offset = None
            raise
        finally:
            positions.end(reading, next_offset)

    async def _read(self, reading: Reading, tail: KafkaTail, limit: int, wait_s: float) -> list[LogRecord]:
        area, offset = reading.area, reading.offset
        asked = time.monotonic()
        while True:
            arrival = tail.arrival()
            records = tail.read(offset, limit)
            self._note_cuts(area)  # after the records: those of before a cut are not given past it
            reading.check()
            self._held[area] = max(self._held[area], tail.end)
            self._ends[area] = end = max(self._ends[area], tail.end)
            if records:
                return records
            if offset < tail.start:
                records = await self._old_records(area, offset, limit)
                reading.check()
                return records
            exists = offset < end
            left_s = asked + (max(wait_s, GIVEN_WITHIN_S) if exists else wait_s) - time.monotonic()
            if left_s <= 0:
                break
            # Not wait_for: on Python 3.11 it swallows a cancellation that comes together with a record.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await arrival.wait()
            self._must_be_open()
        if not exists:
            return []
        await self.refresh(area)  # what was appended, and lost before anybody was given it, is no more
        reading.check()
        if offset >= self._ends[area]:
            return []
        raise LogUnreachableError(
            f"area {area}: Kafka holds {offset} to {end - 1} but did not give it in {GIVEN_WITHIN_S:g} s"
        )

    async def refresh(self, area: str) -> None:
        """Ask Kafka where the area's log begins and ends; see `EventLog.refresh`."""
        self._must_be_open()
        readers = self._readers(area)
        for _ in range(REFRESH_TRIES):
            self._note_cuts(area)
            cuts, held, known = readers.cuts, self._held.get(area, 0), self._ends.get(area)
            first, end = await self._ask(lambda: self._clerk.offsets(area))
            self._note_cuts(area)
            if readers.cuts == cuts:
                break
        self._firsts[area] = first
        if end < held and readers.cuts == cuts:
            self._cut(area, end)
        unchanged = self._ends.get(area) == known
        self._ends[area] = end if unchanged else max(self._ends.get(area, end), end)
        self._held[area] = max(self._held.get(area, end), end)

    def first_offset(self, area: str) -> int:
        """Oldest offset still kept, as far as known; an area not met before is asked for, which blocks."""
        self._know_now(area)
        return self._firsts[area]

    def end_offset(self, area: str) -> int:
        """Offset the next record will get, as far as known; see `first_offset`."""
        self._know_now(area)
        return self._ends[area]

    async def flush(self, area: str) -> None:
        """See `EventLog.flush`: what was appended is on `min_in_sync` replicas already."""
        self._must_be_open()

    async def trim(self, area: str, before: int) -> None:
        """See `EventLog.trim`; room is made beside, so that a checkpoint does not wait for it."""
        self._must_be_open()
        now = time.monotonic()
        if now - self._room_looked_at.get(area, now - ROOM_EVERY_S) >= ROOM_EVERY_S:
            self._room_looked_at[area] = now
            task = asyncio.create_task(self._make_room(area, before))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Send what waits, end the threads; readers that wait are woken and see the log closed."""
        if self._closed:
            return
        self._closed = True
        if self._follower is not None:
            self._follower.wake_all()
        for task in self._tasks:
            task.cancel()
        enders = [lane.close for lane in self._lanes.values()] + [self._clerk.close]
        if self._follower is not None:
            enders.append(self._follower.close)
        await asyncio.gather(*(asyncio.to_thread(ender) for ender in enders))

    async def _old_records(self, area: str, offset: int, limit: int) -> list[LogRecord]:
        cuts = self._readers(area).cuts
        try:
            return await self._ask(lambda: self._clerk.old_records(area, offset, limit, self._ends[area]))
        except LogCutError as error:
            self._note_cuts(area)
            if self._readers(area).cuts == cuts:
                self._cut(area, error.end)
            raise

    def _readers(self, area: str) -> ReaderPositions:
        readers = self._positions.get(area)
        if readers is None:
            readers = self._positions[area] = ReaderPositions(area)
        return readers

    def _note_cuts(self, area: str) -> None:
        """Take up the cuts that the follower has seen."""
        tail = None if self._follower is None else self._follower.followed(area)
        for end in () if tail is None else tail.take_cuts():
            self._know_cut(area, end)

    def _cut(self, area: str, end: int) -> None:
        """Take up a cut seen by other means, and let the follower go on there."""
        tail = None if self._follower is None else self._follower.followed(area)
        if tail is not None:
            tail.begin_at(end)
        self._know_cut(area, end)
        if tail is not None:
            tail.wake()

    def _know_cut(self, area: str, end: int) -> None:
        logger.error(
            "area %s: Kafka has lost its records from %d on (they were known up to %d), or its topic was "
            "replaced; readers begin anew",
            area,
            end,
            self._ends[area] - 1,
        )
        self._ends[area] = self._held[area] = end
        self._firsts[area] = min(self._firsts[area], end)
        self._readers(area).cut(end)
        self._clerk.forget(area)

    async def _make_room(self, area: str, before: int) -> None:
        try:
            self._firsts[area] = await self._ask(lambda: self._clerk.make_room(area, before))
        except LogClosedError:
            return
        except Exception:  # of a task beside: nobody else would tell
            logger.exception("area %s: no room made in Kafka; trying again later", area)

    async def _know(self, area: str) -> None:
        self._must_be_open()
        if area not in self._ends:
            await self.refresh(area)

    def _know_now(self, area: str) -> None:
        self._must_be_open()
        if area not in self._ends:
            first, end = self._clerk.offsets(area).result(3 * ANSWER_WITHIN_S)
            self._firsts[area], self._ends[area], self._held[area] = first, end, end

    async def _ask(self, question: "Callable[[], Future[T]]") -> T:
        async with self._asking:
            self._must_be_open()
            return await asyncio.wrap_future(question())

    def _must_be_open(self) -> None:
        if self._closed:
            raise LogClosedError("the log is closed")
