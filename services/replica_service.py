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

import msgspec

from geo.region import Region
from services.area import Area, cover_model
from services.area_fold import AreaFold
from services.area_run import lasting
from services.area_worker import BEAT_S, beat
from services.backing import Backing, open_backing
from services.checkpoint_keeper import CheckpointKeeper
from services.console_feed import SNAPSHOT, ConsoleFeed
from services.feed_relay import FeedRelay
from services.metrics import Metrics
from services.route_lines import RouteLines
from services.service import Service
from services.settings import Settings
from streams.errors import LogClosedError, LogUnreachableError, StoreUnreachableError
from streams.log import EventLog

logger = logging.getLogger(__name__)


class ReplicaArea(Area):
    """An area whose worker is elsewhere."""

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
        self._log = log
        self._checkpoints = checkpoints
        self._relay = FeedRelay(feed, self.state, self.hub)
        self.hub.settled = self._relay.settled
        self._encoder = msgspec.json.Encoder()

    @property
    def degraded(self) -> str | None:
        """See `Area.degraded`: the nearest cause first."""
        if self.state.degraded is not None:
            return self.state.degraded
        if not self._log.reachable:
            return "log_unreachable"
        if not self._relay.reachable:
            return "feed_unreachable"
        return self._relay.worker_word

    async def run(self) -> None:
        """Follow log and feed until cancelled."""
        await self.kept_running(self._run)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            # By itself: consoles are told and beaten to also while the log's server is away.
            group.create_task(lasting(self.kept_running(self._follow)))
            group.create_task(lasting(self._relay.run()))
            group.create_task(lasting(self._beat_forever()))

    async def _follow(self) -> None:
        """Recover from what the workers kept, then fold for ever."""
        state = self.state
        fold = AreaFold(state, self._log, self._metrics)
        await fold.recover(await self._checkpoints.kept(self.region.id))
        if state.plan_in_force is not None:
            state.show_plan(state.plan_in_force)
        state.ready, state.degraded = True, None
        while True:
            try:
                folded = await fold.next()
            except LogClosedError:
                return
            except LogUnreachableError as error:
                logger.warning("area %s: nothing can be read, trying again: %s", self.region.id, error)
                continue
            if folded is not None and folded.plan is not None and state.is_newer(folded.plan):
                state.show_plan(folded.plan)
            await asyncio.sleep(0)

    async def _beat_forever(self) -> None:
        """Beat; where nobody else tells the consoles, they get whole snapshots from here."""
        told: tuple[object, ...] = ()
        while True:
            await asyncio.sleep(BEAT_S)
            state = self.state
            alone = not self._relay.reachable or self._relay.worker_word == "no_worker"
            news = state.offset, state.plan
            if alone and state.ready and self.hub.consoles and news != told:
                self.hub.relay(SNAPSHOT, state.snapshot(), None)
                told = news
            self.hub.relay("beat", self._encoder.encode(beat(self.state, self.degraded)), None)


class ReplicaService(Service):
    """All areas, followed.

    Parameters
    ----------
    backing
        What it shares with other processes; who gives it closes it. Without, it is opened by the settings.
    """

    areas: dict[str, ReplicaArea]

    def __init__(self, settings: Settings, regions: Sequence[Region], backing: Backing | None = None) -> None:
        super().__init__(settings, regions)
        self._backing = backing or open_backing(settings)
        self._closes = backing is None
        log, feed = self._backing.log, self._backing.feed
        keeper = self._backing.keeper()
        self.areas = {
            region.id: ReplicaArea(region, log, keeper, feed, self.metrics, settings, self.what_if_thread)
            for region in regions
        }

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
        if not self._closes:
            return
        with contextlib.suppress(StoreUnreachableError):
            await self._backing.feed.close()
        await self._backing.log.close()
