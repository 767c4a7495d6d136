"""What comes back while a replay runs: plans, their latency, moves and gaps.

Fed from the live stream by the replay. Keeps numbers, not plans: only the newest plan is held.
"""

import asyncio
import time

from services.feed.latency_ledger import LatencyLedger
from services.feed.server_sent_events import ServerSentEvent
from services.feed.stream_messages import SeenPlan, seen


class PlanWatch:
    """Counts plans and lets others wait for the next."""

    def __init__(self) -> None:
        """Start having seen nothing."""
        self.ledger = LatencyLedger()
        self.connected = asyncio.Event()
        self.newest: SeenPlan | None = None
        self.plans = 0
        self.move_ids: set[str] = set()
        self._gaps: dict[str, float] = {}
        self._last_plan_id = ""
        self._arrived = asyncio.Event()

    @property
    def gaps(self) -> list[float]:
        """The last gap each plan carried, of those that carried one."""
        return list(self._gaps.values())

    def take(self, message: ServerSentEvent) -> None:
        """Take one message of the live stream."""
        _, plan = seen(message)
        if plan is not None:
            self._take_plan(plan)
        if message.event == "snapshot":
            self.connected.set()

    async def served(self, offset: int, wait_s: float) -> bool:
        """Wait for a plan made from a picture that includes a log offset; False when none came in time."""
        ends = time.monotonic() + wait_s
        while self.ledger.served_offset < offset:
            left_s = ends - time.monotonic()
            if left_s <= 0:
                return False
            await self.next_plan(left_s)
        return True

    async def next_plan(self, wait_s: float) -> None:
        """Wait until another plan comes, or the time is up."""
        self._arrived.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._arrived.wait()
        except TimeoutError:
            return

    def _take_plan(self, plan: SeenPlan) -> None:
        if plan.plan_id != self._last_plan_id:
            self._last_plan_id = plan.plan_id
            self.plans += 1
        if plan.gap is not None:
            self._gaps[plan.plan_id] = plan.gap
        self.move_ids.update(move.move_id for move in plan.moves)
        self.newest = plan
        self.ledger.planned(plan.picture_offset, time.monotonic())
        self._arrived.set()
