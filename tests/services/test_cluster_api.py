"""A word on reports of smoke, through the running service: it changes the plan, and is taken back."""

import asyncio
from typing import Any

import httpx
import pytest

from streams.council_events import ClusterAction
from tests.services.live import BATCH, Client, Json, SseReader, live, small_region
from tests.services.signals import smoke, word, worst_place

pytestmark = pytest.mark.slow

HOUR_LATER = 60.0
"""Signals are seen an hour after the first events of `tests.services.live`."""


def post(client: Client, n: int, reporter: str) -> bytes:
    """A signal from a feed of its own, where the nearest station is far."""
    return client.event(smoke(f"S{n}", worst_place(small_region()), 0, reporter), HOUR_LATER)


async def said(client: Client, cluster: str, action: str, **more: Any) -> httpx.Response:
    body = {"action": action, "operator": "Ada"} | more
    return await client.http.post(f"{client.base}/clusters/{cluster}/decisions", json=body)


async def clusters(client: Client, status: str | None = None) -> list[Json]:
    def holds(picture: Json) -> bool:
        return status is None or [c["status"] for c in picture["clusters"]] == [status]

    found: list[Json] = (await client.until("picture", holds))["clusters"]
    return found


async def proven_plan(client: Client, offset: int) -> Json:
    def holds(answer: Json) -> bool:
        plan = answer["plan"]
        return bool(plan) and plan["picture_offset"] >= offset and plan["certificate"] == "proven"

    plan: Json = (await client.until("cover", holds))["plan"]
    return plan


def test_smoke_changes_the_plan_until_it_is_dismissed() -> None:
    async def scenario() -> None:
        async with live() as client:
            taken = (await client.post(*client.strip(2, HOUR_LATER))).json()
            quiet = await proven_plan(client, taken["last_offset"])
            async with client.http.stream("GET", f"{client.base}/stream") as response:
                reader = SseReader(response)
                await reader.until("snapshot")
                taken = (await client.post(*[post(client, n, f"r{n}") for n in range(5)])).json()
                _, delta = await reader.until("picture", lambda d: bool(d["clusters"]))
            (cluster,) = delta["clusters"]
            assert (cluster["status"], cluster["reports"], cluster["judged"]) == ("unconfirmed", 5, False)
            smoky = await proven_plan(client, taken["last_offset"])
            counted = smoky["demand_raised"]["clusters"]
            assert [one["cluster"] for one in counted] == [cluster["cluster"]]
            assert smoky["before"]["risk"] > quiet["before"]["risk"]

            answer = await said(client, cluster["cluster"], "dismiss")
            assert answer.status_code == 201 and answer.json()["action"] == "dismiss"
            again = await proven_plan(client, answer.json()["offset"])
            assert again["demand_raised"] is None
            for field in ("before", "after", "objective"):
                assert again[field] == quiet[field]
            assert [m["move_id"] for m in again["moves"]] == [m["move_id"] for m in quiet["moves"]]

            answer = await said(client, cluster["cluster"], "undo")
            assert answer.status_code == 201
            await clusters(client, "unconfirmed")
            answer = await said(client, cluster["cluster"], "confirm")
            sure = await proven_plan(client, answer.json()["offset"])
            assert sure["demand_raised"]["extra_per_h"] == 1.0 > smoky["demand_raised"]["extra_per_h"]

    asyncio.run(scenario())


def test_what_makes_no_sense_is_refused_and_says_why() -> None:
    async def scenario() -> None:
        async with live() as client:
            await client.post(post(client, 1, "a"))
            (cluster,) = await clusters(client, "unconfirmed")
            name = cluster["cluster"]
            refusals = [
                (404, "knows no cluster", await said(client, "C-none", "confirm")),
                (409, "nothing to take back", await said(client, name, "undo")),
                (422, "action", await said(client, name, "burn")),
                (422, "category", await said(client, name, "confirm", category="volcano")),
                (422, "operator", await said(client, name, "confirm", operator="")),
                (422, "why", await said(client, name, "confirm", why="smoke")),
            ]
            assert (await said(client, name, "dismiss")).status_code == 201
            refusals.append((409, "dismissed already", await said(client, name, "confirm")))
            for status, why, answer in refusals:
                assert (answer.status_code, why in answer.json()["detail"]) == (status, True), answer.text
            await client.post(client.position(client.region.appliances.ids[0], HOUR_LATER + 120))
            await client.until("picture", lambda picture: picture["clusters"] == [])
            late = await said(client, name, "undo")
            assert late.status_code == 409 and "is over" in late.json()["detail"]
            nobody = await client.http.post(f"/api/v1/areas/nowhere/clusters/{name}/decisions", json={})
            assert nobody.status_code in (404, 422)

    asyncio.run(scenario())


def test_of_many_who_say_it_at_once_one_is_taken() -> None:
    async def scenario() -> None:
        async with live() as client:
            await client.post(post(client, 1, "a"))
            (cluster,) = await clusters(client, "unconfirmed")
            words = [said(client, cluster["cluster"], "confirm") for _ in range(8)]
            statuses = [answer.status_code for answer in await asyncio.gather(*words)]
            assert sorted(statuses) == [201] + [409] * 7

    asyncio.run(scenario())


def test_words_come_from_the_service_only_and_a_brigade_takes_fire_only() -> None:
    async def scenario() -> None:
        async with live() as client:
            own = client.event(word("C-1", ClusterAction.CONFIRM), HOUR_LATER)
            answer = await client.post(own)
            assert answer.status_code == 422 and "come from this service" in answer.json()["detail"]
            flooding = client.event(smoke("S1", worst_place(small_region())), HOUR_LATER)
            flooding = flooding.replace(b"smoke_or_fire", b"flooding")
            answer = await client.post_raw(b"[" + flooding + b"," + post(client, 2, "a") + b"]", BATCH)
            assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "data.category"
            assert (await client.get("picture"))["clusters"] == []

    asyncio.run(scenario())


def test_clusters_survive_a_restart_and_the_word_on_them(tmp_path: Any) -> None:
    async def first() -> Json:
        async with live(data=tmp_path) as client:
            await client.post(post(client, 1, "a"), post(client, 2, "b"))
            (cluster,) = await clusters(client, "unconfirmed")
            await said(client, cluster["cluster"], "confirm")
            return (await clusters(client, "confirmed"))[0]

    async def second() -> Json:
        async with live(data=tmp_path) as client:
            (cluster,) = await clusters(client, "confirmed")
            assert (await said(client, cluster["cluster"], "undo")).status_code == 201
            return cluster

    assert asyncio.run(first()) == asyncio.run(second())
