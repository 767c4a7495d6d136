"""`POST /areas/{area}/clusters/{cluster}/decisions`: a person's word on a cluster of reports.

Part of the API, for brigades and councils alike. Leaves every judgement to `services.cluster_decisions`.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.context import ReadyArea, json_answer
from services.api.feedback_routes import feedback_desk
from streams.council_events import ClusterAction, FeedbackCategory

router = APIRouter(tags=["feedback"])


class ClusterDecisionBody(BaseModel):
    """What a person says of a cluster."""

    model_config = ConfigDict(extra="forbid")

    action: ClusterAction
    category: Annotated[
        FeedbackCategory | None,
        Field(description="What it really is, where the reports were misread: a label to learn from."),
    ] = None
    operator: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


@router.post("/clusters/{cluster}/decisions", status_code=201, response_class=Response)
async def decide_cluster(
    request: Request,
    area: ReadyArea,
    cluster: Annotated[str, Path(min_length=1, max_length=64)],
    body: ClusterDecisionBody,
) -> Response:
    """Confirm or dismiss a cluster, or take that back; 409 tells why it cannot be."""
    taken = await area.clusters.take(cluster, body.action, body.operator, body.category)
    known = area.state.picture.clusters.get(cluster)
    if body.category is not None and known is not None:
        await asyncio.to_thread(feedback_desk(request).correct, known, body.category)
    answer = {"decision_id": taken.decision_id, "offset": taken.offset}
    return json_answer(answer | {"cluster": cluster, "action": body.action}, 201)
