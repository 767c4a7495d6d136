"""A part of a council's day as a problem: what stays, what is new, what closed streets take out."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from optimiser.routes.checker import Checker
from optimiser.routes.verdict import Rule
from services.council.day_problem import DayProblems
from services.council.new_stops import LONGEST_ID, bounded_id, revisit, stop_for_request
from services.council.road_blocks import CLOSED, CUT_OFF
from services.council.visits import stop_of
from streams.council_events import RoadClosed, ServiceCode, StopDone
from tests.geo.councils import stops_along
from tests.services.council.days import MORNING
from tests.services.council.rounds_day import COUNCIL, VEHICLES, Day, at_work

PROBLEMS = DayProblems(COUNCIL)
STOPS = COUNCIL.stops


def test_the_mornings_plan_is_a_feasible_day() -> None:
    part = PROBLEMS.part(Day().picture, VEHICLES)
    verdict = Checker(part.problem).check(part.plan)
    assert verdict.feasible and not part.blocked and part.lengths == (0, 0, 0)
    for n, vehicle in enumerate(VEHICLES):
        assert part.words(n, part.plan.rounds[n]) == COUNCIL.rounds[COUNCIL.vehicle_number[vehicle]]


def test_what_is_done_and_under_way_stays() -> None:
    day = at_work(6)
    day.done("RCV01", 2)
    part = PROBLEMS.part(day.picture, VEHICLES)
    assert part.lengths == (9, 7, 7)
    now_s = PROBLEMS.heads.now_s(day.picture)
    assert (part.past.free_s >= now_s).all()
    assert part.heads[0] == day.picture.rounds["RCV01"][:9]


def test_a_round_in_words_reads_back() -> None:
    day = at_work(6)
    part = PROBLEMS.part(day.picture, VEHICLES)
    for n, vehicle in enumerate(VEHICLES):
        words = day.picture.rounds[vehicle]
        assert part.read(n, words) == part.plan.rounds[n]
        assert part.words(n, part.plan.rounds[n]) == words


def test_a_rest_on_arrival_that_is_under_way_takes_the_visit_it_is_taken_at_with_it() -> None:
    day = at_work(2)
    visits = day.picture.rounds["RCV01"]
    rounds = {
        **day.picture.rounds,
        "RCV01": (*visits[:2], "break>", *(v for v in visits[2:] if v != "break")),
    }
    part = PROBLEMS.part(replace(day.picture, rounds=rounds), ("RCV01",))
    assert part.heads[0] == rounds["RCV01"][:4]
    assert Checker(part.problem).check(part.plan).feasible


def test_a_lost_vehicle_does_no_more_than_it_has_done() -> None:
    day = at_work(6)
    day.break_down("RCV02")
    part = PROBLEMS.part(day.picture, VEHICLES)
    assert part.past.lost.tolist() == [False, True, False]
    assert len(part.plan.rounds[1]) == 6
    left = {part.problem.stops.ids[n] for n in part.plan.unserved}
    assert left == {s for w in day.picture.rounds["RCV02"][6:] if (s := stop_of(w)) is not None}


def test_stops_of_a_closed_street_are_taken_out() -> None:
    day = at_work(6)
    day.take(RoadClosed("K1", ["ST0007"]))
    part = PROBLEMS.part(day.picture, VEHICLES)
    mine = {STOPS.ids[n] for n in stops_along(COUNCIL, ["ST0007"])}
    assert {one.stop for one in part.blocked} == mine - set(day.picture.stops_done)
    assert {one.code for one in part.blocked} == {CLOSED}
    assert not mine & set(part.problem.stops.ids)


def test_a_street_that_opens_again_today_is_served_from_then() -> None:
    day = at_work(6)
    until = MORNING + timedelta(hours=1)
    day.take(RoadClosed("K1", ["ST0007"], until))
    part = PROBLEMS.part(day.picture, VEHICLES)
    assert not [one for one in part.blocked if one.code == CLOSED]
    n = part.numbers[STOPS.ids[int(stops_along(COUNCIL, ["ST0007"])[0])]]
    assert part.problem.stops.window_open_s[n, 0] == 8 * 3600


def test_stops_no_way_leads_to_are_cut_off() -> None:
    day = at_work(2)
    # A corner of the grid stands between its two streets: with both closed nobody gets there.
    day.take(RoadClosed("K1", ["ST0006", "ST0012"]))
    part = PROBLEMS.part(day.picture, VEHICLES)
    assert {one.code for one in part.blocked} == {CLOSED}
    far = revisit(COUNCIL, STOPS.ids[0], "x")
    corner = replace(far, origin=None, entry=35, exit=35)
    part = PROBLEMS.part(day.picture, VEHICLES, extra=[corner])
    assert [one.code for one in part.blocked if one.stop == corner.stop] == [CUT_OFF]


def test_a_depot_that_is_cut_off_keeps_its_vehicles_in() -> None:
    day = Day()
    day.take(RoadClosed("K1", ["ST0001", "ST0007"]))  # the two streets at the depot's corner
    part = PROBLEMS.part(day.picture, VEHICLES)
    assert part.stranded == VEHICLES and part.past.lost.all()


def test_history_is_counted_as_it_was_driven() -> None:
    day = at_work(12)
    open_road = PROBLEMS.part(day.picture, ("RCV01",))
    day.take(RoadClosed("K1", ["ST0001"]))
    part = PROBLEMS.part(day.picture, ("RCV01",))
    sheet = Checker(part.problem).check(part.plan).rounds[0]
    was = Checker(open_road.problem).check(open_road.plan).rounds[0]
    assert sheet.drive_s - part.excess[0].drive_s < 2 * was.drive_s


def test_a_weighed_load_is_what_is_on_board() -> None:
    day = at_work(3)
    word = day.picture.rounds["RCV01"][3]
    day.take(StopDone("RCV01", word, load={"residual": 500.0}))
    part = PROBLEMS.part(day.picture, ("RCV01",))
    sheet = Checker(part.problem).check(part.plan).rounds[0]
    assert sheet.load_after[3, 0] == pytest.approx(500.0)


@pytest.mark.parametrize(
    ("service", "work_s", "kg"),
    [
        (ServiceCode.MISSED_COLLECTION, 60.0, 9.0),
        (ServiceCode.ASSISTED_COLLECTION, 150.0, 9.0),
        (ServiceCode.OVERFLOWING_BIN, 120.0, 40.0),
        (ServiceCode.BULKY_ITEM, 300.0, 60.0),
        (ServiceCode.FLY_TIP, 600.0, 120.0),
        (ServiceCode.CONTAMINATION, None, None),
        (ServiceCode.BLOCKED_STREET, None, None),
    ],
)
def test_the_stop_a_request_asks_for(service: ServiceCode, work_s: float | None, kg: float | None) -> None:
    day = at_work(6)
    day.request("SR1", 5, service)
    request = day.picture.requests["SR1"]
    stop = stop_for_request(COUNCIL, request)
    if work_s is None:
        assert stop is None
        return
    assert stop is not None and stop.request == "SR1" and stop.origin == request.stop
    n = COUNCIL.stop_number[stop.origin or ""]
    assert (stop.entry, stop.exit) == (STOPS.entry[n], STOPS.exit[n])
    assert stop.service_s == work_s + COUNCIL.travel_s[stop.entry, stop.exit]
    assert stop.load == {"residual": kg}


def test_ids_stay_within_what_an_event_may_hold() -> None:
    assert bounded_id("request", "SR-1", "3") == "request-SR-1-3"
    long = [bounded_id("request", "x" * 64, str(n)) for n in range(2)]
    assert long[0] != long[1] and all(len(one) <= LONGEST_ID for one in long)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=3, max_size=3), st.integers(0, 200), st.sets(st.integers(0, 2)))
def test_any_progress_makes_a_problem_whose_history_stands(
    done: list[int], later: int, broken: set[int]
) -> None:
    day = Day()
    for vehicle, count in zip(VEHICLES, done, strict=True):
        day.done(vehicle, min(count, len(day.picture.rounds[vehicle])))
    for n in sorted(broken):
        day.break_down(VEHICLES[n])
    picture = replace(day.picture, as_of=day.picture.as_of + timedelta(minutes=later))
    part = PROBLEMS.part(picture, VEHICLES)
    verdict = Checker(part.problem).check(part.plan)
    unreadable = {Rule.FROZEN, Rule.LOST, Rule.MISSING, Rule.TWICE, Rule.UNKNOWN}
    assert not [v for v in verdict.violations if v.code in unreadable]
    free_s = part.past.free_s[~part.past.lost]
    now_s = PROBLEMS.heads.now_s(picture)
    assert np.all(np.isnan(free_s) | (free_s >= now_s)) or math.isinf(now_s)
