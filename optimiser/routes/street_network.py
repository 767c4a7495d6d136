"""The streets where households are collected: segments between junctions, and how each is collected.

Called by the builders of rounds from streets. Never knows households, and never chooses a route.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from geo.road_network import SPEED_CLASSES, RoadNetwork
from geo.street_sides import StreetLines
from optimiser.routes.arrays import BoolArray, FloatArray, IntArray, RouteInputError

# Shorter links are joints of the map, not streets; and a line's legs have a length.
MIN_LINK_M = 0.01
NO_NODE = -1
MOTORWAY, LOCAL = SPEED_CLASSES.index("motorway"), SPEED_CLASSES.index("local")


class Collect(IntEnum):
    """How a street is collected."""

    NOT = 0
    """Nobody is collected from it: a motorway."""
    BOTH_SIDES = 1
    """Narrow and quiet: one pass for both sides."""
    EACH_SIDE = 2
    """A pass for each side, in either direction where traffic goes both ways."""
    NEAR_SIDE = 3
    """A pass for each side, with the traffic of that side: nobody crosses the road. On a one-way street both
    sides are near the same direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """G street segments, each from a start node to an end node of the road network.

    Parameters
    ----------
    ids
        Names, G of them, each once.
    lines
        Their middle lines, from start to end.
    node
        Node of the road network at each of the lines' points, (P,); `NO_NODE` (-1) for a point between nodes.
        A line begins and ends at nodes.
    one_way
        Whether it may only be driven from start to end, (G,).
    collect
        How it is collected, a `Collect`, (G,).
    no_reversing
        Whether only vehicles that turn without reversing may serve it, (G,): a dead end, say.
    speed_mps
        Driving along it, (G,), above 0.
    ban_from_s, ban_until_s
        No collection within these, (G, B), school times, say; unused ones (inf, inf).

    Raises
    ------
    RouteInputError
        Naming the field, the value and what would be right.
    """

    ids: tuple[str, ...]
    lines: StreetLines
    node: IntArray
    one_way: BoolArray
    collect: IntArray
    no_reversing: BoolArray
    speed_mps: FloatArray
    ban_from_s: FloatArray
    ban_until_s: FloatArray

    def __post_init__(self) -> None:
        """Check lengths and ranges. The stops' bans are checked by the problem."""
        count = len(self.ids)
        if len(set(self.ids)) != count:
            raise RouteInputError("streets.ids", "an id twice", "each id once")
        if len(self.lines) != count:
            raise RouteInputError("streets.lines", len(self.lines), f"{count} lines, one for each id")
        for name in ("one_way", "collect", "no_reversing", "speed_mps"):
            if getattr(self, name).shape != (count,):
                raise RouteInputError(f"streets.{name}", getattr(self, name).shape, f"shape ({count},)")
        if self.ban_from_s.shape != self.ban_until_s.shape or len(self.ban_from_s) != count:
            raise RouteInputError(
                "streets.ban_from_s", self.ban_from_s.shape, f"({count}, B), as ban_until_s has"
            )
        slow = ~(np.isfinite(self.speed_mps) & (self.speed_mps > 0))
        if slow.any():
            raise RouteInputError("streets.speed_mps", self.speed_mps[slow][0], "a finite number above 0")
        unknown = ~np.isin(self.collect, list(Collect))
        if unknown.any():
            raise RouteInputError("streets.collect", self.collect[unknown][0], "a Collect, 0 to 3")
        if self.node.shape != (len(self.lines.point_en),):
            raise RouteInputError(
                "streets.node", self.node.shape, f"shape ({len(self.lines.point_en)},), one for each point"
            )
        ends = np.concatenate([self.start, self.end])
        if (ends < 0).any():
            raise RouteInputError("streets.node", ends[ends < 0][0], "a node at both ends of each line")

    def __len__(self) -> int:
        """Return how many segments there are."""
        return len(self.ids)

    @property
    def start(self) -> IntArray:
        """Node where each line begins, (G,)."""
        return np.asarray(self.node[self.lines.first[:-1]])

    @property
    def end(self) -> IntArray:
        """Node where each line ends, (G,)."""
        return np.asarray(self.node[self.lines.first[1:] - 1])


def streets_from_roads(roads: RoadNetwork) -> Streets:
    """Cut a road network into segments from junction to junction.

    A node where just two links meet, of one class and the same traffic rule, is no junction but a bend.
    Which streets are quiet and which are main roads is told from their class only: local ones are collected
    side by side, larger ones with the traffic, motorways not at all. Dead ends of local streets are quiet:
    collected in one pass, and only by vehicles that need not reverse. Whoever knows better changes the
    result with `dataclasses.replace`.

    Parameters
    ----------
    roads
        Only its main part, in which every place can be reached from every other, is used.
    """
    links = _links(roads)
    chains = _chains(links, len(roads.node_en))
    paths = [path for path, _ in chains]
    first_link = np.array([over[0] for _, over in chains], dtype=np.int64)
    kind = links.speed_class[first_link]
    degree = np.bincount(links.ends.ravel(), minlength=len(roads.node_en))
    at_ends = np.array([(path[0], path[-1]) for path in paths], dtype=np.int64).reshape(-1, 2)
    dead_end = (kind == LOCAL) & (degree[at_ends] == 1).any(axis=1)
    collect = np.where(kind == LOCAL, Collect.EACH_SIDE, Collect.NEAR_SIDE)
    collect[kind == MOTORWAY] = Collect.NOT
    collect[dead_end] = Collect.BOTH_SIDES
    count = len(chains)
    node = np.concatenate([np.array(path) for path in paths])
    lines = StreetLines(roads.node_en[node], np.cumsum([0] + [len(path) for path in paths]))
    drive_s = np.array([links.travel_s[over].sum() for _, over in chains])
    return Streets(
        ids=tuple(f"S{number + 1:05d}" for number in range(count)),
        lines=lines,
        node=node,
        one_way=links.one_way[first_link],
        collect=collect.astype(np.int64),
        no_reversing=dead_end,
        speed_mps=lines.length_m() / drive_s,
        ban_from_s=np.full((count, 1), np.inf),
        ban_until_s=np.full((count, 1), np.inf),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """What joins two nodes: (m, 2) ends, for a one-way link in its direction; seconds; class; one-way."""

    ends: IntArray
    travel_s: FloatArray
    speed_class: IntArray
    one_way: BoolArray


def _links(roads: RoadNetwork) -> _Links:
    """Take one link for all arcs between two main nodes; of parallel arcs the fastest stands."""
    main = np.zeros(len(roads.node_en), dtype=bool)
    main[roads.main_nodes()] = True
    length_m = np.hypot(*(roads.node_en[roads.tail] - roads.node_en[roads.head]).T)
    # Two nodes at one place are joined by no street on which anybody lives.
    used = np.flatnonzero(main[roads.tail] & main[roads.head] & (length_m >= MIN_LINK_M))
    low, high = np.minimum(roads.tail, roads.head)[used], np.maximum(roads.tail, roads.head)[used]
    order = np.lexsort((roads.travel_s[used], high, low))
    used, low, high = used[order], low[order], high[order]
    new = np.ones(len(used), dtype=bool)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    group = np.cumsum(new) - 1
    upward = roads.tail[used] == low
    count = int(new.sum())
    ups = np.bincount(group, weights=upward, minlength=count)
    one_way = (ups == 0) | (ups == np.bincount(group, minlength=count))
    ends = np.column_stack([low[new], high[new]])
    ends[ups == 0] = ends[ups == 0][:, ::-1]
    fastest = used[new]
    return _Links(ends, roads.travel_s[fastest], roads.speed_class[fastest], one_way)


def _chains(links: _Links, nodes: int) -> list[tuple[list[int], list[int]]]:
    """Return nodes and links of each segment in order, for a one-way segment in its direction."""
    at_node: list[list[int]] = [[] for _ in range(nodes)]
    for link, (a, b) in enumerate(links.ends.tolist()):
        at_node[a].append(link)
        at_node[b].append(link)
    bends = [_is_bend(links, node, at_node[node]) for node in range(nodes)]
    seen = np.zeros(len(links.ends), dtype=bool)
    chains = []
    # From the junctions first; what is left then are rings without any.
    for junctions_only in (True, False):
        for link, (a, b) in enumerate(links.ends.tolist()):
            ends = [(a, b)] if links.one_way[link] else [(a, b), (b, a)]
            for tail, head in ends:
                if not seen[link] and not (junctions_only and bends[tail]):
                    chains.append(_follow(links, at_node, bends, seen, link, tail, head))
    return chains


def _is_bend(links: _Links, node: int, meeting: list[int]) -> bool:
    """Tell whether a node only bends a street: two like links, one into it and one out where one-way."""
    if len(meeting) != 2:
        return False
    a, b = meeting
    if links.speed_class[a] != links.speed_class[b] or links.one_way[a] != links.one_way[b]:
        return False
    return not links.one_way[a] or (links.ends[a, 0] == node) != (links.ends[b, 0] == node)


def _follow(
    links: _Links,
    at_node: list[list[int]],
    bends: list[bool],
    seen: BoolArray,
    link: int,
    tail: int,
    head: int,
) -> tuple[list[int], list[int]]:
    """Walk from `tail` over `link` until a junction or the walk's own beginning; marks links as seen."""
    seen[link] = True
    path, over = [tail, head], [link]
    while bends[path[-1]] and path[-1] != tail:
        here = path[-1]
        link = next(other for other in at_node[here] if other != link)
        if seen[link]:
            break
        seen[link] = True
        a, b = links.ends[link].tolist()
        path.append(b if a == here else a)
        over.append(link)
    return path, over
