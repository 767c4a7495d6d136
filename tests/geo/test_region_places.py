"""The places of a region are found in a text as people write it, and are as vague as they are large."""

import pytest

from geo.region import Region
from geo.region_places import RegionPlaces
from tests.services.live import small_region


@pytest.fixture(scope="module")
def region() -> Region:
    return small_region()


@pytest.fixture(scope="module")
def places(region: Region) -> RegionPlaces:
    return RegionPlaces(region)


def test_zones_stations_and_districts_are_found_by_name(region: Region, places: RegionPlaces) -> None:
    zone, station, district = region.zones.names[0], region.stations.names[0], region.districts[0]
    text = f"thick SMOKE near {zone.upper()}, seen from {station}; {district} smells of it, {zone} too"
    assert [hit.name for hit in places.streets_named(text)] == [zone, station, district]
    (hit,) = places.streets_named(zone)
    assert hit.streets == () and text.lower()[17 : 17 + len(zone)] == zone.lower()
    middle = region.zones.polygons[0].envelope.centroid
    assert (hit.easting_m, hit.northing_m) == pytest.approx((middle.x, middle.y))
    corner = region.zones.polygons[0].bounds
    assert hit.uncertainty_m == pytest.approx(
        ((corner[2] - corner[0]) ** 2 + (corner[3] - corner[1]) ** 2) ** 0.5 / 2
    )


def test_the_longer_name_counts_and_the_larger_place_is_vaguer(region: Region, places: RegionPlaces) -> None:
    zone = next(name for name in region.zones.names if name.startswith(region.districts[0]))
    (small,) = places.streets_named(zone)
    (large,) = places.streets_named(region.districts[0])
    assert small.name == zone and large.name == region.districts[0]
    assert small.uncertainty_m < large.uncertainty_m


@pytest.mark.parametrize("text", ["", "smoke everywhere", "@{0}", "https://x.example/{0}", "x" * 200_000])
def test_what_names_no_place_finds_none(region: Region, places: RegionPlaces, text: str) -> None:
    assert places.streets_named(text.format(region.districts[0])) == []
