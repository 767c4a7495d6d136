"""The missed rate of a day: what was reported today, not what is still open of the days before."""

from datetime import timedelta

import pytest

from services.council.day_figures import DayCount
from services.council.day_problem import DayProblems
from streams.council_events import ReportChannel, ServiceCode, ServiceRequested
from tests.services.council.days import MORNING
from tests.services.council.rounds_day import COUNCIL, EN, UPRN, at_work


@pytest.mark.parametrize(("days", "counted"), [(0, 1), (1, 0), (3, 0)])
def test_only_what_was_reported_today_counts_as_missed_today(days: int, counted: int) -> None:
    day, count = at_work(12), DayCount(DayProblems(COUNCIL))
    east, north = EN[3].tolist()
    at = MORNING - timedelta(days=days)
    missed = ServiceCode.MISSED_COLLECTION
    day.take(ServiceRequested("SR1", missed, ReportChannel.EVENT, east, north, at=at, uprn=str(UPRN[3])))
    assert "SR1" in day.picture.requests
    figures = count.of(day.picture)
    assert figures.missed_per_1000 == pytest.approx(1000 * counted / figures.collections, abs=1e-3)
