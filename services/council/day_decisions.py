"""Managers' decisions: judged on the day as it stands, and if they can be, appended as events.

Called by the API's routes of rounds. Any number of replicas may do this at once: the fold has the last word
on which of two fits. The event is the audit trail, and the fold gives it effect.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

from services.area_clock import area_now
from services.council.day_picture import EPOCH, DayPicture
from services.council.day_state import CouncilState
from services.decisions import FOLDED_WITHIN_S, JUST_AFTER, ConflictError, Taken
from services.metrics import Metrics
from streams import codec
from streams.errors import AppendUnsureError, LogUnreachableError
from streams.log import EventLog
from streams.rounds_plan import RoundsDecided

TRIES = 2
"""A crew that goes on between the judgement and the log makes a decision void; it is judged once more."""
SOURCE = "/dynamic-cover/rounds-desk"
Judge = Callable[[DayPicture], Awaitable[RoundsDecided]]
"""Makes a decision of a day, or raises why it cannot be."""


class DayDecisions:
    """The decisions of one council."""

    def __init__(self, state: CouncilState, log: EventLog, metrics: Metrics) -> None:
        self._state = state
        self._log = log
        self._metrics = metrics
        self._one_at_a_time = asyncio.Lock()

    async def take(self, judge: Judge) -> Taken:
        """Append what `judge` makes of the day: the decision, or whatever it raises.

        Raises
        ------
        ConflictError
            Where the day is behind its events, or somebody else was faster.
        """
        async with self._one_at_a_time:
            for tries_left in range(TRIES - 1, -1, -1):
                taken, void = await self._take(judge)
                if void is None:
                    return taken
                if not tries_left:
                    raise ConflictError(f"not in force: {void}")
        raise AssertionError("unreachable")

    async def _take(self, judge: Judge) -> tuple[Taken, str | None]:
        state, area = self._state, self._state.area
        if not self._log.reachable:
            raise LogUnreachableError("no answer from its server for some seconds")
        # Judge on a day that holds every decision taken before this one, here or elsewhere.
        await self._log.refresh(area)
        if not await state.until_folded(self._log.end_offset(area) - 1, FOLDED_WITHIN_S):
            raise ConflictError("the day is behind its events just now; try again in a moment")
        data = await judge(state.picture)
        id_ = str(uuid.uuid4())
        event = codec.encode(data, id=id_, source=SOURCE, area=area, time=self._now())
        offset = await self._append(event)
        folded = await state.until_folded(offset, FOLDED_WITHIN_S)
        self._metrics.decisions.labels(area, data.action.value).inc()
        kept = state.picture.decision_named(id_)
        if kept is None:
            return Taken(id_, offset), "the day's fold has refused it; look again" if folded else None
        return Taken(id_, offset), kept.void

    async def _append(self, event: bytes) -> int:
        """Append a decision; where the log was unsure, once more: it is known by its id."""
        try:
            return await self._log.append(self._state.area, [event])
        except AppendUnsureError:
            return await self._log.append(self._state.area, [event])

    def _now(self) -> datetime:
        """The area's time, and later than the newest decision."""
        picture = self._state.picture
        newest = max((decision.at for decision in picture.decisions), default=EPOCH)
        return max(area_now(picture.as_of, self._state.last_event_ns), newest + JUST_AFTER)
