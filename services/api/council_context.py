"""What routes of councils need from the running service.

Used by the routes of councils and of Open311. Holds no state of its own.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends

from services.api.context import AreaNow, ReadyArea
from services.api.problems import ProblemError
from services.council.council_area import CouncilArea
from services.service import Service


def councils(service: Service) -> Mapping[str, CouncilArea]:
    """The councils this service serves, by area id."""
    return {name: area for name, area in service.areas.items() if isinstance(area, CouncilArea)}


async def named_council(area: AreaNow) -> CouncilArea:
    """The council a path names.

    Raises
    ------
    ProblemError
        404 where there is none, or where it is a brigade.
    """
    if not isinstance(area, CouncilArea):
        raise ProblemError(404, f"area {area.id!r} is a {area.kind.value}; this is told of councils only")
    return area


async def ready_council(area: ReadyArea) -> CouncilArea:
    """The same, once it knows its day; 503 before."""
    return await named_council(area)


CouncilNow = Annotated[CouncilArea, Depends(named_council)]
ReadyCouncil = Annotated[CouncilArea, Depends(ready_council)]
