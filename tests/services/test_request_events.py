"""Requests that come in as events: judged at the door like any report, and closed with their reason."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from streams.council_events import ReportChannel, ServiceCode, ServiceRequested, StopDone, StopOutcome
from tests.services.council.live_council import (
    COUNCIL,
    DONE,
    DUE,
    MORNING,
    Council311,
    Json,
    home,
    live_council,
)

NOT_OUT = COUNCIL.rounds[1][0]


def missed(request: str, stop: str, at: datetime = MORNING, number: int = 0) -> ServiceRequested:
    uprn = home(stop, number)
    place = COUNCIL.gazetteer().by_uprn(uprn)
    assert place is not None
    return ServiceRequested(
        request=request,
        service=ServiceCode.MISSED_COLLECTION,
        channel=ReportChannel.EVENT,
        easting_m=place.easting_m,
        northing_m=place.northing_m,
        at=at,
        uprn=uprn,
    )


def on_council(scenario: Callable[[Council311], Awaitable[None]]) -> None:
    async def run() -> None:
        async with live_council() as client:
            await scenario(client)

    asyncio.run(run())


async def told(client: Council311, request: str) -> Json:
    """A request as Open311 tells it, once the fold has it."""
    for _ in range(100):
        answer = await client.http.get(f"/open311/v2/requests/{request}.json")
        if answer.status_code == 200:
            return answer.json()[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"{request} is not known")


def test_events_are_judged_by_the_rule_of_missed_collections() -> None:
    async def scenario(client: Council311) -> None:
        await client.event(StopDone("RCV02", NOT_OUT, StopOutcome.NOT_OUT))
        await client.event(missed("E1", DONE))
        await client.event(missed("E2", DUE))
        await client.event(missed("E3", NOT_OUT))
        await client.event(missed("E4", DUE, MORNING - timedelta(days=7), number=1))
        assert (await told(client, "E1"))["status"] == "open"
        for request, words in (
            ("E2", "has not passed yet"),
            ("E3", "the bin was not out"),
            ("E4", "more than two working days ago"),
        ):
            state = await told(client, request)
            assert state["status"] == "closed" and words in state["status_notes"], (request, state)

    on_council(scenario)


def test_a_request_keeps_its_first_word_and_the_same_thing_is_one_request() -> None:
    async def scenario(client: Council311) -> None:
        await client.event(missed("E1", DONE))
        await client.event(missed("E1", DUE))  # another event of that name: the request is there already
        await client.event(missed("E2", DONE))
        assert (await told(client, "E1"))["status"] == "open"
        assert (await told(client, "E2"))["service_request_id"] == "E1"
        report = await client.report(address_id=home(DONE))
        assert report.json()[0]["service_request_id"] == "E1"

    on_council(scenario)


def test_a_refused_event_sent_again_is_a_repeat_and_counts_as_one() -> None:
    async def scenario(client: Council311) -> None:
        first = await client.event(missed("E1", DUE))
        client._sent -= 1  # the same event once more
        assert await client.event(missed("E1", DUE)) == first
        assert (await told(client, "E1"))["status"] == "closed"

    on_council(scenario)
