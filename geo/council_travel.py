"""Fastest ways between all nodes of a council's roads, with and without some of its arcs.

Called by the council's builder, and by the council where streets are closed. Never knows a stop or a vehicle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from geo.arrays import BoolArray, Float32Array, FloatArray, IntArray
from geo.council_parts import CouncilRoads
from geo.road_network import SOURCES_AT_ONCE, fastest_graph

# Times are kept in float32: of an hour that is within 0.0003 s.
SAME_S = 0.01


class Ways(NamedTuple):
    """Seconds and metres of the fastest way from row to column, (N, N); inf where there is none."""

    travel_s: Float32Array
    dist_m: Float32Array


def all_ways(roads: CouncilRoads) -> Ways:
    """Find the fastest ways between all nodes."""
    count = len(roads.node_en)
    empty = np.zeros((count, count), dtype=np.float32)
    return _search(roads, np.ones(len(roads.tail), dtype=bool), np.arange(count), Ways(empty, empty.copy()))


def ways_without(roads: CouncilRoads, known: Ways, closed: BoolArray) -> Ways:
    """Find the fastest ways that use no closed arc.

    Only from nodes whose ways use one are ways looked for anew.

    Parameters
    ----------
    known
        The ways with all arcs.
    closed
        (A,) which arcs cannot be driven along.
    """
    affected = np.zeros(len(roads.node_en), dtype=bool)
    for arc in np.flatnonzero(closed):
        through = known.travel_s[:, roads.tail[arc]] + np.float32(roads.arc_s[arc])
        affected |= through <= known.travel_s[:, roads.head[arc]] + SAME_S
    fresh = Ways(known.travel_s.copy(), known.dist_m.copy())
    return _search(roads, ~closed, np.flatnonzero(affected), fresh)


def _search(roads: CouncilRoads, usable: BoolArray, sources: IntArray, ways: Ways) -> Ways:
    """Fill the rows of `sources`."""
    count = len(roads.node_en)
    arcs = np.flatnonzero(usable)
    graph = fastest_graph(count, roads.tail[arcs], roads.head[arcs], roads.arc_s[arcs])
    steps = _steps(roads, arcs)
    for start in range(0, len(sources), SOURCES_AT_ONCE):
        rows = sources[start : start + SOURCES_AT_ONCE]
        times, before = dijkstra(graph, indices=rows, return_predecessors=True)
        ways.travel_s[rows] = times
        ways.dist_m[rows] = _metres(times, before, steps)
    return ways


class _Steps(NamedTuple):
    """Metres from node to node, by the rising key tail * N + head; of several arcs, the fastest."""

    key: IntArray
    metres: FloatArray


def _steps(roads: CouncilRoads, arcs: IntArray) -> _Steps:
    order = arcs[np.lexsort((roads.arc_s[arcs], roads.head[arcs], roads.tail[arcs]))]
    key = roads.tail[order] * len(roads.node_en) + roads.head[order]
    first = np.diff(key, prepend=-1) != 0
    return _Steps(key[first], roads.arc_m[order][first])


def _metres(times: FloatArray, before: npt.NDArray[np.int32], steps: _Steps) -> Float32Array:
    """Add up metres along all ways at once; the stretch behind each node doubles until it is all of it."""
    rows, count = before.shape
    here = np.broadcast_to(np.arange(count), before.shape)
    has = before >= 0
    back = np.where(has, before, here)
    metres = np.zeros(before.shape)
    key = before[has].astype(np.int64) * count + here[has]
    metres[has] = steps.metres[np.searchsorted(steps.key, key)]
    row = np.arange(rows)[:, None]
    while True:
        beyond = back[row, back]
        if np.array_equal(beyond, back):
            break
        metres += metres[row, back]
        back = beyond
    metres[np.isinf(times)] = np.inf
    return metres.astype(np.float32)
