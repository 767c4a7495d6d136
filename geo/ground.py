"""Whether a place is one of the region's, answered at once for most places.

Used by `services.event_check`, for each place an event names. Never answers otherwise than the region does.
"""

import math

import numpy as np
import shapely

from geo.region import Region

CELLS_ALONG = 64
"""Cells along the longer side: London's are 0.9 km wide, seven of its eight incidents lie in an inner
one, and to find these once takes some 25 ms."""
ROUNDING_M = 1.0
"""Cells are held to be this much larger, far more than floating point can misplace a place."""


class Ground:
    """The region's ground, its inner part known as a grid of cells.

    What the region takes is wider than its boundary. So a place in a cell that lies whole within the boundary
    is answered without geometry; for any other the region is asked.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._west, self._south, east, north = region.boundary.bounds
        self._cell_m = max(east - self._west, north - self._south) / CELLS_ALONG
        self._inner = self._find_inner()
        region.contains(
            region.stations.en[:1]
        )  # which builds what it asks itself, so no event waits for that

    def has(self, easting_m: float, northing_m: float) -> bool:
        """The same as `Region.contains` for one place; its numbers must be finite."""
        cell = (
            math.floor((easting_m - self._west) / self._cell_m),
            math.floor((northing_m - self._south) / self._cell_m),
        )
        return cell in self._inner or bool(self._region.contains(np.array([[easting_m, northing_m]]))[0])

    def _find_inner(self) -> frozenset[tuple[int, int]]:
        boundary = shapely.force_2d(self._region.boundary)  # a copy of our own, to prepare
        if not shapely.is_valid(boundary):
            return frozenset()
        shapely.prepare(boundary)
        column, row = (side.ravel() for side in np.meshgrid(np.arange(CELLS_ALONG), np.arange(CELLS_ALONG)))
        west, south = self._west + column * self._cell_m, self._south + row * self._cell_m
        cells = shapely.box(
            west - ROUNDING_M,
            south - ROUNDING_M,
            west + self._cell_m + ROUNDING_M,
            south + self._cell_m + ROUNDING_M,
        )
        inside = shapely.contains_properly(boundary, cells)
        return frozenset(zip(column[inside].tolist(), row[inside].tolist(), strict=True))
