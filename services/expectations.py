"""Who is expected where by when: what a picture says of the appliances that are away or on the road.

Called by `services.cover_model`. Pure; it uses the times that events gave and never guesses one.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from geo.region import Region
from optimiser.cover.horizon import Expected
from services.appliance_state import ApplianceState, Key
from services.incident_state import IncidentState
from services.open_needs import ZoneFinder
from services.picture import Picture
from streams.events import ApplianceStatus

OVERDUE_GRACE = timedelta(minutes=10)
"""A release that is overdue by more is no statement any more: the incident has outlasted its estimate."""
POSITION_HOLDS = timedelta(minutes=5)
"""Where an appliance was longer ago says nothing about where it can be reached now; trackers report every
few seconds."""


class Expectations:
    """The expected appliances of one region's pictures; what never changes is computed once."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._station = {id_: i for i, id_ in enumerate(region.stations.ids)}
        self._finder = ZoneFinder(region)

    def of(self, picture: Picture) -> list[Expected]:
        """Return who is expected: released from incidents and driving home, and on the road to a station."""
        return [
            one
            for i, id_ in enumerate(self._region.appliances.ids)
            for one in self._expected(picture, picture.appliances[id_], i)
        ]

    def _expected(self, picture: Picture, state: ApplianceState, i: int) -> Iterator[Expected]:
        kind = int(self._region.appliances.kind[i])
        if state.committed:
            in_s = self._home_in_s(picture, state, int(self._region.appliances.home[i]))
            if in_s is not None:
                yield Expected(kind, int(self._region.appliances.home[i]), in_s)
            return
        if state.counts_at is None:
            # Off the run, whatever it was ordered to do before: it counts nowhere.
            return
        bound_for, in_s, now_at = self._on_the_road(picture, state)
        if bound_for is not None and now_at is not None and in_s is not None and now_at != bound_for:
            yield Expected(kind, bound_for, in_s, until_then=now_at)

    def _home_in_s(self, picture: Picture, state: ApplianceState, home: int) -> float | None:
        """Seconds until a committed appliance is home again; None where nobody has said."""
        incident = picture.incidents.get(state.incident or "")
        release = _release(state, incident)
        if release is None or picture.as_of - release > OVERDUE_GRACE:
            return None
        in_s = max(0.0, (release - picture.as_of).total_seconds())
        if incident is None or incident.opening is None:
            return in_s
        zone = self._finder.zone(incident.opening.easting_m, incident.opening.northing_m)
        # The way back is taken to last as long as the way there.
        drive_s = float(self._region.station_zone_s[home, zone])
        return in_s + drive_s if np.isfinite(drive_s) else None

    def _on_the_road(
        self, picture: Picture, state: ApplianceState
    ) -> tuple[int | None, float | None, int | None]:
        """Where a locked appliance is bound for, in how many seconds, and where it counts till then."""
        order = state.ordered
        if order is not None and state.station is not None:
            origin, end = self._station[state.station], self._station[order.to]
            drive_s = float(self._region.station_station_s[origin, end])
            left_s = max(0.0, drive_s - (picture.as_of - order.at).total_seconds())
            return end, left_s if np.isfinite(drive_s) else None, origin
        if state.status is not ApplianceStatus.RELOCATING or state.station is None:
            return None, None, None
        end = self._station[state.station]
        if state.expected_at is None or state.easting_m is None or state.northing_m is None:
            return end, None, None
        if state.position_key is None or picture.as_of - state.position_key[0] > POSITION_HOLDS:
            return end, None, None
        in_s = max(0.0, (state.expected_at - picture.as_of).total_seconds())
        off_m = self._region.stations.en - np.array([state.easting_m, state.northing_m])
        return end, in_s, int(np.argmin((off_m**2).sum(axis=1)))


def _release(state: ApplianceState, incident: IncidentState | None) -> datetime | None:
    """When a committed appliance will be released: the newest word of its crew, or of its incident."""
    words: list[tuple[Key, datetime]] = []
    # What a crew on its way expects is its arrival.
    if state.status is ApplianceStatus.AT_INCIDENT and state.expected_at is not None and state.status_key:
        words.append((state.status_key, state.expected_at))
    if incident is not None and incident.expected_stop is not None and incident.expected_key is not None:
        words.append((incident.expected_key, incident.expected_stop))
    release = max(words)[1] if words else None
    if incident is not None and incident.stopped_at is not None:
        return incident.stopped_at if release is None else min(release, incident.stopped_at)
    return release
