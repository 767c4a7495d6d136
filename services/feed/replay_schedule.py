"""From recorded incidents to calls for the simulator: when, where, how many pumps, for how long.

Used by the replay, of one area or of several. Never looks at the service; the same records give the same
schedule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geo.arrays import FloatArray
from geo.region import Region
from optimiser.simulation.incident import Incident, Reinforcement
from services.feed.event_maker import IncidentFacts

MIN_ON_SCENE_S, MAX_ON_SCENE_S = 300.0, 14_400.0
"""Bounds on a pump's time at an incident: five minutes to four hours. In the LFB's 2023 sample none lies
below and 0.03 % above; the mean is 51 minutes, since pump minutes are mostly rounded to the hour."""
MAKE_UP_AFTER_S = 600.0
"""Pumps recorded beyond the first attendance are asked for ten minutes after the call; the record does not
say when they were."""
FIRST_DAY = date(2023, 1, 2)
"""A Monday; the days that are replayed are cut from the record and have no date of their own."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """What a replay needs of one recorded incident.

    Parameters
    ----------
    number
        The record's own number of the incident.
    at
        Local date and time of the call, without zone.
    facts
        Category, place, UPRN.
    pumps_first, pumps
        Pumps at first, and in all.
    pump_minutes
        Minutes of all pumps together, as recorded (rounded).
    stations
        Names of the stations whose pumps arrived first and second.
    """

    number: str
    at: datetime
    facts: IncidentFacts
    pumps_first: int
    pumps: int
    pump_minutes: float
    stations: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReplaySchedule:
    """Calls in order of time, simulated seconds from `start`, and what is known of each incident.

    `skipped` counts the recorded calls whose place lies outside the region.
    """

    start: datetime
    calls: tuple[Incident, ...]
    facts: Mapping[str, IncidentFacts]
    days: int
    skipped: int


def simulated_days(calls: Sequence[RecordedCall], density: int) -> list[list[RecordedCall]]:
    """Cut recorded calls, in order of date, into days of exactly `density` calls.

    Each keeps its time of day, and a day is sorted by it. The last day has what is left.

    Raises
    ------
    ValueError
        When the density is below one.
    """
    if density < 1:
        raise ValueError(f"density is {density}, want at least 1 incident a day")
    ordered = sorted(calls, key=lambda call: (call.at, call.number))
    days = [ordered[i : i + density] for i in range(0, len(ordered), density)]
    return [sorted(day, key=lambda call: (call.at.time(), call.number)) for day in days]


def replay_schedule(
    recorded: Sequence[RecordedCall], region: Region, density: int, limit: int | None = None
) -> ReplaySchedule:
    """Return the calls of a replay, for the simulator.

    Parameters
    ----------
    recorded
        Recorded calls, in any order.
    region
        Where they are placed: a call belongs to the zone it lies in, or to the nearest zone's point where
        it lies outside them all. Calls outside the region's margin are skipped.
    density
        Incidents a day.
    limit
        Take only the first so many calls.

    Raises
    ------
    ValueError
        When the density is below one.
    """
    inside = region.contains(places_en(recorded))
    kept = [call for call, fits in zip(recorded, inside, strict=True) if fits]
    zone_of = dict(zip((call.number for call in kept), _zones(kept, region), strict=True))
    timed = timed_calls(kept, region.timezone, density, limit)
    return area_schedule(timed, region, zone_of, len(recorded) - len(kept))


@dataclass(frozen=True, slots=True)
class TimedCalls:
    """Recorded calls in order of time, each with its simulated seconds from `start`."""

    start: datetime
    calls: tuple[tuple[float, RecordedCall], ...]
    days: int


def timed_calls(calls: Sequence[RecordedCall], timezone: str, density: int, limit: int | None) -> TimedCalls:
    """Give recorded calls their simulated times, at `density` a day; only the first `limit` are kept.

    Raises
    ------
    ValueError
        When the density is below one.
    """
    start = _local(timezone, FIRST_DAY, time(0))
    days = simulated_days(calls, density)
    timed = [
        ((_local(timezone, FIRST_DAY + timedelta(days=day), call.at.time()) - start).total_seconds(), call)
        for day, listed in enumerate(days)
        for call in listed
    ]
    kept = tuple(sorted(timed, key=lambda entry: entry[0])[:limit])
    return TimedCalls(start, kept, min(len(days), -(-len(kept) // density)))


def area_schedule(
    timed: TimedCalls, region: Region, zone_of: Mapping[str, int], skipped: int
) -> ReplaySchedule:
    """Return the schedule of one area: those of the calls that `zone_of` gives a zone, by number."""
    fleet = int((region.appliances.kind == 0).sum())
    stations = {name.casefold(): index for index, name in enumerate(region.stations.names)}
    ours = [(at_s, call) for at_s, call in timed.calls if call.number in zone_of]
    calls = tuple(_incident(call, at_s, zone_of[call.number], fleet, stations) for at_s, call in ours)
    facts = {call.number: call.facts for _, call in ours}
    return ReplaySchedule(timed.start, calls, facts, timed.days, skipped)


def places_en(calls: Sequence[RecordedCall]) -> FloatArray:
    """Return where calls are, (n, 2) metres."""
    en = np.array([(c.facts.easting_m, c.facts.northing_m) for c in calls], dtype=np.float64)
    return en.reshape(-1, 2)


def _local(timezone: str, date_: date, at: time) -> datetime:
    """Return the instant of a local time, UTC."""
    return datetime.combine(date_, at, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _zones(calls: Sequence[RecordedCall], region: Region) -> list[int]:
    """Return each call's zone; where it lies in none, the one whose point is nearest."""
    if not calls:
        return []
    en = places_en(calls)
    zones = np.array(region.zones.locate(en))
    for outside in np.flatnonzero(zones < 0):
        zones[outside] = int(np.argmin(np.hypot(*(region.zones.en - en[outside]).T)))
    return [int(zone) for zone in zones]


def _incident(
    call: RecordedCall, at_s: float, zone: int, fleet: int, stations: Mapping[str, int]
) -> Incident:
    """Return a recorded call as the simulator takes it; pumps capped by what the region has."""
    pumps = min(max(call.pumps, call.pumps_first, 1), fleet)
    at_first = min(max(call.pumps_first, 1), pumps)
    on_scene_s = min(max(60.0 * call.pump_minutes / max(call.pumps, 1), MIN_ON_SCENE_S), MAX_ON_SCENE_S)
    asked = tuple(stations[name.casefold()] for name in call.stations if name.casefold() in stations)
    more = (Reinforcement(MAKE_UP_AFTER_S, (pumps,)),) if pumps > at_first else ()
    return Incident(call.number, at_s, zone, (at_first,), on_scene_s, asked, more)
