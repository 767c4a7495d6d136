"""`POST /areas/{area}/events`: events come in, one or a batch.

Part of the API. Reads the body with a limit; leaves every judgement to `services.ingest`.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.api.bodies import limited_body, media_type
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
    given = media_type(request)
    if given not in {ONE, BATCH}:
        raise ProblemError(415, f"content type {given!r}; send {ONE} or {BATCH}")
    body = await limited_body(request, service.settings.max_body_bytes)
    if given == ONE and body.lstrip().startswith(b"["):
        raise ProblemError(415, f"this is a batch (a JSON array); send it as {BATCH}")
    payloads = split_batch(body, service.settings.max_batch) if given == BATCH else [body]
    return json_answer(await area.ingest.take(payloads), 202)
