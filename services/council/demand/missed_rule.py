"""When a report of a missed collection counts, and why not: the rule of the trade, pure.

Called by the request desk, and by the fold for what reached the log past it. Knows no picture and no clock:
both are given.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.council.demand.working_days import working_days_after
from streams.council_events import StopOutcome

REPORT_WITHIN_WORKING_DAYS = 2
"""A report counts until the end of the second working day after the collection."""
STILL_ON_TIME = timedelta(minutes=30)
"""A round may be so much later than predicted before its visit counts as missed."""


class MissedRefusal(StrEnum):
    """Why a missed collection does not count: `reason` of the request's end."""

    TOO_EARLY = "too_early"
    """The round has not passed yet, and its time is not over."""
    TOO_LATE = "too_late"
    """The collection was more than two working days ago."""
    CREW_REASON_NOT_OUT = "crew_reason_not_out"
    CREW_REASON_CONTAMINATED = "crew_reason_contaminated"
    CREW_REASON_NO_ACCESS = "crew_reason_no_access"
    CREW_REASON_OVERWEIGHT = "crew_reason_overweight"
    COLLECTED_SINCE = "collected_since"
    """The crew came after the report was made, and collected."""


@dataclass(frozen=True, slots=True)
class CrewRecord:
    """What the crew recorded at a stop.

    Attributes
    ----------
    uprns
        Properties the outcome concerns; empty: all of the stop.
    """

    at: datetime
    outcome: StopOutcome
    uprns: tuple[str, ...] = ()

    def reason_for(self, uprn: str | None) -> MissedRefusal | None:
        """The reason the crew recorded for a property (None: for the stop as a whole)."""
        if self.outcome is StopOutcome.COLLECTED or (self.uprns and uprn not in self.uprns):
            return None
        return MissedRefusal(f"crew_reason_{self.outcome.value}")


@dataclass(frozen=True, slots=True)
class Collection:
    """The collection a report is about.

    Attributes
    ----------
    day
        Its day, in the council's time zone.
    record
        What the crew recorded; None where it has not been there, or the day is not at hand any more.
    expected
        When the round is predicted at the stop; None where no round calls there.
    shift_end
        When the crew's shift ends (of all crews, the last, where no round calls there); None where unknown.
    """

    day: date
    record: CrewRecord | None = None
    expected: datetime | None = None
    shift_end: datetime | None = None

    def over_at(self) -> datetime | None:
        """From when on it counts as missed if nothing more is recorded: 30 minutes past its predicted time,
        or at the end of the shift where that is sooner."""
        late = None if self.expected is None else self.expected + STILL_ON_TIME
        known = [moment for moment in (late, self.shift_end) if moment is not None]
        return min(known, default=None)


def told_too_late(told_at: datetime, noticed_at: datetime, zone: ZoneInfo) -> bool:
    """Whether a report came in after its time: nobody notices a missed collection before it was due."""
    noticed = noticed_at.astimezone(zone).date()
    return told_at.astimezone(zone).date() > working_days_after(noticed, REPORT_WITHIN_WORKING_DAYS)


def refusal_on_record(
    told_at: datetime,
    noticed_at: datetime,
    uprn: str | None,
    records: Iterable[CrewRecord],
    zone: ZoneInfo,
) -> MissedRefusal | None:
    """Why a report does not count by what is on record alone, without any predicted time; None where it does.

    The same for the same records, in whatever order they came in: for reports nobody judged when they did.

    Parameters
    ----------
    told_at, noticed_at
        When it was told, and when it was noticed.
    records
        What crews recorded at its stop; the newest one before it was noticed is what it is about, unless
        that is too long ago.
    """
    if told_too_late(told_at, noticed_at, zone):
        return MissedRefusal.TOO_LATE
    before = [record for record in records if record.at <= noticed_at]
    newest = max(before, key=lambda record: record.at, default=None)
    if newest is None or told_too_late(noticed_at, newest.at, zone):
        return None
    return newest.reason_for(uprn)


def refusal_of_missed(
    reported_at: datetime, uprn: str | None, collection: Collection, zone: ZoneInfo
) -> MissedRefusal | None:
    """Why a report of a missed collection does not count; None where it does.

    Parameters
    ----------
    reported_at
        When it was noticed and told (with its zone).
    uprn
        The property; None for a street, of which a reason for some properties says nothing.
    """
    local_day = reported_at.astimezone(zone).date()
    if local_day > working_days_after(collection.day, REPORT_WITHIN_WORKING_DAYS):
        return MissedRefusal.TOO_LATE
    record = collection.record
    if record is not None:
        reason = record.reason_for(uprn)
        if reason is None and record.at > reported_at:
            return MissedRefusal.COLLECTED_SINCE
        return reason
    if local_day != collection.day:
        return MissedRefusal.TOO_EARLY if local_day < collection.day else None
    over_at = collection.over_at()
    if over_at is not None and reported_at < over_at:
        return MissedRefusal.TOO_EARLY
    return None
