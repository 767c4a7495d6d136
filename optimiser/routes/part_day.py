"""A part of a day as a problem of its own: some vehicles, their stops, and only the locations these need.

Called by the services that answer about a few rounds of a large day. Pure; it decides nothing, and it knows
no names but those it is given.
"""

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from optimiser.routes.arrays import FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.problem import InForce, RouteProblem, RouteWeights
from optimiser.routes.stops import Stops, Tips

FAR_S = 1e6
"""Stands for a way that does not exist: later than any shift ends, and still a number to count with."""
FAR_M = 1e7
"""The same in metres, so that such a way is never the cheap one."""

Named = TypeVar("Named", Fleet, Stops)


def rows_of(of: Named, rows: IntArray) -> Named:
    """Return a fleet or stops with these rows only, in this order."""
    columns: dict[str, Any] = {}
    for one in fields(of):
        value = getattr(of, one.name)
        columns[one.name] = tuple(value[r] for r in rows.tolist()) if one.name == "ids" else value[rows]
    return replace(of, **columns)


def part_problem(
    travel_s: npt.NDArray[Any],
    dist_m: npt.NDArray[Any],
    fleet: Fleet,
    stops: Stops,
    tips: Tips,
    weights: RouteWeights,
    in_force: InForce | None,
) -> tuple[RouteProblem, IntArray]:
    """Return the problem of these vehicles and stops on the locations they use, and the numbers of these.

    Parameters
    ----------
    travel_s, dist_m
        Of the whole ground, (N, N); inf where there is no way.
    fleet, stops, tips
        Their locations are numbers of the whole ground.
    weights, in_force
        As they are in the problem.

    Raises
    ------
    RouteInputError
        Where the parts do not make a problem.
    """
    ends = (fleet.start, fleet.end, tips.location, stops.entry, stops.exit)
    places = np.unique(np.concatenate(ends))
    start, end, tip, entry, leave = (np.searchsorted(places, at).astype(np.int64) for at in ends)
    grid = np.ix_(places, places)
    problem = RouteProblem(
        travel_s=finite(travel_s[grid], FAR_S),
        dist_m=finite(dist_m[grid], FAR_M),
        fleet=replace(fleet, start=start, end=end),
        stops=replace(stops, entry=entry, exit=leave),
        tips=replace(tips, location=tip),
        weights=weights,
        in_force=in_force,
    )
    return problem, places


def finite(values: npt.NDArray[Any], instead: float) -> FloatArray:
    """Return times or lengths of ways with a number in place of those that do not exist.

    Parameters
    ----------
    values
        Seconds or metres, inf where there is no way.
    instead
        `FAR_S` or `FAR_M`.
    """
    wide: FloatArray = values.astype(np.float64)
    wide[np.isinf(wide)] = instead
    return wide
