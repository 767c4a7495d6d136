"""A reproducible stream of mixed events for one area: the same seed, the same events, for ever.

Drawn on by `tests.faults.feeder`. Sends nothing; knows the region only to name what is in it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from geo.region import Region
from streams import codec
from streams.events import (
    AppliancePosition,
    ApplianceStatus,
    ApplianceStatusChanged,
    EventData,
    IncidentCategory,
    IncidentOpened,
    IncidentStopped,
    IncidentUpdated,
)

BEGIN = datetime(2025, 6, 6, 10, tzinfo=UTC)
STEP = timedelta(milliseconds=500)
"""Of the area's time, from one event to the next: all of a run of the matrix lies within the six hours in
which events may come in any order."""
SOURCE = "/faults"
MOST_OPEN, LEAST_OPEN = 6, 2
"""Incidents open at a time."""
POSITIONS, OPENINGS, UPDATES, STOPS = 0.35, 0.05, 0.08, 0.05
"""Shares of the types; the rest are status events."""
OFF_RUN_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Made:
    """One event: its id, its bytes, and whether it calls for a plan."""

    id: str
    wire: bytes
    calls: bool


class EventStream:
    """The events of one area, one after another."""

    def __init__(self, region: Region, seed: int) -> None:
        self._region = region
        self._rng = np.random.default_rng(seed)
        self._made = 0
        self._opened = 0
        self._open: list[str] = []
        self._doing = [ApplianceStatus.AVAILABLE] * len(region.appliances.ids)
        self._serves: list[str | None] = [None] * len(region.appliances.ids)

    def next(self) -> Made:
        """The next event."""
        data = self._data()
        self._made += 1
        id_ = f"f{self._made}"
        wire = codec.encode(data, id=id_, source=SOURCE, area=self._region.id, time=self._now())
        return Made(id_, wire, not isinstance(data, AppliancePosition))

    def _now(self) -> datetime:
        return BEGIN + self._made * STEP

    def _data(self) -> EventData:
        drawn = float(self._rng.random())
        if drawn < POSITIONS:
            return AppliancePosition(self._region.appliances.ids[self._appliance()], *self._place())
        drawn -= POSITIONS
        if (drawn < OPENINGS and len(self._open) < MOST_OPEN) or len(self._open) < LEAST_OPEN:
            return self._opening()
        drawn -= OPENINGS
        incident = self._open[int(self._rng.integers(len(self._open)))]
        if 0 <= drawn < UPDATES:
            return IncidentUpdated(incident, {"pump": int(self._rng.integers(1, 5))}, self._later())
        drawn -= UPDATES
        if 0 <= drawn < STOPS and len(self._open) > LEAST_OPEN:
            self._open.remove(incident)
            return IncidentStopped(incident)
        return self._status(incident)

    def _opening(self) -> IncidentOpened:
        self._opened += 1
        incident = f"I{self._opened}"
        self._open.append(incident)
        categories = list(IncidentCategory)
        category = categories[int(self._rng.integers(len(categories)))]
        needs = {"pump": int(self._rng.integers(1, 4))}
        return IncidentOpened(incident, category, *self._place(), needs, self._later())

    def _status(self, incident: str) -> ApplianceStatusChanged:
        """What an appliance does after what it does now; few are off the run."""
        one = self._appliance()
        now, region = self._doing[one], self._region
        home = region.stations.ids[int(region.appliances.home[one])]
        name = region.appliances.ids[one]
        off = now is ApplianceStatus.AVAILABLE and float(self._rng.random()) < OFF_RUN_SHARE
        after = ApplianceStatus.OFF_RUN if off else _AFTER[now]
        self._doing[one] = after
        if after is ApplianceStatus.MOBILISED:
            self._serves[one] = incident
        if after in {ApplianceStatus.MOBILISED, ApplianceStatus.AT_INCIDENT}:
            return ApplianceStatusChanged(
                name, after, incident=self._serves[one] or incident, expected_at=self._later()
            )
        if after is ApplianceStatus.OFF_RUN:
            return ApplianceStatusChanged(name, after)
        return ApplianceStatusChanged(name, after, station=home)

    def _appliance(self) -> int:
        return int(self._rng.integers(len(self._region.appliances.ids)))

    def _place(self) -> tuple[float, float]:
        """The middle of some zone: surely inside the region."""
        zones = self._region.zones.en
        east, north = zones[int(self._rng.integers(len(zones)))].tolist()
        return round(east, 1), round(north, 1)

    def _later(self) -> datetime:
        return self._now() + timedelta(minutes=int(self._rng.integers(5, 90)))


_AFTER = {
    ApplianceStatus.AVAILABLE: ApplianceStatus.MOBILISED,
    ApplianceStatus.MOBILISED: ApplianceStatus.AT_INCIDENT,
    ApplianceStatus.AT_INCIDENT: ApplianceStatus.RETURNING,
    ApplianceStatus.RETURNING: ApplianceStatus.AVAILABLE,
    ApplianceStatus.RELOCATING: ApplianceStatus.AVAILABLE,
    ApplianceStatus.OFF_RUN: ApplianceStatus.AVAILABLE,
}
