"""What one area shows right now: picture, plan, zone bands, history; kept in this process.

Written by the area's fold and its worker, read by the API and the hub's snapshots. The log can rebuild all of
it but the bands, which come with the next plan.
"""

import asyncio
import time
from collections import deque
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from geo.region import Region
from services.known_plan import KnownPlan
from services.picture import Picture, empty_picture
from services.picture_view import PictureView, PictureViewer
from services.recent_ids import RecentIds
from streams.cover_plan import CoverPlanData, ZoneBands
from streams.log import RecordMark

HISTORY_SPAN = timedelta(minutes=120)
HISTORY_EVERY = timedelta(seconds=20)
"""One point of the history for each so many seconds of the area's time: 360 points at most."""
SNAPSHOT_HELD_S = 0.25
"""A snapshot of London takes 3 ms; a restarted replica meets all its consoles at once."""
DECISIONS_NOTED = 100
"""Far more than people can take in the moment between judging a decision and finding it in the log."""
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
    """The live state of one area.

    Attributes
    ----------
    offset
        Newest record in the picture; -1 before the first.
    last_record
        Mark of the record at `offset`, to see whether the log still holds that one; None where not known.
    cause_offset
        Newest record that called for a plan: it names the plan, so that a replay names it the same.
    recent
        Events folded lately.
    decision_offsets
        Where the newest decisions folded by this process stand, to notice one that came between.
    degraded
        Why what is shown may be behind, as a word; None where all is well.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self.viewer = PictureViewer(region)
        self.picture: Picture = empty_picture(region.id, self.viewer.homes)
        self.offset = -1
        self.last_record: RecordMark | None = None
        self.cause_offset = -1
        self.recent = RecentIds()
        self.decision_offsets: deque[int] = deque(maxlen=DECISIONS_NOTED)
        self.plan: CoverPlanData | None = None
        self.bands: ZoneBands | None = None
        self.ready = False
        self._progress = asyncio.Event()
        self._planned = asyncio.Event()
        self.degraded: str | None = None
        self.last_event_ns: int | None = None
        self.plans: dict[str, KnownPlan] = {}
        self._snapshot: tuple[object, float, bytes] | None = None
        self._history: deque[tuple[datetime, float, float]] = deque()

    def begin(self) -> None:
        """Forget what was folded; plans stay, they are in the log under the same names."""
        self.picture = empty_picture(self.region.id, self.viewer.homes)
        self.offset = self.cause_offset = -1
        self.last_record = None
        self.recent = RecentIds()

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

    def snapshot(self) -> bytes:
        """All a console needs to start, as JSON; made once for all that come within `SNAPSHOT_HELD_S`."""
        stands_for = (self.offset, self.plan, self.bands)
        made = self._snapshot
        if made is None or made[0] != stands_for or time.monotonic() - made[1] > SNAPSHOT_HELD_S:
            whole = Snapshot(self.view(), self.plan, self.bands, self.history(), datetime.now(UTC))
            made = self._snapshot = stands_for, time.monotonic(), msgspec.json.encode(whole)
        return made[2]
