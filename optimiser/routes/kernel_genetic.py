"""Compiled: split and local search of the genetic search, on plain rounds: one depot, one load, no clock.

Called by `genetic` only; the moves are those of `kernel_moves`. Stops are 0 .. n-1, depots of round r are
n + r (out) and n + R + r (home). Costs are the same both ways. It draws nothing, and knows no population.
"""

import numpy as np

from optimiser.routes.arrays import FloatArray, Int32Array, IntArray
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.kernel_moves import exchange, move

BESIDE = 8
"""The rounds of so many nearest stops are beside a stop's own: they exchange stops, each to any place."""


@kernel
def split(
    tour: IntArray,
    cost: FloatArray,
    row: Int32Array,
    load: FloatArray,
    capacity: float,
    price: float,
    most: int,
) -> Int32Array:
    """Where to cut a tour into at most `most` rounds: the first stop of each, -1 beyond; -1 if it cannot.

    First with however many rounds, which mostly are no more; else for each number of rounds.
    """
    n = len(tour)
    begins = np.full(most, -1, np.int32)
    for layers in (1, most):
        before = np.full((layers + 1, n + 1), np.inf)
        came = np.full((layers + 1, n + 1), -1, np.int32)
        before[0, 0] = 0.0
        for k in range(layers):
            to = 0 if layers == 1 else k + 1
            _cut(tour, cost, row, load, capacity, price, before[k], before[to], came[to])
        best = 0
        for k in range(1, layers + 1):
            if before[k, n] < before[best, n]:
                best = k
        if before[best, n] == np.inf:
            return begins
        count, at = 0, n
        while at > 0:
            at = came[best - count, at] if layers > 1 else came[0, at]
            count += 1
        if count > most:
            continue
        at = n
        for k in range(count - 1, -1, -1):
            at = came[k + 1, at] if layers > 1 else came[0, at]
            begins[k] = at
        return begins
    return begins


@kernel
def _cut(
    tour: IntArray,
    cost: FloatArray,
    row: Int32Array,
    load: FloatArray,
    capacity: float,
    price: float,
    before: FloatArray,
    then: FloatArray,
    came: Int32Array,
) -> None:
    """The least costs `then` of the first stops of a tour, one round more than `before`; where it begins."""
    n = len(tour)
    depot = row[n]
    for i in range(n):
        base = before[i]
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
            if whole < then[j + 1]:
                then[j + 1] = whole
                came[j + 1] = i


@kernel
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


@kernel
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
    """Better `after` (the stop after each) until no move does; `row` is where each stands in `cost`."""
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
                    if v < 0 or (before[u] >= n and after[u] >= n + rounds):
                        break
                for depot in range(2):
                    if depot == 1:  # the same just after the depot of that round
                        if v >= n or before[v] < n:
                            break
                        v = before[v]
                        if v == u:
                            break
                    found = move(
                        cost,
                        row,
                        load,
                        capacity,
                        price,
                        n,
                        rounds,
                        u,
                        v,
                        after,
                        before,
                        of,
                        at,
                        sofar,
                        total,
                        line,
                        two,
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
                if exchange(
                    cost, row, load, capacity, price, n, ra, rb, after, before, total, prices, places
                ):
                    moves += 1
                    again = True
                    changed[ra] = moves
                    changed[rb] = moves
                    _renew(ra, n, rounds, load, after, before, of, at, sofar, total)
                    _renew(rb, n, rounds, load, after, before, of, at, sofar, total)


@kernel
def lengths(
    cost: FloatArray, row: Int32Array, after: Int32Array, load: FloatArray, n: int, rounds: int
) -> FloatArray:
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


@kernel
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


@kernel
def ordered(first: IntArray, second: IntArray, begin: int, end: int) -> IntArray:
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


@kernel
def sequence(after: Int32Array, n: int, rounds: int) -> tuple[IntArray, IntArray]:
    """All stops round by round, and where each round ends among them."""
    tour, ends = np.zeros(n, np.int64), np.zeros(rounds, np.int64)
    count = 0
    for r in range(rounds):
        u = after[n + r]
        while u < n:
            tour[count] = u
            count += 1
            u = after[u]
        ends[r] = count
    return tour, ends
