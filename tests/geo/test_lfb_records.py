"""Reading the brigade's incident schema: good rows, bad rows with their reason, files that cannot be used."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.lfb_records import (
    COLUMNS,
    LONDON_TIME,
    IncidentFile,
    IncidentRecord,
    PumpArrival,
    calls_of_days,
    read_incidents,
)
from geo.strict_csv import SourceError
from tests.shared_data import LONDON, needs_london

GOOD = {
    "IncidentNumber": "000001-01072023",
    "DateOfCall": "2023-07-01",
    "TimeOfCall": "12:30:05",
    "IncidentGroup": "Fire",
    "StopCodeDescription": "Primary Fire",
    "PropertyCategory": "Dwelling",
    "UPRN": "100012345.0",
    "IncGeo_BoroughName": "BARNET",
    "Easting_m": "530000.0",
    "Northing_m": "180000.0",
    "Easting_rounded": "530050",
    "Northing_rounded": "180050",
    "IncidentStationGround": "Somewhere",
    "FirstPumpArriving_AttendanceTime": "300.0",
    "FirstPumpArriving_DeployedFromStation": "Somewhere",
    "SecondPumpArriving_AttendanceTime": "",
    "SecondPumpArriving_DeployedFromStation": "",
    "NumStationsWithPumpsAttending": "1.0",
    "NumPumpsAttending": "1.0",
    "PumpCount": "2",
    "PumpMinutesRounded": "60",
}


def written(path: Path, rows: Any, columns: Any = COLUMNS, encoding: Any = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(tmp_path: Path, **changes: str) -> IncidentFile:
    return read_incidents(written(tmp_path / "incidents.csv", [{**GOOD, **changes}]))


def test_a_good_row(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.bad == ()
    (record,) = found.records
    # British Summer Time is an hour ahead.
    assert record.called_at == datetime(2023, 7, 1, 11, 30, 5, tzinfo=UTC)
    assert (record.category, record.uprn, record.pump_count) == ("fire", "100012345", 2)
    assert (record.easting_m, record.northing_m, record.exact) == (530_000.0, 180_000.0, True)
    assert record.first == PumpArrival("Somewhere", 300.0)
    assert record.second is None


def test_rounded_coordinates_are_used_where_exact_ones_are_not_published(tmp_path: Path) -> None:
    (record,) = read(tmp_path, Easting_m="", Northing_m="", UPRN="0").records
    assert (record.easting_m, record.northing_m, record.exact) == (530_050.0, 180_050.0, False)
    assert record.uprn is None


@pytest.mark.parametrize("date", ["2023-07-01", "01 Jul 2023", "01-Jul-23", "01/07/2023"])
def test_the_brigades_ways_to_write_a_date(tmp_path: Path, date: str) -> None:
    (record,) = read(tmp_path, DateOfCall=date).records
    assert record.called_at.date().isoformat() == "2023-07-01"


def test_of_the_hour_that_comes_twice_the_first_is_meant(tmp_path: Path) -> None:
    (record,) = read(tmp_path, DateOfCall="2023-10-29", TimeOfCall="01:30:00").records
    assert record.called_at == datetime(2023, 10, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"IncidentNumber": ""}, "IncidentNumber"),
        ({"IncidentGroup": "Party"}, "IncidentGroup"),
        ({"DateOfCall": "yesterday"}, "DateOfCall"),
        ({"TimeOfCall": "25:00:00"}, "DateOfCall"),
        ({"Easting_m": "abc"}, "Easting_m"),
        ({"Easting_m": "", "Easting_rounded": ""}, "Easting_rounded"),
        ({"Northing_m": "99999999"}, "Northing_m"),
        ({"Northing_m": "nan"}, "Northing_m"),
        ({"FirstPumpArriving_AttendanceTime": "-5"}, "FirstPumpArriving_AttendanceTime"),
        ({"FirstPumpArriving_AttendanceTime": "99999"}, "FirstPumpArriving_AttendanceTime"),
        ({"FirstPumpArriving_AttendanceTime": ""}, "FirstPumpArriving_AttendanceTime"),
        ({"FirstPumpArriving_DeployedFromStation": "NULL"}, "FirstPumpArriving_DeployedFromStation"),
        ({"PumpCount": ""}, "PumpCount"),
        ({"PumpCount": "1.5"}, "PumpCount"),
    ],
)
def test_a_bad_row_is_kept_with_its_line_and_reason(
    tmp_path: Path, changes: dict[str, str], field: str
) -> None:
    found = read_incidents(
        written(tmp_path / "i.csv", [{**GOOD, **changes}, {**GOOD, "IncidentNumber": "2"}])
    )
    assert [record.number for record in found.records] == ["2"]
    (bad,) = found.bad
    assert bad.line == 2
    assert bad.reason.startswith(f"{field}: ")
    assert found.reasons() == {field: 1}


def test_a_number_that_stands_twice_is_a_bad_row(tmp_path: Path) -> None:
    found = read_incidents(written(tmp_path / "i.csv", [GOOD, GOOD]))
    assert len(found.records) == 1
    assert "stands twice" in found.bad[0].reason


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    columns = [name for name in COLUMNS if name not in ("PumpCount", "UPRN")]
    path = written(tmp_path / "i.csv", [GOOD], columns)
    with pytest.raises(SourceError, match=r"i\.csv: column UPRN, PumpCount is missing"):
        read_incidents(path)


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    assert len(read_incidents(written(tmp_path / "i.csv", [GOOD], encoding="utf-8-sig")).records) == 1


def test_a_short_row_is_a_bad_row(tmp_path: Path) -> None:
    path = written(tmp_path / "i.csv", [GOOD])
    path.write_text(path.read_text() + "000002\r\n")
    found = read_incidents(path)
    assert (len(found.records), len(found.bad)) == (1, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is missing"),
        (",".join(COLUMNS).encode(), "no row"),
        (",".join(COLUMNS).encode() + b"\n\xff\xff,1", "not UTF-8"),
        (",".join(COLUMNS).encode() + b'\n"never closed', "not a well-formed CSV"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"bad\.csv: .*{message}"):
        read_incidents(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.csv: there is no such file"):
        read_incidents(tmp_path / "none.csv")


RECORD = IncidentRecord(
    number="1",
    called_at=datetime(2023, 1, 1, tzinfo=UTC),
    category="fire",
    stop_code="",
    property_category="",
    uprn=None,
    borough="",
    easting_m=530_000.0,
    northing_m=180_000.0,
    exact=True,
    station_ground="",
    first=None,
    second=None,
    stations_attending=None,
    pumps_attending=None,
    pump_count=1,
    pump_minutes=60,
)


@given(st.lists(st.datetimes(datetime(2019, 12, 30), datetime(2024, 12, 31), timezones=st.just(UTC))))
def test_odd_and_even_days_are_disjoint_and_together_all(times: list[datetime]) -> None:
    records = [replace(RECORD, number=str(n), called_at=at) for n, at in enumerate(times)]
    odd, even = calls_of_days(records, "odd-days"), calls_of_days(records, "even-days")
    assert not {record.number for record in odd} & {record.number for record in even}
    assert sorted([*odd, *even], key=lambda record: int(record.number)) == records
    assert calls_of_days(records, "all") == tuple(records)
    dates = [{record.called_at.astimezone(LONDON_TIME).date() for record in half} for half in (odd, even)]
    assert not dates[0] & dates[1]


def test_a_day_is_odd_by_its_number_in_the_year_and_londons_date() -> None:
    # 1 July 2023 is day 182; in summer 23:30 UTC the day before is already that day in London.
    late = replace(RECORD, called_at=datetime(2023, 6, 30, 23, 30, tzinfo=UTC))
    assert calls_of_days([late], "even-days") == (late,)
    before = replace(late, called_at=late.called_at - timedelta(hours=1))
    assert calls_of_days([before], "odd-days") == (before,)
    assert calls_of_days([RECORD], "odd-days") == (RECORD,)
    with pytest.raises(ValueError, match="calls: 'mondays'; it must be one of all, odd-days, even-days"):
        calls_of_days([], "mondays")  # type: ignore[arg-type]


@needs_london
@pytest.mark.real_data
def test_the_real_sample_is_read_whole() -> None:
    found = read_incidents(LONDON / "lfb_incidents_2023_sample.csv")
    assert (len(found.records), len(found.bad)) == (10_000, 0)
    assert sum(record.first is not None for record in found.records) == 9_473
    assert sum(record.second is not None for record in found.records) == 3_642
    assert sum(record.exact for record in found.records) == 4_168
    assert {record.called_at.year for record in found.records} <= {2022, 2023}
    halves = [calls_of_days(found.records, days) for days in ("odd-days", "even-days")]
    assert sum(map(len, halves)) == 10_000
    assert all(4_900 < len(half) < 5_100 for half in halves)
    assert all({r.called_at.weekday() for r in half} == set(range(7)) for half in halves)
