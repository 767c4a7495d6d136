"""One brigade as the API sees it: its state, its door, its desk, its what-if, its live stream.

`services.hosted_area` for a brigade; made by `services.embedded_service` (with a worker in the same process)
or by `services.replica_service` (following workers elsewhere). Never folds or solves itself.
"""

import logging
from concurrent.futures import Executor
from datetime import timedelta

from geo.region import Region
from optimiser.cover.move_cost import MoveCostRule
from services.area_state import AreaState
from services.cover_model import CoverModel, RejectionRule
from services.decisions import Decisions
from services.event_check import EventCheck
from services.hosted_area import AreaKind, HostedArea
from services.metrics import Metrics
from services.route_lines import RouteLines
from services.settings import Settings
from services.what_if import WhatIfDesk
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


class Area(HostedArea):
    """The parts of one brigade that the API needs."""

    kind = AreaKind.BRIGADE
    state: AreaState

    def __init__(
        self,
        region: Region,
        log: EventLog,
        metrics: Metrics,
        settings: Settings,
        lines: RouteLines,
        what_if_thread: Executor,
    ) -> None:
        super().__init__(region.id, region.name, AreaState(region), EventCheck(region), log, metrics)
        self.region = region
        self.decisions = Decisions(self.state, log, metrics, settings.min_cover)
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

    async def prepare(self) -> None:
        """Prepare what-if answers once a first plan is shown; where that fails, the first question pays."""
        await self.state.until_planned()
        try:
            await self.what_if.warm_up()
        except Exception:
            logger.exception("area %s: what-if could not be prepared", self.id)
