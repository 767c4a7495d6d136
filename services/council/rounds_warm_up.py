"""Everything the route engine compiles for a council's day, done once on a day of three stops.

Called by the solver and desk of rounds before the first event, and by the builder of the morning's, so that
no answer has to wait for a compiler.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from optimiser.routes.engine import three_answers
from optimiser.routes.fleet import Fleet
from optimiser.routes.formats.uniform import NO_LIMIT_S, plain_stops, plain_tips, uniform_fleet
from optimiser.routes.instant import LiveDay
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.problem import InForce, RouteProblem
from optimiser.routes.reasons import why_not
from optimiser.routes.relaxation import cheapest_relaxation

SEARCH_S = 0.05
"""Long enough for a search to have done everything once, when it is compiled."""
SEARCHES = 6
"""A search whose time is over while something is compiled has not got to what comes after it."""


@cache
def warm_up_rounds() -> None:
    """Load or compile the engine's machine code.

    From the disk it takes a second or two; the first run on a machine compiles for a minute.
    """
    a, b, c = (Visit(Kind.STOP, n) for n in range(3))
    tip = Visit(Kind.TIP, 0)
    plan = DayPlan(((a, b, tip), (c, tip)), (3,))
    day = LiveDay(_small_day(plan))
    day.insert(3, insist=True)
    day.price_of(0, 1)
    day.move(0, 1)
    day.reorder(1, SEARCH_S)
    day.remove(1)
    LiveDay(_small_day(plan)).lose_vehicle(0, SEARCH_S)
    for _ in range(SEARCHES):
        if three_answers(_small_day(DayPlan(((a, b, tip), (c, tip)), (3,))), SEARCH_S).free.iterations > 1:
            break
    tight = _small_day(plan)
    tight = replace(tight, fleet=_without_room(tight.fleet))
    why_not(tight, plan, 3)
    cheapest_relaxation(tight, plan, 3, most=1)


def _without_room(fleet: Fleet) -> Fleet:
    return replace(fleet, shift_end_s=np.full(len(fleet), 4.0), break_s=np.zeros(len(fleet)))


def _small_day(plan: DayPlan) -> RouteProblem:
    """Four stops, two vehicles, one tip; nothing done."""
    n = 4
    away = np.ones((n + 1, n + 1)) - np.eye(n + 1)
    any_time = np.repeat([[-np.inf, np.inf]], n, axis=0)
    return RouteProblem(
        away,
        away,
        uniform_fleet(2, shift_s=(0.0, NO_LIMIT_S), capacity=2.0, max_trips=3),
        plain_stops(
            tuple("abcd"), np.arange(1, n + 1), service_s=np.zeros(n), load=np.full(n, 0.5), window_s=any_time
        ),
        plain_tips(("tip",), np.zeros(1, dtype=np.int64), service_s=np.zeros(1), window_s=any_time[:1]),
        in_force=InForce(plan, np.zeros(2, np.int64), np.full(2, np.nan), np.zeros(2, np.bool_)),
    )
