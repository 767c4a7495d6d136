"""`cover council import`: feed a file of requests for service to a running service.

Called by the `council` group. Reads CSV row by row and sends it in parts; never judges a row itself. What
people wrote is not sent at all: the service would drop it.
"""

import csv
import hashlib
import io
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click
import httpx
import msgspec

PART = 500
"""Rows sent at once: a second's work, far below what the service takes."""
TIMEOUT_S = 30.0
TRIES = 5
WAIT_S = 1.0
"""A service that is busy, or catching up with its log, is asked again after this, doubled each time."""
NEVER_SENT = frozenset({"description", "media_url", "zipcode"})
ERRORS_SHOWN = 20
OUTCOMES = (
    ("new", "new requests"),
    ("merged", "merged into requests there were"),
    ("refused", "closed with a reason"),
    ("repeated", "had come in before"),
    ("not_full", "bins not full yet"),
)


class Row(NamedTuple):
    """A row of the file, and the line it begins at."""

    line: int
    fields: dict[str, Any]


@click.command(
    "import",
    epilog="Example, with `cover demo` running:\n\n"
    "cover council import requests.csv --area demo-council\n\n"
    "The file's header names its columns: service_code; uprn, address, easting_m and northing_m, or lat and "
    "lon; and, where known, at, material, fill, collection_date, id, email (only a pseudonym of it is kept).",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--area", required=True, help="Area id of the council.")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, metavar="URL", help="The service.")
@click.option("--check", is_flag=True, help="Only say what would become of the rows.")
def import_requests(file: Path, area: str, url: str, check: bool) -> None:
    """Feed requests for service from FILE (.csv with a header, or .json with a list) to a running service.

    Every row is checked before the first one is taken. A file that is fed again counts once.
    """
    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_S) as client:
            total = _pass(client, file, area, check=True, before=None)
            counted = total if check else _pass(client, file, area, check=False, before=total)
    except httpx.InvalidURL as error:
        raise click.BadParameter(str(error), param_hint="--url") from None
    except httpx.HTTPError as error:
        raise click.ClickException(f"the service at {url} does not answer: {error}") from None
    done = "would be taken" if check else "taken"
    click.echo(f"{counted.total()} rows {done}:")
    for outcome, words in OUTCOMES:
        if counted[outcome]:
            click.echo(f"  {counted[outcome]:>7}  {words}")


def _pass(
    client: httpx.Client, file: Path, area: str, check: bool, before: Counter[str] | None
) -> Counter[str]:
    """Send the whole file in parts; how many rows came to what.

    Of a check, errors of all parts are told together.
    """
    counted: Counter[str] = Counter()
    errors: list[str] = []
    wrong = 0
    rows = _rows(file)
    seen = 0
    while part := list(islice(rows, PART)):
        answer = _send(client, area, [row.fields for row in part], check)
        seen += len(part)
        if answer.status_code == 422:
            found, count = _named_errors(answer, part)
            wrong += count
            errors += found
            if not check:
                raise click.ClickException(
                    f"the rows before line {part[0].line} were taken, these not: the service changed its "
                    f"mind since the check:\n" + "\n".join(found[:ERRORS_SHOWN])
                )
        elif answer.is_success:
            counted.update(row["outcome"] for row in answer.json()["rows"])
        else:
            raise click.ClickException(f"the service answered {answer.status_code}: {_detail(answer)}")
        of = "" if before is None else f" of {before.total()}"
        click.echo(f"\r{'checked' if check else 'sent'} {seen}{of} rows", err=True, nl=False)
    click.echo("", err=True)
    if errors:
        more = f"\n… and {wrong - ERRORS_SHOWN} more" if wrong > ERRORS_SHOWN else ""
        raise click.ClickException(
            f"{wrong} row(s) cannot be taken, so none was:\n" + "\n".join(errors[:ERRORS_SHOWN]) + more
        )
    if not seen:
        raise click.ClickException(f"{click.format_filename(file)} holds no rows")
    return counted


def _send(client: httpx.Client, area: str, rows: list[dict[str, Any]], check: bool) -> httpx.Response:
    wait_s = WAIT_S
    for left in range(TRIES - 1, -1, -1):
        answer = client.post(
            f"/api/v1/areas/{area}/requests/batch",
            params={"check": "true"} if check else None,
            content=msgspec.json.encode(rows),
            headers={"Content-Type": "application/json"},
        )
        if answer.status_code not in (429, 503) or not left:
            break
        time.sleep(wait_s)
        wait_s *= 2
    return answer


def _named_errors(answer: httpx.Response, part: Sequence[Row]) -> tuple[list[str], int]:
    """The service's errors by the lines of the file, and how many rows are wrong."""
    body = answer.json()
    named = []
    for error in body.get("errors", []):
        line = part[error["line"] - 1].line
        where = f"{error['field']}: " if error["field"] else ""
        named.append(f"line {line}: {where}{error['reason']}")
    told = str(body["detail"]).partition(" ")[0]
    return named or [str(body["detail"])], int(told) if told.isdecimal() else len(named)


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _rows(file: Path) -> Iterator[Row]:
    """The rows of the file, each under a name of its own, so that it counts once however often it is fed."""
    name = click.format_filename(file)
    try:
        digest = _digest(file)
        rows = _json_rows(file) if file.suffix == ".json" else _csv_rows(file)
        for row in rows:
            fields = {
                key: value for key, value in row.fields.items() if key not in NEVER_SENT and value != ""
            }
            fields.setdefault("id", f"{digest}-{row.line}")
            yield Row(row.line, fields)
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{name}: not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise click.ClickException(f"{name}: not CSV: {error}") from None


def _digest(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()[:16]


def _csv_rows(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        yield from _csv_lines(text)


def _csv_lines(text: io.TextIOBase) -> Iterator[Row]:
    reader = csv.reader(text, strict=True)
    header = [name.strip() for name in next(reader, [])]
    if "service_code" not in header:
        raise click.ClickException("line 1: the header must name the columns, service_code among them")
    line = reader.line_num + 1
    for row in reader:
        if len(row) > len(header) or (row and len(row) < len(header)):
            raise click.ClickException(f"line {line}: {len(row)} fields where the header has {len(header)}")
        if row:
            yield Row(line, dict(zip(header, row, strict=True)))
        line = reader.line_num + 1


def _json_rows(file: Path) -> Iterator[Row]:
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[dict[str, Any]])
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{click.format_filename(file)}: {error}") from None
    for number, fields in enumerate(rows, 1):
        yield Row(number, fields)
