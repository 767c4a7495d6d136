"""The body of an Open311 report: its fields under this service's names, and its description for OpenAPI.

Called by the Open311 routes. Reads; judges nothing and keeps nothing.
"""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from services.api.context import JSON
from services.api.problems import ProblemError
from services.council.demand.report_fields import NEVER_KEPT
from services.council.demand.service_list import ATTRIBUTES

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 200
GEO_NAMES = {"uprn": "address_id", "address": "address_string", "lon": "long", "at": "requested_datetime"}
"""GeoReport's words for our fields."""
OWN_NAMES = {theirs: ours for ours, theirs in GEO_NAMES.items()}
EXTRA_NAMES = {"easting": "easting_m", "northing": "northing_m"}
"""What this service takes beyond GeoReport."""
_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_REPORT: dict[str, Any] = {
    "type": "object",
    "required": ["service_code"],
    "properties": {
        "jurisdiction_id": _TEXT
        | {"description": "Area id of the council; optional where only one is served."},
        "service_code": _TEXT,
        "address_id": _TEXT | {"description": "UPRN."},
        "address_string": _TEXT,
        "lat": _NUMBER,
        "long": _NUMBER,
        "easting": _NUMBER | {"description": "Metres of the council's grid, with `northing`."},
        "northing": _NUMBER,
        "requested_datetime": _TEXT | {"format": "date-time", "description": "When it was noticed."},
        **{f"attribute[{name}]": _TEXT for name in ATTRIBUTES},
        **{name: _TEXT | {"description": "Never kept."} for name in sorted(NEVER_KEPT)},
    },
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {FORM: {"schema": _REPORT}, JSON: {"schema": _REPORT}},
    }
}


def report_fields(kind: str, body: bytes) -> dict[str, object]:
    """The fields of a report, under our names; attributes beside the others."""
    given: dict[str, object] = {}
    if kind == FORM:
        try:
            text = body.decode("ascii")
            given.update(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
        except ValueError:
            raise ProblemError(400, f"not a form ({FORM}), its text in UTF-8") from None
    elif kind == JSON:
        try:
            read = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ProblemError(400, "not JSON, or nested too deeply; send one flat object") from None
        if not isinstance(read, dict):
            raise ProblemError(400, "must be an object")
        for name in ("attribute", "attributes"):
            more = read.pop(name, None) or {}
            if not isinstance(more, dict):
                raise ProblemError(400, f"{name}: must be an object of codes and values")
            given.update(more)
        given.update(read)
    else:
        raise ProblemError(415, f"content type {kind[:60]!r}; send {FORM} or {JSON}")
    fields: dict[str, object] = {}
    for name, value in given.items():
        plain = name.removeprefix("attribute[").removesuffix("]") if name.startswith("attribute[") else name
        fields[EXTRA_NAMES.get(plain) or OWN_NAMES.get(plain, plain)] = value
    return fields
