"""A region's own answers and what it refuses."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.region import NEIGHBOUR_MARGIN_M, ApplianceKind
from tests.geo.cities import law_city, small_city


def test_hour_of_week_is_local_and_starts_on_monday() -> None:
    city = small_city()
    assert city.hour_of_week(datetime(2023, 1, 2, 0, 30, tzinfo=UTC)) == 0
    # British Summer Time: 23:30 UTC on Sunday is 00:30 on Monday.
    assert city.hour_of_week(datetime(2023, 7, 2, 23, 30, tzinfo=UTC)) == 0
    assert city.hour_of_week(datetime(2023, 1, 8, 23, 59, tzinfo=UTC)) == 167


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        small_city().hour_of_week(datetime(2023, 1, 2))


def test_every_zone_is_found_at_its_point() -> None:
    zones = small_city().zones
    assert np.array_equal(zones.locate(zones.en), np.arange(len(zones.ids)))


@given(st.floats(-9_000, 9_000), st.floats(-9_000, 9_000))
def test_locate_agrees_with_a_look_at_every_polygon(east: float, north: float) -> None:
    zones = small_city().zones
    place = np.array([(428_000 + east, 262_000 + north)])
    inside = np.flatnonzero(shapely.intersects(zones.polygons, shapely.Point(place[0])))
    assert zones.locate(place)[0] == (inside.min() if len(inside) else -1)


def test_outside_every_zone_is_minus_one() -> None:
    assert small_city().zones.locate([(0.0, 0.0)]).tolist() == [-1]


def test_a_neighbours_incident_is_inside_and_a_far_one_is_not() -> None:
    city = small_city()
    west = city.boundary.bounds[0]
    middle = (city.boundary.bounds[1] + city.boundary.bounds[3]) / 2
    found = city.contains(
        [(west - 0.5 * NEIGHBOUR_MARGIN_M, middle), (west - 1.5 * NEIGHBOUR_MARGIN_M, middle)]
    )
    assert found.tolist() == [True, False]
    assert not city.contains([(math.nan, 0.0)])[0]


@pytest.mark.parametrize("targets", [(0.0, 1.0), (480.0, 360.0), (math.nan, 480.0), (360.0, math.inf)])
def test_a_kind_with_senseless_targets_is_refused(targets: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="kind pump: targets"):
        ApplianceKind("pump", "Pump", targets[0], targets[1], True)


def with_nan(array: Any) -> Any:
    changed = array.copy()
    changed.flat[0] = math.nan
    return changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: {"id": "Not An Id"}, "id: 'Not An Id'"),
        (lambda c: {"name": " "}, "name: it is empty"),
        (lambda c: {"timezone": "Europe/Atlantis"}, "timezone: 'Europe/Atlantis'"),
        (lambda c: {"crs": "EPSG:4326"}, "crs: 'EPSG:4326'"),
        (lambda c: {"turnout_s": -1.0}, "turnout_s: -1.0"),
        (lambda c: {"pack_version": 99}, "pack_version: 99"),
        (lambda c: {"boundary": shapely.Point(0, 0)}, "boundary: it must be a polygon"),
        (lambda c: {"demand_per_h": c.demand_per_h[:, :24]}, "demand_per_h: shape is"),
        (lambda c: {"demand_per_h": with_nan(c.demand_per_h)}, "demand_per_h: value nan at"),
        (lambda c: {"station_zone_s": -c.station_zone_s - 1}, "station_zone_s: value -"),
        (lambda c: {"station_station_s": c.station_station_s[1:]}, "station_station_s: shape is"),
        (lambda c: {"kinds": (c.kinds[0],) * 3}, "kinds: id 'pump' stands twice"),
        (lambda c: {"districts": c.districts[:1]}, "district: value"),
        (lambda c: {"stations": replace(c.stations, bays=c.stations.bays * 0)}, "stations.bays: 0 at"),
        (lambda c: {"appliances": replace(c.appliances, home=c.appliances.home + 50)}, "appliances.home"),
        (lambda c: {"appliances": replace(c.appliances, kind=c.appliances.kind + 9)}, "appliances.kind"),
    ],
)
def test_a_region_that_does_not_fit_together_is_refused(change: Any, message: str) -> None:
    city = small_city()
    with pytest.raises(ValueError, match=message):
        replace(city, **change(city))


def test_infinite_travel_times_are_allowed() -> None:
    city = law_city()
    far = city.station_zone_s.copy()
    far[0, 0] = math.inf
    assert math.isinf(replace(city, station_zone_s=far).station_zone_s[0, 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ("A", "A", "B", "C")}, "stations.ids: id 'A' stands twice"),
        ({"names": ("x",)}, "stations.names: 1 of them"),
        ({"en": np.full((4, 2), math.nan)}, "stations.en: value nan"),
        ({"bays": np.array([1, -1, 1, 1])}, "stations.bays: value -1"),
    ],
)
def test_stations_that_make_no_sense_are_refused(change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(law_city().stations, **change)


def test_a_zone_without_an_area_is_refused() -> None:
    zones = law_city().zones
    polygons = zones.polygons.copy()
    polygons[3] = shapely.LineString([(0, 0), (1, 1)])
    with pytest.raises(ValueError, match=r"zones\.polygons: the one at 3"):
        replace(zones, polygons=polygons)
