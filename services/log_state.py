"""What every kind of area keeps in this process: the picture its log folds to, how far, and who waits for it.

Base of `services.area_state` (a brigade) and `services.council.day_state`. Written by the area's fold and its
worker, read by the API and the hub's snapshots. The log can rebuild all of it.
"""

import asyncio
import time
from collections import deque
from typing import Generic, TypeVar

from services.recent_ids import RecentIds
from streams.log import RecordMark

P = TypeVar("P")
"""The picture of an area of some kind."""

SNAPSHOT_HELD_S = 0.25
"""A snapshot of London takes 3 ms; a restarted replica meets all its consoles at once."""
DECISIONS_NOTED = 100
"""Far more than people can take in the moment between judging a decision and finding it in the log."""


class LogState(Generic[P]):
    """The live state of one area.

    Attributes
    ----------
    area
        Its id.
    offset
        Newest record in the picture; -1 before the first.
    last_record
        Mark of the record at `offset`, to see whether the log still holds that one; None where not known.
    cause_offset
        Newest record that called for an answer: it names a plan, so that a replay names it the same.
    recent
        Events folded lately.
    decision_offsets
        Where the newest decisions folded by this process stand, to notice one that came between.
    degraded
        Why what is shown may be behind, as a word; None where all is well.
    """

    picture: P

    def __init__(self, area: str) -> None:
        self.area = area
        self.picture = self.empty_picture()
        self.offset = -1
        self.last_record: RecordMark | None = None
        self.cause_offset = -1
        self.recent = RecentIds()
        self.decision_offsets: deque[int] = deque(maxlen=DECISIONS_NOTED)
        self.ready = False
        self._progress = asyncio.Event()
        self.degraded: str | None = None
        self.last_event_ns: int | None = None
        self._snapshot: tuple[object, float, bytes] | None = None

    def empty_picture(self) -> P:
        """The picture before any event."""
        raise NotImplementedError

    def forget_answers(self) -> None:
        """Forget what workers have answered: the log it was in has been cut."""
        raise NotImplementedError

    def hear(self, event: str, data: bytes) -> int | None:
        """Take up what a worker elsewhere has told consoles, where this process answers with it too.

        Returns
        -------
        Offset of the picture it told of; None where it told of none.

        Raises
        ------
        msgspec.DecodeError
            Where it is not understood.
        """
        raise NotImplementedError

    def answered_at(self) -> float | None:
        """When the newest answer shown was published, seconds since the epoch; None before the first."""
        raise NotImplementedError

    def as_of(self) -> object:
        """The picture's time, as beats tell it."""
        raise NotImplementedError

    def stands_for(self) -> object:
        """What a snapshot made now would hold: another one is made once this is another."""
        raise NotImplementedError

    def whole(self) -> bytes:
        """All a console needs to start, as JSON, made anew."""
        raise NotImplementedError

    def begin(self) -> None:
        """Forget what was folded; answers stay, they are in the log under the same names."""
        self.picture = self.empty_picture()
        self.offset = self.cause_offset = -1
        self.last_record = None
        self.recent = RecentIds()

    def folded(self, offset: int) -> None:
        """Note that everything up to `offset` is in the picture, and wake who waits for it."""
        self.offset = offset
        woken, self._progress = self._progress, asyncio.Event()
        woken.set()

    async def until_folded(self, offset: int, within_s: float) -> bool:
        """Wait until `offset` is in the picture; False where that takes longer than `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                while self.offset < offset:
                    await self._progress.wait()
        except TimeoutError:
            return False
        return True

    def snapshot(self) -> bytes:
        """All a console needs to start, as JSON; made once for all that come within `SNAPSHOT_HELD_S`."""
        stands_for = self.stands_for()
        made = self._snapshot
        if made is None or made[0] != stands_for or time.monotonic() - made[1] > SNAPSHOT_HELD_S:
            made = self._snapshot = stands_for, time.monotonic(), self.whole()
        return made[2]
