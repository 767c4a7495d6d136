"""A running service on a small region, for tests: real server, real log, real solver, over HTTP.

Used by the tests of this wing. Nothing here is mocked.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from geo.demo_region import SMALL_SIZE, build_demo_region
from geo.region import Region
from services.server import serving
from services.settings import load_settings
from streams import codec
from streams.events import (
    AppliancePosition,
    ApplianceStatus,
    ApplianceStatusChanged,
    EventData,
    IncidentCategory,
    IncidentOpened,
)

START = datetime(2025, 6, 6, 16, tzinfo=UTC)
ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
Json = dict[str, Any]


@cache
def small_region() -> Region:
    """The small demo region, built once."""
    return build_demo_region(seed=7, size=SMALL_SIZE)


class Client:
    """What a sender and a console do, over HTTP."""

    def __init__(self, http: httpx.AsyncClient, region: Region) -> None:
        self.http = http
        self.region = region
        self.base = f"/api/v1/areas/{region.id}"
        self._made = 0

    def event(self, data: EventData, minute: float = 0.0, id: str | None = None, **changes: Any) -> bytes:
        """An encoded event; `changes` overwrite envelope fields."""
        self._made += 1
        wire = codec.encode(
            data,
            id=id or f"e{self._made}",
            source="/test",
            area=self.region.id,
            time=START + timedelta(minutes=minute),
        )
        return json.dumps(json.loads(wire) | changes).encode() if changes else wire

    def opening(self, incident: str = "I1", minute: float = 0.0, **changes: Any) -> bytes:
        """An incident in the middle of the region."""
        easting, northing = self.region.zones.en[0].tolist()
        data = IncidentOpened(incident, IncidentCategory.FIRE, easting, northing, {"pump": 2})
        return self.event(data, minute, **changes)

    def status(self, appliance: str, word: ApplianceStatus, minute: float = 0.0, **fields: Any) -> bytes:
        """A status event."""
        return self.event(ApplianceStatusChanged(appliance, word, **fields), minute)

    def position(self, appliance: str, minute: float = 0.0) -> bytes:
        """A position event in the middle of the region."""
        easting, northing = self.region.zones.en[0].tolist()
        return self.event(AppliancePosition(appliance, easting, northing), minute)

    def strip(self, stations: int, minute: float = 0.0) -> list[bytes]:
        """All appliances of the first stations mobilised to one incident, so that moves are worth it."""
        region = self.region
        wires = [self.opening("BIG", minute)]
        for id_, home in zip(region.appliances.ids, region.appliances.home, strict=True):
            if home < stations:
                wires.append(self.status(id_, ApplianceStatus.MOBILISED, minute, incident="BIG"))
        return wires

    async def post(self, *events: bytes) -> httpx.Response:
        """Post one event, or several as a batch."""
        if len(events) == 1:
            return await self.post_raw(events[0], ONE)
        return await self.post_raw(codec.encode_batch(events), BATCH)

    async def post_raw(self, body: bytes, media_type: str) -> httpx.Response:
        """Post any bytes."""
        return await self.http.post(f"{self.base}/events", content=body, headers={"Content-Type": media_type})

    async def get(self, path: str) -> Json:
        """GET JSON below the area."""
        answer = await self.http.get(f"{self.base}/{path}")
        answer.raise_for_status()
        body: Json = answer.json()
        return body

    async def decide(self, plan: Json, move_id: str, action: str, **more: Any) -> httpx.Response:
        """Post a decision."""
        body = {"move_id": move_id, "action": action, "operator": "tester"} | more
        return await self.http.post(f"{self.base}/cover/{plan['plan_id']}/decisions", json=body)

    async def until(self, path: str, holds: Callable[[Json], bool], within_s: float = 20.0) -> Json:
        """Poll until the answer satisfies `holds`; AssertionError with the last answer otherwise."""
        answer: Json = {}
        for _ in range(int(within_s / 0.02)):
            answer = await self.get(path)
            if holds(answer):
                return answer
            await asyncio.sleep(0.02)
        raise AssertionError(f"not within {within_s} s: {str(answer)[:500]}")

    async def plan_for(self, offset: int, moves: bool = False) -> Json:
        """The first plan seen whose picture includes `offset` (with moves, where asked)."""

        def holds(answer: Json) -> bool:
            plan = answer["plan"]
            return bool(plan and plan["picture_offset"] >= offset and (plan["moves"] or not moves))

        plan: Json = (await self.until("cover", holds))["plan"]
        return plan

    async def metric(self, name: str) -> float:
        """Sum of a metric's samples."""
        text = (await self.http.get("/metrics")).text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


@asynccontextmanager
async def live(region: Region | None = None, **settings: Any) -> AsyncIterator[Client]:
    """A client of a service running on a free port."""
    region = region or small_region()
    given = load_settings(**({"port": 0, "log_level": "error"} | settings))
    async with (
        serving(given, [region]) as running,
        httpx.AsyncClient(base_url=running.url, timeout=20) as http,
    ):
        yield Client(http, region)


class SseReader:
    """Reads server-sent events from a streaming response."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self, within_s: float = 20.0) -> tuple[str, str, Json]:
        """The next event: (id, name, data)."""
        async with asyncio.timeout(within_s):
            fields: dict[str, str] = {}
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line == "" and "data" in fields:
                    return fields["id"], fields["event"], json.loads(fields["data"])
                fields[name] = value
        raise AssertionError("the stream ended")

    async def until(self, name: str, holds: Callable[[Json], bool] = lambda _: True) -> tuple[str, Json]:
        """The next event of that name that satisfies `holds`."""
        while True:
            id_, got, data = await self.next()
            if got == name and holds(data):
                return id_, data
