"""What one area shows right now: picture, plan, zone bands, history; kept in this process.

Written by the area worker, read by the API and the hub's snapshots. The log can rebuild all of it.
"""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from geo.region import Region
from services.known_plan import KnownPlan
from services.picture import Picture, empty_picture
from services.picture_view import PictureView, PictureViewer
from streams.cover_plan import CoverPlanData, ZoneBands

HISTORY_SPAN = timedelta(minutes=120)
HISTORY_EVERY = timedelta(seconds=20)
"""One point of the history for each so many seconds of the area's time: 360 points at most."""
PLANS_KEPT = 200
"""Plans a decision may still refer to."""


class Snapshot(Struct, frozen=True):
    """All a console needs to start."""

    picture: PictureView
    plan: CoverPlanData | None
    zones: ZoneBands | None
    history: list[tuple[datetime, float, float]]
    server_time: datetime


class AreaState:
    """The live state of one area."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.viewer = PictureViewer(region)
        self.picture: Picture = empty_picture(region.id, self.viewer.homes)
        self.offset = -1
        self.plan: CoverPlanData | None = None
        self.bands: ZoneBands | None = None
        self.ready = False
        self._progress = asyncio.Event()
        self._planned = asyncio.Event()
        self.degraded: str | None = None
        self.last_event_ns: int | None = None
        self.plans: dict[str, KnownPlan] = {}
        self._history: deque[tuple[datetime, float, float]] = deque()

    def folded(self, offset: int) -> None:
        """Note that everything up to `offset` is in the picture, and wake who waits for it."""
        self.offset = offset
        woken, self._progress = self._progress, asyncio.Event()
        woken.set()

    async def until_folded(self, offset: int, within_s: float) -> bool:
        """Wait until `offset` is in the picture; False where that takes longer than `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                while self.offset < offset:
                    await self._progress.wait()
        except TimeoutError:
            return False
        return True

    async def until_planned(self) -> None:
        """Wait for the first plan of this process."""
        await self._planned.wait()

    @property
    def plan_in_force(self) -> CoverPlanData | None:
        """The plan shown, or after a restart the last one the log knows."""
        last = next(reversed(self.plans.values()), None)
        return self.plan or (None if last is None else last.newest)

    def view(self) -> PictureView:
        """The picture as consoles read it."""
        return self.viewer.whole(self.picture, self.offset)

    def set_plan(self, plan: CoverPlanData, bands: ZoneBands) -> None:
        """Show a newer plan, and note cover as it stands in the history."""
        self.plan, self.bands = plan, bands
        self._planned.set()
        self.know_plan(plan)
        history, time = self._history, plan.picture_time
        if not history or time - history[-1][0] >= HISTORY_EVERY:
            history.append((time, plan.before.first_share, plan.before.second_share))
        while history and time - history[0][0] > HISTORY_SPAN:
            history.popleft()

    def know_plan(self, plan: CoverPlanData) -> None:
        """Remember a plan, so that a decision may refer to it: the moves named by any of its revisions."""
        known = self.plans.pop(plan.plan_id, None)
        if known is None:
            known = KnownPlan(plan)
        else:
            known.add(plan)
        self.plans[plan.plan_id] = known
        while len(self.plans) > PLANS_KEPT:
            del self.plans[next(iter(self.plans))]

    def history(self) -> list[tuple[datetime, float, float]]:
        """Cover over the last two hours: (time, first share, second share)."""
        return list(self._history)

    def snapshot(self) -> bytes:
        """All a console needs to start, as JSON."""
        return msgspec.json.encode(
            Snapshot(self.view(), self.plan, self.bands, self.history(), datetime.now(UTC))
        )
