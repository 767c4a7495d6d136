"""Posts through the running service: fire to the brigade, the rest to the council, nothing personal kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from geo.coordinates import to_wgs84
from services.server import serving
from services.settings import load_settings
from streams import codec
from streams.council_events import StopDone
from streams.events import AppliancePosition, EventData
from tests.geo.councils import grid_council
from tests.services.live import Json, small_region

pytestmark = pytest.mark.slow

REGION = small_region()
COUNCIL = replace(grid_council(), brigade=REGION.id)
NOW = datetime.fromisoformat("2025-06-06T09:02:00+01:00")
SMOKE = "Thick black smoke and flames coming out of a house on {} right now, somebody call the fire brigade!"
BIN = "My bin on {} has not been emptied again, it was due this morning. Missed collection!"
CHAT = "Lovely sunshine today, off to the football with the kids later"
PERSON = {"author": "Wilhelmina Featherstonehaugh", "handle": "@willa_feather_99"}


class Door:
    """Who posts, and who looks."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def post(self, area: str, *posts: Json) -> httpx.Response:
        return await self.http.post(f"/api/v1/areas/{area}/feedback", json={"posts": posts})

    async def fires(self, count: int) -> list[Json]:
        """The brigade's clusters, once there are so many."""
        return await self._clusters(f"/api/v1/areas/{REGION.id}/picture", count)

    async def day(self, count: int) -> list[Json]:
        """The council's."""
        return await self._clusters(f"/api/v1/areas/{COUNCIL.id}/day", count)

    async def _clusters(self, path: str, count: int) -> list[Json]:
        found: list[Json] = []
        for _ in range(300):
            body = (await self.http.get(path)).json()
            found = body.get("day", body)["clusters"]
            if len(found) == count:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"not {count} clusters: {found}")


@asynccontextmanager
async def door(**settings: Any) -> AsyncIterator[Door]:
    """A brigade and the council on its ground, whose clocks stand at `NOW`."""
    given = load_settings(**({"port": 0, "log_level": "error"} | settings))
    async with (
        serving(given, [REGION], councils=[COUNCIL]) as running,
        httpx.AsyncClient(base_url=running.url, timeout=20) as http,
    ):
        east, north = REGION.zones.en[0].tolist()
        clocks: dict[str, EventData] = {
            COUNCIL.id: StopDone("RCV01", COUNCIL.rounds[0][0]),
            REGION.id: AppliancePosition(REGION.appliances.ids[0], east, north),
        }
        for area, data in clocks.items():
            wire = codec.encode(data, id="t1", source="/test", area=area, time=NOW)
            headers = {"Content-Type": "application/cloudevents+json"}
            answer = await http.post(f"/api/v1/areas/{area}/events", content=wire, headers=headers)
            assert answer.status_code == 202, answer.text
            state = f"/api/v1/areas/{area}/{'day' if area == COUNCIL.id else 'picture'}"
            for _ in range(300):
                body = (await http.get(state)).json()
                if body.get("day", body)["as_of"]:
                    break
                await asyncio.sleep(0.02)
        yield Door(http)


def post(id: str, text: str, minute: float = 0, **more: Any) -> Json:
    return (
        {"id": id, "text": text, "created_at": (NOW + timedelta(minutes=minute)).isoformat()} | PERSON | more
    )


def at(street: str) -> tuple[float, float]:
    """Longitude and latitude of the middle of a street."""
    (hit,) = COUNCIL.gazetteer().streets_named(street)
    lon, lat = to_wgs84([hit.easting_m, hit.northing_m], COUNCIL.crs).tolist()
    return lon, lat


def test_fire_goes_to_the_brigade_and_a_bin_to_the_council() -> None:
    async def scenario() -> None:
        async with door() as it:
            answer = await it.post(
                COUNCIL.id,
                post("1", SMOKE.format("Alder Road")),
                post("2", SMOKE.format("Alder Rd"), handle="@other"),
                post("3", BIN.format("Kiln Terrace")),
                post("4", CHAT),
            )
            assert answer.status_code == 202, answer.text
            told = answer.json()
            assert (told["accepted"], told["repeated"], told["ignored"]) == (3, 0, 1)
            assert told["by_category"] == {"smoke_or_fire": 2, "missed_collection": 1}
            assert told["ignored_because"] == {"not_service": 1}
            (fire,) = await it.fires(1)
            assert (fire["category"], fire["reports"], fire["reporters"]) == ("smoke_or_fire", 2, 2)
            lon, lat = at("Alder Road")
            assert (fire["lon"], fire["lat"]) == pytest.approx((lon, lat), abs=0.001)
            assert fire["first_at"] == "2025-06-06T08:00:00Z", "coarse time"
            (bin_,) = await it.day(1)
            assert bin_["category"] == "missed_collection"
            said = await it.http.post(
                f"/api/v1/areas/{COUNCIL.id}/clusters/{bin_['cluster']}/decisions",
                json={"action": "dismiss", "operator": "Ada"},
            )
            assert said.status_code == 201, said.text

            again = (await it.post(COUNCIL.id, post("1", SMOKE.format("Alder Road")))).json()
            assert (again["accepted"], again["repeated"]) == (0, 1)

    asyncio.run(scenario())


def test_a_brigade_without_a_council_finds_its_own_places() -> None:
    async def scenario() -> None:
        zone = REGION.zones.names[0]
        lon, lat = REGION.to_wgs84(REGION.zones.en[5]).tolist()
        async with door() as it:
            answer = await it.post(
                REGION.id,
                post("1", SMOKE.format(zone)),
                post("2", SMOKE.format("my road"), lon=lon, lat=lat),
                post("3", SMOKE.format("my road")),
                post("4", SMOKE.format("my road"), lon=0.0, lat=0.0),
                post("5", BIN.format(zone)),
            )
            assert answer.status_code == 202, answer.text
            told = answer.json()
            assert (told["accepted"], told["by_category"]) == (2, {"smoke_or_fire": 2})
            assert told["ignored_because"] == {"no_place": 2, "not_fire": 1}
            found = await it.fires(2)
            near = min(found, key=lambda c: abs(c["lon"] - lon) + abs(c["lat"] - lat))
            assert (near["lon"], near["lat"]) == pytest.approx((lon, lat), abs=0.0015)

    asyncio.run(scenario())


def test_bad_posts_are_refused_whole_and_named() -> None:
    good = post("1", SMOKE.format("Alder Road"))

    async def scenario() -> None:
        async with door(max_batch=3) as it:
            path = f"/api/v1/areas/{COUNCIL.id}/feedback"
            wrong: list[tuple[int, str, Any]] = [
                (422, "posts: a request holds 1 to 3", {"posts": []}),
                (422, "posts: a request holds 1 to 3", {"posts": [good] * 4}),
                (422, "posts[1]", {"posts": [good, {"id": "2", "text": "smoke"}]}),
                (422, "posts[1].created_at", {"posts": [good, good | {"created_at": "yesterday"}]}),
                (422, "posts[0].lon", {"posts": [good | {"lon": 200.0, "lat": 0.0}]}),
                (422, "go together", {"posts": [good | {"lon": 1.0}]}),
                (422, "posts[0].id", {"posts": [good | {"id": ""}]}),
                (422, "posts[1].text", {"posts": [good, good | {"text": "x" * 200_001}]}),
                (422, "posts", {"tweets": [good]}),
                (422, "", [good]),
            ]
            for status, word, body in wrong:
                answer = await it.http.post(path, json=body)
                assert answer.status_code == status and word in answer.json()["detail"], (word, answer.text)
                assert "smoke" not in answer.text.lower()
            json_type = {"Content-Type": "application/json"}
            for body in (b"", b"{", b"\xff\xfe", b'{"posts": [' + b"[" * 100_000):
                answer = await it.http.post(path, content=body, headers=json_type)
                assert answer.status_code in (400, 422), answer.text
            answer = await it.http.post(path, content=b"<x/>", headers={"Content-Type": "text/xml"})
            assert answer.status_code == 415
            answer = await it.http.post(path, content=b"x" * 1_048_577, headers=json_type)
            assert answer.status_code == 413
            answer = await it.http.post("/api/v1/areas/nowhere/feedback", json={"posts": [good]})
            assert answer.status_code == 404
            assert await it.fires(0) == []

    asyncio.run(scenario())


def test_what_is_odd_is_ignored_and_the_rest_taken() -> None:
    async def scenario() -> None:
        async with door() as it:
            answer = await it.post(
                COUNCIL.id,
                post("1", "🔥" * 25_000),
                post("2", "https://x.example/a @someone"),
                post("3", SMOKE.format("Alder Road"), minute=-60 * 24 * 30),
                post("4", SMOKE.format("Alder Road"), minute=600),
                post("5", SMOKE.format("Alder Road") + "<script>alert(1)</script>"),
                post("6", SMOKE.format("Alder Road"), minute=-60 * 7),
            )
            assert answer.status_code == 202, answer.text
            told = answer.json()
            assert (told["accepted"], told["ignored"]) == (1, 5)
            assert told["ignored_because"] == {"no_text": 2, "bad_time": 3}

    asyncio.run(scenario())


def test_of_a_thousand_identical_posts_of_one_person_little_is_made() -> None:
    async def scenario() -> None:
        async with door() as it:
            posts = [post(f"p{n}", SMOKE.format("Alder Road")) for n in range(1_000)]
            answer = await it.post(COUNCIL.id, *posts)
            assert answer.status_code == 202 and answer.json()["accepted"] == 1_000
            (fire,) = await it.fires(1)
            assert fire["reporters"] == 1 and fire["confidence"] < 0.7

    asyncio.run(scenario())


def test_nothing_personal_is_kept(tmp_path: Path) -> None:
    """The text, who wrote it and the platform's id are nowhere on the disk, nor is anything told of them."""
    secret = "zebrafish umbrella"

    async def scenario() -> str:
        async with door(data=tmp_path) as it:
            text = SMOKE.format("Alder Road") + f" {secret}, ring 07700 900123 or mail me at w.f@mail.example"
            answer = await it.post(
                COUNCIL.id, post("platform-4711", text), post("platform-4712", BIN.format("Mill Lane"))
            )
            assert answer.json()["accepted"] == 2
            await it.fires(1)
            await it.day(1)
            pages = [
                (await it.http.get(path)).text
                for path in (
                    "/metrics",
                    f"/api/v1/areas/{REGION.id}/picture",
                    f"/api/v1/areas/{COUNCIL.id}/day",
                    f"/api/v1/areas/{COUNCIL.id}/dead-letters",
                )
            ]
            return answer.text + "".join(pages)

    told = asyncio.run(scenario())
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"feedback.signal" in kept and b"smoke_or_fire" in kept
    for word in (
        "zebrafish",
        "Wilhelmina",
        "willa_feather",
        "platform-471",
        "07700",
        "mail.example",
        "emptied",
    ):
        assert word not in told and word.encode() not in kept
