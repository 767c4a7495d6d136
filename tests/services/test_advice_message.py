"""Advice on the wire: unknown bounds and costs are told as such."""

import math

import msgspec
import pytest

from optimiser.cover.homecoming import HomeAdvice
from services.advice_message import AdviceMessenger, known
from tests.services.live import small_region


@pytest.mark.parametrize(
    ("gap", "bound", "objective", "told"),
    [
        (None, None, 10.0, None),
        (1.0, 0.0, 10.0, None),  # stopped before its first bound
        (0.0, 0.0, 0.0, 0.0),
        (-1e-12, 10.0, 10.0, 0.0),
        (0.0123456789, 9.9, 10.0, 0.0123457),
    ],
)
def test_a_gap_is_told_only_where_something_is_proven(
    gap: float | None, bound: float | None, objective: float, told: float | None
) -> None:
    assert known(gap, bound, objective) == told


def test_one_that_may_not_go_home_has_no_price() -> None:
    advice = HomeAdvice(0, 1, 2, "stay", 3.0, math.inf, (), ())
    data = AdviceMessenger(small_region()).home(advice)
    assert data.cost is None
    assert msgspec.json.decode(msgspec.json.encode(data), type=type(data)) == data
