"""The live day: what each edit answers, what it refuses, and that others keep vehicle and order."""

import math
from dataclasses import replace

import numpy as np
import pytest

from optimiser.benchmarks.council_day import CouncilDay, council_day
from optimiser.benchmarks.routes_events import at_time, lose_vehicle, new_stop, with_stops
from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import check
from optimiser.routes.instant import LiveDay
from optimiser.routes.live_answer import Change, Insertion, Refusal
from optimiser.routes.live_table import TravelRows
from optimiser.routes.plan import Kind
from tests.optimiser.routes.random_days import random_day
from tests.optimiser.routes.small_days import day, make_stops, plan, round_of, with_in_force

MORNING_S = 9.4 * 3600
STOPS, VEHICLES = 110, 4


@pytest.fixture(scope="module")
def council() -> CouncilDay:
    return council_day(3, STOPS, VEHICLES)


def orders(live_plan: object, without: int) -> list[list[int]]:
    rounds = live_plan.rounds  # type: ignore[attr-defined]
    return [[v.index for v in r if v.kind == Kind.STOP and v.index != without] for r in rounds]


def ids(live: LiveDay) -> list[str]:
    return list(live.problem.stops.ids)


def test_new_stops_come_into_a_council_day_and_nobody_else_moves(council: CouncilDay) -> None:
    problem, rng = at_time(council, MORNING_S, 600.0, 1), np.random.default_rng(1)
    live, placed = LiveDay(problem), 0
    for n in range(20):
        more, before = new_stop(council, rng, MORNING_S, f"new-{n}"), live.plan
        answer = live.insert(more)
        problem = with_stops(problem, more)
        assert check(problem, answer.plan).feasible
        assert orders(answer.plan, STOPS + n) == orders(before, STOPS + n)
        placed += isinstance(answer, Insertion)
    assert placed > 10


def test_a_lost_lorry_leaves_every_stop_placed_or_unserved(council: CouncilDay) -> None:
    problem, vehicle, clock_s = lose_vehicle(council, 20, 1)
    past = problem.in_force
    assert past is not None
    live = LiveDay(at_time(council, clock_s))
    answer = live.lose_vehicle(vehicle, 0.1, served=int(past.done[vehicle]))
    assert isinstance(answer, Change)
    rest = {v.index for v in council.plan.rounds[vehicle][int(past.done[vehicle]) :] if v.kind == Kind.STOP}
    assert set(answer.placed) | set(answer.unserved) == rest
    assert check(problem, answer.plan).feasible
    was, now = council.plan.vehicle_of(), answer.plan.vehicle_of()
    moved = {stop for stop, v in was.items() if stop not in rest and now.get(stop, v) != v}
    assert moved == set(answer.moved)
    assert live.undo()
    assert live.plan == council.plan


@pytest.mark.parametrize("seed", range(30))
def test_a_lost_vehicle_on_any_day(seed: int) -> None:
    problem = random_day(seed, in_force="feasible")
    live = LiveDay(problem)
    vehicle = seed % len(problem.fleet)
    before = live.plan
    answer = live.lose_vehicle(vehicle, 0.02)
    assert isinstance(answer, Change)
    costs = [check(p, q).cost for p, q in ((problem, before), (live.problem, answer.plan))]
    paid = [c.total - c.balance for c in costs]
    assert check(live.problem, answer.plan).feasible
    assert answer.cost == pytest.approx(paid[1] - paid[0], abs=1e-6)


def test_room_is_made_for_a_dear_stop_by_moving_a_cheap_one() -> None:
    made = day(
        3,
        3,
        fleet={"daily_stops": [1.0, 1.0, 1.0], "skills": [1, 0, 1]},
        stops={"unserved_cost": [90_000.0, 90_000.0, 90_000.0], "skills": [1, 0, 0]},
    )
    live = LiveDay(with_in_force(made, plan("s0 t0", "", "s1 t0", unserved=[2])))
    answer = live.lose_vehicle(0, 0.05)
    assert isinstance(answer, Change)
    assert (answer.placed, answer.unserved, answer.moved) == ((0,), (), (1,))
    assert live.plan.vehicle_of() == {0: 2, 1: 1}


def test_what_costs_more_than_leaving_it_is_left_unless_insisted() -> None:
    live = LiveDay(with_in_force(day(1, 2, stops={"unserved_cost": [1.0, 9e9]}), plan("s1 t0", unserved=[0])))
    free = live.insert(0)
    assert isinstance(free, Insertion)  # it lies on the way
    assert free.cost == 0
    far = make_stops(1, entry=[3], ids=("far",), unserved_cost=1.0)
    place = live.add_place(TravelRows(*(np.full(4, 5_000.0) for _ in range(4))))
    answer = live.insert(replace(far, entry=np.array([place]), exit=np.array([place])))
    assert isinstance(answer, Refusal)
    assert answer.cheapest is not None
    assert answer.cheapest.cost == pytest.approx(10_000 - 100)
    assert answer.plan.unserved == (2,)
    insisted = live.insert(2, insist=True)
    assert isinstance(insisted, Insertion)
    assert insisted.cost == pytest.approx(answer.cheapest.cost)
    assert insisted.finish_after_s > insisted.finish_before_s


def test_no_place_at_all_is_a_refusal_and_the_stop_is_known() -> None:
    live = LiveDay(with_in_force(day(1, 1), plan("s0 t0")))
    heavy = make_stops(1, entry=[1], ids=("heavy",), load=1_000.0)
    answer = live.insert(heavy)
    assert isinstance(answer, Refusal)
    assert "heavy" in answer.text
    assert live.plan.unserved == (1,)
    assert ids(live) == ["S0", "heavy"]
    assert live.undo()
    assert ids(live) == ["S0"]


def test_done_and_locked_stops_stay() -> None:
    made = day(2, 4, stops={"locked_vehicle": [-1, 0, -1, -1], "locked_position": [-1, -1, 2, -1]})
    live = LiveDay(with_in_force(made, plan("s0 s1 s2 s3 t0", ""), done=[1, 0]))
    for stop in (0, 1, 2):
        assert isinstance(live.remove(stop), Refusal)
        assert isinstance(live.move(stop, 1), Refusal)
        assert live.price_of(stop, 1) == math.inf
    assert isinstance(live.move(3, 1), Insertion)
    assert live.plan.rounds[0] == round_of("s0 s1 s2 t0")


def test_a_drag_costs_what_was_said_and_is_undone() -> None:
    made = day(2, 4, fleet={"fixed_cost": [5.0, 7.0]})
    live = LiveDay(with_in_force(made, plan("s0 s1 t0", "s2 s3 t0")))
    price = live.price_of(2, 0)
    assert live.plan == plan("s0 s1 t0", "s2 s3 t0")
    answer = live.move(2, 0)
    assert isinstance(answer, Insertion)
    assert answer.cost == pytest.approx(price)
    assert answer.vehicle == 0
    assert live.undo()
    assert live.plan == plan("s0 s1 t0", "s2 s3 t0")
    assert not live.undo()


def test_a_round_is_reordered_and_keeps_its_stops() -> None:
    live = LiveDay(with_in_force(day(2, 6), plan("s4 s0 s3 s1 s5 s2 t0", "")))
    answer = live.reorder(0, 0.05)
    for _ in range(50):  # the first may go by while code is loaded
        if answer.plan.rounds[0] == round_of("s0 s1 s2 s3 s4 s5 t0"):
            break
        answer = live.reorder(0, 0.05)
    assert isinstance(answer, Change)
    assert live.plan.rounds[0] == round_of("s0 s1 s2 s3 s4 s5 t0")
    assert answer.cost < 0
    assert answer.vehicles == (0,)


def test_a_day_already_late_is_taken_as_it_is_and_made_no_worse() -> None:
    made = day(2, 3, fleet={"shift_end_s": [500.0, 36_000.0]})
    live = LiveDay(with_in_force(made, plan("s0 s1 s2 t0", "")))
    assert isinstance(live.move(2, 1), Insertion)
    assert live.price_of(2, 0) == math.inf
    assert live.plan.rounds[1] == round_of("s2 t0")


def test_bad_questions_are_refused_in_words() -> None:
    live = LiveDay(with_in_force(day(1, 2), plan("s0 t0", unserved=[1])))
    with pytest.raises(RouteInputError, match="an unserved stop"):
        live.insert(0)
    with pytest.raises(RouteInputError, match="a name no other stop has"):
        live.insert(make_stops(1, entry=[1], ids=("S0",)))
    with pytest.raises(RouteInputError, match="one location"):
        live.insert(make_stops(1, entry=[9], ids=("new",)))
    with pytest.raises(RouteInputError, match="service_s"):
        live.insert(make_stops(1, entry=[1], ids=("new",), service_s=-1.0))
    with pytest.raises(RouteInputError, match="a vehicle"):
        live.reorder(3)
    with pytest.raises(RouteInputError, match="served"):
        live.lose_vehicle(0, served=2)
    with pytest.raises(RouteInputError, match="a stop"):
        live.remove(7)
    with pytest.raises(RouteInputError, match="neither served"):
        LiveDay(day(1, 2), plan("s0 t0"))
    assert live.plan == plan("s0 t0", unserved=[1])


def test_room_runs_out_and_is_made_again() -> None:
    live = LiveDay(with_in_force(day(1, 2), plan("s0 s1 t0")), spare_stops=1)
    for n in range(4):
        rows = TravelRows(*(np.full(4 + n, 60.0) for _ in range(4)))
        place = live.add_place(rows)
        spans = {0: [(float(a), a + 900.0) for a in range(0, 9_000, 1_000)]} if n == 2 else {}
        more = make_stops(1, entry=[1], ids=(f"n{n}",), windows=spans)
        answer = live.insert(replace(more, entry=np.array([place]), exit=np.array([place])))
        assert isinstance(answer, Insertion)
        assert check(live.problem, live.plan).feasible
    while live.undo():
        assert check(live.problem, live.plan).feasible
    assert live.plan == plan("s0 s1 t0")
