"""A simulated day for the demo: incidents by the forecast, a brigade that answers them, live over HTTP.

Run by `cover demo`. Uses the public API only; carries out what an operator accepts. Memory stays the same
however long it runs.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo.region import Region
from optimiser.simulation.brigade import Brigade
from optimiser.simulation.incident import Incident
from optimiser.simulation.incident_generator import IncidentGenerator, IncidentMix
from optimiser.simulation.transition import ApplianceTransition, IncidentTransition, Transition
from services.feed.api_client import ApiClient
from services.feed.appliance_trackers import ApplianceTrackers
from services.feed.event_maker import EventMaker, IncidentFacts, brigade_world
from services.feed.event_sender import EventSender
from services.feed.stream_messages import SeenCounts, SeenDecision, SeenPlan, seen
from streams.events import IncidentCategory

DEMO_START = datetime(2025, 6, 6, 10, 30)
"""Local time at which the day begins: a Friday in late morning, with collection rounds half done."""
WARM_UP_S = 7_200.0
"""Simulated before the start, so that the day begins in the middle of things."""
TICK_S = 0.25
POSITIONS_EVERY_S = 1.0
STATUS_EVERY_S = 10.0
LONGEST_TICK_S = 2.0
"""After a pause (a laptop that slept) the clock goes on from where it was instead of racing."""
TOLD_AFTER_S = 4.0
"""An accepted move can be taken back for so long before the appliance is told."""
FIRST_LARGE_S = 6.0
"""Real seconds before the first large incident."""
LARGE_EVERY_H = 3.0
CATEGORY_SHARES = {
    IncidentCategory.FALSE_ALARM: 0.50,
    IncidentCategory.SPECIAL_SERVICE: 0.375,
    IncidentCategory.FIRE: 0.125,
}
"""IncidentGroup in the LFB's 2023 sample: 50.2 %, 37.3 %, 12.5 %."""


@dataclass(frozen=True, slots=True)
class DemoPace:
    """How fast the day runs.

    Parameters
    ----------
    speed
        Simulated seconds in a real second, above 0, at most 600.
    seed
        Same seed, same incidents.

    Raises
    ------
    ValueError
        When a value is out of range.
    """

    speed: float = 10.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Check ranges."""
        if not 0 < self.speed <= 600:
            raise ValueError(f"speed is {self.speed}, want more than 0 and at most 600")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, want 0 or more")


class DemoDay:
    """One region's simulated day against one service.

    Parameters
    ----------
    region
        The region the service serves.
    client
        Its API.
    pace
        Speed and seed.
    say
        Takes one line of status every ten seconds.
    """

    def __init__(self, region: Region, client: ApiClient, pace: DemoPace, say: Callable[[str], None]) -> None:
        """Build brigade and generator; nothing runs yet."""
        self._region = region
        self._client = client
        self._pace = pace
        self._say = say
        self._random = np.random.default_rng(pace.seed)
        self._facts: dict[str, IncidentFacts] = {}
        start = DEMO_START.replace(tzinfo=ZoneInfo(region.timezone)).astimezone(UTC)
        self.events = EventMaker(region, f"demo-{pace.seed}", "/dynamic-cover/demo", start, self._facts)
        world = brigade_world(region)
        self.brigade = Brigade(world, -WARM_UP_S)
        local = DEMO_START.weekday() * 24 + DEMO_START.hour + DEMO_START.minute / 60 - WARM_UP_S / 3_600
        mix = IncidentMix(
            large_every_s=LARGE_EVERY_H * 3_600,
            large_first_s=WARM_UP_S + FIRST_LARGE_S * pace.speed,
            large_pumps=(10, 15),
        )
        strength = world.strength() + (0,) * (len(region.kinds) - world.kinds)
        self._generator = IncidentGenerator(
            region.demand_per_h,
            strength[: len(region.kinds)],
            pace.seed,
            start_s=-WARM_UP_S,
            start_hour=local % 168,
            mix=mix,
            prefix=f"D{pace.seed}-",
        )
        self._next = next(self._generator)
        self._sender = EventSender(client, lambda *_: None)
        self._trackers = ApplianceTrackers(region.travel)
        self._index = {name: i for i, name in enumerate(region.appliances.ids)}
        self._station = {name: i for i, name in enumerate(region.stations.ids)}
        self._tellings: dict[str, asyncio.Task[None]] = {}
        self._seen_decisions: dict[str, None] = {}
        self._counts: SeenCounts | None = None
        self._plan: SeenPlan | None = None
        self.told = 0
        self.decisions = 0

    async def run(self) -> None:
        """Play until cancelled.

        Raises
        ------
        ExceptionGroup
            Of `FeedError`s, when the service refuses the feed or is gone for good.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sender.run())
                await self._publish_start()
                group.create_task(self._follow())
                group.create_task(self._report())
                await self._play()
        finally:
            for telling in self._tellings.values():
                telling.cancel()
            self._trackers.close()

    def warm_up(self) -> list[Transition]:
        """Simulate up to the start; return what a service that knows nothing must be told, in order of time.

        Every word on incidents still open, and each appliance's last one.
        """
        happened = self.play_until(0.0)
        still_open = set(self.brigade.open_incidents)
        last = {c.appliance: c for c in happened if isinstance(c, ApplianceTransition)}
        told: list[Transition] = []
        for change in happened:
            if isinstance(change, IncidentTransition):
                if change.incident in still_open:
                    told.append(change)
            elif last[change.appliance] is change:
                told.append(change)
        for incident in set(self._facts) - still_open:
            del self._facts[incident]
        return told

    def play_until(self, until_s: float) -> list[Transition]:
        """Let the day happen up to a simulated second; return what changed."""
        while self._next.at_s <= until_s:
            self._facts[self._next.id] = self._invented(self._next)
            self.brigade.call(self._next)
            self._next = next(self._generator)
        return self.brigade.advance(until_s)

    def _invented(self, incident: Incident) -> IncidentFacts:
        """Make up what the forecast does not say: a category, and a place in the zone."""
        names, shares = tuple(CATEGORY_SHARES), tuple(CATEGORY_SHARES.values())
        drawn = names[int(self._random.choice(len(names), p=shares))]
        category = IncidentCategory.FIRE if incident.reinforcements else drawn
        centre = self._region.zones.en[incident.zone]
        tries = centre + self._random.normal(0.0, 150.0, (4, 2))
        inside = np.flatnonzero(self._region.zones.locate(tries) == incident.zone)
        place = tries[inside[0]] if inside.size else centre
        return IncidentFacts(category, round(float(place[0]), 1), round(float(place[1]), 1))

    async def _publish_start(self) -> None:
        """Tell the service how things stand at the start."""
        told = self.warm_up()
        heard = {c.appliance for c in told if isinstance(c, ApplianceTransition)}
        for appliance in range(self.brigade.world.appliances):
            if appliance not in heard:
                await self._sender.put(self.events.reports_in(appliance, -WARM_UP_S))
        for change in told:
            await self._publish(change)
        await self._sender.flush()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        now_s, before, positions_due = 0.0, loop.time(), 0.0
        while True:
            await asyncio.sleep(TICK_S)
            real = loop.time()
            now_s += min(real - before, LONGEST_TICK_S) * self._pace.speed
            before = real
            for change in self.play_until(now_s):
                await self._publish(change)
            if real >= positions_due:
                positions_due = real + POSITIONS_EVERY_S
                for appliance, en in self._trackers.positions(now_s):
                    await self._sender.put(self.events.position(appliance, en, now_s))

    async def _publish(self, change: Transition) -> None:
        was_en = None
        if isinstance(change, ApplianceTransition):
            was_en = self.events.places_en[change.appliance].copy()
        await self._sender.put(self.events.event(change))
        if isinstance(change, ApplianceTransition) and was_en is not None:
            self._set_off(change, was_en)
        elif isinstance(change, IncidentTransition) and change.action == "stopped":
            self._facts.pop(change.incident, None)

    def _set_off(self, change: ApplianceTransition, from_en: NDArray[np.float64]) -> None:
        """Put an appliance on the road, or take it off."""
        to_station = change.station is not None
        if change.status in ("available", "at_incident") or change.expected_at_s is None:
            self._trackers.arrived(change.appliance)
            return
        if change.station is not None:
            to_en = self._region.stations.en[change.station]
        else:
            to_en = self.events.incident_en(change.incident or "")
        self._trackers.departs(
            change.appliance,
            from_en,
            to_en,
            min(change.depart_s, change.expected_at_s),
            change.expected_at_s,
            backwards=to_station,
        )

    async def _follow(self) -> None:
        """Watch for decisions, and for what the status line says."""
        async for message in self._client.follow():
            picture, plan = seen(message)
            if plan is not None:
                self._plan = plan
            if picture is not None:
                self._counts = picture.counts
                for decision in picture.decisions:
                    self._decided(decision)

    def _decided(self, decision: SeenDecision) -> None:
        """Tell an appliance of an accepted move unless it is taken back in time."""
        if decision.decision_id in self._seen_decisions:
            return
        self._seen_decisions[decision.decision_id] = None
        while len(self._seen_decisions) > 200:
            del self._seen_decisions[next(iter(self._seen_decisions))]
        self.decisions += 1
        pending = self._tellings.pop(decision.appliance, None)
        if pending is not None:
            pending.cancel()
        if decision.action == "accept" and decision.appliance in self._index:
            self._tellings[decision.appliance] = asyncio.get_running_loop().create_task(self._tell(decision))

    async def _tell(self, decision: SeenDecision) -> None:
        await asyncio.sleep(TOLD_AFTER_S)
        self._tellings.pop(decision.appliance, None)
        station = self._station[decision.to_station]
        self.brigade.order_move(self._index[decision.appliance], station, self.brigade.now_s)
        self.told += 1

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(STATUS_EVERY_S)
            local = self.events.at(self.brigade.now_s).astimezone(ZoneInfo(self._region.timezone))
            counts = self._counts
            shown = (
                "no picture yet"
                if counts is None
                else f"{counts.available}/{counts.total} available, {counts.open_incidents} incidents open"
            )
            moves = 0 if self._plan is None else len(self._plan.moves)
            self._say(
                f"{local:%a %H:%M:%S}  {self._sender.sent} events, {shown}, {moves} moves proposed now, "
                f"{self.decisions} decisions, {self.told} moves told"
            )
