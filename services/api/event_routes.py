"""`POST /areas/{area}/events`: events come in, one or a batch.

Part of the API. Reads the body with a limit; leaves every judgement to `services.ingest`.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.api.context import AreaNow, ServiceNow, json_answer
from services.api.problems import ProblemError
from services.api.schemas import EVENT_SCHEMA
from streams.codec import split_batch

router = APIRouter(tags=["events"])

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            ONE: {"schema": EVENT_SCHEMA},
            BATCH: {"schema": {"type": "array", "items": EVENT_SCHEMA, "minItems": 1}},
        },
    }
}


@router.post("/events", status_code=202, openapi_extra=_BODY, response_class=Response)
async def take_events(request: Request, area: AreaNow, service: ServiceNow) -> Response:
    """Take one event or a batch, all or nothing.

    Answers 202 with how many were new, how many had come in before, and the offset of the newest; 422 names
    each bad event's index, field and reason, and then nothing of the request is taken.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {ONE, BATCH}:
        raise ProblemError(415, f"content type {media_type!r}; send {ONE} or {BATCH}")
    body = await _limited_body(request, service.settings.max_body_bytes)
    if media_type == ONE and body.lstrip().startswith(b"["):
        raise ProblemError(415, f"this is a batch (a JSON array); send it as {BATCH}")
    payloads = split_batch(body, service.settings.max_batch) if media_type == BATCH else [body]
    return json_answer(await area.ingest.take(payloads), 202)


async def _limited_body(request: Request, limit: int) -> bytes:
    """The body, read no further than `limit` bytes."""
    declared = request.headers.get("content-length", "0")
    parts: list[bytes] = []
    size = int(declared) if declared.isdecimal() and int(declared) > limit else 0
    if not size:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                break
            parts.append(part)
    if size > limit:
        raise ProblemError(413, f"a request is at most {limit} bytes; send smaller batches")
    return b"".join(parts)
