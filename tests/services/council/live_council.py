"""A running service on a small council, for tests: real server, real log, real fold, over HTTP.

Its clock stands at half past six on Friday 6 June 2025, where the first event puts it: half an hour into
the rounds.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from geo.council import Council
from services.server import serving
from services.settings import load_settings
from streams import codec
from streams.council_events import StopDone
from streams.events import EventData
from tests.geo.councils import grid_council, homes_at

MORNING = datetime(2025, 6, 6, 5, 30, tzinfo=UTC)
COUNCIL: Council = grid_council()
AREA = f"/api/v1/areas/{COUNCIL.id}"
OPEN311 = "/open311/v2"
DONE = COUNCIL.rounds[0][0]
DUE = COUNCIL.rounds[2][-2]
"""The first stop of a round, which is done, and the last of another, which is not."""
Json = Any


def home(stop: str, number: int = 0) -> str:
    """UPRN of a property of a stop."""
    return homes_at(COUNCIL, stop)[number].uprn


class Council311:
    """What a citizen's app, a system and a feed do, over HTTP."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self._sent = 0

    async def event(self, data: EventData, time: datetime = MORNING) -> int:
        """Put an event in; its offset."""
        self._sent += 1
        wire = codec.encode(data, id=f"t{self._sent}", source="/test", area=COUNCIL.id, time=time)
        answer = await self.http.post(
            f"{AREA}/events", content=wire, headers={"Content-Type": "application/cloudevents+json"}
        )
        assert answer.status_code == 202, answer.text
        offset: int = answer.json()["last_offset"]
        return offset

    async def report(self, **fields: Any) -> httpx.Response:
        """Post a report as a form; `missed_collection` at a stop that is done where nothing else is said."""
        given = {"service_code": "missed_collection", "address_id": home(DONE)} | fields
        form = {name: value for name, value in given.items() if value is not None}
        return await self.http.post(f"{OPEN311}/requests.json", data=form)

    async def status(self, request: str) -> Json:
        """A request as Open311 tells it."""
        answer = await self.http.get(f"{OPEN311}/requests/{request}.json")
        assert answer.status_code == 200, answer.text
        return answer.json()[0]


@asynccontextmanager
async def live_council(**settings: Any) -> AsyncIterator[Council311]:
    """A client of a service running on a free port, its first stop done."""
    given = load_settings(**({"port": 0, "log_level": "error"} | settings))
    async with (
        serving(given, [], councils=[COUNCIL]) as running,
        httpx.AsyncClient(base_url=running.url, timeout=20) as http,
    ):
        client = Council311(http)
        await client.event(StopDone("RCV01", DONE))
        yield client
