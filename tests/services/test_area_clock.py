"""An area's time: live also when it has been quiet, and of its own where a day is simulated."""

from datetime import UTC, datetime, timedelta

import pytest

from services.area_clock import area_now
from services.picture import EPOCH

SIMULATED = datetime(2025, 6, 6, 9, 30, tzinfo=UTC)


def nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1e9)


LONG_AGO = timedelta(days=20_000)


@pytest.mark.parametrize(
    ("ago", "taken_ago"),
    [
        (LONG_AGO, None),
        (timedelta(minutes=5), None),
        # Its last event came in on time; nothing has happened since the crews went home.
        (timedelta(hours=14), timedelta(hours=14)),
        (timedelta(days=3), timedelta(days=3) - timedelta(minutes=4)),
    ],
)
def test_a_live_area_goes_by_the_wall_clock(ago: timedelta, taken_ago: timedelta | None) -> None:
    begun = datetime.now(UTC)
    as_of = EPOCH if ago is LONG_AGO else begun - ago
    now = area_now(as_of, None if taken_ago is None else nanoseconds(begun - taken_ago))
    assert begun <= now <= datetime.now(UTC)


@pytest.mark.parametrize("taken_ago", [None, timedelta(), timedelta(days=1)])
def test_a_simulated_day_goes_by_its_own(taken_ago: timedelta | None) -> None:
    taken_at = None if taken_ago is None else nanoseconds(datetime.now(UTC) - taken_ago)
    assert area_now(SIMULATED, taken_at) == SIMULATED
