"""What routes need from the running service, and JSON answers.

Used by every route file. Holds no state of its own.
"""

import re
from typing import Annotated

import msgspec
from fastapi import Depends, Path, Request
from fastapi.responses import Response

from services.api.problems import ProblemError
from services.area import Area
from services.hosted_area import HostedArea
from services.service import Service

JSON = "application/json"
AREA_PATTERN = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")
_encoder = msgspec.json.Encoder()


def json_answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response; live data is never cached."""
    return Response(_encoder.encode(body), status, {"Cache-Control": "no-store"} | (headers or {}), JSON)


async def running_service(request: Request) -> Service:
    """The service this application runs (async: what is not goes by a thread, which takes longer than it)."""
    service = request.app.state.service
    if not isinstance(service, Service):
        raise TypeError("the application has no service")
    return service


async def named_area(
    request: Request, area: Annotated[str, Path(description="Area id, e.g. `london`.")]
) -> HostedArea:
    """The area a path names.

    Raises
    ------
    ProblemError
        404 where this service does not serve it.
    """
    areas = (await running_service(request)).areas
    if not AREA_PATTERN.match(area) or area not in areas:
        raise ProblemError(404, f"area {area[:40]!r} is not served here; served: {', '.join(areas)}")
    return areas[area]


async def ready_area(area: Annotated[HostedArea, Depends(named_area)]) -> HostedArea:
    """The area a path names, once it knows its picture.

    Raises
    ------
    ProblemError
        404 where this service does not serve it, 503 while it has not caught up: an empty picture would be
        taken for a quiet day.
    """
    if not area.state.ready:
        why = (
            "cannot reach its event log"
            if area.degraded == "log_unreachable"
            else "is catching up with its log"
        )
        raise ProblemError(503, f"area {area.id} {why}; try again in a moment")
    return area


ServiceNow = Annotated[Service, Depends(running_service)]
AreaNow = Annotated[HostedArea, Depends(named_area)]
ReadyArea = Annotated[HostedArea, Depends(ready_area)]


async def named_brigade(area: AreaNow) -> Area:
    """The brigade a path names.

    Raises
    ------
    ProblemError
        404 where there is none, or where it is a council.
    """
    if not isinstance(area, Area):
        raise ProblemError(404, f"area {area.id!r} is a {area.kind.value}; this is told of brigades only")
    return area


async def ready_brigade(area: ReadyArea) -> Area:
    """The same, once it knows its picture; 503 before."""
    return await named_brigade(area)


BrigadeNow = Annotated[Area, Depends(named_brigade)]
ReadyBrigade = Annotated[Area, Depends(ready_brigade)]
