"""Bytes to events and back, strictly.

Called wherever events enter or leave: the HTTP ingest, the area worker, feeds. Knows shapes only; never
looks at a region or a picture.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_type_hints

import msgspec

from streams.errors import DecodeError
from streams.events import TYPE_OF, TYPES, Envelope, Event, EventData

MAX_EVENT_BYTES = 262_144
"""Largest event taken. A plan with routes is some 30 kB; one event of this size is a mistake."""

T = TypeVar("T")

_envelope = msgspec.json.Decoder(Envelope)
_data = {name: msgspec.json.Decoder(data) for name, data in TYPES.items()}
_CONSTANT: dict[str, Any] = {
    "specversion": Literal["1.0"],
    "datacontenttype": Literal["application/json"] | None,
}
"""Fields of the envelope whose pattern fits one word only, which is read faster as that word."""


def _whole_events() -> "msgspec.json.Decoder[Any]":
    """Decoder of envelope and data in one go, the data's shape chosen by the envelope's type.

    It takes nothing that `_envelope` and `_data` do not take, and finds the same in it. What it refuses is
    for these two to judge: their errors name the field and what would be right.
    """
    shapes: list[Any] = []
    for name, data in TYPES.items():
        fields: list[Any] = []
        for field in msgspec.structs.fields(Envelope):
            kind = data if field.name == "data" else _CONSTANT.get(field.name, field.type)
            if field.name != "type":
                fields.append((field.name, kind) if field.required else (field.name, kind, field.default))
        whole = msgspec.defstruct(
            f"Whole{data.__name__}",
            fields,
            tag_field="type",
            tag=name,
            frozen=True,
            forbid_unknown_fields=True,
        )
        shapes.append(whole)
    return msgspec.json.Decoder(Union[tuple(shapes)])  # noqa: UP007


_whole = _whole_events()
_encoder = msgspec.json.Encoder()
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])


def decode(payload: bytes) -> Event:
    """Decode one structured CloudEvent.

    Raises
    ------
    DecodeError
        Naming the field and what would be right: not UTF-8, not JSON, a field missing, unknown or out of
        range, an unknown event type, a body over `MAX_EVENT_BYTES`.
    """
    if len(payload) > MAX_EVENT_BYTES:
        raise DecodeError("", f"an event is at most {MAX_EVENT_BYTES} bytes; this has {len(payload)}")
    try:
        if not payload.isascii():
            payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("", f"the body is not UTF-8: byte {error.start} is wrong") from None
    try:
        whole = _whole.decode(payload)
        data = whole.data
    except (msgspec.MsgspecError, ValueError, RecursionError):
        whole, data = _in_two_steps(payload)
    try:
        time = whole.time.astimezone(UTC)
    except OverflowError:
        raise DecodeError("time", f"{whole.time.isoformat()} lies outside the calendar") from None
    return Event(
        id=whole.id,
        source=whole.source,
        type=TYPE_OF[type(data)],
        time=time,
        area=whole.area,
        data=data,
        sequence=whole.sequence or 0,
    )


def split_batch(body: bytes, limit: int) -> list[bytes]:
    """Cut a CloudEvents batch (a JSON array) into its events, undecoded.

    Raises
    ------
    DecodeError
        Where the body is not an array, or holds none or more than `limit` events.
    """
    try:
        parts = _raw_list.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("", f"a batch is a JSON array of events: {error}") from None
    if not 1 <= len(parts) <= limit:
        raise DecodeError("", f"a batch holds 1 to {limit} events; this has {len(parts)}")
    return [bytes(part) for part in parts]


def encode(
    data: EventData, *, id: str, source: str, area: str, time: datetime, sequence: int | None = None
) -> bytes:
    """Encode event data in its CloudEvents envelope; `time` must carry a zone."""
    return _encoder.encode(
        Envelope(
            specversion="1.0",
            id=id,
            source=source,
            type=TYPE_OF[type(data)],
            time=time,
            area=area,
            data=msgspec.Raw(_encoder.encode(data)),
            datacontenttype="application/json",
            sequence=sequence,
        )
    )


def encode_batch(events: Sequence[bytes]) -> bytes:
    """Join encoded events into one CloudEvents batch body."""
    return b"[" + b",".join(events) + b"]"


def _in_two_steps(payload: bytes) -> tuple[Envelope, EventData]:
    """The envelope, then the data by its type: slower, and exact about what is wrong."""
    if not payload.strip():
        raise DecodeError("", "the body is empty; send one CloudEvent as a JSON object")
    envelope = _decoded(_envelope, payload, "", Envelope)
    decoder = _data.get(envelope.type)
    if decoder is None:
        raise DecodeError("type", f"unknown event type {envelope.type!r}; known: {', '.join(sorted(TYPES))}")
    return envelope, _decoded(decoder, bytes(envelope.data), "data", TYPES[envelope.type])


def _decoded(decoder: "msgspec.json.Decoder[T]", payload: bytes, prefix: str, shape: type) -> T:
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        field, reason = _field_and_reason(str(error), shape)
        raise DecodeError(".".join(part for part in (prefix, field) if part), reason) from None
    except msgspec.DecodeError as error:
        raise DecodeError(prefix, f"not valid JSON: {error}") from None
    except RecursionError:
        raise DecodeError(prefix, "nested too deeply; an event is a flat object") from None


def _field_and_reason(message: str, shape: type) -> tuple[str, str]:
    """Split msgspec's `reason - at `$.path`` into field path and reason, and say what would be right."""
    reason, _, at = message.partition(" - at `")
    path = at.rstrip("`").removeprefix("$").removeprefix(".")
    fields = get_type_hints(shape)
    for marker in ("Object missing required field `", "Object contains unknown field `"):
        if reason.startswith(marker):
            name = reason.removeprefix(marker).rstrip("`")
            path = f"{path}.{name}" if path else name
            known = f"unknown field; remove it. Fields here: {', '.join(fields)}"
            reason = "this field is required" if "missing" in marker else known
    hint = fields.get(path)
    for kind in (hint, *get_args(hint)):
        if reason.startswith("Invalid enum value") and isinstance(kind, type) and issubclass(kind, Enum):
            reason = f"{reason}; one of {', '.join(str(member.value) for member in kind)}"
    return path, reason
