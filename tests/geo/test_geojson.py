"""Map features: RFC 7946, rounded, light, and true to the region."""

import json
from typing import Any

import numpy as np
import pytest
import shapely

from geo import geojson
from geo.arrays import FloatArray
from geo.road_network import SPEED_CLASSES
from tests.geo.cities import law_city, roads_of, small_city


def coordinates(collection: Any) -> FloatArray:
    """Return every (lon, lat) pair."""
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]]
    return np.asarray(shapely.get_coordinates(np.array(shapes, dtype=object)))


@pytest.mark.parametrize("name", ["zones", "boundary", "districts", "roads"])
def test_every_collection_is_geojson_in_degrees(name: str) -> None:
    city = small_city()
    collection = getattr(geojson, name)(city)
    collection = json.loads(json.dumps(collection, allow_nan=False))
    assert collection["type"] == "FeatureCollection"
    assert [feature["id"] for feature in collection["features"]] == list(range(len(collection["features"])))
    outline = shapely.transform(city.boundary, city.to_wgs84)
    west, south, east, north = outline.bounds
    places = coordinates(collection)
    assert (places >= (west - 1e-3, south - 1e-3)).all()
    assert (places <= (east + 1e-3, north + 1e-3)).all()
    assert np.array_equal(places, np.round(places, geojson.DECIMALS))


def test_outer_rings_are_anticlockwise() -> None:
    for feature in geojson.zones(small_city())["features"]:
        for part in shapely.get_parts(shapely.geometry.shape(feature["geometry"])):
            assert part.exterior.is_ccw


def test_zones_tell_their_ground_and_demand() -> None:
    city = small_city()
    features = geojson.zones(city)["features"]
    assert len(features) == len(city.zones.ids)
    ground = city.station_zone_s.argmin(axis=0)
    assert [f["properties"]["ground"] for f in features] == [city.stations.ids[g] for g in ground]
    assert sum(f["properties"]["demand_per_h"] for f in features) == pytest.approx(30 / 24, rel=1e-3)
    assert {f["properties"]["district"] for f in features} == set(city.districts)


def test_a_zone_on_the_map_still_holds_its_point() -> None:
    city = small_city()
    shapes = [shapely.geometry.shape(f["geometry"]) for f in geojson.zones(city)["features"]]
    lonlat = city.to_wgs84(city.zones.en)
    inside = [shape.contains(shapely.Point(place)) for shape, place in zip(shapes, lonlat, strict=True)]
    assert np.mean(inside) > 0.98


def test_roads_keep_their_length_and_classes() -> None:
    city = small_city()
    roads = roads_of(city)
    collection = geojson.roads(city, tolerance_m=0.0)
    assert {f["properties"]["speed_class"] for f in collection["features"]} == set(SPEED_CLASSES)
    pairs = np.unique(np.sort(np.column_stack([roads.tail, roads.head]), axis=1), axis=0)
    expected_m = np.hypot(*(roads.node_en[pairs[:, 0]] - roads.node_en[pairs[:, 1]]).T).sum()
    shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in collection["features"]], dtype=object)
    drawn_m = shapely.length(shapely.transform(shapes, lambda lonlat: lonlat * (68_500, 111_250))).sum()
    assert drawn_m == pytest.approx(expected_m, rel=0.01)


def test_short_local_streets_can_be_left_out() -> None:
    city = small_city()
    whole, thinned = geojson.roads(city), geojson.roads(city, min_local_m=400.0)
    assert len(json.dumps(thinned)) < len(json.dumps(whole))
    main = [f for f in whole["features"] if f["properties"]["speed_class"] != "local"]
    assert [f for f in thinned["features"] if f["properties"]["speed_class"] != "local"] == main


def test_a_region_without_roads_has_no_road_features() -> None:
    assert geojson.roads(law_city())["features"] == []
