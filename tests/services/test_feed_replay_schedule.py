"""The replay's schedule: days of exactly the density, times of day kept, pumps and durations in bounds."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.lfb_records import read_incidents
from services.feed.event_maker import IncidentFacts
from services.feed.recorded_calls import recorded_call
from services.feed.replay_schedule import (
    MAX_ON_SCENE_S,
    MIN_ON_SCENE_S,
    RecordedCall,
    replay_schedule,
    simulated_days,
)
from streams.events import IncidentCategory
from tests.services.live import small_region
from tests.shared_data import LONDON, needs_london

LONDON_TIME = ZoneInfo("Europe/London")


def call(number: str = "1", at: datetime | None = None, zone: int = 0) -> RecordedCall:
    east, north = small_region().zones.en[zone].tolist()
    facts = IncidentFacts(IncidentCategory.FIRE, east, north, "200146677")
    return RecordedCall(number, at or datetime(2023, 3, 4, 5, 6, 7), facts, 1, 1, 60.0, ())


moments = st.datetimes(datetime(2023, 1, 1), datetime(2023, 12, 31)).map(lambda at: at.replace(microsecond=0))


@settings(deadline=None)
@given(times=st.lists(moments, min_size=1, max_size=60), density=st.integers(1, 12))
def test_days_hold_exactly_the_density_and_times_of_day_are_kept(times: list[datetime], density: int) -> None:
    calls = [call(str(n), at) for n, at in enumerate(times)]
    days = simulated_days(calls, density)
    assert [len(day) for day in days[:-1]] == [density] * (len(days) - 1)
    assert 1 <= len(days[-1]) <= density
    assert sorted(c.number for day in days for c in day) == sorted(c.number for c in calls)
    for day, after in itertools.pairwise(days):
        assert max(c.at for c in day) <= min(c.at for c in after)
    schedule = replay_schedule(calls, small_region(), density)
    by_number = {c.number: c for c in calls}
    for number, planned in enumerate(schedule.calls):
        at = (schedule.start + timedelta(seconds=planned.at_s)).astimezone(LONDON_TIME)
        assert at.time() == by_number[planned.id].at.time()
        assert (at.date() - schedule.start.astimezone(LONDON_TIME).date()).days == number // density


def test_the_first_day_is_a_monday_and_a_limit_cuts_the_end() -> None:
    calls = [call(str(n), datetime(2023, 1, 1) + timedelta(hours=7 * n)) for n in range(30)]
    whole, part = (replay_schedule(calls, small_region(), 10, limit) for limit in (None, 13))
    assert whole.start == datetime(2023, 1, 2, tzinfo=UTC)
    assert whole.start.weekday() == 0
    assert part.calls == whole.calls[:13]
    assert (whole.days, part.days) == (3, 2)
    assert set(part.facts) == {c.id for c in part.calls}


def test_pumps_and_time_on_scene_come_from_the_record_within_bounds() -> None:
    region = small_region()
    fleet = int((region.appliances.kind == 0).sum())

    def planned(**changes: object) -> tuple[tuple[int, ...], tuple[int, ...], float]:
        (one,) = replay_schedule([replace(call(), **changes)], region, 1).calls  # type: ignore[arg-type]
        most = one.reinforcements[-1].required if one.reinforcements else one.required
        return one.required, most, one.on_scene_s

    assert planned(pumps_first=2, pumps=2, pump_minutes=90.0) == ((2,), (2,), 2_700.0)
    assert planned(pumps_first=2, pumps=5, pump_minutes=300.0) == ((2,), (5,), 3_600.0)
    assert planned(pumps_first=4, pumps=3, pump_minutes=60.0) == ((4,), (4,), 1_200.0)
    assert planned(pumps_first=1, pumps=40, pump_minutes=40.0) == ((1,), (fleet,), MIN_ON_SCENE_S)
    assert planned(pump_minutes=9_999.0)[2] == MAX_ON_SCENE_S


def test_recorded_stations_are_asked_first_where_the_region_has_them() -> None:
    region = small_region()
    name = region.stations.names[3].upper()
    (one,) = replay_schedule([replace(call(), stations=("Nowhere", name))], region, 1).calls
    assert one.preferred_stations == (3,)


def test_a_call_in_no_zone_belongs_to_the_nearest_and_one_far_away_is_skipped() -> None:
    region = small_region()
    east, north, right, _ = region.boundary.bounds
    near = replace(
        call("near"), facts=IncidentFacts(IncidentCategory.OTHER, right + 1_000.0, region.zones.en[0][1])
    )
    far = replace(call("far"), facts=IncidentFacts(IncidentCategory.OTHER, east - 90_000.0, north))
    schedule = replay_schedule([near, far], region, 5)
    assert [c.id for c in schedule.calls] == ["near"]
    assert schedule.skipped == 1
    assert 0 <= schedule.calls[0].zone < len(region.zones.ids)


def test_a_density_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="density is 0"):
        simulated_days([call()], 0)


@needs_london
@pytest.mark.real_data
def test_the_whole_london_sample_can_be_scheduled() -> None:
    incidents = read_incidents(LONDON / "lfb_incidents_2023_sample.csv")
    calls = [recorded_call(record, "Europe/London") for record in incidents.records]
    assert len(calls) == 10_000
    days = simulated_days(calls, 340)
    assert [len(day) for day in days] == [340] * 29 + [140]
    first = next(c for c in calls if c.number == "038967-19032023")
    assert first.at == datetime(2023, 3, 19, 14, 11, 51)
    assert (first.pumps, first.pump_minutes, first.stations) == (1, 60.0, ("Mill Hill",))
    assert 1.5 < sum(c.pumps for c in calls) / len(calls) < 1.7
