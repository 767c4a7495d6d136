"""The day as the kernels change it: what each vehicle visits, and all that is kept about it.

Made by `day_state`; changed by kernels only. Position 0 of a vehicle is its depot at the beginning, positions
1..n its visits, n + 1 its depot at the end. A trip is what lies between two tips; the last trip is open: it
ends at the depot, and holds only stops from which nothing is carried, mostly none.
"""

from typing import NamedTuple

import numpy as np

from optimiser.routes.arrays import FloatArray, Int32Array, IntArray
from optimiser.routes.model import Model

F0, F1, B0, B1, R0, R1 = range(6)
"""Columns of `clock`: when free (break to come, break taken); latest arrivals, hard and without overtime."""

SPARE = 2
"""Tips that a plan may have beyond its trips: it is loaded as it is, and mended then."""
DEPOTS = 2


class Day(NamedTuple):
    """Arrays over V vehicles, P positions, R trips, K materials, S stops."""

    node: Int32Array  # (V, P)
    way: Int32Array  # (V, P)
    enter: Int32Array  # (V, P) location
    leave: Int32Array
    leg: FloatArray  # (V, P) cost of the way there
    clock: FloatArray  # (V, P, 6)
    trip: Int32Array  # (V, P)
    rank: Int32Array  # (V, P) stops up to and with this position
    sofar: FloatArray  # (V, P, K) collected since the last tip
    release: FloatArray  # (V, P, 2) greatest of the trip up to here, and from here on
    trip_load: FloatArray  # (V, R, K)
    trip_holds: IntArray  # (V, R)
    trip_from: Int32Array  # (V, R) position before its first
    trip_to: Int32Array  # (V, R) position of its tip, or of the depot
    trip_release: FloatArray  # (V, R)
    n: Int32Array  # (V,)
    trips: Int32Array
    fixed_to: Int32Array  # (V,) positions up to here stay
    day_load: FloatArray  # (V, K)
    day_stops: IntArray
    day_calls: IntArray  # (V,) tips called at
    legs: FloatArray  # (V,)
    finish: FloatArray  # (V,)
    right: Int32Array  # (V,) whether it keeps all rules
    vehicle: Int32Array  # (S,) vehicle or -1
    at: Int32Array  # (S,) position
    absent: Int32Array  # (S,) stops not served, first counts[0]
    counts: IntArray  # (4,) absent, moved, most that may be moved, -


def most_tips(m: Model) -> int:
    """So many tips a round has at most, if it is not done with more: one for each trip, and two idle ones."""
    return int(min(m.max_trips.max(initial=0), m.n_stops)) + SPARE


def empty_day(m: Model, most_moved: int | None = None) -> Day:
    """A day on which nobody does anything, all stops absent.

    Every day of one model has arrays of one size, because kernels copy rounds from one to another.
    """
    n_vehicles, n_stops, n_materials = len(m.start), m.n_stops, m.load.shape[1]
    # All stops in one round with its tips, done or to come, and the two depots.
    positions = n_stops + max(most_tips(m), int(m.done.max(initial=0))) + DEPOTS
    trips = positions  # a trip for each tip, and however many idle tips a plan brings, no more than positions
    absent = np.flatnonzero(~m.placed).astype(np.int32)
    day = Day(
        node=np.full((n_vehicles, positions), -1, np.int32),
        way=np.zeros((n_vehicles, positions), np.int32),
        enter=np.zeros((n_vehicles, positions), np.int32),
        leave=np.zeros((n_vehicles, positions), np.int32),
        leg=np.zeros((n_vehicles, positions)),
        clock=np.zeros((n_vehicles, positions, 6)),
        trip=np.zeros((n_vehicles, positions), np.int32),
        rank=np.zeros((n_vehicles, positions), np.int32),
        sofar=np.zeros((n_vehicles, positions, n_materials)),
        release=np.zeros((n_vehicles, positions, 2)),
        trip_load=np.zeros((n_vehicles, trips, n_materials)),
        trip_holds=np.zeros((n_vehicles, trips), np.int64),
        trip_from=np.zeros((n_vehicles, trips), np.int32),
        trip_to=np.zeros((n_vehicles, trips), np.int32),
        trip_release=np.zeros((n_vehicles, trips)),
        n=np.zeros(n_vehicles, np.int32),
        trips=np.zeros(n_vehicles, np.int32),
        fixed_to=np.zeros(n_vehicles, np.int32),
        day_load=np.zeros((n_vehicles, n_materials)),
        day_stops=np.zeros(n_vehicles, np.int64),
        day_calls=np.zeros(n_vehicles, np.int64),
        legs=np.zeros(n_vehicles),
        finish=np.zeros(n_vehicles),
        right=np.ones(n_vehicles, np.int32),
        vehicle=np.full(n_stops, -1, np.int32),
        at=np.zeros(n_stops, np.int32),
        absent=np.zeros(n_stops, np.int32),
        counts=np.array([len(absent), 0, n_stops if most_moved is None else most_moved, 0], np.int64),
    )
    day.absent[: len(absent)] = absent
    return day
