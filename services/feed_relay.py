"""Brings what the workers tell of one area to the consoles of this API replica.

Run by `services.replica_service`. Reads the console feed and passes its messages on under their own ids, so
that a console may go on at another replica. Holds no queue: the hub's ring is the bound. Beats are not passed
on, only heard: a replica beats by itself, also when nobody else does.
"""

import asyncio
import logging
import time
from typing import Any

import msgspec
from msgspec import Struct

from services.console_feed import SNAPSHOT, ConsoleFeed, FeedMessage
from services.hub import Hub
from services.log_state import LogState
from streams.errors import StoreUnreachableError

logger = logging.getLogger(__name__)

READ_MESSAGES, READ_WAIT_S = 256, 1.0
AGAIN_FIRST_S, AGAIN_MOST_S = 0.1, 1.0
"""Pause after a feed that did not answer: doubled each time, up to the bound."""
EMPTY_POLL_S = 0.2
"""How often a feed that holds no snapshot is looked at: before the first worker, or after it was emptied."""
WORKER_SILENT_S = 5.0
"""A worker beats every two seconds; after two beats missed the consoles are told that there is none."""
SETTLED_WITHIN_S = 2.0
"""How long a snapshot waits for the fold, which is milliseconds behind the worker's when all is well."""


class _Beat(Struct):
    degraded: str | None


class FeedRelay:
    """The feed of one area on its way to the hub.

    Attributes
    ----------
    reachable
        Whether the feed answered when it was last asked.
    """

    def __init__(self, feed: ConsoleFeed, state: LogState[Any], hub: Hub) -> None:
        self._feed = feed
        self._state = state
        self._area = state.area
        self._hub = hub
        self.reachable = True
        self._told_offset = -1
        self._heard_at = time.monotonic()
        self._worker_degraded: str | None = None

    @property
    def worker_word(self) -> str | None:
        """What the worker says of itself; `no_worker` where it has not been heard for some seconds."""
        if time.monotonic() - self._heard_at > WORKER_SILENT_S:
            return "no_worker"
        return self._worker_degraded

    async def settled(self) -> bool:
        """Wait until this replica's own fold holds what consoles have been told; False where it does not."""
        return await self._state.until_folded(self._told_offset, SETTLED_WITHIN_S)

    async def run(self) -> None:
        """Pass messages on until cancelled."""
        last_id: str | None = None
        pause_s = AGAIN_FIRST_S
        while True:
            try:
                last_id = await self._step(last_id)
            except StoreUnreachableError as error:
                if self.reachable:
                    logger.warning("area %s: the console feed does not answer: %s", self._area, error)
                self.reachable = False
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, AGAIN_MOST_S)
            else:
                if not self.reachable:
                    logger.warning("area %s: the console feed answers again", self._area)
                    # Whoever beat meanwhile was not heard for want of the feed.
                    self.reachable, self._heard_at = True, time.monotonic()
                pause_s = AGAIN_FIRST_S

    async def _step(self, last_id: str | None) -> str | None:
        """Pass on what comes next; returns the id to go on after, None to begin with a snapshot."""
        if last_id is None:
            snapshot = await self._feed.snapshot(self._area)
            if snapshot is None:
                await asyncio.sleep(EMPTY_POLL_S)
                return None
            self._pass_on(snapshot)
            return snapshot.id
        messages = await self._feed.after(self._area, last_id, READ_MESSAGES, READ_WAIT_S)
        if messages is None:
            return None
        for message in messages:
            self._pass_on(message)
            last_id = message.id
        return last_id

    def _pass_on(self, message: FeedMessage) -> None:
        self._heard_at = time.monotonic()
        try:
            self._note(message)
            if message.event != "beat":
                self._hub.relay(message.event, message.data, message.id)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("area %s: feed message %s not understood: %s", self._area, message.id, error)

    def _note(self, message: FeedMessage) -> None:
        """Remember what this replica's own answers need, and how far consoles have been told."""
        if message.event == "beat":
            self._worker_degraded = msgspec.json.decode(message.data, type=_Beat).degraded
            return
        told = self._state.hear(message.event, message.data)
        if told is not None:
            # A worker that began anew on another log tells smaller offsets: follow it.
            anew = message.event == SNAPSHOT
            self._told_offset = told if anew else max(self._told_offset, told)
