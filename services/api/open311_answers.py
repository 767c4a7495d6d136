"""Answers of GeoReport v2: JSON or XML as asked for, and errors as a list of code and description.

Used by the Open311 routes. Knows nothing of reports.
"""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from services.api.context import JSON
from services.api.open311_form import GEO_NAMES
from services.api.problems import ProblemError
from services.council.demand import geo_report
from services.council.demand.geo_report import Entry
from services.council.demand.identity import GivenError
from services.ingest import RefusedError
from streams.errors import AppendUnsureError, LogClosedError, LogFullError, LogUnreachableError

logger = logging.getLogger(__name__)

XML = "text/xml"


class GeoReportRoute(APIRoute):
    """A route whose errors are GeoReport's: a list of code and description."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its errors turned into answers."""
        handler = super().get_route_handler()

        async def answering(request: Request) -> Response:
            try:
                return await handler(request)
            except ProblemError as error:
                return _errors(request, error.status, str(error))
            except GivenError as error:
                return _errors(request, 400, f"{GEO_NAMES.get(error.field, error.field)}: {error}")
            except RefusedError as error:
                first = error.errors[0]
                return _errors(request, 400, f"{first.field}: {first.reason}")
            except AppendUnsureError:
                return _errors(request, 503, "not known whether this was taken; send it again, it is merged")
            except (LogFullError, LogClosedError, LogUnreachableError) as error:
                logger.warning("%s: nothing can be taken: %s", request.url.path, error)
                return _errors(request, 503, "nothing was taken just now; try again in a moment")

        return answering


def _as_xml(request: Request) -> bool:
    path = request.url.path
    if path.endswith((".json", ".xml")):
        return path.endswith(".xml")
    accepted = request.headers.get("accept", "")
    return "xml" in accepted and "json" not in accepted and "html" not in accepted


def answer(
    request: Request, root: str, item: str, content: list[Entry] | Entry, status: int = 200
) -> Response:
    """A list of `item` below `root`, or one entry as `root` itself."""
    headers = {"Cache-Control": "no-store"}
    if _as_xml(request):
        return Response(geo_report.xml(root, item, content), status, headers, f"{XML}; charset=utf-8")
    return Response(msgspec.json.encode(content), status, headers, f"{JSON}; charset=utf-8")


def _errors(request: Request, status: int, description: str) -> Response:
    return answer(request, "errors", "error", [{"code": status, "description": description}], status)
