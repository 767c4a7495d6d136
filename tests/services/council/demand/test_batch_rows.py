"""Batches as they are read: CSV and JSON, every wrong row by its line."""

from zoneinfo import ZoneInfo

import pytest

from services.council.demand.batch_rows import Batch, BatchError, read_batch
from services.council.demand.service_list import SERVICES
from streams.council_events import ReportChannel

LONDON = ZoneInfo("Europe/London")


def read(text: str, as_csv: bool = True, most: int = 10) -> Batch:
    return read_batch(text.encode(), as_csv, most, LONDON, lambda who: f"<{who}>", lambda name: f"b-{name}")


def test_a_csv_row_becomes_a_report() -> None:
    batch = read(
        "\ufeffservice_code,uprn,lat,lon,at,material,collection_date,email,description,id\r\n"
        "missed_collection,0010000000,52.25,-1.5,2025-06-06 08:30,residual,2025-06-06,Ada@Example.org,"
        '"the bin,\nagain",7\r\n'
    )
    (report,) = batch.reports
    assert batch.lines == [2]
    assert report.service.code == "missed_collection"
    assert (report.place.uprn, report.place.lat, report.place.lon) == ("10000000", 52.25, -1.5)
    assert report.reported_at is not None
    assert report.reported_at.isoformat() == "2025-06-06T08:30:00+01:00"
    assert str(report.collection_date) == "2025-06-06"
    assert (report.reporter, report.event_id) == ("<ada@example.org>", "b-7")
    assert "again" not in repr(report)


def test_a_json_list_is_read_alike() -> None:
    (report,) = read(
        '[{"service_code": "overflowing_bin", "uprn": 10000000, "fill": 0.9, "lat": null}]', as_csv=False
    ).reports
    assert (report.place.uprn, report.fill, report.place.lat) == ("10000000", 0.9, None)
    assert report.channel is ReportChannel.SENSOR
    assert report.reporter is None


def test_lines_are_those_of_the_file() -> None:
    batch = read('service_code,uprn,description\nfly_tip,1,"a\nb"\n\nfly_tip,2,\nfly_tip,x,\n')
    assert batch.lines == [2, 5]
    assert [tuple(error)[:2] for error in batch.errors] == [(6, "uprn")]


@pytest.mark.parametrize(
    ("row", "field", "word"),
    [
        ({"service_code": "pothole"}, "service_code", "missed_collection"),
        ({"uprn": "1"}, "service_code", "missing"),
        ({"service_code": "fly_tip", "uprn": "12 Alder"}, "uprn", "digits"),
        ({"service_code": "fly_tip", "uprn": [1]}, "uprn", "text"),
        ({"service_code": "fly_tip", "lat": "north"}, "lat", "number"),
        ({"service_code": "fly_tip", "lat": "inf", "lon": 0}, "lat", "number"),
        ({"service_code": "fly_tip", "lat": True}, "lat", "number"),
        ({"service_code": "overflowing_bin", "fill": 90}, "fill", "from 0 to 1"),
        ({"service_code": "fly_tip", "fill": 0.9}, "fill", "does not take"),
        ({"service_code": "fly_tip", "at": "yesterday"}, "at", "time"),
        ({"service_code": "missed_collection", "collection_date": "6/6/25"}, "collection_date", "day"),
        ({"service_code": "fly_tip", "address": "x" * 501}, "address", "at most 500"),
    ],
)
def test_a_wrong_row_is_named(row: dict[str, object], field: str, word: str) -> None:
    import json

    batch = read(json.dumps([{"service_code": "fly_tip", "uprn": "1"}, row]), as_csv=False)
    (error,) = batch.errors
    assert (error.line, error.field) == (2, field)
    assert word in error.reason
    assert len(batch.reports) == 1


@pytest.mark.parametrize(
    ("text", "as_csv", "line", "word"),
    [
        ("", True, 1, "lacks this column"),
        ("uprn\n1\n", True, 1, "lacks this column"),
        ("service_code,uprn\n", True, 1, "no rows"),
        ("service_code,phone number\nfly_tip,1\n", True, 1, "no such field"),
        ("service_code,uprn,uprn\nfly_tip,1,1\n", True, 1, "twice"),
        ("service_code,uprn\nfly_tip,1\nfly_tip\n", True, 3, "1 fields where the header has 2"),
        ('service_code,uprn\nfly_tip,"1\n', True, 2, "not CSV"),
        ("service_code,uprn\n" + "fly_tip,1\n" * 11, True, 12, "at most 10"),
        ("{}", False, 1, "list"),
        ("[1]", False, 1, "object"),
        ("[", False, 1, "not JSON"),
        ("[" * 100_000, False, 1, "nested too deeply"),
        ("[]", False, 1, "no rows"),
        ("[" + ",".join(["{}"] * 11) + "]", False, 11, "at most 10"),
    ],
)
def test_what_is_no_batch_is_refused(text: str, as_csv: bool, line: int, word: str) -> None:
    with pytest.raises(BatchError, match=word) as refused:
        read(text, as_csv)
    assert refused.value.errors[0].line == line


def test_text_that_is_not_utf8_is_named_by_its_line() -> None:
    body = "service_code,address\nfly_tip,Café\n".encode("latin-1")
    with pytest.raises(BatchError, match=r"line 2.*UTF-8"):
        read_batch(body, True, 10, LONDON, str, str)


def test_every_service_is_taken() -> None:
    rows = "".join(f"{code.value},1\n" for code in SERVICES)
    assert [one.service.code for one in read("service_code,uprn\n" + rows).reports] == list(SERVICES)
