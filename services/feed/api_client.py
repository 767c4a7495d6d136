"""A client of the public HTTP API: sends events in batches, decides, reads, follows the live stream.

Used by the demo and the replay. Knows the API's paths and answers, nothing of the service's inside. A lost
connection or an overloaded service only delays it: the same events are sent again under the same ids, which
the service takes once.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from services.feed.errors import RefusedError, ServiceGoneError
from services.feed.server_sent_events import ServerSentEvent, ServerSentEvents
from streams.codec import encode_batch

MAX_BATCH = 1_000
"""Most events the API takes in one batch."""
BATCH_TYPE = "application/cloudevents-batch+json"
BACK_OFF_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Waits before trying again; the last one repeats until patience ends."""
REQUEST_TIMEOUT_S = 15.0
STREAM_SILENCE_S = 10.0
"""The stream beats every two seconds; silent for five beats means the connection is dead."""


class Posted(Struct, frozen=True):
    """What the service answered to a batch: taken, had before, and the log's offset of the last."""

    accepted: int
    duplicates: int
    last_offset: int


class Decided(Struct, frozen=True):
    """What the service answered to a decision."""

    decision_id: str
    offset: int
    move_id: str
    action: str


class _Reported(Struct, frozen=True):
    service_request_id: str


class ApiClient:
    """One area of one service.

    Parameters
    ----------
    base_url
        `http://host:port` of the service.
    area
        Area id.
    in_flight
        Most requests under way at a time; further ones wait.
    patience_s
        How long a request is tried again before giving up.
    transport
        For tests.

    Raises
    ------
    ValueError
        When a bound is below one or the address is not one.
    """

    def __init__(
        self,
        base_url: str,
        area: str,
        *,
        in_flight: int = 4,
        patience_s: float = 120.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Open nothing yet; use as an async context manager."""
        if in_flight < 1 or patience_s <= 0:
            raise ValueError(f"in_flight {in_flight} and patience_s {patience_s}: want 1 and more than 0")
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"the service's address is {base_url!r}, want http://host:port")
        self.retries = 0
        self._area = area
        self._area_path = f"/api/v1/areas/{area}"
        self._patience_s = patience_s
        self._slots = asyncio.Semaphore(in_flight)
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            timeout=REQUEST_TIMEOUT_S,
            transport=transport,
            trust_env=False,
            limits=httpx.Limits(max_connections=in_flight + 2),
        )

    async def __aenter__(self) -> "ApiClient":
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def post_events(self, events: Sequence[bytes]) -> Posted:
        """Send encoded CloudEvents as one batch, all or nothing.

        Raises
        ------
        RefusedError
            When the service says they are wrong.
        ServiceGoneError
            When it has not answered within the patience.
        ValueError
            When there are none, or more than `MAX_BATCH`.
        """
        if not 1 <= len(events) <= MAX_BATCH:
            raise ValueError(f"a batch of {len(events)} events, want 1 to {MAX_BATCH}")
        body, headers = encode_batch(events), {"content-type": BATCH_TYPE}
        answer = await self._ask(
            f"a batch of {len(events)} events",
            lambda: self._http.post(f"{self._area_path}/events", content=body, headers=headers),
        )
        return msgspec.json.decode(answer.content, type=Posted)

    async def decide(
        self, plan_id: str, move_id: str, action: str, operator: str, reason: str | None = None
    ) -> Decided:
        """Accept, reject or undo a recommended move.

        Raises
        ------
        RefusedError
            When the plan is gone (404) or the move can no longer be decided on (409); its `retries` tell a
            refusal from a decision that was taken at a sending whose answer was lost.
        ServiceGoneError
            When it has not answered within the patience.
        """
        decision = {"move_id": move_id, "action": action, "reason": reason, "operator": operator}
        answer = await self._ask(
            f"the decision on {move_id}",
            lambda: self._http.post(f"{self._area_path}/cover/{plan_id}/decisions", json=decision),
        )
        return msgspec.json.decode(answer.content, type=Decided)

    async def report(self, fields: Mapping[str, str]) -> str:
        """Send a citizen's report over Open311 to this area; gives its `service_request_id`.

        Raises
        ------
        RefusedError
            When the service says it is wrong.
        ServiceGoneError
            When it has not answered within the patience.
        """
        form = {"jurisdiction_id": self._area} | dict(fields)
        answer = await self._ask(
            "the report", lambda: self._http.post("/open311/v2/requests.json", data=form)
        )
        return msgspec.json.decode(answer.content, type=list[_Reported])[0].service_request_id

    async def feedback(self, posts: Sequence[Mapping[str, Any]]) -> None:
        """Send what people posted.

        Raises
        ------
        RefusedError
            When the service says it is wrong.
        ServiceGoneError
            When it has not answered within the patience.
        """
        body = {"posts": list(posts)}
        await self._ask("posts", lambda: self._http.post(f"{self._area_path}/feedback", json=body))

    async def picture(self) -> dict[str, Any]:
        """Return the operational picture."""
        answer = await self._ask("the picture", lambda: self._http.get(f"{self._area_path}/picture"))
        return msgspec.json.decode(answer.content, type=dict[str, Any])

    async def areas(self) -> list[str]:
        """Return the ids of the areas the service serves."""
        answer = await self._ask("the list of areas", lambda: self._http.get("/api/v1/areas"))
        listed = msgspec.json.decode(answer.content, type=dict[str, list[dict[str, str]]])
        return [entry["area"] for entry in listed["areas"]]

    async def counter(self, name: str, area: str | None = None) -> float:
        """Return a Prometheus counter of the service, summed over its labels; 0 where it has none.

        With `area`, only what carries that area's label is summed.
        """
        label = "" if area is None else f'area="{area}"'
        answer = await self._ask("the metrics", lambda: self._http.get("/metrics"))
        total = 0.0
        for line in answer.text.splitlines():
            if line.startswith((f"{name} ", f"{name}{{")) and label in line:
                total += float(line.rsplit(" ", 1)[1])
        return total

    async def follow(self) -> AsyncGenerator[ServerSentEvent]:
        """Yield the live stream's events, for ever, taking it up again where a connection broke.

        Raises
        ------
        RefusedError
            When the service refuses the stream.
        ServiceGoneError
            When it could not be reached again within the patience.
        """
        last_id: str | None = None
        tries, lost_since = 0, time.monotonic()
        while True:
            try:
                async with self._open_stream(last_id) as response:
                    _raise_for_problem("the live stream", await _read_if_error(response))
                    parser = ServerSentEvents()
                    async for piece in response.aiter_raw():
                        for event in parser.feed(piece):
                            tries, lost_since = 0, time.monotonic()
                            last_id = event.id or last_id
                            yield event
            except (httpx.TransportError, _BusyError) as error:
                self._give_up_when_late("the live stream", lost_since, error)
            tries += 1
            self.retries += 1
            await asyncio.sleep(BACK_OFF_S[min(tries, len(BACK_OFF_S)) - 1])

    def _open_stream(self, last_id: str | None) -> Any:
        headers = {"accept": "text/event-stream", "accept-encoding": "identity"}
        if last_id is not None:
            headers["last-event-id"] = last_id
        timeout = httpx.Timeout(REQUEST_TIMEOUT_S, read=STREAM_SILENCE_S)
        return self._http.stream("GET", f"{self._area_path}/stream", headers=headers, timeout=timeout)

    async def _ask(self, what: str, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Send until answered; raise on a problem."""
        started, tries = time.monotonic(), 0
        while True:
            wait_s = BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)]
            try:
                async with self._slots:
                    answer = await send()
                _raise_for_problem(what, answer, tries)
                return answer
            except _BusyError as busy:
                self._give_up_when_late(what, started, busy)
                wait_s = max(wait_s, busy.wait_s)
            except httpx.TransportError as error:
                self._give_up_when_late(what, started, error)
            tries += 1
            self.retries += 1
            await asyncio.sleep(wait_s)

    def _give_up_when_late(self, what: str, since: float, error: Exception) -> None:
        if time.monotonic() - since > self._patience_s:
            raise ServiceGoneError(
                f"{what}: no answer from {self._http.base_url} for {self._patience_s:.0f} s ({error!r}); "
                "is the service running? Start it with: cover serve --region PACK"
            ) from error


class _BusyError(Exception):
    """The service cannot take it now (5xx, 429); worth another try after `wait_s`."""

    def __init__(self, status: int, wait_s: float) -> None:
        super().__init__(f"HTTP {status}")
        self.wait_s = wait_s


async def _read_if_error(response: httpx.Response) -> httpx.Response:
    if response.status_code >= 400:
        await response.aread()
    return response


def _raise_for_problem(what: str, answer: httpx.Response, retries: int = 0) -> None:
    """Raise `_BusyError` for what a retry may mend, `RefusedError` for what it will not."""
    status = answer.status_code
    if status < 400:
        return
    if status >= 500 or status == 429:
        after = answer.headers.get("retry-after", "0")
        raise _BusyError(status, min(float(after), 10.0) if after.isdecimal() else 0.0)
    raise RefusedError(what, status, _problem_words(answer), retries)


def _problem_words(answer: httpx.Response) -> str:
    """Return a problem's detail and its first errors in words."""
    try:
        problem = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return answer.text[:200]
    words = str(problem.get("detail") or problem.get("title") or "no detail given")
    errors = problem.get("errors") or []
    for error in errors[:3] if isinstance(errors, list) else []:
        words += f"; event {error.get('index')}, {error.get('field')}: {error.get('reason')}"
    return words
