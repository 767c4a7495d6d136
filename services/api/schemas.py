"""The shapes of events and answers for the OpenAPI description, taken from the structs that decode them.

Called by the API's factory. Describes only; checks nothing.
"""

from typing import Any

import msgspec
from fastapi import FastAPI

from services.api.feedback_routes import Posts
from services.area_state import Snapshot
from services.council.day_state import DaySnapshot
from services.council.day_view import DayDelta
from services.council.rounds_desk import MovePrice
from services.picture_view import PictureDelta
from services.what_if_solver import WhatIfAnswer
from streams.events import TYPES, Envelope

REF = "#/components/schemas/{name}"
EVENT_SCHEMA = {"$ref": REF.format(name="Envelope")}
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Problem details (RFC 9457); `errors` name each wrong field and what would be right.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "field", "reason"],
                "properties": {
                    "index": {"type": "integer"},
                    "field": {"type": "string"},
                    "reason": {"type": "string"},
                },
            },
        },
    },
}


def describe(app: FastAPI) -> None:
    """Let the application's OpenAPI description hold the shapes of events, pictures, plans and days."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        api = plain()
        schemas = api.setdefault("components", {}).setdefault("schemas", {})
        if "Envelope" not in schemas:
            data = sorted(TYPES.values(), key=lambda struct: struct.__name__)
            days = [DaySnapshot, DayDelta, MovePrice]
            types = [Envelope, Posts, Snapshot, PictureDelta, *days, WhatIfAnswer, *data]
            _, components = msgspec.json.schema_components(types, ref_template=REF)
            schemas.update(components)
            schemas["Envelope"]["properties"]["type"] = {"enum": sorted(TYPES)}
            schemas["Envelope"]["properties"]["data"] = {
                "oneOf": [{"$ref": REF.format(name=struct.__name__)} for struct in data]
            }
            _say_problems(api)
        return api

    app.openapi = openapi  # type: ignore[method-assign]


def _say_problems(api: dict[str, Any]) -> None:
    """Describe refused input as it is answered here, not as the framework would answer it."""
    schemas = api["components"]["schemas"]
    for own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(own, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    answer = {
        "description": "Not acceptable as it stands",
        "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}},
    }
    for operations in api["paths"].values():
        for operation in operations.values():
            if "422" in operation.get("responses", {}):
                operation["responses"]["422"] = answer
