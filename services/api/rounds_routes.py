"""Decisions on a council's rounds: approve or dismiss a proposal, edit by hand, undo; and what an edit costs.

Part of the API. Leaves every judgement to the council's desk; a decision is taken by `services.council`.
"""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.context import json_answer
from services.api.council_context import ReadyCouncil
from services.api.problems import ProblemError
from services.council.council_area import CouncilArea
from services.council.day_picture import DayPicture
from services.council.rounds_desk import EditKind, RoundEdit
from services.decisions import Taken
from streams.council_events import ServiceCode
from streams.rounds_plan import OptionKey, RoundsDecided, RoundsProposal

router = APIRouter(prefix="/rounds", tags=["rounds"])

Name = Annotated[str, Field(min_length=1, max_length=80)]
Operator = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Id = Annotated[str, Path(min_length=1, max_length=80)]


class ProposalAction(StrEnum):
    """What a manager does with a proposal."""

    APPROVE = "approve"
    DISMISS = "dismiss"


class ProposalDecisionBody(BaseModel):
    """A manager's word on a proposal."""

    model_config = ConfigDict(extra="forbid")

    action: ProposalAction
    operator: Operator
    option: Annotated[OptionKey | None, Field(description="Which answer; the first where none is named.")] = (
        None
    )
    revision: Annotated[
        int | None, Field(ge=0, le=1_000_000, description="The revision that the manager saw.")
    ] = None


class PriceBody(BaseModel):
    """A move that a manager has in mind."""

    model_config = ConfigDict(extra="forbid")

    stop: Name
    vehicle: Name
    before: Annotated[
        Name | None, Field(description="The visit it would come before; else the cheapest place.")
    ] = None


class EditBody(BaseModel):
    """A change by hand; which fields it needs depends on its kind."""

    model_config = ConfigDict(extra="forbid")

    kind: EditKind
    operator: Operator
    stop: Name | None = None
    vehicle: Name | None = None
    before: Name | None = None
    uprn: Annotated[str | None, Field(pattern=r"^[0-9]{1,12}$")] = None
    lon: Annotated[float | None, Field(ge=-180, le=180)] = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    service: ServiceCode | None = None
    share: Annotated[float | None, Field(gt=0, lt=1)] = None


class UndoBody(BaseModel):
    """Who takes a decision back."""

    model_config = ConfigDict(extra="forbid")

    operator: Operator


@router.post("/proposals/{proposal}/decisions", status_code=201, response_class=Response)
async def decide(area: ReadyCouncil, proposal: Id, body: ProposalDecisionBody) -> Response:
    """Approve an answer or dismiss the proposal; 409 tells why it no longer can be."""
    known = area.state.newest_revision(proposal)
    if known is None:
        raise ProblemError(404, f"proposal {proposal!r} is not known any more; decide on one now shown")

    async def judged(day: DayPicture) -> RoundsDecided:
        if body.action is ProposalAction.DISMISS:
            return await area.desk.dismiss(day, known, body.operator)
        _check_seen(known, body)
        return await area.desk.approve(day, known, body.option, body.operator)

    return _answer(await area.decisions.take(judged))


@router.post("/price", response_class=Response)
async def price(area: ReadyCouncil, body: PriceBody) -> Response:
    """What a move would cost, or what is in its way; nothing is changed."""
    return json_answer(await area.desk.price(area.state.picture, body.stop, body.vehicle, body.before))


@router.post("/edits", status_code=201, response_class=Response)
async def edit(area: ReadyCouncil, body: EditBody) -> Response:
    """Change rounds by hand; 409 tells the rules in the way, in codes and words, and what would mend it."""
    wanted = _edit_of(area, body)

    async def judged(day: DayPicture) -> RoundsDecided:
        return await area.desk.edit(day, wanted, body.operator)

    return _answer(await area.decisions.take(judged))


@router.post("/decisions/{decision}/undo", status_code=201, response_class=Response)
async def undo(area: ReadyCouncil, decision: Id, body: UndoBody) -> Response:
    """Take a decision back; 409 names what stands in the way."""

    async def judged(day: DayPicture) -> RoundsDecided:
        return await area.desk.undo(day, decision, body.operator)

    return _answer(await area.decisions.take(judged))


def _answer(taken: Taken) -> Response:
    return json_answer({"decision_id": taken.decision_id, "offset": taken.offset}, 201)


def _check_seen(known: RoundsProposal, body: ProposalDecisionBody) -> None:
    """An answer that has been replaced since the manager saw it is not approved unseen."""
    if body.revision is None or body.revision == known.revision:
        return
    raise ProblemError(
        409, f"the answer has been bettered since (revision {known.revision}); look again, then approve"
    )


def _edit_of(area: CouncilArea, body: EditBody) -> RoundEdit:
    given: dict[str, Any] = {
        name: value
        for name, value in body.model_dump(exclude={"operator", "lon", "lat"}).items()
        if value is not None
    }
    if (body.lon is None) != (body.lat is None):
        raise ProblemError(422, "lon: lon and lat go together: give both or neither")
    if body.lon is not None and body.lat is not None:
        easting_m, northing_m = area.council.from_wgs84([body.lon, body.lat]).tolist()
        given |= {"easting_m": easting_m, "northing_m": northing_m}
    try:
        return msgspec.convert(given, RoundEdit)
    except msgspec.ValidationError as error:
        raise ProblemError(422, str(error)) from None
