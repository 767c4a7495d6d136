"""The picture, the plan, and decisions on it.

Part of the API. Reads the area's state; decisions go through `services.decisions`.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.context import AreaNow, BrigadeNow, ReadyBrigade, ServiceNow, json_answer
from services.api.problems import ProblemError
from streams.events import DecisionAction, RejectReason

router = APIRouter(tags=["cover"])
areas_router = APIRouter(tags=["areas"])


class DecisionBody(BaseModel):
    """An operator's word on one move."""

    model_config = ConfigDict(extra="forbid")

    move_id: Annotated[str, Field(min_length=1, max_length=64, examples=["A211>A24"])]
    action: DecisionAction
    reason: RejectReason | None = None
    revision: Annotated[
        int | None,
        Field(ge=0, le=1_000_000, description="The revision of the plan that the officer saw."),
    ] = None
    operator: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


@areas_router.get("/areas", response_class=Response)
async def list_areas(service: ServiceNow) -> Response:
    """The areas served here."""
    return json_answer({"areas": [area.listed() for area in service.areas.values()]})


@router.get("/picture", response_class=Response)
async def picture(area: ReadyBrigade) -> Response:
    """The operational picture: appliances, incidents, decisions; `digest` names its exact state."""
    return json_answer(area.state.view())


@router.get("/cover", response_class=Response)
async def cover(area: ReadyBrigade) -> Response:
    """The newest plan and the attendance times by zone, now and with the plan carried out."""
    return json_answer({"plan": area.state.plan, "zones": area.state.bands})


@router.get("/cover/history", response_class=Response)
async def history(area: ReadyBrigade) -> Response:
    """Cover over the last two hours of the area's time: (time, first share, second share)."""
    return json_answer({"points": area.state.history()})


@router.post("/cover/{plan_id}/decisions", status_code=201, response_class=Response)
async def decide(area: BrigadeNow, plan_id: str, body: DecisionBody) -> Response:
    """Accept, reject or undo a move of a plan; 409 tells why it can no longer be taken."""
    if not area.state.ready:
        raise ProblemError(503, f"area {area.id} is catching up with its log; try again in a moment")
    taken = await area.decisions.take(
        plan_id, body.move_id, body.action, body.reason, body.operator, body.revision
    )
    return json_answer(
        {
            "decision_id": taken.decision_id,
            "offset": taken.offset,
            "move_id": body.move_id,
            "action": body.action,
        },
        201,
    )


@router.get("/dead-letters", response_class=Response)
async def dead_letters(area: AreaNow, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
    """The newest records that could not be taken, with position, bytes (base64) and reason."""
    return json_answer({"dead_letters": await area.dead_letters.newest(area.id, limit)})
