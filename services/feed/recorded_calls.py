"""From the London Fire Brigade's incident records to calls for a replay.

Used by `cover replay`. Reading and checking the file is `geo.lfb_records`'s.
"""

from zoneinfo import ZoneInfo

from geo.lfb_records import IncidentRecord
from services.feed.event_maker import IncidentFacts
from services.feed.replay_schedule import RecordedCall
from streams.events import IncidentCategory


def recorded_call(record: IncidentRecord, timezone: str) -> RecordedCall:
    """Return what a replay needs of a record; its time in the zone's local time.

    Pumps are `PumpCount`, at first `NumPumpsAttending` where that is known; the time they took together is
    `PumpMinutesRounded`.
    """
    stations = tuple(arrival.station for arrival in (record.first, record.second) if arrival is not None)
    return RecordedCall(
        number=record.number,
        at=record.called_at.astimezone(ZoneInfo(timezone)).replace(tzinfo=None),
        facts=IncidentFacts(
            IncidentCategory(record.category), record.easting_m, record.northing_m, record.uprn
        ),
        pumps_first=record.pumps_attending if record.pumps_attending is not None else record.pump_count,
        pumps=record.pump_count,
        pump_minutes=float(record.pump_minutes),
        stations=stations,
    )
