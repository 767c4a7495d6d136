"""`POST /areas/{area}/requests/batch`: many requests for service at once, from CSV or a JSON list.

Part of the API. All or nothing: each wrong row is named by its line, its field and the reason. Leaves reading
to `services.council.demand.batch_rows` and every judgement to the request desk.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from msgspec import Struct

from services.api.bodies import limited_body, media_type
from services.api.context import JSON, ServiceNow, json_answer
from services.api.council_context import ReadyCouncil
from services.api.problems import ProblemError, problem
from services.council.demand.batch_rows import COLUMNS, Batch, BatchError, RowError, read_batch
from services.council.demand.report import (
    REPORTERS,
    Receipt,
    ReportError,
    ReportOutcome,
    ReportsRefusedError,
)
from streams.council_events import PlaceConflict

router = APIRouter(tags=["requests"])

CSV = "text/csv"
ERRORS_REPORTED = 100
"""Of a bad batch, so many rows are named; their number is always told."""
ROW_NAMES = "batch row"
"""Channel of the pseudonyms of rows' own names, so that nothing a sender uses as a name reaches the log."""


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {
                "schema": {
                    "type": "string",
                    "description": f"A header of some of {', '.join(sorted(COLUMNS))}.",
                }
            },
            JSON: {
                "schema": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["service_code"],
                        "properties": {name: {} for name in sorted(COLUMNS)},
                        "additionalProperties": False,
                    },
                }
            },
        },
    }
}


class RowReceipt(Struct, frozen=True, omit_defaults=True):
    """What became of one row."""

    line: int
    outcome: ReportOutcome
    service_request_id: str | None = None
    reason: str | None = None
    conflict: PlaceConflict | None = None


@router.post("/requests/batch", status_code=202, openapi_extra=_BODY, response_class=Response)
async def take_batch(
    request: Request,
    area: ReadyCouncil,
    service: ServiceNow,
    check: Annotated[bool, Query(description="Only say what would become of the rows.")] = False,
) -> Response:
    """Take many reports, all or none.

    Answers 202 with what became of each row (`new`, `merged` into a request there is, `refused` by a rule
    with its reason, `repeated` where its `id` came in before, `not_full`), 422 with each wrong row's line,
    field and reason: then nothing of it is taken. With `check`, 200 and nothing is taken.
    """
    given = media_type(request)
    if given not in {CSV, JSON}:
        raise ProblemError(
            415, f"content type {given[:60]!r}; send {CSV} with a header, or {JSON} with a list"
        )
    body = await limited_body(request, service.settings.max_body_bytes)
    desk, names = area.demand, area.pseudonyms
    now = desk.now()
    try:
        batch = read_batch(
            body,
            given == CSV,
            service.settings.max_batch,
            desk.zone,
            lambda identity: names.of(REPORTERS, identity, now),
            lambda name: f"batch-{names.of(ROW_NAMES, name, now)}",
        )
        if batch.errors:
            return _refused([*batch.errors, *_by_line(batch, await desk.errors_of(batch.reports))])
        taken = await desk.take(batch.reports, check_only=check)
    except BatchError as error:
        return _refused(error.errors)
    except ReportsRefusedError as error:
        return _refused(_by_line(batch, error.errors))
    rows = [_row(line, receipt) for line, receipt in zip(batch.lines, taken.receipts, strict=True)]
    counts = {outcome.value: sum(row.outcome is outcome for row in rows) for outcome in ReportOutcome}
    return json_answer(counts | {"last_offset": taken.last_offset, "rows": rows}, 200 if check else 202)


def _row(line: int, receipt: Receipt) -> RowReceipt:
    return RowReceipt(line, receipt.outcome, receipt.request, receipt.reason, receipt.place.conflict)


def _by_line(batch: Batch, errors: list[ReportError]) -> list[RowError]:
    return [RowError(batch.lines[one.index], one.field, one.reason) for one in errors]


def _refused(errors: list[RowError]) -> Response:
    errors = sorted(errors)
    first = errors[0]
    where = f"{first.field}: " if first.field else ""
    detail = f"{len(errors)} row(s) refused, none taken; line {first.line}: {where}{first.reason}"
    return problem(422, detail, [error._asdict() for error in errors[:ERRORS_REPORTED]])
