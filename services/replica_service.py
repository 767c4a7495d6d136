"""One API replica: takes events and decisions in, shows what workers elsewhere find; any number may run.

Built by `services.server` for `cover api`. Folds every area's log by itself, so it knows the picture and the
plans whatever becomes of Redis, and goes on serving the last good ones when the workers or Kafka are away.
Never solves a live picture.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from concurrent.futures import Executor

from geo.council import Council
from geo.region import Region
from services.area import Area, cover_model
from services.area_fold import AreaFold
from services.area_run import lasting
from services.backing import Backing, open_backing
from services.checkpoint_keeper import CheckpointKeeper
from services.console_feed import ConsoleFeed
from services.council.council_area import CouncilArea
from services.council.day_check import DayCheck
from services.council.day_fold import DayFold
from services.follower import Follower
from services.metrics import Metrics
from services.pseudonyms import Pseudonyms
from services.route_lines import RouteLines
from services.service import Service
from services.settings import Settings
from streams.cover_plan import CoverPlanData
from streams.errors import StoreUnreachableError
from streams.log import EventLog
from streams.rounds_plan import RoundsProposal

logger = logging.getLogger(__name__)

FORESEEN_EVERY_S = 1.0
"""How often times and figures of a council's day are brought up to it."""


class ReplicaArea(Area):
    """A brigade whose worker is elsewhere."""

    def __init__(
        self,
        region: Region,
        log: EventLog,
        checkpoints: CheckpointKeeper,
        feed: ConsoleFeed,
        metrics: Metrics,
        settings: Settings,
        what_if_thread: Executor,
    ) -> None:
        super().__init__(region, log, metrics, settings, RouteLines(region), what_if_thread)
        cover_model(region, settings)  # a setting that names what there is not is told at the start
        self._follower: Follower[CoverPlanData] = Follower(
            self.state,
            self.hub,
            log,
            checkpoints,
            feed,
            self.kept_running,
            lambda: AreaFold(self.state, log, metrics),
            self._resume,
            self._show,
        )

    @property
    def degraded(self) -> str | None:
        """See `HostedArea.degraded`: the nearest cause first."""
        return self._follower.degraded

    async def run(self) -> None:
        """Follow log and feed until cancelled."""
        await self.kept_running(self._follower.run)

    def _resume(self) -> None:
        if self.state.plan_in_force is not None:
            self.state.show_plan(self.state.plan_in_force)

    def _show(self, plans: list[CoverPlanData]) -> None:
        newest = max(plans, key=lambda plan: (plan.picture_offset, plan.revision))
        if self.state.is_newer(newest):
            self.state.show_plan(newest)


class ReplicaCouncil(CouncilArea):
    """A council whose worker is elsewhere."""

    def __init__(
        self,
        council: Council,
        log: EventLog,
        checkpoints: CheckpointKeeper,
        feed: ConsoleFeed,
        metrics: Metrics,
        pseudonyms: Pseudonyms,
    ) -> None:
        super().__init__(council, log, metrics, pseudonyms)
        self._follower: Follower[RoundsProposal] = Follower(
            self.state,
            self.hub,
            log,
            checkpoints,
            feed,
            self.kept_running,
            lambda: DayFold(self.state, DayCheck(council), log, metrics),
        )

    @property
    def degraded(self) -> str | None:
        """See `HostedArea.degraded`: the nearest cause first."""
        return self._follower.degraded

    async def run(self) -> None:
        """Follow log and feed until cancelled, and keep what is shown up to it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(lasting(self.kept_running(self._follower.run)))
            group.create_task(lasting(self._foresee_forever()))

    async def _foresee_forever(self) -> None:
        while True:
            if self.state.ready:
                await self.board.refresh(self.state.picture)
            await asyncio.sleep(FORESEEN_EVERY_S)


class ReplicaService(Service):
    """All areas, followed.

    Parameters
    ----------
    backing
        What it shares with other processes; who gives it closes it. Without, it is opened by the settings.
    """

    def __init__(
        self,
        settings: Settings,
        regions: Sequence[Region],
        backing: Backing | None = None,
        councils: Sequence[Council] = (),
    ) -> None:
        super().__init__(settings, regions, councils)
        self._backing = backing or open_backing(settings)
        self._closes = backing is None
        log, feed = self._backing.log, self._backing.feed
        keeper = self._backing.keeper()
        self.brigades = {
            region.id: ReplicaArea(region, log, keeper, feed, self.metrics, settings, self.what_if_thread)
            for region in regions
        }
        self.councils = {
            council.id: ReplicaCouncil(council, log, keeper, feed, self.metrics, self.pseudonyms)
            for council in councils
        }
        self.areas: dict[str, ReplicaArea | ReplicaCouncil] = {**self.brigades, **self.councils}

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """See `Service.readiness`: a replica that shows the last good plan is worth asking, and says so."""
        _, told = super().readiness()
        if not self.ready:
            return False, told
        degraded = any(area.degraded for area in self.areas.values())
        return True, told | {"status": "degraded" if degraded else "ok"}

    async def stop(self) -> None:
        """End streams and followers, close the connections."""
        await super().stop()
        for council in self.councils.values():
            council.close()
        if not self._closes:
            return
        with contextlib.suppress(StoreUnreachableError):
            await self._backing.feed.close()
        await self._backing.log.close()
