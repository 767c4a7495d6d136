"""The compiled inner loops over zones: times, sums of what they cost, and cuts of the convex risk.

Called by the figures, the reasons and the certificate. Everything here works on plain arrays of one kind of
appliance, allocates little, and never checks its input.

The cost of a zone with times t1 <= t2 is f1(t1) + f2(t2) with
    f1(t) = w1 t + L1 [t > T1] + L2 [t > T2]      f2(t) = w2 t + L2 [t > T2]
both cut at t_max.
"""

import numpy as np

from optimiser.compiled import compiled, inlined
from optimiser.cover.arrays import Float32Array, FloatArray, Int16Array, IntArray, StandardRow


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


@compiled
def risk_of(times: Float32Array, demand: FloatArray, standard: StandardRow) -> float:
    """Return the risk of one kind from its times (N, 2 or more, Z) and demand (N, Z) in N scenes, exact."""
    total = 0.0
    for n in range(demand.shape[0]):
        for z in range(demand.shape[1]):
            if demand[n, z] > 0.0:
                first = _first(float(times[n, 0, z]), standard)
                total += demand[n, z] * (first + _second(float(times[n, 1, z]), standard))
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
def times_changed(
    changed: IntArray,
    counts: IntArray,
    order: Int16Array,
    sorted_s: Float32Array,
    attendance_s: Float32Array,
    cap_s: float,
    first_s: Float32Array,
    second_s: Float32Array,
) -> None:
    """Bring times (Z,) up to date where the counts (S,) of some stations have changed, and of no others.

    Only zones are looked at that one of these stations reaches no later than their second appliance.
    """
    touched = np.zeros(order.shape[0], dtype=np.bool_)
    for j in changed:
        for z in range(order.shape[0]):
            touched[z] |= attendance_s[j, z] <= second_s[z]
    cap = np.float32(cap_s)
    for z in range(order.shape[0]):
        if touched[z]:
            first_s[z], second_s[z] = cap, cap
            found = 0
            for r in range(order.shape[1]):
                held = counts[order[z, r]]
                if held > 0:
                    t = min(sorted_s[z, r], cap)
                    if found == 0:
                        first_s[z] = t
                    if found + held > 1:
                        second_s[z] = t
                        break
                    found += held


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
