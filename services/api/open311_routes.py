"""Open311 GeoReport v2: citizens' reports in, and how far each request is.

Part of the API, mounted at `/open311/v2`. JSON and XML; errors in the form of GeoReport. What a report says
of a person, and in a person's words, is read and dropped; see `services.council.demand.report_fields`.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.api.bodies import limited_body, media_type
from services.api.context import running_service
from services.api.council_context import councils
from services.api.open311_answers import GeoReportRoute, answer
from services.api.open311_form import BODY, report_fields
from services.api.problems import ProblemError
from services.council.council_area import CouncilArea
from services.council.day_picture import RequestState
from services.council.demand import geo_report
from services.council.demand.geo_report import Entry
from services.council.demand.identity import GivenError
from services.council.demand.report import REPORTERS, ReportOutcome, ReportsRefusedError
from services.council.demand.report_fields import read_report
from services.council.demand.service_list import FULL_FILL, UnknownServiceError, service_of
from streams.council_events import ReportChannel

MOST_LISTED = 1_000
"""Requests in one answer, newest first; GeoReport's own limit."""
LISTED_FOR = timedelta(days=90)
FIRST_YEAR, LAST_YEAR = 1971, 9998
FOLDED_WITHIN_S = 2.0
"""How long an answer waits for the fold, so that the request can be asked for at once."""
router = APIRouter(prefix="/open311/v2", tags=["open311"], route_class=GeoReportRoute)


async def named_council(request: Request, jurisdiction_id: str | None = None) -> CouncilArea:
    """The council a request names; the only one where it names none."""
    served = councils(await running_service(request))
    if jurisdiction_id is None or jurisdiction_id == "":
        if len(served) == 1:
            return next(iter(served.values()))
        raise ProblemError(
            400 if served else 404, f"jurisdiction_id was not provided; served: {', '.join(served)}"
        )
    area = served.get(jurisdiction_id)
    if area is None:
        names = ", ".join(served)
        raise ProblemError(404, f"jurisdiction_id {jurisdiction_id[:40]!r} was not found; served: {names}")
    return area


CouncilNamed = Annotated[CouncilArea, Depends(named_council)]


def _ready(area: CouncilArea) -> CouncilArea:
    if not area.state.ready:
        raise ProblemError(503, f"{area.id} is catching up with its log; try again in a moment")
    return area


@router.get("/discovery.{form}", response_class=Response)
async def discovery(request: Request, form: str) -> Response:
    """Where the service is and what it speaks."""
    _known_form(form)
    served = councils(await running_service(request))
    url = str(request.base_url).rstrip("/") + router.prefix
    return answer(request, "discovery", "", geo_report.discovery(", ".join(served), url))


@router.get("/services", response_class=Response)
@router.get("/services.{form}", response_class=Response)
async def list_services(request: Request, area: CouncilNamed, form: str = "json") -> Response:
    """The services that can be asked for."""
    _known_form(form)
    return answer(request, "services", "service", geo_report.services(area.council))


@router.get("/services/{code}", response_class=Response)
async def service_definition(request: Request, area: CouncilNamed, code: str) -> Response:
    """What one service wants to know."""
    try:
        entry = service_of(_without_form(code))
    except UnknownServiceError as error:
        raise ProblemError(404, str(error)) from None
    return answer(request, "service_definition", "", geo_report.definition(area.council, entry))


@router.post("/requests", status_code=201, openapi_extra=BODY, response_class=Response)
@router.post("/requests.{form}", status_code=201, openapi_extra=BODY, response_class=Response)
async def make_request(request: Request, form: str = "json") -> Response:
    """Take a report; answers with its `service_request_id` at once.

    Several reports of the same thing get the same id. A missed collection that does not count gets an id,
    too; its status is `closed`, and `service_notice` says why.
    """
    _known_form(form)
    service = await running_service(request)
    fields = report_fields(media_type(request), await limited_body(request, service.settings.max_body_bytes))
    jurisdiction = fields.get("jurisdiction_id", request.query_params.get("jurisdiction_id"))
    area = _ready(await named_council(request, None if jurisdiction is None else str(jurisdiction)))
    now = area.demand.now()
    pseudonym = partial(_pseudonym, area, now)
    report = read_report(fields, ReportChannel.OPEN311, area.demand.zone, pseudonym)
    try:
        taken = await area.demand.take([report])
    except ReportsRefusedError as error:
        raise GivenError(error.errors[0].field, error.errors[0].reason) from None
    receipt = taken.receipts[0]
    if receipt.outcome is ReportOutcome.NOT_FULL or receipt.request is None:
        raise GivenError(
            "fill", f"below {FULL_FILL:g}: the bin need not be emptied yet, and no request is made"
        )
    await area.state.until_folded(taken.last_offset, FOLDED_WITHIN_S)
    entry: Entry = {
        "service_request_id": receipt.request,
        "service_notice": None if receipt.reason is None else geo_report.REASONS[receipt.reason],
        "account_id": None,
    }
    return answer(request, "service_requests", "request", [entry], 201)


def _pseudonym(area: CouncilArea, now: datetime, identity: str) -> str:
    return area.pseudonyms.of(REPORTERS, identity, now)


@router.get("/requests", response_class=Response)
@router.get("/requests.{form}", response_class=Response)
async def list_requests(
    request: Request,
    area: CouncilNamed,
    form: str = "json",
    service_request_id: str | None = None,
    service_code: str | None = None,
    status: str | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
) -> Response:
    """Requests by id, or by service, status and time of the report; newest first, `MOST_LISTED` at most."""
    _known_form(form)
    picture = _ready(area).state.picture
    if service_request_id:
        names = [name.strip() for name in service_request_id.split(",")][:MOST_LISTED]
        found = [state for name in names if (state := picture.request_named(name)) is not None]
    else:
        codes = _codes(service_code)
        words = (
            {word.strip() for word in status.split(",")} if status else {geo_report.OPEN, geo_report.CLOSED}
        )
        if not words <= {geo_report.OPEN, geo_report.CLOSED}:
            raise ProblemError(400, "status: must be open, closed, or both with a comma between")
        end = _moment("end_date", end_date)
        start = _moment("start_date", start_date) or (end or area.demand.now()) - LISTED_FOR
        found = [
            state
            for state in picture.requests.values()
            if (codes is None or state.service in codes)
            and geo_report.OPEN311_STATUS[state.status] in words
            and start <= state.at
            and (end is None or state.at <= end)
        ]
        found.sort(key=lambda state: (state.at, state.request), reverse=True)
    return _requests(request, area, found[:MOST_LISTED])


@router.get("/requests/{name}", response_class=Response)
async def one_request(request: Request, area: CouncilNamed, name: str) -> Response:
    """How far one request is."""
    state = _ready(area).state.picture.request_named(_without_form(name))
    if state is None:
        raise ProblemError(
            404,
            "service_request_id was not found; requests are kept while they are open, and "
            "for the rest of the day after",
        )
    return _requests(request, area, [state])


def _requests(request: Request, area: CouncilArea, found: list[RequestState]) -> Response:
    entries = geo_report.request_entries(area.council, found)
    return answer(request, "service_requests", "request", entries)


def _known_form(form: str) -> None:
    if form not in ("json", "xml"):
        raise ProblemError(404, f"format {form[:20]!r} is not spoken here; ask for .json or .xml")


def _without_form(name: str) -> str:
    return name.removesuffix(".json").removesuffix(".xml")


def _codes(text: str | None) -> frozenset[str] | None:
    if not text:
        return None
    try:
        return frozenset(service_of(code.strip()).code for code in text.split(","))
    except UnknownServiceError as error:
        raise ProblemError(404, str(error)) from None


def _moment(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ProblemError(400, f"{name}: must be a time such as 2025-06-06T08:30:00Z") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ProblemError(400, f"{name}: must be of the years {FIRST_YEAR} to {LAST_YEAR}")
    if moment.tzinfo is None:
        raise ProblemError(400, f"{name}: must say its zone, such as 2025-06-06T08:30:00Z")
    return moment
