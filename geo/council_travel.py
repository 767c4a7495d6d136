"""Fastest ways between all nodes of a council's roads, with and without some of its arcs.

Called by the council's builder, and by the council where streets are closed. Never knows a stop or a vehicle.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from geo.arrays import BoolArray, Float32Array, FloatArray, IntArray
from geo.council_parts import CouncilRoads
from geo.road_network import SOURCES_AT_ONCE, fastest_graph

# Times are kept in float32: of an hour that is within 0.0003 s.
SAME_S = 0.01
# A column is searched for as a whole where it has so many marks: the best of these is taken.
COLUMN_MARKS = (1, 3, 10, 30, 100, 300)


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

    All ways from some nodes are looked for, and all ways to some others: few, and such that every pair whose
    way uses a closed arc is among them.

    Parameters
    ----------
    known
        The ways with all arcs.
    closed
        (A,) which arcs cannot be driven along.
    """
    affected = np.zeros(known.travel_s.shape, dtype=bool)
    for arc in np.flatnonzero(closed):
        _mark(affected, known.travel_s, int(roads.tail[arc]), int(roads.head[arc]), roads.arc_s[arc])
    rows, columns = _cover(affected)
    fresh = Ways(known.travel_s.copy(), known.dist_m.copy())
    _search(roads, ~closed, rows, fresh)
    backwards = replace(roads, tail=roads.head, head=roads.tail)
    _search(backwards, ~closed, columns, Ways(fresh.travel_s.T, fresh.dist_m.T))
    return fresh


def _cover(affected: BoolArray) -> tuple[IntArray, IntArray]:
    """Return few rows and columns that all marks are in: columns with many, and rows for what is left."""
    in_column = affected.sum(axis=0)
    best = np.flatnonzero(affected.any(axis=1)), np.flatnonzero(np.zeros(len(in_column)))
    for least in COLUMN_MARKS:
        columns = in_column >= least
        rows = (affected & ~columns).any(axis=1)
        if rows.sum() + columns.sum() < len(best[0]) + len(best[1]):
            best = np.flatnonzero(rows), np.flatnonzero(columns)
    return best


def _mark(affected: BoolArray, travel_s: Float32Array, tail: int, head: int, arc_s: float) -> None:
    """Mark the pairs (row to column) with a fastest way along this arc."""
    step_s = np.float32(arc_s)
    rows = np.flatnonzero(travel_s[:, tail] + step_s <= travel_s[:, head] + SAME_S)
    columns = np.flatnonzero(step_s + travel_s[head] <= travel_s[tail] + SAME_S)
    pairs = np.ix_(rows, columns)
    through_s = travel_s[rows, tail][:, None] + (step_s + travel_s[head, columns])[None, :]
    affected[pairs] |= through_s <= travel_s[pairs] + SAME_S


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
