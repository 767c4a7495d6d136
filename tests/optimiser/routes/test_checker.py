"""The checker against hand-made cases of every rule and hand-computed costs.

The hand-made day: depot 0, stops at 1..S, tips behind, 60 s and 100 m a step, service 60 s, tipping 120 s,
one load a stop. With two stops and a tip, "s0 s1 t0" begins at 60, 180 and 300 and is back at 600.
"""

import numpy as np
import pytest

from optimiser.routes.checker import Checker, check, check_round
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem, RouteWeights
from optimiser.routes.replay_tables import starts_outside
from optimiser.routes.verdict import Rule
from tests.optimiser.routes.small_days import day, plan, round_of, with_in_force

INF = np.inf


def found(problem: RouteProblem, *rounds: str, unserved: tuple[int, ...] = ()) -> list[tuple[object, ...]]:
    """The violations as (code, vehicle, position, stop, amount)."""
    verdict = check(problem, plan(*rounds, unserved=unserved))
    assert verdict.feasible == (not verdict.violations)
    assert all(v.code in set(Rule) and v.text for v in verdict.violations)
    return [(v.code, v.vehicle, v.position, v.stop, v.amount) for v in verdict.violations]


def begins(problem: RouteProblem, text: str) -> list[float]:
    times: list[float] = check_round(problem, 0, round_of(text)).sheet.times.begin_s.tolist()
    return times


def one(n_stops: int = 2, **changes: object) -> RouteProblem:
    return day(1, n_stops, **changes)  # type: ignore[arg-type]


def test_the_times_and_sums_of_a_plain_round() -> None:
    verdict = check_round(one(), 0, round_of("s0 s1 t0"))
    sheet = verdict.sheet
    assert verdict.feasible
    assert sheet.times.arrive_s.tolist() == sheet.times.begin_s.tolist() == [60, 180, 300]
    assert sheet.times.finish_s.tolist() == [120, 240, 420]
    assert (sheet.start_s, sheet.finish_s, sheet.drive_s, sheet.dist_m) == (0, 600, 360, 600)
    assert (sheet.service_s, sheet.wait_s, sheet.break_s, sheet.overtime_s) == (240, 0, 0, 0)
    assert sheet.load.tolist() == [2] and sheet.load_after.tolist() == [[1], [2], [0]]
    assert (sheet.stops, sheet.trips, sheet.cost) == (2, 1, 600)


def test_travel_is_read_from_row_to_column() -> None:
    travel_s = [[0, 1, 2, 4], [8, 0, 16, 32], [64, 128, 0, 256], [512, 1024, 2048, 0]]
    sheet = check_round(one(travel_s=travel_s), 0, round_of("s1 s0 t0")).sheet
    assert sheet.drive_s == 2 + 128 + 32 + 512


# Windows and bans.


@pytest.mark.parametrize(
    ("windows", "begin_s"),
    [([(0, 180)], 180), ([(0, 100), (500, 600)], 500), ([(200, 250)], 200), ([(180, 180)], 180)],
)
def test_windows_kept(windows: list[tuple[float, float]], begin_s: float) -> None:
    problem = one(stops={"windows": {1: windows}})
    assert found(problem, "s0 s1 t0") == []
    assert begins(problem, "s0 s1 t0")[1] == begin_s


@pytest.mark.parametrize(("windows", "late_s"), [([(0, 170)], 10), ([(0, 50), (60, 100)], 80)])
def test_window_missed(windows: list[tuple[float, float]], late_s: float) -> None:
    problem = one(stops={"windows": {1: windows}})
    assert found(problem, "s0 s1 t0") == [("window", 0, 1, 1, late_s)]
    assert begins(problem, "s0 s1 t0") == [60, 180, 300]


def test_waiting_is_counted() -> None:
    sheet = check_round(one(stops={"windows": {1: [(200, 250)]}}), 0, round_of("s0 s1 t0")).sheet
    assert (sheet.wait_s, sheet.finish_s) == (20, 620)
    assert sheet.times.arrive_s[1] == 180


@pytest.mark.parametrize(
    ("bans", "begin_s"),
    [
        ([(240, 300)], 180),
        ([(100, 180)], 180),
        ([(239, 300)], 300),
        ([(100, 181)], 181),
        ([(200, 210), (250, 300)], 300),
        ([(200, 210), (270, 300)], 210),
    ],
)
def test_bans_are_waited_for(bans: list[tuple[float, float]], begin_s: float) -> None:
    problem = one(stops={"bans": {1: bans}})
    assert found(problem, "s0 s1 t0") == []
    assert begins(problem, "s0 s1 t0")[1] == begin_s


def test_ban_broken_where_the_window_leaves_no_other_time() -> None:
    stops = {"bans": {1: [(200, 300)]}, "windows": {1: [(0, 250)]}}
    assert found(one(stops=stops), "s0 s1 t0") == [("ban", 0, 1, 1, 40)]
    assert begins(one(stops=stops), "s0 s1 t0")[1] == 180
    stops["windows"] = {1: [(0, 300)]}
    assert found(one(stops=stops), "s0 s1 t0") == []


def test_too_late_and_banned_is_a_missed_window() -> None:
    stops = {"bans": {1: [(100, 500)]}, "windows": {1: [(0, 150)]}}
    assert found(one(stops=stops), "s0 s1 t0") == [("window", 0, 1, 1, 30)]


def test_starts_outside_bans() -> None:
    assert starts_outside([(0, 100)], [(20, 30), (60, 70)], 10) == [(0, 10), (30, 50), (70, 100)]
    assert starts_outside([(0, 100)], [(20, 30)], 0) == [(0, 20), (30, 100)]
    assert starts_outside([(12, 25)], [(20, 30)], 10) == []
    assert starts_outside([(12, 30)], [(20, 30)], 10) == [(30, 30)]
    assert starts_outside([(-INF, INF)], [(-INF, 30)], 10) == [(30, INF)]


# Tips and loads.


def test_tip_hours() -> None:
    assert found(one(tips={"windows": {0: [(0, 290)]}}), "s0 s1 t0") == [("tip_hours", 0, 2, -1, 10)]
    assert found(one(tips={"windows": {0: [(0, 300)]}}), "s0 s1 t0") == []
    assert begins(one(tips={"windows": {0: [(0, 290), (400, 500)]}}), "s0 s1 t0")[2] == 400


def test_capacity() -> None:
    problem = one(fleet={"capacity": 1.5})
    assert found(problem, "s0 s1 t0") == [("capacity", 0, 1, 1, 0.5)]
    assert found(problem, "s0 t0 s1 t0") == []
    assert found(one(fleet={"capacity": 2.0}), "s0 s1 t0") == []


def test_capacity_by_material_and_tips_that_take_one() -> None:
    stops = {"load": [[1, 2], [1, 2]]}
    problem = day(1, 2, 2, 2, fleet={"capacity": [9, 3]}, stops=stops, tips={"takes": [[1, 0], [0, 1]]})
    assert found(problem, "s0 s1 t0 t1") == [("capacity", 0, 1, 1, 1)]
    assert found(problem, "s0 t1 s1 t0 t1") == []
    assert found(problem, "s0 t0 s1 t0 t1") == [("capacity", 0, 2, 1, 1)]
    assert found(problem, "s0 t1 s1 t1") == [("not_emptied", 0, -1, -1, 2)]
    sheet = check_round(problem, 0, round_of("s0 t1 s1 t0 t1")).sheet
    assert sheet.load_after.tolist() == [[1, 2], [1, 0], [2, 2], [0, 2], [0, 0]]
    assert sheet.load.tolist() == [2, 4] and sheet.trips == 3


def test_not_emptied() -> None:
    assert found(one(), "s0 t0 s1") == [("not_emptied", 0, -1, -1, 1)]
    assert found(one(), "t0 s0 s1") == [("not_emptied", 0, -1, -1, 2)]
    assert found(one(stops={"load": 0.0}), "s0 s1") == []


def test_trips() -> None:
    assert found(one(fleet={"max_trips": 1}), "s0 t0 s1 t0") == [("trips", 0, 3, -1, 1)]
    assert found(one(fleet={"max_trips": 1}), "s0 t0 t0 s1 t0") == [("trips", 0, 2, -1, 2)]
    assert found(one(fleet={"max_trips": 2}), "s0 t0 s1 t0") == []


def test_daily_caps() -> None:
    assert found(one(fleet={"daily_stops": 1.0}), "s0 s1 t0") == [("daily_cap", 0, 1, 1, 1)]
    assert found(one(fleet={"daily_stops": 2.0}), "s0 s1 t0") == []
    assert found(one(fleet={"daily_load": 1.5}), "s0 t0 s1 t0") == [("daily_cap", 0, -1, -1, 0.5)]
    assert found(one(fleet={"daily_load": 2.0}), "s0 t0 s1 t0") == []


# The break.


def rested(**changes: float) -> RouteProblem:
    return one(fleet={"break_s": 30.0, "break_latest_s": 500.0} | changes)


def test_break_before_leaving_and_on_arrival() -> None:
    problem = rested(break_earliest_s=100.0)
    assert found(problem, "s0 b s1 t0") == [] == found(problem, "s0 b> s1 t0")
    assert begins(problem, "s0 b s1 t0") == [60, 120, 210, 330]
    assert begins(problem, "s0 b> s1 t0") == [60, 180, 210, 330]
    assert begins(problem, "b s0 s1 t0") == [100, 190, 310, 430]
    assert begins(problem, "b> s0 s1 t0") == [100, 130, 250, 370]
    sheet = check_round(problem, 0, round_of("b> s0 s1 t0")).sheet
    assert (sheet.wait_s, sheet.break_s, sheet.finish_s, sheet.drive_s) == (40, 30, 670, 360)
    assert sheet.times.arrive_s.tolist() == [60, 130, 250, 370]


def test_break_missing_only_where_the_round_is_over_later() -> None:
    assert found(rested(), "s0 s1 t0") == [("break", 0, -1, -1, 0)]
    assert found(rested(break_latest_s=599.0), "s0 s1 t0") == [("break", 0, -1, -1, 0)]
    assert found(rested(break_latest_s=600.0), "s0 s1 t0") == []
    assert found(rested(break_latest_s=600.0), "s0 b s1 t0") == []


def test_break_too_late_twice_or_not_due() -> None:
    assert found(rested(), "s0 s1 t0 b>") == [("break", 0, 3, -1, 100)]
    assert found(rested(break_latest_s=110.0), "s0 b s1 t0") == [("break", 0, 1, -1, 10)]
    assert found(rested(break_latest_s=120.0), "s0 b s1 t0") == []
    assert found(rested(), "s0 b s1 b t0") == [("break", 0, 3, -1, 0)]
    assert found(one(), "s0 b s1 t0") == [("break", 0, 1, -1, 0)]


def test_break_before_the_end_depot() -> None:
    problem = rested(break_latest_s=600.0)
    assert found(problem, "s0 s1 t0 b>") == []
    assert begins(problem, "s0 s1 t0 b>")[3] == 600
    assert check_round(problem, 0, round_of("s0 s1 t0 b>")).sheet.finish_s == 630


# The shift.


def test_shift_and_overtime() -> None:
    fleet = {"shift_end_s": 590.0}
    assert found(one(fleet=fleet), "s0 s1 t0") == [("shift", 0, -1, -1, 10)]
    fleet["max_overtime_s"] = 10.0
    problem = one(fleet=fleet, weights=RouteWeights(per_overtime_s=3.0))
    verdict = check(problem, plan("s0 s1 t0"))
    assert verdict.feasible
    assert (verdict.cost.overtime_s, verdict.cost.overtime, verdict.cost.total) == (10, 30, 630)
    assert begins(one(fleet={"shift_start_s": 1000.0}), "s0 s1 t0") == [1060, 1180, 1300]


def test_start_and_end_may_differ() -> None:
    sheet = check_round(one(fleet={"start": 3, "end": 2}), 0, round_of("s0 s1 t0")).sheet
    assert (sheet.drive_s, sheet.dist_m) == (60 * (2 + 1 + 1 + 1), 500)


# Streets, skills, locks.


def test_skills() -> None:
    assert found(one(fleet={"skills": 1}, stops={"skills": [1, 3]}), "s0 s1 t0") == [("skill", 0, 1, 1, 0)]
    assert found(one(fleet={"skills": 7}, stops={"skills": [1, 3]}), "s0 s1 t0") == []


def test_no_reversing() -> None:
    stops = {"no_reversing": [False, True]}
    assert found(one(fleet={"turns": False}, stops=stops), "s0 s1 t0") == [("reversing", 0, 1, 1, 0)]
    assert found(one(stops=stops), "s0 s1 t0") == []


def test_direction_and_the_two_ends_of_a_street_side() -> None:
    stops = {"entry": [1, 2], "exit": [1, 4], "either_way": [False, True]}
    problem = one(stops=stops, extra_locations=1)
    assert found(problem, "s0 s1< t0") == [] == found(problem, "s0 s1 t0")
    assert check_round(problem, 0, round_of("s0 s1 t0")).sheet.drive_s == 60 * (1 + 1 + 1 + 3)
    assert check_round(problem, 0, round_of("s0 s1< t0")).sheet.drive_s == 60 * (1 + 3 + 1 + 3)
    assert found(problem, "s0< s1 t0") == [("direction", 0, 0, 0, 0)]


def test_locks() -> None:
    problem = day(2, 3, stops={"locked_vehicle": [-1, 1, -1], "locked_position": [-1, -1, 1]})
    assert found(problem, "s0 t0", "s1 t0 s2 t0") == []
    assert found(problem, "s1 t0 s2 t0", "s0 t0") == [("lock_vehicle", 0, 0, 1, 0)]
    assert found(problem, "s0 t0", "s2 s1 t0") == [("lock_position", 1, 0, 2, 0)]
    assert found(problem, "s0 t0 s2 t0", "s1 t0") == []


# Release.


def test_release_holds_the_trip_at_the_depot_or_tip() -> None:
    problem = one(3, stops={"release_s": [-INF, 100, 800]})
    assert found(problem, "s0 s1 t0 s2 t0") == []
    # Leaves at 100: 160, 280, tip at 460 to 580; leaves at 800 for the one step back to stop 2.
    assert begins(problem, "s0 s1 t0 s2 t0") == [160, 280, 460, 860, 980]
    assert check_round(problem, 0, round_of("s0 s1 t0 s2 t0")).sheet.wait_s == 100 + 220
    assert begins(problem, "s0 s2 s1 t0")[0] == 860


def test_a_break_at_the_tip_comes_before_the_wait_for_release() -> None:
    problem = one(stops={"release_s": 300.0}, fleet={"break_s": 200.0})
    assert begins(problem, "b s0 s1 t0")[:2] == [0, 360]
    assert begins(problem, "b> s0 s1 t0")[:2] == [360, 560]


# What is done, and who is lost.


def test_frozen_visits_stay() -> None:
    problem = with_in_force(day(2, 3), plan("s0 s1 t0", "s2 t0"), done=[2, 0])
    assert found(problem, "s0 s1 s2 t0", "") == []
    assert found(problem, "s1 s0 t0", "s2 t0") == [("frozen", 0, 0, 0, 0)]
    assert found(problem, "s0 t0", "s1 s2 t0") == [("frozen", 0, 1, 1, 0)]
    assert found(problem, "", "s0 s1 s2 t0") == [("frozen", 0, 0, 0, 0)]


def test_history_is_not_judged_but_counts() -> None:
    stops = {"windows": {0: [(0, 10)]}, "skills": [1, 0, 0]}
    base = day(1, 3, stops=stops, fleet={"capacity": 2.0})
    problem = with_in_force(base, plan("s0 s1 t0 s2 t0"), done=[1], free_s=[1000.0])
    assert found(problem, "s0 s1 t0 s2 t0") == []
    assert found(problem, "s0 s1 s2 t0") == [("capacity", 0, 2, 2, 1)]
    sheet = check_round(problem, 0, round_of("s0 s1 t0 s2 t0")).sheet
    assert np.isnan(sheet.times.begin_s[0]) and sheet.times.finish_s[0] == 1000
    assert sheet.times.begin_s.tolist()[1:] == [1060, 1240, 1420, 1540]
    assert (sheet.stops, sheet.drive_s, sheet.load.tolist()) == (3, 60 * (1 + 1 + 2 + 1 + 1 + 4), [3])
    judged = with_in_force(base, plan("s0 s1 t0 s2 t0"), done=[1])
    assert [v[0] for v in found(judged, "s0 s1 t0 s2 t0")] == ["window", "skill"]


def test_a_break_or_tip_in_history_counts() -> None:
    base = one(fleet={"break_s": 30.0, "break_latest_s": 500.0, "max_trips": 1})
    problem = with_in_force(base, plan("s0 b s1 t0"), done=[2], free_s=[900.0])
    assert found(problem, "s0 b s1 t0") == []
    assert found(problem, "s0 b s1 b t0") == [("break", 0, 3, -1, 0)]
    tipped = with_in_force(one(fleet={"max_trips": 1}), plan("s0 t0 s1"), done=[2], free_s=[900.0])
    assert found(tipped, "s0 t0 s1 t0") == [("trips", 0, 3, -1, 1)]


def test_a_vehicle_not_yet_gone_leaves_when_it_is_free() -> None:
    problem = with_in_force(one(), plan("s0 s1 t0"), done=[0], free_s=[50.0])
    assert begins(problem, "s0 s1 t0") == [110, 230, 350]
    assert check_round(problem, 0, round_of("s0 s1 t0")).sheet.start_s == 50


def test_a_lost_vehicle_serves_what_is_done_and_no_more() -> None:
    weights = RouteWeights(per_overtime_s=1.0, per_moved_stop=50.0, balance=1.0)
    fleet = {"fixed_cost": 7.0, "shift_end_s": 2_000.0, "break_s": [5.0, 0.0], "break_latest_s": 10.0}
    base = day(2, 3, weights=weights, fleet=fleet)
    of = plan("s0 s1 t0", "s2 t0")
    problem = with_in_force(base, of, done=[1, 0], free_s=[3_000.0, np.nan], lost=[True, False])
    assert found(problem, "s0", "s1 s2 t0") == []
    verdict = check(problem, plan("s0", "s1 s2 t0"))
    # One step out and no way home; two vehicles; no overtime, nothing moved, and no balance of one.
    assert verdict.cost.legs == 100 + 800 and verdict.cost.total == 914
    assert (verdict.cost.moved_stops, verdict.cost.untouched_stops) == (0, 1)
    assert verdict.rounds[0].finish_s == 3_000
    assert found(problem, "s0 s1", "s2 t0") == [("lost", 0, 1, -1, 0)]
    assert found(problem, "s1", "s0 s2 t0") == [("frozen", 0, 0, 0, 0)]
    assert found(with_in_force(base, of, lost=[True, False]), "", "s0 s1 s2 t0") == []


# The plan as a whole.


def test_missing_twice_and_unknown() -> None:
    problem = day(2, 3)
    assert found(problem, "s0 s1 t0", "") == [("missing", -1, -1, 2, 0)]
    assert found(problem, "s0 s1 t0", "", unserved=(2,)) == []
    assert found(problem, "s0 s1 t0", "s2 s1 t0") == [("twice", 1, 1, 1, 0)]
    assert found(problem, "s0 s1 t0", "s2 t0", unserved=(1,)) == [("twice", -1, -1, 1, 0)]
    assert found(problem, "s0 s1 t0", "", unserved=(2, 2)) == [("twice", -1, -1, 2, 0)]
    assert found(problem, "s0 s1 t0", "s2 t0", unserved=(3,)) == [("unknown", -1, -1, -1, 0)]
    assert found(problem, "s0 s1 s7 t0", "s2 t1 t0") == [("unknown", 0, 2, -1, 0), ("unknown", 1, 1, -1, 0)]
    assert found(problem, "s0 s1 s2 t0") == [("unknown", -1, -1, -1, 0)]
    assert found(problem, "s0 s1 s2 t0", "", "t0") == [("unknown", -1, -1, -1, 0)]


def test_numbers_below_zero_are_unknown() -> None:
    visits = (Visit(Kind.STOP, -1), Visit(Kind.TIP, -1), Visit(Kind.BREAK, 2))
    verdict = check(day(1, 0), DayPlan((visits,), (-1,)))
    assert [(v.code, v.position) for v in verdict.violations] == [("unknown", i) for i in (0, 1, 2, -1)]
    assert not verdict.feasible and np.isnan(verdict.rounds[0].times.begin_s).all()


def test_check_round_sees_a_stop_twice_in_the_round() -> None:
    verdict = check_round(one(), 0, round_of("s0 s0 t0"))
    assert [(v.code, v.position, v.stop) for v in verdict.violations] == [("twice", 1, 0)]


def test_everything_wrong_is_listed_in_order() -> None:
    fleet = {"capacity": 0.5, "shift_end_s": 100.0, "max_trips": 0, "turns": False}
    stops = {"windows": {0: [(0, 10)]}, "no_reversing": True, "skills": 1}
    rows = found(one(fleet=fleet, stops=stops), "s0 t0 s1")
    assert sorted(str(row[0]) for row in rows if row[2] == 0) == ["capacity", "reversing", "skill", "window"]
    assert [row[2] for row in rows] == [0] * 4 + [1] + [2] * 3 + [-1] * 2
    assert {row[0] for row in rows if row[2] == -1} == {"shift", "not_emptied"}


def test_a_checker_judges_the_same_round_the_same_again() -> None:
    checker = Checker(one())
    first, again = (checker.check(plan("s0 s1")).violations for _ in range(2))
    assert first == again
    twice = [checker.check_round(0, round_of("s0 s0 t0")).violations for _ in range(2)]
    assert twice[0] == twice[1]


# Cost.


def test_every_part_of_the_cost() -> None:
    weights = RouteWeights(per_drive_s=2.0, per_m=0.5, per_overtime_s=3.0, per_moved_stop=40.0, balance=0.25)
    fleet = {"fixed_cost": [11.0, 13.0, 17.0], "shift_end_s": 500.0, "max_overtime_s": 999.0}
    base = day(3, 4, fleet=fleet, stops={"unserved_cost": [1, 2, 4, 8]}, weights=weights)
    problem = with_in_force(base, plan("s0 s1 t0", "s2 s3 t0", ""), done=[1, 0, 0])
    # The tip is at 5: "s0 s2 t0" drives 10 steps, 600 s, and is back at 840; "s1 t0" is back at 780.
    cost = check(problem, plan("s0 s2 t0", "s1 t0", "", unserved=(3,))).cost
    assert (cost.drive_s, cost.dist_m) == (1200, 2000)
    assert (cost.legs, cost.vehicles, cost.unserved) == (2 * 1200 + 0.5 * 2000, 24, 8)
    assert (cost.overtime_s, cost.overtime) == (340 + 280, 3 * 620)
    assert (cost.moved_stops, cost.untouched_stops, cost.churn, cost.unserved_stops) == (2, 3, 80, 1)
    assert cost.balance == 0.25 * (30 + 30)
    assert cost.total == 3400 + 24 + 8 + 1860 + 80 + 15


def test_an_empty_day_costs_nothing() -> None:
    verdict = check(day(2, 0, 0), plan("", ""))
    assert verdict.feasible and verdict.cost.total == 0
    fleet = {"break_s": 60.0, "break_latest_s": 1.0, "fixed_cost": 9.0, "shift_start_s": 5.0}
    sheet = check(day(1, 0, fleet=fleet), plan("")).rounds[0]
    assert (sheet.start_s, sheet.finish_s, sheet.cost, sheet.stops) == (5, 5, 0, 0)
