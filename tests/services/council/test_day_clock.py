"""Seconds of the local day, also on the days on which clocks are changed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.council.day_clock import clock_s, moment_of
from services.council.day_heads import Heads
from services.council.day_picture import DayPicture
from services.council.road_ground import RoadGround
from tests.geo.councils import grid_council

LONDON = ZoneInfo("Europe/London")
SEVEN_S = 7 * 3600.0


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2025, 6, 6), 6),
        (date(2025, 12, 5), 7),
        (date(2025, 3, 30), 6),  # an hour is left out at one o'clock
        (date(2025, 10, 26), 7),  # an hour comes twice
    ],
)
def test_a_shift_begins_at_its_hour_on_every_day(day: date, utc_hour: int) -> None:
    seven = datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert moment_of(SEVEN_S, day, LONDON) == seven
    assert clock_s(seven, day, LONDON) == SEVEN_S
    picture = DayPicture("grid-council", seven, {}, {}, date=day)
    assert Heads(RoadGround(grid_council())).now_s(picture) == SEVEN_S
