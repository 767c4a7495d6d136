"""Compiled: the cheapest feasible place for a stop, and putting it there.

Called by the instant layer and the search. A place is between two positions of a round, alone or together
with a call at a tip just before or just after the stop. Every rule is checked; nothing else moves.
"""

from optimiser.routes.arrays import AnyArray
from optimiser.routes.day_arrays import B0, B1, F0, F1, R0, R1, Day
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.kernel_random import chance
from optimiser.routes.kernel_round import LOAD_SLACK, home_at, leaves_from, renew
from optimiser.routes.kernel_time import NEVER, SLACK_S, drive, finishes
from optimiser.routes.model import Model

ALONE, TIP_AFTER, TIP_BEFORE = range(3)
LOOK_NEAR = 8
"""So many nearest stops are looked at first, for a bound, and more where they give none."""
LOOK_AROUND = 16
"""So many nearest stops are looked at where only places beside them count, and more where they give none."""
BOUND_SLACK = 1e-7
"""The place that gave the bound must be found again, whatever the order of its sums."""
Place = tuple[float, int, int, int, int, int]
"""Cost, vehicle (-1: none), position before it, way, tip (-1: none), `ALONE` | `TIP_AFTER` | `TIP_BEFORE`."""


@kernel
def _arrivals(
    m: Model, d: Day, v: int, p: int, u: int, way: int, tip: int, order: int
) -> tuple[float, float]:
    """Arrivals at position p + 1 with `u` (and `tip`) before it; `NEVER` where a rule of time is broken."""
    trip = d.trip[v, p + 1]
    first = d.trip_from[v, trip]
    before, after = d.clock[v, p, F0], d.clock[v, p, F1]
    lead, second = -NEVER, -NEVER
    if m.has_release:
        up_to = d.release[v, p, 0] if p > first else -NEVER
        from_on = d.release[v, p + 1, 1]
        if order == ALONE:
            lead = max(max(up_to, from_on), m.release[u])
        elif order == TIP_AFTER:
            lead, second = max(up_to, m.release[u]), from_on
        else:
            lead, second = up_to, max(from_on, m.release[u])
        if first < m.done[v]:
            if lead > d.trip_release[v, trip]:
                return NEVER, NEVER  # its trip has left already
        elif p > first and lead != d.trip_release[v, trip]:
            ready = min(d.clock[v, first, F0], d.clock[v, first, F1])
            if max(lead, d.trip_release[v, trip]) > ready:
                before, after = _again(m, d, v, first, p, lead)
    here = d.leave[v, p]
    leave = lead if p == first else -NEVER
    if order == TIP_BEFORE:
        before, after = drive(m, v, before, after, leave, m.travel[here, m.enter[tip, 0]])
        before, after = finishes(m, tip, before), finishes(m, tip, after)
        here, leave = m.leave[tip, 0], second
    before, after = drive(m, v, before, after, leave, m.travel[here, m.enter[u, way]])
    before, after = finishes(m, u, before), finishes(m, u, after)
    here, leave = m.leave[u, way], -NEVER
    if order == TIP_AFTER:
        before, after = drive(m, v, before, after, leave, m.travel[here, m.enter[tip, 0]])
        before, after = finishes(m, tip, before), finishes(m, tip, after)
        here, leave = m.leave[tip, 0], second
    return drive(m, v, before, after, leave, m.travel[here, d.enter[v, p + 1]])


@kernel
def _again(m: Model, d: Day, v: int, first: int, last: int, leave: float) -> tuple[float, float]:
    """When `last` is over if the trip that begins at `first` leaves at `leave`."""
    before, after = d.clock[v, first, F0], d.clock[v, first, F1]
    for p in range(first, last):
        travel = m.travel[d.leave[v, p], d.enter[v, p + 1]]
        before, after = drive(m, v, before, after, leave if p == first else -NEVER, travel)
        node = d.node[v, p + 1]
        before, after = finishes(m, node, before), finishes(m, node, after)
        if min(before, after) == NEVER:
            break
    return before, after


@kernel
def _home_after(m: Model, d: Day, v: int, p: int, before: float, after: float) -> float:
    """When the round is over, given its arrivals at position `p`."""
    for q in range(p, d.n[v] + 1):
        node = d.node[v, q]
        before, after = finishes(m, node, before), finishes(m, node, after)
        travel = m.travel[d.leave[v, q], d.enter[v, q + 1]]
        before, after = drive(m, v, before, after, leaves_from(d, v, q), travel)
    return home_at(m, v, before, after)


@kernel
def _late_cost(m: Model, d: Day, v: int, p: int, u: int, way: int, tip: int, order: int) -> float:
    """What the place costs in overtime more than now; `NEVER` where it breaks a rule of time."""
    before, after = _arrivals(m, d, v, p, u, way, tip, order)
    q = p + 1
    if before > d.clock[v, q, B0] and after > d.clock[v, q, B1]:
        return NEVER
    if m.overtime_cost == 0.0:
        return 0.0
    now = max(0.0, d.finish[v] - m.regular_s[v])
    if before <= d.clock[v, q, R0] or after <= d.clock[v, q, R1]:
        return -m.overtime_cost * now
    return m.overtime_cost * (max(0.0, _home_after(m, d, v, q, before, after) - m.regular_s[v]) - now)


@kernel
def _held(m: Model, d: Day, v: int, first: int, last: int) -> int:
    """Bits of the materials collected at positions first + 1 .. last."""
    holds = 0
    for p in range(first + 1, last + 1):
        holds |= m.holds[d.node[v, p]]
    return holds


@kernel
def _fits_alone(m: Model, d: Day, v: int, p: int, u: int) -> bool:
    """Whether the trip of position p + 1 can take `u` as well."""
    trip = d.trip[v, p + 1]
    for k in range(m.load.shape[1]):
        if d.trip_load[v, trip, k] + m.load[u, k] > m.capacity[v, k] + LOAD_SLACK:
            return False
    return _taken(m, d, v, trip, u)


@kernel
def _taken(m: Model, d: Day, v: int, trip: int, u: int) -> bool:
    """Whether the tip at the end of the trip takes what `u` gives."""
    to = d.trip_to[v, trip]
    takes = m.takes[d.node[v, to]] if to <= d.n[v] else 0
    return (m.holds[u] & ~takes) == 0


@kernel
def _fits_tip(m: Model, d: Day, v: int, p: int, u: int, tip: int, order: int) -> bool:
    """Whether loads are right with `u` and `tip` between p and p + 1, and the tip is not idle."""
    trip = d.trip[v, p + 1]
    first = d.trip_from[v, trip]
    if d.day_calls[v] + m.calls[tip] > m.max_trips[v]:
        return False
    if order == TIP_AFTER:
        if d.trip_to[v, trip] == p + 1 and p < d.n[v]:
            return False  # the next visit is a tip already
        for k in range(m.load.shape[1]):
            held = d.sofar[v, p, k] if p > first else 0.0
            if held + m.load[u, k] > m.capacity[v, k] + LOAD_SLACK:
                return False
        return m.takes_all[tip] or ((_held(m, d, v, first, p) | m.holds[u]) & ~m.takes[tip]) == 0
    if p == first or not _taken(m, d, v, trip, u):
        return False
    for k in range(m.load.shape[1]):
        left = d.trip_load[v, trip, k] - d.sofar[v, p, k]
        if left + m.load[u, k] > m.capacity[v, k] + LOAD_SLACK:
            return False
    return m.takes_all[tip] or (_held(m, d, v, first, p) & ~m.takes[tip]) == 0


@kernel
def _room(m: Model, d: Day, v: int, u: int) -> bool:
    """Whether the round may have one more stop at all, and this one."""
    if not m.may[v, u] or d.right[v] == 0 or d.day_stops[v] + 1 > m.daily_stops[v]:
        return False
    for k in range(m.load.shape[1]):
        if d.day_load[v, k] + m.load[u, k] > m.daily_load[v, k] + LOAD_SLACK:
            return False
    return d.n[v] + 4 < d.node.shape[1]


@kernel
def place_between(
    m: Model,
    d: Day,
    u: int,
    v: int,
    low: int,
    high: int,
    last_tip: int,
    best: float,
    blink: float,
    dice: AnyArray,
) -> Place:
    """Cheapest feasible place of `u` after a position low .. high of round `v`, for less than `best`.

    Tips below node `last_tip` are tried with it. Vehicle -1 for none.
    """
    found = (best, -1, 0, 0, -1, ALONE)
    if not _room(m, d, v, u):
        return found
    base = 0.0
    if m.home[u] >= 0 and m.home[u] != v:
        if d.counts[1] >= d.counts[2]:
            return found
        base = m.moved_cost
    if d.n[v] == 0:
        base += m.fixed[v] + d.leg[v, 1]
    lock = m.lock_at[u]
    if m.n_open[u] == 0:
        return found
    leave, enter, leg, clock = d.leave[v], d.enter[v], d.leg[v], d.clock[v]
    opens, closes = m.opens[u, 0], m.closes[u, m.n_open[u] - 1] + SLACK_S
    travel, splits = m.travel, m.has_release and last_tip > 0
    least = base + m.tip_detour
    for way in range(m.ways[u]):
        into, out = m.enter[u, way], m.leave[u, way]
        to, on, go_on = m.cost_t[into], m.cost[out], travel[out]
        for p in range(max(low, d.fixed_to[v]), min(high, d.n[v]) + 1):
            here, there = leave[p], enter[p + 1]
            if to[here] + on[there] - leg[p + 1] + least >= found[0]:
                continue
            latest = max(clock[p + 1, B0], clock[p + 1, B1]) - m.service[u] - go_on[there]
            if opens > latest or (lock >= 0 and d.rank[v, p] != lock):
                continue
            reached = min(clock[p, F0], clock[p, F1]) + travel[here, into]
            late = reached > closes or reached > latest + SLACK_S
            if late and not splits:  # with releases, a trip split in two may leave earlier
                continue
            if blink > 0.0 and chance(dice) < blink:
                continue
            if not late:
                found = _alone_at(m, d, u, v, p, way, base + to[here] + on[there] - leg[p + 1], found)
            for tip in range(m.n_stops, last_tip):
                found = _tip_at(m, d, u, v, p, way, tip, base - leg[p + 1], found)
    return found


@kernel
def _alone_at(m: Model, d: Day, u: int, v: int, p: int, way: int, plain: float, found: Place) -> Place:
    """`found`, or the cheaper place just after position `p`."""
    if plain < found[0] and _fits_alone(m, d, v, p, u):
        cost = plain + _late_cost(m, d, v, p, u, way, -1, ALONE)
        if cost < found[0]:
            return cost, v, p, way, -1, ALONE
    return found


@kernel
def _tip_at(
    m: Model, d: Day, u: int, v: int, p: int, way: int, tip: int, saved: float, found: Place
) -> Place:
    """`found`, or the cheaper place just after position `p` together with a call at `tip`."""
    here, there = d.leave[v, p], d.enter[v, p + 1]
    into, out, tip_in, tip_out = m.enter[u, way], m.leave[u, way], m.enter[tip, 0], m.leave[tip, 0]
    saved += m.inner_cost[tip]
    cost = saved + m.cost_t[into, here] + m.cost[out, tip_in] + m.cost_t[there, tip_out]
    if cost < found[0] and _fits_tip(m, d, v, p, u, tip, TIP_AFTER):
        cost += _late_cost(m, d, v, p, u, way, tip, TIP_AFTER)
        if cost < found[0]:
            found = (cost, v, p, way, tip, TIP_AFTER)
    cost = saved + m.cost_t[tip_in, here] + m.cost_t[into, tip_out] + m.cost[out, there]
    if cost < found[0] and _fits_tip(m, d, v, p, u, tip, TIP_BEFORE):
        cost += _late_cost(m, d, v, p, u, way, tip, TIP_BEFORE)
        if cost < found[0]:
            found = (cost, v, p, way, tip, TIP_BEFORE)
    return found


@kernel
def place_in(m: Model, d: Day, u: int, v: int, best: float, blink: float, dice: AnyArray) -> Place:
    """Cheapest feasible place of `u` in round `v` that costs less than `best`; vehicle -1 for none."""
    return place_between(m, d, u, v, 0, d.n[v], m.n_nodes, best, blink, dice)


@kernel
def _near_cost(m: Model, d: Day, u: int, best: float, dice: AnyArray) -> float:
    """What a feasible place beside one of the nearest stops costs: most other places need no look then."""
    unknown = best
    to, on = m.cost_t[m.enter[u, 0]], m.cost[m.leave[u, 0]]
    for i in range(m.timely.shape[1]):
        if i >= LOOK_NEAR and best < unknown:
            break
        w = m.timely[u, i]
        v = d.vehicle[w]
        if v < 0 or m.placed[w]:
            continue
        at = d.at[w]
        for p in range(at - 1, at + 1):
            plain = to[d.leave[v, p]] + on[d.enter[v, p + 1]] - d.leg[v, p + 1]
            if plain < best:
                best = min(best, place_between(m, d, u, v, p, p, 0, best, 0.0, dice)[0])
    return best


@kernel
def place_of(m: Model, d: Day, u: int, best: float, blink: float, dice: AnyArray) -> Place:
    """Cheapest feasible place of `u` in any round that costs less than `best`; vehicle -1 for none."""
    bound = _near_cost(m, d, u, best, dice) + BOUND_SLACK
    if bound < best:
        found = _place_below(m, d, u, bound, blink, dice)
        if found[1] >= 0:
            return found
    return _place_below(m, d, u, best, blink, dice)  # the place near by was overlooked


@kernel
def place_near(m: Model, d: Day, u: int, best: float, blink: float, dice: AnyArray) -> Place:
    """Cheapest feasible place of `u` beside one of its nearest stops, or in a round not in use.

    Far quicker than `place_of`, and mostly the same; all places are looked at where there is none near by.
    """
    found = _place_unused(m, d, u, best, blink, dice)
    to, on = m.cost_t[m.enter[u, 0]], m.cost[m.leave[u, 0]]
    one_way = m.ways[u] == 1
    least = min(m.tip_detour, 0.0)
    for i in range(m.timely.shape[1]):
        if i >= LOOK_AROUND and found[1] >= 0:
            break
        w = m.timely[u, i]
        v = d.vehicle[w]
        if v < 0 or m.placed[w]:
            continue
        at = d.at[w]
        for p in range(at - 1, at + 1):
            plain = to[d.leave[v, p]] + on[d.enter[v, p + 1]] - d.leg[v, p + 1] + least
            if plain < found[0] or not one_way:
                place = place_between(m, d, u, v, p, p, m.n_nodes, found[0], blink, dice)
                if place[1] >= 0:
                    found = place
    if found[1] >= 0:
        return found
    return _place_below(m, d, u, best, blink, dice)


@kernel
def _place_unused(m: Model, d: Day, u: int, best: float, blink: float, dice: AnyArray) -> Place:
    """Cheapest feasible place of `u` in a round not in use; of vehicles alike one is tried."""
    found = (best, -1, 0, 0, -1, ALONE)
    tried = -1
    for v in range(len(d.n)):
        if d.n[v] == 0 and m.kin[v] != tried:
            tried = m.kin[v]
            place = place_in(m, d, u, v, found[0], blink, dice)
            if place[1] >= 0:
                found = place
    return found


@kernel
def _place_below(m: Model, d: Day, u: int, best: float, blink: float, dice: AnyArray) -> Place:
    """Vehicles not in use are tried first: of equal places that leaves the most time to all others."""
    found = _place_unused(m, d, u, best, blink, dice)
    for v in range(len(d.n)):
        if d.n[v] > 0:
            place = place_in(m, d, u, v, found[0], blink, dice)
            if place[1] >= 0:
                found = place
    return found


@kernel
def put(m: Model, d: Day, u: int, place: Place) -> bool:
    """Put `u` where `place` says, and renew the round."""
    _, v, p, way, tip, order = place
    more = 1 if order == ALONE else 2
    for q in range(d.n[v], p, -1):
        d.node[v, q + more] = d.node[v, q]
        d.way[v, q + more] = d.way[v, q]
    at = p + 2 if order == TIP_BEFORE else p + 1
    d.node[v, at] = u
    d.way[v, at] = way
    if order != ALONE:
        other = p + 1 if order == TIP_BEFORE else p + 2
        d.node[v, other] = tip
        d.way[v, other] = 0
    d.n[v] += more
    if m.home[u] >= 0 and m.home[u] != v:
        d.counts[1] += 1
    return renew(m, d, v)
