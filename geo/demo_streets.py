"""The roads of a generated city: motorway, radial and ring roads, roads between towns, a mesh of streets.

Called by the demo region. Never places stations or zones.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, KDTree

from geo.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from geo.demo_land import CENTRE_EN, EAST_STRETCH, Land, wave
from geo.road_network import SPEED_CLASSES, RoadNetwork, fastest_graph

MOTORWAY, PRIMARY, SECONDARY, LOCAL = range(len(SPEED_CLASSES))
# Blue-light speeds with the traffic of the day, km/h; the centre is slower by up to CENTRE_SLOWER.
CLASS_KMH = np.array([90.0, 47.0, 39.0, 26.0])
CENTRE_SLOWER = 0.28
MAIN_STEP_M = 170.0
# A quarter of links that are not needed to hold the mesh together is left out: cul-de-sacs and long blocks.
LINKS_LEFT_OUT = 0.2
ONE_WAY_SHARE = 0.16
MIN_STREET_S = 0.5
# Radial roads of a city of this radius; a smaller one has fewer.
SPOKES = 16
SPOKES_RADIUS_M = 21_500.0


def make_streets(land: Land, nodes: int, rng: np.random.Generator) -> RoadNetwork:
    """Draw the roads: about `nodes` nodes, all reachable from each other."""
    main_en, main_edges, main_class = _main_roads(land, rng)
    # A small city is mostly main road by count; a third of it is streets all the same.
    local_en = _street_corners(land, max(nodes - len(main_en), nodes // 3), main_en, rng)
    en = np.concatenate([main_en, local_en])
    links = _street_links(en, main_en, main_edges, main_class, land, rng)
    edges = np.concatenate([main_edges, links])
    classes = np.concatenate([main_class, np.full(len(links), LOCAL)])
    return _network(land, en, edges, classes, rng)


def _network(
    land: Land, en: FloatArray, edges: IntArray, classes: IntArray, rng: np.random.Generator
) -> RoadNetwork:
    """Turn edges into arcs with times, some streets of the centre one-way, and keep the connected part."""
    length_m = np.hypot(*(en[edges[:, 0]] - en[edges[:, 1]]).T)
    middle = (en[edges[:, 0]] + en[edges[:, 1]]) / 2
    centre = land.centre_share(middle)
    slower = np.where(classes == MOTORWAY, 0.0, CENTRE_SLOWER * centre)
    travel_s = length_m / (CLASS_KMH[classes] / 3.6 * (1 - slower))
    travel_s = np.maximum(travel_s, MIN_STREET_S).astype(np.float32).astype(np.float64)
    one_way = (classes == LOCAL) & (rng.random(len(edges)) < ONE_WAY_SHARE * centre)
    back = ~one_way
    tail = np.concatenate([edges[:, 0], edges[back, 1]])
    head = np.concatenate([edges[:, 1], edges[back, 0]])
    time = np.concatenate([travel_s, travel_s[back]])
    kind = np.concatenate([classes, classes[back]])
    _, label = connected_components(fastest_graph(len(en), tail, head, time), connection="strong")
    keep = label == np.bincount(label).argmax()
    number = np.cumsum(keep) - 1
    arcs = keep[tail] & keep[head]
    return RoadNetwork(en[keep], number[tail[arcs]], number[head[arcs]], time[arcs], kind[arcs])


def _main_roads(land: Land, rng: np.random.Generator) -> tuple[FloatArray, IntArray, IntArray]:
    """Return nodes, edges and speed classes of everything above a street."""
    lines = _rings_and_spokes(land, rng)
    lines += [(SECONDARY, line) for line in _town_roads(land, rng)]
    drawn = np.array([shapely.LineString(line) for _, line in lines], dtype=object)
    kinds = np.array([kind for kind, _ in lines])
    whole = shapely.union_all(shapely.intersection(drawn, land.outline.buffer(-60)))
    pieces = shapely.segmentize(shapely.get_parts(whole), MAIN_STEP_M)
    pieces = pieces[shapely.length(pieces) > 1.0]
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    away = np.stack(
        [shapely.distance(middle, shapely.MultiLineString(list(drawn[kinds == k]))) for k in range(LOCAL)]
    )
    piece_class = np.argmax(away < 0.5, axis=0)
    xy, piece = shapely.get_coordinates(pieces, return_index=True)
    en, node = np.unique(np.round(xy, 1), axis=0, return_inverse=True)
    same = piece[1:] == piece[:-1]
    edges = np.column_stack([node.ravel()[:-1][same], node.ravel()[1:][same]])
    classes = piece_class[piece[1:][same]]
    real = edges[:, 0] != edges[:, 1]
    return en, edges[real].astype(np.int64), classes[real].astype(np.int64)


def _ring(land: Land, share: float, rough: float, rng: np.random.Generator) -> FloatArray:
    """Return a closed line round the centre at this share of the outline's reach, smoother than it."""
    turn = np.linspace(0, 2 * math.pi, 361)
    reach = np.full(len(turn), share)
    for k in range(1, 9):
        reach += rough * share / k * rng.normal() * np.cos(k * turn + rng.uniform(0, 6.28))
    reach = np.clip(reach, 0.6 * share, 1.25 * share) * land.radius_m
    ring = np.column_stack([reach * EAST_STRETCH * np.cos(turn), reach / EAST_STRETCH * np.sin(turn)])
    return ring + CENTRE_EN


def _spoke(
    land: Land, turn: float, inner: float, outer: float, bend: float, rng: np.random.Generator
) -> FloatArray:
    """Return a line away from the centre, swaying by `bend` radians at most or so."""
    count = 90
    reach = np.linspace(inner, outer, count) * land.radius_m
    angle = turn + wave(count, 7, bend, rng)
    line = np.column_stack([reach * EAST_STRETCH * np.cos(angle), reach / EAST_STRETCH * np.sin(angle)])
    return line + CENTRE_EN


def _rings_and_spokes(land: Land, rng: np.random.Generator) -> list[tuple[int, FloatArray]]:
    """Return the orbital motorway and its spurs, and the primary rings and radial roads."""
    rings = [_ring(land, share, rough, rng) for share, rough in ((0.07, 0.1), (0.24, 0.1), (0.5, 0.07))]
    lines = [(MOTORWAY, _ring(land, 0.8, 0.05, rng))]
    lines += [(PRIMARY, ring) for ring in rings]
    spokes = int(np.clip(round(SPOKES * math.sqrt(land.radius_m / SPOKES_RADIUS_M)), 6, SPOKES))
    spurs = max(spokes // 3, 2)
    for count, kind, inner, bend in ((spurs, MOTORWAY, (2, 2), 0.05), (spokes, PRIMARY, (0, 1), 0.09)):
        turns = rng.uniform(0, 6.28) + np.linspace(0, 2 * math.pi, count, endpoint=False)
        for at, turn in enumerate(turns + rng.normal(0, 0.09, count)):
            spoke = shapely.LineString(_spoke(land, turn, 0.02, 1.5, bend, rng))
            # It ends at a ring: every other primary at the inner one.
            rest = shapely.difference(spoke, shapely.Polygon(rings[inner[at % 2]]).buffer(0))
            lines.append((kind, shapely.get_coordinates(max(shapely.get_parts(rest), key=shapely.length))))
    return lines


def _town_roads(land: Land, rng: np.random.Generator) -> list[FloatArray]:
    """Return roads between neighbouring towns, and the bridges near the centre."""
    towns = np.concatenate([land.town_en, np.array([CENTRE_EN])])
    lines = []
    for a, b in _neighbours(towns):
        gap = towns[b] - towns[a]
        length = float(np.hypot(*gap))
        straight = towns[a] + np.linspace(0, 1, 40)[:, None] * gap
        aside = np.array([-gap[1], gap[0]]) / length
        line = straight + wave(40, 6, 0.05 * length, rng)[:, None] * aside
        crosses = shapely.intersects(shapely.LineString(line), land.river)
        if not crosses or rng.random() < 0.3:
            lines.append(line)
    easts = np.linspace(-0.42, 0.42, 9) + rng.normal(0, 0.012, 9)
    return lines + [_bridge(land, east, rng) for east in easts]


def _bridge(land: Land, east: float, rng: np.random.Generator) -> FloatArray:
    """Return a road across the river near the centre, square to it."""
    at = int(np.abs(land.river_line[:, 0] - CENTRE_EN[0] - east * land.radius_m).argmin())
    flow = land.river_line[min(at + 4, len(land.river_line) - 1)] - land.river_line[max(at - 4, 0)]
    square = np.array([-flow[1], flow[0]]) / np.hypot(*flow)
    reach = rng.uniform(0.07, 0.12, 2) * land.radius_m
    along = np.linspace(-reach[0], reach[1], 24)[:, None] * square
    aside = np.array([-square[1], square[0]])
    return np.asarray(
        land.river_line[at] + along + wave(24, 4, 0.1 * float(reach.sum()), rng)[:, None] * aside
    )


def _neighbours(places: FloatArray) -> IntArray:
    """Return the (m, 2) links of the Delaunay mesh that are not the longest of any triangle."""
    corners = Delaunay(places).simplices
    sides = np.sort(np.stack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]], axis=1), axis=2)
    length = np.hypot(*np.moveaxis(places[sides[..., 0]] - places[sides[..., 1]], -1, 0))
    longest = np.zeros(length.shape, dtype=bool)
    longest[np.arange(len(corners)), length.argmax(axis=1)] = True
    flat = sides.reshape(-1, 2)
    links, owner = np.unique(flat, axis=0, return_inverse=True)
    is_longest = np.bincount(owner.ravel(), weights=longest.ravel(), minlength=len(links)) > 0
    return np.asarray(links[~is_longest], dtype=np.int64)


def _street_corners(land: Land, count: int, main_en: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return corners of small rotated grids, one for each neighbourhood, closer where people live."""
    hoods = land.spread(max(count // 75, 8), 1.1, rng)
    density = land.density(hoods) ** 0.5
    # Streets a block apart; scaled so that the grids give about `count` corners.
    _, owner = KDTree(hoods).query(land.scatter(60_000, 0.0, rng))
    area_m2 = sum(bank.area for bank in land.banks) * np.bincount(owner, minlength=len(hoods)) / 60_000
    step_m = np.sqrt((area_m2 * density).sum() / max(count, 1) / density)
    west_slant = rng.uniform(0, math.pi / 2, len(hoods))
    tree = KDTree(hoods)
    found = []
    for at, hood in enumerate(hoods):
        reach = 2.2 * math.sqrt(max(area_m2[at], 1.0))
        long_m, short_m = step_m[at] * 1.22, step_m[at] / 1.22
        a = np.arange(-math.ceil(reach / long_m), math.ceil(reach / long_m) + 1) * long_m
        b = np.arange(-math.ceil(reach / short_m), math.ceil(reach / short_m) + 1) * short_m
        grid = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)
        grid += rng.normal(0, 0.1 * step_m[at], grid.shape)
        # Bent a little, as old lanes are.
        grid[:, 1] += 0.25 * step_m[at] * np.sin(grid[:, 0] / (3.1 * step_m[at]))
        cos, sin = math.cos(west_slant[at]), math.sin(west_slant[at])
        grid = grid @ np.array([[cos, sin], [-sin, cos]]) + hood
        _, nearest = tree.query(grid)
        found.append(grid[nearest == at])
    corners = np.concatenate(found)
    corners = corners[land.bank_of(corners) >= 0]
    _, hood_of = tree.query(corners)
    apart = KDTree(main_en).query(corners)[0]
    corners = corners[apart > 0.5 * step_m[hood_of]]
    return _thin(corners, 0.45 * float(np.median(step_m)))


def _thin(places: FloatArray, apart_m: float) -> FloatArray:
    """Drop the later of any two places nearer than `apart_m`."""
    pairs = KDTree(places).query_pairs(apart_m, output_type="ndarray")
    keep = np.ones(len(places), dtype=bool)
    keep[pairs.max(axis=1)] = False
    return places[keep]


def _street_links(
    en: FloatArray,
    main_en: FloatArray,
    main_edges: IntArray,
    main_class: IntArray,
    land: Land,
    rng: np.random.Generator,
) -> IntArray:
    """Return links between corners, and from corners to main roads other than motorways."""
    on_motorway = np.zeros(len(en), dtype=bool)
    on_motorway[main_edges[main_class == MOTORWAY].ravel()] = True
    on_other = np.zeros(len(en), dtype=bool)
    on_other[main_edges[main_class != MOTORWAY].ravel()] = True
    usable = np.flatnonzero(~on_motorway | on_other)
    links = usable[_neighbours(en[usable])]
    links = links[(links >= len(main_en)).any(axis=1)]
    links = links[~_blocked(en, links, main_edges[main_class != MOTORWAY], land)]
    return links[_kept(len(en), en, links, main_edges, rng)]


def _blocked(en: FloatArray, links: IntArray, walls: IntArray, land: Land) -> BoolArray:
    """Tell which links leave the land or run over a main road without a junction, or are too long."""
    lines: GeometryArray = shapely.linestrings(en[links])
    ground = shapely.MultiPolygon(land.banks)
    shapely.prepare(ground)
    blocked = ~np.asarray(shapely.covers(ground, lines))
    tree = shapely.STRtree(shapely.linestrings(en[walls]))
    crossing, _ = tree.query(lines, predicate="crosses")
    blocked[crossing] = True
    length_m = shapely.length(lines)
    result: BoolArray = blocked | (length_m > 6 * np.median(length_m))
    return result


def _kept(
    nodes: int, en: FloatArray, links: IntArray, main_edges: IntArray, rng: np.random.Generator
) -> BoolArray:
    """Tell which links stay: all that hold the mesh together, and most of the others."""
    both = np.concatenate([links, main_edges])
    length_m = np.hypot(*(en[both[:, 0]] - en[both[:, 1]]).T) + 0.01
    needed = minimum_spanning_tree(fastest_graph(nodes, both[:, 0], both[:, 1], length_m)).tocoo()
    row, col = np.minimum(needed.row, needed.col), np.maximum(needed.row, needed.col)
    keys = row.astype(np.int64) * nodes + col
    needed_link = np.isin(links.min(axis=1) * nodes + links.max(axis=1), keys)
    return np.asarray(needed_link | (rng.random(len(links)) > LINKS_LEFT_OUT))
