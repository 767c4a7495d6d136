"""The codec: what goes out comes back, and what is wrong is named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import codec
from streams.errors import DecodeError
from streams.events import (
    ApplianceStatus,
    ApplianceStatusChanged,
    IncidentCategory,
    IncidentOpened,
    IncidentStopped,
)

TIME = datetime(2025, 6, 6, 17, tzinfo=UTC)
ids = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9 ._:/>-]{0,63}\Z")
times = st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
openings = st.builds(
    IncidentOpened,
    incident=ids,
    category=st.sampled_from(IncidentCategory),
    easting_m=st.floats(0, 700_000),
    northing_m=st.floats(0, 1_300_000),
    appliances_required=st.dictionaries(st.sampled_from(["pump", "aerial"]), st.integers(0, 100)),
    expected_stop=st.none() | times,
    uprn=st.none() | st.from_regex(r"\A[0-9]{1,12}\Z"),
)


def body(**changes: Any) -> dict[str, Any]:
    """A valid opening as a JSON object, with changes; None removes a field."""
    event: dict[str, Any] = msgspec.json.decode(
        codec.encode(
            IncidentOpened("I1", IncidentCategory.FIRE, 530_000.0, 180_000.0, {"pump": 2}),
            id="e1",
            source="/test",
            area="demo",
            time=TIME,
        )
    )
    for path, value in changes.items():
        target = event
        *parents, name = path.split("__")
        for parent in parents:
            target = target[parent]
        if value is None:
            del target[name]
        else:
            target[name] = value
    return event


@given(data=openings, time=times, sequence=st.integers(0, 2**31 - 1))
def test_what_goes_out_comes_back(data: IncidentOpened, time: datetime, sequence: int) -> None:
    wire = codec.encode(data, id="e1", source="/test", area="demo", time=time, sequence=sequence)
    event = codec.decode(wire)
    assert event.data == data
    assert (event.time, event.sequence, event.area) == (time, sequence, "demo")


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_refused_cleanly(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        codec.decode(payload)


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"type": "dynamiccover.incident.exploded.v1"}, "type", "unknown event type"),
        ({"id": None}, "id", "required"),
        ({"data__incident": None}, "data.incident", "required"),
        ({"data__colour": "red"}, "data.colour", "unknown field"),
        ({"colour": "red"}, "colour", "unknown field"),
        ({"data__easting_m": "530000"}, "data.easting_m", "Expected `float`"),
        ({"data__easting_m": 5.3e9}, "data.easting_m", "<= "),
        ({"data__appliances_required": {"pump": -1}}, "data.appliances_required[...]", ">= 0"),
        ({"data__appliances_required": {"pump": 100_000}}, "data.appliances_required[...]", "<= 100"),
        ({"data__category": "arson"}, "data.category", "Invalid enum value"),
        ({"data__uprn": "12 34"}, "data.uprn", "regex"),
        ({"time": "2025-06-06T17:00:00"}, "time", "timezone"),
        ({"time": "yesterday"}, "time", "RFC3339"),
        ({"time": "0001-01-01T00:00:00+01:00"}, "time", "outside the calendar"),
        ({"data__incident": "I1\n"}, "data.incident", "regex"),
        ({"specversion": "0.3"}, "specversion", "regex"),
        ({"area": "London!"}, "area", "regex"),
        ({"sequence": -1}, "sequence", ">= 0"),
        ({"data": [1]}, "data", "Expected `object`"),
    ],
)
def test_bad_field_is_named(changes: dict[str, Any], field: str, word: str) -> None:
    with pytest.raises(DecodeError) as caught:
        codec.decode(msgspec.json.encode(body(**changes)))
    assert caught.value.field == field
    assert word in caught.value.reason


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b"{", "not valid JSON"),
        (b"", "the body is empty"),
        (b'{"id": NaN}', "not valid JSON"),
        (b"[" * 20_000, "Expected `object`"),
        (b" " * (codec.MAX_EVENT_BYTES + 1), "at most"),
    ],
)
def test_bad_bytes_are_refused(payload: bytes, word: str) -> None:
    with pytest.raises(DecodeError, match=word):
        codec.decode(payload)


def test_status_needs_what_it_speaks_of() -> None:
    for status, needs in [("available", "station"), ("mobilised", "incident"), ("relocating", "station")]:
        event = body(type="dynamiccover.appliance.status.v1")
        event["data"] = {"appliance": "A211", "status": status}
        with pytest.raises(DecodeError, match=f"needs `{needs}`"):
            codec.decode(msgspec.json.encode(event))


def test_half_a_position_is_refused() -> None:
    with pytest.raises(ValueError, match="go together"):
        ApplianceStatusChanged("A211", ApplianceStatus.OFF_RUN, easting_m=1.0)


def test_batches_are_cut_and_bounded() -> None:
    one = codec.encode(IncidentStopped("I1"), id="e1", source="/t", area="demo", time=TIME)
    assert codec.split_batch(codec.encode_batch([one, one]), 2) == [one, one]
    for bad in (
        codec.encode_batch([one, one, one]),
        b"[]",
        b"{}",
        b"[1,",
        b'"text"',
        b"\xff",
        b"[" * 500_000,
    ):
        with pytest.raises(DecodeError):
            codec.split_batch(bad, 2)


def test_times_become_utc() -> None:
    event = body(time="2025-06-06T18:00:00+01:00")
    decoded = codec.decode(msgspec.json.encode(event))
    assert decoded.time == TIME
    assert decoded.time.utcoffset() == timedelta(0)


def outcome(decode: Callable[[bytes], object], payload: bytes) -> object:
    try:
        return decode(payload)
    except DecodeError as error:
        return error.field, error.reason


SPOILT = [
    ('"demo"', '"Demo"'),
    ('"1.0"', '"1.00"'),
    ('"1.0"', '"1\\u002e0"'),
    ("application/json", "text/json"),
    ('"datacontenttype":"application/json"', '"datacontenttype":null'),
    ("incident.opened", "incident.stopped"),
    ("incident.opened", "incident\\u002eopened"),
    ("incident.opened", "incident.closed"),
    ('{"id"', '{"type":"dynamiccover.incident.stopped.v1","id"'),
    ('{"id"', '{"type":7,"id"'),
    ('{"id"', '{"data":{},"id"'),
    ('{"id"', '{"id":"twice","id"'),
    ('"data":{', '"data":{"type":"dynamiccover.incident.opened.v1",'),
    ('"pump":2', '"pump":2.0'),
    ('"pump":2', '"pump":1e999'),
    ('"pump":2', '"pump":2,"pump":3'),
    ('"I1"', '"\\ud800"'),
    ('"I1"', '"\u00e9"'),
    ('"I1"', '""'),
    ('Z"', '"'),
    ('Z"', '+05:30"'),
    ("2025-", "0001-"),
    ("}}", "}"),
    ("}}", "}} x"),
    (":", " :\n"),
]


@given(
    data=openings, spoils=st.lists(st.sampled_from(SPOILT), max_size=3), cut=st.none() | st.integers(0, 300)
)
@settings(max_examples=400)
def test_reading_at_once_and_in_two_steps_are_one(
    data: IncidentOpened, spoils: list[tuple[str, str]], cut: int | None
) -> None:
    data = msgspec.structs.replace(data, incident="I1", appliances_required={"pump": 2})
    text = codec.encode(data, id="e1", source="/test", area="demo", time=TIME).decode()
    for right, wrong in spoils:
        text = text.replace(right, wrong, 1)
    payload = text.encode()[:cut]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_whole", msgspec.json.Decoder(type(None)))  # refuses every event
        slowly = outcome(codec.decode, payload)
    assert outcome(codec.decode, payload) == slowly


def test_what_is_right_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_envelope", None)
    assert codec.decode(msgspec.json.encode(body())).id == "e1"
