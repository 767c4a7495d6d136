"""Visits by name and plans by number, one into the other.

Called by the readers of route files and of answers, and by what writes them. Never judges a plan.
"""

from collections.abc import Mapping, Sequence

from optimiser.routes.plan import BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem
from services.cover_file_error import CoverFileError
from services.routes_document import BreakPlace, VisitRow
from services.routes_file_numbers import index_of

BREAK_PLACES: dict[int, BreakPlace] = {BREAK_BEFORE_LEAVING: "before_leaving", BREAK_ON_ARRIVAL: "on_arrival"}
_BREAKS = {name: number for number, name in BREAK_PLACES.items()}


def round_of(
    field: str, rows: Sequence[VisitRow], stops: Mapping[str, int], tips: Mapping[str, int]
) -> Round:
    """Return the visits by number; CoverFileError where a row is none or names what is not there."""
    visits: list[Visit] = []
    for i, row in enumerate(rows):
        here = f"{field}[{i}]"
        said = [name for name in ("stop", "tip", "break_") if getattr(row, name) is not None]
        if len(said) != 1:
            found = " and ".join(said).replace("_", "") or "neither"
            raise CoverFileError(here, found, "one of stop, tip and break")
        if row.backward and row.stop is None:
            raise CoverFileError(f"{here}.backward", "true", "left out, where it is no stop")
        if row.stop is not None:
            number = index_of(f"{here}.stop", row.stop, stops, "stops")
            visits.append(Visit(Kind.STOP, number, row.backward))
        elif row.tip is not None:
            visits.append(Visit(Kind.TIP, index_of(f"{here}.tip", row.tip, tips, "tips")))
        elif row.break_ is not None:
            visits.append(Visit(Kind.BREAK, _BREAKS[row.break_]))
    return tuple(visits)


def row_of(visit: Visit, problem: RouteProblem) -> VisitRow:
    """Return a visit by name."""
    if visit.kind == Kind.STOP:
        return VisitRow(stop=problem.stops.ids[visit.index], backward=visit.backward)
    if visit.kind == Kind.TIP:
        return VisitRow(tip=problem.tips.ids[visit.index])
    return VisitRow(break_=BREAK_PLACES[visit.index])
