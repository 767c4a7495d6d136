"""Whether a place is the region's: answered at once or by the region itself, always the same."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import shapely

from geo.arrays import BoolArray
from geo.ground import Ground
from geo.region import Region
from tests.services.live import small_region

FAR_M = 9_000.0
"""Beyond the margin within which a region takes its neighbours' incidents."""


def scattered(region: Region) -> list[list[float]]:
    """Places all over the region and around it, and on the very corners and edges of the grid's cells."""
    west, south, east, north = region.boundary.bounds
    rng = np.random.default_rng(7)
    anywhere = rng.uniform((west - FAR_M, south - FAR_M), (east + FAR_M, north + FAR_M), (4_000, 2))
    cell = max(east - west, north - south) / 64
    corners = np.array(
        [(west + i * cell, south + j * cell) for i in range(0, 65, 4) for j in range(0, 65, 4)]
    )
    outline = shapely.get_coordinates(region.boundary)[:2_000]
    return np.concatenate((anywhere, corners, corners + 1e-9, outline)).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("shape", ["as it is", "with a hole", "crossing itself", "tiny"])
def test_the_ground_is_the_regions(shape: str) -> None:
    region = small_region()
    west, south, east, north = region.boundary.bounds
    if shape == "with a hole":
        outer = shapely.box(west, south, west + 45_000, south + 40_000)
        region = replace(region, boundary=outer.difference(outer.buffer(-10_000)))
    elif shape == "crossing itself":
        bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north - 1_000)])
        region = replace(region, boundary=bow)
    elif shape == "tiny":
        region = replace(region, boundary=shapely.box(west, south, west + 0.5, south + 0.5))
    ground, places = Ground(region), scattered(region)
    inside = [ground.has(easting, northing) for easting, northing in places]
    assert inside == region.contains(places).tolist()
    assert any(inside) and not all(inside)


def test_most_places_are_answered_without_geometry(monkeypatch: pytest.MonkeyPatch) -> None:
    region = small_region()
    ground = Ground(region)
    asked: list[object] = []
    contains = Region.contains

    def counted(self: Region, en: npt.ArrayLike) -> BoolArray:
        asked.append(en)
        return contains(self, en)

    monkeypatch.setattr(Region, "contains", counted)
    zones = region.zones.en.tolist()
    assert all(ground.has(easting, northing) for easting, northing in zones)
    assert len(asked) < len(zones) / 4
