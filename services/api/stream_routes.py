"""`GET /areas/{area}/stream`: live push as server-sent events, resumed by `Last-Event-ID`.

Part of the API. Reads the hub; never keeps a queue for a console.
"""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse

from services.api.context import ReadyArea, ServiceNow
from services.api.problems import ProblemError
from services.hosted_area import HostedArea
from services.service import Service

router = APIRouter(tags=["live"])

WAIT_S = 5.0
"""The area beats every two seconds; waiting longer only means the worker is down."""
RETRY_MS = 1_000
"""What a browser waits before it connects again."""
KEEP_ALIVE = b": waiting\n\n"


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "A stream of server-sent events.", "content": {"text/event-stream": {}}}
}


@router.get("/stream", response_class=Response, responses=_ANSWERS)
async def stream(
    area: ReadyArea, service: ServiceNow, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> Response:
    """Live events: `snapshot` first, then `beat` now and then.

    Of a brigade also `picture`, `plan` and `zones`; of a council `day` (what has changed) and `proposal`.

    A client that comes back with `Last-Event-ID` gets what it missed, or a new snapshot where that is no
    longer kept.
    """
    if area.hub.consoles >= service.settings.max_consoles:
        raise ProblemError(503, f"{area.hub.consoles} consoles are connected, the most this service takes")
    return EventSourceResponse(
        _messages(area, service, last_event_id),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _messages(area: HostedArea, service: Service, last_event_id: str | None) -> AsyncIterator[bytes]:
    hub, name = area.hub, area.id
    cursor = hub.open(last_event_id)
    consoles = service.metrics.consoles.labels(name)
    push = service.metrics.stage.labels(name, "push")
    connected_at = time.perf_counter()
    hub.consoles += 1
    consoles.set(hub.consoles)
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        while not hub.closed:
            messages = await cursor.next(WAIT_S)
            for message in messages:
                yield message.wire
                if message.pushed_at >= connected_at:  # what it missed while away was not slow
                    push.observe(time.perf_counter() - message.pushed_at)
            if not messages:
                yield KEEP_ALIVE
    finally:
        hub.consoles -= 1
        consoles.set(hub.consoles)
