"""The plan in force after a vehicle is lost.

Called by `instant` alone. Never changes what other vehicles have done.
"""

import numpy as np

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.plan import BREAK_ON_ARRIVAL, DayPlan, Kind
from optimiser.routes.problem import InForce


def past_without(past: InForce | None, plan: DayPlan, vehicle: int, served: int | None) -> InForce:
    """What is in force once a vehicle is lost after `served` visits; None for all that are done.

    Parameters
    ----------
    past, plan
        What was in force (None: nothing done), and the day as it stands.
    vehicle
        The lost one.
    served
        Leading visits of its round that are over.

    Raises
    ------
    RouteInputError
        Where that is more than what is done.
    """
    if past is None:
        n = len(plan.rounds)
        past = InForce(plan, np.zeros(n, np.int64), np.full(n, np.nan), np.zeros(n, np.bool_))
    known = int(past.done[vehicle])
    if served is not None and not 0 <= served <= known:
        raise RouteInputError("served", served, f"0 to {known}, the visits done by the plan in force")
    over = known if served is None else served
    visits = past.plan.rounds[vehicle]
    while over and visits[over - 1].kind == Kind.BREAK and visits[over - 1].index == BREAK_ON_ARRIVAL:
        over -= 1  # the crew would rest at a visit it never reached
    done, free_s, lost = past.done.copy(), past.free_s.copy(), past.lost.copy()
    done[vehicle], lost[vehicle] = over, True
    if not over:
        free_s[vehicle] = np.nan
    return InForce(past.plan, done, free_s, lost)
