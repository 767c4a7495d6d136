"""The ground of a generated city: outline, river, town centres, and where people live.

Called by the demo region and its streets. Never draws roads or stations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import KDTree

from geo.arrays import FloatArray, GeometryArray, IntArray

# The middle of England, where a city this size could be.
CENTRE_EN = (428_000.0, 262_000.0)
OUTLINE_POINTS = 480
EAST_STRETCH = 1.16
TOWN_REACH_M = 1_300.0
TOWN_SPACING = 0.115  # of the radius
CLOUD_PER_POINT = 30
CLOUD_ROUNDS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """The ground: `banks` are the land north and south of the river; towns (T, 2), weights (T,)."""

    radius_m: float
    outline: shapely.Polygon
    river: shapely.Geometry
    river_line: FloatArray
    banks: tuple[shapely.Polygon, ...]
    town_en: FloatArray
    town_weight: FloatArray

    def centre_share(self, en: FloatArray) -> FloatArray:
        """Return (n,) from 1 in the very centre to 0 far out."""
        dist_m = np.hypot(*(en - CENTRE_EN).T)
        return np.asarray(np.exp(-np.square(dist_m / (0.24 * self.radius_m))))

    def density(self, en: FloatArray) -> FloatArray:
        """Return (n,) how densely people live, in no unit: about 1 in the centre, 0.05 at the edge."""
        dist = np.hypot(*(en - CENTRE_EN).T) / self.radius_m
        near, town = KDTree(self.town_en).query(en)
        bump = self.town_weight[town] * np.exp(-np.square(near / TOWN_REACH_M))
        return np.asarray(0.75 * np.exp(-dist / 0.34) + 0.16 * np.exp(-np.square(dist / 0.8)) + 0.02 + bump)

    def bank_of(self, en: FloatArray) -> IntArray:
        """Return (n,) the bank each place stands on, -1 in the river or outside."""
        found = np.full(len(en), -1, dtype=np.int64)
        for index, bank in enumerate(self.banks):
            found[shapely.contains_xy(bank, en[:, 0], en[:, 1])] = index
        return found

    def scatter(self, count: int, power: float, rng: np.random.Generator) -> FloatArray:
        """Return (count, 2) places on land, as likely as density ** power."""
        found: list[FloatArray] = []
        missing = count
        west, south, east, north = self.outline.bounds
        while missing > 0:
            tries = rng.uniform((west, south), (east, north), (missing * 4 + 64, 2))
            keep = rng.random(len(tries)) < np.minimum(self.density(tries), 1.2) ** power / 1.2**power
            tries = tries[keep]
            tries = tries[self.bank_of(tries) >= 0][:missing]
            found.append(tries)
            missing -= len(tries)
        return np.concatenate(found)

    def spread(self, count: int, power: float, rng: np.random.Generator) -> FloatArray:
        """Return (count, 2) evenly spread places (Lloyd's rounds on a cloud), closer where people live."""
        cloud = self.scatter(count * CLOUD_PER_POINT, power, rng)
        places = cloud[:count].copy()
        for _ in range(CLOUD_ROUNDS):
            _, owner = KDTree(places).query(cloud)
            mass = np.bincount(owner, minlength=count)
            for axis in (0, 1):
                total = np.bincount(owner, weights=cloud[:, axis], minlength=count)
                places[:, axis] = np.where(mass > 0, total / np.maximum(mass, 1), places[:, axis])
        return places


def make_land(radius_m: float, towns: int, rng: np.random.Generator) -> Land:
    """Draw outline and river and place the towns."""
    outline = _outline(radius_m, rng)
    line = _river_line(radius_m, rng)
    river = shapely.intersection(_river(line, radius_m), outline.buffer(10))
    parts = shapely.get_parts(shapely.difference(outline, river))
    banks = tuple(part for part in parts if part.area > 0.02 * outline.area)
    empty = np.empty((0, 2))
    land = Land(radius_m, outline, river, line, banks, np.array([CENTRE_EN]), np.zeros(1))
    town_en = empty
    for place in land.scatter(towns * 60, 0.35, rng):
        apart = TOWN_SPACING * radius_m
        if len(town_en) < towns and (not len(town_en) or np.hypot(*(town_en - place).T).min() > apart):
            town_en = np.concatenate([town_en, place[None]])
    weight = rng.uniform(0.10, 0.45, len(town_en))
    return Land(radius_m, outline, river, line, banks, town_en, weight)


def cells(places: FloatArray, land: Land) -> tuple[FloatArray, GeometryArray]:
    """Divide the land into one cell for each place: Voronoi cells of each bank's own places.

    Returns
    -------
        A point within each cell (the place itself, where it is on land) and the cells, both in the order of
        `places`; together the cells cover the banks without overlap.
    """
    bank = land.bank_of(places)
    # A place that the averaging pushed into the water goes to the nearer bank.
    for at in np.flatnonzero(bank < 0):
        bank[at] = int(np.argmin([shapely.distance(b, shapely.Point(places[at])) for b in land.banks]))
    polygons = np.empty(len(places), dtype=object)
    for index, ground in enumerate(land.banks):
        members = np.flatnonzero(bank == index)
        voronoi = shapely.voronoi_polygons(
            shapely.MultiPoint(places[members]), extend_to=land.outline, ordered=True
        )
        shapely.prepare(ground)
        polygons[members] = shapely.intersection(shapely.get_parts(voronoi), ground)
    inside = shapely.contains_xy(polygons, places[:, 0], places[:, 1])
    surface = shapely.get_coordinates(shapely.point_on_surface(polygons))
    return np.where(inside[:, None], places, surface), polygons


def wave(count: int, waves: int, amplitude: float, rng: np.random.Generator) -> FloatArray:
    """Return (count,) a smooth random wave that is 0 at both ends, for lines that should not be ruled."""
    along = np.linspace(0, 1, count)
    total = np.zeros(count)
    for k in range(1, waves + 1):
        total += rng.normal(0, 1 / k) * np.sin(math.pi * k * along)
    return total * amplitude


def _outline(radius_m: float, rng: np.random.Generator) -> shapely.Polygon:
    turn = np.linspace(0, 2 * math.pi, OUTLINE_POINTS, endpoint=False)
    reach = np.ones(OUTLINE_POINTS)
    for k in range(2, 90):
        reach += 0.15 / k**1.3 * rng.normal() * np.cos(k * turn + rng.uniform(0, 2 * math.pi))
    east = CENTRE_EN[0] + radius_m * EAST_STRETCH * reach * np.cos(turn)
    north = CENTRE_EN[1] + radius_m / EAST_STRETCH * reach * np.sin(turn)
    return shapely.Polygon(np.column_stack([east, north])).buffer(0)


def _river_line(radius_m: float, rng: np.random.Generator) -> FloatArray:
    """Return the river's middle line from west to east, passing just south of the centre."""
    east = np.linspace(-1.7, 1.7, 460)
    north = np.zeros(len(east))
    for length, height in ((1.5, 0.13), (0.62, 0.07), (0.3, 0.035), (0.15, 0.012)):
        north += height * rng.uniform(0.7, 1.2) * np.sin(2 * math.pi * east / length + rng.uniform(0, 6.28))
    north += -0.045 - np.interp(0.0, east, north)
    return np.column_stack([east, north]) * radius_m + CENTRE_EN


def _river(line: FloatArray, radius_m: float) -> shapely.Geometry:
    """Widen the line from a stream in the west to an estuary in the east."""
    along = np.linspace(-1.7, 1.7, len(line))
    half_m = np.clip(0.0055 * radius_m * np.exp(0.75 * along), 40, 900)
    steps = shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1))
    return shapely.union_all(shapely.buffer(steps, half_m[1:], quad_segs=6)).simplify(15)
