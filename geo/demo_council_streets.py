"""The ground of a generated council: its part of a generated region's roads, drawn together to named streets.

Called by the demo council. Never places a house or a vehicle.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse.csgraph import connected_components

from geo.arrays import BoolArray, FloatArray, IntArray
from geo.council_parts import NO_STREET, CouncilRoads, CouncilStreets
from geo.demo_streets import LOCAL, MOTORWAY
from geo.region import Region
from geo.road_network import RoadNetwork, fastest_graph
from geo.street_names import street_names

# The region's times are those of fire engines on blue light; a collection vehicle takes half as long again:
# 31, 26 and 17 km/h on primary, secondary and other streets.
SLOWER = 1.5
# A street goes on over a crossing where it bends less than this, until it is so long.
MAX_BEND = math.radians(50)
LOCAL_STREET_M, MAIN_STREET_M = 600.0, 1_400.0
# Some sides of streets are lost where the ground is cut out of the region.
MARGIN = 1.04


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Roads between two crossings, no motorways: `tail`, `head` (B,) nodes along the street.

    `street` (B,) index, `one_way` (B,), `length_m` (B,), `speed_class` (B,). Blocks of a street stand one
    after the other, from its start to its end.
    """

    tail: IntArray
    head: IntArray
    one_way: BoolArray
    length_m: FloatArray
    speed_class: IntArray
    street: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class DemoGround:
    """What everything else of the council is put on."""

    name: str
    boundary: shapely.Geometry
    roads: CouncilRoads
    streets: CouncilStreets
    blocks: Blocks


def make_ground(region: Region, sides: int, seed: int) -> DemoGround:
    """Cut a ground with about so many sides of streets out of a region, and name its streets.

    It is one district, the smallest that has enough; else the largest, with the zones nearest to it.

    Raises
    ------
    ValueError
        Where the region has no roads.
    """
    roads = region.roads
    if roads is None:
        raise ValueError("region: it has no roads; a council is generated from those of a generated region")
    name, rank = _ranked_zones(region, roads, sides)
    zone = region.zones.locate(roads.node_en)
    node_rank = np.where(zone >= 0, rank[zone], len(rank))
    arc_rank = np.maximum(node_rank[roads.tail], node_rank[roads.head])
    once = _collected(roads.tail, roads.head, roads.speed_class)
    wanted = math.ceil(sides / 2 * MARGIN)
    ranks = np.sort(arc_rank[once & (arc_rank < len(rank))])
    last = ranks[min(wanted, len(ranks)) - 1]
    keep = np.flatnonzero(arc_rank <= last)
    tail, head = roads.tail[keep], roads.head[keep]
    _, part = connected_components(
        fastest_graph(len(roads.node_en), tail, head, roads.travel_s[keep]), connection="strong"
    )
    inside = part == np.bincount(part[np.unique(tail)]).argmax()
    keep = keep[inside[tail] & inside[head]]
    number = np.cumsum(inside) - 1
    node_en = roads.node_en[inside]
    tail, head = number[roads.tail[keep]], number[roads.head[keep]]
    blocks = _blocks(node_en, tail, head, roads.speed_class[keep])
    streets = _streets(node_en, blocks, seed)
    arc_street = _street_of_arcs(blocks, tail, head, len(node_en))
    length_m = np.hypot(*(node_en[tail] - node_en[head]).T)
    made = CouncilRoads(node_en, tail, head, roads.travel_s[keep] * SLOWER, length_m, arc_street)
    boundary = shapely.union_all(region.zones.polygons[rank <= last])
    return DemoGround(name, boundary, made, streets, blocks)


def _ranked_zones(region: Region, roads: RoadNetwork, sides: int) -> tuple[str, IntArray]:
    """Return the name of the district to begin with, and (Z,) the rank of each zone: its own first."""
    zones = region.zones
    zone = zones.locate(roads.node_en)
    district = np.where(zone >= 0, zones.district[zone], -1)
    once = _collected(roads.tail, roads.head, roads.speed_class)
    within = once & (district[roads.tail] == district[roads.head]) & (district[roads.tail] >= 0)
    counts = np.bincount(district[roads.tail[within]], minlength=len(region.districts))
    enough = np.flatnonzero(counts >= sides / 2 * MARGIN)
    chosen = int(enough[counts[enough].argmin()] if len(enough) else counts.argmax())
    middle = zones.en[zones.district == chosen].mean(axis=0)
    away_m = np.hypot(*(zones.en - middle).T)
    rank = np.empty(len(zones.ids), dtype=np.int64)
    rank[np.lexsort((away_m, zones.district != chosen))] = np.arange(len(rank))
    return region.districts[chosen], rank


def _collected(tail: IntArray, head: IntArray, speed_class: IntArray) -> BoolArray:
    """Tell which arcs stand for a road that has houses: one of each pair of arcs, no motorways."""
    key = np.sort(np.column_stack([tail, head]), axis=1)
    _, first = np.unique(key, axis=0, return_index=True)
    once = np.zeros(len(tail), dtype=bool)
    once[first] = True
    return np.asarray(once & (speed_class != MOTORWAY))


def _blocks(node_en: FloatArray, tail: IntArray, head: IntArray, speed_class: IntArray) -> Blocks:
    """Join blocks to streets: each goes on where it bends least."""
    once = np.flatnonzero(_collected(tail, head, speed_class))
    there = set(zip(tail.tolist(), head.tolist(), strict=True))
    one_way = np.array([(int(head[arc]), int(tail[arc])) not in there for arc in once], dtype=bool)
    chains = _Chains(node_en, tail[once], head[once], one_way, speed_class[once]).all()
    order = np.array([block for chain in chains for block, _ in chain], dtype=np.int64)
    turned = np.array([backward for chain in chains for _, backward in chain], dtype=bool)
    begin, end = tail[once][order], head[once][order]
    return Blocks(
        tail=np.where(turned, end, begin),
        head=np.where(turned, begin, end),
        one_way=one_way[order],
        length_m=np.hypot(*(node_en[begin] - node_en[end]).T),
        speed_class=speed_class[once][order],
        street=np.repeat(np.arange(len(chains)), [len(chain) for chain in chains]),
    )


class _Chains:
    """Draws blocks together: a chain is a list of (block, whether it is walked from head to tail)."""

    def __init__(
        self, node_en: FloatArray, tail: IntArray, head: IntArray, one_way: BoolArray, kind: IntArray
    ) -> None:
        """Keep the blocks, and which there are at each node."""
        self._ends = list(zip(tail.tolist(), head.tolist(), strict=True))
        self._one_way, self._kind = one_way.tolist(), kind.tolist()
        step = node_en[head] - node_en[tail]
        self._length_m = np.hypot(*step.T).tolist()
        self._angle = np.arctan2(step[:, 1], step[:, 0]).tolist()
        self._at: dict[int, list[int]] = defaultdict(list)
        for block, (a, b) in enumerate(self._ends):
            self._at[a].append(block)
            self._at[b].append(block)
        self._free = [True] * len(self._ends)

    def all(self) -> list[list[tuple[int, bool]]]:
        """Return all chains; main roads are drawn first, so that streets do not take their names."""
        order = sorted(range(len(self._ends)), key=lambda block: (self._kind[block] == LOCAL, block))
        return [self._chain(block) for block in order if self._free[block]]

    def _chain(self, block: int) -> list[tuple[int, bool]]:
        self._free[block] = False
        most_m = LOCAL_STREET_M if self._kind[block] == LOCAL else MAIN_STREET_M
        left_m = most_m - self._length_m[block]
        ahead, left_m = self._grown(block, False, left_m)
        behind, _ = self._grown(block, True, left_m)
        return [(at, not turned) for at, turned in reversed(behind)] + [(block, False), *ahead]

    def _grown(self, block: int, turned: bool, left_m: float) -> tuple[list[tuple[int, bool]], float]:
        """Go on from the block's end (its tail where turned) for as long as it may be."""
        found: list[tuple[int, bool]] = []
        against = turned
        while (step := self._next(block, turned, against)) is not None:
            left_m -= self._length_m[step[0]]
            if left_m < 0:
                break
            block, turned = step
            self._free[block] = False
            found.append(step)
        return found, left_m

    def _next(self, block: int, turned: bool, against: bool) -> tuple[int, bool] | None:
        node = self._ends[block][0 if turned else 1]
        heading = self._angle[block] + (math.pi if turned else 0.0)
        best: tuple[float, int, bool] | None = None
        for other in self._at[node]:
            alike = self._kind[other] == self._kind[block] and self._one_way[other] == self._one_way[block]
            if not (self._free[other] and alike):
                continue
            back = self._ends[other][1] == node
            # Seen from the street's start: a one-way street keeps its direction.
            if self._one_way[other] and back != against:
                continue
            bend = abs(math.remainder(self._angle[other] + (math.pi if back else 0.0) - heading, 2 * math.pi))
            if bend <= MAX_BEND and (best is None or (bend, other) < best[:2]):
                best = bend, other, back
        return None if best is None else best[1:]


def _streets(node_en: FloatArray, blocks: Blocks, seed: int) -> CouncilStreets:
    count = int(blocks.street[-1]) + 1
    begin = np.searchsorted(blocks.street, np.arange(count))
    end = np.append(begin[1:], len(blocks.street)) - 1
    lines = [node_en[[*blocks.tail[a : b + 1], blocks.head[b]]] for a, b in zip(begin, end, strict=True)]
    kind = blocks.speed_class[begin]
    is_local = kind == LOCAL
    main_names, local_names = street_names(int((~is_local).sum()), int(is_local.sum()), seed)
    names = np.empty(count, dtype=object)
    names[~is_local], names[is_local] = main_names, local_names
    return CouncilStreets(
        ids=tuple(f"ST{at + 1:04d}" for at in range(count)),
        names=tuple(names.tolist()),
        start=blocks.tail[begin],
        end=blocks.head[end],
        one_way=blocks.one_way[begin],
        line=np.concatenate(lines),
        first=np.cumsum([0, *(len(line) for line in lines)]),
        length_m=np.asarray(np.bincount(blocks.street, weights=blocks.length_m), dtype=np.float64),
        speed_class=kind,
    )


def _street_of_arcs(blocks: Blocks, tail: IntArray, head: IntArray, nodes: int) -> IntArray:
    """Return (A,) the street of each arc, whichever way it runs; -1 for motorways."""
    key = np.concatenate([blocks.tail * nodes + blocks.head, blocks.head * nodes + blocks.tail])
    street = np.concatenate([blocks.street, blocks.street])
    order = np.argsort(key, kind="stable")
    arc_key = tail * nodes + head
    at = np.minimum(np.searchsorted(key[order], arc_key), len(key) - 1)
    return np.where(key[order][at] == arc_key, street[order][at], NO_STREET)
