"""Two worlds: the same without moves, different by nothing but moves, and measured alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.simulation.brigade_world import BrigadeWorld
from optimiser.simulation.incident import Incident
from services.feed.two_worlds import TwoWorlds


def line(stations: int = 4) -> BrigadeWorld:
    apart = np.abs(np.subtract.outer(np.arange(stations), np.arange(stations))) * 200.0
    home = np.arange(stations)
    return BrigadeWorld(apart + 20.0, apart, 60.0, home, np.zeros(stations, dtype=np.int64))


calls = st.lists(
    st.tuples(st.floats(0, 9_000), st.integers(0, 3), st.integers(1, 4), st.floats(60, 4_000)),
    min_size=1,
    max_size=25,
)


def called(worlds: TwoWorlds, calls: list[tuple[float, int, int, float]]) -> None:
    for number, (at_s, zone, pumps, on_scene_s) in enumerate(calls):
        worlds.call(Incident(f"I{number}", at_s, zone, (pumps,), on_scene_s))


@settings(max_examples=40, deadline=None)
@given(calls=calls)
def test_without_an_order_both_worlds_are_the_same(calls: list[tuple[float, int, int, float]]) -> None:
    worlds, alone = TwoWorlds(line(), moving=True), TwoWorlds(line(), moving=False)
    called(worlds, calls)
    called(alone, calls)
    acting, single = worlds.advance(1e6), alone.advance(1e6)
    worlds.finish()
    without, with_moves = worlds.attendance(360, 480)
    assert without == with_moves
    assert without.calls == len(calls)
    assert worlds.differences(360) == (0, 0)
    assert acting == single
    assert alone.attendance(360, 480) == (without, None)
    assert worlds.idle
    assert alone.idle


def test_a_move_changes_only_the_world_that_moves() -> None:
    worlds = TwoWorlds(line(), moving=True)
    called(worlds, [(0.0, 3, 1, 9_000.0), (1_000.0, 3, 2, 600.0)])
    worlds.acting.order_move(1, 3, 10.0)
    worlds.advance(1e6)
    worlds.finish()
    without, with_moves = worlds.attendance(270, 480)
    assert with_moves is not None
    assert (without.first_mean_s, with_moves.first_mean_s) == ((80 + 280) / 2, 80.0)
    assert (without.first_share, with_moves.first_share) == (0.5, 1.0)
    assert worlds.differences(270) == (1, 0)
    assert (without.calls_for_two, without.second_mean_s, with_moves.second_mean_s) == (1, 480.0, 280.0)


def test_a_move_in_progress_is_not_counted_as_arrived() -> None:
    worlds = TwoWorlds(line(), moving=True)
    called(worlds, [(0.0, 3, 1, 9_000.0), (100.0, 3, 1, 600.0)])
    worlds.acting.order_move(0, 3, 0.0)
    worlds.advance(100.0)
    _, with_moves = worlds.attendance(360, 480)
    assert with_moves is not None
    assert with_moves.first_mean_s == pytest.approx((80 + 280) / 2)


def test_a_moved_appliance_can_do_harm_and_that_counts() -> None:
    worlds = TwoWorlds(line(), moving=True)
    called(worlds, [(5_000.0, 0, 1, 600.0)])
    worlds.acting.order_move(0, 3, 0.0)
    worlds.advance(1e6)
    worlds.finish()
    assert worlds.differences(100) == (0, 1)


def test_a_call_nobody_can_answer_is_not_in_time() -> None:
    worlds = TwoWorlds(line(1), moving=False)
    called(worlds, [(0.0, 0, 1, 600.0), (10.0, 0, 1, 600.0)])
    worlds.advance(1e6)
    found, _ = worlds.attendance(360, 480)
    assert (found.first_share, found.first_mean_s, found.second_share) == (0.5, 80.0, None)
