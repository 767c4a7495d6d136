"""The API on a running service: events in, picture and plan out, decisions, bad input."""

import asyncio
from typing import Any

from streams.events import ApplianceStatus
from tests.services.live import SseReader, live


def test_an_incident_changes_picture_and_plan() -> None:
    async def run() -> None:
        async with live() as client:
            answer = await client.post(*client.strip(2))
            assert answer.status_code == 202
            offset = answer.json()["last_offset"]
            plan = await client.plan_for(offset, moves=True)
            picture = await client.get("picture")
            assert [i["id"] for i in picture["incidents"]] == ["BIG"]
            assert picture["counts"]["committed"] == len(picture["incidents"][0]["committed"]) > 0
            assert plan["after"]["risk"] < plan["before"]["risk"]
            assert plan["objective"] <= plan["frontier"][0]["objective"]
            assert [choice["moves"] for choice in plan["frontier"]] == list(range(7))
            ranked = [move["contribution"] for move in plan["moves"]]
            assert ranked == sorted(ranked, reverse=True)

    asyncio.run(run())


def test_the_plan_is_proven_and_shows_its_gap() -> None:
    async def run() -> None:
        async with live() as client:
            await client.post(*client.strip(2))
            proven = await client.until(
                "cover", lambda a: bool(a["plan"] and a["plan"]["certificate"] == "proven")
            )
            plan = proven["plan"]
            assert plan["bound"] <= plan["objective"] + 1e-6
            assert 0 <= plan["gap"] <= 0.001
            assert plan["revision"] >= 1

    asyncio.run(run())


def test_zone_bands_cover_every_zone() -> None:
    async def run() -> None:
        import base64

        async with live() as client:
            cover = await client.until("cover", lambda a: a["zones"] is not None)
            for name in ("now_first", "now_second", "after_first", "after_second"):
                assert len(base64.b64decode(cover["zones"][name])) == len(client.region.zones.ids)

    asyncio.run(run())


def test_accept_counts_at_once_and_can_be_undone_until_told() -> None:
    async def run() -> None:
        async with live() as client:
            offset = (await client.post(*client.strip(2))).json()["last_offset"]
            plan = await client.plan_for(offset, moves=True)
            move = plan["moves"][0]
            taken = await client.decide(plan, move["move_id"], "accept")
            assert taken.status_code == 201
            ordered = await client.until("picture", lambda p: _ordered(p, move["appliance"]) is not None)
            assert _ordered(ordered, move["appliance"])["to"] == move["to_station"]
            later = await client.plan_for(taken.json()["offset"])
            assert move["appliance"] not in {m["appliance"] for m in later["moves"]}
            again = await client.decide(plan, move["move_id"], "accept")
            assert again.status_code == 409
            assert "already ordered" in again.json()["detail"]
            assert (await client.decide(plan, move["move_id"], "undo")).status_code == 201
            await client.until("picture", lambda p: _ordered(p, move["appliance"]) is None)
            assert (await client.decide(plan, move["move_id"], "undo")).status_code == 409

    asyncio.run(run())


def _ordered(picture: dict[str, Any], appliance: str) -> Any:
    return next(a["ordered"] for a in picture["appliances"] if a["id"] == appliance)


def test_accepting_what_is_no_longer_possible_is_a_conflict() -> None:
    async def run() -> None:
        async with live() as client:
            offset = (await client.post(*client.strip(2))).json()["last_offset"]
            plan = await client.plan_for(offset, moves=True)
            move = plan["moves"][0]
            gone = client.status(move["appliance"], ApplianceStatus.MOBILISED, 1, incident="I9")
            offset = (await client.post(gone)).json()["last_offset"]
            await client.until("picture", lambda p: bool(p["offset"] >= offset))
            refused = await client.decide(plan, move["move_id"], "accept")
            assert refused.status_code == 409
            assert "mobilised" in refused.json()["detail"]

    asyncio.run(run())


def test_a_rejected_move_is_not_proposed_again() -> None:
    async def run() -> None:
        async with live() as client:
            offset = (await client.post(*client.strip(2))).json()["last_offset"]
            plan = await client.plan_for(offset, moves=True)
            move = plan["moves"][0]["move_id"]
            taken = await client.decide(plan, move, "reject", reason="local_knowledge")
            later = await client.plan_for(taken.json()["offset"])
            assert move not in {m["move_id"] for m in later["moves"]}
            picture = await client.get("picture")
            assert picture["decisions"][-1]["reason"] == "local_knowledge"

    asyncio.run(run())


def test_duplicates_change_nothing() -> None:
    async def run() -> None:
        async with live() as client:
            one = client.opening("I1")
            first = (await client.post(one)).json()
            again = (await client.post(one)).json()
            assert (first["accepted"], first["duplicates"]) == (1, 0)
            assert (again["accepted"], again["duplicates"]) == (0, 1)
            assert again["last_offset"] == first["last_offset"]
            both = (await client.post(one, one, client.opening("I2"))).json()
            assert (both["accepted"], both["duplicates"]) == (1, 2)
            picture = await client.until("picture", lambda p: len(p["incidents"]) == 2)
            assert {i["id"] for i in picture["incidents"]} == {"I1", "I2"}

    asyncio.run(run())


def test_stream_starts_with_a_snapshot_and_resumes() -> None:
    async def run() -> None:
        async with live() as client:
            url = f"{client.base}/stream"
            async with client.http.stream("GET", url) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                reader = SseReader(response)
                first_id, name, snapshot = await reader.next()
                assert name == "snapshot"
                assert snapshot["picture"]["area"] == client.region.id
                await client.post(client.opening("I1"))
                seen_id, delta = await reader.until("picture", lambda d: bool(d["incidents"]))
                assert delta["incidents"][0]["id"] == "I1"
            await client.post(client.opening("I2", 1))
            async with client.http.stream("GET", url, headers={"Last-Event-ID": seen_id}) as response:
                reader = SseReader(response)
                _, name, delta = await reader.next()
                assert name != "snapshot"
                if name != "picture" or not delta["incidents"]:
                    _, delta = await reader.until("picture", lambda d: bool(d["incidents"]))
                assert delta["incidents"][0]["id"] == "I2"
            for stale in ("other-1", "nonsense", f"{first_id.split('-')[0]}-999999"):
                async with client.http.stream("GET", url, headers={"Last-Event-ID": stale}) as response:
                    assert (await SseReader(response).next())[1] == "snapshot"

    asyncio.run(run())


def test_every_plan_is_pushed_with_its_bands() -> None:
    async def run() -> None:
        async with live() as client, client.http.stream("GET", f"{client.base}/stream") as response:
            reader = SseReader(response)
            await reader.next()
            offset = (await client.post(*client.strip(2))).json()["last_offset"]
            _, plan = await reader.until("plan", lambda p: bool(p["picture_offset"] >= offset))
            _, bands = await reader.until("zones")
            assert (bands["plan_id"], bands["revision"]) == (plan["plan_id"], plan["revision"])
            assert plan["latency"]["total_ms"] >= plan["latency"]["solve_ms"] > 0

    asyncio.run(run())


def test_region_layers_are_geojson_with_etags() -> None:
    async def run() -> None:
        async with live() as client:
            region = await client.get("region")
            assert len(region["stations"]) == len(client.region.stations.ids)
            west, south, east, north = region["bbox"]
            assert -9 < west < east < 3
            assert 49 < south < north < 61
            for layer in ("zones", "roads", "boundary", "districts"):
                answer = await client.http.get(f"{client.base}/region/{layer}")
                assert answer.json()["type"] == "FeatureCollection"
                etag = answer.headers["etag"]
                again = await client.http.get(
                    f"{client.base}/region/{layer}", headers={"If-None-Match": etag}
                )
                assert again.status_code == 304
            assert len((await client.get("region/zones"))["features"]) == region["zones"]
            assert (await client.http.get(f"{client.base}/region/secrets")).status_code == 422
            assert (await client.http.get("/api/v1/areas/atlantis/picture")).status_code == 404

    asyncio.run(run())


def test_metrics_have_a_histogram_for_each_stage() -> None:
    async def run() -> None:
        async with live() as client:
            offset = (await client.post(client.opening())).json()["last_offset"]
            await client.plan_for(offset)
            for stage in ("ingest", "fold", "wait", "solve", "publish"):
                name = f'cover_stage_seconds_count{{area="{client.region.id}",stage="{stage}"}}'
                assert await client.metric(name) >= 1
            assert (await client.http.get("/healthz")).json() == {"status": "ok"}

    asyncio.run(run())


def test_one_of_several_simultaneous_accepts_is_taken() -> None:
    async def run() -> None:
        async with live() as client:
            offset = (await client.post(*client.strip(2))).json()["last_offset"]
            plan = await client.plan_for(offset, moves=True)
            move = plan["moves"][0]["move_id"]
            answers = await asyncio.gather(*(client.decide(plan, move, "accept") for _ in range(5)))
            assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]

    asyncio.run(run())


def test_a_station_takes_no_more_than_it_has_room_for() -> None:
    async def run() -> None:
        async with live() as client:
            region = client.region
            offset = (await client.post(*client.strip(2))).json()["last_offset"]
            plan = await client.plan_for(offset, moves=True)
            move = plan["moves"][0]
            bays = int(region.stations.bays[region.stations.ids.index(move["to_station"])])
            others = [a for a in region.appliances.ids if a != move["appliance"]][:bays]
            arrived = [
                client.status(a, ApplianceStatus.AVAILABLE, 2, station=move["to_station"]) for a in others
            ]
            await client.post(*arrived)
            refusal = await client.decide(plan, move["move_id"], "accept")
            assert refusal.status_code == 409
            assert f"room for {bays}" in refusal.json()["detail"]

    asyncio.run(run())


def test_same_id_from_another_source_is_another_event() -> None:
    async def run() -> None:
        async with live() as client:
            cad = client.opening("I1", id="1")
            avl = client.opening("I2", id="1", source="/avl")
            assert (await client.post(cad)).json()["accepted"] == 1
            assert (await client.post(avl)).json()["accepted"] == 1

    asyncio.run(run())
