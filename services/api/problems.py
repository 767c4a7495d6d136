"""Errors as RFC 9457 problem details: what is wrong, where, and what would be right.

Installed by the API's factory. Never shows a traceback or an internal name.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from services.cluster_decisions import UnknownClusterError
from services.council.rounds_refusal import RoundsRefusal
from services.decisions import ConflictError, UnknownPlanError
from services.ingest import RefusedError
from services.what_if import WhatIfBusyError, WhatIfFieldError, WhatIfTimeoutError
from streams.errors import (
    AppendUnsureError,
    DecodeError,
    LogClosedError,
    LogFullError,
    LogUnreachableError,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "Bad request",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "No longer possible",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not acceptable as it stands",
    429: "Too many questions",
    500: "Internal error",
    503: "Not now",
}


class ProblemError(Exception):
    """An error a route answers with."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def problem(
    status: int,
    detail: str,
    errors: Sequence[object] = (),
    headers: dict[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """A problem-details response; `more` are fields of its own kind."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        **(more or {}),
    }
    if errors:
        body["errors"] = list(errors)
    return Response(msgspec.json.encode(body), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of `app` with problem details."""
    _install_not_now(app)

    @app.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> Response:
        return problem(error.status, str(error))

    @app.exception_handler(RefusedError)
    async def _refused(request: Request, error: RefusedError) -> Response:
        first = error.errors[0]
        where = f"{first.field}: " if first.field else ""
        detail = f"{error.count} event(s) refused, none taken; event {first.index}: {where}{first.reason}"
        return problem(422, detail, error.errors)

    @app.exception_handler(DecodeError)
    async def _undecodable(request: Request, error: DecodeError) -> Response:
        return problem(400, str(error), [{"index": 0, "field": error.field, "reason": error.reason}])

    @app.exception_handler(UnknownClusterError)
    @app.exception_handler(UnknownPlanError)
    async def _unknown(request: Request, error: Exception) -> Response:
        return problem(404, str(error))

    @app.exception_handler(ConflictError)
    async def _conflict(request: Request, error: ConflictError) -> Response:
        return problem(409, str(error))

    @app.exception_handler(RoundsRefusal)
    async def _rounds_refused(request: Request, error: RoundsRefusal) -> Response:
        told = {"codes": error.codes, "words": error.words, "relaxation": error.relaxation}
        return problem(404 if error.codes == ("unknown",) else 409, error.words, more=told)

    @app.exception_handler(WhatIfFieldError)
    async def _not_supposable(request: Request, error: WhatIfFieldError) -> Response:
        detail = f"{error.field}: {error}" if error.field else str(error)
        return problem(422, detail, [{"index": 0, "field": error.field, "reason": str(error)}])

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [_named(e) for e in error.errors()]
        return problem(422, f"{errors[0]['field']}: {errors[0]['reason']}", errors)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        logger.error("unexpected error on %s", request.url.path, exc_info=error)
        return problem(500, "the service met an error it did not expect; its log has the cause")


def _install_not_now(app: FastAPI) -> None:
    """What may go well in a moment: too many questions, the log full or away."""

    @app.exception_handler(WhatIfBusyError)
    async def _busy(request: Request, error: WhatIfBusyError) -> Response:
        return problem(429, str(error), headers={"Retry-After": "1"})

    @app.exception_handler(WhatIfTimeoutError)
    async def _timeout(request: Request, error: WhatIfTimeoutError) -> Response:
        return problem(503, str(error), headers={"Retry-After": "1"})

    @app.exception_handler(AppendUnsureError)
    async def _unsure(request: Request, error: Exception) -> Response:
        detail = (
            f"not known whether this was taken; send it again under the same ids, it counts once: {error}"
        )
        return problem(503, detail, headers={"Retry-After": "1"})

    @app.exception_handler(LogUnreachableError)
    async def _log_away(request: Request, error: Exception) -> Response:
        logger.warning("%s: the event log cannot be reached: %s", request.url.path, error)
        detail = "nothing was taken: the event log cannot be reached just now; try again in a moment"
        return problem(503, detail, headers={"Retry-After": "1"})

    @app.exception_handler(LogFullError)
    @app.exception_handler(LogClosedError)
    async def _not_now(request: Request, error: Exception) -> Response:
        return problem(503, f"nothing was taken: {error}", headers={"Retry-After": "1"})


def _named(error: Mapping[str, Any]) -> dict[str, object]:
    """One of the framework's errors in our words; where the body is no JSON its place is no field."""
    if error["type"] == "json_invalid":
        at = error["loc"][-1]
        return {"index": 0, "field": "body", "reason": f"not JSON at character {at}; send a JSON object"}
    return {"index": 0, "field": ".".join(str(p) for p in error["loc"][1:]), "reason": error["msg"]}
