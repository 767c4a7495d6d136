"""Whom to send: against every choice tried by the plain objective, and where nobody can come."""

import math
from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cover.arrays import CoverInputError
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.mobilising import SUPPORT_FACTOR, MobilisingAdvice, MobilisingChoice, advise_mobilising
from optimiser.cover.problem import CoverProblem
from optimiser.cover.removal import Removal
from optimiser.cover.scene import Scene
from tests.optimiser.cover_oracle import risk_of_places
from tests.optimiser.cover_problems import busy_state, small_problem, synthetic_city


def advise(
    problem: CoverProblem, zone: int, needs: tuple[int, ...], most_later_s: float = 60.0
) -> MobilisingAdvice:
    index = AttendanceIndex.build(problem.attendance_s)
    return advise_mobilising(index, problem, zone, needs, most_later_s=most_later_s)


def risk_without(problem: CoverProblem, gone: tuple[int, ...]) -> float:
    """The plain objective with these unavailable."""
    places = [
        (int(problem.appliance_kind[a]), int(problem.appliance_station[a]))
        for a in range(problem.n_appliances)
        if problem.available[a] and a not in gone
    ]
    return risk_of_places(problem, places)


def keeps_rule(
    problem: CoverProblem, kind: int, near_s: list[float], chosen_s: list[float], d: float
) -> bool:
    """The published rule, written once more: place by place in the order of arrival."""
    standard = problem.standards[kind]
    targets = [standard.first_target_s, standard.second_target_s]
    for place, (near, chosen) in enumerate(zip(sorted(near_s), sorted(chosen_s), strict=True)):
        if place >= 2 and chosen > near + SUPPORT_FACTOR * d:
            return False
        if place < 2 and (chosen > near + d or (near <= targets[place] < chosen)):
            return False
    return True


def chosen_of(choice: MobilisingChoice, kind: int) -> list[float]:
    return [one.attendance_s for one in choice.appliances if one.kind == kind]


def crowd(seed: int) -> tuple[CoverProblem, int, tuple[int, ...], float]:
    """A small region with up to nine appliances, an incident in it, what it needs and what may be traded."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 10))
    base = small_problem(seed)
    n_stations, n_kinds = base.n_stations, base.n_kinds
    problem = small_problem(
        seed,
        appliance_kind=rng.integers(0, n_kinds, n),
        appliance_station=rng.integers(0, n_stations, n),
        home=rng.integers(0, n_stations, n),
        available=rng.random(n) < 0.9,
        locked=rng.random(n) < 0.2,
        forbidden=frozenset(),
    )
    if rng.random() < 0.5:
        # Some come back for the later part of the time.
        back = rng.integers(0, 2, (n_kinds, n_stations))
        problem = replace(problem, scenes=(Scene(0.25, np.zeros_like(back)), Scene(0.75, back)))
    needs = tuple(int(rng.integers(0, 5)) for _ in range(n_kinds))
    return problem, int(rng.integers(problem.n_zones)), needs, float(rng.choice([0.0, 40.0, 60.0, 300.0]))


@given(st.integers(0, 2**31))
@settings(max_examples=250, deadline=None)
def test_nearest_go_and_the_other_choice_is_the_best_that_keeps_the_rule(seed: int) -> None:
    problem, zone, needs, later_s = crowd(seed)
    advice = advise(problem, zone, needs, later_s)
    best = 0.0
    assert advice.risk_before == pytest.approx(risk_without(problem, ()))
    for k, needed in enumerate(needs):
        reach = [
            a
            for a in range(problem.n_appliances)
            if problem.available[a]
            and problem.appliance_kind[a] == k
            and math.isfinite(problem.attendance_s[problem.appliance_station[a], zone])
        ]
        seconds = {a: float(problem.attendance_s[problem.appliance_station[a], zone]) for a in reach}
        n = min(needed, len(reach))
        assert advice.short[k] == needed - n
        near_s = sorted(seconds.values())[:n]
        assert chosen_of(advice.nearest, k) == near_s
        mine = chosen_of(advice.least_cover, k)
        assert keeps_rule(problem, k, near_s, mine, later_s)
        assert (advice.nearest.first_s[k], advice.nearest.second_s[k]) == tuple([*near_s, None, None][:2])
        assert (advice.least_cover.first_s[k], advice.least_cover.second_s[k]) == tuple(
            [*mine, None, None][:2]
        )
        best += min(
            risk_without(problem, choice) - advice.risk_before
            for choice in combinations(reach, n)
            if keeps_rule(problem, k, near_s, [seconds[a] for a in choice], later_s)
        )
    for choice in (advice.nearest, advice.least_cover):
        gone = tuple(one.appliance for one in choice.appliances)
        assert len(set(gone)) == len(gone)
        assert choice.risk_after == pytest.approx(risk_without(problem, gone))
    assert advice.proven
    assert advice.least_cover.risk_after <= advice.nearest.risk_after
    assert advice.least_cover.risk_after - advice.risk_before == pytest.approx(best, abs=1e-6)


@given(st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_what_one_more_removal_costs_is_exact(seed: int) -> None:
    problem, *_ = crowd(seed)
    rng = np.random.default_rng(seed)
    up = [a for a in range(problem.n_appliances) if problem.available[a] and problem.appliance_kind[a] == 0]
    stations = sorted({int(problem.appliance_station[a]) for a in up})[:3]
    leaving = [int(a) for a in rng.permutation(up) if problem.appliance_station[a] in stations]
    if not leaving:
        return
    removal = Removal(AttendanceIndex.build(problem.attendance_s), problem, 0, stations, len(leaving))
    for n, a in enumerate(leaving):
        now = risk_without(problem, tuple(leaving[:n]))
        looked = removal.look()
        for other in leaving[n:]:
            expected = risk_without(problem, (*leaving[:n], other)) - now
            at = stations.index(int(problem.appliance_station[other]))
            assert looked[at] == pytest.approx(expected, abs=1e-6)
        removal.take(stations.index(int(problem.appliance_station[a])))


def test_a_whole_city_is_answered_with_proof_and_never_worse_than_the_nearest() -> None:
    city = synthetic_city(3)
    index = AttendanceIndex.build(city.attendance_s)
    saved = 0.0
    for seed in range(6):
        problem = busy_state(city, seed)
        advice = advise_mobilising(index, problem, 700 * seed, (4,))
        assert advice.proven
        assert advice.least_cover.risk_after <= advice.nearest.risk_after
        assert advice.nearest.risk_after > advice.risk_before
        saved += advice.nearest.risk_after - advice.least_cover.risk_after
    assert saved > 0.0


def test_a_very_large_incident_stops_looking_and_is_still_no_worse() -> None:
    city = synthetic_city(3)
    index = AttendanceIndex.build(city.attendance_s)
    advice = advise_mobilising(index, busy_state(city, 1), 17, (40,))
    assert not advice.proven
    assert len(advice.least_cover.appliances) == 40
    assert advice.least_cover.risk_after <= advice.nearest.risk_after


def line(**changes: object) -> CoverProblem:
    """Three stations in a row, one zone each; two at the first, one at each other."""
    fields: dict[str, object] = {
        "attendance_s": np.array([[60, 200, 400], [200, 60, 200], [400, 200, np.inf]], dtype=np.float32),
        "demand_per_h": np.array([[1.0, 1.0, 1.0]]),
        "standards": small_problem(0).standards[:1],
        "appliance_kind": np.zeros(4, dtype=np.int64),
        "appliance_station": np.array([0, 0, 1, 2]),
        "home": np.array([0, 0, 1, 2]),
        "available": np.ones(4, dtype=bool),
        "locked": np.zeros(4, dtype=bool),
        "move_cost": np.zeros((3, 3)),
        "bays": None,
        "min_cover": None,
        "forbidden": frozenset(),
    }
    return CoverProblem(**(fields | changes))  # type: ignore[arg-type]


def test_an_unlocked_one_goes_first_but_a_locked_one_may_go() -> None:
    locked = np.array([True, False, False, False])
    sent = advise(line(locked=locked), 0, (1,)).nearest.appliances
    assert [one.appliance for one in sent] == [1]
    sent = advise(line(locked=locked), 0, (2,)).nearest.appliances
    assert sorted(one.appliance for one in sent) == [0, 1]


def test_one_on_the_road_leaves_no_ghost_behind() -> None:
    # Appliance 3 is bound for station 2 and counts at station 1 until it is there.
    road = np.array([[0, 1, -1]])
    scenes = (Scene(0.5, road), Scene(0.5, np.zeros_like(road)))
    problem = line(locked=np.array([False, False, False, True]), scenes=scenes)
    advice = advise(problem, 1, (4,))
    assert advice.nearest.risk_after == pytest.approx(3 * (1800 + 900 + 300 + 150 + 150))


def test_nobody_available_and_fewer_than_needed() -> None:
    nobody = advise(line(available=np.zeros(4, dtype=bool)), 0, (3,))
    assert nobody.short == (3,)
    assert nobody.nearest == nobody.least_cover
    assert (nobody.nearest.appliances, nobody.nearest.first_s) == ((), (None,))
    assert nobody.nearest.risk_after == nobody.risk_before
    few = advise(line(), 0, (6,))
    assert few.short == (2,)
    assert len(few.nearest.appliances) == 4


def test_one_that_never_arrives_is_never_sent() -> None:
    advice = advise(line(), 2, (4,))
    assert advice.short == (1,)
    assert {one.station for one in advice.nearest.appliances} == {0, 1}
    cut_off = line(attendance_s=np.array([[60, 200, np.inf]] * 3, dtype=np.float32))
    assert advise(cut_off, 2, (1,)).short == (1,)


def test_nothing_may_be_later_where_no_seconds_may_be_traded() -> None:
    advice = advise(line(), 1, (2,), 0.0)
    assert Counter(chosen_of(advice.least_cover, 0)) == Counter(chosen_of(advice.nearest, 0))


@pytest.mark.parametrize(
    ("zone", "needs", "later_s", "field"),
    [
        (-1, (1,), 60.0, "zone"),
        (3, (1,), 60.0, "zone"),
        (True, (1,), 60.0, "zone"),
        (0, (), 60.0, "needs"),
        (0, (1, 1), 60.0, "needs"),
        (0, (-1,), 60.0, "needs[0]"),
        (0, (1,), -1.0, "most_later_s"),
        (0, (1,), math.inf, "most_later_s"),
    ],
)
def test_bad_input_is_named(zone: int, needs: tuple[int, ...], later_s: float, field: str) -> None:
    with pytest.raises(CoverInputError) as error:
        advise(line(), zone, needs, later_s)
    assert error.value.field == field
