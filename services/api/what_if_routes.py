"""`POST /areas/{area}/what-if`: an incident or a loss supposed, answered beside the live plan.

Part of the API. Checks the shape of the question; everything else is `services.what_if`'s.
"""

from typing import Annotated, Any, Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.api.context import ReadyBrigade, json_answer
from services.what_if import MOST_NEEDED, Question

router = APIRouter(tags=["what if"])

Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-6_000_000, le=6_000_000)]
MOST_OFF_RUN = 1_000
"""More than any brigade has."""


class Place(BaseModel):
    """Where the incident is supposed to be: longitude and latitude, or metres in the region's CRS."""

    model_config = ConfigDict(extra="forbid", strict=True)

    lon: Annotated[float, Field(allow_inf_nan=False, ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(allow_inf_nan=False, ge=-90, le=90)] | None = None
    easting_m: Coordinate | None = None
    northing_m: Coordinate | None = None

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        degrees, metres = (self.lon, self.lat), (self.easting_m, self.northing_m)
        whole = [pair for pair in (degrees, metres) if None not in pair]
        if len(whole) != 1 or sum(v is not None for v in (*degrees, *metres)) != 2:
            raise ValueError("give either `lon` and `lat`, or `easting_m` and `northing_m`")
        return self


class WhatIfBody(BaseModel):
    """What is supposed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"incident": {"lon": -0.12, "lat": 51.51}, "appliances_required": {"pump": 4}},
                {"off_run": ["A211"]},
            ]
        },
    )

    incident: Place | None = None
    appliances_required: Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=24)],
            Annotated[int, Field(strict=True, ge=0, le=MOST_NEEDED)],
        ],
        Field(max_length=16),
    ] = {}
    off_run: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=MOST_OFF_RUN)
    ] = []

    def question(self) -> Question:
        """The same for the desk."""
        place = self.incident
        where, in_degrees = None, False
        if place is not None and place.lon is not None and place.lat is not None:
            where, in_degrees = (place.lon, place.lat), True
        elif place is not None and place.easting_m is not None and place.northing_m is not None:
            where = (place.easting_m, place.northing_m)
        return Question(where, in_degrees, self.appliances_required, tuple(self.off_run))


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The plan as it would be, the bands of its zones, and whom the incident would take.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WhatIfAnswer"}}},
    },
    429: {"description": "Too many questions wait."},
    503: {"description": "Not answered in time, or the area is catching up."},
}


@router.post("/what-if", response_class=Response, responses=_ANSWERS)
async def what_if(area: ReadyBrigade, body: WhatIfBody) -> Response:
    """Suppose an incident, some appliances off the run, or both; the live picture stays untouched.

    The plan of the answer is named `what-if`: it is not logged, and no decision can refer to it.
    """
    return json_answer(await area.what_if.answer(body.question()))
