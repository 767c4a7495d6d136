"""Compiled: the edits of the instant layer: prices by vehicle, regret insertion, ejection, rearranging.

Called by `live_state`. Whatever is tried and not wanted is taken back; done and locked visits stay.
"""

import numpy as np

from optimiser.routes.arrays import AnyArray, BoolArray, FloatArray, Int32Array
from optimiser.routes.day_arrays import Day
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.kernel_insert import ALONE, Place, place_in, put
from optimiser.routes.kernel_random import below, chance
from optimiser.routes.kernel_round import copy_round, day_cost, renew, round_cost
from optimiser.routes.kernel_search import copy_day
from optimiser.routes.kernel_tidy import tidy
from optimiser.routes.kernel_time import NEVER
from optimiser.routes.model import Model

BLINK = 0.02
"""Chance that a place is overlooked while a day is rearranged."""
GAIN = 1e-9
"""What counts as cheaper: sums of the same numbers differ by less."""


@kernel
def settle(m: Model, d: Day) -> None:
    """Make the list of absent stops and the count of moved ones anew."""
    absent, moved = 0, 0
    for u in range(m.n_stops):
        if d.vehicle[u] < 0:
            if not m.placed[u]:
                d.absent[absent] = u
                absent += 1
        elif m.home[u] >= 0 and m.home[u] != d.vehicle[u]:
            moved += 1
    d.counts[0], d.counts[1] = absent, moved


@kernel
def load_rounds(m: Model, d: Day, which: AnyArray) -> None:
    """Renew rounds whose sequences were written, and who serves what."""
    for i in range(len(which)):
        renew(m, d, which[i])
    settle(m, d)


@kernel
def offers(m: Model, d: Day, u: int, costs: FloatArray, spots: Int32Array, dice: AnyArray) -> None:
    """Cheapest place of `u` in every round: costs (V,), inf where there is none, and spots (V, 4)."""
    for v in range(len(d.n)):
        cost, at, p, way, tip, order = place_in(m, d, u, v, NEVER, 0.0, dice)
        costs[v] = cost if at >= 0 else NEVER
        spots[v, 0], spots[v, 1], spots[v, 2], spots[v, 3] = p, way, tip, order


@kernel
def put_at(m: Model, d: Day, u: int, v: int, spot: Int32Array) -> bool:
    """Put `u` where an offer said; whether the round keeps all rules."""
    right = put(m, d, u, (0.0, v, int(spot[0]), int(spot[1]), int(spot[2]), int(spot[3])))
    settle(m, d)
    return right


@kernel
def _pull(m: Model, d: Day, u: int) -> None:
    """Take `u` out; its round is not tidied yet."""
    if m.home[u] >= 0 and m.home[u] != d.vehicle[u]:
        d.counts[1] -= 1
    d.vehicle[u] = -1


@kernel
def take_out(m: Model, d: Day, u: int) -> bool:
    """Take `u` out of its round; whether the round keeps all rules."""
    v = d.vehicle[u]
    _pull(m, d, u)
    right = tidy(m, d, v)
    settle(m, d)
    return right


@kernel
def _place_anywhere(
    m: Model, d: Day, u: int, best: float, able: BoolArray, blink: float, dice: AnyArray
) -> Place:
    found = (best, -1, 0, 0, -1, ALONE)
    for v in range(len(d.n)):
        if able[v]:
            place = place_in(m, d, u, v, found[0], blink, dice)
            if place[1] >= 0:
                found = place
    return found


@kernel
def _regret(row: FloatArray, price: float) -> tuple[float, int]:
    """By how much the next two vehicles are dearer than the cheapest, and which that is (-1: none)."""
    first, second, third, chosen = price, price, price, -1
    for v in range(len(row)):
        if row[v] < first:
            first, second, third, chosen = row[v], first, second, v
        elif row[v] < second:
            second, third = row[v], second
        elif row[v] < third:
            third = row[v]
    return second + third - 2.0 * first, chosen


@kernel
def regret_insert(m: Model, d: Day, todo: Int32Array, noise: float, dice: AnyArray) -> None:
    """Place the stops of `todo`, each time the one that would suffer most by waiting."""
    n, n_vehicles = len(todo), len(d.n)
    costs = np.full((n, n_vehicles), NEVER)
    spots = np.zeros((n, n_vehicles, 4), np.int32)
    for i in range(n):
        offers(m, d, todo[i], costs[i], spots[i], dice)
    waits = np.ones(n, np.bool_)
    for _ in range(n):
        worst, chosen, where = -NEVER, -1, -1
        for i in range(n):
            if waits[i]:
                regret, v = _regret(costs[i], m.unserved[todo[i]])
                if v >= 0 and noise > 0.0:
                    regret *= 1.0 + noise * chance(dice)
                if v >= 0 and regret > worst:
                    worst, chosen, where = regret, i, v
        if chosen < 0:
            break
        waits[chosen] = False
        put_at(m, d, todo[chosen], where, spots[chosen, where])
        for i in range(n):
            if waits[i]:
                cost, at, p, way, tip, order = place_in(m, d, todo[i], where, NEVER, 0.0, dice)
                costs[i, where] = cost if at >= 0 else NEVER
                spot = spots[i, where]
                spot[0], spot[1], spot[2], spot[3] = p, way, tip, order
    settle(m, d)


@kernel
def _bring_back(m: Model, d: Day, spare: Day, v: int) -> None:
    """Round `v` as `spare` has it."""
    copy_round(spare, d, v)
    for p in range(1, d.n[v] + 1):
        node = d.node[v, p]
        if node < m.n_stops:
            d.vehicle[node] = v
            d.at[node] = p


@kernel
def ejection(
    m: Model, d: Day, spare: Day, u: int, movable: BoolArray, dice: AnyArray, ranked: FloatArray
) -> None:
    """Which stop best makes room for `u`; ranked (A, 3): cost, the stop, whether it finds a place itself.

    The first row is the best of all: `u` takes that stop's round, which goes elsewhere or stays out. Those
    behind it are other stops that would make room but find no place themselves, the cheapest first.
    """
    everywhere = np.ones(len(d.n), np.bool_)
    ranked[:, 0], ranked[:, 1] = NEVER, -1.0
    for v in range(len(d.n)):
        if not m.may[v, u] or d.n[v] == 0 or d.right[v] == 0:
            continue
        copy_round(d, spare, v)
        before, moved = round_cost(m, d, v), d.counts[1]
        for p in range(spare.fixed_to[v] + 1, spare.n[v] + 1):
            w = spare.node[v, p]
            if w >= m.n_stops or not movable[w]:
                continue
            _pull(m, d, w)
            if tidy(m, d, v):
                place = place_in(m, d, u, v, NEVER, 0.0, dice)
                if place[1] >= 0 and put(m, d, u, place):
                    cost = round_cost(m, d, v) - before
                    if m.home[u] >= 0 and m.home[u] != v:
                        cost += m.moved_cost
                    if m.home[w] >= 0 and m.home[w] != v:
                        cost -= m.moved_cost
                    away = _place_anywhere(m, d, w, m.unserved[w], everywhere, 0.0, dice)
                    _rank(ranked, cost + away[0], cost, w, away[1] >= 0)
            d.vehicle[u] = -1
            _bring_back(m, d, spare, v)
            d.vehicle[w] = v
            d.counts[1] = moved


@kernel
def _rank(ranked: FloatArray, total: float, alone: float, w: int, found: bool) -> None:
    """Enter a stop that would make room: as the best of all, or by what comes before its own place."""
    if total < ranked[0, 0]:
        ranked[0, 0], ranked[0, 1], ranked[0, 2] = total, w, 1.0 if found else 0.0
    if found:
        return
    for i in range(1, len(ranked)):
        if alone < ranked[i, 0]:
            for j in range(len(ranked) - 1, i, -1):
                ranked[j, 0], ranked[j, 1] = ranked[j - 1, 0], ranked[j - 1, 1]
            ranked[i, 0], ranked[i, 1] = alone, w
            return


@kernel
def exchange(m: Model, d: Day, u: int, w: int, dice: AnyArray) -> bool:
    """Let `u` take the round of `w`, and `w` the cheapest place left; whether `u` was placed."""
    v = d.vehicle[w]
    everywhere = np.ones(len(d.n), np.bool_)
    _pull(m, d, w)
    if not tidy(m, d, v):
        return False
    place = place_in(m, d, u, v, NEVER, 0.0, dice)
    if place[1] < 0 or not put(m, d, u, place):
        return False
    away = _place_anywhere(m, d, w, m.unserved[w], everywhere, 0.0, dice)
    if away[1] >= 0:
        put(m, d, w, away)
    settle(m, d)
    return True


@kernel
def _choose(m: Model, free: Int32Array, count: int, out: Int32Array, dice: AnyArray) -> None:
    """`count` of the free stops to `out`: near to one of them, or any."""
    n = len(free)
    seed = free[below(dice, n)]
    near = chance(dice) < 0.5
    for i in range(count):
        if not near:
            j = i + below(dice, n - i)
        else:
            j, least = i, NEVER
            for k in range(i, n):
                away = m.cost[m.enter[seed, 0], m.enter[free[k], 0]] * (1.0 + chance(dice))
                if away < least:
                    j, least = k, away
        free[i], free[j] = free[j], free[i]
        out[i] = free[i]
    for i in range(count - 1, 0, -1):
        j = below(dice, i + 1)
        out[i], out[j] = out[j], out[i]


@kernel
def rearrange(
    m: Model,
    d: Day,
    spare: Day,
    best: Day,
    costs: FloatArray,
    free: Int32Array,
    able: BoolArray,
    most: int,
    iterations: int,
    hot: float,
    cold: float,
    dice: AnyArray,
) -> None:
    """Take out a few of the `free` stops and put them back into `able` vehicles, again and again.

    costs: of `d`, and of `best`, both kept current. No stop that was served is left out for it.
    """
    n_vehicles = len(d.n)
    out = np.zeros(max(1, len(free)), np.int32)
    touched = np.zeros(n_vehicles, np.bool_)
    fall = (cold / hot) ** (1.0 / max(1, iterations))
    heat = hot
    for _ in range(iterations):
        heat *= fall
        count = 1 + below(dice, min(most, len(free)))
        _choose(m, free, count, out, dice)
        touched[:] = False
        absent = d.counts[0]
        for i in range(count):
            v = d.vehicle[out[i]]
            if v >= 0:
                if not touched[v]:
                    touched[v] = True
                    copy_round(d, spare, v)
                _pull(m, d, out[i])
        right = True
        for v in range(n_vehicles):
            if touched[v]:
                right = tidy(m, d, v) and right
        for i in range(count if right else 0):
            u = out[i]
            place = _place_anywhere(m, d, u, m.unserved[u], able, BLINK, dice)
            if place[1] >= 0:
                if not touched[place[1]]:
                    touched[place[1]] = True
                    copy_round(d, spare, place[1])
                put(m, d, u, place)
        settle(m, d)
        if right and d.counts[0] <= absent:
            cost = day_cost(m, d)
            if cost < costs[0] - heat * np.log(max(chance(dice), 1e-300)):
                costs[0] = cost
                if cost < costs[1] - GAIN:
                    costs[1] = cost
                    copy_day(m, d, best)
                continue
        for i in range(count):
            d.vehicle[out[i]] = -1
        for v in range(n_vehicles):
            if touched[v]:
                _bring_back(m, d, spare, v)
        settle(m, d)
