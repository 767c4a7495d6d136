"""Which moves undo a recent one, and how many do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.cover.arrays import CoverInputError
from optimiser.cover.stability import MOST_REMEMBERED, MadeMove, ReversalCount, undoes, undoing_pairs

Made = MadeMove[str]


def made(appliance: str, origin: str, destination: str, at_s: float, kind: str = "pump") -> Made:
    return MadeMove(appliance, origin, destination, at_s, kind)


OUT = made("A211", "A21", "A24", 1000.0)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        (made("A211", "A24", "A21", 1000.0), True),
        (made("A211", "A24", "A21", 2800.0), True),
        (made("A211", "A24", "A21", 2801.0), False),
        (made("A211", "A24", "A21", 999.0), False),
        # By a detour.
        (made("A211", "F30", "A21", 1500.0), True),
        # Another makes the same way back.
        (made("A241", "A24", "A21", 1500.0), True),
        (made("A24L", "A24", "A21", 1500.0, "aerial"), False),
        # A chain: another fills the place it left.
        (made("F301", "F30", "A21", 1500.0), False),
        # It goes on; another follows it.
        (made("A211", "A24", "F30", 1500.0), False),
        (made("A212", "A21", "A24", 1500.0), False),
    ],
)
def test_what_undoes_a_recent_move(move: Made, expected: bool) -> None:
    assert undoes(move, [OUT]) is expected
    assert undoes(move, [made("Z1", "X", "Y", 1000.0), OUT]) is expected
    assert not undoes(move, [])


def test_how_long_a_move_is_recent_can_be_said() -> None:
    back = made("A211", "A24", "A21", 1600.0)
    assert undoes(back, [OUT], within_s=600.0)
    assert not undoes(back, [OUT], within_s=599.0)


def test_moves_to_and_fro_are_counted() -> None:
    count: ReversalCount[str] = ReversalCount()
    assert (count.moves, count.reversals, count.per_100) == (0, 0, 0.0)
    assert count.add(OUT) is False
    assert count.add(made("A211", "A24", "A21", 1100.0)) is True
    assert count.add(made("A211", "A21", "A24", 1200.0)) is True
    assert count.add(made("A211", "A24", "A21", 9000.0)) is False
    assert (count.moves, count.reversals, count.per_100) == (4, 2, 50.0)
    with pytest.raises(CoverInputError, match="within_s"):
        ReversalCount[str](within_s=-1.0)


def indexed(n: int) -> st.SearchStrategy[list[tuple[int, int, int, float]]]:
    place = st.integers(0, 3)
    move = st.tuples(st.integers(0, 4), place, place, st.floats(0, 4000))
    return st.lists(move, max_size=n)


@given(indexed(30))
def test_the_count_agrees_with_looking_at_all_earlier_moves(rows: list[tuple[int, int, int, float]]) -> None:
    moves = [MadeMove(a, i, j, t, a % 2) for a, i, j, t in sorted(rows, key=lambda row: row[3])]
    count: ReversalCount[int] = ReversalCount()
    found = [count.add(move) for move in moves]
    assert found == [undoes(move, moves[:n]) for n, move in enumerate(moves)]
    assert (count.moves, count.reversals) == (len(moves), sum(found))
    assert count.per_100 == pytest.approx(100.0 * sum(found) / max(1, len(moves)))


@given(indexed(8), st.lists(st.integers(0, 3), min_size=5, max_size=5), st.floats(0, 6000))
def test_the_pairs_are_exactly_the_moves_that_would_undo_one(
    rows: list[tuple[int, int, int, float]], stations: list[int], now_s: float
) -> None:
    recent = [MadeMove(a, i, j, t, a % 2) for a, i, j, t in rows]
    pairs = undoing_pairs(recent, np.arange(5) % 2, np.array(stations), now_s)
    assert pairs == {
        (a, end)
        for a in range(5)
        for end in range(4)
        if end != stations[a] and undoes(MadeMove(a, stations[a], end, now_s, a % 2), recent)
    }


def test_memory_is_bounded() -> None:
    count: ReversalCount[int] = ReversalCount()
    for n in range(3 * MOST_REMEMBERED):
        count.add(MadeMove(n, 0, 1, 1.0))
    assert count.moves == 3 * MOST_REMEMBERED
    assert len(count._recent) == MOST_REMEMBERED
    count.add(MadeMove(0, 2, 3, 5000.0))
    assert len(count._recent) == 1
