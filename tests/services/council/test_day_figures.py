"""What is expected of a council's rounds, and the figures of its day against the morning's plan."""

import math
from datetime import timedelta

import pytest
from msgspec.structs import replace

from services.council.day_figures import DayCount, RoundForecasts
from services.council.day_problem import DayProblems
from services.council.visits import stop_of
from streams.council_events import RoadClosed, StopDone
from tests.services.council.rounds_day import COUNCIL, VEHICLES, Day, at_work

PROBLEMS = DayProblems(COUNCIL)


def test_times_of_a_round_are_those_it_had_and_those_to_come() -> None:
    day = at_work(12)
    forecasts = RoundForecasts(PROBLEMS)
    for vehicle in VEHICLES:
        one = forecasts.of(day.picture, vehicle)
        visits, state = day.picture.rounds[vehicle], day.picture.vehicles[vehicle]
        assert len(one.begin_s) == len(visits) and one.to_do == len(visits) - 13
        assert list(one.begin_s) == sorted(one.begin_s) and one.finish_s > one.begin_s[-1]
        for visit, begin_s in zip(state.done_visits, one.begin_s, strict=False):
            n = COUNCIL.stop_number[visit.visit]
            end_s = PROBLEMS.heads.at_s(day.picture, visit.key[0])
            assert begin_s + COUNCIL.stops.service_s[n] == pytest.approx(end_s)
        assert one.load == {"residual": pytest.approx(12 * 36.0)} and not one.codes and not one.lost


def test_a_crew_that_stands_still_is_later_and_later() -> None:
    day = at_work(12)
    forecasts = RoundForecasts(PROBLEMS)
    back_s = [
        forecasts.of(replace(day.picture, as_of=day.picture.as_of + timedelta(minutes=m)), "RCV01").finish_s
        for m in (0, 30, 60)
    ]
    assert back_s[0] < back_s[1] < back_s[2]


def test_a_lost_vehicle_has_no_times_to_come_and_its_stops_are_nobodys() -> None:
    day = at_work(12)
    count = DayCount(PROBLEMS)
    assert count.unserved(day.picture) == ()
    day.break_down("RCV02")
    one = count.forecasts.of(day.picture, "RCV02")
    assert one.lost and all(math.isnan(begin) for begin in one.begin_s[12:])
    left = {s for w in day.picture.rounds["RCV02"][12:] if (s := stop_of(w)) is not None}
    assert set(count.unserved(day.picture)) == left


def test_stops_of_closed_streets_have_no_times_and_history_costs_what_it_did() -> None:
    day = at_work(12)
    forecasts = RoundForecasts(PROBLEMS)
    before = {vehicle: forecasts.of(day.picture, vehicle) for vehicle in VEHICLES}
    day.take(RoadClosed("K1", ["ST0001"]))
    for vehicle in VEHICLES:
        one = forecasts.of(day.picture, vehicle)
        assert one.drive_s < 3 * before[vehicle].drive_s
        for word, begin_s in zip(day.picture.rounds[vehicle][13:], one.begin_s[13:], strict=True):
            stop = stop_of(word)
            closed = stop is not None and COUNCIL.stops.street[COUNCIL.stop_number[stop]] == 0
            assert math.isnan(begin_s) == closed


def test_the_days_figures_begin_as_the_mornings_plan() -> None:
    day, count = Day(), DayCount(PROBLEMS)
    assert count.of(day.picture) == count.plan()
    plan = count.plan()
    assert plan.collections == len(COUNCIL.properties.uprn) and plan.collections_done == 0
    assert plan.cost > 3 * COUNCIL.costs.vehicle_day and plan.unserved == 0
    assert plan.cost_per_collection == pytest.approx(plan.cost / plan.collections, abs=1e-4)


def test_the_days_figures_count_what_is_done_missed_and_left() -> None:
    day, count = at_work(12), DayCount(PROBLEMS)
    day.request("SR1", 3)
    figures = count.of(day.picture)
    assert figures.collections_done == 3 * 12 * 4
    assert figures.missed_per_1000 == pytest.approx(1000 / figures.collections, abs=1e-3)
    day.break_down("RCV01")
    assert count.of(day.picture).unserved > 0


def test_a_forecast_is_made_again_only_where_something_changed() -> None:
    day = at_work(12)
    forecasts = RoundForecasts(PROBLEMS)
    before = {vehicle: forecasts.of(day.picture, vehicle) for vehicle in VEHICLES}
    word = day.picture.rounds["RCV02"][12]
    day.take(StopDone("RCV02", word))
    again = {vehicle: forecasts.of(day.picture, vehicle) for vehicle in VEHICLES}
    assert again["RCV03"] is before["RCV03"]
    assert again["RCV02"] is not before["RCV02"] and again["RCV02"].to_do == before["RCV02"].to_do - 1
