"""Compiled: everything kept about one vehicle's round, worked out anew from its sequence.

Called after every change of a sequence, and to copy a round. Never decides anything.
"""

from optimiser.routes.arrays import AnyArray
from optimiser.routes.day_arrays import B0, B1, F0, F1, R0, R1, Day
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.kernel_time import NEVER, SLACK_S, drive, drive_back, finishes, reached_by
from optimiser.routes.model import Model

LOAD_SLACK = 1e-9


@kernel
def renew(m: Model, d: Day, v: int) -> bool:
    """Work out places, legs, trips, loads and times of round `v`; whether it keeps all rules."""
    _places(m, d, v)
    right = _trips(m, d, v)
    _releases(m, d, v)
    right = _forward(m, d, v) and right
    _backward(m, d, v, m.hard_s[v], B0, B1)
    if m.overtime_cost > 0.0:  # nobody looks at these otherwise
        _backward(m, d, v, m.regular_s[v], R0, R1)
    d.right[v] = 1 if right else 0
    return right


@kernel
def _places(m: Model, d: Day, v: int) -> None:
    n, n_stops = d.n[v], m.n_stops
    nodes, ways, enter, leave, leg = d.node, d.way, d.enter, d.leave, d.leg
    m_enter, m_leave, cost, vehicle, at = m.enter, m.leave, m.cost, d.vehicle, d.at
    enter[v, 0] = leave[v, 0] = m.start[v]
    enter[v, n + 1] = leave[v, n + 1] = m.end[v]
    nodes[v, 0] = nodes[v, n + 1] = -1
    legs = 0.0
    here = m.start[v]
    for p in range(1, n + 2):
        if p <= n:
            node, way = nodes[v, p], ways[v, p]
            enter[v, p] = m_enter[node, way]
            leave[v, p] = m_leave[node, way]
            if node < n_stops:
                vehicle[node] = v
                at[node] = p
            else:
                legs += m.inner_cost[node]
        way_there = cost[here, enter[v, p]]
        leg[v, p] = way_there
        legs += way_there
        here = leave[v, p]
    d.legs[v] = legs if n > 0 else 0.0


@kernel
def _trips(m: Model, d: Day, v: int) -> bool:
    n, n_materials, n_stops = d.n[v], m.load.shape[1], m.n_stops
    nodes, trips, ranks, sofar, load = d.node, d.trip, d.rank, d.sofar, m.load
    capacity, lock_at, all_holds = m.capacity, m.lock_at, m.holds
    right, done = True, m.done[v]
    trip, rank, calls, holds, fixed_to = 0, 0, 0, 0, done
    for k in range(n_materials):
        d.day_load[v, k] = 0.0
        sofar[v, 0, k] = 0.0
    trips[v, 0], ranks[v, 0], d.trip_from[v, 0] = 0, 0, 0
    for p in range(1, n + 2):
        node = nodes[v, p]
        trips[v, p] = trip
        if 0 <= node < n_stops:
            rank += 1
            holds |= all_holds[node]
            for k in range(n_materials):
                held = sofar[v, p - 1, k] + load[node, k]  # nought at a tip
                sofar[v, p, k] = held
                right = right and (p <= done or held <= capacity[v, k] + LOAD_SLACK)
            if lock_at[node] >= 0:
                fixed_to = max(fixed_to, p)
        else:  # a tip, or the depot at the end
            for k in range(n_materials):
                held = sofar[v, p - 1, k]
                d.trip_load[v, trip, k] = held
                d.day_load[v, k] += held
                sofar[v, p, k] = 0.0
            d.trip_holds[v, trip] = holds
            d.trip_to[v, trip] = p
            takes = m.takes[node] if node >= 0 else 0
            right = right and (p <= done or (holds & ~takes) == 0)  # history is not judged
            holds = 0
            if node >= 0:
                calls += m.calls[node]
                trip += 1
                d.trip_from[v, trip] = p
        ranks[v, p] = rank
    d.trips[v] = trip + 1
    d.day_stops[v] = rank
    d.day_calls[v] = calls
    d.fixed_to[v] = fixed_to
    for k in range(n_materials):
        right = right and d.day_load[v, k] <= m.daily_load[v, k] + LOAD_SLACK
    return right and rank <= m.daily_stops[v] and calls <= m.max_trips[v]


@kernel
def _releases(m: Model, d: Day, v: int) -> None:
    n = d.n[v]
    for trip in range(d.trips[v]):
        d.trip_release[v, trip] = -NEVER
    if not m.has_release:
        return
    for trip in range(d.trips[v]):
        first, last = d.trip_from[v, trip], d.trip_to[v, trip]
        greatest = -NEVER
        for p in range(first + 1, last):
            greatest = max(greatest, m.release[d.node[v, p]])
            d.release[v, p, 0] = greatest
        d.trip_release[v, trip] = greatest
        greatest = -NEVER
        d.release[v, last, 1] = -NEVER
        d.release[v, last, 0] = -NEVER
        for p in range(last - 1, first, -1):
            greatest = max(greatest, m.release[d.node[v, p]])
            d.release[v, p, 1] = greatest
    d.release[v, 0, 0] = -NEVER
    d.release[v, n + 1, 1] = -NEVER


@kernel
def leaves_from(d: Day, v: int, p: int) -> float:
    """Earliest departure from position `p`: the release of the trip that begins there."""
    trip = d.trip[v, p + 1]
    return d.trip_release[v, trip] if d.trip_from[v, trip] == p else -NEVER


@kernel
def _forward(m: Model, d: Day, v: int) -> bool:
    n, first = d.n[v], m.done[v]
    due = m.rest_s[v] > 0.0
    d.clock[v, first, F0] = m.begin_s[v] if due else NEVER
    d.clock[v, first, F1] = NEVER if due else m.begin_s[v]
    if n == 0:
        d.finish[v] = m.begin_s[v]
        return True
    if due:
        _forward_twice(m, d, v, first, n)
    else:
        _forward_once(m, d, v, first, n)
    d.finish[v] = home_at(m, v, d.clock[v, n + 1, F0], d.clock[v, n + 1, F1])
    return d.finish[v] <= m.hard_s[v] + SLACK_S


@kernel
def _forward_once(m: Model, d: Day, v: int, first: int, n: int) -> None:
    """Times without a break, the common case written out: one interval, no pair of tips."""
    clock, leave, enter, nodes = d.clock, d.leave, d.enter, d.node
    travel, opens, closes, service, simple = m.travel, m.opens, m.closes, m.service, m.simple
    n_stops, has_release = m.n_stops, m.has_release
    time = clock[v, first, F1]
    for p in range(first, n + 1):
        if has_release and (p == first or nodes[v, p] >= n_stops):
            time = max(time, leaves_from(d, v, p))
        time += travel[leave[v, p], enter[v, p + 1]]
        if p < n:
            node = nodes[v, p + 1]
            if simple[node]:
                if time > closes[node, 0] + SLACK_S:
                    time = NEVER
                time = max(time, opens[node, 0]) + service[node]
            else:
                time = finishes(m, node, time)
        clock[v, p + 1, F0] = NEVER
        clock[v, p + 1, F1] = time


@kernel
def _forward_twice(m: Model, d: Day, v: int, first: int, n: int) -> None:
    """Times before the break and after it."""
    clock, leave, enter, travel, nodes = d.clock, d.leave, d.enter, m.travel, d.node
    before, after = clock[v, first, F0], clock[v, first, F1]
    for p in range(first, n + 1):
        before, after = drive(m, v, before, after, leaves_from(d, v, p), travel[leave[v, p], enter[v, p + 1]])
        if p < n:
            node = nodes[v, p + 1]
            before, after = finishes(m, node, before), finishes(m, node, after)
        clock[v, p + 1, F0] = before
        clock[v, p + 1, F1] = after


@kernel
def home_at(m: Model, v: int, before: float, after: float) -> float:
    """When the round is over, given its arrivals at the depot: without a break only while none is needed."""
    if before <= m.rest_until[v] + SLACK_S:
        return min(before, after)
    return after


@kernel
def _backward(m: Model, d: Day, v: int, by: float, c0: int, c1: int) -> None:
    n = d.n[v]
    due = m.rest_s[v] > 0.0
    d.clock[v, n + 1, c0] = min(by, m.rest_until[v]) if due else -NEVER
    d.clock[v, n + 1, c1] = by
    if due:
        _backward_twice(m, d, v, n, c0, c1)
    else:
        _backward_once(m, d, v, n, c0, c1)


@kernel
def _backward_once(m: Model, d: Day, v: int, n: int, c0: int, c1: int) -> None:
    clock, leave, enter, nodes = d.clock, d.leave, d.enter, d.node
    travel, opens, closes, service, simple = m.travel, m.opens, m.closes, m.service, m.simple
    n_stops, has_release = m.n_stops, m.has_release
    time = clock[v, n + 1, c1]
    for p in range(n, m.done[v], -1):
        time -= travel[leave[v, p], enter[v, p + 1]]
        node = nodes[v, p]
        if has_release and node >= n_stops and leaves_from(d, v, p) > time:
            time = -NEVER
        if simple[node]:
            time = min(time - service[node], closes[node, 0])
            if time < opens[node, 0]:
                time = -NEVER
        elif time > -NEVER:
            time = reached_by(m, node, time)
        clock[v, p, c0] = -NEVER
        clock[v, p, c1] = time


@kernel
def _backward_twice(m: Model, d: Day, v: int, n: int, c0: int, c1: int) -> None:
    clock, leave, enter, travel, nodes = d.clock, d.leave, d.enter, m.travel, d.node
    before, after = clock[v, n + 1, c0], clock[v, n + 1, c1]
    for p in range(n, m.done[v], -1):
        before, after = drive_back(
            m, v, before, after, leaves_from(d, v, p), travel[leave[v, p], enter[v, p + 1]]
        )
        node = nodes[v, p]
        before = reached_by(m, node, before) if before > -NEVER else -NEVER
        after = reached_by(m, node, after) if after > -NEVER else -NEVER
        clock[v, p, c0] = before
        clock[v, p, c1] = after


@kernel
def round_cost(m: Model, d: Day, v: int) -> float:
    """Legs, use and overtime of one round."""
    if d.n[v] == 0:
        return 0.0
    late = max(0.0, d.finish[v] - m.regular_s[v])
    return d.legs[v] + m.fixed[v] + m.overtime_cost * late


@kernel
def day_cost(m: Model, d: Day) -> float:
    """What the whole day costs, but for what lost vehicles have driven."""
    total, in_use, worked = 0.0, 0, 0.0
    for v in range(len(d.n)):
        total += round_cost(m, d, v)
        if d.n[v] > 0:
            in_use += 1
            worked += d.finish[v] - m.shift_s[v]
    if m.balance > 0.0 and in_use > 0:
        for v in range(len(d.n)):
            if d.n[v] > 0:
                total += m.balance * abs(d.finish[v] - m.shift_s[v] - worked / in_use)
    for i in range(d.counts[0]):
        total += m.unserved[d.absent[i]]
    if m.moved_cost > 0.0:
        for u in range(m.n_stops):
            if m.home[u] >= 0 and d.vehicle[u] >= 0 and d.vehicle[u] != m.home[u]:
                total += m.moved_cost
    return total


@kernel
def _copy_whole(a: AnyArray, b: AnyArray, v: int, n: int) -> None:
    """Copy the first `n` numbers of row `v`."""
    for p in range(n):
        b[v, p] = a[v, p]


@kernel
def _copy_rows(a: AnyArray, b: AnyArray, v: int, n: int) -> None:
    """Copy the first `n` rows of `v`."""
    width = a.shape[2]
    for p in range(n):
        for c in range(width):
            b[v, p, c] = a[v, p, c]


@kernel
def copy_round(a: Day, b: Day, v: int) -> None:
    """Copy all that is kept about round `v` from `a` to `b`."""
    n, trips = a.n[v] + 2, a.trips[v]
    _copy_whole(a.node, b.node, v, n)
    _copy_whole(a.way, b.way, v, n)
    _copy_whole(a.enter, b.enter, v, n)
    _copy_whole(a.leave, b.leave, v, n)
    _copy_whole(a.leg, b.leg, v, n)
    _copy_whole(a.trip, b.trip, v, n)
    _copy_whole(a.rank, b.rank, v, n)
    _copy_rows(a.release, b.release, v, n)
    _copy_rows(a.clock, b.clock, v, n)
    _copy_rows(a.sofar, b.sofar, v, n)
    _copy_rows(a.trip_load, b.trip_load, v, trips)
    _copy_whole(a.trip_holds, b.trip_holds, v, trips)
    _copy_whole(a.trip_from, b.trip_from, v, trips)
    _copy_whole(a.trip_to, b.trip_to, v, trips)
    _copy_whole(a.trip_release, b.trip_release, v, trips)
    b.n[v], b.trips[v], b.fixed_to[v] = a.n[v], a.trips[v], a.fixed_to[v]
    for k in range(a.sofar.shape[2]):
        b.day_load[v, k] = a.day_load[v, k]
    b.day_stops[v], b.day_calls[v] = a.day_stops[v], a.day_calls[v]
    b.legs[v], b.finish[v], b.right[v] = a.legs[v], a.finish[v], a.right[v]
