"""What if: answered beside the live plan, refused with the field's name, bounded, and in nobody's way."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from optimiser.cover.move_cost import MoveCostRule
from services import what_if
from services.area_state import AreaState
from services.cover_model import CoverModel, RejectionRule
from services.metrics import Metrics
from services.route_lines import RouteLines
from services.what_if import Question, WhatIfDesk
from services.what_if_solver import WhatIfAnswer, WhatIfSolver
from streams.events import ApplianceStatus
from tests.services.json_schema import TYPES
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


def differing(schemas: Json, shape: Json, value: Any, at: str = "$") -> list[str]:
    """Where a value differs from its described shape, all the way down; every field must be described."""
    while "$ref" in shape:
        shape = schemas[shape["$ref"].rpartition("/")[2]]
    for one_of in ("anyOf", "oneOf"):
        if one_of in shape:
            found = [differing(schemas, one, value, at) for one in shape[one_of]]
            return min(found, key=len)
    match shape.get("type"):
        case "object" if not isinstance(value, dict):
            return [f"{at}: no object"]
        case "object":
            fields, others = shape.get("properties", {}), shape.get("additionalProperties")
            missing = [f"{at}.{name}: missing" for name in shape.get("required", ()) if name not in value]
            for name, inner in value.items():
                if name in fields:
                    missing += differing(schemas, fields[name], inner, f"{at}.{name}")
                elif isinstance(others, dict):
                    missing += differing(schemas, others, inner, f"{at}.{name}")
                else:
                    missing.append(f"{at}.{name}: not described")
            return missing
        case "array" if not isinstance(value, list):
            return [f"{at}: no array"]
        case "array":
            items = shape.get("prefixItems") or [shape["items"]] * len(value)
            pairs = zip(items, value, strict=True)
            return [d for i, pair in enumerate(pairs) for d in differing(schemas, *pair, f"{at}[{i}]")]
        case known if known in TYPES:
            fits = isinstance(value, TYPES[known]) and (known == "boolean" or not isinstance(value, bool))
            return [] if fits else [f"{at}: no {known}"]
        case None if "enum" in shape:
            return [] if value in shape["enum"] else [f"{at}: not one of {shape['enum']}"]
    raise AssertionError(f"{at}: {shape} is not known to this check")


def test_answers_match_the_shape_that_the_description_promises() -> None:
    async def run() -> None:
        async with live() as client:
            await client.post(*client.strip(3))  # so that moves are worth it
            schemas = (await client.http.get("/api/v1/openapi.json")).json()["components"]["schemas"]
            shape = {"$ref": "#/components/schemas/WhatIfAnswer"}
            free = client.region.appliances.ids[-1]
            for question in (
                {"off_run": [free]},
                {"incident": middle(client), "appliances_required": {"pump": 2}},
            ):
                body = (await ask(client, **question)).json()
                assert body["plan"]["moves"]
                assert differing(schemas, shape, body) == []
                body["plan"]["frontier"][0]["risk"] = "high"
                del body["zones"]["step_s"]
                body["plan"]["moves"][0]["speed"] = 1
                assert len(differing(schemas, shape, body)) == 3

    asyncio.run(run())


def test_questions_under_load_leave_plans_in_order() -> None:
    async def run() -> None:
        async with live() as client, client.http.stream("GET", f"{client.base}/stream") as response:
            reader = SseReader(response)
            _, _, snapshot = await reader.next()
            last = small_region().appliances.ids[-1]
            seen = [snapshot["plan"]] if snapshot["plan"] else []
            for round_ in range(4):
                asked = [asyncio.create_task(ask(client, off_run=[last])) for _ in range(4)]
                posted = await client.post(*client.strip(2, minute=1 + round_), client.opening(f"I{round_}"))
                offset = posted.json()["last_offset"]
                while not seen or seen[-1]["picture_offset"] < offset:
                    seen.append((await reader.until("plan"))[1])
                for task in asked:
                    assert (await task).status_code == 200
            while seen[-1]["revision"] == 0:
                seen.append((await reader.until("plan"))[1])
            assert "what-if" not in {plan["plan_id"] for plan in seen}
            for before, after in pairwise(seen):
                assert (after["picture_offset"], after["revision"]) > (
                    before["picture_offset"],
                    before["revision"],
                )
                if after["plan_id"] == before["plan_id"]:
                    assert after["revision"] == before["revision"] + 1
                else:
                    assert after["revision"] == 0


def test_a_question_waits_for_the_live_plan_but_not_for_ever() -> None:
    region = small_region()
    busy = [True] * 5
    asked: list[int] = []

    def live_busy() -> bool:
        asked.append(1)
        return bool(busy.pop()) if busy else False

    def desk(of: Callable[[], bool]) -> WhatIfDesk:
        model = CoverModel(region, 6, RejectionRule(timedelta(hours=1), 5), MoveCostRule(), {})
        state = AreaState(region)
        return WhatIfDesk(state, lambda: model, RouteLines(region), Metrics(), of, thread)

    async def run() -> None:
        question = Question(None, False, {}, (region.appliances.ids[0],))
        assert (await desk(live_busy).answer(question)).plan.plan_id == "what-if"
        assert len(asked) > 5  # looked again until the live plan was there
        assert (await desk(lambda: True).answer(question)).plan.plan_id == "what-if"

    with ThreadPoolExecutor(1) as thread:
        asyncio.run(run())


def test_no_way_is_looked_up_for_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    real = RouteLines.find

    def noted(self: RouteLines, moves: Any) -> None:
        threads.append(threading.current_thread().name)
        real(self, moves)

    monkeypatch.setattr(RouteLines, "find", noted)

    async def run() -> None:
        async with live() as client:
            await client.post(*client.strip(3))
            await settled(client)
            for free in client.region.appliances.ids[-3:]:
                body = (await ask(client, off_run=[free])).json()
                assert all(len(move["route"]) >= 2 for move in body["plan"]["moves"])
            assert threads
            assert not [name for name in threads if name.startswith("what-if")]

    asyncio.run(run())


def test_what_if_is_prepared_before_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = threading.Event()
    real = WhatIfSolver.warm_up

    def noted(self: WhatIfSolver, *args: Any) -> None:
        real(self, *args)
        ready.set()

    monkeypatch.setattr(WhatIfSolver, "warm_up", noted)

    async def run() -> None:
        async with live() as client:
            assert await asyncio.to_thread(ready.wait, 20)
            assert await client.metric("cover_what_if_total") == 0

    asyncio.run(run())
