"""One area that this worker process serves just now: its state, its worker, its way to the consoles.

Made and ended by `services.worker_process` as the group of workers shares the areas out. Begins from the
area's checkpoint each time.
"""

import asyncio
import logging
from typing import Any

from geo.council import Council
from geo.region import Region
from services.area_run import kept_running, lasting
from services.area_state import AreaState
from services.area_worker import AreaWorker
from services.backing import Backing
from services.council.day_board import DayBoard
from services.council.day_check import DayCheck
from services.council.day_state import CouncilState
from services.council.day_worker import DayWorker
from services.council.round_solver import RoundSolver
from services.cover_solver import CoverSolver
from services.feed_outbox import FeedOutbox
from services.log_state import LogState
from services.log_worker import Lease, LogWorker
from services.metrics import Metrics
from services.settings import Settings
from streams.dead_letters import DeadLetters

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 2.0
"""Of the four seconds there are for handing over; the rest is for the checkpoint."""


class Served:
    """An area of this worker, from taking it to giving it up; whoever derives from it gives it its worker.

    Parameters
    ----------
    opens
        Messages that consoles may be shown from: until then they keep what they show.

    Attributes
    ----------
    state
        As the worker knows it.
    """

    worker: LogWorker[Any, Any]

    def __init__(
        self,
        state: LogState[Any],
        backing: Backing,
        metrics: Metrics,
        lease: Lease,
        opens: frozenset[str],
    ) -> None:
        self.state = state
        self._metrics = metrics
        self._log = backing.log
        self._opens = opens
        self._over = False

        def own_lease() -> int | None:
            # For good: should a part of this stay not end, it must not write when the area comes back.
            return None if self._over else lease()

        self.own_lease = own_lease
        self.dead_letters = DeadLetters(backing.log, lambda: own_lease() is not None)
        self._outbox = FeedOutbox(backing.feed, state.area, state.snapshot, own_lease)
        self._task: asyncio.Task[None] | None = None

    @property
    def word(self) -> str:
        """How it is, in a word."""
        if not self.state.ready:
            return self.state.degraded or "catching up"
        return self.state.degraded or ("ok" if self._log.reachable else "log_unreachable")

    def start(self) -> None:
        """Begin."""
        self._metrics.for_area(self.state.area)
        self._task = asyncio.create_task(kept_running(self.state, self._run, _nobody_told))

    async def stop(self, keep: bool) -> None:
        """End it; with `keep` its checkpoint is written, without it nothing is."""
        if self._task is None:
            return
        try:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=STOP_WITHIN_S)
            if not self._task.done():
                logger.error("area %s: its work does not end; it writes nothing any more", self.state.area)
            elif keep and self.state.ready:
                await self.worker.checkpoint(last=True)
        finally:
            self._over = True
            self.state.ready = False

    def push(self, event: str, data: bytes) -> None:
        """See `services.log_worker.Push`: the consoles keep what they show until there is news to show."""
        if event in self._opens:
            self._outbox.open()
        self._outbox.push(event, data)

    async def _run(self) -> None:
        self._outbox.close()  # what a worker that died has left half done is not shown
        async with asyncio.TaskGroup() as group:
            group.create_task(lasting(self.worker.run()))
            group.create_task(lasting(self._outbox.run()))


class ServedArea(Served):
    """A brigade of this worker."""

    state: AreaState

    def __init__(
        self,
        region: Region,
        backing: Backing,
        solver: CoverSolver,
        metrics: Metrics,
        settings: Settings,
        lease: Lease,
    ) -> None:
        super().__init__(AreaState(region), backing, metrics, lease, frozenset({"plan", "beat"}))
        self.worker = AreaWorker(
            self.state,
            backing.log,
            self.dead_letters,
            backing.keeper(),
            self,
            solver,
            metrics,
            settings,
            self.own_lease,
        )


class ServedCouncil(Served):
    """A council of this worker."""

    state: CouncilState

    def __init__(
        self,
        council: Council,
        backing: Backing,
        solver: RoundSolver,
        metrics: Metrics,
        settings: Settings,
        lease: Lease,
    ) -> None:
        self._board = DayBoard(council)
        state = CouncilState(self._board)
        super().__init__(state, backing, metrics, lease, frozenset({"proposal", "beat"}))
        self.worker = DayWorker(
            state,
            DayCheck(council),
            backing.log,
            self.dead_letters,
            backing.keeper(),
            self,
            solver,
            metrics,
            settings,
            self.own_lease,
        )

    async def stop(self, keep: bool) -> None:
        """See `Served.stop`."""
        try:
            await super().stop(keep)
        finally:
            self._board.close()


def _nobody_told(error: Exception) -> None:
    """The log of the process has it already."""
