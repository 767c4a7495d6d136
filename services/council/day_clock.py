"""Seconds of the local day, as the clock on the wall shows them, to instants and back.

Used by all that reads shifts, windows and rounds, which are told so: on the two days a year on which clocks
are changed a shift still begins at its hour. Never knows what time it is.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def clock_s(moment: datetime, day: date, zone: ZoneInfo) -> float:
    """An instant as seconds of a local day; below zero before it, above 86,400 after it."""
    return (moment.astimezone(zone).replace(tzinfo=None) - datetime.combine(day, time())).total_seconds()


def moment_of(seconds: float, day: date, zone: ZoneInfo) -> datetime:
    """The instant of a second of a local day, UTC."""
    return (datetime.combine(day, time(), zone) + timedelta(seconds=seconds)).astimezone(UTC)
