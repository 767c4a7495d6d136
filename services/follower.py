"""Follows one area whose worker is elsewhere: folds its log, passes on what its worker tells, beats.

Used by API replicas for areas of any kind. Knows the picture and the answers by itself, whatever becomes of
the console feed. Never solves.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from services.area_run import lasting
from services.checkpoint_keeper import CheckpointKeeper
from services.console_feed import SNAPSHOT, ConsoleFeed
from services.feed_relay import FeedRelay
from services.hub import Hub
from services.log_fold import LogFold
from services.log_state import LogState
from services.log_worker import BEAT_S, beat
from streams.errors import LogClosedError, LogUnreachableError
from streams.log import EventLog

logger = logging.getLogger(__name__)

A = TypeVar("A")
"""What the workers of such an area answer."""


class Follower(Generic[A]):
    """The log and the feed of one area, on their way to its state and its hub.

    Parameters
    ----------
    kept_running
        Runs something again after each death.
    fold
        Makes a fold of the state, one for each life.
    resume
        Shows what the recovered state knows of answers.
    show
        Shows newer answers of the log, which the state knows already.
    """

    def __init__(
        self,
        state: LogState[Any],
        hub: Hub,
        log: EventLog,
        checkpoints: CheckpointKeeper,
        feed: ConsoleFeed,
        kept_running: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]],
        fold: Callable[[], LogFold[Any, A]],
        resume: Callable[[], None] = lambda: None,
        show: Callable[[list[A]], None] = lambda _: None,
    ) -> None:
        self._state = state
        self._hub = hub
        self._log = log
        self._checkpoints = checkpoints
        self._relay = FeedRelay(feed, state, hub)
        hub.settled = self._relay.settled
        self._kept_running = kept_running
        self._fold = fold
        self._resume = resume
        self._show = show
        self._encoder = msgspec.json.Encoder()

    @property
    def degraded(self) -> str | None:
        """Why what is shown may be behind, the nearest cause first."""
        if self._state.degraded is not None:
            return self._state.degraded
        if not self._log.reachable:
            return "log_unreachable"
        if not self._relay.reachable:
            return "feed_unreachable"
        return self._relay.worker_word

    async def run(self) -> None:
        """Follow log and feed until cancelled."""
        async with asyncio.TaskGroup() as group:
            # By itself: consoles are told and beaten to also while the log's server is away.
            group.create_task(lasting(self._again()))
            group.create_task(lasting(self._relay.run()))
            group.create_task(lasting(self._beat_forever()))

    async def _again(self) -> None:
        await self._kept_running(self._follow)

    async def _follow(self) -> None:
        """Recover from what the workers kept, then fold for ever."""
        state = self._state
        fold = self._fold()
        await fold.recover(await self._checkpoints.kept(state.area))
        self._resume()
        state.ready, state.degraded = True, None
        while True:
            try:
                folded = await fold.next()
            except LogClosedError:
                return
            except LogUnreachableError as error:
                logger.warning("area %s: nothing can be read, trying again: %s", state.area, error)
                continue
            if folded is not None and folded.answers:
                self._show(folded.answers)
            await asyncio.sleep(0)

    async def _beat_forever(self) -> None:
        """Beat; where nobody else tells the consoles, they get whole snapshots from here."""
        told: object = None
        while True:
            await asyncio.sleep(BEAT_S)
            state = self._state
            alone = not self._relay.reachable or self._relay.worker_word == "no_worker"
            news = state.stands_for()
            if alone and state.ready and self._hub.consoles and news != told:
                self._hub.relay(SNAPSHOT, state.snapshot(), None)
                told = news
            self._hub.relay("beat", self._encoder.encode(beat(self._state, self.degraded)), None)
