"""Grid metres to and from degrees: known points, round trips, refusals."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coordinates import check_crs, from_wgs84, to_bng, to_wgs84, utm_crs
from geo.london_files import INCIDENTS_FILE
from geo.strict_csv import rows_of
from tests.shared_data import LONDON, needs_london

# Trafalgar Square's statue of Charles I, from where London's distances are measured, to about ten metres.
CHARING_CROSS_EN = (530_023.0, 180_383.0)
CHARING_CROSS_LONLAT = (-0.12774, 51.50733)
# What is stated for British National Grid without the OSTN15 grid.
MEDIAN_ERROR_M, MAX_ERROR_M = 2.3, 3.2


def test_a_known_point() -> None:
    away = to_bng(CHARING_CROSS_LONLAT) - CHARING_CROSS_EN
    assert np.hypot(*away) < 25


@needs_london
@pytest.mark.real_data
def test_published_coordinates_are_met_within_the_stated_accuracy() -> None:
    columns = ("Easting_m", "Northing_m", "Longitude", "Latitude")
    rows = [
        row for _, row in rows_of(LONDON / INCIDENTS_FILE, columns) if row["Easting_m"] and row["Latitude"]
    ]
    table = np.array([[float(row[name]) for name in columns] for row in rows])
    # A few rows are published with latitude 0.
    table = table[table[:, 3] > 50]
    away_m = np.hypot(*(to_bng(table[:, 2:]) - table[:, :2]).T)
    assert len(table) > 4_000
    assert np.median(away_m) < MEDIAN_ERROR_M
    assert away_m.max() < MAX_ERROR_M


def test_longitude_comes_first() -> None:
    lon, lat = to_wgs84((530_000.0, 180_000.0))
    assert -0.2 < lon < 0.0
    assert 51.4 < lat < 51.6


@given(st.lists(st.tuples(st.floats(100_000, 640_000), st.floats(20_000, 900_000)), min_size=1, max_size=20))
def test_there_and_back_is_the_same_place(places: Any) -> None:
    en = np.array(places)
    assert np.abs(to_bng(to_wgs84(en)) - en).max() < 0.001


@given(st.floats(-8.9, -8.2), st.floats(40.9, 41.5))
def test_a_grid_elsewhere_round_trips_too(lon: float, lat: float) -> None:
    crs = utm_crs(lon, lat)
    assert crs == "EPSG:32629"
    assert np.abs(to_wgs84(from_wgs84((lon, lat), crs), crs) - (lon, lat)).max() < 1e-8


def test_many_points_equal_one_at_a_time() -> None:
    en = np.array([(430_000.0, 260_000.0), (530_000.0, 180_000.0)])
    assert np.array_equal(to_wgs84(en), [to_wgs84(en[0]), to_wgs84(en[1])])


def test_no_points_give_no_points() -> None:
    assert to_wgs84(np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("bad", [[1.0], [[1.0, 2.0, 3.0]], 5.0])
def test_a_wrong_shape_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="points: shape is"):
        to_wgs84(bad)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:999999", "nonsense", "EPSG:2263"])
def test_a_crs_that_is_no_metre_grid_is_refused(crs: str) -> None:
    with pytest.raises(ValueError, match="crs: "):
        check_crs(crs)


def test_utm_refuses_the_poles() -> None:
    with pytest.raises(ValueError, match="UTM needs"):
        utm_crs(0.0, 89.0)
