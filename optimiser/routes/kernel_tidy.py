"""Compiled: a round made whole again after stops were taken out or put in.

Called by the search and the instant layer. Drops tips nobody needs, joins trips that fit into one, chooses
tips and ways of streets anew; never moves a stop within a round or between rounds.
"""

import numpy as np

from optimiser.routes.day_arrays import Day
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.kernel_round import LOAD_SLACK, renew
from optimiser.routes.model import Model


@kernel
def tidy(m: Model, d: Day, v: int) -> bool:
    """Close the gaps of removed stops, drop tips nobody needs, renew; whether all rules are kept."""
    k = 0
    fresh = True  # nothing collected since the last tip
    for p in range(1, d.n[v] + 1):
        node = d.node[v, p]
        if p > d.fixed_to[v]:
            if node < m.n_stops and d.vehicle[node] != v:
                continue
            if node >= m.n_stops and fresh:
                continue
        k += 1
        d.node[v, k] = node
        d.way[v, k] = d.way[v, p]
        fresh = node >= m.n_stops
    d.n[v] = k
    right = renew(m, d, v)
    return _merge(m, d, v, right)


@kernel
def _merge(m: Model, d: Day, v: int, right: bool) -> bool:
    """Leave out tips whose two trips fit into one, where that costs less."""
    trip = 0
    while trip + 1 < d.trips[v]:
        p = d.trip_to[v, trip]
        last = d.trip_to[v, trip + 1]
        if p <= d.fixed_to[v] or p >= d.n[v] or last == p + 1 or last > d.n[v]:
            trip += 1
            continue
        fits = (d.trip_holds[v, trip] & ~m.takes[d.node[v, last]]) == 0
        for k in range(m.load.shape[1]):
            both = d.trip_load[v, trip, k] + d.trip_load[v, trip + 1, k]
            fits = fits and both <= m.capacity[v, k] + LOAD_SLACK
        node = d.node[v, p]
        before = d.leg[v, p] + m.inner_cost[node] + d.leg[v, p + 1]
        if not fits or m.cost[d.leave[v, p - 1], d.enter[v, p + 1]] > before:
            trip += 1
            continue
        for q in range(p, d.n[v]):
            d.node[v, q] = d.node[v, q + 1]
            d.way[v, q] = d.way[v, q + 1]
        d.n[v] -= 1
        now = renew(m, d, v)
        if right and not now:
            for q in range(d.n[v], p - 1, -1):
                d.node[v, q + 1] = d.node[v, q]
                d.way[v, q + 1] = d.way[v, q]
            d.node[v, p] = node
            d.way[v, p] = 0
            d.n[v] += 1
            renew(m, d, v)
            trip += 1
        else:
            right = now
    return right


@kernel
def better_tips(m: Model, d: Day, v: int) -> None:
    """Call at another tip where that is cheaper and keeps all rules."""
    for trip in range(d.trips[v] - 1):
        p = d.trip_to[v, trip]
        if p <= d.fixed_to[v] or p > d.n[v]:
            continue
        old = d.node[v, p]
        here, there = d.leave[v, p - 1], d.enter[v, p + 1]
        best = d.leg[v, p] + m.inner_cost[old] + d.leg[v, p + 1]
        for tip in range(m.n_stops, m.n_nodes):
            cost = m.cost[here, m.enter[tip, 0]] + m.inner_cost[tip] + m.cost[m.leave[tip, 0], there]
            if cost >= best - 1e-9 or (d.trip_holds[v, trip] & ~m.takes[tip]) != 0:
                continue
            kept = d.node[v, p]
            d.node[v, p] = tip
            if renew(m, d, v):
                best = cost
            else:
                d.node[v, p] = kept
                renew(m, d, v)


@kernel
def better_ways(m: Model, d: Day, v: int) -> None:
    """Serve the streets of a round from the ends that make it cheapest, if that keeps all rules."""
    n, first = d.n[v], d.fixed_to[v]
    if n <= first:
        return
    cost = np.empty((n + 2, 2))
    came = np.zeros((n + 2, 2), np.int32)
    cost[first, 0], cost[first, 1] = 0.0, np.inf
    for p in range(first + 1, n + 1):
        node = d.node[v, p]
        for way in range(2):
            cost[p, way] = np.inf
            if way >= m.ways[node]:
                continue
            for before in range(2):
                if cost[p - 1, before] == np.inf:
                    continue
                here = d.leave[v, first] if p - 1 == first else m.leave[d.node[v, p - 1], before]
                total = cost[p - 1, before] + m.cost[here, m.enter[node, way]]
                if total < cost[p, way]:
                    cost[p, way] = total
                    came[p, way] = before
    best, now = np.inf, 0.0
    last = 0
    for way in range(m.ways[d.node[v, n]]):
        total = cost[n, way] + m.cost[m.leave[d.node[v, n], way], d.enter[v, n + 1]]
        if total < best:
            best, last = total, way
    for p in range(first + 1, n + 2):
        now += d.leg[v, p]
    if best >= now - 1e-9:
        return
    for p in range(n, first, -1):
        came[p, 0], last = last, came[p, last]  # from here on: the way to take
    for p in range(first + 1, n + 1):
        d.way[v, p], came[p, 0] = came[p, 0], d.way[v, p]
    if not renew(m, d, v):
        for p in range(first + 1, n + 1):
            d.way[v, p] = came[p, 0]
        renew(m, d, v)
