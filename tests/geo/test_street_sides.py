"""Street, side and distance along, against geometry done the slow way."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geo.street_sides import NO_STREET, StreetLines, place_on_streets

Point = tuple[float, float]


def lines_of(*drawn: list[Point]) -> StreetLines:
    return StreetLines(
        np.array([point for line in drawn for point in line], dtype=float).reshape(-1, 2),
        np.cumsum([0] + [len(line) for line in drawn]),
    )


# On a grid of 10 m, so that places often are equally far from two streets.
POINTS = st.tuples(st.integers(0, 8).map(lambda x: 10.0 * x), st.integers(0, 8).map(lambda x: 10.0 * x))
LINES = st.lists(
    st.lists(POINTS, min_size=2, max_size=5).filter(lambda line: all(a != b for a, b in pairwise(line))),
    min_size=1,
    max_size=4,
)
PLACES = st.tuples(st.floats(-30, 110), st.floats(-30, 110))


def nearest_on(line: list[Point], place: Point) -> tuple[float, float, int, float]:
    """(distance, along, leg, share of the leg) of the first nearest point of a line."""
    best = (math.inf, 0.0, 0, 0.0)
    along = 0.0
    for leg, (a, b) in enumerate(pairwise(line)):
        length = math.dist(a, b)
        share = ((place[0] - a[0]) * (b[0] - a[0]) + (place[1] - a[1]) * (b[1] - a[1])) / length**2
        share = min(max(share, 0.0), 1.0)
        foot = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
        away = math.dist(foot, place)
        if away < best[0] - 1e-9:
            best = (away, along + share * length, leg, share)
        along += length
    return best


def is_left(line: list[Point], place: Point, leg: int, share: float) -> bool:
    """Turning left (against the clock) from the way on, is the place met before the way back?"""
    foot = tuple(a + share * (b - a) for a, b in zip(line[leg], line[leg + 1], strict=True))
    onward = line[leg + 2] if share > 1 - 1e-9 and leg + 2 < len(line) else line[leg + 1]
    if share > 1 - 1e-9 and leg + 2 == len(line):
        onward = (2 * foot[0] - line[leg][0], 2 * foot[1] - line[leg][1])
    back = line[leg]
    if share < 1e-9:  # the very beginning of a line: straight back
        back = (2 * foot[0] - line[leg + 1][0], 2 * foot[1] - line[leg + 1][1])

    def turn(to: Point) -> float:
        ahead = math.atan2(onward[1] - foot[1], onward[0] - foot[0])
        return (math.atan2(to[1] - foot[1], to[0] - foot[0]) - ahead) % (2 * math.pi)

    return turn(place) <= turn(back)


@given(LINES, st.lists(PLACES, min_size=1, max_size=6))
def test_street_and_distance_along_as_the_slow_way_has_them(
    drawn: list[list[Point]], places: list[Point]
) -> None:
    found = place_on_streets(lines_of(*drawn), places, 1_000.0)
    for at, place in enumerate(places):
        away = [nearest_on(line, place)[0] for line in drawn]
        assert found.away_m[at] == pytest.approx(min(away), abs=1e-9)
        segment = int(found.segment[at])
        assert away[segment] == pytest.approx(min(away), abs=1e-9)
        # How far along is right if the point there is as near as any.
        foot = point_at(drawn[segment], float(found.along_m[at]))
        assert math.dist(foot, place) == pytest.approx(min(away), abs=1e-6)


def point_at(line: list[Point], along: float) -> Point:
    for a, b in pairwise(line):
        length = math.dist(a, b)
        if along <= length + 1e-9:
            share = along / length
            return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
        along -= length
    raise AssertionError("beyond the line's end")


def turns_round(a: Point, b: Point, c: Point) -> bool:
    first, then = (b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1])
    straight = first[0] * then[1] == first[1] * then[0]
    return straight and first[0] * then[0] + first[1] * then[1] < 0


@given(LINES.map(lambda drawn: drawn[0]), PLACES)
def test_side_as_angles_have_it(line: list[Point], place: Point) -> None:
    away, along, leg, share = nearest_on(line, place)
    assume(away > 0.01)  # on the line there is no side
    # Nor at a turn right round, nor where another part of the line is as near.
    assume(not any(turns_round(*bend) for bend in zip(line, line[1:], line[2:], strict=False)))
    others = [nearest_on(line[i : i + 2], place)[0] for i in range(len(line) - 1) if i not in (leg, leg + 1)]
    assume(all(other > away + 1e-6 for other in others))
    joined = nearest_on(line[leg + 1 : leg + 3], place)[0] if leg + 2 < len(line) else math.inf
    assume(joined > away + 1e-6 or share > 1 - 1e-9)
    # Straight ahead of an end either side is right.
    if (along == 0.0 or share > 1 - 1e-9) and leg in (0, len(line) - 2):
        a, b = line[leg], line[leg + 1]
        cross = (b[0] - a[0]) * (place[1] - a[1]) - (b[1] - a[1]) * (place[0] - a[0])
        assume(abs(cross) > 1e-6)
    found = place_on_streets(lines_of(line), [place], 1_000.0)
    assert bool(found.left[0]) == is_left(line, place, leg, share)


def test_outside_a_hairpin_the_side_is_the_outer_one() -> None:
    # There and almost straight back: the place is right of the first leg and left of the second one's
    # prolongation, but outside the bend, on the right.
    hairpin: list[Point] = [(0.0, 0.0), (100.0, 0.0), (0.0, 20.0)]
    found = place_on_streets(lines_of(hairpin), [(110.0, 5.0), (104.0, -9.0), (50.0, 5.0)], 100.0)
    assert found.left.tolist() == [False, False, True]
    assert found.along_m[:2].tolist() == [100.0, 100.0]


def test_of_streets_equally_near_the_first_is_taken() -> None:
    lines = lines_of([(0.0, 20.0), (50.0, 20.0)], [(0.0, 0.0), (50.0, 0.0)])
    assert place_on_streets(lines, [[25.0, 10.0]], 50.0).segment.tolist() == [0]


def test_too_far_and_unsuitable_streets_have_no_houses() -> None:
    lines = lines_of([(0.0, 0.0), (50.0, 0.0)], [(0.0, 30.0), (50.0, 30.0)])
    places = [[25.0, 1.0], [25.0, 60.0], [25.0, 29.0]]
    found = place_on_streets(lines, places, 29.5, np.array([True, False]))
    assert found.segment.tolist() == [0, NO_STREET, 0]
    assert np.isinf(found.away_m[1])
    assert place_on_streets(lines, places, 50.0, np.zeros(2, dtype=bool)).segment.tolist() == [NO_STREET] * 3
    assert len(place_on_streets(lines, np.zeros((0, 2)), 50.0).segment) == 0


def test_lengths_and_ways_along() -> None:
    lines = lines_of([(0.0, 0.0), (30.0, 40.0), (30.0, 50.0)], [(5.0, 5.0), (5.0, 6.0)])
    assert lines.length_m().tolist() == [60.0, 1.0]
    assert lines.along_m().tolist() == [0.0, 50.0, 60.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("points", "first", "words"),
    [
        ([[0, 0], [1, 0]], [0, 1, 2], "line 0 has fewer than 2 points"),
        ([[0, 0], [1, 0]], [0], "lines.first"),
        ([[0, 0], [1, 0]], [0, 3], "lines.first"),
        ([[0, 0], [1, 0], [1, 0]], [0, 3], "points 1 and 2 are the same"),
        ([[0, 0], [np.nan, 0]], [0, 2], "lines.point_en"),
    ],
)
def test_bad_lines_are_refused(points: Any, first: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        StreetLines(np.array(points, dtype=float), np.array(first))


def test_bad_questions_are_refused() -> None:
    lines = lines_of([(0.0, 0.0), (50.0, 0.0)])
    with pytest.raises(ValueError, match="max_away_m: 0"):
        place_on_streets(lines, [[0.0, 0.0]], 0.0)
    with pytest.raises(ValueError, match="suitable: shape"):
        place_on_streets(lines, [[0.0, 0.0]], 5.0, np.ones(2, dtype=bool))
    with pytest.raises(ValueError, match="en:"):
        place_on_streets(lines, [[np.nan, 0.0]], 5.0)
