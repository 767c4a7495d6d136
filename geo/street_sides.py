"""Which street a house belongs to, on which side of it, and how far along.

Called by the route engine when it makes rounds from streets. Never knows what is collected there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import BoolArray, FloatArray, GeometryArray, IntArray, checked_floats, read_only
from geo.travel_time import as_places

# Points of a line nearer than this are one and the same: no map is drawn finer, and the direction between
# them would be noise.
MIN_LEG_M = 1e-3
NO_STREET = -1


@dataclass(frozen=True, slots=True, eq=False)
class StreetLines:
    """The middle lines of G street segments, each drawn from its start to its end.

    Attributes
    ----------
    point_en
        (P, 2) points of all lines, one line after the other, metres of the region's CRS.
    first
        (G + 1,) where in `point_en` each line begins, and at last P.
    """

    point_en: FloatArray
    first: IntArray

    def __post_init__(self) -> None:
        """Check shapes; ValueError names the field and the bad value."""
        put = object.__setattr__
        put(self, "point_en", checked_floats("lines.point_en", self.point_en, (len(self.point_en), 2)))
        first: IntArray = read_only(self.first, np.int64)  # type: ignore[assignment]
        put(self, "first", first)
        if len(first) < 2 or first[0] != 0 or first[-1] != len(self.point_en):
            raise ValueError(
                f"lines.first: {first[:1]} … {first[-1:]}; from 0 to {len(self.point_en)} points"
            )
        if (np.diff(first) < 2).any():
            bad = int((np.diff(first) < 2).argmax())
            raise ValueError(f"lines.first: line {bad} has fewer than 2 points; it must have at least 2")
        short = self._leg_m() < MIN_LEG_M
        if short.any():
            at = int(short.argmax())
            raise ValueError(f"lines.point_en: points {at} and {at + 1} are the same; a leg has a length")

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self.first) - 1

    def length_m(self) -> FloatArray:
        """Return (G,) the lengths of the lines."""
        to_point = self.along_m()
        return np.asarray(to_point[self.first[1:] - 1])

    def along_m(self) -> FloatArray:
        """Return (P,) how far along its own line each point is."""
        leg_m = np.append(0.0, self._leg_m())
        leg_m[self.first[1:-1]] = 0.0
        total = np.cumsum(leg_m)
        return np.asarray(total - np.repeat(total[self.first[:-1]], np.diff(self.first)))

    def shapes(self) -> GeometryArray:
        """Return (G,) the lines as shapely LineStrings."""
        line = np.repeat(np.arange(len(self)), np.diff(self.first))
        shapes: GeometryArray = shapely.linestrings(self.point_en, indices=line)
        return shapes

    def _leg_m(self) -> FloatArray:
        """Return (P - 1,) distances between neighbouring points; inf from one line to the next."""
        leg_m = np.hypot(*np.diff(self.point_en, axis=0).T)
        leg_m[self.first[1:-1] - 1] = np.inf
        return np.asarray(leg_m)


class StreetPlaces(NamedTuple):
    """Where n places are on the streets.

    Attributes
    ----------
    segment
        (n,) the nearest segment, `NO_STREET` where none is near enough.
    left
        (n,) whether it is on the left of the line, seen from its start; what is on the line counts as left.
    along_m
        (n,) how far along the line the nearest point of it is.
    away_m
        (n,) how far from it the place is; inf without one.
    """

    segment: IntArray
    left: BoolArray
    along_m: FloatArray
    away_m: FloatArray


def place_on_streets(
    lines: StreetLines, en: npt.ArrayLike, max_away_m: float, suitable: BoolArray | None = None
) -> StreetPlaces:
    """Find for each place its street, side and distance along.

    Parameters
    ----------
    lines
        The streets.
    en
        (n, 2) metres of the region's CRS.
    max_away_m
        Farther from every street, a place has none; above 0.
    suitable
        (G,) which streets may have houses; None for all. Of several at the same distance the one of the
        lowest number is taken.

    Raises
    ------
    ValueError
        Naming the field, the bad value and what would be right.
    """
    places = as_places("en", np.asarray(en, dtype=np.float64).reshape(-1, 2))
    if not max_away_m > 0:
        raise ValueError(f"max_away_m: {max_away_m}; it must be above 0")
    usable = np.arange(len(lines)) if suitable is None else np.flatnonzero(suitable)
    if suitable is not None and suitable.shape != (len(lines),):
        raise ValueError(f"suitable: shape is {suitable.shape}; it must be ({len(lines)},)")
    count = len(places)
    shapes = lines.shapes()
    segment = np.full(count, len(lines), dtype=np.int64)
    away_m = np.full(count, np.inf)
    if len(usable):
        tree = shapely.STRtree(shapes[usable])
        found, distance = tree.query_nearest(
            shapely.points(places), max_distance=max_away_m, return_distance=True, all_matches=True
        )
        np.minimum.at(segment, found[0], usable[found[1]])
        away_m[found[0]] = distance
    placed = np.flatnonzero(segment < len(lines))
    segment[segment == len(lines)] = NO_STREET
    along_m = np.zeros(count)
    located_m = shapely.line_locate_point(shapes[segment[placed]], shapely.points(places[placed]))
    # Never beyond the end by a rounding.
    along_m[placed] = np.clip(located_m, 0.0, lines.length_m()[segment[placed]])
    left = np.zeros(count, dtype=bool)
    left[placed] = _is_left(lines, segment[placed], along_m[placed], places[placed])
    return StreetPlaces(segment, left, along_m, away_m)


def _is_left(lines: StreetLines, segment: IntArray, along_m: FloatArray, en: FloatArray) -> BoolArray:
    """Tell which places are left of their lines, from the lines' direction where they are nearest.

    Nearest a bend, the directions of both legs are added: a place outside a sharp bend may seem left of one
    leg and right of the other, but it is always on the one side of a line at equal angles to both.
    """
    to_point = lines.along_m()
    # One rising row of numbers over all lines, so that one search finds every leg: line number times more
    # than any length, plus the way along it.
    stride = float(to_point.max()) + 1.0
    row = np.repeat(np.arange(len(lines)), np.diff(lines.first)) * stride + to_point
    at = segment * stride + along_m
    close = MIN_LEG_M / 4
    first, last = lines.first[segment], lines.first[segment + 1] - 2
    before = np.clip(np.searchsorted(row, at - close, side="right") - 1, first, last)
    after = np.clip(np.searchsorted(row, at + close, side="right") - 1, first, last)
    leg = np.diff(lines.point_en, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):  # legs between two lines are never asked for
        unit = leg / np.hypot(*leg.T)[:, None]
    direction = unit[before] + unit[after]
    foot = lines.point_en[before] + (along_m - to_point[before])[:, None] * unit[before]
    aside = en - foot
    cross = direction[:, 0] * aside[:, 1] - direction[:, 1] * aside[:, 0]
    return np.asarray(cross >= 0)
