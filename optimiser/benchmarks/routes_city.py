"""The streets of a made-up council: a jittered grid with main roads, gaps and one-way streets.

Called by `council_day`. The same generator of random numbers gives the same streets. It knows nothing of
stops or vehicles.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from optimiser.routes.arrays import FloatArray, IntArray

SPACING_M = 165.0
# Corners are off the grid by so much of the spacing.
JITTER = 0.22
# Every so-many-th line of the grid is a main road.
MAIN_EVERY = 6
# A collection vehicle in a street, and on a main road.
STREET_M_S, MAIN_M_S = 6.4, 11.0
# Speeds differ by so much, for each street on its own: parked cars, humps, lights.
SPEED_SPREAD = 0.18
LEFT_OUT_SHARE, ONE_WAY_SHARE = 0.12, 0.16
# Streets are not straight.
BEND = 1.06


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Corners and the streets between them, every corner reachable from every other.

    Parameters
    ----------
    corner_m
        Where the corners are, (N, 2), metres.
    tail, head
        Of each arc, (A,); a two-way street is two arcs.
    travel_s, length_m
        Of each arc, (A,).
    """

    corner_m: FloatArray
    tail: IntArray
    head: IntArray
    travel_s: FloatArray
    length_m: FloatArray

    def one_way(self) -> IntArray:
        """Arcs without one the other way round."""
        both = set(zip(self.tail.tolist(), self.head.tolist(), strict=True))
        return np.array(
            [
                arc
                for arc, (a, b) in enumerate(zip(self.tail.tolist(), self.head.tolist(), strict=True))
                if (b, a) not in both
            ],
            dtype=np.int64,
        )

    def matrices(self, corners: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return seconds and metres of the fastest ways between corners, square of their number each."""
        count = len(self.corner_m)
        graph = csr_array((self.travel_s, (self.tail, self.head)), shape=(count, count))
        length = csr_array((self.length_m, (self.tail, self.head)), shape=(count, count)).toarray()
        travel_s, before = dijkstra(graph, indices=corners, return_predecessors=True)
        # Metres of the last arc of each way, then doubled up towards the origin.
        at = np.arange(count)[None, :]
        before = np.where(before < 0, at, before)
        dist_m = length[before, np.broadcast_to(at, before.shape)]
        while not np.array_equal(further := np.take_along_axis(before, before, axis=1), before):
            dist_m = dist_m + np.take_along_axis(dist_m, before, axis=1)
            before = further
        return np.round(travel_s[:, corners], 1), np.round(dist_m[:, corners], 0)


def make_city(corners: int, rng: np.random.Generator) -> City:
    """Return a square city of about so many corners."""
    side = max(6, math.isqrt(corners))
    row, column = np.divmod(np.arange(side * side), side)
    where = np.column_stack([column, row]) + rng.uniform(-JITTER, JITTER, (side * side, 2))
    corner_m = where * SPACING_M
    at = np.arange(side * side)
    east, north = at[column < side - 1], at[row < side - 1]
    tail = np.concatenate([east, north])
    head = np.concatenate([east + 1, north + side])
    main = np.concatenate([row[east] % MAIN_EVERY == 0, column[north] % MAIN_EVERY == 0])
    kept = main | (rng.random(len(tail)) >= LEFT_OUT_SHARE)
    tail, head, main = tail[kept], head[kept], main[kept]
    turned = rng.random(len(tail)) < 0.5
    tail, head = np.where(turned, head, tail), np.where(turned, tail, head)
    back = main | (rng.random(len(tail)) >= ONE_WAY_SHARE)
    length_m = BEND * np.hypot(*(corner_m[tail] - corner_m[head]).T)
    speed = np.where(main, MAIN_M_S, STREET_M_S)
    arcs = np.column_stack([np.concatenate([tail, head[back]]), np.concatenate([head, tail[back]])])
    metres = np.concatenate([length_m, length_m[back]])
    speeds = np.concatenate([speed, speed[back]]) * rng.uniform(1 - SPEED_SPREAD, 1 + SPEED_SPREAD, len(arcs))
    return _connected(corner_m, arcs, metres / speeds, metres)


def _connected(corner_m: FloatArray, arcs: IntArray, travel_s: FloatArray, length_m: FloatArray) -> City:
    """Return the largest part in which every corner is reached from every other."""
    count = len(corner_m)
    graph = csr_array((travel_s, (arcs[:, 0], arcs[:, 1])), shape=(count, count))
    _, label = connected_components(graph, connection="strong")
    keep = label == np.bincount(label).argmax()
    number = np.cumsum(keep) - 1
    inside = keep[arcs[:, 0]] & keep[arcs[:, 1]]
    return City(
        corner_m[keep],
        number[arcs[inside, 0]].astype(np.int64),
        number[arcs[inside, 1]].astype(np.int64),
        travel_s[inside],
        length_m[inside],
    )
