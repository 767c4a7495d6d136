"""The compiled prices: what every single move changes in the risk, exactly, and the best of all moves.

Called by the state of cover. All works on plain arrays of one kind of appliance, and never checks its input.

Words: the rank of a station is its place in a zone's order; rank S means none. A `Region` is
`AttendanceIndex.arrays`. A `Book` is one kind in N scenes: how many stand where, and for each zone the three
nearest available appliances, two at one station counting as two: their ranks (-1 where there is no demand),
their times and, of the first two, their stations (S for none). Where a standard asks for nothing of the
second appliance the third does not matter and repeats the second.

The first and second appliance cost f1(t1) + f2(t2) as in kernels.py.

A move of one appliance from i to j changes the risk by exactly loss[i] - gain[j] - extra[i, j]: what its
leaving adds, what its coming saves, and what its coming saves more because it left. With w1 >= w2 the risk
falls by less with each further appliance, wherever they stand, so 0 <= extra[i, j] <= loss[i]. Gains and
losses are kept up to date; extras, which are many, are worked out by row or column when asked for.
"""

import numpy as np

from optimiser.compiled import compiled, inlined
from optimiser.cover.arrays import BoolArray, Float32Array, FloatArray, Int16Array, IntArray, StandardRow

# order (Z, S), rank (S, Z), sorted_s (Z, S + 1), attendance_s (S, Z)
Region = tuple[Int16Array, Int16Array, Float32Array, Float32Array]
# counts (N, S), ranks (N, 3, Z), times (N, 3, Z), stations (N, 2, Z), demand (N, Z), standard, gain (S,) and
# loss (S,): risk saved by one appliance more, risk added by one fewer
Book = tuple[IntArray, Int16Array, Float32Array, Int16Array, FloatArray, StandardRow, FloatArray, FloatArray]
# away (S, S): row i is extra[i, :]; towards (S, S): row j is extra[:, j]. Beside each, (S,): the version of
# the book each row was last worked out from, and the version in which it last
# changed, (S + 1,)
Extras = tuple[FloatArray, IntArray, IntArray, FloatArray, IntArray, IntArray]
# groups of the kind (n,); of all groups: whether each may go (G,), where it stands (G,), cost (G, S)
Fleet = tuple[IntArray, BoolArray, IntArray, FloatArray]
# Zones looked at together.
BLOCK = 64

# The cost of a time stands here and in kernels.py: what is compiled is renewed with its own file only.


@inlined
def _first(t: float, s: StandardRow) -> float:
    t = min(t, s[6])
    return s[0] * t + (t > s[2]) * s[4] + (t > s[3]) * s[5]


@inlined
def _second(t: float, s: StandardRow) -> float:
    t = min(t, s[6])
    return s[1] * t + (t > s[3]) * s[5]


@inlined
def _second_matters(s: StandardRow) -> bool:
    return s[1] > 0.0 or s[5] > 0.0


# The functions of one zone take each array by itself: taking a book apart costs more than all they do.


@inlined
def _add_losses(
    z: int, weight: float, times: Float32Array, stations: Int16Array, s: StandardRow, n: int, loss: FloatArray
) -> None:
    t1, t2, t3 = float(times[n, 0, z]), float(times[n, 1, z]), float(times[n, 2, z])
    first, second = stations[n, 0, z], stations[n, 1, z]
    second_gone = weight * (_second(t3, s) - _second(t2, s))
    if first < loss.shape[0]:
        loss[first] += weight * (_first(t2, s) - _first(t1, s)) + second_gone
    if first != second and second < loss.shape[0]:
        loss[second] += second_gone


@inlined
def _add_gains(
    z: int,
    weight: float,
    r1: int,
    t1: float,
    r2: int,
    t2: float,
    n1: int,
    u1: float,
    n2: int,
    u2: float,
    order: Int16Array,
    sorted_s: Float32Array,
    standard: StandardRow,
    gain: FloatArray,
) -> None:
    # From a first and second of ranks r1, r2 and times t1, t2 to others, n1, n2 and u1, u2: only what
    # differs is added. One more appliance before the first saves f1(t1) - f1(t) and makes the first the
    # second; one after it saves f2(t2) - f2(t).
    f2_t2, f2_u2 = _second(t2, standard), _second(u2, standard)
    was_before = _first(t1, standard) + f2_t2 - _second(t1, standard)
    now_before = _first(u1, standard) + f2_u2 - _second(u1, standard)
    change = weight * (now_before - was_before)
    if change != 0.0:
        for r in range(min(r1, n1)):
            gain[order[z, r]] += change
    for r in range(min(r1, n1), max(r2, n2) if _second_matters(standard) else max(r1, n1)):
        t = float(sorted_s[z, r])
        f1_t, f2_t = _first(t, standard), _second(t, standard)
        was = was_before - f1_t if r < r1 else (f2_t2 - f2_t) * (r < r2)
        now = now_before - f1_t if r < n1 else (f2_u2 - f2_t) * (r < n2)
        gain[order[z, r]] += weight * (now - was)


@inlined
def _find_near(
    z: int, counts: IntArray, order: Int16Array, standard: StandardRow, n: int
) -> tuple[int, int, int]:
    n_stations, depth = order.shape[1], 3 if _second_matters(standard) else 2
    first, second, third, found = n_stations, n_stations, n_stations, 0
    for r in range(n_stations):
        held = counts[n, order[z, r]]
        if held > 0:
            if found == 0:
                first = r
            if found <= 1 < found + held:
                second = r
            if found <= 2 < found + held:
                third = r
            found += held
            if found >= depth:
                break
    return first, second, (third if depth == 3 else second)


@inlined
def _change_near(
    z: int,
    gone: int,
    come: int,
    counts: IntArray,
    order: Int16Array,
    ranks: Int16Array,
    standard: StandardRow,
    n: int,
) -> tuple[int, int, int]:
    # Ranks of who leaves and who comes; the counts are already those after. What comes no later than the
    # last known takes its place among the nearest without a look at the others.
    first, second, last = int(ranks[n, 0, z]), int(ranks[n, 1, z]), int(ranks[n, 2, z])
    three = _second_matters(standard)
    missing = gone <= last
    if missing and gone == first:
        first, second = second, last
    elif missing and gone == second:
        second = last
    if come <= last:
        if three:
            last = max(second, come) if missing else max(second, min(last, come))
        second = max(first, come) if missing and not three else max(first, min(second, come))
        first = min(first, come)
    else:
        known = (first == last) + (second == last and three)
        if counts[n, order[z, last]] <= known:
            last += 1
            while last < order.shape[1] and counts[n, order[z, last]] == 0:
                last += 1
        second = second if three else last
    return first, second, (last if three else second)


@inlined
def _set_near(
    z: int,
    near: tuple[int, int, int],
    order: Int16Array,
    sorted_s: Float32Array,
    ranks: Int16Array,
    times: Float32Array,
    stations: Int16Array,
    n: int,
) -> None:
    first, second, third = near
    ranks[n, 0, z], ranks[n, 1, z], ranks[n, 2, z] = first, second, third
    times[n, 0, z], times[n, 1, z] = sorted_s[z, first], sorted_s[z, second]
    times[n, 2, z] = sorted_s[z, third]
    n_stations = order.shape[1]
    stations[n, 0, z] = order[z, first] if first < n_stations else n_stations
    stations[n, 1, z] = order[z, second] if second < n_stations else n_stations


@compiled
def open_book(region: Region, book: Book) -> None:
    """Fill all else in a book from counts, demand and standard."""
    order, _, sorted_s, _ = region
    counts, ranks, times, stations, demand, standard, gain, loss = book
    gain[:] = 0.0
    loss[:] = 0.0
    ranks[:] = -1
    for n in range(demand.shape[0]):
        for z in range(demand.shape[1]):
            weight = demand[n, z]
            if weight > 0.0:
                near = _find_near(z, counts, order, standard, n)
                _set_near(z, near, order, sorted_s, ranks, times, stations, n)
                _add_losses(z, weight, times, stations, standard, n, loss)
                first, second, _ = near
                t1, t2 = float(times[n, 0, z]), float(times[n, 1, z])
                # From first and second at no time at all, who leave nothing to gain.
                _add_gains(z, weight, 0, 0.0, 0, 0.0, first, t1, second, t2, order, sorted_s, standard, gain)


@compiled
def shift(origin: int, destination: int, region: Region, book: Book, extras: Extras, now: int) -> None:
    """Move one appliance and bring a book up to date; the book becomes version `now`.

    Only zones where the origin is among the nearest three, or where the destination comes before the
    third, are touched. With them change the extras of their first two as origins, and of the stations
    before their third as destinations, as they were and as they are.
    """
    _, _, away_changed, _, _, towards_changed = extras
    order, rank, sorted_s, _ = region
    counts, ranks, times, stations, demand, standard, gain, loss = book
    n_zones = demand.shape[1]
    for n in range(demand.shape[0]):
        counts[n, origin] -= 1
        counts[n, destination] += 1
        for block in range(0, n_zones, BLOCK):
            # Zones lie beside each other: most blocks are not touched at all, and are passed over at once.
            end = min(block + BLOCK, n_zones)
            touched = 0
            for z in range(block, end):
                third = ranks[n, 2, z]
                touched |= (rank[origin, z] <= third) | (rank[destination, z] < third)
            if not touched:
                continue
            for z in range(block, end):
                gone, come, third = rank[origin, z], rank[destination, z], ranks[n, 2, z]
                if gone <= third or come < third:
                    r1, r2, weight = ranks[n, 0, z], ranks[n, 1, z], demand[n, z]
                    t1, t2 = float(times[n, 0, z]), float(times[n, 1, z])
                    _add_losses(z, -weight, times, stations, standard, n, loss)
                    away_changed[stations[n, 0, z]] = away_changed[stations[n, 1, z]] = now
                    near = _change_near(z, gone, come, counts, order, ranks, standard, n)
                    _set_near(z, near, order, sorted_s, ranks, times, stations, n)
                    _add_losses(z, weight, times, stations, standard, n, loss)
                    away_changed[stations[n, 0, z]] = away_changed[stations[n, 1, z]] = now
                    n1, n2, n3 = near
                    for r in range(max(third, n3)):
                        towards_changed[order[z, r]] = now
                    if r1 != n1 or r2 != n2:
                        u1, u2 = float(times[n, 0, z]), float(times[n, 1, z])
                        _add_gains(z, weight, r1, t1, r2, t2, n1, u1, n2, u2, order, sorted_s, standard, gain)


@compiled
def extras_towards(j: int, region: Region, book: Book, extras: Extras) -> FloatArray:
    """Return extra[i, j] for every origin i, (S,): one look at each zone j would be among the nearest of."""
    _, _, _, towards, towards_at, towards_changed = extras
    row: FloatArray = towards[j]
    if towards_at[j] == towards_changed[j]:
        return row
    towards_at[j] = towards_changed[j]
    _, rank, _, attendance_s = region
    _, ranks, times, stations, demand, s, _, _ = book
    row[:] = 0.0
    for n in range(ranks.shape[0]):
        for z in range(ranks.shape[2]):
            if rank[j, z] < ranks[n, 2, z]:
                t, t1, t2 = float(attendance_s[j, z]), float(times[n, 0, z]), float(times[n, 1, z])
                f2_t2, f2_t3 = _second(t2, s), _second(float(times[n, 2, z]), s)
                # Who is there when the first, and when the second, is gone: the one that comes, in its place.
                if rank[j, z] >= ranks[n, 1, z]:
                    of_first = of_second = f2_t3 - _second(t, s)
                else:
                    of_second = f2_t3 - f2_t2
                    t = max(t, t1)
                    of_first = of_second + _first(t2, s) - _first(t, s) - f2_t2 + _second(t, s)
                first, second = stations[n, 0, z], stations[n, 1, z]
                if first < row.shape[0]:
                    row[first] += demand[n, z] * of_first
                if first != second and second < row.shape[0]:
                    row[second] += demand[n, z] * of_second
    return row


@compiled
def extras_away(i: int, region: Region, book: Book, extras: Extras) -> FloatArray:
    """Return extra[i, j] for every destination j, (S,): along the order of the zones i is nearest of."""
    away, away_at, away_changed, _, _, _ = extras
    row: FloatArray = away[i]
    if away_at[i] == away_changed[i]:
        return row
    away_at[i] = away_changed[i]
    order, _, sorted_s, _ = region
    _, ranks, times, stations, demand, s, _, _ = book
    row[:] = 0.0
    for n in range(ranks.shape[0]):
        for z in range(ranks.shape[2]):
            if stations[n, 0, z] == i or stations[n, 1, z] == i:
                weight, r1, r2 = demand[n, z], ranks[n, 0, z], ranks[n, 1, z]
                t1, t2 = float(times[n, 0, z]), float(times[n, 1, z])
                f2_t2, f2_t3 = _second(t2, s), _second(float(times[n, 2, z]), s)
                before_second = weight * (f2_t3 - f2_t2)
                if stations[n, 0, z] == i:
                    of_t2 = _first(t2, s) - f2_t2
                    before_first = before_second + weight * (of_t2 - _first(t1, s) + _second(t1, s))
                    for r in range(r1):
                        row[order[z, r]] += before_first
                    for r in range(r1, r2):
                        t = float(sorted_s[z, r])
                        row[order[z, r]] += before_second + weight * (of_t2 - _first(t, s) + _second(t, s))
                elif before_second != 0.0:
                    for r in range(r2):
                        row[order[z, r]] += before_second
                for r in range(r2, ranks[n, 2, z]):
                    row[order[z, r]] += weight * (f2_t3 - _second(float(sorted_s[z, r]), s))
    return row


@compiled
def best_pair(
    below: float,
    fleet: Fleet,
    least_cost: FloatArray,
    has_room: BoolArray,
    region: Region,
    book: Book,
    extras: Extras,
) -> tuple[float, int, int]:
    """Return the cheapest allowed single move worth less than `below`: its value, group and destination.

    The value is the change of risk plus cost; inf where there is no such move. As extras are at most losses,
    no move to j is worth less than its cost less gain[j]: destinations are tried in this order, and few
    have to be.

    Parameters
    ----------
    fleet, least_cost
        Who may move; the least cost of a move of this kind to each station, (S,).
    """
    groups, may_go, origins, cost = fleet
    gain, loss = book[6], book[7]
    best, best_group, best_end = below, -1, -1
    promise = np.where(has_room, least_cost - gain, np.inf)
    while True:
        j = int(np.argmin(promise))
        if not promise[j] < best:
            break
        promise[j] = np.inf
        extra = extras_towards(j, region, book, extras)
        for g in groups:
            i = origins[g]
            if may_go[g] and i != j:
                value = loss[i] - gain[j] - extra[i] + cost[g, j]
                if value < best:
                    best, best_group, best_end = value, int(g), j
    return (best if best_group >= 0 else np.inf), best_group, best_end


@compiled
def best_turn(
    below: float,
    moved: IntArray,
    ends: IntArray,
    fleet: Fleet,
    has_room: BoolArray,
    region: Region,
    book: Book,
    extras: Extras,
) -> tuple[float, int, int, int]:
    """Return the best change of one end of the first move that one pays for: value, move, group, end.

    The value is below `below`; the move is -1 where no change pays. A move o to d turned to d' changes the
    risk like a further move from d to d'; one that comes from o' instead of o like a further move from o'
    to o. So both are priced without taking anything back.

    Parameters
    ----------
    moved, ends
        Groups and destinations of the moves made, (n,), asked in this order: in a large hole each answer
        takes long, and every change made changes the others'. The rest as for `best_pair`.
    """
    groups, may_go, origins, cost = fleet
    gain, loss = book[6], book[7]
    best, best_move, best_group, best_end = below, -1, -1, -1
    for m in range(moved.shape[0]):
        g, d = moved[m], ends[m]
        o, paid = origins[g], cost[g, d]
        from_d = extras_away(d, region, book, extras)
        for j in range(gain.shape[0]):
            if j != d and j != o and has_room[j]:
                value = loss[d] - gain[j] - from_d[j] + cost[g, j] - paid
                if value < best:
                    best, best_move, best_group, best_end = value, m, g, j
        if has_room[o]:
            extra = extras_towards(o, region, book, extras)
            for other in groups:
                i = origins[other]
                if may_go[other] and i != o and i != d:
                    value = loss[i] - gain[o] - extra[i] + cost[other, d] - paid
                    if value < best:
                        best, best_move, best_group, best_end = value, m, other, d
        if best_move >= 0:
            break
    return best, best_move, best_group, best_end
