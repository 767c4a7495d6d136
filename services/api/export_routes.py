"""`GET /areas/{area}/exports/…`: rounds as GPX, GeoJSON, CSV and printed sheets.

Part of the API. Reads the council's day; the writing is done on a thread, so that live push does not wait.
"""

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.api.council_context import ReadyCouncil
from services.api.problems import ProblemError
from services.council.council_area import CouncilArea
from services.council.day_picture import DayPicture
from services.council.exports.csv_rounds import rounds_csv
from services.council.exports.geojson_rounds import rounds_geojson
from services.council.exports.gpx import rounds_gpx
from services.council.exports.round_rows import CrewRound, crew_rounds

router = APIRouter(tags=["exports"])
_writers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="exports")
"""A whole day's sheets take seconds of a core; more than this many wait."""
MOST_VEHICLES = 200
MOST_WAITING = 16
"""Files being written or waiting to be."""
_writing = asyncio.Semaphore(MOST_WAITING)


class Export(StrEnum):
    """The files there are."""

    GPX = "rounds.gpx"
    GEOJSON = "rounds.geojson"
    CSV = "rounds.csv"
    SHEET = "sheet.pdf"


MEDIA_TYPES = {
    Export.GPX: "application/gpx+xml",
    Export.GEOJSON: "application/geo+json",
    Export.CSV: "text/csv; charset=utf-8",
    Export.SHEET: "application/pdf",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()},
    }
}


@router.get("/exports/{export}", response_class=Response, responses=_ANSWERS)
async def export(
    area: ReadyCouncil,
    export: Export,
    vehicle: Annotated[
        list[str] | None, Query(max_length=MOST_VEHICLES, description="Only these vehicles' rounds.")
    ] = None,
) -> Response:
    """Rounds as they are now, those done included; for crews' devices, other systems, and paper."""
    if _writing.locked():
        raise ProblemError(503, f"{MOST_WAITING} files are being written; ask again in a moment")
    vehicle = None if vehicle is None else list(dict.fromkeys(vehicle))
    unknown = [name for name in vehicle or () if name not in area.council.vehicle_number]
    if unknown:
        names = ", ".join(area.council.vehicles.ids)
        raise ProblemError(404, f"vehicle {unknown[0][:64]!r} is not of {area.id!r}; there are: {names}")
    picture = area.state.picture
    times = {name: _times(area, name) for name in vehicle or area.council.vehicles.ids}
    run = asyncio.get_running_loop().run_in_executor
    async with _writing:
        body = await run(_writers, _written, area, picture, times, vehicle, export)
    about = "-".join([area.id, str(picture.date or "today"), *(vehicle or ())[:1]]).replace(" ", "_")
    stem, _, ending = export.value.partition(".")
    name = f"{about}-{stem}.{ending}".encode("ascii", "replace").decode().replace('"', "_")
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type=MEDIA_TYPES[export])


def _times(area: CouncilArea, vehicle: str) -> Sequence[float | None]:
    forecast = area.board.forecast(vehicle)
    return () if forecast is None else [s if math.isfinite(s) else None for s in forecast.begin_s]


def _written(
    area: CouncilArea,
    picture: DayPicture,
    times: dict[str, Sequence[float | None]],
    vehicles: Sequence[str] | None,
    export: Export,
) -> bytes:
    rounds: list[CrewRound] = crew_rounds(area.council, picture, times, vehicles)
    if export is Export.GPX:
        return rounds_gpx(rounds, f"{area.council.name}, {picture.date or 'today'}").encode()
    if export is Export.GEOJSON:
        return msgspec.json.encode(rounds_geojson(rounds))
    if export is Export.CSV:
        return rounds_csv(rounds).encode()
    printed = datetime.now(UTC).astimezone(ZoneInfo(area.council.timezone))
    from services.council.exports.sheet_pdf import sheets_pdf  # with its fonts half a second, rarely needed

    return sheets_pdf(rounds, area.council.name, picture.date, f"Printed {printed:%d %B %Y %H:%M}")
