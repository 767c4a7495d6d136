"""Route problems as the commands ask them: with another plan in force, one more stop, vehicles lost.

Called by `cover routes`. Makes problems from problems; never solves one.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.formats.instance import Instance
from optimiser.routes.problem import InForce
from services.cover_file_error import CoverFileError, shown
from services.routes_file import decode_stop, instance_of
from services.routes_input import RoutesInput, read_routes_input
from services.routes_plan_file import read_plan


def input_with_plan(file: str, plan: str | None) -> RoutesInput:
    """Read a problem whose plan in force is the one in a file, where one is named; CoverFileError."""
    read = read_routes_input(file)
    if plan is None:
        if read.instance.problem.in_force is None:
            raise CoverFileError("in_force", "missing", "there, or --plan must name a file with the plan")
        return read
    return replace(read, instance=with_plan(read.instance, plan))


def with_plan(instance: Instance, name: str) -> Instance:
    """Return the instance with the plan of a file in force; what is done and lost stays. CoverFileError."""
    problem, plan = instance.problem, read_plan(name, instance)
    n = len(problem.fleet)
    in_force = problem.in_force
    if in_force is None:
        nothing, unknown_s = np.zeros(n, dtype=np.int64), np.full(n, np.nan)
        in_force = InForce(plan, nothing, unknown_s, np.zeros(n, dtype=np.bool_))
    try:
        return replace(instance, problem=replace(problem, in_force=replace(in_force, plan=plan)))
    except RouteInputError as error:
        raise CoverFileError(error.field, str(error.found), error.expected) from error


def with_stop(given: RoutesInput, stop: str) -> tuple[Instance, int]:
    """Return the instance and the number of a stop that is to be placed.

    Parameters
    ----------
    given
        The problem, with a plan in force.
    stop
        Name of a stop of the file that no round serves, or a new stop as JSON.

    Raises
    ------
    CoverFileError
        Where there is no such stop, a round serves it, or the JSON is wrong.
    """
    instance = given.instance
    if stop.lstrip().startswith("{"):
        if given.document is None:
            raise CoverFileError("--stop", "JSON", "the name of a stop, as the file is a published instance")
        row = decode_stop(stop.encode())
        stops = [*given.document.stops, row]
        try:
            grown = instance_of(msgspec.structs.replace(given.document, stops=stops), instance.name)
        except CoverFileError as error:  # the file is right: it is the new stop, which is the last
            field = error.field.replace(f"stops[{len(stops) - 1}]", "stop", 1)
            raise CoverFileError(field, error.problem, error.expected) from error
        in_force = instance.problem.in_force
        if in_force is not None:
            unserved = (*in_force.plan.unserved, len(stops) - 1)
            in_force = replace(in_force, plan=replace(in_force.plan, unserved=unserved))
        return replace(grown, problem=replace(grown.problem, in_force=in_force)), len(stops) - 1
    ids = instance.problem.stops.ids
    if stop not in ids:
        raise CoverFileError("--stop", shown(stop), "the name of one of the stops, or a stop as JSON")
    number = ids.index(stop)
    past = instance.problem.in_force
    if past is not None and number in past.plan.vehicle_of():
        raise CoverFileError("--stop", f"{shown(stop)}, which a round serves", "a stop that no round serves")
    return instance, number


def with_lost(instance: Instance, vehicles: Sequence[str]) -> Instance:
    """Return the instance with these vehicles lost, too; CoverFileError where there is no such vehicle."""
    past = instance.problem.in_force
    if past is None:
        raise CoverFileError("in_force", "missing", "there: what is not planned needs no repair")
    lost = past.lost.copy()
    for name in vehicles:
        if name not in instance.problem.fleet.ids:
            raise CoverFileError("--lost", shown(name), "the name of one of the vehicles")
        lost[instance.problem.fleet.ids.index(name)] = True
    return replace(instance, problem=replace(instance.problem, in_force=replace(past, lost=lost)))
