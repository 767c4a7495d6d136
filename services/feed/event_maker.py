"""From what happens in a simulated brigade to events on the wire.

Used by the demo and the replay. Gives every event a deterministic id (run and running number); never sends
anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from geo.region import Region
from optimiser.simulation.brigade_world import BrigadeWorld
from optimiser.simulation.transition import ApplianceTransition, IncidentTransition, Transition
from streams.codec import encode
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


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What an incident's opening says beside its requirement: category, place in metres, UPRN."""

    category: IncidentCategory
    easting_m: float
    northing_m: float
    uprn: str | None = None


def brigade_world(region: Region) -> BrigadeWorld:
    """Return a region's brigade as the simulator takes it."""
    return BrigadeWorld(
        region.station_zone_s.astype(np.float64),
        region.station_station_s.astype(np.float64),
        float(region.turnout_s),
        region.appliances.home,
        region.appliances.kind,
    )


class EventMaker:
    """Writes the events of one run in one region.

    Parameters
    ----------
    region
        Names and places.
    run_id
        Beginning of every event id; the same run makes the same ids.
    source
        The events' CloudEvents source.
    start
        The instant of simulated second 0.
    facts
        Facts of every incident still to open, by name; read when it opens.
    """

    def __init__(
        self, region: Region, run_id: str, source: str, start: datetime, facts: Mapping[str, IncidentFacts]
    ) -> None:
        """Put every appliance's last known place at its home."""
        self.made = 0
        self.places_en: NDArray[np.float64] = region.stations.en[region.appliances.home].copy()
        self._region = region
        self._run_id = run_id
        self._source = source
        self._start = start
        self._facts = facts
        self._open_en: dict[str, tuple[float, float]] = {}

    def at(self, at_s: float) -> datetime:
        """Return the instant of a simulated second, to the millisecond."""
        return self._start + timedelta(milliseconds=round(at_s * 1e3))

    def incident_en(self, incident: str) -> NDArray[np.float64]:
        """Return the place of an open incident, shape (2,), metres."""
        return np.array(self._open_en[incident])

    def event(self, change: Transition) -> bytes:
        """Return the event that says what changed."""
        if isinstance(change, ApplianceTransition):
            return self._encode(self._status(change), change.at_s)
        return self._encode(self._incident(change), change.at_s)

    def reports_in(self, appliance: int, at_s: float) -> bytes:
        """Return the event by which an appliance at home says it is available."""
        home = int(self._region.appliances.home[appliance])
        return self.event(ApplianceTransition(at_s, appliance, "available", home, None, at_s, None))

    def position(self, appliance: int, en: NDArray[np.float64], at_s: float) -> bytes:
        """Return a tracker's event for an appliance at a place, metres."""
        self.places_en[appliance] = en
        east, north = _metres(en)
        return self._encode(AppliancePosition(self._region.appliances.ids[appliance], east, north), at_s)

    def _encode(self, data: EventData, at_s: float) -> bytes:
        self.made += 1
        return encode(
            data,
            id=f"{self._run_id}-{self.made}",
            source=self._source,
            area=self._region.id,
            time=self.at(at_s),
            sequence=self.made % 2**31,
        )

    def _status(self, change: ApplianceTransition) -> ApplianceStatusChanged:
        """Return the status with the appliance's place: the map must not show it where it was last week."""
        region, appliance = self._region, change.appliance
        if change.status == "available" and change.station is not None:
            self.places_en[appliance] = region.stations.en[change.station]
        elif change.status == "at_incident" and change.incident is not None:
            self.places_en[appliance] = self._open_en[change.incident]
        east, north = _metres(self.places_en[appliance])
        return ApplianceStatusChanged(
            appliance=region.appliances.ids[appliance],
            status=ApplianceStatus(change.status),
            station=None if change.station is None else region.stations.ids[change.station],
            incident=change.incident,
            expected_at=None if change.expected_at_s is None else self.at(change.expected_at_s),
            easting_m=east,
            northing_m=north,
        )

    def _incident(self, change: IncidentTransition) -> IncidentOpened | IncidentUpdated | IncidentStopped:
        expected = None if change.expected_stop_s is None else self.at(change.expected_stop_s)
        required = {
            kind.id: count for kind, count in zip(self._region.kinds, change.required, strict=False) if count
        }
        if change.action == "opened":
            facts = self._facts[change.incident]
            self._open_en[change.incident] = (facts.easting_m, facts.northing_m)
            return IncidentOpened(
                incident=change.incident,
                category=facts.category,
                easting_m=facts.easting_m,
                northing_m=facts.northing_m,
                appliances_required=required,
                expected_stop=expected,
                uprn=facts.uprn,
            )
        if change.action == "updated":
            return IncidentUpdated(change.incident, required, expected)
        del self._open_en[change.incident]
        return IncidentStopped(change.incident)


def _metres(en: NDArray[np.float64]) -> tuple[float, float]:
    return round(float(en[0]), 1), round(float(en[1]), 1)
