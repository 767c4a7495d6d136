"""A plan in a file: an answer of `cover routes`, rounds written by hand, or a published `.sol`.

Called by `cover routes`. Never judges a plan: that is the checker's.
"""

import msgspec

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.formats.instance import Instance
from optimiser.routes.formats.vrplib_solution import read_vrplib_solution
from optimiser.routes.plan import DayPlan, Kind, Round
from services.cover_file_error import CoverFileError, shown
from services.file_bytes import read_file_bytes
from services.routes_document import VisitRow
from services.routes_file_error import refusal_of
from services.routes_file_numbers import index_of
from services.routes_plan_rows import round_of

MOST_PLAN_BYTES = 64 * 2**20
"""An answer with 20,000 stops has some 3 MB."""
IN_FORCE = "in-force"
"""In the place of a plan's file: the plan in force that the problem's file holds."""


class _Round(msgspec.Struct):
    vehicle: str
    visits: list[VisitRow]


class _Plan(msgspec.Struct):
    """What of an answer is the plan; everything else follows from it."""

    rounds: list[_Round]


_PLAN = msgspec.json.Decoder(_Plan)


def read_plan(name: str, instance: Instance) -> DayPlan:
    """Read the plan in a file for an instance; `in-force` is the one in force.

    Raises
    ------
    CoverFileError
        Naming the field, what is wrong and what would be right.
    """
    if name == IN_FORCE:
        if instance.problem.in_force is None:
            raise CoverFileError("in_force", "missing", "there, or a plan in a file instead")
        return instance.problem.in_force.plan
    return decode_plan(read_file_bytes(name, MOST_PLAN_BYTES), instance)


def decode_plan(data: bytes, instance: Instance) -> DayPlan:
    """Decode a plan for an instance; CoverFileError as in `read_plan`."""
    if data.lstrip()[:5] == b"Route" and instance.kind in ("cvrp", "vrptw", "mtvrptwr"):
        try:
            return read_vrplib_solution(data.decode("utf-8", errors="replace"), instance).plan
        except RouteInputError as error:
            raise CoverFileError(error.field, str(error.found), error.expected) from error
    try:
        given = _PLAN.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal_of(error, data) from error
    return _plan(given, instance)


def _plan(given: _Plan, instance: Instance) -> DayPlan:
    problem = instance.problem
    vehicles = {name: number for number, name in enumerate(problem.fleet.ids)}
    stops = {name: number for number, name in enumerate(problem.stops.ids)}
    tips = {name: number for number, name in enumerate(problem.tips.ids)}
    rounds: dict[int, Round] = {}
    for i, row in enumerate(given.rounds):
        vehicle = index_of(f"rounds[{i}].vehicle", row.vehicle, vehicles, "vehicles")
        if vehicle in rounds:
            raise CoverFileError(f"rounds[{i}].vehicle", shown(row.vehicle), "a vehicle not named before")
        rounds[vehicle] = round_of(f"rounds[{i}].visits", row.visits, stops, tips)
    served = {visit.index for visits in rounds.values() for visit in visits if visit.kind == Kind.STOP}
    unserved = tuple(stop for stop in range(len(problem.stops)) if stop not in served)
    return DayPlan(tuple(rounds.get(v, ()) for v in range(len(problem.fleet))), unserved)
