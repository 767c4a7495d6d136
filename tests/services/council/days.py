"""Events of the small council's day, for tests."""

from datetime import UTC, datetime, timedelta

from streams.events import TYPE_OF, Event, EventData

AREA = "grid-council"
MORNING = datetime(2025, 6, 6, 6, 0, tzinfo=UTC)
"""A Friday; 07:00 in London."""


def event(data: EventData, minutes: float = 0.0, id_: str | None = None, sequence: int = 0) -> Event:
    """An event of the council's day, so many minutes after `MORNING`."""
    name = id_ or f"{type(data).__name__}-{minutes:g}-{abs(hash(repr(data))) % 10**9}"
    return Event(
        id=name,
        source="/test",
        type=TYPE_OF[type(data)],
        time=MORNING + timedelta(minutes=minutes),
        area=AREA,
        data=data,
        sequence=sequence,
    )
