"""The feed's API client: tries again under the same ids, tells refusals, and takes the stream up again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime

import httpx
import pytest

from services.feed import api_client
from services.feed.api_client import ApiClient
from services.feed.errors import FeedError, RefusedError, ServiceGoneError
from services.feed.event_sender import BATCH_EVENTS, EventSender
from services.feed.failure import feed_failure
from streams.codec import encode
from streams.events import IncidentStopped

Handler = Callable[[httpx.Request], httpx.Response]
TAKEN = {"accepted": 1, "duplicates": 0, "last_offset": 7}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_client, "BACK_OFF_S", (0.0,))


def event(name: str) -> bytes:
    return encode(
        IncidentStopped("I1"), id=name, source="/t", area="demo", time=datetime(2025, 1, 1, tzinfo=UTC)
    )


def client(handler: Handler, patience_s: float = 30.0, in_flight: int = 4) -> ApiClient:
    return ApiClient(
        "http://127.0.0.1:1",
        "demo",
        patience_s=patience_s,
        in_flight=in_flight,
        transport=httpx.MockTransport(handler),
    )


def ids_in(request: httpx.Request) -> list[str]:
    return [entry["id"] for entry in json.loads(request.content)]


def test_a_batch_is_sent_again_with_the_same_ids_until_it_is_taken() -> None:
    seen: list[list[str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(ids_in(request))
        if len(seen) == 1:
            raise httpx.ConnectError("refused", request=request)
        if len(seen) == 2:
            raise httpx.RemoteProtocolError("cut off", request=request)
        if len(seen) == 3:
            return httpx.Response(503)
        if len(seen) == 4:
            return httpx.Response(429, headers={"retry-after": "0"})
        assert request.headers["content-type"] == "application/cloudevents-batch+json"
        assert request.url.path == "/api/v1/areas/demo/events"
        return httpx.Response(202, json=TAKEN)

    async def run() -> None:
        async with client(handler) as api:
            answer = await api.post_events([event("a"), event("b")])
            assert (answer.accepted, answer.last_offset) == (1, 7)
            assert api.retries == 4

    asyncio.run(run())
    assert seen == [["a", "b"]] * 5


def test_a_refusal_is_not_tried_again_and_carries_the_problem() -> None:
    asked = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        problem = {
            "title": "Unprocessable",
            "detail": "1 event refused",
            "errors": [{"index": 0, "field": "area", "reason": "this is area 'demo'"}],
        }
        return httpx.Response(422, json=problem)

    async def run() -> None:
        async with client(handler) as api:
            with pytest.raises(RefusedError, match=r"HTTP 422.*1 event refused; event 0, area: this") as told:
                await api.post_events([event("a")])
            assert told.value.status == 422

    asyncio.run(run())
    assert asked == 1


def test_patience_ends() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async def run() -> None:
        async with client(handler, patience_s=0.02) as api:
            with pytest.raises(ServiceGoneError, match="cover serve"):
                await api.post_events([event("a")])

    asyncio.run(run())


def test_a_minute_of_refused_connections_and_503s_is_ridden_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    clock_s = 0.0

    class Clock:
        """A clock that each request moves on by three seconds."""

        @staticmethod
        def monotonic() -> float:
            return clock_s

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal clock_s
        seen.append(ids_in(request))
        clock_s += 3.0
        if clock_s <= 40.0:
            return httpx.Response(503, headers={"retry-after": "0"}, json={"detail": "nothing was taken"})
        if clock_s <= 90.0:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(202, json=TAKEN)

    monkeypatch.setattr(api_client, "time", Clock)

    async def run() -> int:
        transport = httpx.MockTransport(handler)
        async with ApiClient("http://127.0.0.1:1", "demo", transport=transport) as api:
            await api.post_events([event("a"), event("b")])
            return api.retries

    assert asyncio.run(run()) == 30
    assert seen == [["a", "b"]] * 31


def test_no_more_than_so_many_requests_are_under_way() -> None:
    under_way = most = 0

    async def handler(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return httpx.Response(202, json=TAKEN)

    async def run() -> None:
        transport = httpx.MockTransport(handler)
        async with ApiClient("http://127.0.0.1:1", "demo", in_flight=3, transport=transport) as api:
            await asyncio.gather(*(api.post_events([event(str(n))]) for n in range(20)))

    asyncio.run(run())
    assert most == 3


def test_bad_arguments_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        ApiClient("127.0.0.1", "demo")
    with pytest.raises(ValueError, match="in_flight 0"):
        ApiClient("http://127.0.0.1", "demo", in_flight=0)


def test_counters_are_summed_over_their_labels() -> None:
    text = '# HELP x_total y\nx_total{area="a"} 2.0\nx_total{area="b"} 3.0\nx_total_more 9\n'

    async def run() -> None:
        async with client(lambda request: httpx.Response(200, text=text)) as api:
            assert await api.counter("x_total") == 5.0
            assert await api.counter("absent_total") == 0.0

    asyncio.run(run())


def test_the_stream_is_taken_up_where_it_broke() -> None:
    asked: list[str | None] = []

    async def first() -> AsyncIterator[bytes]:
        yield b"event: beat\ndata: 1\nid: e-1\n\nevent: be"
        raise httpx.ReadError("gone")

    async def second() -> AsyncIterator[bytes]:
        yield b"event: beat\ndata: 2\nid: e-2\n\n"

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("last-event-id"))
        if len(asked) == 2:
            return httpx.Response(503)
        return httpx.Response(200, content=first() if len(asked) == 1 else second())

    async def run() -> list[bytes]:
        got: list[bytes] = []
        async with client(handler) as api, aclosing(api.follow()) as stream:
            async for message in stream:
                got.append(message.data)
                if len(got) == 2:
                    break
        return got

    assert asyncio.run(run()) == [b"1", b"2"]
    assert asked == [None, "e-1", "e-1"]


def test_the_sender_keeps_the_order_and_counts_waiting_from_the_hand_over() -> None:
    got: list[str] = []
    batches: list[int] = []
    told: list[tuple[float, float]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        ids = ids_in(request)
        got.extend(ids)
        batches.append(len(ids))
        answer = {"accepted": len(ids), "duplicates": 0, "last_offset": len(got) - 1}
        return httpx.Response(202, json=answer)

    async def run() -> EventSender:
        async with client(handler) as api:
            sender = EventSender(api, lambda posted, n, since_s, began_s: told.append((began_s, since_s)))
            async with asyncio.TaskGroup() as group:
                task = group.create_task(sender.run())
                for n in range(BATCH_EVENTS * 7):
                    await sender.put(event(str(n)))
                await sender.flush()
                task.cancel()
            return sender

    sender = asyncio.run(run())
    assert got == [str(n) for n in range(BATCH_EVENTS * 7)]
    assert max(batches) == BATCH_EVENTS
    assert (sender.sent, sender.last_offset, sender.waiting) == (len(got), len(got) - 1, 0)
    assert [since for _, since in told] == sorted(since for _, since in told)
    assert all(began >= since for began, since in told)


def test_the_sender_counts_waiting_from_when_the_earliest_event_was_due() -> None:
    told: list[tuple[int, float]] = []

    async def run() -> None:
        async with client(lambda request: httpx.Response(202, json=TAKEN)) as api:
            sender = EventSender(api, lambda posted, n, since_s, began_s: told.append((n, since_s)))
            for name, due_s in (("a", -5.0), ("b", -7.5), ("c", -1.0)):
                await sender.put(event(name), due_s)
            async with asyncio.TaskGroup() as group:
                task = group.create_task(sender.run())
                await sender.flush()
                task.cancel()

    asyncio.run(run())
    assert told == [(3, -7.5)]


def test_a_refusal_tells_how_often_that_very_request_was_repeated() -> None:
    lost: set[str] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        move = json.loads(request.content)["move_id"]
        if move == "lost" and move not in lost:
            lost.add(move)
            raise httpx.RemoteProtocolError("cut off", request=request)
        return httpx.Response(409, json={"detail": "no longer possible"})

    async def refused(api: ApiClient, move: str) -> int:
        with pytest.raises(RefusedError) as told:
            await api.decide("p", move, "accept", "t")
        return told.value.retries

    async def run() -> list[int]:
        async with client(handler) as api:
            return list(await asyncio.gather(refused(api, "lost"), refused(api, "plain")))

    assert asyncio.run(run()) == [1, 0]


def test_a_failing_sender_ends_its_group_with_the_reason() -> None:
    async def run() -> None:
        async with client(lambda request: httpx.Response(400, json={"detail": "no"})) as api:
            sender = EventSender(api, lambda *_: None)
            async with asyncio.TaskGroup() as group:
                group.create_task(sender.run())
                await sender.put(event("a"))
                await sender.flush()

    with pytest.raises(BaseExceptionGroup) as raised:
        asyncio.run(run())
    failure = feed_failure(raised.value)
    assert isinstance(failure, FeedError)
    assert "no" in str(failure)
    assert feed_failure(ValueError("a fault of the program")) is None
