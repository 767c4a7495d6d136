"""An area's time now: the wall clock where it runs live, else (a replay, a simulated day) that of its events.

Asked by whoever appends what a person decides, reports or posts. Never reads a picture or a log itself.
"""

from datetime import UTC, datetime, timedelta

from services.picture import EPOCH

LIVE_WITHIN = timedelta(minutes=15)
"""Where the area's newest event was within this of the wall clock, now or when the log took it, the area runs
live: also one that has been quiet since, overnight say."""


def area_now(as_of: datetime, last_event_ns: int | None) -> datetime:
    """The area's time.

    Parameters
    ----------
    as_of
        Time of its newest event; `EPOCH` before the first, when it has no time of its own.
    last_event_ns
        When the log took the newest event that is no answer, nanoseconds since the epoch; None: not known.
    """
    wall = datetime.now(UTC)
    live = as_of <= EPOCH or abs(wall - as_of) < LIVE_WITHIN
    if not live and last_event_ns is not None:
        live = abs(datetime.fromtimestamp(last_event_ns / 1e9, UTC) - as_of) < LIVE_WITHIN
    return wall if live else as_of
