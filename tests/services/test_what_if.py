"""What if: answered beside the live plan, refused with the field's name, bounded, and in nobody's way."""

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest

from services import what_if
from services.what_if_solver import WhatIfAnswer, WhatIfSolver
from streams.events import ApplianceStatus
from tests.services.live import Client, Json, SseReader, live, small_region


async def ask(client: Client, **body: Any) -> httpx.Response:
    return await client.http.post(f"{client.base}/what-if", json=body)


def middle(client: Client) -> Json:
    easting, northing = client.region.zones.en[0].tolist()
    return {"easting_m": easting, "northing_m": northing}


async def settled(client: Client) -> Json:
    """The live plan once nothing more of it is to come."""
    answer = await client.until("cover", lambda a: bool(a["plan"] and a["plan"]["revision"] > 0))
    plan: Json = answer["plan"]
    return plan


def test_an_incident_is_supposed_and_nothing_live_changes() -> None:
    async def run() -> None:
        async with live() as client:
            await settled(client)
            picture, records = await client.get("picture"), await client.metric("cover_plans_total")
            answer = await ask(client, incident=middle(client), appliances_required={"pump": 4})
            assert answer.status_code == 200, answer.text
            body = answer.json()
            sent = body["mobilising"]["nearest"]["appliances"]
            assert len(sent) == 4
            assert [one["attendance_s"] for one in sent] == sorted(one["attendance_s"] for one in sent)
            nearest, least = body["mobilising"]["nearest"], body["mobilising"]["least_cover"]
            assert least["rise"] <= nearest["rise"]
            assert nearest["rise"] == pytest.approx(
                nearest["risk_after"] - body["mobilising"]["risk_before"], abs=0.01
            )
            plan = body["plan"]
            live_plan = (await client.get("cover"))["plan"]
            assert plan["plan_id"] == body["zones"]["plan_id"] == "what-if"
            assert plan["before"]["risk"] > live_plan["before"]["risk"]
            assert plan["before"]["risk"] == pytest.approx(nearest["risk_after"], rel=1e-4)
            assert not {one["appliance"] for one in sent} & {move["appliance"] for move in plan["moves"]}
            assert body["live_plan_id"] == live_plan["plan_id"]
            assert body["picture_offset"] >= picture["offset"] - 1
            after = await client.get("picture")
            assert after["digest"] == picture["digest"]
            assert await client.metric("cover_plans_total") - records <= 1
            refused = await client.decide(plan, "A>B", "accept")
            assert refused.status_code == 404
            assert await client.metric('cover_what_if_total{area="demo",outcome="answered"}') == 1

    asyncio.run(run())


def test_a_place_may_be_given_in_degrees() -> None:
    async def run() -> None:
        async with live() as client:
            lon, lat = client.region.to_wgs84(client.region.zones.en[0]).tolist()
            degrees = await ask(client, incident={"lon": lon, "lat": lat}, appliances_required={"pump": 2})
            metres = await ask(client, incident=middle(client), appliances_required={"pump": 2})
            assert degrees.json()["mobilising"] == metres.json()["mobilising"]

    asyncio.run(run())


def test_appliances_are_supposed_off_the_run() -> None:
    async def run() -> None:
        async with live() as client:
            await settled(client)
            first = client.region.appliances.ids[0]
            body = (await ask(client, off_run=[first])).json()
            live_plan = (await client.get("cover"))["plan"]
            assert body["mobilising"] is None
            assert body["plan"]["before"]["risk"] > live_plan["before"]["risk"]
            both = (
                await ask(client, off_run=[first], incident=middle(client), appliances_required={"pump": 1})
            ).json()
            assert both["plan"]["before"]["risk"] > body["plan"]["before"]["risk"]
            assert first not in {one["appliance"] for one in both["mobilising"]["nearest"]["appliances"]}

    asyncio.run(run())


HERE: Any = "the middle of the region"
REFUSED: list[tuple[str, Json, str, str]] = [
    ("outside in metres", {"incident": {"easting_m": 1, "northing_m": 1}}, "incident", "outside the region"),
    ("outside in degrees", {"incident": {"lon": 2.35, "lat": 48.85}}, "incident", "outside the region"),
    ("unknown kind", {"incident": HERE, "appliances_required": {"boat": 1}}, "appliances_required", "pump"),
    ("unknown appliance", {"off_run": ["Z999"]}, "off_run", "Z999"),
    ("the same twice", {"off_run": ["FIRST", "FIRST"]}, "off_run", "twice"),
    (
        "none needed",
        {"incident": HERE, "appliances_required": {"pump": 0}},
        "appliances_required",
        "1 to 100",
    ),
    ("no needs", {"incident": HERE}, "appliances_required", "1 to 100"),
    ("too many", {"incident": HERE, "appliances_required": {"pump": 101}}, "appliances_required.pump", "100"),
    (
        "a negative number",
        {"incident": HERE, "appliances_required": {"pump": -1}},
        "appliances_required.pump",
        "0",
    ),
    ("needs without a place", {"appliances_required": {"pump": 1}}, "incident", "place"),
    ("nothing", {}, "", "nothing is supposed"),
    ("half a place", {"incident": {"lon": 1.0}}, "incident", "lat"),
    (
        "two places",
        {"incident": {"lon": 1.0, "lat": 1.0, "easting_m": 1.0, "northing_m": 1.0}},
        "incident",
        "either",
    ),
    ("no number", {"incident": {"lon": "here", "lat": 51.0}}, "incident.lon", "number"),
    ("another field", {"incidents": []}, "incidents", ""),
]


@pytest.mark.parametrize("bodies", [REFUSED], ids=["all"])
def test_what_makes_no_sense_is_refused_with_its_field(bodies: list[tuple[str, Json, str, str]]) -> None:
    async def run() -> None:
        async with live() as client:
            first = client.region.appliances.ids[0]
            for name, body, field, words in bodies:
                sent = dict(body)
                if sent.get("incident") is HERE:
                    sent["incident"] = middle(client)
                    sent.setdefault("appliances_required", {})
                elif "incident" in sent:
                    sent.setdefault("appliances_required", {"pump": 1})
                if "off_run" in sent:
                    sent["off_run"] = [first if id_ == "FIRST" else id_ for id_ in sent["off_run"]]
                answer = await ask(client, **sent)
                assert answer.status_code == 422, (name, answer.text)
                problem = answer.json()
                assert problem["errors"][0]["field"].startswith(field), (name, problem)
                assert words in problem["detail"], (name, problem)

    asyncio.run(run())


def test_one_that_covers_nothing_now_cannot_be_supposed_lost() -> None:
    async def run() -> None:
        async with live() as client:
            first = client.region.appliances.ids[0]
            offset = (await client.post(client.status(first, ApplianceStatus.OFF_RUN))).json()["last_offset"]
            await client.until("picture", lambda p: bool(p["offset"] >= offset))
            answer = await ask(client, off_run=[first])
            assert answer.status_code == 422
            assert "off_run now" in answer.json()["detail"]

    asyncio.run(run())


def test_a_page_of_another_origin_may_not_ask() -> None:
    async def run() -> None:
        async with live() as client:
            answer = await client.http.post(
                f"{client.base}/what-if", json={"off_run": []}, headers={"Origin": "http://elsewhere.example"}
            )
            assert answer.status_code == 403

    asyncio.run(run())


def test_questions_are_bounded_and_the_live_plan_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    real = WhatIfSolver.answer

    def held(self: WhatIfSolver, *args: Any) -> WhatIfAnswer:
        go.wait(20)
        return real(self, *args)

    monkeypatch.setattr(WhatIfSolver, "answer", held)

    async def run() -> None:
        async with live() as client:
            await settled(client)
            first = client.region.appliances.ids[0]
            try:
                asked = [
                    asyncio.create_task(ask(client, off_run=[first])) for _ in range(what_if.MOST_WAITING + 1)
                ]
                await asyncio.sleep(0.3)
                refused = await ask(client, off_run=[first])
                assert refused.status_code == 429
                assert "Retry-After" in refused.headers
                offset = (await client.post(*client.strip(1))).json()["last_offset"]
                await client.plan_for(offset)  # while every question still waits
                assert not any(task.done() for task in asked)
            finally:
                go.set()
            assert [(await task).status_code for task in asked] == [200] * (what_if.MOST_WAITING + 1)
            assert (await ask(client, off_run=[client.region.appliances.ids[-1]])).status_code == 200

    asyncio.run(run())


def test_a_question_that_takes_too_long_is_given_up_and_keeps_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go = threading.Event()
    real = WhatIfSolver.answer

    def held(self: WhatIfSolver, *args: Any) -> WhatIfAnswer:
        go.wait(20)
        return real(self, *args)

    monkeypatch.setattr(WhatIfSolver, "answer", held)
    monkeypatch.setattr(what_if, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(what_if, "MOST_WAITING", 0)

    async def run() -> None:
        async with live() as client:
            first = client.region.appliances.ids[0]
            try:
                assert (await ask(client, off_run=[first])).status_code == 503
                assert (await ask(client, off_run=[first])).status_code == 429
            finally:
                go.set()
            for _ in range(200):
                if (await ask(client, off_run=[first])).status_code != 429:
                    break
                await asyncio.sleep(0.02)
            else:
                raise AssertionError("the place was never given back")

    asyncio.run(run())


def test_answers_match_the_shape_that_the_description_promises() -> None:
    async def run() -> None:
        async with live() as client:
            api = (await client.http.get("/api/v1/openapi.json")).json()
            shape = api["components"]["schemas"]["WhatIfAnswer"]
            body = (await ask(client, off_run=[client.region.appliances.ids[0]])).json()
            assert set(body) == set(shape["properties"])

    asyncio.run(run())


def test_questions_under_load_leave_plans_in_order() -> None:
    async def run() -> None:
        async with live() as client, client.http.stream("GET", f"{client.base}/stream") as response:
            reader = SseReader(response)
            await reader.next()
            first = small_region().appliances.ids[0]
            asked = [asyncio.create_task(ask(client, off_run=[first])) for _ in range(4)]
            offset = (await client.post(*client.strip(2, minute=1))).json()["last_offset"]
            started = time.monotonic()
            _, plan = await reader.until("plan", lambda p: bool(p["picture_offset"] >= offset))
            assert plan["plan_id"] != "what-if"
            assert time.monotonic() - started < 10
            for task in asked:
                assert (await task).status_code in {200, 422}

    asyncio.run(run())
