"""Travel times and routes on a road network, by Dijkstra's algorithm of scipy's csgraph.

Called by the builders, the region pack and the services that draw routes. Never reads map files: `osm` and
the demo city hand it arrays.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

from geo.arrays import Float32Array, FloatArray, IntArray, checked_floats, checked_indices
from geo.travel_time import Route, as_places, check_cutoff, same_places

SPEED_CLASSES = ("motorway", "primary", "secondary", "local")
# From a place to the nearest road node an appliance creeps through yards and drives: 15 km/h.
SNAP_SPEED_MPS = 15 / 3.6
# Sources solved at a time: 16 × 350,000 nodes × 8 bytes is 45 MB.
SOURCES_AT_ONCE = 16
# Trees of routes kept, those used last: at 8 bytes a node, 146 of the generated city (57,000 nodes) or 32 of
# Porto (259,000 nodes).
MAX_TREES_BYTES = 64 << 20
# No street takes a day. Without an end to it times could overflow, and then a place would be without a way.
MAX_ARC_S = 86_400.0
# A time below this is a rounding of zero, and scipy would take an arc of 0 s for no arc at all.
MIN_ARC_S = 1e-3


class _Tree(NamedTuple):
    """Shortest ways from one node: seconds to each node, and the node before it (-9999: none)."""

    travel_s: Float32Array
    before: npt.NDArray[np.int32]


@dataclass(slots=True)
class _Lazy:
    """What is derived once from the arcs; building it twice at the same time is harmless."""

    graph: csr_array | None = None
    main_nodes: IntArray | None = None
    main_tree: KDTree | None = None
    trees: OrderedDict[int, _Tree] = field(default_factory=OrderedDict)


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """A directed road network.

    Attributes
    ----------
    node_en
        (N, 2) metres of the region's CRS.
    tail, head
        (M,) node of each arc's start and end; a two-way street is two arcs. Parallel arcs are allowed: the
        fastest counts.
    travel_s
        (M,) seconds along each arc, from MIN_ARC_S to MAX_ARC_S.
    speed_class
        (M,) index into SPEED_CLASSES.
    """

    node_en: FloatArray
    tail: IntArray
    head: IntArray
    travel_s: FloatArray
    speed_class: IntArray
    _lazy: _Lazy = field(default_factory=_Lazy, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check shapes and ranges; ValueError names the field and the bad value."""
        nodes, arcs = len(self.node_en), len(self.tail)
        if nodes < 2 or arcs < 1:
            raise ValueError(f"roads: {nodes} nodes and {arcs} arcs; there must be at least 2 and 1")
        put = object.__setattr__
        put(self, "node_en", checked_floats("roads.node_en", self.node_en, (nodes, 2)))
        put(self, "tail", checked_indices("roads.tail", self.tail, (arcs,), nodes))
        put(self, "head", checked_indices("roads.head", self.head, (arcs,), nodes))
        put(
            self, "travel_s", checked_floats("roads.travel_s", self.travel_s, (arcs,), (MIN_ARC_S, MAX_ARC_S))
        )
        put(
            self,
            "speed_class",
            checked_indices("roads.speed_class", self.speed_class, (arcs,), len(SPEED_CLASSES)),
        )

    def graph(self) -> csr_array:
        """Return the (N, N) matrix of seconds in which the fastest of parallel arcs stands."""
        if self._lazy.graph is None:
            self._lazy.graph = fastest_graph(len(self.node_en), self.tail, self.head, self.travel_s)
        return self._lazy.graph

    def main_nodes(self) -> IntArray:
        """Return the nodes of the largest strongly connected part: from each, each can be reached."""
        if self._lazy.main_nodes is None:
            _, label = connected_components(self.graph(), directed=True, connection="strong")
            largest = np.bincount(label).argmax()
            self._lazy.main_nodes = np.flatnonzero(label == largest).astype(np.int64)
        return self._lazy.main_nodes

    def snap(self, en: npt.ArrayLike) -> tuple[IntArray, FloatArray]:
        """Return, for places (n, 2), the nearest main node (n,) and the distance to it in metres (n,)."""
        places = as_places("en", en)
        if self._lazy.main_tree is None:
            self._lazy.main_tree = KDTree(self.node_en[self.main_nodes()])
        dist_m, nearest = self._lazy.main_tree.query(places)
        return self.main_nodes()[nearest], np.asarray(dist_m, dtype=np.float64)

    def matrix(
        self, origins_en: npt.ArrayLike, destinations_en: npt.ArrayLike, cutoff_s: float = math.inf
    ) -> Float32Array:
        """Return seconds of driving from each origin to each destination.

        Parameters
        ----------
        origins_en, destinations_en
            (n, 2) and (m, 2) metres of the region's CRS.
        cutoff_s
            Times above it become inf; the search ends there.

        Returns
        -------
            (n, m) float32. Snapping to the road is part of the time, at SNAP_SPEED_MPS. From a place to
            itself it takes 0 s. Every place is snapped to the part in which everything can be reached, so
            that a time is infinite only past the cut-off.

        Raises
        ------
        ValueError
            Where places are not finite or the cut-off is negative.
        """
        check_cutoff(cutoff_s)
        origins = as_places("origins_en", origins_en)
        destinations = as_places("destinations_en", destinations_en)
        origin, origin_m = self.snap(origins)
        destination, destination_m = self.snap(destinations)
        sources, source_of = np.unique(origin, return_inverse=True)
        targets, target_of = np.unique(destination, return_inverse=True)
        if len(sources) <= len(targets):
            between = self._between(self.graph(), sources, targets, cutoff_s)
        else:  # fewer searches: from the destinations, against the arcs
            between = self._between(self.graph().T.tocsr(), targets, sources, cutoff_s).T
        snap_m = origin_m[:, None] + destination_m[None, :]
        times = between[np.ix_(source_of, target_of)] + snap_m / SNAP_SPEED_MPS
        times[same_places(origins, destinations)] = 0.0
        times[times > cutoff_s] = np.inf
        return np.ascontiguousarray(times, dtype=np.float32)

    def route(self, origin_en: npt.ArrayLike, destination_en: npt.ArrayLike) -> Route:
        """Return the fastest way by road, from place (2,) to place (2,), both ends included.

        There always is one: both ends are snapped to the part in which everything can be reached. The trees
        of ways from the origins used last are kept, up to MAX_TREES_BYTES, so that further routes from the
        same station take microseconds.
        """
        ends = np.concatenate(
            [as_places("origin_en", origin_en), as_places("destination_en", destination_en)]
        )
        if np.array_equal(ends[0], ends[1]):
            return Route(ends, 0.0, 0.0)
        nodes, snap_m = self.snap(ends)
        tree = self._tree(int(nodes[0]))
        path = [int(nodes[1])]
        while path[-1] != nodes[0]:  # main nodes reach each other: this always ends at the origin
            path.append(int(tree.before[path[-1]]))
        en = np.concatenate([ends[:1], self.node_en[path[::-1]], ends[1:]])
        dist_m = float(np.hypot(*np.diff(en, axis=0).T).sum())
        return Route(en, float(tree.travel_s[nodes[1]] + snap_m.sum() / SNAP_SPEED_MPS), dist_m)

    def _between(
        self, graph: csr_array, sources: IntArray, targets: IntArray, cutoff_s: float
    ) -> Float32Array:
        times = np.empty((len(sources), len(targets)), dtype=np.float32)
        for start in range(0, len(sources), SOURCES_AT_ONCE):
            chunk = sources[start : start + SOURCES_AT_ONCE]
            times[start : start + len(chunk)] = dijkstra(graph, indices=chunk, limit=cutoff_s)[:, targets]
        return times

    def _tree(self, node: int) -> _Tree:
        trees = self._lazy.trees
        # Taken out and put back as the last: one call each, so that two threads cannot trip each other.
        tree = trees.pop(node, None)
        if tree is None:
            times, before = dijkstra(self.graph(), indices=np.array(node), return_predecessors=True)
            tree = _Tree(times.astype(np.float32), before.astype(np.int32))
        trees[node] = tree
        room = max(1, MAX_TREES_BYTES // (tree.travel_s.nbytes + tree.before.nbytes))
        while len(trees) > room:
            trees.popitem(last=False)
        return tree


def fastest_graph(nodes: int, tail: IntArray, head: IntArray, travel_s: FloatArray) -> csr_array:
    """Build the (nodes, nodes) sparse matrix of arcs, keeping the fastest of parallel arcs.

    A sparse matrix built from coordinates would *sum* them: two lanes of 10 s would become one of 20 s.
    """
    order = np.lexsort((travel_s, head, tail))
    tail, head, travel_s = tail[order], head[order], travel_s[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    # A loop from a node to itself never helps.
    first &= tail != head
    tail, head, travel_s = tail[first], head[first], travel_s[first]
    start = np.searchsorted(tail, np.arange(nodes + 1)).astype(np.int32)
    return csr_array((travel_s, head.astype(np.int32), start), shape=(nodes, nodes))
