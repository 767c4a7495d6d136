"""The simulated brigade: an appliance is in one place at a time, times do not run back, all incidents end."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.simulation.brigade import Brigade
from optimiser.simulation.brigade_world import UNREACHABLE_S, BrigadeWorld
from optimiser.simulation.incident import Incident, Reinforcement
from optimiser.simulation.transition import ApplianceTransition, IncidentTransition, Transition

FOLLOWS = {
    "available": {"mobilised", "relocating"},
    "mobilised": {"at_incident"},
    "at_incident": {"returning"},
    "returning": {"available", "mobilised", "relocating"},
    "relocating": {"available", "mobilised", "relocating"},
}


def line_world(stations: int = 3, per_station: int = 1, kinds: int = 1) -> BrigadeWorld:
    """Stations on a line 100 s apart, a zone at each, `per_station` appliances of each kind in each."""
    apart = np.abs(np.subtract.outer(np.arange(stations), np.arange(stations))) * 100.0
    home = np.repeat(np.arange(stations), per_station * kinds)
    kind = np.tile(np.arange(kinds), stations * per_station)
    return BrigadeWorld(apart + 10.0, apart, 60.0, home, kind)


def of_appliances(transitions: list[Transition]) -> list[ApplianceTransition]:
    return [t for t in transitions if isinstance(t, ApplianceTransition)]


def of_incidents(transitions: list[Transition]) -> list[IncidentTransition]:
    return [t for t in transitions if isinstance(t, IncidentTransition)]


def test_one_call_from_mobilisation_to_station() -> None:
    brigade = Brigade(line_world())
    brigade.call(Incident("A", 5.0, 1, (1,), 600.0))
    done = brigade.advance(1e6)
    assert [(t.at_s, t.status, t.station, t.incident, t.expected_at_s) for t in of_appliances(done)] == [
        (5.0, "mobilised", None, "A", 75.0),
        (75.0, "at_incident", None, "A", 675.0),
        (675.0, "returning", 1, None, 685.0),
        (685.0, "available", 1, None, None),
    ]
    assert {t.appliance for t in of_appliances(done)} == {1}
    assert [(t.at_s, t.action, t.expected_stop_s) for t in of_incidents(done)] == [
        (5.0, "opened", None),
        (75.0, "updated", 675.0),
        (675.0, "stopped", 675.0),
    ]
    opened = of_incidents(done)[0]
    assert (opened.first_s, opened.second_s) == (70.0, 170.0)
    assert brigade.idle


def test_nearest_goes_and_a_preferred_station_goes_first() -> None:
    brigade = Brigade(line_world())
    brigade.call(Incident("A", 0.0, 0, (2,), 600.0, preferred_stations=(2,)))
    sent = [t.appliance for t in of_appliances(brigade.advance(0.0))]
    assert sent == [2, 0]


def test_an_empty_preferred_station_is_passed_over() -> None:
    brigade = Brigade(line_world())
    brigade.call(Incident("A", 0.0, 2, (1,), 6_000.0))
    brigade.call(Incident("B", 1.0, 0, (1,), 600.0, preferred_stations=(2,)))
    assert [t.appliance for t in of_appliances(brigade.advance(1.0))] == [2, 0]


def test_those_wanting_are_served_first_come_first_served() -> None:
    brigade = Brigade(line_world(stations=1))
    for name, at_s in (("A", 0.0), ("B", 10.0), ("C", 20.0)):
        brigade.call(Incident(name, at_s, 0, (1,), 600.0))
    done = brigade.advance(1e6)
    assert [t.incident for t in of_appliances(done) if t.status == "mobilised"] == ["A", "B", "C"]
    assert of_incidents(done)[1].first_s is None
    assert [t.incident for t in of_incidents(done) if t.action == "stopped"] == ["A", "B", "C"]


def test_a_make_up_sends_more() -> None:
    brigade = Brigade(line_world(per_station=2))
    brigade.call(Incident("A", 0.0, 0, (1,), 6_000.0, reinforcements=(Reinforcement(300.0, (4,)),)))
    assert len([t for t in of_appliances(brigade.advance(299.0)) if t.status == "mobilised"]) == 1
    more = brigade.advance(300.0)
    assert len([t for t in of_appliances(more) if t.status == "mobilised"]) == 3
    assert of_incidents(more)[0].required == (4,)


def test_a_make_up_after_the_stop_is_nothing() -> None:
    brigade = Brigade(line_world())
    brigade.call(Incident("A", 0.0, 0, (1,), 60.0, reinforcements=(Reinforcement(5_000.0, (3,)),)))
    assert len(of_incidents(brigade.advance(1e6))) == 3


def test_a_move_is_carried_out_and_ends_with_the_next_job() -> None:
    brigade = Brigade(line_world())
    brigade.order_move(0, 2, 10.0)
    moved = of_appliances(brigade.advance(1_000.0))
    assert [(t.at_s, t.status, t.station) for t in moved] == [
        (10.0, "relocating", 2),
        (210.0, "available", 2),
    ]
    brigade.call(Incident("A", 2_000.0, 2, (1,), 600.0))
    after = of_appliances(brigade.advance(1e6))
    assert after[0].appliance == 0
    assert (after[-1].status, after[-1].station) == ("available", 0)


def test_a_moving_appliance_can_be_called_and_may_turn_back() -> None:
    brigade = Brigade(line_world())
    brigade.order_move(0, 2, 0.0)
    brigade.advance(20.0)
    assert brigade.attendance_s(0, 0)[0] == pytest.approx(60 + 20 + 10)
    assert brigade.attendance_s(0, 2)[0] == pytest.approx(60 + 180 + 10)
    brigade.call(Incident("A", 20.0, 0, (1,), 600.0))
    assert of_appliances(brigade.advance(20.0))[0].expected_at_s == pytest.approx(20 + 90)


def test_a_move_is_refused_when_it_cannot_be_done() -> None:
    brigade = Brigade(line_world())
    brigade.call(Incident("A", 0.0, 0, (1,), 600.0))
    brigade.order_move(0, 2, 5.0)
    brigade.order_move(1, 1, 5.0)
    assert "relocating" not in [t.status for t in of_appliances(brigade.advance(5.0))]
    assert brigade.refused_moves == 2


def test_a_second_order_takes_over() -> None:
    brigade = Brigade(line_world())
    brigade.order_move(0, 2, 0.0)
    brigade.order_move(0, 0, 30.0)
    moves = of_appliances(brigade.advance(1e6))
    assert [(t.at_s, t.status, t.station) for t in moves] == [
        (0.0, "relocating", 2),
        (30.0, "relocating", 0),
        (60.0, "available", 0),
    ]


def test_kinds_do_not_stand_in_for_each_other() -> None:
    brigade = Brigade(line_world(kinds=2))
    brigade.call(Incident("A", 0.0, 0, (0, 2), 600.0))
    sent = [t.appliance for t in of_appliances(brigade.advance(0.0))]
    assert sent == [1, 3]


def test_a_kind_without_appliances_may_be_named_but_not_asked_for() -> None:
    brigade = Brigade(line_world())
    brigade.call(Incident("A", 0.0, 0, (1, 0), 600.0))
    assert of_incidents(brigade.advance(0.0))[0].required == (1,)
    with pytest.raises(ValueError, match="asks for"):
        brigade.call(Incident("B", 1.0, 0, (1, 1), 600.0))


def test_bad_calls_and_orders_say_what_is_wrong() -> None:
    brigade = Brigade(line_world(), start_s=100.0)
    with pytest.raises(ValueError, match="it is 100 s now"):
        brigade.call(Incident("A", 0.0, 0, (1,), 600.0))
    with pytest.raises(ValueError, match="asks for"):
        brigade.call(Incident("A", 100.0, 0, (4,), 600.0))
    with pytest.raises(ValueError, match="no zone 9"):
        brigade.call(Incident("A", 100.0, 9, (1,), 600.0))
    with pytest.raises(ValueError, match="no such station"):
        brigade.call(Incident("A", 100.0, 0, (1,), 600.0, preferred_stations=(7,)))
    with pytest.raises(ValueError, match="now"):
        brigade.order_move(0, 1, 99.0)
    with pytest.raises(ValueError, match="no station 5"):
        brigade.order_move(0, 5, 100.0)
    with pytest.raises(ValueError, match="on_scene_s"):
        Incident("A", 0.0, 0, (1,), 0.0)
    with pytest.raises(ValueError, match="asks for less"):
        Incident("A", 0.0, 0, (2,), 60.0, reinforcements=(Reinforcement(60.0, (1,)),))


def test_a_world_says_what_is_wrong_and_makes_infinite_times_finite() -> None:
    good = line_world()
    with pytest.raises(ValueError, match="station_station_s"):
        BrigadeWorld(good.station_zone_s, np.zeros((2, 2)), 60.0, good.appliance_home, good.appliance_kind)
    with pytest.raises(ValueError, match="turnout_s"):
        BrigadeWorld(
            good.station_zone_s, good.station_station_s, -1.0, good.appliance_home, good.appliance_kind
        )
    far = good.station_zone_s.copy()
    far[0, 1] = np.inf
    world = BrigadeWorld(far, good.station_station_s, 60.0, good.appliance_home, good.appliance_kind)
    assert world.station_zone_s[0, 1] == UNREACHABLE_S


calls = st.lists(
    st.tuples(
        st.floats(0, 5_000), st.integers(0, 3), st.integers(1, 9), st.integers(0, 4), st.floats(1, 4_000)
    ),
    min_size=1,
    max_size=25,
)
orders = st.lists(st.tuples(st.floats(0, 8_000), st.integers(0, 7), st.integers(0, 3)), max_size=15)


def played(
    calls: list[tuple[float, int, int, int, float]], orders: list[tuple[float, int, int]], step_s: float
) -> list[Transition]:
    brigade = Brigade(line_world(stations=4, per_station=1, kinds=2))
    for number, (at_s, zone, pumps, others, on_scene_s) in enumerate(calls):
        required = (min(pumps, 4), others)
        more = (Reinforcement(200.0, (4, others)),) if pumps > 4 else ()
        brigade.call(Incident(f"I{number}", at_s, zone, required, on_scene_s, (zone,), more))
    for at_s, appliance, station in orders:
        brigade.order_move(appliance, station, at_s)
    done: list[Transition] = []
    until_s = 0.0
    while not brigade.idle:
        done += brigade.advance(until_s)
        until_s += step_s
    return done


@settings(max_examples=60, deadline=None)
@given(calls=calls, orders=orders)
def test_invariants_hold_whatever_happens(
    calls: list[tuple[float, int, int, int, float]], orders: list[tuple[float, int, int]]
) -> None:
    done = played(calls, orders, step_s=1e9)
    assert all(a.at_s <= b.at_s for a, b in pairwise(done))
    status = dict.fromkeys(range(8), "available")
    busy: dict[int, str | None] = dict.fromkeys(range(8))
    open_now: dict[str, int] = {}
    for change in done:
        if isinstance(change, IncidentTransition):
            if change.action == "opened":
                assert change.incident not in open_now
                open_now[change.incident] = 0
            elif change.action == "stopped":
                assert change.incident not in busy.values()
                assert open_now.pop(change.incident) >= sum(change.required)
            else:
                assert change.incident in open_now
            continue
        assert change.status in FOLLOWS[status[change.appliance]]
        assert (change.station is None) == (change.status in ("mobilised", "at_incident"))
        assert (change.incident is None) == (change.status not in ("mobilised", "at_incident"))
        assert change.expected_at_s is None or change.expected_at_s >= change.at_s
        if change.status == "mobilised":
            open_now[change.incident or ""] += 1
        if change.status == "at_incident":
            assert busy[change.appliance] == change.incident
        status[change.appliance] = change.status
        busy[change.appliance] = change.incident
    assert not open_now
    assert set(status.values()) == {"available"}
    stopped = {c.incident for c in of_incidents(done) if c.action == "stopped"}
    assert stopped == {f"I{n}" for n in range(len(calls))}


@settings(max_examples=25, deadline=None)
@given(calls=calls, orders=orders, step_s=st.floats(50, 5_000))
def test_same_input_same_output_however_time_is_cut(
    calls: list[tuple[float, int, int, int, float]], orders: list[tuple[float, int, int]], step_s: float
) -> None:
    assert played(calls, orders, 1e9) == played(calls, orders, step_s)
