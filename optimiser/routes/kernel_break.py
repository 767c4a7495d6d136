"""Compiled: where the crew of a finished round takes its break.

Called by `day_state` when a day becomes a plan. The other kernels follow both states at once and never say
where the break is; this one looks back along the earliest times.
"""

from optimiser.routes.day_arrays import F0, F1, Day
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.kernel_round import leaves_from
from optimiser.routes.kernel_time import NEVER, SLACK_S
from optimiser.routes.model import Model

NONE, LEAVING, ARRIVING = -1, 0, 1


@kernel
def break_of(m: Model, d: Day, v: int) -> tuple[int, int]:
    """Position after which the break is, and whether before leaving it or on arrival at the next."""
    rest = m.rest_s[v]
    if rest <= 0.0 or d.n[v] == 0 or d.clock[v, d.n[v] + 1, F0] <= m.rest_until[v] + SLACK_S:
        return -1, NONE
    for p in range(d.n[v], m.done[v] - 1, -1):
        leave, before = leaves_from(d, v, p), d.clock[v, p, F0]
        travel = m.travel[d.leave[v, p], d.enter[v, p + 1]]
        taken_already = max(d.clock[v, p, F1], leave) + travel
        leaving, arriving = NEVER, NEVER
        if before <= m.rest_until[v]:
            leaving = max(max(before, m.rest_from[v]) + rest, leave) + travel
            arrive = max(before, leave) + travel
            if arrive <= m.rest_until[v]:
                arriving = max(arrive, m.rest_from[v]) + rest
        if min(leaving, arriving) < taken_already:
            return (p, ARRIVING) if arriving <= leaving else (p, LEAVING)
    return -1, NONE
