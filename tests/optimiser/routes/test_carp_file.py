"""CARP files: what is read, what is refused, and that small ones solved exactly cost what is published."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import check
from optimiser.routes.formats.carp_file import SPARE_VEHICLES, parse_carp, read_carp
from optimiser.routes.formats.instance import Instance
from optimiser.routes.plan import DayPlan, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem
from tests.shared_data import SHARED

CARP = SHARED / "routes" / "carp"
needs_carp = pytest.mark.skipif(not CARP.is_dir(), reason="the published CARP files are not on this machine")

# A square of 0-1-2-3 with a diagonal 0-2 that need not be served, and a second way between 1 and 2.
SQUARE = """4
6
0 1 5 2
1 2 4 3
2 1 9 1
2 3 6 2
3 0 7 2
0 2 1 0
2
5
0
99
"""

Ends = dict[int, tuple[float, tuple[Visit, ...]]]
"""Cheapest cost and visits by the vertex where they end."""


def with_line(number: int, line: str) -> str:
    lines = SQUARE.splitlines()
    lines[number - 1] = line
    return "\n".join(lines)


def trips(problem: RouteProblem) -> dict[int, tuple[float, Round]]:
    """Cheapest trip of every set of stops (as bits) that fits a vehicle, by all orders and directions."""
    stops, dist, depot = problem.stops, problem.dist_m, int(problem.fleet.start[0])
    found: dict[int, tuple[float, Round]] = {}
    layer: dict[int, tuple[float, Ends]] = {0: (0.0, {depot: (0.0, ())})}
    while layer:
        longer: dict[int, tuple[float, Ends]] = {}
        for chosen, (load, ends) in layer.items():
            found[chosen] = min(
                ((cost + float(dist[at, depot]), visits) for at, (cost, visits) in ends.items()),
                key=lambda one: one[0],
            )
            for stop in range(len(stops)):
                more = load + float(stops.load[stop, 0])
                if chosen >> stop & 1 or more > problem.fleet.capacity[0, 0]:
                    continue
                _, reached = longer.setdefault(chosen | 1 << stop, (more, {}))
                for visit, entry, leave in ways_through(problem, stop):
                    cost, visits = min(
                        ((c + float(dist[at, entry]), v) for at, (c, v) in ends.items()),
                        key=lambda one: one[0],
                    )
                    if leave not in reached or cost < reached[leave][0]:
                        reached[leave] = (cost, (*visits, visit))
        layer = longer
    del found[0]
    return found


def ways_through(problem: RouteProblem, stop: int) -> Iterator[tuple[Visit, int, int]]:
    entry, leave = int(problem.stops.entry[stop]), int(problem.stops.exit[stop])
    yield Visit(Kind.STOP, stop), entry, leave
    if problem.stops.either_way[stop]:
        yield Visit(Kind.STOP, stop, True), leave, entry


def cheapest(instance: Instance) -> DayPlan:
    """The best plan there is, over all ways to part the stops into trips."""
    problem = instance.problem
    count = len(problem.stops)
    found = trips(problem)
    chosen = np.array(sorted(found), dtype=np.int64)
    cost = np.array([found[int(one)][0] for one in chosen])
    lowest = [np.flatnonzero((chosen & -chosen) == 1 << stop) for stop in range(count)]
    best = np.full(1 << count, np.inf)
    trip_of = np.zeros(1 << count, dtype=np.int64)
    best[0] = 0.0
    for done in range((1 << count) - 1):
        if best[done] == np.inf:
            continue
        # The next trip is one that holds the first stop not done: every parting is met once.
        first = (~done & (done + 1)).bit_length() - 1
        # Its lower stops are done, so that a trip's lowest stop is the first not done or it does not fit.
        fits = lowest[first][(chosen[lowest[first]] & done) == 0]
        reached, costs = chosen[fits] | done, best[done] + cost[fits]
        better = costs < best[reached]
        best[reached[better]] = costs[better]
        trip_of[reached[better]] = chosen[fits][better]
    rounds: list[Round] = []
    left = (1 << count) - 1
    while left:
        rounds.append((*found[int(trip_of[left])][1], Visit(Kind.TIP, 0)))
        left ^= int(trip_of[left])
    spare = len(problem.fleet) - len(rounds)
    assert spare >= 0
    return DayPlan((*rounds, *(((),) * spare)))


def test_a_file_becomes_stops_with_two_ends() -> None:
    instance = read_carp(SQUARE, "square")
    problem = instance.problem
    assert problem.stops.ids == ("0-1", "1-2", "2-1", "2-3", "3-0")
    assert problem.stops.load[:, 0].tolist() == [2, 3, 1, 2, 2]
    assert problem.stops.either_way.all()
    assert instance.cost_fixed == 5 + 4 + 9 + 6 + 7
    assert instance.best_known == 99
    assert len(problem.fleet) == 2 + SPARE_VEHICLES
    # By the diagonal, by the cheaper of two parallel edges, and never dearer than an edge itself.
    assert problem.dist_m.tolist() == [[0, 5, 1, 7], [5, 0, 4, 10], [1, 4, 0, 6], [7, 10, 6, 0]]


def test_the_square_solved_by_hand() -> None:
    instance = read_carp(SQUARE, "square")
    verdict = check(instance.problem, cheapest(instance))
    assert verdict.feasible
    # 0-1-2 and home by the diagonal (1); 2-1, 2-3 and 3-0, begun at 1, so that it is 5 to get there.
    assert instance.cost_of(verdict) == 31 + 1 + 5


def test_an_edge_that_costs_nothing_is_still_a_way() -> None:
    instance = read_carp(with_line(8, "0 2 0 0"), "square")
    assert instance.problem.dist_m.tolist() == [[0, 4, 0, 6], [4, 0, 4, 10], [0, 4, 0, 6], [6, 10, 6, 0]]


def test_more_vehicles_than_named_where_the_load_needs_them() -> None:
    assert len(read_carp(with_line(9, "1"), "square").problem.fleet) == 2 + SPARE_VEHICLES


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "file"),
        ("4\n6\n0 1 5 2\n", "file"),
        (SQUARE + "1\n", "file"),
        (with_line(1, "0"), "line 1, number of vertices"),
        (with_line(1, "NOMBRE : gdb1"), "line 1, number of vertices"),
        (with_line(2, "1000000000"), "line 2, number of edges"),
        (with_line(3, "0 4 5 2"), "line 3, to"),
        (with_line(3, "0 1 5"), "line 3"),
        (with_line(3, "0 1 -5 2"), "line 3, cost"),
        (with_line(3, "0 1 5 2.5"), "line 3, demand"),
        (with_line(3, "0 1 1_0 2"), "line 3, cost"),
        (with_line(3, "0 1 " + "9" * 5000 + " 2"), "line 3, cost"),
        (with_line(9, "0"), "line 9, number of vehicles"),
        (with_line(10, "2"), "demand"),
        (with_line(10, "nan"), "line 10, capacity"),
        (with_line(11, "100"), "lower bound"),
        ("3\n1\n1 2 5 2\n2\n5\n0\n9\n", "edges"),
        ("2\n1\n0 1 5 0\n2\n5\n0\n9\n", "demand"),
    ],
)
def test_a_bad_file_is_refused_by_name(text: str, field: str) -> None:
    with pytest.raises(RouteInputError) as caught:
        read_carp(text, "bad")
    assert caught.value.field == field


def test_a_vertex_nobody_has_to_reach_may_be_cut_off() -> None:
    problem = read_carp("4\n2\n0 1 5 2\n2 3 5 0\n1\n5\n0\n10\n", "cut off").problem
    assert np.isfinite(problem.dist_m).all()


@needs_carp
def test_every_published_file_is_read() -> None:
    paths = sorted(CARP.glob("*.dat"))
    assert len(paths) == 63
    for path in paths:
        instance = read_carp(path.read_text(), path.stem)
        read = parse_carp(path.read_text())
        assert instance.best_known == read.upper == read.lower
        assert len(instance.problem.stops) == len(read.edges)
        # What is published is more than serving alone, and less than a trip for each edge.
        assert instance.cost_fixed < read.lower
        depot = instance.problem.dist_m[0]
        each = depot[instance.problem.stops.entry] + depot[instance.problem.stops.exit]
        assert read.upper <= instance.cost_fixed + each.sum()


@needs_carp
@pytest.mark.parametrize("name", ["gdb19", "kshs1", "kshs3", "kshs4", "kshs6"])
def test_solved_exactly_it_costs_what_is_published(name: str) -> None:
    assert_published_cost(CARP / f"{name}.dat")


@needs_carp
@pytest.mark.slow
@pytest.mark.parametrize("name", ["gdb4", "kshs2", "kshs5"])
def test_larger_ones_solved_exactly_cost_what_is_published(name: str) -> None:
    assert_published_cost(CARP / f"{name}.dat")


def assert_published_cost(path: Path) -> None:
    instance = read_carp(path.read_text(), path.stem)
    verdict = check(instance.problem, cheapest(instance))
    assert verdict.violations == ()
    assert instance.cost_of(verdict) == instance.best_known
