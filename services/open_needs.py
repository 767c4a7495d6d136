"""What open incidents still lack: appliances required and not yet on their way.

Called by the cover solver, for the advice whom to mobilise. Reads pictures; never decides whom to send.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from geo.region import Region
from services.incident_state import IncidentState
from services.picture import Picture

MOST_NEEDS = 3
"""Incidents advised on at once, the most urgent: an officer mobilises to one at a time."""
LACKING_WITHIN = timedelta(minutes=30)
"""An incident that has said nothing of its needs for so long is being wound down: those who left it are not
to be replaced."""
ZONES_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Need:
    """An incident that lacks appliances: its zone, and how many of each kind, (K,)."""

    incident: str
    zone: int
    needs: tuple[int, ...]


class ZoneFinder:
    """Finds the zone of a place; one thread's own."""

    def __init__(self, region: Region) -> None:
        self._zones = region.zones
        self._known: dict[tuple[float, float], int] = {}

    def zone(self, easting_m: float, northing_m: float) -> int:
        """The zone a place lies in; just outside all of them, the one whose centre is nearest."""
        place = (easting_m, northing_m)
        known = self._known.get(place)
        if known is None:
            if len(self._known) >= ZONES_REMEMBERED:
                self._known.clear()
            en = np.array([place])
            known = int(self._zones.locate(en)[0])
            if known < 0:
                known = int(np.argmin(np.hypot(*(self._zones.en - en).T)))
            self._known[place] = known
        return known


class OpenNeeds:
    """The needs of one region's incidents."""

    def __init__(self, region: Region) -> None:
        self._finder = ZoneFinder(region)
        self._kinds = [kind.id for kind in region.kinds]
        self._kind = dict(zip(region.appliances.ids, region.appliances.kind.tolist(), strict=True))

    def warm_up(self) -> None:
        """Build the zones' index, which takes some 50 ms, before the first incident."""
        self._finder.zone(0.0, 0.0)

    def of(self, picture: Picture) -> list[Need]:
        """The most urgent needs: first where nobody is on the way, then where most lack, then the newest."""
        found: list[tuple[bool, int, float, Need]] = []
        open_ones = [one for one in picture.incidents.values() if self._asks(one, picture)]
        if not open_ones:
            return []
        committed = self._committed(picture)
        for one in open_ones:
            sent = committed.get(one.id, [0] * len(self._kinds))
            lacking = tuple(max(0, one.required.get(kind, 0) - sent[k]) for k, kind in enumerate(self._kinds))
            if one.opening is None or not any(lacking):
                continue
            zone = self._finder.zone(one.opening.easting_m, one.opening.northing_m)
            at_s = one.opening.at.timestamp()
            found.append((sum(sent) > 0, -sum(lacking), -at_s, Need(one.id, zone, lacking)))
        return [need for *_, need in sorted(found, key=lambda row: (row[:3], row[3].incident))[:MOST_NEEDS]]

    def _asks(self, one: IncidentState, picture: Picture) -> bool:
        return (
            one.open and one.required_key is not None and picture.as_of - one.required_key[0] < LACKING_WITHIN
        )

    def _committed(self, picture: Picture) -> dict[str, list[int]]:
        """Appliances committed to each incident, by kind."""
        committed: dict[str, list[int]] = {}
        for state in picture.appliances.values():
            if state.committed and state.incident is not None:
                committed.setdefault(state.incident, [0] * len(self._kinds))[self._kind[state.id]] += 1
        return committed
