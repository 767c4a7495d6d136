"""The law's shape, its place among the travel times, and what the fit finds again."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.arrays import FloatArray
from geo.distance_fit import Runs, error_of, fit_law
from geo.distance_law import AT_STATION_M, DistanceLaw, law_s
from tests.geo.cities import law_city

ROOTS = st.floats(0.5, 20.0)
CROSSOVERS = st.floats(200.0, 8_000.0)


@given(ROOTS, CROSSOVERS)
def test_value_and_slope_are_continuous_at_the_cross_over(root_s: float, crossover_m: float) -> None:
    step = 1e-3
    before, at, after = law_s(crossover_m + np.array([-step, 0.0, step]), root_s, crossover_m)
    assert at == pytest.approx(root_s * math.sqrt(crossover_m))
    assert (after - at) / step == pytest.approx((at - before) / step, rel=1e-3)


@given(ROOTS, CROSSOVERS, st.lists(st.floats(0.0, 40_000.0), min_size=2, max_size=20))
def test_further_never_takes_less(root_s: float, crossover_m: float, dist_m: list[float]) -> None:
    times = law_s(np.sort(np.array(dist_m)), root_s, crossover_m)
    assert (np.diff(times) >= -1e-9).all()


def test_a_long_run_is_driven_at_cruising_speed() -> None:
    law = DistanceLaw(6.0, 900.0)
    far = law.matrix([(0.0, 0.0)], [(20_000.0, 0.0), (21_000.0, 0.0)])[0]
    assert far[1] - far[0] == pytest.approx(1_000 / law.cruising_mps, rel=1e-4)


def test_a_start_counts_at_its_station_only_and_time_is_never_negative() -> None:
    law = DistanceLaw(6.0, 900.0, np.array([(0.0, 0.0)]), np.array([-30.0]))
    plain = DistanceLaw(6.0, 900.0)
    near, away = (0.0, AT_STATION_M - 1), (0.0, AT_STATION_M + 1)
    places = [(3_000.0, 0.0)]
    assert law.matrix([near], places)[0, 0] == pytest.approx(plain.matrix([near], places)[0, 0] - 30)
    assert law.matrix([away], places)[0, 0] == plain.matrix([away], places)[0, 0]
    assert law.matrix([(0.0, 0.0)], [(0.0, 0.0)])[0, 0] == 0.0


def test_from_a_station_to_itself_takes_no_time_whatever_its_start() -> None:
    en = np.array([(0.0, 0.0), (2_000.0, 0.0)])
    law = DistanceLaw(6.0, 900.0, en, np.array([45.0, -12.0]))
    times = law.matrix(en, en)
    assert times.diagonal().tolist() == [0.0, 0.0]
    assert times[0, 1] == pytest.approx(times[1, 0] + 57)
    assert law.route(en[0], en[0]).travel_s == 0.0
    assert law.matrix(en, en + 1.0).diagonal() == pytest.approx([45 + 6 * 2**0.25, 0.0], abs=1e-4)


def test_the_route_is_the_straight_line_and_takes_what_the_matrix_says() -> None:
    city = law_city()
    route = city.travel.route(city.stations.en[0], city.stations.en[1])
    assert route.en.tolist() == [city.stations.en[0].tolist(), city.stations.en[1].tolist()]
    assert route.travel_s == pytest.approx(city.station_station_s[0, 1])
    assert route.dist_m == pytest.approx(math.dist(*route.en.tolist()))


def test_past_the_cut_off_is_infinite() -> None:
    times = DistanceLaw(6.0, 900.0).matrix([(0.0, 0.0)], [(100.0, 0.0), (9_000.0, 0.0)], cutoff_s=100.0)
    assert times[0, 0] == pytest.approx(60.0)
    assert math.isinf(times[0, 1])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ((0.0, 900.0), "root_s"),
        ((6.0, math.nan), "crossover_m"),
        ((6.0, 900.0, np.zeros((1, 2)), np.array([9_999.0])), "start_s"),
        ((6.0, 900.0, np.zeros((2, 2)), np.zeros(1)), "start_s"),
    ],
)
def test_bad_parameters_are_refused(values: Any, field: str) -> None:
    with pytest.raises(ValueError, match=f"distance_law.{field}"):
        DistanceLaw(*values)


def made_up_runs(count: Any = 4_000, noise_s: Any = 60.0) -> tuple[Runs, FloatArray]:
    rng = np.random.default_rng(3)
    station = rng.integers(0, 5, count)
    dist_m = rng.gamma(2.0, 800.0, count)
    starts = np.array([-30.0, -15.0, 0.0, 15.0, 30.0])
    time = 70 + law_s(dist_m, 6.0, 1_500.0) + starts[station] + rng.normal(0, noise_s, count)
    return Runs(station, dist_m, np.maximum(time, 1.0)), starts


def test_the_fit_finds_what_the_runs_were_made_with() -> None:
    runs, starts = made_up_runs()
    fit = fit_law(runs, np.zeros((5, 2)))
    probe = np.array([300.0, 1_000.0, 3_000.0])
    expected = 70 + law_s(probe, 6.0, 1_500.0)
    found = fit.turnout_s + law_s(probe, fit.law.root_s, fit.law.crossover_m)
    assert found == pytest.approx(expected, abs=8.0)
    assert fit.law.start_s == pytest.approx(starts, abs=8.0)


def test_held_out_error_is_the_noise_and_station_starts_help() -> None:
    runs, _ = made_up_runs()
    fit = fit_law(runs, np.zeros((5, 2)))
    assert abs(fit.held_out.mean_s) < 2.0
    assert fit.held_out.mean_absolute_s == pytest.approx(60 * math.sqrt(2 / math.pi), rel=0.05)
    assert fit.held_out.r2 > fit.held_out_plain.r2
    assert fit.held_out.runs == len(runs.station)


def test_runs_held_out_are_not_seen_by_the_fit() -> None:
    # Stations' starts drawn anew for every run cannot be learned: the held-out error must not pretend so.
    rng = np.random.default_rng(9)
    station = np.arange(400)
    runs = Runs(station, np.full(400, 1_000.0), 300 + rng.normal(0, 50, 400))
    fit = fit_law(runs, np.zeros((400, 2)))
    assert fit.held_out.r2 < 0.02


def test_the_same_runs_give_the_same_fit() -> None:
    runs, _ = made_up_runs(600)
    first, second = (fit_law(runs, np.zeros((5, 2))) for _ in range(2))
    assert first.held_out == second.held_out
    assert first.law.root_s == second.law.root_s


def test_too_few_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        fit_law(Runs(np.zeros(3, dtype=int), np.zeros(3), np.zeros(3)), np.zeros((1, 2)))


def test_errors_are_predicted_less_recorded() -> None:
    error = error_of(np.array([10.0, 20.0]), np.array([12.0, 14.0]))
    assert (error.mean_s, error.mean_absolute_s) == (2.0, 4.0)
    assert "mean error +2.0 s" in error.line()
