"""Compiled: moves of the genetic search on plain rounds: one depot, one load, no clock.

Called by `kernel_genetic` only. Moves of one or two stops, exchanges, turned pieces and tails, SWAP*, as in
T. Vidal, Hybrid genetic search for the CVRP: open-source implementation and SWAP* neighborhood, Computers &
Operations Research 140, 2022. Streets that may be served from either end turn round as they move, and have no
SWAP*. Stops are 0 .. n-1, depots of round r are n + r (out) and n + R + r (home). It never decides when.
"""

import numpy as np

from optimiser.compiled import inlined
from optimiser.routes.arrays import FloatArray, Int32Array
from optimiser.routes.kernel_cache import kernel

LESS = 1e-6


@inlined
def _over(held: float, capacity: float, price: float) -> float:
    return price * max(0.0, held - capacity)


@kernel
def move(
    cost: FloatArray,
    row: Int32Array,
    load: FloatArray,
    capacity: float,
    price: float,
    n: int,
    rounds: int,
    u: int,
    v: int,
    after: Int32Array,
    before: Int32Array,
    of: Int32Array,
    at: Int32Array,
    sofar: FloatArray,
    total: FloatArray,
    line: Int32Array,
    two: bool,
) -> bool:
    """Make the first move of `u` to or with `v` that costs less; `line` ends with the rounds changed."""
    ru, rv = of[u], of[v]
    line[n], line[n + 1] = ru, rv
    x, y, a, b = after[u], after[v], before[u], v
    tail = n + rounds
    cu, cx, ca, cv, cy = row[u], row[x], row[a], row[v], row[y]
    xx = after[x] if x < n else x
    cxx = row[xx]
    d_au, d_ux, d_vy = cost[ca, cu], cost[cu, cx], cost[cv, cy]
    same = ru == rv
    d_u, d_x = load[u], load[x] if x < n else 0.0
    now = 0.0 if same else _over(total[ru], capacity, price) + _over(total[rv], capacity, price)
    one = 0.0
    if not same:
        one = _over(total[ru] - d_u, capacity, price) + _over(total[rv] + d_u, capacity, price) - now
    if u != y and v != u:
        gain = cost[ca, cx] - d_au - d_ux - d_vy + one
        for turn in range(2 if two else 1):
            c = cu ^ turn if two else cu
            if gain + cost[cv, c] + cost[c, cy] < -LESS:
                row[u] = c
                after[a] = x
                before[x] = a
                after[v], after[u] = u, y
                return True
        if x < n and v != x:
            pair = 0.0
            if not same:
                held = d_u + d_x
                pair = (
                    _over(total[ru] - held, capacity, price) + _over(total[rv] + held, capacity, price) - now
                )
            gain = cost[ca, cxx] - d_au - cost[cx, cxx] - d_vy + pair
            if gain + cost[cv, cu] + cost[cx, cy] < -LESS:
                after[a] = xx
                after[v], after[x] = u, y
                return True
            tx, tu = (cx ^ 1, cu ^ 1) if two else (cx, cu)
            if gain + cost[cv, tx] + cost[tu, cy] < -LESS:
                row[x], row[u] = tx, tu
                after[a] = xx
                after[v], after[x], after[u] = x, u, y
                return True
    if v < n:
        b = before[v]
        cb = row[b]
        d_bv = cost[cb, cv]
        if u != b and u != y:
            swap = 0.0
            if not same:
                more = load[v] - d_u
                swap = (
                    _over(total[ru] + more, capacity, price) + _over(total[rv] - more, capacity, price) - now
                )
            gain = swap - d_au - d_ux - d_bv - d_vy
            best, best_u, best_v = -LESS, -1, -1
            for turn in range(2 if two else 1):
                c = cv ^ turn if two else cv
                part = gain + cost[ca, c] + cost[c, cx]
                for turned in range(2 if two else 1):
                    e = cu ^ turned if two else cu
                    whole = part + cost[cb, e] + cost[e, cy]
                    if whole < best:
                        best, best_u, best_v = whole, e, c
            if best_u >= 0:
                row[u], row[v] = best_u, best_v
                after[a], after[v], after[b], after[u] = v, x, u, y
                return True
            if x < n and x != b:
                swap = 0.0
                if not same:
                    more = load[v] - d_u - d_x
                    swap = (
                        _over(total[ru] + more, capacity, price)
                        + _over(total[rv] - more, capacity, price)
                        - now
                    )
                gain = swap - d_au - cost[cx, cxx] - d_bv - d_vy
                if gain + cost[ca, cv] + cost[cv, cxx] + cost[cb, cu] + cost[cx, cy] < -LESS:
                    after[a], after[v], after[b], after[x] = v, xx, u, y
                    return True
                if y < n and y != a and x != v and v != xx:
                    yy = after[y]
                    cyy = row[yy]
                    swap = 0.0
                    if not same:
                        more = load[v] + load[y] - d_u - d_x
                        swap = (
                            _over(total[ru] + more, capacity, price)
                            + _over(total[rv] - more, capacity, price)
                            - now
                        )
                    gain = swap - d_au - cost[cx, cxx] - d_bv - cost[cy, cyy]
                    if gain + cost[ca, cv] + cost[cy, cxx] + cost[cb, cu] + cost[cx, cyy] < -LESS:
                        after[a], after[y], after[b], after[x] = v, xx, u, yy
                        return True
    if same:
        if v < n and at[u] < at[v] and x != v:
            tv, tx = (cv ^ 1, cx ^ 1) if two and x < n else (cv, cx)
            if cost[cu, tv] + cost[tx, cy] - d_ux - d_vy < -LESS:
                count, w = 0, x
                while True:
                    line[count] = w
                    count += 1
                    if w == v:
                        break
                    w = after[w]
                here = u
                for i in range(count - 1, -1, -1):
                    w = line[i]
                    if two:
                        row[w] ^= 1
                    after[here] = w
                    here = w
                after[here] = y
                return True
        return False
    joined = cost[cu, cy] + cost[cv, cx] - d_ux - d_vy
    swap = (
        _over(sofar[u] + total[rv] - sofar[v], capacity, price)
        + _over(sofar[v] + total[ru] - sofar[u], capacity, price)
        - now
    )
    if joined + swap < -LESS:
        after[u] = y if y < n else tail + ru
        after[v] = x if x < n else tail + rv
        _close(n, rounds, u, tail + ru, after)
        _close(n, rounds, v, tail + rv, after)
        return True
    tv = cv ^ 1 if two and v < n else cv
    tx = cx ^ 1 if two and x < n else cx
    joined = cost[cu, tv] + cost[tx, cy] - d_ux - d_vy
    swap = (
        _over(sofar[u] + sofar[v], capacity, price)
        + _over(total[ru] - sofar[u] + total[rv] - sofar[v], capacity, price)
        - now
    )
    if joined + swap < -LESS:
        count, w = 0, x
        while w < n:
            line[count] = w
            count += 1
            w = after[w]
        here, w = u, v
        while w < n:
            back = before[w]
            if two:
                row[w] ^= 1
            after[here] = w
            here = w
            w = back
        after[here] = tail + ru
        here = n + rv
        for i in range(count - 1, -1, -1):
            w = line[i]
            if two:
                row[w] ^= 1
            after[here] = w
            here = w
        after[here] = y if y < n else tail + rv
        return True
    return False


@kernel
def _close(n: int, rounds: int, u: int, end: int, after: Int32Array) -> None:
    """Let the round from `u` on end at its own depot."""
    w = u
    while after[w] < n:
        w = after[w]
    after[w] = end


@kernel
def _three_best(
    cost: FloatArray,
    row: Int32Array,
    n: int,
    u: int,
    r: int,
    after: Int32Array,
    prices: FloatArray,
    places: Int32Array,
) -> None:
    """The three cheapest places of `u` in round `r`, by the visit before."""
    for k in range(3):
        prices[u, k], places[u, k] = np.inf, -1
    p, c = n + r, row[u]
    while True:
        q = after[p]
        more = cost[row[p], c] + cost[c, row[q]] - cost[row[p], row[q]]
        if more < prices[u, 2]:
            k = 2
            while k > 0 and prices[u, k - 1] > more:
                prices[u, k], places[u, k] = prices[u, k - 1], places[u, k - 1]
                k -= 1
            prices[u, k], places[u, k] = more, p
        if q >= n:
            break
        p = q


@kernel
def _in_place_of(
    cost: FloatArray,
    row: Int32Array,
    u: int,
    v: int,
    after: Int32Array,
    before: Int32Array,
    prices: FloatArray,
    places: Int32Array,
) -> tuple[float, int]:
    """What `u` costs at its best place in the round of `v` without `v`, and the visit before that place."""
    b, y = before[v], after[v]
    cb, cy, c = row[b], row[y], row[u]
    best, place = cost[cb, c] + cost[c, cy] - cost[cb, cy], b
    for k in range(3):
        q = places[u, k]
        if q >= 0 and q != v and q != b:
            if prices[u, k] < best:
                best, place = prices[u, k], q
            break
    return best, place


@kernel
def exchange(
    cost: FloatArray,
    row: Int32Array,
    load: FloatArray,
    capacity: float,
    price: float,
    n: int,
    ra: int,
    rb: int,
    after: Int32Array,
    before: Int32Array,
    total: FloatArray,
    prices: FloatArray,
    places: Int32Array,
) -> bool:
    """Exchange the two stops of two rounds that gain most, or move the one that does: SWAP*."""
    for r, other in ((ra, rb), (rb, ra)):
        u = after[n + r]
        while u < n:
            _three_best(cost, row, n, u, other, after, prices, places)
            u = after[u]
    now = _over(total[ra], capacity, price) + _over(total[rb], capacity, price)
    best, best_u, best_v, at_u, at_v = -LESS, -1, -1, -1, -1
    u = after[n + ra]
    while u < n:
        cu = row[u]
        a, x = row[before[u]], row[after[u]]
        saved_u = cost[a, x] - cost[a, cu] - cost[cu, x]
        v = after[n + rb]
        while v < n:
            more = load[v] - load[u]
            paid = _over(total[ra] + more, capacity, price) + _over(total[rb] - more, capacity, price) - now
            cv = row[v]
            b, y = row[before[v]], row[after[v]]
            gain = paid + saved_u + cost[b, y] - cost[b, cv] - cost[cv, y]
            if gain < best:
                put_u, here = _in_place_of(cost, row, u, v, after, before, prices, places)
                put_v, there = _in_place_of(cost, row, v, u, after, before, prices, places)
                if gain + put_u + put_v < best:
                    best, best_u, best_v, at_u, at_v = gain + put_u + put_v, u, v, here, there
            v = after[v]
        u = after[u]
    for r in (ra, rb):
        u = after[n + r]
        while u < n:
            held = load[u] if r == ra else -load[u]
            paid = _over(total[ra] - held, capacity, price) + _over(total[rb] + held, capacity, price) - now
            cu = row[u]
            a, x = row[before[u]], row[after[u]]
            gain = paid + cost[a, x] - cost[a, cu] - cost[cu, x] + prices[u, 0]
            if gain < best:
                best, best_u, best_v, at_u, at_v = gain, u, -1, places[u, 0], -1
            u = after[u]
    if best_u < 0:
        return False
    after[before[best_u]] = after[best_u]
    if best_v >= 0:
        after[before[best_v]] = after[best_v]
        after[best_v] = after[at_v]
        after[at_v] = best_v
    after[best_u] = after[at_u]
    after[at_u] = best_u
    return True
