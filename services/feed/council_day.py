"""A simulated day of a council for the demo: crews at work, reports, sensors, posts, breakdowns, over HTTP.

Run by `cover demo`. Uses the public API only; crews follow the rounds that the service shows, so what a
manager approves is carried out. Memory stays the same however long it runs.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from geo.council import Council
from services.feed.api_client import ApiClient
from services.feed.collection_crews import CollectionCrews, VisitOver
from services.feed.council_posts import CouncilPosts
from services.feed.demo_day import DEMO_START, LONGEST_TICK_S, TICK_S, DemoPace
from services.feed.errors import RefusedError
from services.feed.event_sender import EventSender
from streams.codec import encode
from streams.council_events import (
    ReportChannel,
    RoadClosed,
    ServiceCode,
    ServiceRequested,
    StopDone,
    StopOutcome,
    VehiclePosition,
    VehicleStatus,
    VehicleStatusChanged,
)
from streams.events import EventData

POSITIONS_EVERY_S = 2.0
REPORT_EVERY_S, SENSOR_EVERY_S, POST_EVERY_S = 150.0, 400.0, 45.0
"""Simulated seconds between reports, full bins and posts, on average."""
AGAIN_SHARE = 0.25
"""Of the reports: what a neighbour has reported lately, too."""
BREAKDOWNS_S, CLOSURE_S, SMOKE_S = (500.0, 4_000.0), 1_300.0, 300.0
"""Simulated seconds after the start: vehicles break down, a street is closed, smoke is posted about."""
SMOKE_POSTS = 5
REPORTED_KEPT = 500
"""Stops done lately, of which reports are made."""
PEOPLE_WAITING = 50
"""Reports and posts under way at most; while the service is slow to take them, further ones are not made."""
SOURCE = "/dynamic-cover/demo-council"
REPORT_SHARES = (
    (ServiceCode.MISSED_COLLECTION, 0.6),
    (ServiceCode.BULKY_ITEM, 0.2),
    (ServiceCode.FLY_TIP, 0.1),
    (ServiceCode.ASSISTED_COLLECTION, 0.1),
)


class CouncilDay:
    """One council's simulated day against one service.

    Parameters
    ----------
    council
        The council the service serves.
    client
        Its API, for the council's area.
    pace
        Speed and seed.
    say
        Takes one line for each thing worth telling.
    """

    def __init__(
        self, council: Council, client: ApiClient, pace: DemoPace, say: Callable[[str], None]
    ) -> None:
        self._council = council
        self._client = client
        self._pace = pace
        self._say = say
        self._random = np.random.default_rng([pace.seed, 7])
        zone = ZoneInfo(council.timezone)
        start = DEMO_START.replace(tzinfo=zone)
        midnight = start.replace(hour=0, minute=0)
        self._midnight = midnight.astimezone(UTC)
        self._start_s = (start - midnight).total_seconds()
        self._now_s = self._start_s
        self.crews = CollectionCrews(council, pace.seed)
        self._posts = CouncilPosts(sorted(set(council.streets.names)), pace.seed)
        self._sender = EventSender(client, lambda *_: None)
        self._made = 0
        self._sequence = 0
        self._over: deque[VisitOver] = deque(maxlen=REPORTED_KEPT)
        self._reported: deque[dict[str, str]] = deque(maxlen=20)
        self._people: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(PEOPLE_WAITING)

    async def run(self) -> None:
        """Play until cancelled.

        Raises
        ------
        ExceptionGroup
            Of `FeedError`s, when the service refuses the feed or is gone for good.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sender.run())
            await self._publish_start()
            group.create_task(self._follow())
            group.create_task(self._let_people_speak())
            await self._play()

    def at(self, at_s: float) -> datetime:
        """The instant of a second of the local day."""
        return self._midnight + timedelta(milliseconds=round(at_s * 1e3))

    async def _publish_start(self) -> None:
        """Tell the service what crews have done since the morning."""
        for over in self.crews.advance(self._start_s):
            await self._put_over(over)
        await self._sender.flush()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        before, positions_due = loop.time(), 0.0
        due = {kind: self._start_s + self._wait_s(every) for kind, every in _EVERY.items()}
        planned = sorted(
            [(self._start_s + s, self._break_down) for s in BREAKDOWNS_S]
            + [(self._start_s + CLOSURE_S, self._close), (self._start_s + SMOKE_S, self._smoke)],
            key=lambda one: one[0],
        )
        while True:
            await asyncio.sleep(TICK_S)
            real = loop.time()
            self._now_s += min(real - before, LONGEST_TICK_S) * self._pace.speed
            before = real
            for over in self.crews.advance(self._now_s):
                await self._put_over(over)
            if real >= positions_due:
                positions_due = real + POSITIONS_EVERY_S
                await self._put_positions()
            while planned and planned[0][0] <= self._now_s:
                await planned.pop(0)[1]()
            for kind, every_s in _EVERY.items():
                if due[kind] <= self._now_s:
                    due[kind] = self._now_s + self._wait_s(every_s)
                    if kind == "sensor":
                        await self._sensor()
                    else:
                        self._ask_people(self._report if kind == "report" else self._post)

    def _ask_people(self, speak: Callable[[], Awaitable[None]]) -> None:
        """Have somebody report or post beside the crews, who wait for no answer."""
        if not self._people.full():
            self._people.put_nowait(speak)

    async def _let_people_speak(self) -> None:
        while True:
            speak = await self._people.get()
            await self._sender.flush()  # what is reported has happened: the service hears of it first
            await speak()

    def _wait_s(self, every_s: float) -> float:
        return float(self._random.exponential(every_s))

    async def _put(self, data: EventData, at_s: float) -> None:
        self._made += 1
        event = encode(
            data,
            id=f"council-{self._pace.seed}-{self._made}",
            source=SOURCE,
            area=self._council.id,
            time=self.at(at_s),
            sequence=self._made % 2**31,
        )
        await self._sender.put(event)

    async def _put_over(self, over: VisitOver) -> None:
        self._over.append(over)
        load = self.crews.on_board(over.vehicle) if over.visit.startswith("tip:") else None
        await self._put(StopDone(over.vehicle, over.visit, StopOutcome(over.outcome), load), over.at_s)

    async def _put_positions(self) -> None:
        # One at least: the service's day goes on by its events, also when every crew is done.
        working = [vehicle for vehicle in self.crews.vehicles if self.crews.at_work(vehicle)]
        for vehicle in working or self.crews.vehicles[:1]:
            east, north = self.crews.place(vehicle, self._now_s)
            await self._put(
                VehiclePosition(vehicle, round(float(east), 1), round(float(north), 1)), self._now_s
            )

    async def _report(self) -> None:
        """A citizen reports something; at times a neighbour reports the same."""
        if self._reported and self._random.random() < AGAIN_SHARE:
            form: dict[str, str] | None = self._reported[int(self._random.integers(len(self._reported)))]
        else:
            form = self._form()
        if form is None:
            return
        try:
            await self._client.report(form | {"email": f"someone{self._random.integers(10**6)}@example.org"})
        except RefusedError as error:
            self._say(f"council: {error}")
            return
        self._reported.append(form)

    def _form(self) -> dict[str, str] | None:
        """A report on a property of a stop done lately."""
        done = [one for one in self._over if one.stop >= 0 and one.outcome == "collected"]
        if not done:
            return None
        stop = done[int(self._random.integers(len(done)))].stop
        members = self._council.properties_of(stop)
        at = int(members[int(self._random.integers(len(members)))])
        codes = [code for code, _ in REPORT_SHARES]
        code = codes[int(self._random.choice(len(codes), p=[share for _, share in REPORT_SHARES]))]
        properties = self._council.properties
        street = self._council.streets.names[int(properties.street[at])]
        return {
            "service_code": code.value,
            "address_id": str(properties.uprn[at]),
            "address_string": f"{properties.number[at]} {street}",
            "description": "Nobody came to us this morning.",
        }

    async def _sensor(self) -> None:
        """A bin says that it is full."""
        stop = int(self._random.integers(len(self._council.stops.ids)))
        east, north = self._council.stops.en[stop]
        street = self._council.streets.ids[int(self._council.stops.street[stop])]
        self._sequence += 1
        data = ServiceRequested(
            request=f"bin-{self._pace.seed}-{self._sequence}",
            service=ServiceCode.OVERFLOWING_BIN,
            channel=ReportChannel.SENSOR,
            easting_m=round(float(east), 1),
            northing_m=round(float(north), 1),
            at=self.at(self._now_s),
            street=street,
            fill=round(float(self._random.uniform(0.85, 1.0)), 2),
        )
        await self._put(data, self._now_s)

    async def _post(self) -> None:
        await self._client.feedback([self._posts.any(self.at(self._now_s).isoformat())])

    async def _smoke(self) -> None:
        """Several people post about smoke in one street."""
        street = self._council.streets.names[int(self._random.integers(len(self._council.streets.names)))]
        self._say(f"council: people post about smoke near {street}")
        at = self.at(self._now_s).isoformat()
        posts = [self._posts.about("smoke_or_fire", street, at) for _ in range(SMOKE_POSTS)]
        self._ask_people(lambda: self._client.feedback(posts))

    async def _break_down(self) -> None:
        working = [vehicle for vehicle in self.crews.vehicles if self.crews.at_work(vehicle)]
        if not working:
            return
        vehicle = working[int(self._random.integers(len(working)))]
        east, north = self.crews.break_down(vehicle, self._now_s)
        self._say(f"council: {vehicle} has broken down")
        status = VehicleStatusChanged(
            vehicle, VehicleStatus.BROKEN_DOWN, round(float(east), 1), round(float(north), 1)
        )
        await self._put(status, self._now_s)

    async def _close(self) -> None:
        """A street is closed for an hour and a half."""
        street = int(self._random.integers(len(self._council.streets.ids)))
        self._say(f"council: {self._council.streets.names[street]} is closed")
        until = self.at(self._now_s + 5_400.0)
        await self._put(RoadClosed("burst-main", [self._council.streets.ids[street]], until), self._now_s)

    async def _follow(self) -> None:
        """Watch the rounds: crews do what the service shows."""
        async for message in self._client.follow():
            if message.event in ("snapshot", "day"):
                told: dict[str, Any] = msgspec.json.decode(message.data)
                self.take_day(told.get("day", told))

    def take_day(self, day: dict[str, Any]) -> None:
        """Take up a day's view, or the changed parts of one."""
        for added in day.get("added", ()):
            en = self._council.from_wgs84([added["lon"], added["lat"]])
            self.crews.know(added["stop"], np.asarray(en).reshape(2))
        for one in day.get("rounds", ()):
            self.crews.take_round(one["vehicle"], one["visits"])


_EVERY = {"report": REPORT_EVERY_S, "sensor": SENSOR_EVERY_S, "post": POST_EVERY_S}
