"""Rounds as CSV (RFC 4180, UTF-8): a line for each visit, for spreadsheets and other systems.

Called by the export routes. Never reads the picture: it is given rounds in rows.
"""

import csv
import io
from collections.abc import Sequence

from services.council.exports.round_rows import CrewRound, clock

COLUMNS = (
    "round",
    "vehicle",
    "position",
    "kind",
    "id",
    "street",
    "houses",
    "households",
    "planned",
    "service_s",
    "load_kg",
    "state",
    "note",
    "longitude",
    "latitude",
)
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run as a formula when a cell begins with it."""


def rounds_csv(rounds: Sequence[CrewRound]) -> str:
    """Write rounds as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in rounds:
        for row in one.rows:
            lon, lat = ("", "") if row.line is None else (f"{v:.6f}" for v in row.line[0])
            cells: list[str | int] = [
                one.letter,
                one.vehicle,
                row.position,
                row.kind,
                row.id,
                row.street,
                row.houses,
                row.households,
                clock(row.begin_s),
                round(row.service_s),
                f"{sum(row.load.values()):.0f}",
                row.state or "planned",
                row.note,
            ]
            # Longitudes may begin with a minus and are numbers: they stay as they are.
            writer.writerow([*(_plain(cell) for cell in cells), lon, lat])
    return text.getvalue()


def _plain(cell: str | int) -> str | int:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_BEGINS) else cell
