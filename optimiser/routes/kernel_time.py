"""Compiled: when a visit begins and ends, forwards in time and backwards.

Called by the other kernels. A round is followed in two states at once, before its break and after it; what
is not possible is `NEVER` (forwards) or `-NEVER` (backwards). Nothing here knows a round's sequence.
"""

import numpy as np

from optimiser.routes.kernel_cache import kernel
from optimiser.routes.model import Model

NEVER = np.inf
SLACK_S = 1e-7
"""Sums of seconds differ in their last bits by the order of their terms: forward times may be so late."""


@kernel
def begins(m: Model, node: int, time: float) -> float:
    """Earliest begin of service at or after `time`."""
    for w in range(m.n_open[node]):
        if time <= m.closes[node, w] + SLACK_S:
            return max(time, m.opens[node, w])
    return NEVER


@kernel
def begins_by(m: Model, node: int, time: float) -> float:
    """Latest begin of service at or before `time`."""
    for w in range(m.n_open[node] - 1, -1, -1):
        if m.opens[node, w] <= time:
            return min(time, m.closes[node, w])
    return -NEVER


@kernel
def finishes(m: Model, node: int, arrival: float) -> float:
    """When a visit is over that was reached at `arrival`."""
    if arrival == NEVER:
        return NEVER
    done = begins(m, node, arrival) + m.service[node]
    if m.then[node] >= 0:
        second = m.then[node]
        done = begins(m, second, done + m.inner_travel[node]) + m.service[second]
    return done


@kernel
def reached_by(m: Model, node: int, finish: float) -> float:
    """Latest arrival at a visit that must be over by `finish`."""
    if m.then[node] >= 0:
        second = m.then[node]
        finish = begins_by(m, second, finish - m.service[second]) - m.inner_travel[node]
    return begins_by(m, node, finish - m.service[node])


@kernel
def drive(m: Model, v: int, before: float, after: float, leave: float, travel: float) -> tuple[float, float]:
    """Arrivals (break to come, break taken) after a leg; it does not set out before `leave`.

    `before`, `after`: when the vehicle is free to leave, without its break and with it.
    """
    arrive_before = max(before, leave) + travel
    arrive_after = max(after, leave) + travel
    if before == NEVER:
        return arrive_before, arrive_after
    rest = m.rest_s[v]
    if rest > 0.0 and before <= m.rest_until[v]:
        rested = max(before, m.rest_from[v]) + rest
        arrive_after = min(arrive_after, max(rested, leave) + travel)
        if arrive_before <= m.rest_until[v]:
            arrive_after = min(arrive_after, max(arrive_before, m.rest_from[v]) + rest)
    return arrive_before, arrive_after


@kernel
def drive_back(
    m: Model, v: int, before: float, after: float, leave: float, travel: float
) -> tuple[float, float]:
    """Latest times to be free at the leg's beginning, given the latest arrivals at its end."""
    free_before, free_after = before - travel, after - travel
    if leave > free_before:
        free_before = -NEVER
    if leave > free_after:
        free_after = -NEVER
    rest = m.rest_s[v]
    if rest > 0.0 and free_after > -NEVER:
        rested_by = free_after - rest  # rest first, then leave
        if rested_by >= m.rest_from[v]:
            free_before = max(free_before, min(m.rest_until[v], rested_by))
        rested_by = after - rest  # drive first, then rest
        if rested_by >= m.rest_from[v]:
            by = min(m.rest_until[v], rested_by) - travel
            if leave <= by:
                free_before = max(free_before, by)
    return free_before, free_after
