"""Open311 GeoReport v2 on a running service: reports in, status out, bad input told in its own form."""

import asyncio
import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any

from streams.council_events import StopDone, StopOutcome
from tests.geo.councils import homes_at
from tests.services.council.live_council import (
    AREA,
    COUNCIL,
    DONE,
    DUE,
    MORNING,
    OPEN311,
    Council311,
    home,
    live_council,
)

SCRIPT = "<script>alert('x')</script>"


async def discovery_services_and_definitions(client: Council311) -> None:
    found = (await client.http.get(f"{OPEN311}/discovery.json")).json()
    assert found["endpoints"][0]["url"] == str(client.http.base_url).rstrip("/") + OPEN311
    services = (await client.http.get(f"{OPEN311}/services.json")).json()
    assert len(services) == 7
    for service in services:
        path = f"{OPEN311}/services/{service['service_code']}.json"
        asked = (await client.http.get(path)).json()
        assert bool(asked["attributes"]) == service["metadata"]
    asked = (await client.http.get(f"{OPEN311}/services/missed_collection.json")).json()
    assert asked["attributes"][0]["values"] == [{"key": "residual", "name": "residual"}]
    same = await client.http.get(f"{OPEN311}/services.xml", params={"jurisdiction_id": COUNCIL.id})
    assert same.headers["content-type"].startswith("text/xml")
    root = ET.fromstring(same.content)
    assert root.tag == "services"
    assert [one.findtext("service_code") for one in root] == [s["service_code"] for s in services]
    assert {one.findtext("type") for one in root} == {"realtime"}


async def a_report_gets_its_id_at_once_and_its_status_follows(client: Council311) -> None:
    answer = await client.report()
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()
    assert made["service_notice"] is None
    told = await client.status(made["service_request_id"])
    assert told["status"] == "open"
    assert told["service_code"] == "missed_collection"
    assert told["address_id"] == home(DONE)
    assert told["address"] == homes_at(COUNCIL, DONE)[0].address
    assert told["requested_datetime"] == "2025-06-06T05:30:00Z"
    assert abs(told["lat"] - 52.25) < 0.1
    as_xml = await client.http.get(f"{OPEN311}/requests/{made['service_request_id']}.xml")
    root = ET.fromstring(as_xml.content)
    assert root.findtext("request/service_request_id") == made["service_request_id"]
    assert root.findtext("request/lat") == str(told["lat"])
    again = (await client.report()).json()[0]
    assert again["service_request_id"] == made["service_request_id"]


async def a_report_may_be_json_and_name_its_place_in_every_way(client: Council311) -> None:
    known = COUNCIL.gazetteer().by_uprn(home(DONE))
    assert known is not None
    lon, lat = COUNCIL.to_wgs84([known.easting_m, known.northing_m]).tolist()
    ids = set()
    for place in (
        {"address_id": known.uprn},
        {"address_string": known.address},
        {"lat": lat, "long": lon},
        {"easting": known.easting_m, "northing": known.northing_m},
        {"address_id": f"00{known.uprn}", "lat": lat, "long": lon, "address_string": known.address},
    ):
        body = {"service_code": "overflowing_bin", "attributes": {"fill": 0.9}} | place
        answer = await client.http.post(f"{OPEN311}/requests.json", json=body)
        assert answer.status_code == 201, answer.text
        ids.add(answer.json()[0]["service_request_id"])
    assert len(ids) == 1


async def a_report_too_early_is_closed_and_says_why(client: Council311) -> None:
    (made,) = (await client.report(address_id=home(DUE))).json()
    assert "not passed yet" in made["service_notice"]
    told = await client.status(made["service_request_id"])
    assert told["status"] == "closed"
    assert "not passed yet" in told["status_notes"]
    day = (await client.http.get(f"{AREA}/day")).json()["day"]
    shown = next(c for c in day["changes"] if c["id"] == made["service_request_id"])
    assert (shown["outcome"], shown["reason"]) == ("refused", "too_early")
    reason = StopDone("RCV03", DUE, StopOutcome.NOT_OUT)
    await client.event(reason, MORNING + timedelta(hours=1))
    (again,) = (await client.report(address_id=home(DUE))).json()
    assert "was not out" in again["service_notice"]
    assert again["service_request_id"] != made["service_request_id"]


async def requests_are_found_by_what_they_are(client: Council311) -> None:
    open_id = (await client.report()).json()[0]["service_request_id"]
    early = (await client.report(address_id=home(DUE))).json()[0]["service_request_id"]
    later = (MORNING + timedelta(minutes=2)).isoformat()
    bulky = (await client.report(service_code="bulky_item", requested_datetime=later)).json()[0]
    bulky_id = bulky["service_request_id"]

    async def ids(**query: Any) -> list[str]:
        answer = await client.http.get(f"{OPEN311}/requests.json", params=query)
        assert answer.status_code == 200, answer.text
        return [one["service_request_id"] for one in answer.json()]

    assert set(await ids()) == {open_id, early, bulky_id}
    assert (await ids())[0] == bulky_id
    assert set(await ids(status="open")) == {open_id, bulky_id}
    assert await ids(status="closed") == [early]
    assert await ids(service_code="bulky_item") == [bulky_id]
    assert await ids(service_request_id=f"{early},{open_id},nobody") == [early, open_id]
    assert await ids(start_date=(MORNING + timedelta(minutes=1)).isoformat()) == [bulky_id]
    assert set(await ids(end_date="2025-06-06T05:31:00Z")) == {open_id, early}
    assert await ids(end_date="2025-06-05T07:01:00Z") == []


BAD_REPORTS: list[tuple[dict[str, Any], int, str]] = [
    ({"service_code": "pothole"}, 400, "missed_collection, overflowing_bin"),
    ({"service_code": SCRIPT}, 400, "known: missed_collection"),
    ({"service_code": None}, 400, "service_code: missing"),
    ({"jurisdiction_id": "atlantis"}, 404, "grid-council"),
    ({"address_id": "12 Alder Road"}, 400, "address_id: a UPRN"),
    ({"address_id": "999"}, 400, "address_id: "),
    ({"address_id": None}, 400, "no place"),
    ({"address_id": None, "address_string": SCRIPT}, 400, "address_string: "),
    ({"address_id": None, "lat": "51.5"}, 400, "long: "),
    ({"address_id": None, "lat": "-33.9", "long": "151.2"}, 400, "lat: the place lies outside"),
    ({"address_id": None, "lat": "51°30'", "long": "0"}, 400, "lat: must be a number"),
    ({"attribute[material]": "gold"}, 400, "material: "),
    ({"attribute[fill]": "0.9"}, 400, "fill: missed_collection does not take it"),
    ({"service_code": "overflowing_bin", "attribute[fill]": "0.3"}, 400, "below 0.8"),
    ({"attribute[collection_date]": "9999-12-31"}, 400, "collection_date: "),
    ({"requested_datetime": "0001-01-01T00:00:00+14:00"}, 400, "requested_datetime: "),
    ({"requested_datetime": "2020-01-01T00:00:00Z"}, 400, "requested_datetime: "),
]


async def bad_reports_are_told_in_georeport_form(client: Council311) -> None:
    for fields, status, word in BAD_REPORTS:
        answer = await client.report(**fields)
        assert answer.status_code == status, (fields, answer.text)
        (error,) = answer.json()
        assert error["code"] == status
        assert word in error["description"], fields
    listed = await client.http.get(f"{OPEN311}/requests.json")
    assert listed.json() == []


async def what_cannot_be_read_is_told_too(client: Council311) -> None:
    http = client.http
    for body, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"attributes": 3}', "application/json", 400),
        (b'{"a":' * 50_000, "application/json", 400),
        (b"\xff=1", "application/x-www-form-urlencoded", 400),
        (b"%ff=%fe", "application/x-www-form-urlencoded", 400),
        (b"x", "multipart/form-data; boundary=x", 415),
        (b"&".join([b"a=1"] * 500), "application/x-www-form-urlencoded", 400),
        (b"a=" + b"x" * 2_000_000, "application/x-www-form-urlencoded", 413),
    ):
        answer = await http.post(f"{OPEN311}/requests.json", content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, (kind, answer.text)
        assert answer.json()[0]["code"] == status
    for path in ("requests/nobody", "services/pothole", "services", "requests"):
        answer = await http.get(f"{OPEN311}/{path}.xml", params={"jurisdiction_id": SCRIPT})
        assert answer.status_code == 404
        root = ET.fromstring(answer.content)
        assert (root.tag, root.findtext("error/code")) == ("errors", "404")
    for query in (
        {"status": "maybe"},
        {"start_date": "last week"},
        {"end_date": "2025-06-06T07:00"},
        {"end_date": "0001-01-01T00:00:00Z"},
    ):
        answer = await http.get(f"{OPEN311}/requests.json", params=query)
        assert answer.status_code == 400
        assert next(iter(query)) in answer.json()[0]["description"]
    assert (await http.get(f"{OPEN311}/requests.csv")).status_code == 404


async def coordinates_that_contradict_the_uprn_are_flagged_and_the_uprn_used(client: Council311) -> None:
    other = COUNCIL.gazetteer().by_uprn(home(DUE))
    assert other is not None
    lon, lat = COUNCIL.to_wgs84([other.easting_m, other.northing_m]).tolist()
    (made,) = (await client.report(lat=lat, long=lon)).json()
    told = await client.status(made["service_request_id"])
    assert told["address_id"] == home(DONE)


async def a_thousand_identical_reports_are_one_request_and_the_log_stays_short(client: Council311) -> None:
    before = await _records(client)
    answers = await asyncio.gather(*(client.report() for _ in range(50)))
    ids = {answer.json()[0]["service_request_id"] for answer in answers}
    rows = [{"service_code": "missed_collection", "uprn": home(DONE)}] * 950
    answer = await client.http.post(f"{AREA}/requests/batch", json=rows)
    assert answer.status_code == 202, answer.text
    ids |= {row["service_request_id"] for row in answer.json()["rows"]}
    assert len(ids) == 1
    assert await _records(client) - before < 50  # proposals of the worker among them


async def emoji_without_end_and_script_do_no_harm(client: Council311) -> None:
    answer = await client.report(description="🔥" * 25_000, first_name=SCRIPT, media_url=SCRIPT)
    assert answer.status_code == 201, answer.text
    told = await client.http.get(f"{OPEN311}/requests.json")
    assert "alert" not in told.text
    assert "🔥" not in told.text


async def _records(client: Council311) -> int:
    """How many records the log holds, by the offset of one more event."""
    return await client.event(StopDone("RCV02", COUNCIL.rounds[1][0]), MORNING + timedelta(minutes=1))


def test_what_is_asked_for_and_what_is_refused() -> None:
    async def run() -> None:
        async with live_council() as client:
            await discovery_services_and_definitions(client)
            await bad_reports_are_told_in_georeport_form(client)
            await what_cannot_be_read_is_told_too(client)

    asyncio.run(run())


def test_reports_and_what_becomes_of_them() -> None:
    async def run() -> None:
        async with live_council() as client:
            await requests_are_found_by_what_they_are(client)
            await a_report_gets_its_id_at_once_and_its_status_follows(client)
            await a_report_may_be_json_and_name_its_place_in_every_way(client)
            await a_report_too_early_is_closed_and_says_why(client)
            await coordinates_that_contradict_the_uprn_are_flagged_and_the_uprn_used(client)
            await emoji_without_end_and_script_do_no_harm(client)
            await a_thousand_identical_reports_are_one_request_and_the_log_stays_short(client)

    asyncio.run(run())
