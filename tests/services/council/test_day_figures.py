"""What is expected of a council's rounds, and the figures of its day against the morning's plan."""

import math
from datetime import timedelta

import pytest
from msgspec.structs import replace

from services.council.day_board import DayBoard
from services.council.day_figures import DayCount, RoundForecasts
from services.council.day_problem import DayProblems
from services.council.day_view import RoundView
from services.council.visits import stop_of
from streams.council_events import (
    RoadClosed,
    StopDone,
    VehiclePosition,
    VehicleStatus,
    VehicleStatusChanged,
)
from tests.services.council.rounds_day import COUNCIL, OPERATOR, VEHICLES, Day, at_work, desk, run

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
    cause = day.break_down("RCV01")
    lost = count.of(day.picture)
    assert lost.unserved > 0 and lost.collections == figures.collections
    assert lost.cost_per_collection > figures.cost_per_collection
    # A stop that no round has any more was due all the same.
    (proposal,) = day.first(cause)
    day.decide(run(desk().approve(day.picture, proposal, None, OPERATOR)))
    assert count.of(day.picture).collections == figures.collections


def test_a_forecast_is_made_again_only_where_something_changed() -> None:
    day = at_work(12)
    forecasts = RoundForecasts(PROBLEMS)
    before = {vehicle: forecasts.of(day.picture, vehicle) for vehicle in VEHICLES}
    word = day.picture.rounds["RCV02"][12]
    day.take(StopDone("RCV02", word))
    again = {vehicle: forecasts.of(day.picture, vehicle) for vehicle in VEHICLES}
    assert again["RCV03"] is before["RCV03"]
    assert again["RCV02"] is not before["RCV02"] and again["RCV02"].to_do == before["RCV02"].to_do - 1


def shown(day: Day, board: DayBoard, vehicle: str = "RCV01") -> RoundView:
    """A vehicle's round as consoles see it once forecasts have followed."""
    run(board.refresh(day.picture))
    return next(one for one in board.view(day.picture, 1, {}).rounds if one.vehicle == vehicle)


def test_a_round_that_is_over_ends_with_its_last_visit_and_the_way_home() -> None:
    day, count = Day(), DayCount(PROBLEMS)
    day.done("RCV01", len(COUNCIL.rounds[0]))
    one = count.forecasts.of(day.picture, "RCV01")
    over_s = PROBLEMS.heads.now_s(day.picture)
    home_s = COUNCIL.travel_s[COUNCIL.tips.node[0], COUNCIL.depots.node[COUNCIL.vehicles.depot[0]]]
    assert one.finish_s == pytest.approx(over_s + float(home_s), abs=0.1) and one.overtime_s == 0
    before = count.of(day.picture)
    day.take(VehiclePosition("RCV01", *COUNCIL.roads.node_en[0].tolist()), minutes=60 * 12)
    day.take(RoadClosed("K1", ["ST0001"]))
    again = count.forecasts.of(day.picture, "RCV01")
    assert (again.finish_s, again.overtime_s, again.cost) == (one.finish_s, 0, one.cost)
    assert before.overtime_s == 0


def test_the_delay_of_a_round_goes_by_the_stops_it_has_done() -> None:
    day, board = Day(), DayBoard(COUNCIL)
    assert shown(day, board).delay_s == 0
    plan = RoundForecasts(PROBLEMS).of(day.picture, "RCV01")
    words = COUNCIL.rounds[0]
    for word, begin_s in list(zip(words, plan.begin_s, strict=True)):
        n = COUNCIL.stop_number.get(word.rstrip("<"))
        work_s = 0.0 if n is None else float(COUNCIL.stops.service_s[n])
        # Ten minutes late all day; MORNING, from which minutes count, is 07:00.
        day.take(StopDone("RCV01", word), minutes=(begin_s + work_s + 600.0 - 25_200.0) / 60)
    round_ = shown(day, board)
    assert round_.stops_done == round_.stops and round_.delay_s == pytest.approx(600, abs=1)
    day.take(VehiclePosition("RCV02", *COUNCIL.roads.node_en[0].tolist()), minutes=60 * 12)
    assert shown(day, board).delay_s == round_.delay_s
    board.close()


def test_another_order_of_the_same_stops_is_no_delay() -> None:
    day, board = Day(), DayBoard(COUNCIL)
    plan = RoundForecasts(PROBLEMS).of(day.picture, "RCV01")
    stops = [word for word in COUNCIL.rounds[0] if stop_of(word) is not None]
    for place in (5, 4, 3):
        n = COUNCIL.stop_number[stops[place].rstrip("<")]
        at_s = plan.begin_s[5 - place] + float(COUNCIL.stops.service_s[n])
        day.take(StopDone("RCV01", stops[place]), minutes=(at_s - 25_200.0) / 60)
    assert abs(shown(day, board).delay_s) <= 1
    board.close()


def test_a_vehicle_in_service_again_is_never_shown_as_back_while_stops_are_left() -> None:
    day, board = at_work(6), DayBoard(COUNCIL)
    before = shown(day, board)
    day.break_down("RCV01")
    assert shown(day, board).finish_s is not None
    day.take(VehicleStatusChanged("RCV01", VehicleStatus.IN_SERVICE))
    at_once = next(one for one in board.view(day.picture, 1, {}).rounds if one.vehicle == "RCV01")
    assert at_once.finish_s is None and at_once.begin_s[6:] == [None] * len(at_once.visits[6:])
    after = shown(day, board)
    assert after.finish_s is not None and before.finish_s is not None
    assert abs(after.finish_s - before.finish_s) < 120
    board.close()


def test_a_stop_is_expected_as_planned_of_a_silent_vehicle_and_as_predicted_of_one_at_work() -> None:
    day, board = Day(), DayBoard(COUNCIL)
    plan = RoundForecasts(PROBLEMS).of_day(day.picture)
    day.done("RCV02", 6)
    day.take(VehiclePosition("RCV02", *COUNCIL.roads.node_en[0].tolist()), minutes=120)  # nine o'clock
    run(board.refresh(day.picture))
    for vehicle, late in (("RCV01", False), ("RCV02", True)):
        word = COUNCIL.rounds[COUNCIL.vehicle_number[vehicle]][10]
        stop = stop_of(word)
        assert stop is not None
        expected = board.expected_at(day.picture, vehicle, stop)
        assert expected is not None
        expected_s = PROBLEMS.heads.at_s(day.picture, expected)
        assert (expected_s > plan[vehicle].begin_s[10] + 1_800) is late, vehicle
        assert late or expected_s == pytest.approx(plan[vehicle].begin_s[10])
    board.close()
