"""Expected times become scenes: who is there for which part of the horizon."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.cover.arrays import CoverInputError
from optimiser.cover.horizon import CUTS, Expected, scenes_of

KINDS, STATIONS, HOUR_S = 2, 4, 3600.0
TIMES = st.lists(st.floats(0.0, 2 * HOUR_S), max_size=8)


def test_nothing_expected_needs_no_scene() -> None:
    assert scenes_of([], KINDS, STATIONS, HOUR_S) == ()


def test_who_is_back_after_the_horizon_changes_nothing() -> None:
    assert scenes_of([Expected(0, 1, HOUR_S)], KINDS, STATIONS, HOUR_S) == ()


def test_a_release_at_half_time_is_there_in_the_second_half() -> None:
    first, second = scenes_of([Expected(1, 2, 0.5 * HOUR_S)], KINDS, STATIONS, HOUR_S)
    assert (first.share, second.share) == (0.5, 0.5)
    assert not first.counts_change.any()
    assert second.counts_change.sum() == second.counts_change[1, 2] == 1


def test_who_is_nearly_back_is_there_throughout() -> None:
    (scene,) = scenes_of([Expected(0, 3, 60.0)], KINDS, STATIONS, HOUR_S)
    assert scene.share == 1.0
    assert scene.counts_change.sum() == scene.counts_change[0, 3] == 1


def test_one_on_the_road_counts_where_it_can_be_reached_from_until_it_arrives() -> None:
    first, second = scenes_of([Expected(0, 3, 900.0, until_then=1)], KINDS, STATIONS, HOUR_S)
    assert first.share == 0.25
    assert first.counts_change[0].tolist() == [0, 1, 0, -1]
    assert not second.counts_change.any()


def test_one_about_to_arrive_needs_no_scene() -> None:
    assert scenes_of([Expected(0, 3, 30.0, until_then=1)], KINDS, STATIONS, HOUR_S) == ()


@given(st.floats(0.0, 2 * HOUR_S))
def test_no_appliance_is_misjudged_by_more_than_an_eighth_of_the_horizon(in_s: float) -> None:
    scenes = scenes_of([Expected(0, 0, in_s)], KINDS, STATIONS, HOUR_S)
    there = sum(scene.share * int(scene.counts_change[0, 0]) for scene in scenes)
    assert abs(there - max(0.0, 1.0 - in_s / HOUR_S)) <= 0.125 + 1e-9


@given(TIMES, st.booleans())
def test_shares_add_up_and_nobody_is_there_twice(times: list[float], on_the_road: bool) -> None:
    until_then = 1 if on_the_road else None
    scenes = scenes_of([Expected(0, 0, t, until_then) for t in times], KINDS, STATIONS, HOUR_S)
    assert not scenes or sum(scene.share for scene in scenes) == pytest.approx(1.0)
    for scene in scenes:
        assert scene.counts_change.sum() == (0 if on_the_road else scene.counts_change[0, 0])
        assert abs(scene.counts_change[0, 0]) <= len(times)
    if len(scenes) == 2:
        assert (scenes[0].counts_change[0, 0] <= scenes[1].counts_change[0, 0]).all()


def test_one_on_the_road_for_longer_than_the_horizon_never_counts_where_it_is_bound_for() -> None:
    (scene,) = scenes_of([Expected(0, 3, 2 * HOUR_S, until_then=1)], KINDS, STATIONS, HOUR_S)
    assert scene.counts_change[0].tolist() == [0, 1, 0, -1]


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_an_undefined_time_is_refused(wrong: float) -> None:
    with pytest.raises(CoverInputError, match="expected"):
        scenes_of([Expected(0, 0, wrong)], KINDS, STATIONS, HOUR_S)


def test_a_horizon_of_nothing_is_refused() -> None:
    with pytest.raises(CoverInputError, match="horizon_s"):
        scenes_of([Expected(0, 0, 1.0)], KINDS, STATIONS, 0.0)


def test_cuts_lie_within_the_horizon() -> None:
    assert all(0.0 < cut < 1.0 for cut in CUTS)
