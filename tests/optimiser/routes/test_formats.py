"""Published route instances: small texts read by hand, and every published solution costed once more."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import check
from optimiser.routes.formats.kim_file import LUNCH_START_S, M_PER_FT, M_PER_MILE, read_kim
from optimiser.routes.formats.vrplib_file import read_vrplib
from optimiser.routes.formats.vrplib_solution import read_vrplib_solution
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, DayPlan, Kind, Visit
from tests.shared_data import SHARED

ROUTES = SHARED / "routes"
needs_routes = pytest.mark.skipif(not ROUTES.is_dir(), reason="the real route data is not on this machine")
TIP = Visit(Kind.TIP, 0)

CVRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 1 1
3 0 2
4 3 0
DEMAND_SECTION
1 0
2 4
3 6
4 5
DEPOT_SECTION
1
-1
EOF
"""

MULTI_TRIP = """NAME: multi
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 3
VEHICLES: 2
CAPACITY: 5
SERVICE_TIME: 9
NODE_COORD_SECTION
1 0 0
2 1 1
3 0 2
DEMAND_SECTION
1 0
2 4
3 5
TIME_WINDOW_SECTION
1 0 100
2 0 20
3 15 30
RELEASE_TIME_SECTION
1 0
2 0
3 14.5
VEHICLES_RELOAD_DEPOT_SECTION
1 1
2
DEPOT_SECTION
1
EOF
"""

KIM = """280.0 \t\t// vehicle capacity (yards), real number
400.0\t\t// total yardage allowed for a vehicle per day, real number
500\t\t// total number of regular stops for a vehicle allowed per day
3600\t\t// lunch time duration in second, lunch time should start between 11:00am and 12:00 pm
40\t\t// speed: MPH
Stop_ID\tX(feet)\tY(feet)\tEarly\tLate\tService\tLoad\t"Stop_Type"
0   1215029.00   3461398.00  0400 1500 0  9999.00 0
7   1208344.00   3469904.00  0730 2400 180    12.00 1
1   1229125.00   3460107.00  0000 2400 1600  9999.00 2
8   1214253.00   3472668.00  0000 700 30     4.50 1
"""


def test_distances_of_cvrp_are_rounded_to_the_nearest() -> None:
    instance = read_vrplib(CVRP)
    problem = instance.problem
    assert (instance.name, instance.kind) == ("tiny", "cvrp")
    # From the depot: sqrt(2), 2, 3; between clients 1 and 2: sqrt(2); 1 and 3: sqrt(5); 2 and 3: sqrt(13).
    assert problem.dist_m.tolist() == [[0, 1, 2, 3], [1, 0, 1, 2], [2, 1, 0, 4], [3, 2, 4, 0]]
    assert problem.stops.ids == ("1", "2", "3")
    assert problem.stops.load[:, 0].tolist() == [4, 6, 5]
    # 15 need two vehicles of 10; 30 % of two, rounded up, and two more to spare.
    assert len(problem.fleet) == 2 + 1 + 2
    assert problem.fleet.max_trips.tolist() == [1] * 5
    solution = read_vrplib_solution("Route #1: 1 2\nRoute #2: 3\nCost 10\n", instance)
    verdict = check(problem, solution.plan)
    assert verdict.feasible
    assert instance.cost_of(verdict) == solution.cost == (1 + 1 + 2) + (3 + 3)


def test_multi_trip_distances_and_times_are_truncated_tenths() -> None:
    instance = read_vrplib(MULTI_TRIP)
    problem, stops = instance.problem, instance.problem.stops
    assert problem.travel_s.tolist() == [[0, 14, 20], [14, 0, 14], [20, 14, 0]]
    assert stops.service_s.tolist() == [90, 90]
    assert stops.release_s.tolist() == [0, 145]
    assert (stops.window_open_s[:, 0].tolist(), stops.window_close_s[:, 0].tolist()) == ([0, 150], [200, 300])
    assert (problem.fleet.shift_start_s[0], problem.fleet.shift_end_s[0]) == (0, 1000)
    assert problem.fleet.max_trips.tolist() == [2, 1]  # only the first may reload
    solution = read_vrplib_solution("Route #1: 1 0 2\nCost: 68\n", instance)
    assert solution.plan.rounds == (
        (Visit(Kind.STOP, 0), TIP, Visit(Kind.STOP, 1), TIP),
        (),
    )
    verdict = check(problem, solution.plan)
    assert verdict.feasible
    assert instance.cost_of(verdict) == solution.cost
    # Back at 14 + 90 + 14, but the second trip waits there for its release.
    assert verdict.rounds[0].times.arrive_s[2] == 145 + 20


def test_clients_in_no_route_are_unserved() -> None:
    instance = read_vrplib(CVRP)
    assert read_vrplib_solution("Route #1: 3\nCost 6\n", instance).plan.unserved == (0, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("TYPE : CVRP", "TYPE : TSP"), "TYPE"),
        (("CAPACITY : 10", "CAPACITY : none"), "CAPACITY"),
        (("CAPACITY : 10", "CAPACITY : 10\nDISTANCE : 100"), "DISTANCE"),
        (("2 4\n", "2 x\n"), "DEMAND"),
        (("DEPOT_SECTION\n1", "DEPOT_SECTION\n2"), "DEPOT_SECTION"),
        (("DIMENSION : 4", "DIMENSION : 5"), "DIMENSION"),
        (("4 5\n", ""), "DEMAND"),
        (("4 3 0\nDEM", "4 3\nDEM"), "VRPLIB file"),
    ],
)
def test_what_is_wrong_in_vrplib_is_named(change: tuple[str, str], field: str) -> None:
    assert change[0] in CVRP
    with pytest.raises(RouteInputError) as caught:
        read_vrplib(CVRP.replace(*change))
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["", "Route #1: 1\n", "Route #1: 9\nCost 1\n", "Route #1: x\nCost 1\n"])
def test_what_is_no_solution_is_refused(text: str) -> None:
    with pytest.raises(RouteInputError):
        read_vrplib_solution(text, read_vrplib(CVRP))


def test_kims_files_are_read_in_feet_miles_and_clock_times() -> None:
    instance = read_kim(KIM, "two")
    problem, fleet = instance.problem, instance.problem.fleet
    assert instance.location_ids == ("0", "1", "7", "8")
    # The description's own example: 15,387 feet, 2.914 miles, 262.3 seconds.
    assert problem.dist_m[0, 1] / M_PER_FT == pytest.approx(15387)
    assert problem.dist_m[0, 1] / M_PER_MILE == pytest.approx(2.914, abs=5e-4)
    assert problem.travel_s[0, 1] == pytest.approx(262.3, abs=0.05)
    assert problem.stops.ids == ("7", "8")
    assert problem.stops.window_open_s[:, 0].tolist() == [7.5 * 3600, 0]
    assert problem.stops.window_close_s[:, 0].tolist() == [24 * 3600, 7 * 3600]
    assert problem.stops.load[:, 0].tolist() == [12, 4.5]
    assert (problem.tips.ids, problem.tips.service_s.tolist()) == (("1",), [1600])
    assert (fleet.shift_start_s[0], fleet.shift_end_s[0]) == (4 * 3600, 15 * 3600)
    assert (fleet.capacity[0, 0], fleet.daily_load[0, 0], fleet.daily_stops[0]) == (280, 400, 500)
    assert (fleet.break_s[0], fleet.break_earliest_s[0], fleet.break_latest_s[0]) == (3600, *LUNCH_START_S)


def test_a_round_of_kims_must_be_emptied_and_costs_miles() -> None:
    instance = read_kim(KIM)
    first, second = Visit(Kind.STOP, 1), Visit(Kind.STOP, 0)
    others = ((),) * (len(instance.problem.fleet) - 1)
    verdict = check(instance.problem, DayPlan(((first, second, TIP), *others)))
    assert verdict.feasible  # back long before lunch is due
    feet = (776 + 11270) + (5909 + 2764) + (20781 + 9797) + (14096 + 1291)
    assert instance.cost_of(verdict) == pytest.approx(feet / 5280)
    lunch = Visit(Kind.BREAK, BREAK_BEFORE_LEAVING)
    assert check(instance.problem, DayPlan(((first, second, lunch, TIP), *others))).feasible
    assert not check(instance.problem, DayPlan(((first, second), *others))).feasible


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("280.0 ", "x "), "line 1"),
        (("40\t", "0\t"), "line 5"),
        (("0730", "0760"), "line 8"),
        (("12.00 1", "12.00 5"), "line 8"),
        (("12.00 1", "12.00"), "line 8"),
        (("180 ", "18o "), "line 8"),
        (("9999.00 2", "9999.00 1"), "Stop_Type"),
        (("Stop_ID", "ID"), "Kim file"),
    ],
)
def test_what_is_wrong_in_kims_files_is_named(change: tuple[str, str], field: str) -> None:
    assert change[0] in KIM
    with pytest.raises(RouteInputError) as caught:
        read_kim(KIM.replace(*change))
    assert caught.value.field == field


def published(kind: str) -> list[Path]:
    return sorted((ROUTES / kind).glob("*.vrp"))


@pytest.mark.real_data
@needs_routes
@pytest.mark.parametrize("kind", ["cvrp", "vrptw", "mtvrptwr"])
def test_every_published_solution_is_feasible_and_costs_what_is_published(kind: str) -> None:
    files = published(kind)
    assert len(files) == {"cvrp": 3, "vrptw": 3, "mtvrptwr": 29}[kind]
    for file in files:
        instance = read_vrplib(file.read_text())
        solution = read_vrplib_solution(file.with_suffix(".sol").read_text(), instance)
        verdict = check(instance.problem, solution.plan)
        assert (instance.name, instance.kind) == (file.stem, kind)
        assert verdict.violations == (), file.name
        assert solution.plan.unserved == ()
        assert instance.cost_of(verdict) == solution.cost, file.name


@pytest.mark.real_data
@needs_routes
def test_kims_published_instances_have_the_figures_of_their_table() -> None:
    # Sites (depot, tips and stops), then capacity, daily load, daily stops and opening hours.
    table = {
        102: (280, 400, 500, 11),
        277: (200, 2200, 500, 9),
        444: (200, 400, 500, 9),
        804: (280, 10000, 500, 11),
    }
    for n_sites, row in table.items():
        instance = read_kim((ROUTES / "kim" / f"{n_sites}_stop.txt").read_text(), str(n_sites))
        problem, fleet = instance.problem, instance.problem.fleet
        assert len(problem.travel_s) == 1 + len(problem.stops) + len(problem.tips)
        assert len(problem.travel_s) in (n_sites, n_sites + 1)
        hours = (fleet.shift_end_s[0] - fleet.shift_start_s[0]) / 3600
        assert (fleet.capacity[0, 0], fleet.daily_load[0, 0], fleet.daily_stops[0], hours) == row
        assert len(fleet) * fleet.daily_load[0, 0] >= 1.3 * problem.stops.load.sum()
        assert len(fleet) <= 20


def test_costs_of_nothing_served() -> None:
    for instance in (read_vrplib(CVRP), read_vrplib(MULTI_TRIP), read_kim(KIM)):
        assert instance.must_serve_all
        assert np.isfinite(instance.problem.stops.unserved_cost).all()
        native = dataclasses.replace(instance, kind="native", cost_per_m=None)
        nothing = DayPlan(((),) * len(instance.problem.fleet), tuple(range(len(instance.problem.stops))))
        verdict = check(instance.problem, nothing)
        assert instance.cost_of(verdict) == 0
        assert math.isclose(native.cost_of(verdict), verdict.cost.unserved)
