"""One area as the API sees it: its state, its door, its desk, its live stream.

Made by `services.embedded_service` (with a worker in the same process) or by `services.replica_service`
(following workers elsewhere). Never folds or solves itself.
"""

import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import timedelta

from geo.region import Region
from optimiser.cover.move_cost import MoveCostRule
from services.area_run import kept_running
from services.area_state import AreaState
from services.cover_model import CoverModel, RejectionRule
from services.decisions import Decisions
from services.hub import Hub
from services.ingest import Ingest
from services.metrics import Metrics
from services.route_lines import RouteLines
from services.settings import Settings
from services.what_if import WhatIfDesk
from streams.dead_letters import DeadLetters
from streams.log import EventLog

logger = logging.getLogger(__name__)


def cover_model(region: Region, settings: Settings) -> CoverModel:
    """The cover model of a region under the service's settings.

    Raises
    ------
    ValueError
        Where a setting names a station or an appliance there is not.
    """
    return CoverModel(
        region,
        settings.max_moves,
        RejectionRule(timedelta(minutes=settings.reject_holds_min), settings.reject_ends_at_fewer),
        MoveCostRule(fixed=settings.move_fixed_cost, gap_h=settings.move_gap_h),
        settings.min_cover,
        settings.counted_only,
    )


class Area:
    """The parts of one area that the API needs.

    Attributes
    ----------
    failure
        What its worker, or its follower, last died of; None before.
    """

    def __init__(
        self,
        region: Region,
        log: EventLog,
        metrics: Metrics,
        settings: Settings,
        lines: RouteLines,
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
        self.what_if = WhatIfDesk(
            self.state,
            lambda: cover_model(region, settings),
            lines,
            metrics,
            lambda: self.answering,
            what_if_thread,
        )

    @property
    def answering(self) -> bool:
        """Whether this process is just now looking for a first plan; asked from any thread."""
        return False

    @property
    def degraded(self) -> str | None:
        """Why what is shown may be behind, as a word; None where all is well."""
        return self.state.degraded

    async def run(self) -> None:
        """Do the area's work until cancelled."""
        raise NotImplementedError

    async def warm_up_what_if(self) -> None:
        """Prepare what-if answers once a first plan is shown; where that fails, the first question pays."""
        await self.state.until_planned()
        try:
            await self.what_if.warm_up()
        except Exception:
            logger.exception("area %s: what-if could not be prepared", self.region.id)

    async def kept_running(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work`, and again after each death, until cancelled or it ends by itself."""
        self._metrics.for_area(self.region.id)
        await kept_running(self.state, work, self._died)

    def _died(self, error: Exception) -> None:
        self.failure = error
