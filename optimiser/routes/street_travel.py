"""Times and distances between the ends of street stops, depots and tips, by road and with its one-ways.

Called by whoever builds a day's rounds from streets. Never groups households.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from geo.road_network import SNAP_SPEED_MPS, SOURCES_AT_ONCE, RoadNetwork
from geo.travel_time import as_places, same_places
from optimiser.routes.arrays import FloatArray, IntArray, RouteInputError
from optimiser.routes.street_locations import AT_NODE, StreetLocations
from optimiser.routes.street_network import NO_NODE, Streets

MAX_LOCATIONS = 6_000
"""Two matrices of so many take 576 MB."""


class StreetTravel(NamedTuple):
    """What a route problem needs of the roads.

    Attributes
    ----------
    travel_s, dist_m
        From row to column, (L + P, L + P): the L locations, then the P places.
    place
        Numbers of the places in these, (P,).
    """

    travel_s: FloatArray
    dist_m: FloatArray
    place: IntArray


class _Gates(NamedTuple):
    """Ways from locations to nodes (or from nodes to them): (L, 2) each, inf seconds where there is none."""

    node: IntArray
    travel_s: FloatArray
    dist_m: FloatArray


def street_travel(
    roads: RoadNetwork, streets: Streets, locations: StreetLocations, places_en: npt.ArrayLike
) -> StreetTravel:
    """Find the fastest ways between all locations and places, and how long they are.

    Parameters
    ----------
    roads
        The network the streets were made from.
    streets, locations
        As `street_stops` used and made them. A place within a segment is reached and left in the directions
        in which it is served; all nodes have to be in the roads' main part.
    places_en
        Depots and tips, (P, 2) metres of the region's CRS: each is joined to the nearest main node.

    Raises
    ------
    RouteInputError
        Where there are too many locations, or one cannot be reached.
    """
    places = as_places("places_en", np.asarray(places_en, dtype=np.float64).reshape(-1, 2))
    inside, total = len(locations.node), len(locations.node) + len(places)
    if total > MAX_LOCATIONS:
        raise RouteInputError("locations", total, f"at most {MAX_LOCATIONS}; plan fewer streets at a time")
    arrive, leave = _gates(roads, streets, locations, places)
    nodes, inverse = np.unique(np.concatenate([arrive.node, leave.node]), return_inverse=True)
    arrive_at, leave_at = np.split(inverse.reshape(-1, 2), 2)
    between_s, between_m = _between(roads, nodes)
    travel_s = np.full((total, total), np.inf)
    dist_m = np.full((total, total), np.inf)
    for a in range(2):
        for b in range(2):
            pairs = np.ix_(leave_at[:, a], arrive_at[:, b])
            found_s = leave.travel_s[:, a, None] + between_s[pairs] + arrive.travel_s[None, :, b]
            better = found_s < travel_s
            found_m = leave.dist_m[:, a, None] + between_m[pairs] + arrive.dist_m[None, :, b]
            travel_s[better], dist_m[better] = found_s[better], found_m[better]
    _within_segments(streets, locations, travel_s, dist_m)
    np.fill_diagonal(travel_s, 0.0)
    np.fill_diagonal(dist_m, 0.0)
    same = same_places(places, places)
    travel_s[inside:, inside:][same] = 0.0
    dist_m[inside:, inside:][same] = 0.0
    if not np.isfinite(travel_s).all():
        bad = np.argwhere(~np.isfinite(travel_s))[0]
        raise RouteInputError("locations", f"no way from {bad[0]} to {bad[1]}", "nodes of the main part")
    return StreetTravel(travel_s, dist_m, np.arange(inside, total))


def _gates(
    roads: RoadNetwork, streets: Streets, locations: StreetLocations, places: FloatArray
) -> tuple[_Gates, _Gates]:
    """Return the ways from nodes to all locations and places, and from them to nodes."""
    snapped, snap_m = roads.snap(places) if len(places) else (np.zeros(0, dtype=np.int64), np.zeros(0))
    count = len(locations.node)
    at_node = locations.node != AT_NODE
    ends, from_m, to_m = _neighbours(streets, locations)
    node = np.concatenate([ends, np.column_stack([snapped, snapped])])
    speed_mps = np.where(at_node, 1.0, streets.speed_mps[locations.segment])
    # Seen with the line, a place is reached from the node before it and left to the one behind.
    gates = []
    for by_start, by_end in (
        (locations.forward, locations.backward),
        (locations.backward, locations.forward),
    ):
        dist_m = np.full((count + len(places), 2), np.inf)
        dist_m[:count, 0] = np.where(at_node, 0.0, np.where(by_start, from_m, np.inf))
        dist_m[:count, 1] = np.where(at_node, np.inf, np.where(by_end, to_m, np.inf))
        dist_m[count:, 0] = snap_m
        travel_s = dist_m.copy()
        travel_s[:count] /= speed_mps[:, None]
        travel_s[count:] /= SNAP_SPEED_MPS
        gates.append(_Gates(node, travel_s, dist_m))
    return gates[0], gates[1]


def _neighbours(streets: Streets, locations: StreetLocations) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the nodes before and behind each location on its segment, (L, 2), and the metres to each, (L,).

    The nearest ones count, not the segment's ends: a depot may stand at a node where the street only bends.
    """
    to_point = streets.lines.along_m()
    ends = np.column_stack([locations.node, locations.node])
    from_m, to_m = np.zeros(len(ends)), np.zeros(len(ends))
    for at in np.flatnonzero(locations.node == AT_NODE):
        first, last = streets.lines.first[locations.segment[at] : locations.segment[at] + 2]
        points = np.arange(first, last)[streets.node[first:last] != NO_NODE]
        # An end is a node, and the place is within: there is a node on either side.
        behind = int(np.searchsorted(to_point[points], locations.along_m[at], side="right"))
        before, behind = points[behind - 1], points[behind]
        ends[at] = streets.node[[before, behind]]
        from_m[at] = locations.along_m[at] - to_point[before]
        to_m[at] = to_point[behind] - locations.along_m[at]
    return ends, from_m, to_m


def _between(roads: RoadNetwork, nodes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return seconds and metres of the fastest ways between nodes, (n, n)."""
    travel_s = np.empty((len(nodes), len(nodes)))
    dist_m = np.zeros((len(nodes), len(nodes)))
    graph = roads.graph()
    for start in range(0, len(nodes), SOURCES_AT_ONCE):
        sources = nodes[start : start + SOURCES_AT_ONCE]
        times, before = dijkstra(graph, indices=sources, return_predecessors=True)
        travel_s[start : start + len(sources)] = times[:, nodes]
        # Back along all ways at once, a node at a time, until each is where it began.
        row, column = np.nonzero(np.isfinite(times[:, nodes]) & (sources[:, None] != nodes[None, :]))
        here = nodes[column]
        while len(row):
            back = before[row, here]
            step_m = np.hypot(*(roads.node_en[back] - roads.node_en[here]).T)
            dist_m[start + row, column] += step_m
            going = back != sources[row]
            row, column, here = row[going], column[going], back[going]
    return travel_s, dist_m


def _within_segments(
    streets: Streets, locations: StreetLocations, travel_s: FloatArray, dist_m: FloatArray
) -> None:
    """Put in the ways between two places of one segment that do not leave it."""
    inside = np.flatnonzero(locations.segment >= 0)
    inside = inside[np.argsort(locations.segment[inside], kind="stable")]
    starts = np.flatnonzero(np.diff(locations.segment[inside], prepend=-2))
    for group in np.split(inside, starts[1:]):
        if not len(group):
            continue
        ahead_m = locations.along_m[group][None, :] - locations.along_m[group][:, None]
        forward = locations.forward[group][:, None] & locations.forward[group][None, :]
        backward = locations.backward[group][:, None] & locations.backward[group][None, :]
        possible = (forward & (ahead_m >= 0)) | (backward & (ahead_m <= 0))
        found_m = np.where(possible, np.abs(ahead_m), np.inf)
        found_s = found_m / streets.speed_mps[locations.segment[group[0]]]
        pairs = np.ix_(group, group)
        better = found_s < travel_s[pairs]
        travel_s[pairs] = np.where(better, found_s, travel_s[pairs])
        dist_m[pairs] = np.where(better, found_m, dist_m[pairs])
