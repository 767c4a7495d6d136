"""Keeps an area's checkpoints: often where it is quick, now and then where it is durable.

Used by area workers. The log may forget only what the durable checkpoint no longer needs. A store that does
not answer is told in the log of the service and never ends a worker: the event log is the truth.
"""

import logging
import time

from streams.checkpoints import CheckpointStore
from streams.errors import StoreUnreachableError
from streams.log import EventLog

logger = logging.getLogger(__name__)

DURABLE_EVERY_S = 60.0
"""A restart that has lost the quick store replays a minute of the log."""


class CheckpointKeeper:
    """The checkpoints of all areas of a process.

    Parameters
    ----------
    quick
        Takes every checkpoint; it may lose them.
    durable
        Takes one a minute and loses none; None where `quick` is durable itself.
    """

    def __init__(self, log: EventLog, quick: CheckpointStore, durable: CheckpointStore | None = None) -> None:
        self._log = log
        self._quick = quick
        self._durable = durable
        self._durable_at: dict[str, float] = {}
        self._failing: set[tuple[CheckpointStore, str]] = set()

    async def keep(
        self, area: str, checkpoint: bytes, next_offset: int, generation: int = 0, last: bool = False
    ) -> bool:
        """Keep a checkpoint, and let the log forget what it no longer needs; `last` makes it durable now.

        Returns
        -------
        Whether some store has it.

        Raises
        ------
        FencedError
            Where another worker serves the area now.
        """
        # The log first: a checkpoint must never speak of records that a power cut can take away.
        await self._log.flush(area)
        kept = await self._saved(self._quick, area, checkpoint, generation)
        if self._durable is None:
            if kept:
                await self._log.trim(area, next_offset)
            return kept
        now = time.monotonic()
        due = last or now - self._durable_at.get(area, -DURABLE_EVERY_S) >= DURABLE_EVERY_S
        if not due or not await self._saved(self._durable, area, checkpoint, generation):
            return kept
        self._durable_at[area] = now
        await self._log.trim(area, next_offset)
        return True

    async def kept(self, area: str) -> list[bytes]:
        """Every checkpoint that can be had, in no order."""
        found = []
        for store in (self._quick, self._durable):
            if store is None:
                continue
            try:
                checkpoint = await store.load(area)
            except StoreUnreachableError as error:
                logger.warning("area %s: a store of checkpoints cannot be asked: %s", area, error)
            else:
                found += [] if checkpoint is None else [checkpoint]
        return found

    async def _saved(self, store: CheckpointStore, area: str, checkpoint: bytes, generation: int) -> bool:
        try:
            await store.save(area, checkpoint, generation)
        except StoreUnreachableError as error:
            if (store, area) not in self._failing:
                self._failing.add((store, area))
                logger.warning("area %s: checkpoints cannot be kept, trying on: %s", area, error)
            return False
        if (store, area) in self._failing:
            self._failing.discard((store, area))
            logger.warning("area %s: checkpoints are kept again", area)
        return True
