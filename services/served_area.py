"""One area that this worker process serves just now: its state, its worker, its way to the consoles.

Made and ended by `services.worker_process` as the group of workers shares the areas out. Begins from the
area's checkpoint each time.
"""

import asyncio

from geo.region import Region
from services.area_run import kept_running, lasting
from services.area_state import AreaState
from services.area_worker import AreaWorker, Lease
from services.backing import Backing
from services.cover_solver import CoverSolver
from services.feed_outbox import FeedOutbox
from services.metrics import Metrics
from services.settings import Settings
from streams.dead_letters import DeadLetters

STOP_AGAIN_S = 0.5


class ServedArea:
    """An area of this worker, from taking it to giving it up.

    Attributes
    ----------
    state
        As the worker knows it.
    """

    def __init__(
        self,
        region: Region,
        backing: Backing,
        solver: CoverSolver,
        metrics: Metrics,
        settings: Settings,
        lease: Lease,
    ) -> None:
        self.state = AreaState(region)
        self._metrics = metrics
        self._outbox = FeedOutbox(backing.feed, region.id, self.state.snapshot, lease)
        self._worker = AreaWorker(
            self.state,
            backing.log,
            DeadLetters(backing.log),
            backing.keeper(),
            self,
            solver,
            metrics,
            settings,
            lease,
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def word(self) -> str:
        """How it is, in a word."""
        if not self.state.ready:
            return self.state.degraded or "catching up"
        return self.state.degraded or "ok"

    def start(self) -> None:
        """Begin."""
        self._metrics.for_area(self.state.region.id)
        self._task = asyncio.create_task(kept_running(self.state, self._run, _nobody_told))

    async def stop(self, keep: bool) -> None:
        """End it; with `keep` its checkpoint is written, without it nothing is."""
        if self._task is None:
            return
        while not self._task.done():
            # Again where a library has swallowed it: an area that does not end cannot be handed over.
            self._task.cancel()
            await asyncio.wait([self._task], timeout=STOP_AGAIN_S)
        if keep and self.state.ready:
            await self._worker.checkpoint(last=True)
        self.state.ready = False

    def push(self, event: str, data: bytes) -> None:
        """See `services.area_worker.Push`: the consoles keep what they show until there is a plan to show."""
        if event in ("plan", "beat"):
            self._outbox.open()
        self._outbox.push(event, data)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(lasting(self._worker.run()))
            group.create_task(lasting(self._outbox.run()))


def _nobody_told(error: Exception) -> None:
    """The log of the process has it already."""
