"""Compiled: split and local search of the genetic search, on plain rounds: one depot, one load, no clock.

Called by `genetic` only. T. Vidal, Hybrid genetic search for the CVRP: open-source implementation and SWAP*
neighborhood, Computers & Operations Research 140, 2022; streets that may be served from either end turn round as they move,
and have no SWAP*. Stops are 0 .. n-1, depots of round r are n + r (out) and n + R + r
(home). Costs are the same both ways. What a function needs stands in this file: it is kept by this file's time.
"""

import numpy as np

from optimiser.compiled import compiled, inlined
from optimiser.routes.arrays import FloatArray, Int32Array, IntArray

LESS = 1e-6
BESIDE = 8
"""Rounds of so many nearest stops are beside a stop's own: stops are exchanged between them, each to any place."""


@compiled
def split(
    tour: IntArray, cost: FloatArray, row: Int32Array, load: FloatArray, capacity: float, price: float, most: int
) -> Int32Array:
    """Where to cut a tour into at most `most` rounds: the first stop of each, -1 beyond; all -1 if it cannot."""
    depot = row[len(tour)]
    n = len(tour)
    before = np.full((most + 1, n + 1), np.inf)
    came = np.full((most + 1, n + 1), -1, np.int32)
    before[0, 0] = 0.0
    for k in range(most):
        for i in range(n):
            base = before[k, i]
            if base == np.inf:
                continue
            held, length = 0.0, cost[depot, row[tour[i]]]
            for j in range(i, n):
                u = tour[j]
                held += load[u]
                if held > 1.5 * capacity:
                    break
                if j > i:
                    length += cost[row[tour[j - 1]], row[u]]
                whole = base + length + cost[row[u], depot] + price * max(0.0, held - capacity)
                if whole < before[k + 1, j + 1]:
                    before[k + 1, j + 1] = whole
                    came[k + 1, j + 1] = i
    best = 0
    for k in range(1, most + 1):
        if before[k, n] < before[best, n]:
            best = k
    begins = np.full(most, -1, np.int32)
    at = n
    for k in range(best, 0, -1):
        at = came[k, at]
        begins[k - 1] = at
    return begins


@inlined
def _over(held: float, capacity: float, price: float) -> float:
    return price * max(0.0, held - capacity)


@compiled
def _renew(
    r: int,
    n: int,
    rounds: int,
    load: FloatArray,
    after: Int32Array,
    before: Int32Array,
    of: Int32Array,
    at: Int32Array,
    sofar: FloatArray,
    total: FloatArray,
) -> None:
    """Positions and loads of a round whose `after` is right; makes `before` so."""
    u, place, held = n + r, 0, 0.0
    while True:
        of[u], at[u], sofar[u] = r, place, held
        if u >= n + rounds:
            break
        w = after[u]
        before[w] = u
        u = w
        place += 1
        if u < n:
            held += load[u]
    total[r] = held


@compiled
def improve(
    cost: FloatArray,
    row: Int32Array,
    load: FloatArray,
    capacity: float,
    price: float,
    near: Int32Array,
    order: Int32Array,
    after: Int32Array,
    rounds: int,
    two: bool,
) -> None:
    """Better `after` (the stop after each) until no move near by does; `row` is where each stands in `cost`."""
    n = len(order)
    size = n + 2 * rounds
    before, of, at = np.zeros(size, np.int32), np.zeros(size, np.int32), np.zeros(size, np.int32)
    sofar, total = np.zeros(size), np.zeros(rounds)
    changed, tested = np.zeros(rounds, np.int64), np.full(n, -1, np.int64)
    line = np.zeros(n + 2, np.int32)
    for r in range(rounds):
        _renew(r, n, rounds, load, after, before, of, at, sofar, total)
    prices, places = np.zeros((n, 3)), np.zeros((n, 3), np.int32)
    swapped, beside = np.full(rounds, -1, np.int64), np.zeros((rounds, rounds), np.bool_)
    moves, again, loop = 0, True, 0
    while again:
        again = False
        for i in range(n):
            u = order[i]
            last = tested[u]
            tested[u] = moves
            for k in range(near.shape[1] + 1):
                if k < near.shape[1]:
                    v = near[u, k]
                    if loop > 0 and max(changed[of[u]], changed[of[v]]) <= last:
                        continue
                else:  # an empty round
                    if loop == 0:
                        break
                    v = -1
                    for r in range(rounds):
                        if after[n + r] >= n + rounds:
                            v = n + r
                            break
                    if v < 0 or before[u] >= n and after[u] >= n + rounds:
                        break
                for depot in range(2):
                    if depot == 1:  # the same just after the depot of that round
                        if v >= n or before[v] < n:
                            break
                        v = before[v]
                        if v == u:
                            break
                    found = _move(
                        cost, row, load, capacity, price, n, rounds, u, v, after, before, of, at, sofar, total, line, two
                    )
                    if found:
                        moves += 1
                        again = True
                        for j in range(2):
                            r = line[n + j]
                            changed[r] = moves
                            _renew(r, n, rounds, load, after, before, of, at, sofar, total)
                        break
        loop += 1
        if again or two:
            continue
        beside[:] = False
        for u in range(n):
            for k in range(min(BESIDE, near.shape[1])):
                ra, rb = of[u], of[near[u, k]]
                beside[min(ra, rb), max(ra, rb)] = True
        for ra in range(rounds):
            last = swapped[ra]
            swapped[ra] = moves
            for rb in range(ra + 1, rounds):
                if not beside[ra, rb] or max(changed[ra], changed[rb]) <= last:
                    continue
                if _exchange(cost, row, load, capacity, price, n, ra, rb, after, before, total, prices, places):
                    moves += 1
                    again = True
                    changed[ra] = moves
                    changed[rb] = moves
                    _renew(ra, n, rounds, load, after, before, of, at, sofar, total)
                    _renew(rb, n, rounds, load, after, before, of, at, sofar, total)


@compiled
def _move(
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
    """Make the first move of `u` to or with `v` that costs less; the last two of `line` are the rounds changed."""
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
                pair = _over(total[ru] - held, capacity, price) + _over(total[rv] + held, capacity, price) - now
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
                swap = _over(total[ru] + more, capacity, price) + _over(total[rv] - more, capacity, price) - now
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
                    swap = _over(total[ru] + more, capacity, price) + _over(total[rv] - more, capacity, price) - now
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
                            _over(total[ru] + more, capacity, price) + _over(total[rv] - more, capacity, price) - now
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


@compiled
def _three_best(
    cost: FloatArray, row: Int32Array, n: int, u: int, r: int, after: Int32Array, prices: FloatArray, places: Int32Array
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


@compiled
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


@compiled
def _exchange(
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


@compiled
def _close(n: int, rounds: int, u: int, end: int, after: Int32Array) -> None:
    """Let the round from `u` on end at its own depot."""
    w = u
    while after[w] < n:
        w = after[w]
    after[w] = end


@compiled
def lengths(cost: FloatArray, row: Int32Array, after: Int32Array, load: FloatArray, n: int, rounds: int) -> FloatArray:
    """Length and load of each round, (R, 2)."""
    found = np.zeros((rounds, 2))
    for r in range(rounds):
        u = n + r
        while True:
            w = after[u]
            found[r, 0] += cost[row[u], row[w]]
            if w >= n:
                break
            found[r, 1] += load[w]
            u = w
    return found


@compiled
def turn(cost: FloatArray, row: Int32Array, after: Int32Array, n: int, rounds: int) -> None:
    """Serve the streets of each round from the ends that make it cheapest."""
    best, came = np.zeros((n + 1, 2)), np.zeros((n + 1, 2), np.int32)
    line = np.zeros(n, np.int32)
    for r in range(rounds):
        count, w = 0, after[n + r]
        while w < n:
            line[count] = w
            count += 1
            w = after[w]
        if count == 0:
            continue
        depot = row[n + r]
        for i in range(count):
            c = row[line[i]] & ~1
            for way in range(2):
                if i == 0:
                    best[i, way] = cost[depot, c + way]
                    continue
                e = row[line[i - 1]] & ~1
                first, second = best[i - 1, 0] + cost[e, c + way], best[i - 1, 1] + cost[e + 1, c + way]
                best[i, way] = min(first, second)
                came[i, way] = 0 if first <= second else 1
        c = row[line[count - 1]] & ~1
        way = 0 if best[count - 1, 0] + cost[c, depot] <= best[count - 1, 1] + cost[c + 1, depot] else 1
        for i in range(count - 1, -1, -1):
            row[line[i]] = (row[line[i]] & ~1) + way
            way = came[i, way]


@compiled
def ordered(first: Int32Array, second: Int32Array, begin: int, end: int) -> IntArray:
    """Order crossover: places begin .. end of the first parent (round the end), the rest as in the second."""
    n = len(first)
    child = np.zeros(n, np.int64)
    held = np.zeros(n, np.bool_)
    j = begin
    while True:
        child[j % n] = first[j % n]
        held[first[j % n]] = True
        if j % n == end % n:
            break
        j += 1
    j += 1
    for i in range(1, n + 1):
        u = second[(end + i) % n]
        if not held[u]:
            child[j % n] = u
            j += 1
    return child
