"""The whole service in one process: log, checkpoints and a worker for each area.

Built by the API's lifespan. Starts the parts in order and stops them in the reverse; a worker that dies is
started again from its checkpoint, with a pause that grows.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta

from geo.region import Region
from optimiser.cover.move_cost import MoveCostRule
from services.area_state import AreaState
from services.area_worker import AreaWorker
from services.cover_model import CoverModel, RejectionRule
from services.cover_solver import CoverSolver
from services.decisions import Decisions
from services.hub import Hub
from services.ingest import Ingest
from services.metrics import Metrics
from services.settings import Settings
from services.what_if import WhatIfDesk
from streams.area_log import LogLimits
from streams.checkpoints import CheckpointStore, FileCheckpoints, MemoryCheckpoints
from streams.dead_letters import DeadLetters
from streams.embedded_log import EmbeddedLog

logger = logging.getLogger(__name__)
RESTART_FIRST_S, RESTART_MOST_S = 0.2, 10.0
"""Pause before a dead worker is started again: doubled each time, up to the bound."""
STEADY_S = 60.0
"""A worker that ran this long starts with the shortest pause again."""


class Area:
    """One area's parts, as the API sees them; `failure` is what its worker last died of, or None."""

    def __init__(
        self,
        region: Region,
        log: EmbeddedLog,
        checkpoints: CheckpointStore,
        metrics: Metrics,
        settings: Settings,
        what_if_thread: Executor,
    ) -> None:
        self.region = region
        self.state = AreaState(region)
        self.hub = Hub(self.state.snapshot)
        self.ingest = Ingest(self.state, log, metrics)
        self.decisions = Decisions(self.state, log, metrics, settings.min_cover)
        self.dead_letters = DeadLetters(log)
        self.failure: Exception | None = None
        self._metrics = metrics
        rejection_rule = RejectionRule(
            timedelta(minutes=settings.reject_holds_min), settings.reject_ends_at_fewer
        )
        move_cost_rule = MoveCostRule(fixed=settings.move_fixed_cost, gap_h=settings.move_gap_h)

        def model() -> CoverModel:
            return CoverModel(
                region,
                settings.max_moves,
                rejection_rule,
                move_cost_rule,
                settings.min_cover,
                settings.counted_only,
            )

        self.solver = CoverSolver(region, model())
        self.worker = AreaWorker(
            self.state, log, self.dead_letters, checkpoints, self.hub, self.solver, metrics, settings
        )
        self.what_if = WhatIfDesk(
            self.state, model, self.solver.lines, metrics, lambda: self.worker.answering, what_if_thread
        )

    async def warm_up_what_if(self) -> None:
        """Prepare what-if answers once a first plan is shown; where that fails, the first question pays."""
        await self.state.until_planned()
        try:
            await self.what_if.warm_up()
        except Exception:
            logger.exception("area %s: what-if could not be prepared", self.region.id)

    async def run(self) -> None:
        """Keep the worker running until cancelled."""
        self._metrics.for_area(self.region.id)
        pause_s = RESTART_FIRST_S
        while True:
            started = time.monotonic()
            try:
                await self.worker.run()
                return
            except Exception as error:
                if time.monotonic() - started > STEADY_S:
                    pause_s = RESTART_FIRST_S
                logger.exception("area %s: the worker died; again in %.1f s", self.region.id, pause_s)
                self.state.ready = False
                self.state.degraded = "worker_restarting"
                self.failure = error
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RESTART_MOST_S)


class Service:
    """All areas of this process.

    Raises
    ------
    ValueError
        Where two regions have the same id, or a setting names a station or an appliance there is not.
    StreamsError, OSError
        Where the data folder cannot be used, or a log in it is damaged.
    """

    def __init__(self, settings: Settings, regions: Sequence[Region]) -> None:
        ids = [region.id for region in regions]
        if len(set(ids)) < len(ids):
            raise ValueError(f"two regions have the same area id: {', '.join(ids)}")
        self.settings = settings
        self.metrics = Metrics()
        data = settings.data
        limits = LogLimits(area_bytes=settings.log_area_bytes)
        self.log = EmbeddedLog(None if data is None else data / "log", limits, settings.log_sync)
        for area in ids:
            self.log.end_offset(area)  # opens it: damage is told before anything is served
        checkpoints: CheckpointStore = (
            MemoryCheckpoints() if data is None else FileCheckpoints(data / "checkpoints")
        )
        # One for all areas: suppositions may wait for each other, live plans never for them.
        self._what_if_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="what-if")
        self.areas = {
            region.id: Area(region, self.log, checkpoints, self.metrics, settings, self._what_if_thread)
            for region in regions
        }
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> bool:
        """Whether every area has caught up with its log."""
        return all(area.state.ready for area in self.areas.values())

    async def start(self) -> None:
        """Start the workers."""
        areas = self.areas.values()
        self._tasks = [asyncio.create_task(area.run()) for area in areas]
        self._tasks += [asyncio.create_task(area.warm_up_what_if()) for area in areas]

    async def stop(self) -> None:
        """End streams and workers, keep a last checkpoint, close the log."""
        for area in self.areas.values():
            area.hub.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for area in self.areas.values():
            if area.state.ready:
                await area.worker.checkpoint()
            area.solver.close()
        self._what_if_thread.shutdown(wait=False, cancel_futures=True)
        await self.log.close()
