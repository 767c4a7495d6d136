"""The compiled inner loops: times, exact pricing of all single moves, and cuts of the convex risk.

Called by the state of cover, the certificate and the reasons. Everything here works on plain arrays of one
kind of appliance, allocates little, and never checks its input.

Words: `near` (Z, 3) holds, for each zone, the ranks (places in its order of stations) of the three nearest
available appliances, two at one station having the same rank; rank S means none. Where a standard asks for
nothing of the second appliance the third does not matter and repeats the second. `standard` is
`Standard.as_row()`.

The cost of a zone with times t1 <= t2 is f1(t1) + f2(t2) with
    f1(t) = w1 t + L1 [t > T1] + L2 [t > T2]      f2(t) = w2 t + L2 [t > T2]
both cut at t_max.
"""

import numpy as np

from optimiser.cover.arrays import BoolArray, Float32Array, FloatArray, Int16Array, IntArray, StandardRow
from optimiser.cover.compiled import compiled, inlined


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


@inlined
def _find_near(counts: IntArray, order: Int16Array, near: Int16Array, z: int, depth: int) -> None:
    n_stations = order.shape[1]
    first, second, third, found = n_stations, n_stations, n_stations, 0
    for r in range(n_stations):
        held = counts[order[z, r]]
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
    near[z, 0], near[z, 1], near[z, 2] = first, second, third if depth == 3 else second


@compiled
def find_all_near(counts: IntArray, order: Int16Array, near: Int16Array, standard: StandardRow) -> None:
    """Fill `near` (Z, 3) from the counts at stations (S,)."""
    depth = 3 if _second_matters(standard) else 2
    for z in range(order.shape[0]):
        _find_near(counts, order, near, z, depth)


@compiled
def risk_of(near: Int16Array, sorted_s: Float32Array, demand: FloatArray, standard: StandardRow) -> float:
    """Return the risk of one kind: demand-weighted cost of first and second times, exact."""
    total = 0.0
    for z in range(near.shape[0]):
        if demand[z] > 0.0:
            first = _first(float(sorted_s[z, near[z, 0]]), standard)
            second = _second(float(sorted_s[z, near[z, 1]]), standard)
            total += demand[z] * (first + second)
    return total


@compiled
def times_of(
    counts: IntArray,
    order: Int16Array,
    sorted_s: Float32Array,
    cap_s: float,
    first_s: Float32Array,
    second_s: Float32Array,
) -> None:
    """Fill the capped times of first and second appliance, (Z,) each, from the counts at stations (S,)."""
    n_stations = order.shape[1]
    cap = np.float32(cap_s)
    for z in range(order.shape[0]):
        first, second = -1, n_stations
        for r in range(n_stations):
            held = counts[order[z, r]]
            if held > 0:
                if first >= 0:
                    second = r
                    break
                first = r
                if held > 1:
                    second = r
                    break
        first_s[z] = min(sorted_s[z, first], cap) if first >= 0 else cap
        second_s[z] = min(sorted_s[z, second], cap)


@compiled
def times_of_few(
    counts: IntArray, attendance_s: Float32Array, cap_s: float, first_s: Float32Array, second_s: Float32Array
) -> None:
    """Do the same as `times_of`, station by station: faster where few stations hold any.

    There a zone's order is long until the second appliance, while this runs over whole rows at once.
    """
    first_s[:] = np.float32(cap_s)
    second_s[:] = np.float32(cap_s)
    for j in range(counts.shape[0]):
        # More than two at one station are as good as two.
        for _ in range(min(counts[j], 2)):
            for z in range(first_s.shape[0]):
                t, first, second = attendance_s[j, z], first_s[z], second_s[z]
                later = t if t > first else first
                second_s[z] = later if later < second else second
                first_s[z] = t if t < first else first


@compiled
def sums_of(
    first_s: Float32Array, second_s: Float32Array, demand: FloatArray, standard: StandardRow
) -> tuple[float, float, float, float, float]:
    """Return what first and second times cost, the demand reached in time by first and second, all demand."""
    first_cost, second_cost, first, second, total = 0.0, 0.0, 0.0, 0.0, 0.0
    for z in range(demand.shape[0]):
        t1, t2 = float(first_s[z]), float(second_s[z])
        total += demand[z]
        first_cost += demand[z] * _first(t1, standard)
        second_cost += demand[z] * _second(t2, standard)
        first += demand[z] * (t1 <= standard[2])
        second += demand[z] * (t2 <= standard[3])
    return first_cost, second_cost, first, second, total


@inlined
def _price_zone(
    z: int,
    sign: float,
    near: Int16Array,
    order: Int16Array,
    sorted_s: Float32Array,
    demand: FloatArray,
    standard: StandardRow,
    gain: FloatArray,
    loss: FloatArray,
    extra: FloatArray,
) -> None:
    # Three stretches of the zone's order: stations before the first appliance, up to the second, up to the
    # third. With the first (second) appliance's station one fewer, stations up to the third one gain, and
    # gain differently: `extra` holds the difference, worked out by hand for each stretch.
    weight = sign * demand[z]
    n_stations = order.shape[1]
    r1, r2, r3 = near[z, 0], near[z, 1], near[z, 2]
    t1, t2, t3 = float(sorted_s[z, r1]), float(sorted_s[z, r2]), float(sorted_s[z, r3])
    f1_t1, f2_t1 = _first(t1, standard), _second(t1, standard)
    f1_t2, f2_t2, f2_t3 = _first(t2, standard), _second(t2, standard), _second(t3, standard)
    some, two = r1 < n_stations, r2 < n_stations and r2 != r1 and _second_matters(standard)
    # Where there is no such station the row of station 0 is named, and never written to.
    origin_1 = order[z, r1] if some else 0
    origin_2 = order[z, r2] if two else 0
    second_gone = weight * (f2_t3 - f2_t2)
    if some:
        loss[origin_1] += weight * (f1_t2 + f2_t3 - f1_t1 - f2_t2)
    if two:
        loss[origin_2] += second_gone
    before_first = weight * (f1_t2 - f1_t1 + f2_t3 - 2.0 * f2_t2 + f2_t1)
    for r in range(r1):
        station = order[z, r]
        gain[station] += weight * (f1_t1 + f2_t2 - f2_t1 - _first(float(sorted_s[z, r]), standard))
        if some:
            extra[origin_1, station] += before_first
        if two:
            extra[origin_2, station] += second_gone
    for r in range(r1, r2):
        station = order[z, r]
        t = float(sorted_s[z, r])
        f2_t = _second(t, standard)
        gain[station] += weight * (f2_t2 - f2_t)
        extra[origin_1, station] += weight * (f1_t2 + f2_t3 - 2.0 * f2_t2 - _first(t, standard) + f2_t)
        if two:
            extra[origin_2, station] += second_gone
    for r in range(r2, r3):
        station = order[z, r]
        third = weight * (f2_t3 - _second(float(sorted_s[z, r]), standard))
        extra[origin_1, station] += third
        if two:
            extra[origin_2, station] += third


@compiled
def price_all(
    near: Int16Array,
    order: Int16Array,
    sorted_s: Float32Array,
    demand: FloatArray,
    standard: StandardRow,
    gain: FloatArray,
    loss: FloatArray,
    extra: FloatArray,
) -> None:
    """Price every single move at once.

    Fills `gain` (S,), the risk saved by one more appliance at a station; `loss` (S,), the risk added by one
    fewer; and `extra` (S, S), so that moving one from i to j changes the risk by exactly
    loss[i] - gain[j] - extra[i, j].
    """
    gain[:] = 0.0
    loss[:] = 0.0
    extra[:] = 0.0
    for z in range(near.shape[0]):
        if demand[z] > 0.0:
            _price_zone(z, 1.0, near, order, sorted_s, demand, standard, gain, loss, extra)


@compiled
def shift(
    origin: int,
    destination: int,
    counts: IntArray,
    near: Int16Array,
    order: Int16Array,
    rank: Int16Array,
    sorted_s: Float32Array,
    demand: FloatArray,
    standard: StandardRow,
    gain: FloatArray,
    loss: FloatArray,
    extra: FloatArray,
) -> None:
    """Move one appliance and bring `counts`, `near` and all prices up to date.

    Only zones where the origin is among the nearest three, or where the destination comes before the
    third, are touched.
    """
    depth = 3 if _second_matters(standard) else 2
    counts[origin] -= 1
    counts[destination] += 1
    for z in range(near.shape[0]):
        if demand[z] > 0.0 and (rank[origin, z] <= near[z, 2] or rank[destination, z] < near[z, 2]):
            _price_zone(z, -1.0, near, order, sorted_s, demand, standard, gain, loss, extra)
            _find_near(counts, order, near, z, depth)
            _price_zone(z, 1.0, near, order, sorted_s, demand, standard, gain, loss, extra)


@compiled
def best_pair(
    gain: FloatArray,
    loss: FloatArray,
    extra: FloatArray,
    cost: FloatArray,
    may_leave: BoolArray,
    has_room: BoolArray,
) -> tuple[float, int, int]:
    """Return the cheapest allowed single move: its value (risk change plus cost), origin, destination.

    `cost` (S, S) is inf where a move is not allowed. The value is inf where no move is allowed.
    """
    best, best_origin, best_destination = np.inf, -1, -1
    n_stations = gain.shape[0]
    for i in range(n_stations):
        if may_leave[i]:
            for j in range(n_stations):
                if has_room[j] and j != i:
                    value = loss[i] - gain[j] - extra[i, j] + cost[i, j]
                    if value < best:
                        best, best_origin, best_destination = value, i, j
    return best, best_origin, best_destination


@compiled
def best_turn(
    origins: IntArray,
    destinations: IntArray,
    own_cost: FloatArray,
    gain: FloatArray,
    loss: FloatArray,
    extra: FloatArray,
    cost: FloatArray,
    may_leave: BoolArray,
    has_room: BoolArray,
) -> tuple[float, int, int, bool]:
    """Return the best change of one end of a move already made: value, which move, station, which end.

    A move o to d turned to d' changes the risk like a further move from d to d'; one that comes from o'
    instead of o like a further move from o' to o. So both are priced without taking anything back.

    Parameters
    ----------
    origins, destinations
        Of the moves made, (n,).
    own_cost
        Cost of each of these movers to every station, (n, S).
    """
    best, best_move, best_station, best_at_end = 0.0, -1, -1, False
    n_stations = gain.shape[0]
    for m in range(origins.shape[0]):
        o, d = origins[m], destinations[m]
        paid = own_cost[m, d]
        for j in range(n_stations):
            if j != d and j != o and has_room[j]:
                value = loss[d] - gain[j] - extra[d, j] + own_cost[m, j] - paid
                if value < best:
                    best, best_move, best_station, best_at_end = value, m, j, True
        if has_room[o]:
            for i in range(n_stations):
                if i != o and i != d and may_leave[i]:
                    value = loss[i] - gain[o] - extra[i, o] + cost[i, d] - paid
                    if value < best:
                        best, best_move, best_station, best_at_end = value, m, i, False
    return best, best_move, best_station, best_at_end


@compiled
def cut_at(
    counts: FloatArray,
    order: Int16Array,
    sorted_s: Float32Array,
    demand: FloatArray,
    standard: StandardRow,
    group: IntArray,
    constant: FloatArray,
    slope: FloatArray,
) -> None:
    """Add the convex risk's value and slope at (fractional) counts, by group of zones.

    For a zone with critical stations a (running count reaches 1) and b (reaches 2), and g = f1 - f2,
        g(a) - sum_j x_j (g(a) - g(j))^+  +  2 f2(b) - sum_j x_j (f2(b) - f2(j))^+
    equals the zone's cost at these counts and is below it at all others (linear programming duality).

    Parameters
    ----------
    counts
        Appliances at stations, (S,), any values from zero.
    group
        Group of each zone, (Z,).
    constant, slope
        Added to: (G,) and (G, S). The cut of group g reads risk_g >= constant[g] + slope[g] @ counts.
    """
    n_stations = order.shape[1]
    enough = 2.0 if _second_matters(standard) else 1.0
    for z in range(order.shape[0]):
        weight = demand[z]
        if weight <= 0.0:
            continue
        row = group[z]
        running, a, b = 0.0, n_stations, n_stations
        for r in range(n_stations):
            running += counts[order[z, r]]
            # A hair below whole numbers still counts: any choice of a and b gives a valid cut.
            if a == n_stations and running >= 1.0 - 1e-9:
                a = r
            if running >= enough - 1e-9:
                b = r
                break
        t = float(sorted_s[z, a])
        critical_1 = _first(t, standard) - _second(t, standard)
        critical_2 = _second(float(sorted_s[z, b]), standard)
        constant[row] += weight * (critical_1 + 2.0 * critical_2)
        for r in range(b):
            t = float(sorted_s[z, r])
            second = _second(t, standard)
            fall = max(0.0, critical_2 - second)
            if r < a:
                fall += max(0.0, critical_1 - (_first(t, standard) - second))
            slope[row, order[z, r]] -= weight * fall
