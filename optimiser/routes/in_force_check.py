"""What is checked of the plan in force when a route problem is built.

Called by `optimiser.routes.problem_check` alone, after fleet, stops and tips were found right. It asks
whether the plan can be read, not whether it is feasible: the day may have broken it, which is why it is asked
about.
"""

from typing import TYPE_CHECKING

import numpy as np

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.plan import BREAK_ON_ARRIVAL, Kind

if TYPE_CHECKING:
    from optimiser.routes.problem import InForce, RouteProblem


def check_in_force(problem: "RouteProblem", past: "InForce") -> None:
    """Check the plan in force and how far the day has come.

    Parameters
    ----------
    problem
        The day.
    past
        Its plan in force.

    Raises
    ------
    RouteInputError
        Naming the field (with index), the value and what would be right.
    """
    n = len(problem.fleet)
    if len(past.plan.rounds) != n:
        found = f"{len(past.plan.rounds)} rounds"
        raise RouteInputError("in_force.plan.rounds", found, f"one for each of the {n} vehicles")
    shapes = (
        ("done", past.done, np.int64),
        ("free_s", past.free_s, np.float64),
        ("lost", past.lost, np.bool_),
    )
    for name, value, kind in shapes:
        if not isinstance(value, np.ndarray) or value.dtype.type is not kind or value.shape != (n,):
            found = f"{getattr(value, 'dtype', type(value).__name__)}, shape {getattr(value, 'shape', '()')}"
            raise RouteInputError(f"in_force.{name}", found, f"an array of {kind.__name__}, shape ({n},)")
    _check_visits(problem, past)
    starts_s = problem.fleet.shift_start_s.tolist()
    for vehicle, (done, free_s) in enumerate(zip(past.done.tolist(), past.free_s.tolist(), strict=True)):
        visits = past.plan.rounds[vehicle]
        if not 0 <= done <= len(visits):
            expected = f"0 to {len(visits)}, the visits of its round"
            raise RouteInputError(f"in_force.done[{vehicle}]", done, expected)
        # Where the vehicle then is would depend on a visit that may still change.
        if done and visits[done - 1].kind == Kind.BREAK and visits[done - 1].index == BREAK_ON_ARRIVAL:
            expected = "a number that takes in the visit at whose place the crew rests"
            raise RouteInputError(
                f"in_force.done[{vehicle}]", f"{done}, ending with a rest on arrival", expected
            )
        if free_s in (np.inf, -np.inf):
            raise RouteInputError(f"in_force.free_s[{vehicle}]", free_s, "a finite time, or nan")
        if not done and free_s < starts_s[vehicle]:
            expected = f"not before the shift, {starts_s[vehicle]}, where nothing is done"
            raise RouteInputError(f"in_force.free_s[{vehicle}]", free_s, expected)


def _check_visits(problem: "RouteProblem", past: "InForce") -> None:
    limits = {int(Kind.STOP): len(problem.stops), int(Kind.TIP): len(problem.tips), int(Kind.BREAK): 2}
    seen: set[int] = set()
    stop_kind = int(Kind.STOP)
    for vehicle, visits in enumerate(past.plan.rounds):
        for position, (kind, index, _) in enumerate(visits):
            limit = limits.get(kind, 0)
            if not 0 <= index < limit:
                field = f"in_force.plan.rounds[{vehicle}][{position}]"
                raise RouteInputError(
                    field, f"kind {kind!r}, index {index}", f"an index from 0 to {limit - 1}"
                )
            if kind == stop_kind:
                if index in seen:
                    field = f"in_force.plan.rounds[{vehicle}][{position}]"
                    raise RouteInputError(field, f"stop {index} again", "each stop once in the plan")
                seen.add(index)
    for at, stop in enumerate(past.plan.unserved):
        if not 0 <= stop < len(problem.stops) or stop in seen:
            expected = f"a stop from 0 to {len(problem.stops) - 1} that no round serves, once"
            raise RouteInputError(f"in_force.plan.unserved[{at}]", stop, expected)
        seen.add(stop)
