"""What one brigade's area shows right now: picture, plan, zone bands, history; kept in this process.

A brigade's `services.log_state`. The log can rebuild all of it but the bands, which come with the next plan.
"""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from geo.region import Region
from services.known_plan import KnownPlan
from services.log_state import DECISIONS_NOTED, LogState
from services.picture import Picture, empty_picture
from services.picture_view import PictureView, PictureViewer
from streams.cover_plan import CoverPlanData, ZoneBands

__all__ = ["DECISIONS_NOTED", "PLANS_KEPT", "AreaState", "Snapshot"]

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


class _Offset(Struct):
    offset: int


class _Told(Struct):
    picture: _Offset
    plan: CoverPlanData | None
    zones: ZoneBands | None


class AreaState(LogState[Picture]):
    """The live state of one brigade's area."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.viewer = PictureViewer(region)
        super().__init__(region.id)
        self.plan: CoverPlanData | None = None
        self.bands: ZoneBands | None = None
        self._planned = asyncio.Event()
        self.plans: dict[str, KnownPlan] = {}
        self._history: deque[tuple[datetime, float, float]] = deque()

    def empty_picture(self) -> Picture:
        """See `LogState.empty_picture`."""
        return empty_picture(self.region.id, self.viewer.homes)

    def forget_answers(self) -> None:
        """See `LogState.forget_answers`.

        Also the plan shown: whatever is solved from here on counts as older than one of a higher offset.
        """
        self.plans.clear()
        self.plan = self.bands = None

    def hear(self, event: str, data: bytes) -> int | None:
        """See `LogState.hear`."""
        match event:
            case "picture":
                return msgspec.json.decode(data, type=_Offset).offset
            case "plan":
                self._show_newer(msgspec.json.decode(data, type=CoverPlanData))
            case "zones":
                self.bands = msgspec.json.decode(data, type=ZoneBands)
            case "snapshot":
                told = msgspec.json.decode(data, type=_Told)
                self.bands = told.zones or self.bands
                if told.plan is not None:
                    self._show_newer(told.plan)
                return told.picture.offset
        return None

    def answered_at(self) -> float | None:
        """See `LogState.answered_at`."""
        return None if self.plan is None else self.plan.published_at.timestamp()

    def as_of(self) -> datetime:
        """See `LogState.as_of`."""
        return self.picture.as_of

    async def until_planned(self) -> None:
        """Wait for the first plan of this process."""
        await self._planned.wait()

    @property
    def plan_in_force(self) -> CoverPlanData | None:
        """The plan shown, or after a restart the last one the log knows."""
        if self.plan is not None or not self.plans:
            return self.plan
        return max((known.newest for known in self.plans.values()), key=lambda p: p.picture_offset)

    def view(self) -> PictureView:
        """The picture as consoles read it."""
        return self.viewer.whole(self.picture, self.offset)

    def set_plan(self, plan: CoverPlanData, bands: ZoneBands) -> None:
        """Show a newer plan with its bands."""
        self.bands = bands
        self.show_plan(plan)

    def show_plan(self, plan: CoverPlanData) -> None:
        """Show a newer plan, and note cover as it stands in the history."""
        self.plan = plan
        self._planned.set()
        self.know_plan(plan)
        history, time = self._history, plan.picture_time
        if not history or time - history[-1][0] >= HISTORY_EVERY:
            history.append((time, plan.before.first_share, plan.before.second_share))
        while history and time - history[0][0] > HISTORY_SPAN:
            history.popleft()

    def is_newer(self, plan: CoverPlanData) -> bool:
        """Whether a plan is newer than the one shown; one that comes late, or twice, is not."""
        shown = self.plan
        return shown is None or (plan.picture_offset, plan.revision) > (shown.picture_offset, shown.revision)

    def newest_revision(self, plan_id: str) -> CoverPlanData | None:
        """The newest revision known of a plan; None where it is not known."""
        known = self.plans.get(plan_id)
        return None if known is None else known.newest

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

    def take_history(self, points: list[tuple[datetime, float, float]]) -> None:
        """Begin with what a checkpoint kept."""
        self._history = deque(points)

    def history(self) -> list[tuple[datetime, float, float]]:
        """Cover over the last two hours: (time, first share, second share)."""
        return list(self._history)

    def stands_for(self) -> object:
        """See `LogState.stands_for`."""
        return self.offset, self.plan, self.bands

    def whole(self) -> bytes:
        """See `LogState.whole`."""
        whole = Snapshot(self.view(), self.plan, self.bands, self.history(), datetime.now(UTC))
        return msgspec.json.encode(whole)

    def _show_newer(self, plan: CoverPlanData) -> None:
        """Show a plan that the fold may come to a moment later: a console that begins now must have it."""
        if self.is_newer(plan):
            self.show_plan(plan)
