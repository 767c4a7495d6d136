"""The shapes of events and answers for the OpenAPI description, taken from the structs that decode them.

Called by the API's factory. Describes only; checks nothing.
"""

from typing import Any

import msgspec
from fastapi import FastAPI

from services.area_state import Snapshot
from services.picture_view import PictureDelta
from services.what_if_solver import WhatIfAnswer
from streams.events import TYPES, Envelope

REF = "#/components/schemas/{name}"
EVENT_SCHEMA = {"$ref": REF.format(name="Envelope")}


def describe(app: FastAPI) -> None:
    """Let the application's OpenAPI description hold the shapes of events, pictures and plans."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        api = plain()
        schemas = api.setdefault("components", {}).setdefault("schemas", {})
        if "Envelope" not in schemas:
            data = sorted(TYPES.values(), key=lambda struct: struct.__name__)
            types = [Envelope, Snapshot, PictureDelta, WhatIfAnswer, *data]
            _, components = msgspec.json.schema_components(types, ref_template=REF)
            schemas.update(components)
            schemas["Envelope"]["properties"]["type"] = {"enum": sorted(TYPES)}
            schemas["Envelope"]["properties"]["data"] = {
                "oneOf": [{"$ref": REF.format(name=struct.__name__)} for struct in data]
            }
        return api

    app.openapi = openapi  # type: ignore[method-assign]
