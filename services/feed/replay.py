"""A replay of recorded calls against a running service, over the public HTTP API.

Run by `cover replay`. Simulates the brigade's answer to each call, sends what happens as events, accepts the
moves that are proposed where told to, and measures. Never touches the service's inside.

Three ways to keep time:

- a speed: the simulated clock runs so many times as fast as the real one, whatever the service does; latency
  is then measured under open arrivals;
- flat out without accepting: events go as fast as the service takes them;
- flat out and accepting (lock-step): the simulated clock stands still until the plan for what was last sent
  is there, so that a decision is never later in simulated time because the machine is slow.

Without accepting, the events depend on the records, the region and the run's id alone: what the service
answers, or when, or whether it is killed and comes back, changes nothing.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from geo.lfb_records import CallDays
from geo.region import Region
from optimiser.cover.stability import MadeMove, ReversalCount
from optimiser.simulation.transition import ApplianceTransition
from services.feed.api_client import ApiClient, Posted
from services.feed.errors import FeedError, RefusedError
from services.feed.event_maker import EventMaker, brigade_world
from services.feed.event_sender import EventSender
from services.feed.plan_watch import PlanWatch
from services.feed.replay_report import Arrivals, ReplayReport, percentile
from services.feed.replay_schedule import ReplaySchedule
from services.feed.shared_start import SharedStart
from services.feed.stream_messages import SeenMove, SeenPlan
from services.feed.two_worlds import TwoWorlds

PLAN_WAIT_S = 10.0
"""In lock-step, a plan that has not come by then is counted as missing and the replay goes on."""
LAST_PLAN_WAIT_S = 120.0
"""How long the last events may wait for their plan: a minute's outage, and as long again to come back."""
CONNECT_WAIT_S = 120.0
"""The first snapshot may be that late: the service answers already, but may have an outage just then."""
SETTLE_WAIT_S = 120.0
"""How long the service may take to fold what was sent last."""
POLL_S = 0.2
STATUS_EVERY_S = 5.0
MOVE_NOTICE_S = 1.0
"""A move is ordered this much after the newest event at least: the decision itself stands in between."""
OPERATOR = "replay"


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How to replay.

    Parameters
    ----------
    density
        Incidents a day, for the report.
    speed
        Simulated seconds in a real second; None for flat out.
    accept
        Whether to accept every move that is proposed, and carry it out.
    run_id
        Beginning of every event's id.
    decision_delay_s
        Simulated seconds between the picture a plan was made from and the order to move.
    calls
        Which calls the schedule was made from, for the report.

    Raises
    ------
    ValueError
        When a number is out of range.
    """

    density: int
    speed: float | None
    accept: bool
    run_id: str
    decision_delay_s: float = 60.0
    calls: CallDays = "all"

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.speed is not None and self.speed <= 0:
            raise ValueError(f"speed is {self.speed}, want more than 0, or None for flat out")
        if self.decision_delay_s < 0:
            raise ValueError(f"decision_delay_s is {self.decision_delay_s}, want 0 or more")
        if not 1 <= len(self.run_id) <= 100:
            raise ValueError(f"run_id has {len(self.run_id)} characters, want 1 to 100")


class Replay:
    """One replay.

    Parameters
    ----------
    region
        The region the service serves.
    client
        Its API.
    schedule
        The calls.
    options
        How.
    say
        Takes a line of progress now and then.
    start
        Where other areas are replayed at the same time: the moment they all start at.
    """

    def __init__(
        self,
        region: Region,
        client: ApiClient,
        schedule: ReplaySchedule,
        options: ReplayOptions,
        say: Callable[[str], None],
        start: SharedStart | None = None,
    ) -> None:
        """Put both worlds in place; nothing is sent yet."""
        self._region = region
        self._client = client
        self._schedule = schedule
        self._options = options
        self._say = say
        self._start = start
        self._worlds = TwoWorlds(brigade_world(region), options.accept)
        self._events = EventMaker(
            region, options.run_id, "/dynamic-cover/replay", schedule.start, schedule.facts
        )
        self._watch = PlanWatch()
        self._sender = EventSender(client, self._posted)
        self._appliance = {name: i for i, name in enumerate(region.appliances.ids)}
        self._station = {name: i for i, name in enumerate(region.stations.ids)}
        self._new_order = asyncio.Event()
        self._decided_offset = -1
        self._decided_plan = ("", -1)
        self._accepted = 0
        self._refused = 0
        self._carried_out = 0
        self._reversals: ReversalCount[int] = ReversalCount()
        self._ordered_s = 0.0
        self._plans_missed = 0
        self._opened = 0
        self._most_behind_s = 0.0
        self._zero = 0.0

    async def run(self) -> ReplayReport:
        """Replay everything and return what was found.

        Raises
        ------
        ExceptionGroup
            Of `FeedError`s, when the service refuses something or is gone for good.
        """
        dead_before = await self._dead_letters()
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(part()) for part in (self._follow, self._sender.run, self._report)]
            try:
                async with asyncio.timeout(CONNECT_WAIT_S):
                    await self._watch.connected.wait()
            except TimeoutError:
                raise FeedError(
                    f"the live stream brought no snapshot within {CONNECT_WAIT_S:.0f} s"
                ) from None
            if self._options.accept and not self._in_lock_step:
                helpers.append(group.create_task(self._decide_as_plans_come()))
            await self._play()
            await self._sender.flush()
            duration_s = time.monotonic() - self._zero
            # Whether it came in time is in the ledger: what is unserved then makes the run fail.
            await self._watch.served(self._sender.last_offset, LAST_PLAN_WAIT_S)
            picture = await self._settled_picture()
            for helper in helpers:
                helper.cancel()
        dead_after = await self._dead_letters()
        dead = dead_after - dead_before if dead_after >= dead_before else dead_after
        return self._found(picture, int(dead), duration_s)

    @property
    def _in_lock_step(self) -> bool:
        return self._options.accept and self._options.speed is None

    @property
    def _arrivals(self) -> Arrivals:
        if self._options.speed is not None:
            return "open"
        return "closed loop" if self._options.accept else "flat out"

    def _posted(self, answer: Posted, events: int, due_s: float, began_s: float) -> None:
        """Count a wait from the moment the events were due; flat out, from when they were sent."""
        since_s = due_s if self._arrivals == "open" else began_s
        self._watch.ledger.posted(answer.last_offset, since_s, events)

    def _now_s(self) -> float:
        """Simulated seconds now: what has happened, or the clock where it runs ahead to the next event."""
        now_s = self._worlds.acting.now_s
        if self._options.speed is None:
            return now_s
        clock_s = (time.monotonic() - self._zero) * self._options.speed
        return max(now_s, min(clock_s, self._worlds.next_s))

    async def _play(self) -> None:
        """Let everything happen, in order, at its time."""
        for call in self._schedule.calls:
            self._worlds.call(call)
        self._zero = time.monotonic() if self._start is None else await self._start.zero()
        for appliance in range(len(self._region.appliances.ids)):
            await self._send(self._events.reports_in(appliance, 0.0), 0.0)
        while not self._worlds.acting.idle:
            if not await self._due():
                continue
            for change in self._worlds.advance(self._worlds.next_s):
                if isinstance(change, ApplianceTransition):
                    self._carried_out += change.status == "relocating"
                else:
                    self._opened += change.action == "opened"
                await self._send(self._events.event(change), change.at_s)
            if self._in_lock_step:
                await self._take_decisions()
        self._worlds.finish()

    async def _send(self, event: bytes, at_s: float) -> None:
        """Hand an event over; at a speed, with the moment its simulated second was due."""
        if self._options.speed is None:
            await self._sender.put(event)
            return
        due_s = self._zero + at_s / self._options.speed
        await self._sender.put(event, due_s)
        self._most_behind_s = max(self._most_behind_s, time.monotonic() - due_s)

    async def _due(self) -> bool:
        """Wait for the next thing's time; False where a new order came first and must be looked at."""
        if self._options.speed is None:
            return True
        early_s = self._zero + self._worlds.next_s / self._options.speed - time.monotonic()
        if early_s <= 0:
            return True
        self._new_order.clear()
        try:
            async with asyncio.timeout(early_s):
                await self._new_order.wait()
        except TimeoutError:
            return True
        return False

    async def _take_decisions(self) -> None:
        """In lock-step: wait for the plan that answers what was sent, and act on it."""
        await self._sender.flush()
        if not await self._watch.served(self._sender.last_offset, PLAN_WAIT_S):
            self._plans_missed += 1
        if self._watch.newest is not None:
            await self._decide(self._watch.newest)

    async def _decide_as_plans_come(self) -> None:
        """At a speed: act on the newest plan whenever there is one."""
        while True:
            plan = self._watch.newest
            if plan is not None:
                await self._decide(plan)
            if self._watch.newest is plan:
                await self._watch.next_plan(STATUS_EVERY_S)

    async def _decide(self, plan: SeenPlan) -> None:
        """Accept all moves of a plan, once, unless it was made before the last decision was known."""
        if (plan.plan_id, plan.revision) == self._decided_plan or plan.picture_offset < self._decided_offset:
            return
        self._decided_plan = (plan.plan_id, plan.revision)
        made_s = (plan.picture_time - self._schedule.start).total_seconds()
        for move in plan.moves:
            if not await self._accept(plan, move):
                continue
            order_s = max(made_s + self._options.decision_delay_s, self._now_s() + MOVE_NOTICE_S)
            appliance, station = self._appliance[move.appliance], self._station[move.to_station]
            self._worlds.acting.order_move(appliance, station, order_s)
            self._ordered_s = max(self._ordered_s, order_s)
            kind = int(self._region.appliances.kind[appliance])
            origin = self._station[move.from_station]
            self._reversals.add(MadeMove(appliance, origin, station, self._ordered_s, kind))
            self._new_order.set()

    async def _accept(self, plan: SeenPlan, move: SeenMove) -> bool:
        try:
            decided = await self._client.decide(plan.plan_id, move.move_id, "accept", OPERATOR)
        except RefusedError as refusal:
            if refusal.status not in (404, 409):
                raise
            # Only a repetition of this very request can have met its own earlier success.
            taken = refusal.status == 409 and refusal.retries > 0
            self._accepted += taken
            self._refused += not taken
            return taken
        self._decided_offset = max(self._decided_offset, decided.offset)
        self._accepted += 1
        return True

    async def _follow(self) -> None:
        async for message in self._client.follow():
            self._watch.take(message)

    async def _dead_letters(self) -> float:
        return await self._client.counter("cover_dead_letters_total", self._region.id)

    async def _settled_picture(self) -> tuple[int, str]:
        """Return how many of this run's incidents the final picture has open, and its digest."""
        ends = time.monotonic() + SETTLE_WAIT_S
        while True:
            picture = await self._client.picture()
            if picture["offset"] >= max(self._sender.last_offset, self._decided_offset):
                break
            if time.monotonic() > ends:
                raise FeedError(
                    f"the service has folded {picture['offset']} of {self._sender.last_offset} records "
                    f"{SETTLE_WAIT_S:.0f} s after the last event"
                )
            await asyncio.sleep(POLL_S)
        ours = [i for i in picture["incidents"] if i["id"] in self._schedule.facts and i["status"] == "open"]
        return len(ours), str(picture["digest"])

    async def _report(self) -> None:
        """Say a line for each simulated day, and never two within `STATUS_EVERY_S`."""
        told = 0
        while True:
            await asyncio.sleep(STATUS_EVERY_S)
            day = int(self._worlds.acting.now_s // 86_400) + 1
            if day == told:
                continue
            told = day
            self._say(
                f"day {min(day, self._schedule.days)}/{self._schedule.days}: "
                f"{self._opened}/{len(self._schedule.calls)} incidents, {self._sender.sent} events, "
                f"{self._watch.plans} plans, {self._accepted} moves accepted"
            )

    def _found(self, picture: tuple[int, str], dead_letters: int, duration_s: float) -> ReplayReport:
        kind, options, watch = self._region.kinds[0], self._options, self._watch
        without, with_moves = self._worlds.attendance(kind.first_target_s, kind.second_target_s)
        only_with, only_without = self._worlds.differences(kind.first_target_s)
        return ReplayReport(
            run_id=options.run_id,
            area=self._region.id,
            speed="max" if options.speed is None else f"{options.speed:g}",
            accept="all" if options.accept else "none",
            calls=options.calls,
            region_attribution=self._region.attribution,
            density=options.density,
            simulated_days=self._schedule.days,
            skipped_outside_region=self._schedule.skipped,
            incidents=self._opened,
            events=self._sender.sent,
            duplicates=self._sender.duplicates,
            plans=watch.plans,
            moves_proposed=len(watch.move_ids),
            moves_accepted=self._accepted,
            moves_refused=self._refused,
            moves_carried_out=self._carried_out,
            reversals=self._reversals.reversals,
            reversals_per_100=round(self._reversals.per_100, 2),
            first_target_s=kind.first_target_s,
            second_target_s=kind.second_target_s,
            without_moves=without,
            with_moves=with_moves,
            in_time_only_with=only_with,
            in_time_only_without=only_without,
            arrivals=self._arrivals,
            event_to_plan_samples=watch.ledger.events_served,
            event_to_plan_p50_ms=watch.ledger.percentile_ms(50),
            event_to_plan_p99_ms=watch.ledger.percentile_ms(99),
            event_to_plan_max_ms=watch.ledger.percentile_ms(100),
            events_unserved=watch.ledger.unserved,
            plans_awaited_in_vain=self._plans_missed,
            plans_with_gap=len(watch.gaps),
            gap_p50=percentile(watch.gaps, 50),
            gap_p95=percentile(watch.gaps, 95),
            dead_letters=dead_letters,
            incidents_left_open=picture[0],
            retries=self._client.retries,
            most_behind_s=round(self._most_behind_s, 3),
            duration_s=round(duration_s, 3),
            events_per_s=round(self._sender.sent / max(duration_s, 1e-9), 1),
            picture_digest=picture[1],
        )
