"""Relaxations: each kind by hand, the least that does, and every one accepted by the checker."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.change_price import SCALE, minute_cost, price_min
from optimiser.routes.checker import check
from optimiser.routes.day_change import Change, ChangeKind, change_words, changed_day
from optimiser.routes.obstacle_search import fewest
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem, RouteWeights
from optimiser.routes.relaxation import Relaxation, cheapest_relaxation
from optimiser.routes.round_trial import LOAD_STEPS
from tests.optimiser.routes.random_days import feasible_plan, random_day
from tests.optimiser.routes.small_days import day, plan, with_in_force
from tests.optimiser.routes.test_reasons import LONG, ONE_WAY, ROUND, TIGHT, fits, row

UNSIZED = {
    ChangeKind.LIFT_BAN,
    ChangeKind.UNLOCK_VEHICLE,
    ChangeKind.UNLOCK_POSITION,
    ChangeKind.SKILL,
    ChangeKind.PRIORITY,
}


def less(problem: RouteProblem, stop: int, change: Change) -> Change | None:
    """A step less of a change; None for none of it."""
    if change.kind in UNSIZED:
        return None
    step = 60.0
    if change.kind in (ChangeKind.CAPACITY, ChangeKind.DAILY_LOAD):
        step = float(problem.stops.load[stop, change.material]) / LOAD_STEPS
    elif change.kind in (ChangeKind.TRIP, ChangeKind.DAILY_STOPS):
        step = 1.0
    return replace(change, amount=change.amount - step) if change.amount > 1.5 * step else None


def shown(problem: RouteProblem, of: DayPlan, stop: int, offer: Relaxation) -> None:
    """The offer does what it says, and a step less of any of its changes does not."""
    before, after = check(problem, of), check(offer.problem, offer.plan)
    assert after.feasible
    assert stop not in offer.plan.unserved
    server = offer.plan.vehicle_of()
    assert server[stop] == offer.vehicle
    assert all(server[other] == vehicle for other, vehicle in of.vehicle_of().items())
    price = float(problem.stops.unserved_cost[stop])
    assert after.cost.total - before.cost.total == pytest.approx(offer.cost_added - price, abs=1e-6)
    assert offer.price_min >= 0 and (offer.text or not offer.changes)
    sized = [one for one in offer.changes if one.kind != ChangeKind.PRIORITY]
    assert (offer.cost_added > price) == (len(sized) < len(offer.changes))
    for n, change in enumerate(sized):
        smaller = less(problem, stop, change)
        changes = [*sized[:n], *([] if smaller is None else [smaller]), *sized[n + 1 :]]
        assert not fits(changed_day(problem, changes), of, stop, offer.vehicle)


def kinds(problem: RouteProblem, of: DayPlan = ROUND, stop: int = 3, most: int = 9) -> dict[str, Relaxation]:
    offers = cheapest_relaxation(problem, of, stop, most)
    for offer in offers:
        shown(problem, of, stop, offer)
    assert [one.price_min for one in offers] == sorted(one.price_min for one in offers)
    return {"+".join(change.kind for change in one.changes): one for one in offers}


BREAK = {
    "fleet": {"break_s": 600.0, "break_earliest_s": 400.0, "break_latest_s": 470.0, "shift_end_s": 1_560.0},
    "stops": {"windows": {3: [(420, 420)]}},
}
CASES: list[tuple[dict[str, Any], dict[str, float]]] = [
    # Amounts are whole minutes, or hundredths of the load.
    ({"fleet": {"capacity": 3.5, **TIGHT}}, {"capacity": 0.5}),
    ({"fleet": {"capacity": 3.0, "max_trips": 1}}, {"capacity": 1.0, "trip": 1.0}),
    ({"stops": {"windows": {3: [(0, 50)]}}}, {"window_later": 240.0}),
    ({"stops": {"windows": {3: [(0, 50), (200, 210)]}}}, {"window_later": 60.0}),
    ({"fleet": TIGHT, "stops": {"windows": {3: [(500, 600)]}}}, {"window_earlier": 120.0, "overtime": 120.0}),
    ({"stops": {"windows": {3: [(0, 35_000)]}, "bans": {3: [(0, 36_000)]}}}, {"lift_ban": 0.0}),
    ({"fleet": {"shift_end_s": 899.0}}, {"overtime": 120.0}),
    ({"stops": {"skills": row(6)}, "fleet": {"skills": 2}}, {"skill": 4.0}),
    ({"stops": {"locked_position": [0, -1, -1, 0]}}, {"unlock_position": 0.0}),
    ({"fleet": TIGHT, "stops": ONE_WAY, "extra_locations": 1}, {"overtime": 120.0}),
    ({"tips": {"windows": {0: [(0, 480)]}}}, {"tip_later": 60.0}),
    ({"fleet": TIGHT, "tips": {"windows": {0: [(600, 900)]}}}, {"tip_earlier": 60.0, "overtime": 60.0}),
    ({"fleet": {"daily_stops": 3.0}}, {"daily_stops": 1.0}),
    ({"fleet": {"daily_load": 3.25}}, {"daily_load": 0.75}),
    (
        {"fleet": TIGHT, "stops": {"release_s": row(500.0, -np.inf)}},
        {"release_earlier": 540.0, "overtime": 240.0},
    ),
    (BREAK, {"break_later": 60.0}),
    ({"fleet": {"turns": False}, "stops": {"no_reversing": [False] * 3 + [True]}}, {}),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_the_least_of_each_kind(changes: dict[str, Any], expected: dict[str, float]) -> None:
    offers = kinds(day(1, 4, **changes))
    sizes = {name: one.changes[0].amount for name, one in offers.items() if len(one.changes) == 1}
    for name, amount in expected.items():
        assert sizes[name] == pytest.approx(amount), (name, offers[name].text)
    assert bool(sizes) == bool(expected)


def test_two_rules_at_once() -> None:
    offers = kinds(day(1, 4, fleet={"shift_end_s": 950.0}, stops={"skills": row(1)}))
    assert list(offers) == ["skill+overtime"]
    changes = offers["skill+overtime"].changes
    assert [one.amount for one in changes] == [1.0, 60.0]
    assert offers["skill+overtime"].price_min == 60.0 + 1.5


def test_unlocked_from_its_vehicle() -> None:
    problem = day(2, 4, stops={"locked_vehicle": [-1, -1, -1, 1]})
    of = plan("s0 s1 s2 t0", "", unserved=(3,))
    problem = with_in_force(problem, of, lost=[False, True])
    assert list(kinds(problem, of)) == ["unlock_vehicle"]


def test_the_window_of_another_stop() -> None:
    problem = day(1, 4, fleet=TIGHT, stops={"windows": {1: [(0, 120)]}})
    offers = kinds(problem, plan("s1 s2 s3 t0", unserved=(0,)), 0)
    assert offers["window_later"].changes == (Change(ChangeKind.WINDOW_LATER, stop=1, span=0, amount=60.0),)
    assert "S1: window open 1 min longer, until 00:03" in offers["window_later"].text


def test_the_price_of_a_stop_that_is_dearer_than_leaving_it() -> None:
    problem = day(1, 4, stops={"unserved_cost": 700.0})
    offers = kinds(problem, plan("", unserved=(0, 1, 2, 3)))
    assert offers["priority"].changes[0].amount == 300.0
    assert offers["priority"].cost_added == 1000.0


def test_nothing_need_change() -> None:
    offers = cheapest_relaxation(day(1, 4), ROUND, 3)
    assert [one.changes for one in offers] == [()]
    shown(day(1, 4), ROUND, 3, offers[0])


def test_the_nearest_kinds_come_from_the_cheapest_vehicle() -> None:
    problem = day(3, 6, fleet={"shift_end_s": [1080.0, 1290.0, 1000.0]}, stops={"service_s": LONG})
    of = plan("s0 s1 t0", "s2 s3 t0", "", unserved=(4, 5))
    offers = kinds(problem, of, 5)
    assert (offers["overtime"].vehicle, offers["overtime"].changes[0].amount) == (1, 120.0)


def test_a_day_that_breaks_a_rule_elsewhere_can_be_helped() -> None:
    problem = day(2, 4, fleet={"shift_end_s": [950.0, 100.0]})
    of = plan("s0 s1 t0", "s2 t0", unserved=(3,))
    offers = cheapest_relaxation(problem, of, 3)
    assert offers and offers[0].vehicle == 0


@pytest.mark.parametrize(("stop", "most"), [(0, 1), (9, 1), (3, 0)])
def test_bad_questions(stop: int, most: int) -> None:
    with pytest.raises(RouteInputError):
        cheapest_relaxation(day(1, 4), ROUND, stop, most)


def test_every_kind_has_a_price_and_words() -> None:
    problem = day(1, 4, fleet={"daily_load": 5.0}, tips={"windows": {0: [(0, 480)]}})
    for kind in ChangeKind:
        assert kind in SCALE
        change = Change(kind, vehicle=0, stop=1, tip=0, span=0, material=0, amount=60.0)
        assert price_min(problem, change) > 0
        assert any(name in change_words(problem, change) for name in ("V0", "S1", "T0"))


def test_more_of_a_change_is_never_cheaper() -> None:
    problem = day(1, 4, fleet={"daily_load": 5.0})
    for kind in set(ChangeKind) - UNSIZED:
        some = Change(kind, vehicle=0, stop=1, tip=0, span=0, material=0, amount=60.0)
        assert price_min(problem, replace(some, amount=120.0)) > price_min(problem, some)


def test_what_a_minute_costs() -> None:
    assert minute_cost(day(weights=RouteWeights(per_drive_s=1.0, per_overtime_s=2.0))) == 120
    assert minute_cost(day(weights=RouteWeights(per_drive_s=1.0))) == 60
    assert minute_cost(day()) == 1


@pytest.mark.parametrize("least", range(1, 20))
def test_the_fewest_steps(least: int) -> None:
    assert fewest(19, lambda steps: steps >= least) == least
    assert fewest(least - 1, lambda steps: steps >= least) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_every_offer_is_shown_by_the_checker_and_is_the_least(seed: int) -> None:
    problem = random_day(seed, in_force="feasible")
    of = feasible_plan(problem, seed, 2)
    for stop in of.unserved[:2]:
        for offer in cheapest_relaxation(problem, of, stop):
            shown(problem, of, stop, offer)
