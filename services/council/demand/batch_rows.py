"""Reads many reports at once, from CSV with a header or from a JSON list.

Called by the batch route. A wrong row is named by its line, its field and the reason.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.council.demand.identity import GivenError
from services.council.demand.report import Report
from services.council.demand.report_fields import FIELDS, read_report
from streams.council_events import ReportChannel

ID = "id"
"""The sender's own name of a report, so that a batch can be sent again."""
COLUMNS = FIELDS | {ID}
LONGEST_ID = 200


class RowError(NamedTuple):
    """What is wrong with a row: its line in the CSV, or its number in the list (from 1)."""

    line: int
    field: str
    reason: str


class BatchError(Exception):
    """A batch that cannot be read.

    Attributes
    ----------
    errors
        Each wrong row.
    """

    def __init__(self, errors: list[RowError]) -> None:
        first = errors[0]
        super().__init__(f"line {first.line}: {first.field or 'batch'}: {first.reason}")
        self.errors = errors


class Batch(NamedTuple):
    """Reports and the line of each, and the rows that are none."""

    reports: list[Report]
    lines: list[int]
    errors: list[RowError]


def read_batch(
    body: bytes,
    as_csv: bool,
    most: int,
    zone: ZoneInfo,
    pseudonym: Callable[[str], str],
    event_name: Callable[[str], str],
) -> Batch:
    """The reports of a batch.

    Parameters
    ----------
    most
        Most rows.
    pseudonym, event_name
        Of who reports, and of the sender's own name of a report.

    Raises
    ------
    BatchError
        Where there are no rows, or too many, or they cannot be told apart.
    """
    rows = list(_csv_rows(body, most) if as_csv else _json_rows(body, most))
    if not rows:
        raise BatchError([RowError(1, "", "no rows")])
    reports: list[Report] = []
    lines: list[int] = []
    errors: list[RowError] = []
    for line, fields in rows:
        try:
            name = fields.get(ID)
            event_id = None
            if name not in (None, ""):
                if not isinstance(name, str | int) or len(str(name)) > LONGEST_ID:
                    raise GivenError(ID, f"must be text of at most {LONGEST_ID} characters")
                event_id = event_name(str(name))
            reports.append(read_report(fields, ReportChannel.BATCH, zone, pseudonym, event_id))
            lines.append(line)
        except GivenError as error:
            errors.append(RowError(line, error.field, str(error)))
    return Batch(reports, lines, errors)


def _csv_rows(body: bytes, most: int) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise BatchError([RowError(line, "", "not UTF-8; save the file as UTF-8")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_names(header, 1)
        if "service_code" not in header:
            raise BatchError([RowError(1, "service_code", "the header lacks this column")])
        at = reader.line_num + 1
        for number, row in enumerate(reader):
            if number >= most:
                raise BatchError([RowError(at, "", f"a batch is at most {most} rows; send it in parts")])
            if row:
                if len(row) != len(header):
                    reason = f"{len(row)} fields where the header has {len(header)}"
                    raise BatchError([RowError(at, "", reason)])
                yield at, dict(zip(header, row, strict=True))
            at = reader.line_num + 1
    except csv.Error as error:
        raise BatchError([RowError(reader.line_num, "", f"not CSV: {error}")]) from None


def _json_rows(body: bytes, most: int) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        rows = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatchError([RowError(1, "", f"not JSON: {error}")]) from None
    except RecursionError:
        raise BatchError([RowError(1, "", "nested too deeply; send a list of flat objects")]) from None
    if not isinstance(rows, list):
        raise BatchError([RowError(1, "", "must be a list of objects")])
    if len(rows) > most:
        raise BatchError([RowError(most + 1, "", f"a batch is at most {most} rows; send it in parts")])
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BatchError([RowError(number, "", "must be an object")])
        _check_names(list(row), number)
        yield number, row


def _check_names(names: list[str], line: int) -> None:
    """Every name is known, and none stands twice."""
    seen: set[str] = set()
    for name in names:
        if name not in COLUMNS or name in seen:
            known = ", ".join(sorted(COLUMNS))
            reason = "stands twice" if name in seen else f"no such field; known: {known}"
            raise BatchError([RowError(line, name[:40], reason)])
        seen.add(name)
