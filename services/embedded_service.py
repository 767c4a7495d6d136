"""The whole service in one process: log, checkpoints and a worker for each area.

Built by `services.server` for `cover serve` and `cover demo`. A worker that dies is started again from its
checkpoint, with a pause that grows.
"""

from collections.abc import Sequence
from concurrent.futures import Executor

from geo.council import Council
from geo.region import Region
from services.area import Area, cover_model
from services.area_worker import AreaWorker
from services.checkpoint_keeper import CheckpointKeeper
from services.council.council_area import CouncilArea
from services.council.day_check import DayCheck
from services.council.day_worker import DayWorker
from services.council.round_solver import RoundSolver
from services.cover_solver import CoverSolver
from services.metrics import Metrics
from services.pseudonyms import Pseudonyms
from services.service import Service, ids_of
from services.settings import Settings
from streams.area_log import LogLimits
from streams.checkpoints import CheckpointStore, FileCheckpoints, MemoryCheckpoints
from streams.embedded_log import EmbeddedLog


class EmbeddedArea(Area):
    """An area with its worker in this process."""

    def __init__(
        self,
        region: Region,
        log: EmbeddedLog,
        checkpoints: CheckpointKeeper,
        metrics: Metrics,
        settings: Settings,
        what_if_thread: Executor,
    ) -> None:
        self.solver = CoverSolver(region, cover_model(region, settings))
        super().__init__(region, log, metrics, settings, self.solver.lines, what_if_thread)
        self.worker = AreaWorker(
            self.state, log, self.dead_letters, checkpoints, self.hub, self.solver, metrics, settings
        )

    @property
    def answering(self) -> bool:
        """See `Area.answering`."""
        return self.worker.answering

    async def run(self) -> None:
        """Keep the worker running until cancelled."""
        await self.kept_running(self.worker.run)

    def close(self) -> None:
        """End its threads."""
        self.solver.close()


class EmbeddedCouncil(CouncilArea):
    """A council with its worker in this process."""

    def __init__(
        self,
        council: Council,
        log: EmbeddedLog,
        checkpoints: CheckpointKeeper,
        metrics: Metrics,
        settings: Settings,
        pseudonyms: Pseudonyms,
    ) -> None:
        super().__init__(council, log, metrics, pseudonyms)
        self.solver = RoundSolver(council)
        self.worker = DayWorker(
            self.state,
            DayCheck(council),
            log,
            self.dead_letters,
            checkpoints,
            self.hub,
            self.solver,
            metrics,
            settings,
        )

    async def run(self) -> None:
        """Keep the worker running until cancelled."""
        await self.kept_running(self.worker.run)

    def close(self) -> None:
        """End its threads."""
        super().close()
        self.solver.close()


class EmbeddedService(Service):
    """All areas with their workers and their log, in this process.

    Attributes
    ----------
    brigades, councils
        By area id.

    Raises
    ------
    ValueError
        Where two areas have the same id, or a setting names a station or an appliance there is not.
    StreamsError, OSError
        Where the data folder cannot be used, or a log in it is damaged.
    """

    def __init__(
        self, settings: Settings, regions: Sequence[Region], councils: Sequence[Council] = ()
    ) -> None:
        super().__init__(settings, regions, councils)
        data = settings.data
        limits = LogLimits(area_bytes=settings.log_area_bytes)
        self.log = EmbeddedLog(None if data is None else data / "log", limits, settings.log_sync)
        for area in ids_of(regions, councils):
            self.log.end_offset(area)  # opens it: damage is told before anything is served
        store: CheckpointStore = (
            MemoryCheckpoints() if data is None else FileCheckpoints(data / "checkpoints")
        )
        keeper = CheckpointKeeper(self.log, store)
        self.brigades = {
            region.id: EmbeddedArea(region, self.log, keeper, self.metrics, settings, self.what_if_thread)
            for region in regions
        }
        self.councils = {
            council.id: EmbeddedCouncil(council, self.log, keeper, self.metrics, settings, self.pseudonyms)
            for council in councils
        }
        self.areas: dict[str, EmbeddedArea | EmbeddedCouncil] = {**self.brigades, **self.councils}

    async def stop(self) -> None:
        """End streams and workers, keep a last checkpoint, close the log."""
        await super().stop()
        for area in self.areas.values():
            if area.state.ready:
                await area.worker.checkpoint(last=True)
            area.close()
        await self.log.close()
