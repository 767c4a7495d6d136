"""Small regions shared by the tests of this wing. Never saved into the project."""

from dataclasses import replace
from functools import cache

import numpy as np

from geo.demo_region import SMALL_SIZE, build_demo_region
from geo.distance_law import DistanceLaw
from geo.region import Region
from geo.road_network import RoadNetwork

TINY_SIZE = replace(
    SMALL_SIZE, stations=4, second_pumps=2, zones=40, districts=2, towns=4, street_nodes=2_000, radius_m=4_000
)


@cache
def small_city() -> Region:
    """Return the small generated city; built once a test run, never changed."""
    return build_demo_region(seed=5, size=SMALL_SIZE)


@cache
def law_city() -> Region:
    """Return a tiny city without roads, whose times come from a distance law with station starts."""
    city = build_demo_region(seed=6, size=TINY_SIZE)
    stations = city.stations
    law = DistanceLaw(6.5, 2_500.0, stations.en, np.linspace(-6.0, 6.0, len(stations.ids)))
    return replace(
        city,
        id="law",
        travel=law,
        roads=None,
        station_zone_s=law.matrix(stations.en, city.zones.en),
        station_station_s=law.matrix(stations.en, stations.en),
    )


def roads_of(region: Region) -> RoadNetwork:
    """Return the region's roads, which must be there."""
    assert region.roads is not None
    return region.roads
