"""Who is expected where by when: what a picture says of the appliances that are away or on the road.

Called by `services.cover_model`. Pure; it uses the times that events gave and never guesses one.
"""

from collections.abc import Iterator

import numpy as np

from geo.region import Region
from optimiser.cover.horizon import Expected
from services.appliance_state import ApplianceState
from services.picture import Picture
from streams.events import ApplianceStatus

MOST_PLACES = 1_000
"""Places remembered: some hours' incidents of a large brigade; past it all are forgotten and asked anew."""


class Expectations:
    """The expected appliances of one region's pictures; what never changes is computed once."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._station = {id_: i for i, id_ in enumerate(region.stations.ids)}
        # Zone of each incident's place: places of open incidents are asked for again with every picture.
        self._zone_at: dict[tuple[float, float], int] = {}

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
        bound_for, in_s, now_at = self._on_the_road(picture, state)
        if bound_for is not None and now_at is not None and in_s is not None and now_at != bound_for:
            yield Expected(kind, bound_for, in_s, until_then=now_at)

    def _home_in_s(self, picture: Picture, state: ApplianceState, home: int) -> float | None:
        """Seconds until a committed appliance is home again; None where nobody has said."""
        incident = picture.incidents.get(state.incident or "")
        release = incident.expected_stop if incident is not None else None
        if release is None and state.status is ApplianceStatus.AT_INCIDENT:
            release = state.expected_at
        if release is None:
            return None
        in_s = max(0.0, (release - picture.as_of).total_seconds())
        if incident is None or incident.opening is None:
            return in_s
        zone = self._zone(incident.opening.easting_m, incident.opening.northing_m)
        # The way back is taken to last as long as the way there; outside every zone nobody knows.
        drive_s = float(self._region.station_zone_s[home, zone]) if zone >= 0 else 0.0
        return in_s + drive_s if np.isfinite(drive_s) else None

    def _on_the_road(
        self, picture: Picture, state: ApplianceState
    ) -> tuple[int | None, float | None, int | None]:
        """Where a locked appliance is bound for, in how many seconds, and where it counts till then."""
        order = state.ordered
        if order is not None and state.station is not None:
            origin, end = self._station[state.station], self._station[order.to]
            drive_s = float(self._region.station_station_s[origin, end])
            return end, drive_s if np.isfinite(drive_s) else None, origin
        if state.status is not ApplianceStatus.RELOCATING or state.station is None:
            return None, None, None
        end = self._station[state.station]
        if state.expected_at is None or state.easting_m is None or state.northing_m is None:
            return end, None, None
        in_s = max(0.0, (state.expected_at - picture.as_of).total_seconds())
        off_m = self._region.stations.en - np.array([state.easting_m, state.northing_m])
        return end, in_s, int(np.argmin((off_m**2).sum(axis=1)))

    def _zone(self, easting_m: float, northing_m: float) -> int:
        place = (easting_m, northing_m)
        if place not in self._zone_at:
            if len(self._zone_at) >= MOST_PLACES:
                self._zone_at.clear()
            self._zone_at[place] = int(self._region.zones.locate(np.array([place]))[0])
        return self._zone_at[place]
