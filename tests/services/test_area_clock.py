"""An area's time: live also when it has been quiet, and of its own where a day is simulated."""

from datetime import UTC, datetime, timedelta

import pytest

from services.area_clock import area_now
from services.picture import EPOCH

NOW = datetime.now(UTC)
SIMULATED = datetime(2025, 6, 6, 9, 30, tzinfo=UTC)


def nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1e9)


@pytest.mark.parametrize(
    ("as_of", "taken_at"),
    [
        (EPOCH, None),
        (NOW - timedelta(minutes=5), None),
        # Its last event came in on time; nothing has happened since the crews went home.
        (NOW - timedelta(hours=14), NOW - timedelta(hours=14)),
        (NOW - timedelta(days=3), NOW - timedelta(days=3) + timedelta(minutes=4)),
    ],
)
def test_a_live_area_goes_by_the_wall_clock(as_of: datetime, taken_at: datetime | None) -> None:
    now = area_now(as_of, None if taken_at is None else nanoseconds(taken_at))
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=10)


@pytest.mark.parametrize("taken_at", [None, NOW, NOW - timedelta(days=1)])
def test_a_simulated_day_goes_by_its_own(taken_at: datetime | None) -> None:
    assert area_now(SIMULATED, None if taken_at is None else nanoseconds(taken_at)) == SIMULATED
