"""Compiled: ruin and recreate under simulated annealing, a slice of iterations at a time.

Called by `search` again and again until the time is up. The ruin takes strings of neighbouring stops out of
adjacent rounds, the recreation puts them back greedily, now and then overlooking a place: J. Christiaens and
G. Vanden Berghe, Slack induction by string removals for vehicle routing problems, Transportation Science
54(2), 2020. What is ours: several trips with tips, breaks, locks, churn and done visits.
"""

import numpy as np

from optimiser.routes.arrays import AnyArray, FloatArray, Int32Array
from optimiser.routes.day_arrays import Day
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.kernel_insert import place_near, place_of, put
from optimiser.routes.kernel_random import below, chance
from optimiser.routes.kernel_round import copy_round, day_cost, renew, round_cost
from optimiser.routes.kernel_tidy import better_tips, better_ways, tidy
from optimiser.routes.model import Model

SPLIT_CHANCE = 0.5
"""Of a string that keeps a piece in its middle (the paper's value)."""
KEEP_MORE = 0.01
"""Chance that this piece does not grow on (the paper's beta)."""


@kernel
def _touch(d: Day, spare: Day, touched: Int32Array, n_touched: int, v: int) -> int:
    """Keep a copy of round `v`, once an iteration."""
    for i in range(n_touched):
        if touched[i] == v:
            return n_touched
    copy_round(d, spare, v)
    touched[n_touched] = v
    return n_touched + 1


@kernel
def _remove(m: Model, d: Day, u: int) -> None:
    v = d.vehicle[u]
    if m.home[u] >= 0 and m.home[u] != v:
        d.counts[1] -= 1
    d.vehicle[u] = -1
    d.absent[d.counts[0]] = u
    d.counts[0] += 1


@kernel
def _cut_string(m: Model, d: Day, u: int, longest: float, dice: AnyArray, line: Int32Array) -> None:
    """Take a string of stops around `u` out of its round; the round is not tidied yet."""
    v = d.vehicle[u]
    count, mine = 0, 0
    for p in range(d.fixed_to[v] + 1, d.n[v] + 1):
        node = d.node[v, p]
        if node < m.n_stops:
            if node == u:
                mine = count
            line[count] = node
            count += 1
    length = int(1.0 + chance(dice) * min(longest, float(count)))
    length = min(max(length, 1), count)
    kept = 0
    if length > 1 and chance(dice) < SPLIT_CHANCE:
        while length + kept < count and chance(dice) > KEEP_MORE:
            kept += 1
            if kept >= length:
                break
    span = length + kept
    low = max(0, mine - span + 1)
    high = min(mine, count - span)
    begin = low + below(dice, high - low + 1)
    skip = begin + 1 + below(dice, length - 1) if kept > 0 else begin + span
    for i in range(begin, begin + span):
        if not (kept > 0 and skip <= i < skip + kept):
            _remove(m, d, line[i])


@kernel
def _ruin(
    m: Model,
    d: Day,
    spare: Day,
    touched: Int32Array,
    line: Int32Array,
    seeds: Int32Array,
    average: float,
    longest: float,
    dice: AnyArray,
) -> int:
    """Strings out of rounds near a random stop; how many rounds were touched."""
    in_use, served = 0, 0
    for v in range(len(d.n)):
        if d.n[v] > 0:
            in_use += 1
            served += d.day_stops[v]
    if served == 0:
        return 0
    longest = min(longest, served / in_use)
    most = int(1.0 + chance(dice) * (4.0 * average / (1.0 + longest) - 1.0))
    seed = seeds[below(dice, len(seeds))]
    n_touched = 0
    for i in range(m.near.shape[1]):
        u = m.near[seed, i]
        v = d.vehicle[u]
        if v < 0 or m.placed[u] or d.at[u] <= d.fixed_to[v]:
            continue
        known = False
        for j in range(n_touched):
            known = known or touched[j] == v
        if known:
            continue
        n_touched = _touch(d, spare, touched, n_touched, v)
        _cut_string(m, d, u, longest, dice, line)
        if n_touched >= most:
            break
    return n_touched


@kernel
def _sort_absent(m: Model, d: Day, keys: FloatArray, dice: AnyArray) -> None:
    """Order in which stops are put back: random, greatest load, farthest, nearest, tightest, first, last."""
    count = d.counts[0]
    pick = below(dice, 17)  # in the shares of the paper
    for i in range(count):
        u = d.absent[i]
        opens, closes = m.opens[u, 0], m.closes[u, max(0, m.n_open[u] - 1)]
        if pick < 4:
            keys[i] = chance(dice)
        elif pick < 8:
            keys[i] = -m.load[u].sum()
        elif pick < 10:
            keys[i] = -m.cost[m.start[0], m.enter[u, 0]]
        elif pick < 11:
            keys[i] = m.cost[m.start[0], m.enter[u, 0]]
        elif pick < 13:
            keys[i] = closes - opens if opens > -np.inf else np.inf
        elif pick < 15:
            keys[i] = max(opens, m.release[u])
        else:
            keys[i] = -closes
    for i in range(1, count):  # few: insertion sort
        key, u = keys[i], d.absent[i]
        j = i - 1
        while j >= 0 and keys[j] > key:
            keys[j + 1] = keys[j]
            d.absent[j + 1] = d.absent[j]
            j -= 1
        keys[j + 1] = key
        d.absent[j + 1] = u


@kernel
def recreate(
    m: Model,
    d: Day,
    spare: Day,
    touched: Int32Array,
    n_touched: int,
    keys: FloatArray,
    blink: float,
    wide: bool,
    dice: AnyArray,
) -> int:
    """Put absent stops back, each at its cheapest place, where that costs less than leaving it out.

    Not `wide`: at its cheapest place near by.
    """
    _sort_absent(m, d, keys, dice)
    left = 0
    for i in range(d.counts[0]):
        u = d.absent[i]
        if wide:
            place = place_of(m, d, u, m.unserved[u], blink, dice)
        else:
            place = place_near(m, d, u, m.unserved[u], blink, dice)
        if place[1] >= 0:
            n_touched = _touch(d, spare, touched, n_touched, place[1])
            put(m, d, u, place)
        else:
            d.absent[left] = u
            left += 1
    d.counts[0] = left
    return n_touched


@kernel
def _restore(m: Model, d: Day, spare: Day, touched: Int32Array, n_touched: int) -> None:
    for i in range(n_touched):
        v = touched[i]
        copy_round(spare, d, v)
        for p in range(1, d.n[v] + 1):
            node = d.node[v, p]
            if node < m.n_stops:
                d.vehicle[node] = v
                d.at[node] = p
    d.counts[0], d.counts[1] = spare.counts[0], spare.counts[1]
    for i in range(d.counts[0]):
        d.absent[i] = spare.absent[i]
        d.vehicle[d.absent[i]] = -1


@kernel
def _swap_tails(m: Model, d: Day, spare: Day, touched: Int32Array, tried: float, dice: AnyArray) -> int:
    """Two vehicles alike exchange all trips from a tip or depot on; 2 where rounds have changed.

    Mostly this costs nothing, and is all the same needed: stop by stop a trip never comes to a vehicle that
    has more time for it.
    """
    n_vehicles = len(d.n)
    v, w = below(dice, n_vehicles), below(dice, n_vehicles)
    if v == w or m.kin[v] != m.kin[w] or d.n[v] + d.n[w] == 0:
        return 0
    p = d.trip_from[v, below(dice, d.trips[v])]
    q = d.trip_from[w, below(dice, d.trips[w])]
    n, k = d.n[v], d.n[w]
    nothing = (p == n and q == k) or (p == 0 and q == 0)
    if nothing or p < d.fixed_to[v] or q < d.fixed_to[w] or max(p + k - q, q + n - p) + 4 > d.node.shape[1]:
        return 0
    _touch(d, spare, touched, 0, v)
    _touch(d, spare, touched, 1, w)
    for i in range(q + 1, k + 1):
        d.node[v, p + i - q], d.way[v, p + i - q] = spare.node[w, i], spare.way[w, i]
    for i in range(p + 1, n + 1):
        d.node[w, q + i - p], d.way[w, q + i - p] = spare.node[v, i], spare.way[v, i]
    d.n[v], d.n[w] = p + k - q, q + n - p
    before = round_cost(m, spare, v) + round_cost(m, spare, w)
    right = renew(m, d, v) and renew(m, d, w)
    if right and round_cost(m, d, v) + round_cost(m, d, w) <= before + tried:
        return 2
    _undo_two(m, d, spare, touched)
    return 0


@kernel
def _undo_two(m: Model, d: Day, spare: Day, touched: Int32Array) -> None:
    for i in range(2):
        v = touched[i]
        copy_round(spare, d, v)
        for p in range(1, d.n[v] + 1):
            node = d.node[v, p]
            if node < m.n_stops:
                d.vehicle[node] = v
                d.at[node] = p


@kernel
def copy_day(m: Model, a: Day, b: Day) -> None:
    """Copy a whole day."""
    for v in range(len(a.n)):
        copy_round(a, b, v)
    for u in range(m.n_stops):
        b.vehicle[u] = a.vehicle[u]
        b.at[u] = a.at[u]
        b.absent[u] = a.absent[u]
    for i in range(len(a.counts)):
        b.counts[i] = a.counts[i]


@kernel
def anneal(
    m: Model,
    d: Day,
    spare: Day,
    best: Day,
    costs: FloatArray,
    seeds: Int32Array,
    line: Int32Array,
    touched: Int32Array,
    keys: FloatArray,
    dice: AnyArray,
    iterations: int,
    hot: float,
    cold: float,
    average: float,
    longest: float,
    blink: float,
    wide: float,
) -> None:
    """`iterations` of ruin and recreate; `costs` holds that of `d` and that of `best`, both kept current.

    The temperature falls from `hot` to `cold` over this slice.
    """
    fall = (cold / hot) ** (1.0 / max(1, iterations))
    heat = hot
    many_tips = m.n_nodes - m.n_stops > 1
    two_ways = m.ways.max() > 1
    several = m.max_trips.max() > 1 and m.balance == 0.0
    for _ in range(iterations):
        heat *= fall
        if several and _swap_tails(m, d, spare, touched, -heat * np.log(max(chance(dice), 1e-300)), dice) > 0:
            costs[0] = day_cost(m, d)
            if costs[0] < costs[1] - 1e-7:
                costs[1] = costs[0]
                copy_day(m, d, best)
        spare.counts[0], spare.counts[1] = d.counts[0], d.counts[1]
        for i in range(d.counts[0]):
            spare.absent[i] = d.absent[i]
        n_touched = _ruin(m, d, spare, touched, line, seeds, average, longest, dice)
        right = True
        for i in range(n_touched):
            right = tidy(m, d, touched[i]) and right
        if not right:
            _restore(m, d, spare, touched, n_touched)
            continue
        n_touched = recreate(m, d, spare, touched, n_touched, keys, blink, chance(dice) < wide, dice)
        if many_tips:
            for i in range(n_touched):
                better_tips(m, d, touched[i])
        if two_ways:
            for i in range(n_touched):
                better_ways(m, d, touched[i])
        cost = day_cost(m, d)
        if cost < costs[0] - heat * np.log(max(chance(dice), 1e-300)):
            costs[0] = cost
            if cost < costs[1] - 1e-7:
                costs[1] = cost
                copy_day(m, d, best)
        else:
            _restore(m, d, spare, touched, n_touched)
