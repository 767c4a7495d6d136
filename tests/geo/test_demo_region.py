"""The generated city: the right size, whole, the same for the same seed, and believable."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo.demand_profile import BUSINESS_DAY, BUSINESS_WEEK, MIXED_DAY, MIXED_WEEK, week_profile
from geo.demo_region import LONDON_SIZE, SMALL_SIZE, DemoSize, build_demo_region
from geo.place_names import place_names
from geo.region import Region
from geo.road_network import SPEED_CLASSES
from tests.geo.cities import roads_of, small_city

pytestmark = pytest.mark.slow


def check_city(city: Region, size: DemoSize) -> None:
    """Check what must hold for a city of any size."""
    assert len(city.stations.ids) == size.stations
    assert len(city.zones.ids) == size.zones
    assert len(city.districts) == size.districts
    counts = np.bincount(city.appliances.kind, minlength=3)
    assert counts.tolist() == [size.stations + size.second_pumps, size.aerials, size.rescue_units]
    assert city.demand_per_h[0].sum() / 7 == pytest.approx(size.incidents_per_day, rel=1e-3)
    assert city.generated
    assert np.isfinite(city.station_zone_s).all()
    assert (np.diag(city.station_station_s) == 0).all()
    assert shapely.contains_xy(city.boundary, *city.stations.en.T).all()
    assert len(roads_of(city).main_nodes()) == len(roads_of(city).node_en)
    assert set(roads_of(city).speed_class.tolist()) == set(range(len(SPEED_CLASSES)))
    assert set(np.unique(city.zones.district)) == set(range(size.districts))
    for appliance, home in zip(city.appliances.ids, city.appliances.home, strict=True):
        assert appliance[:-1] == city.stations.ids[home]


def test_the_small_city_is_whole() -> None:
    check_city(small_city(), SMALL_SIZE)


def test_zones_cover_the_land_without_overlap() -> None:
    city = small_city()
    assert shapely.is_valid(city.zones.polygons).all()
    assert shapely.area(city.zones.polygons).sum() == pytest.approx(city.boundary.area, rel=1e-6)
    assert shapely.union_all(city.zones.polygons).area == pytest.approx(city.boundary.area, rel=1e-6)


def test_the_river_is_no_land_and_bridges_cross_it() -> None:
    city = small_city()
    banks = shapely.get_parts(city.boundary)
    assert len(banks) >= 2
    roads = roads_of(city)
    lines = shapely.linestrings(np.stack([roads.node_en[roads.tail], roads.node_en[roads.head]], axis=1))
    on_land = shapely.length(shapely.intersection(lines, city.boundary))
    bridged = shapely.length(lines) - on_land > 1.0
    assert bridged.any()
    # Streets do not run through the water.
    assert roads.speed_class[bridged].max() < SPEED_CLASSES.index("local")


def test_the_same_seed_gives_the_same_city_and_another_another() -> None:
    one, same, other = (build_demo_region(seed, SMALL_SIZE) for seed in (5, 5, 8))
    assert np.array_equal(roads_of(one).travel_s, roads_of(same).travel_s)
    assert np.array_equal(one.demand_per_h, same.demand_per_h)
    assert one.stations.names == same.stations.names
    assert one.stations.names != other.stations.names


@pytest.mark.parametrize("seed", range(10, 16))
def test_any_seed_gives_a_whole_city(seed: int) -> None:
    check_city(build_demo_region(seed, SMALL_SIZE), SMALL_SIZE)


@pytest.mark.slow
def test_the_full_city_has_londons_size() -> None:
    city = build_demo_region()
    check_city(city, LONDON_SIZE)
    assert len(city.stations.ids) >= 100
    assert len(city.appliances.ids) >= 140
    assert len(city.zones.ids) >= 4_800
    assert len(city.districts) == 33
    assert len(roads_of(city).node_en) >= 50_000
    first_s = city.station_zone_s.min(axis=0) + city.turnout_s
    weight = city.demand_per_h[0].mean(axis=0)
    assert 0.7 < (weight * (first_s <= 360)).sum() / weight.sum() < 0.9
    # More calls for each square kilometre in the middle than at the edge.
    away = np.hypot(*(city.zones.en - np.median(city.stations.en, axis=0)).T)
    per_area = weight / shapely.area(city.zones.polygons)
    assert per_area[away < 4_000].mean() > 5 * per_area[away > 15_000].mean()


def test_a_bad_size_or_seed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"size\.zones: 0"):
        replace(SMALL_SIZE, zones=0)
    with pytest.raises(ValueError, match="more second pumps"):
        replace(SMALL_SIZE, second_pumps=9)
    with pytest.raises(ValueError, match="a zone and eight street nodes"):
        replace(SMALL_SIZE, street_nodes=10)
    with pytest.raises(ValueError, match="seed: -1"):
        build_demo_region(-1, SMALL_SIZE)


def test_the_week_looks_like_a_brigades() -> None:
    mixed = week_profile(MIXED_DAY, MIXED_WEEK).reshape(7, 24)
    business = week_profile(BUSINESS_DAY, BUSINESS_WEEK).reshape(7, 24)
    assert mixed.mean() == pytest.approx(1.0)
    assert 17 <= mixed[2].argmax() <= 20
    assert 3 <= mixed[2].argmin() <= 6
    assert mixed[5, 1] > 1.15 * mixed[2, 1]
    assert business[5].sum() < business[2].sum()


def test_a_week_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 24 and 7"):
        week_profile((1.0,), MIXED_WEEK)


def test_names_are_different_and_seeded() -> None:
    names = place_names(200, 4)
    assert len(set(names)) == 200
    assert names == place_names(200, 4)
    assert names != place_names(200, 5)
    with pytest.raises(ValueError, match="count: 999999"):
        place_names(999_999, 1)
