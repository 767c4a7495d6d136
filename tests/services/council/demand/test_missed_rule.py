"""The missed-collection rule, case by case; expected days are from the calendar of GOV.UK's bank holidays."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.council.demand.missed_rule import Collection, CrewRecord, refusal_of_missed
from services.council.demand.working_days import bank_holidays, working_days_after
from streams.council_events import StopOutcome

LONDON = ZoneInfo("Europe/London")
TUESDAY = date(2025, 6, 3)


def at(text: str) -> datetime:
    """A local moment."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def record(text: str, outcome: StopOutcome = StopOutcome.COLLECTED, *uprns: str) -> CrewRecord:
    return CrewRecord(at(text), outcome, uprns)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ("2025-06-02", "2025-06-04"),  # Monday to Wednesday
        ("2025-06-05", "2025-06-09"),  # Thursday to Monday
        ("2025-06-06", "2025-06-10"),  # Friday to Tuesday
        ("2025-06-07", "2025-06-10"),  # a Saturday's round
        ("2025-04-17", "2025-04-23"),  # Maundy Thursday: Good Friday and Easter Monday do not count
        ("2025-05-02", "2025-05-07"),  # early May bank holiday
        ("2025-05-05", "2025-05-07"),  # collected on a bank holiday
        ("2025-08-22", "2025-08-27"),  # summer bank holiday
        ("2025-12-24", "2025-12-30"),  # Christmas Day and Boxing Day
        ("2026-12-24", "2026-12-30"),  # Boxing Day is a Saturday: Monday instead
        ("2027-12-24", "2027-12-30"),  # both days at the weekend: Monday and Tuesday instead
        ("2022-05-31", "2022-06-06"),  # the Platinum Jubilee
        ("2023-05-05", "2023-05-10"),  # the Coronation
        ("2024-12-31", "2025-01-03"),  # New Year's Day
    ],
)
def test_two_working_days(day: str, last: str) -> None:
    assert working_days_after(date.fromisoformat(day), 2) == date.fromisoformat(last)


def test_bank_holidays_of_a_plain_year() -> None:
    assert sorted(bank_holidays(2025)) == [
        date(2025, 1, 1),
        date(2025, 4, 18),
        date(2025, 4, 21),
        date(2025, 5, 5),
        date(2025, 5, 26),
        date(2025, 8, 25),
        date(2025, 12, 25),
        date(2025, 12, 26),
    ]


EXPECTED = at("2025-06-03T09:00")
SHIFT_END = at("2025-06-03T14:00")
LATE = at("2025-06-03T13:50")


@pytest.mark.parametrize(
    ("reported", "collection", "refused"),
    [
        # passed: counts from then on
        ("2025-06-03T09:10", Collection(TUESDAY, record("2025-06-03T09:05")), None),
        ("2025-06-05T23:59", Collection(TUESDAY, record("2025-06-03T09:05")), None),
        ("2025-06-06T00:00", Collection(TUESDAY, record("2025-06-03T09:05")), "too_late"),
        # not passed: 30 minutes past its time, or the shift's end
        ("2025-06-03T08:00", Collection(TUESDAY, None, EXPECTED, SHIFT_END), "too_early"),
        ("2025-06-03T09:29", Collection(TUESDAY, None, EXPECTED, SHIFT_END), "too_early"),
        ("2025-06-03T09:30", Collection(TUESDAY, None, EXPECTED, SHIFT_END), None),
        ("2025-06-03T13:59", Collection(TUESDAY, None, LATE, SHIFT_END), "too_early"),
        ("2025-06-03T14:00", Collection(TUESDAY, None, LATE, SHIFT_END), None),
        ("2025-06-03T13:00", Collection(TUESDAY, None, None, SHIFT_END), "too_early"),
        ("2025-06-03T14:00", Collection(TUESDAY, None, None, SHIFT_END), None),
        ("2025-06-02T18:00", Collection(TUESDAY), "too_early"),
        # of another day, nothing at hand
        ("2025-06-05T12:00", Collection(TUESDAY), None),
        ("2025-06-06T12:00", Collection(TUESDAY), "too_late"),
        # what the crew recorded, for the stop or for this property
        (
            "2025-06-03T10:00",
            Collection(TUESDAY, record("2025-06-03T09:05", StopOutcome.NOT_OUT)),
            "crew_reason_not_out",
        ),
        (
            "2025-06-03T10:00",
            Collection(TUESDAY, record("2025-06-03T09:05", StopOutcome.CONTAMINATED, "100", "7")),
            "crew_reason_contaminated",
        ),
        (
            "2025-06-03T10:00",
            Collection(TUESDAY, record("2025-06-03T09:05", StopOutcome.CONTAMINATED, "101")),
            None,
        ),
        (
            "2025-06-03T10:00",
            Collection(TUESDAY, record("2025-06-03T09:05", StopOutcome.NO_ACCESS)),
            "crew_reason_no_access",
        ),
        (
            "2025-06-03T10:00",
            Collection(TUESDAY, record("2025-06-03T09:05", StopOutcome.OVERWEIGHT)),
            "crew_reason_overweight",
        ),
        # told late: the crew came after the report
        ("2025-06-03T09:40", Collection(TUESDAY, record("2025-06-03T10:05")), "collected_since"),
        (
            "2025-06-03T09:40",
            Collection(TUESDAY, record("2025-06-03T10:05", StopOutcome.NOT_OUT)),
            "crew_reason_not_out",
        ),
    ],
)
def test_when_a_missed_collection_counts(reported: str, collection: Collection, refused: str | None) -> None:
    assert refusal_of_missed(at(reported), "100", collection, LONDON) == refused


def test_of_a_street_a_reason_for_some_properties_says_nothing() -> None:
    some = Collection(TUESDAY, record("2025-06-03T09:05", StopOutcome.NOT_OUT, "100"))
    assert refusal_of_missed(at("2025-06-03T10:00"), None, some, LONDON) is None
    whole = Collection(TUESDAY, record("2025-06-03T09:05", StopOutcome.NOT_OUT))
    assert refusal_of_missed(at("2025-06-03T10:00"), None, whole, LONDON) == "crew_reason_not_out"


def test_the_local_day_counts() -> None:
    """Half past midnight in London is still the day before in UTC."""
    done = Collection(TUESDAY, record("2025-06-03T09:05"))
    just_after = datetime(2025, 6, 5, 23, 30, tzinfo=UTC)
    assert refusal_of_missed(just_after, "100", done, LONDON) == "too_late"
