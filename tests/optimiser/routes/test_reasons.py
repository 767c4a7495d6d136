"""Why a stop cannot be served: every rule as the obstacle, two at once, and agreement with the insertion.

The hand-made day: stops at 1..4 and the tip at 5, 60 s a step; "s0 s1 s2 t0" is back at 900, and with the
fourth stop on its way at 960.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.day_state import DayState
from optimiser.routes.kernel_insert import place_in
from optimiser.routes.kernel_random import new_dice
from optimiser.routes.model import build_model
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.reasons import Reason, Reasons, why_not
from optimiser.routes.verdict import Rule
from tests.optimiser.routes.random_days import feasible_plan, random_day, random_plan
from tests.optimiser.routes.small_days import day, plan, with_in_force

TIGHT = {"shift_end_s": 960.0}
ROUND = plan("s0 s1 s2 t0", unserved=(3,))


def sets(problem: RouteProblem, of: DayPlan = ROUND, stop: int = 3, vehicle: int = 0) -> Any:
    reasons = why_not(problem, of, stop)
    assert reasons.text and all(one.text for one in reasons.vehicles)
    assert [one.vehicle for one in reasons.vehicles] == list(range(len(problem.fleet)))
    return set(reasons.vehicles[vehicle].sets)


LONG = [60.0, 60.0, 60.0, 60.0, 60.0, 300.0]


def row(value: float, other: float = 0.0) -> list[float]:
    """The value for the fourth stop."""
    return [other, other, other, value]


ONE_WAY = {"entry": [1, 2, 3, 6], "exit": [1, 2, 3, 4]}
CASES: list[tuple[dict[str, Any], set[tuple[str, ...]]]] = [
    ({"fleet": {"capacity": 3.0, "max_trips": 1, **TIGHT}}, {("capacity",)}),
    ({"fleet": {"capacity": 3.0, **TIGHT}}, {("capacity",), ("shift",)}),
    ({"fleet": {"capacity": 3.0, "max_trips": 1}}, {("capacity",), ("trips",)}),
    ({"fleet": {"capacity": 0.5}, "stops": {"load": [[0], [0], [0], [1]]}}, {("capacity",)}),
    ({"stops": {"windows": {3: [(0, 50)]}}}, {("window",)}),
    ({"stops": {"windows": {3: [(40_000, 50_000)]}}}, {("window",), ("shift",)}),
    ({"stops": {"windows": {3: [(0, 35_000)]}, "bans": {3: [(0, 36_000)]}}}, {("ban",)}),
    ({"fleet": {"shift_end_s": 950.0}}, {("shift",)}),
    ({"stops": {"skills": row(1)}}, {("skill",)}),
    ({"fleet": {"turns": False}, "stops": {"no_reversing": [False] * 3 + [True]}}, {("reversing",)}),
    ({"stops": {"locked_position": [0, -1, -1, 0]}}, {("lock_position",)}),
    ({"stops": {"locked_position": [-1, -1, -1, 4]}}, {("lock_position",)}),
    ({"fleet": TIGHT, "stops": ONE_WAY, "extra_locations": 1}, {("direction",), ("shift",)}),
    ({"tips": {"windows": {0: [(0, 480)]}}}, {("tip_hours",)}),
    ({"fleet": {"daily_stops": 3.0}}, {("daily_cap",)}),
    ({"fleet": {"daily_load": 3.5}}, {("daily_cap",)}),
    ({"fleet": TIGHT, "stops": {"release_s": row(500.0, -np.inf)}}, {("release",), ("shift",)}),
    (
        {
            "fleet": {"break_s": 600.0, "break_earliest_s": 400.0, "break_latest_s": 470.0},
            "stops": {"windows": {3: [(420, 420)]}},
        },
        {("break",), ("window",)},
    ),
    # Two at once.
    ({"fleet": {"shift_end_s": 950.0}, "stops": {"skills": row(1)}}, {("skill", "shift")}),
    (
        {"fleet": {"capacity": 3.0, "max_trips": 1, **TIGHT}, "stops": {"windows": {3: [(0, 50)]}}},
        {("window", "capacity")},
    ),
    ({"fleet": {"daily_stops": 3.0}, "tips": {"windows": {0: [(0, 480)]}}}, {("tip_hours", "daily_cap")}),
    # Three.
    (
        {
            "fleet": {"capacity": 3.0, "daily_stops": 3.0, "max_trips": 1, **TIGHT},
            "stops": {"windows": {3: [(0, 50)]}},
        },
        {("window", "capacity", "daily_cap")},
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_the_rules_that_keep_it_out(changes: dict[str, Any], expected: set[tuple[str, ...]]) -> None:
    assert sets(day(1, 4, **changes)) == expected
    assert not why_not(day(1, 4, **changes), ROUND, 3).servable


def test_the_window_of_another_stop() -> None:
    """The first stop fits only before the second, which is due just when it is reached now."""
    problem = day(1, 4, fleet=TIGHT, stops={"windows": {1: [(0, 120)]}})
    reasons = why_not(problem, plan("s1 s2 s3 t0", unserved=(0,)), 0)
    assert set(reasons.vehicles[0].sets) == {("window",), ("shift",)}
    assert "another stop" in reasons.text


def test_the_ban_at_another_stop() -> None:
    problem = day(1, 4, fleet=TIGHT, stops={"bans": {1: [(180, 2_000)]}})
    assert sets(problem, plan("s1 s2 s3 t0", unserved=(0,)), 0) == {("ban",), ("shift",)}


def test_a_vehicle_locked_out_and_one_lost() -> None:
    problem = day(2, 4, stops={"locked_vehicle": [-1, -1, -1, 1]})
    problem = with_in_force(problem, plan("s0 s1 s2 t0", "", unserved=(3,)), lost=[False, True])
    assert problem.in_force is not None
    of = problem.in_force.plan
    assert sets(problem, of) == {("lock_vehicle",)}
    assert sets(problem, of, vehicle=1) == {("lost",)}


def test_it_is_dearer_than_leaving_it() -> None:
    problem = day(1, 4, stops={"unserved_cost": 700.0})
    of = plan("", unserved=(0, 1, 2, 3))
    reason = why_not(problem, of, 3).vehicles[0]
    assert (reason.sets, reason.cost_added) == ((("price",),), 1000.0)


def test_balance_and_churn_are_in_the_price() -> None:
    problem = day(2, 4, stops={"unserved_cost": 100.0})
    problem = with_in_force(problem, plan("s0 s1 s2 t0", "s3 t0"))
    of = plan("s0 s1 s2 t0", "", unserved=(3,))
    assert why_not(problem, of, 3).vehicles[0].codes == ()
    assert why_not(problem, of, 3).vehicles[0].cost_added == 0


def test_it_can_be_served() -> None:
    reasons = why_not(day(1, 4), ROUND, 3)
    assert reasons.servable and reasons.vehicles[0].sets == ((),)
    assert "can be served" in reasons.text


def test_a_round_that_breaks_rules_already() -> None:
    assert sets(day(1, 4), plan("s0 s1 s2", unserved=(3,))) == {("round",)}
    # One that comes back late is to be mended by its shift.
    assert sets(day(1, 4, fleet={"shift_end_s": 800.0})) == {("shift",)}


def test_a_material_that_is_not_carried() -> None:
    problem = day(
        1, 2, n_tips=2, materials=2, fleet={"capacity": [9, 0]}, stops={"load": [[1, 0], [1, 1]]},
        tips={"takes": [[True, False], [False, True]]},
    )  # fmt: skip
    reasons = why_not(problem, plan("s0 t0", unserved=(1,)), 1)
    assert reasons.vehicles[0].sets == (("capacity",),)
    assert "does not carry" in reasons.text


def test_what_is_done_stays() -> None:
    """With the round driven to its third stop, what is to be before it cannot be."""
    problem = day(1, 4, fleet=TIGHT)
    of = plan("s1 s2 s3 t0", unserved=(0,))
    assert sets(problem, of, 0) == {()}
    assert sets(with_in_force(problem, of, done=[2]), of, 0) == {("shift",)}


def test_words_name_vehicle_stop_and_time() -> None:
    text = why_not(day(1, 4, fleet={"shift_end_s": 900.0}), ROUND, 3).text
    assert text == (
        "S3 cannot be served: 1 vehicle: shift "
        "(V0 would be back 1 min after 00:15, the latest its shift and overtime allow)"
    )


def test_the_nearest_miss_is_named() -> None:
    problem = day(3, 6, fleet={"shift_end_s": [1080.0, 1290.0, 1000.0]}, stops={"service_s": LONG})
    text = why_not(problem, plan("s0 s1 t0", "s2 s3 t0", "", unserved=(4, 5)), 5).text
    assert text.count("V1") == 1 and "V0" not in text and "3 vehicles" in text


@pytest.mark.parametrize("stop", [-1, 4, 0])
def test_a_stop_that_is_none_or_is_served(stop: int) -> None:
    with pytest.raises(RouteInputError, match="stop"):
        why_not(day(1, 4), ROUND, stop)


def test_codes_are_those_of_the_checker() -> None:
    own = {Reason.PRICE, Reason.RELEASE, Reason.ROUND}
    assert {code.value for code in set(Reason) - own} <= {code.value for code in Rule}


def fits(problem: RouteProblem, of: DayPlan, stop: int, vehicle: int) -> bool:
    """What the solvers' insertion says in the whole day."""
    state = DayState(problem, build_model(problem), of)
    return bool(place_in(state.model_ref, state.ref, stop, vehicle, np.inf, 0.0, new_dice(1))[1] >= 0)


def agreed(problem: RouteProblem, of: DayPlan, reasons: Reasons, sound: bool) -> None:
    for one in reasons.vehicles:
        assert one.sets and one.text
        can = one.codes in ((), ("price",))
        assert not sound or can == fits(problem, of, reasons.stop, one.vehicle)
        assert can == bool(one.cost_added == one.cost_added)
        assert all(code in set(Reason) for codes in one.sets for code in codes)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.booleans())
def test_there_is_a_reason_wherever_nothing_fits(seed: int, sound: bool) -> None:
    problem = random_day(seed, in_force="feasible" if sound else "random")
    of = feasible_plan(problem, seed, 2) if sound else random_plan(problem, seed)
    past = problem.in_force
    done: set[int] = set()
    if past is not None:
        prefixes = tuple(r[:d] for r, d in zip(past.plan.rounds, past.done.tolist(), strict=True))
        done = set(DayPlan(prefixes).vehicle_of())
    for stop in of.unserved[:2]:
        if stop not in done:
            agreed(problem, of, why_not(problem, of, stop), sound)
