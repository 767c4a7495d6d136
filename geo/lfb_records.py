"""The London Fire Brigade's incident records, read strictly into frozen records.

Called by the London builder and by the replay of recorded incidents. Never drops a row in silence: what
cannot be used is kept as a line number and a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from geo.strict_csv import rows_of

LONDON_TIME = ZoneInfo("Europe/London")
COLUMNS = (
    "IncidentNumber",
    "DateOfCall",
    "TimeOfCall",
    "IncidentGroup",
    "StopCodeDescription",
    "PropertyCategory",
    "UPRN",
    "IncGeo_BoroughName",
    "Easting_m",
    "Northing_m",
    "Easting_rounded",
    "Northing_rounded",
    "IncidentStationGround",
    "FirstPumpArriving_AttendanceTime",
    "FirstPumpArriving_DeployedFromStation",
    "SecondPumpArriving_AttendanceTime",
    "SecondPumpArriving_DeployedFromStation",
    "NumStationsWithPumpsAttending",
    "NumPumpsAttending",
    "PumpCount",
    "PumpMinutesRounded",
)
CallDays = Literal["all", "odd-days", "even-days"]
"""Which calls to use: those of all days, or of every other day (see `calls_of_days`)."""
CALL_DAYS: tuple[CallDays, ...] = get_args(CallDays)
CATEGORIES = {"Fire": "fire", "False Alarm": "false_alarm", "Special Service": "special_service"}
# The ways the brigade has written dates over the years.
DATE_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%d-%b-%y", "%d/%m/%Y")
EMPTY = ("", "NULL")
MAX_ATTENDANCE_S = 7_200.0
MAX_PUMPS = 500
MAX_PUMP_MINUTES = 1_000_000
# The extent of the British National Grid, metres.
MAX_EASTING_M, MAX_NORTHING_M = 700_000.0, 1_300_000.0


@dataclass(frozen=True, slots=True)
class PumpArrival:
    """A pump's arrival: the station it was deployed from (its name) and seconds since mobilisation."""

    station: str
    attendance_s: float


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """One recorded incident, in metres of EPSG:27700: exact where published, else rounded to 50 m."""

    number: str
    called_at: datetime
    category: str
    stop_code: str
    property_category: str
    uprn: str | None
    borough: str
    easting_m: float
    northing_m: float
    exact: bool
    station_ground: str
    first: PumpArrival | None
    second: PumpArrival | None
    stations_attending: int | None
    pumps_attending: int | None
    pump_count: int
    pump_minutes: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its line in the file and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """All records of a file in its order, and all rows that cannot be used."""

    records: tuple[IncidentRecord, ...]
    bad: tuple[BadRow, ...]

    def reasons(self) -> dict[str, int]:
        """Count the bad rows by the field that is wrong, most frequent first."""
        return dict(Counter(row.reason.partition(":")[0] for row in self.bad).most_common())


def read_incidents(path: Path) -> IncidentFile:
    """Read a file in the brigade's incident schema.

    Raises
    ------
    SourceError
        Where the file or a column is missing, or the file is not UTF-8 or not CSV.
    """
    records: list[IncidentRecord] = []
    bad: list[BadRow] = []
    seen: set[str] = set()
    for line, row in rows_of(path, COLUMNS):
        try:
            record = _record(row)
            if record.number in seen:
                raise ValueError(f"IncidentNumber: {record.number!r} stands twice; it must be unique")
        except ValueError as error:
            bad.append(BadRow(line, str(error)))
        else:
            seen.add(record.number)
            records.append(record)
    return IncidentFile(tuple(records), tuple(bad))


def calls_of_days(records: Sequence[IncidentRecord], days: CallDays) -> tuple[IncidentRecord, ...]:
    """Return the records of one half of the days, or all, in their order.

    A day is odd or even by its number in the year (1 January is 1), by London's date of the call. The two
    halves have no call in common, hold all calls together, and each has every weekday and season: what is
    fitted on one can be judged by the other. The brigade's day has no break at midnight, so a call just
    before it and one just after, in different halves, may still be of the same storm.

    Raises
    ------
    ValueError
        When `days` is not one of `CALL_DAYS`.
    """
    if days not in CALL_DAYS:
        raise ValueError(f"calls: {days!r}; it must be one of {', '.join(CALL_DAYS)}")
    if days == "all":
        return tuple(records)
    odd = days == "odd-days"
    return tuple(record for record in records if _on_odd_day(record) == odd)


def _on_odd_day(record: IncidentRecord) -> bool:
    return record.called_at.astimezone(LONDON_TIME).timetuple().tm_yday % 2 == 1


def _record(row: dict[str, str]) -> IncidentRecord:
    if row["IncidentNumber"] in EMPTY:
        raise ValueError("IncidentNumber: it is empty")
    category = CATEGORIES.get(row["IncidentGroup"])
    if category is None:
        raise ValueError(
            f"IncidentGroup: {row['IncidentGroup']!r}; it must be one of {', '.join(CATEGORIES)}"
        )
    exact = row["Easting_m"] not in EMPTY and row["Northing_m"] not in EMPTY
    east, north = ("Easting_m", "Northing_m") if exact else ("Easting_rounded", "Northing_rounded")
    return IncidentRecord(
        number=row["IncidentNumber"],
        called_at=_called_at(row["DateOfCall"], row["TimeOfCall"]),
        category=category,
        stop_code=row["StopCodeDescription"],
        property_category=row["PropertyCategory"],
        uprn=None if row["UPRN"] in (*EMPTY, "0") else row["UPRN"].removesuffix(".0"),
        borough=row["IncGeo_BoroughName"],
        easting_m=_number(row, east, MAX_EASTING_M),
        northing_m=_number(row, north, MAX_NORTHING_M),
        exact=exact,
        station_ground=row["IncidentStationGround"],
        first=_arrival(row, "FirstPumpArriving"),
        second=_arrival(row, "SecondPumpArriving"),
        stations_attending=_whole_or_none(row, "NumStationsWithPumpsAttending", MAX_PUMPS),
        pumps_attending=_whole_or_none(row, "NumPumpsAttending", MAX_PUMPS),
        pump_count=_whole(row, "PumpCount", MAX_PUMPS),
        pump_minutes=_whole(row, "PumpMinutesRounded", MAX_PUMP_MINUTES),
    )


def _called_at(date: str, time: str) -> datetime:
    """Turn the brigade's local date and time into UTC; of the hour that comes twice, the first."""
    for form in DATE_FORMATS:
        try:
            local = datetime.strptime(f"{date} {time}", f"{form} %H:%M:%S")
        except ValueError:
            continue
        return local.replace(tzinfo=LONDON_TIME).astimezone(UTC)
    raise ValueError(f"DateOfCall: {date!r} with TimeOfCall {time!r}; use YYYY-MM-DD and HH:MM:SS")


def _arrival(row: dict[str, str], pump: str) -> PumpArrival | None:
    time, station = f"{pump}_AttendanceTime", f"{pump}_DeployedFromStation"
    if row[time] in EMPTY and row[station] in EMPTY:
        return None
    if row[station] in EMPTY:
        raise ValueError(f"{station}: it is empty, but {time} is {row[time]!r}")
    return PumpArrival(row[station], _number(row, time, MAX_ATTENDANCE_S))


def _number(row: dict[str, str], column: str, high: float) -> float:
    try:
        value = float(row[column])
    except ValueError:
        raise ValueError(f"{column}: {row[column]!r}; it must be a number") from None
    if not 0 <= value <= high:
        raise ValueError(f"{column}: {value}; it must be from 0 to {high:g}")
    return value


def _whole(row: dict[str, str], column: str, high: int) -> int:
    value = _number(row, column, high)
    if value != int(value):
        raise ValueError(f"{column}: {value}; it must be a whole number")
    return int(value)


def _whole_or_none(row: dict[str, str], column: str, high: int) -> int | None:
    return None if row[column] in EMPTY else _whole(row, column, high)
