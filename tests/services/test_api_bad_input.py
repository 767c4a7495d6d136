"""Bad input at the door: each gets a precise error, the picture stays right, the service goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.api.event_routes import BATCH, ONE
from streams.events import ApplianceStatus, DecisionAction, DecisionMade
from tests.services.live import Client, live


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"move_id": "nobody>nowhere", "action": "accept", "operator": "t"}, 404),
        ({"move_id": "x", "action": "perhaps", "operator": "t"}, 422),
        ({"move_id": "x", "action": "accept"}, 422),
        ({"move_id": "x", "action": "accept", "operator": "t", "extra": 1}, 422),
        ({"move_id": "x", "action": "reject", "operator": "t", "reason": "because"}, 422),
    ],
)
def test_bad_decisions_are_named(body: dict[str, Any], status: int) -> None:
    async def run() -> None:
        async with live() as client:
            plan = (await client.until("cover", lambda a: a["plan"] is not None))["plan"]
            answer = await client.http.post(f"{client.base}/cover/{plan['plan_id']}/decisions", json=body)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            unknown = await client.http.post(
                f"{client.base}/cover/never/decisions",
                json={"move_id": "x", "action": "accept", "operator": "t"},
            )
            assert unknown.status_code == 404

    asyncio.run(run())


async def refused(client: Client, answer: httpx.Response, status: int, field: str, word: str) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert word in body["detail"], body
    if field:
        assert body["errors"][0]["field"] == field


def test_bad_events_are_refused_and_leave_no_trace() -> None:
    async def run() -> None:
        async with live() as client:
            before = (await client.get("picture"))["digest"]
            good = json.loads(client.opening())
            pump = client.region.appliances.ids[0]

            async def send(status: int, field: str, word: str, changes: dict[str, Any]) -> None:
                data = good["data"] | changes.pop("data", {})
                body = json.dumps(good | {"data": data} | changes).encode()
                await refused(client, await client.post(body), status, field, word)

            await send(422, "type", "unknown event type", {"type": "dynamiccover.incident.exploded.v1"})
            await send(422, "data.extra", "unknown field", {"data": {"extra": 1}})
            await send(422, "data.easting_m", "outside the region", {"data": {"easting_m": 1.0}})
            await send(
                422, "data.easting_m", "not degrees", {"data": {"easting_m": -0.1, "northing_m": 51.5}}
            )
            await send(
                422,
                "data.appliances_required",
                "unknown kind",
                {"data": {"appliances_required": {"tank": 1}}},
            )
            await send(
                422, "data.appliances_required[...]", ">= 0", {"data": {"appliances_required": {"pump": -2}}}
            )
            await send(
                422, "data.expected_stop", "48 hours", {"data": {"expected_stop": "2190-01-01T00:00:00Z"}}
            )
            await send(422, "time", "5 minutes ahead", {"time": "2190-01-01T00:00:00Z"})
            await send(422, "time", "before the year 2000", {"time": "1970-01-01T00:00:00Z"})
            await send(422, "area", "not 'elsewhere'", {"area": "elsewhere"})
            unknown = client.status("NOBODY", ApplianceStatus.OFF_RUN)
            await refused(client, await client.post(unknown), 422, "data.appliance", "not of area")
            nowhere = client.status(pump, ApplianceStatus.AVAILABLE, station="NOWHERE")
            await refused(client, await client.post(nowhere), 422, "data.station", "not of area")
            decision = DecisionMade("p", 0, "m", pump, "A21", "A21", DecisionAction.ACCEPT, "nobody")
            own = await client.post(client.event(decision))
            await refused(client, own, 422, "type", "come from this service")
            assert (await client.get("picture"))["digest"] == before
            assert await client.metric("cover_dead_letters_total") == 0

    asyncio.run(run())


def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    async def run() -> None:
        async with live() as client:
            answer = await client.post(client.opening("I1"), client.opening("I2", area="elsewhere"))
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["index"] == 1
            assert "none taken" in answer.json()["detail"]
            good = (await client.post(client.opening("I3", 1))).json()
            await client.until("picture", lambda p: bool(p["offset"] >= good["last_offset"]))
            assert [i["id"] for i in (await client.get("picture"))["incidents"]] == ["I3"]

    asyncio.run(run())


def test_bad_bodies_are_refused_at_the_door() -> None:
    async def run() -> None:
        async with live() as client:
            for body, media_type, status in [
                (b"x" * (10 * 1024 * 1024), ONE, 413),
                (b"\xff\xfe", ONE, 422),
                (b"{", ONE, 422),
                (b"", ONE, 422),
                (b"{}", BATCH, 400),
                (b"[]", BATCH, 400),
                (b"[" + b"1," * 1000 + b"1]", BATCH, 400),
                (b"{}", "text/plain", 415),
            ]:
                answer = await client.post_raw(body, media_type)
                assert answer.status_code == status, (body[:10], answer.text)
                assert answer.json()["detail"]
            assert (await client.http.get("/readyz")).status_code == 200

    asyncio.run(run())


def test_ten_thousand_bad_events_in_a_row() -> None:
    async def run() -> None:
        async with live() as client:
            bad = [b'{"id": %d}' % i for i in range(1000)]
            for _ in range(10):
                answer = await client.post(*bad)
                assert answer.status_code == 422
                assert len(answer.json()["errors"]) == 100
            offset = (await client.post(client.opening())).json()["last_offset"]
            await client.plan_for(offset)
            assert await client.metric("cover_events_rejected_total") == 10_000

    asyncio.run(run())


def test_other_origins_and_hosts_are_kept_out() -> None:
    async def run() -> None:
        async with live() as client:
            foreign = await client.http.get("/api/v1/areas", headers={"Host": "evil.example"})
            assert foreign.status_code == 403
            page = await client.http.post(
                f"{client.base}/events", content=b"{}", headers={"Origin": "http://evil.example"}
            )
            assert page.status_code == 403
            answer = await client.http.get("/healthz")
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]

    asyncio.run(run())


def test_a_batch_is_judged_by_the_time_it_reaches() -> None:
    async def run() -> None:
        async with live() as client:
            answer = await client.post(client.opening("I1", 10 * 60), client.opening("I2", 0))
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["index"] == 1
            assert await client.metric("cover_dead_letters_total") == 0

    asyncio.run(run())


def test_twisted_headers_and_large_decisions_are_refused() -> None:
    async def run() -> None:
        async with live() as client:
            assert (await client.http.get("/healthz", headers={"Host": "["})).status_code == 403
            origin = {"Origin": "http://[", "Content-Type": ONE}
            assert (await client.http.post(f"{client.base}/events", headers=origin)).status_code == 403
            large = b"x" * 100_000
            url = f"{client.base}/cover/p/decisions"
            assert (await client.http.post(url, content=large)).status_code == 413

            async def pieces() -> AsyncIterator[bytes]:
                for _ in range(100):
                    yield b"x" * 10_000

            assert (await client.http.post(url, content=pieces())).status_code in {400, 413}
            assert (await client.http.get("/healthz")).status_code == 200

    asyncio.run(run())


def test_one_event_far_ahead_does_not_shut_the_others_out() -> None:
    async def run() -> None:
        async with live() as client:
            assert (await client.post(client.opening("I1"))).status_code == 202
            await client.until("picture", lambda p: len(p["incidents"]) == 1)
            leap = client.opening("I2", 60 * 24 * 8)
            await refused(client, await client.post(leap), 422, "time", "over 7 days ahead")
            assert (await client.post(client.opening("I3", 1))).status_code == 202

    asyncio.run(run())


def test_what_would_be_right_is_named() -> None:
    async def run() -> None:
        async with live() as client:
            good = json.loads(client.opening())
            wrong = good | {"data": good["data"] | {"category": "volcano"}}
            answer = await client.post(json.dumps(wrong).encode())
            await refused(client, answer, 422, "data.category", "fire, false_alarm, special_service, other")
            wrong = good | {"data": good["data"] | {"lon": 0.1}}
            await refused(client, await client.post(json.dumps(wrong).encode()), 422, "data.lon", "easting_m")
            batch = await client.post_raw(b"[" + client.opening() + b"]", ONE)
            assert batch.status_code == 415
            assert BATCH in batch.json()["detail"]
            empty = await client.post_raw(b"", ONE)
            assert "empty" in empty.json()["detail"]

    asyncio.run(run())


def test_openapi_describes_every_event_type() -> None:
    async def run() -> None:
        async with live() as client:
            api = (await client.http.get("/api/v1/openapi.json")).json()
            for name in ("Envelope", "IncidentOpened", "ApplianceStatusChanged", "CoverPlanData"):
                assert api["components"]["schemas"][name]["properties"], name
            body = api["paths"]["/api/v1/areas/{area}/events"]["post"]["requestBody"]
            assert body["content"][ONE]["schema"] == {"$ref": "#/components/schemas/Envelope"}
            refused = api["paths"]["/api/v1/areas/{area}/what-if"]["post"]["responses"]["422"]["content"]
            assert list(refused) == ["application/problem+json"]
            assert "HTTPValidationError" not in json.dumps(api)

    asyncio.run(run())


def test_a_body_that_is_no_json_is_told_so() -> None:
    async def run() -> None:
        async with live() as client:
            answer = await client.http.post(
                f"/api/v1/areas/{client.region.id}/what-if",
                content=b"xx",
                headers={"Content-Type": "application/json"},
            )
            assert answer.status_code == 422
            (error,) = answer.json()["errors"]
            assert (error["field"], error["reason"]) == (
                "body",
                "not JSON at character 0; send a JSON object",
            )

    asyncio.run(run())
