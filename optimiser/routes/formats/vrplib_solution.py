"""Published solutions (`.sol`) of VRPLIB instances as plans.

Called by tests and benchmarks, to show that conventions are those of the published costs. Never judges a
plan.
"""

from dataclasses import dataclass

from vrplib.parse.parse_solution import parse_solution

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.formats.instance import Instance
from optimiser.routes.plan import DayPlan, Kind, Round, Visit

DEPOT = 0
_TIP = Visit(Kind.TIP, 0)


@dataclass(frozen=True, slots=True)
class PublishedSolution:
    """A plan and the cost its publishers state."""

    plan: DayPlan
    cost: float


def read_vrplib_solution(text: str, instance: Instance) -> PublishedSolution:
    """Return the plan and the stated cost of a `.sol` text for an instance of `read_vrplib`.

    A depot's number within a route is a return to it: a visit to the tip, as is each route's end.

    Raises
    ------
    RouteInputError
        Where the text is no solution of this instance.
    """
    try:
        solution = parse_solution(text)
    except (ValueError, IndexError) as error:
        raise RouteInputError("solution", str(error), "lines `Route #1: 3 1 2` and `Cost 123`") from error
    routes, cost = solution["routes"], solution.get("cost")
    if not isinstance(cost, (int, float)):
        raise RouteInputError("Cost", cost, "a number")
    n_vehicles, n_stops = len(instance.problem.fleet), len(instance.problem.stops)
    if len(routes) > n_vehicles:
        raise RouteInputError("routes", len(routes), f"at most {n_vehicles}, the vehicles there are")
    served = [place for route in routes for place in route if place != DEPOT]
    if wrong := sorted({place for place in served if not 1 <= place <= n_stops}):
        raise RouteInputError("routes", f"client {wrong[0]}", f"1 to {n_stops}, or {DEPOT} for the depot")
    rounds = [_round(route) for route in routes]
    rounds += [()] * (n_vehicles - len(rounds))
    unserved = sorted(set(range(n_stops)) - {place - 1 for place in served})
    return PublishedSolution(DayPlan(tuple(rounds), tuple(unserved)), float(cost))


def _round(route: list[int]) -> Round:
    visits = [_TIP if place == DEPOT else Visit(Kind.STOP, place - 1) for place in route]
    return (*visits, _TIP) if visits else ()
