"""The picture as consoles read it: JSON-ready structs in WGS84.

Called by the area worker (deltas) and the API (whole pictures). Knows the region's places; never decides.
"""

from datetime import datetime

import numpy as np
from msgspec import Struct

from geo.region import Region
from services.appliance_state import ApplianceState, Order
from services.incident_state import IncidentState
from services.picture import EPOCH, Decision, Picture
from streams.events import ApplianceStatus

COORDINATE_DIGITS = 6
"""Decimals of a degree: about 0.1 m."""


class ApplianceView(Struct, frozen=True):
    """One appliance as shown."""

    id: str
    kind: str
    status: str
    station: str | None
    home: str
    incident: str | None
    lon: float
    lat: float
    since: datetime | None
    expected_at: datetime | None
    ordered: Order | None


class IncidentView(Struct, frozen=True):
    """One open incident as shown; `zone` is an index, -1 outside every zone."""

    id: str
    category: str
    lon: float
    lat: float
    zone: int
    opened_at: datetime
    required: dict[str, int]
    committed: list[str]
    expected_stop: datetime | None
    status: str


class Counts(Struct, frozen=True):
    """How many appliances are doing what."""

    available: int
    committed: int
    moving: int
    off_run: int
    total: int
    open_incidents: int


class PictureView(Struct, frozen=True):
    """The whole picture; `as_of` is None before the first event."""

    area: str
    offset: int
    as_of: datetime | None
    digest: str
    counts: Counts
    appliances: list[ApplianceView]
    incidents: list[IncidentView]
    decisions: list[Decision]


class PictureDelta(Struct, frozen=True):
    """What changed from one picture to the next."""

    offset: int
    as_of: datetime
    counts: Counts
    appliances: list[ApplianceView]
    incidents: list[IncidentView]
    removed_incidents: list[str]
    decisions: list[Decision]


class PictureViewer:
    """Turns pictures of one region into views."""

    def __init__(self, region: Region) -> None:
        self._region = region
        stations, appliances = region.stations, region.appliances
        lonlat = region.to_wgs84(stations.en)
        self._station_lonlat = {
            id_: (float(lon), float(lat)) for id_, (lon, lat) in zip(stations.ids, lonlat, strict=True)
        }
        self._kind = {id_: region.kinds[k].id for id_, k in zip(appliances.ids, appliances.kind, strict=True)}
        self._home = {id_: stations.ids[h] for id_, h in zip(appliances.ids, appliances.home, strict=True)}
        self._places: dict[tuple[float, float], tuple[float, float, int]] = {}

    @property
    def homes(self) -> dict[str, str]:
        """Home station of every appliance, id to id."""
        return self._home

    def whole(self, picture: Picture, offset: int) -> PictureView:
        """The whole picture; `offset` is that of the newest record in it."""
        committed = _committed(picture)
        return PictureView(
            area=picture.area,
            offset=offset,
            as_of=picture.as_of if picture.as_of > EPOCH else None,
            digest=picture.digest(),
            counts=counts(picture),
            appliances=[self._appliance(state) for state in picture.appliances.values()],
            incidents=[
                self._incident(state, committed.get(state.id, []))
                for state in picture.incidents.values()
                if state.open
            ],
            decisions=list(picture.decisions),
        )

    def delta(self, before: Picture, after: Picture, offset: int) -> PictureDelta:
        """What a console that shows `before` must change to show `after`."""
        was, now = _committed(before), _committed(after)
        moved = [s for id_, s in after.appliances.items() if before.appliances.get(id_) is not s]
        changed, removed = [], []
        for id_, state in after.incidents.items():
            old = before.incidents.get(id_)
            if not state.open:
                if old is not None and old.open:
                    removed.append(id_)
            elif state is not old or was.get(id_) != now.get(id_):
                changed.append(self._incident(state, now.get(id_, [])))
        removed += [id_ for id_, s in before.incidents.items() if s.open and id_ not in after.incidents]
        known = {decision.decision_id for decision in before.decisions}
        return PictureDelta(
            offset=offset,
            as_of=after.as_of,
            counts=counts(after),
            appliances=[self._appliance(state) for state in moved],
            incidents=changed,
            removed_incidents=removed,
            decisions=[d for d in after.decisions if d.decision_id not in known],
        )

    def _appliance(self, state: ApplianceState) -> ApplianceView:
        lon, lat = self._where(state)
        return ApplianceView(
            id=state.id,
            kind=self._kind[state.id],
            status=state.status.value,
            station=state.station,
            home=self._home[state.id],
            incident=state.incident,
            lon=lon,
            lat=lat,
            since=state.status_key[0] if state.status_key else None,
            expected_at=state.expected_at,
            ordered=state.ordered,
        )

    def _where(self, state: ApplianceState) -> tuple[float, float]:
        if state.status is not ApplianceStatus.AVAILABLE and state.easting_m is not None:
            lon, lat, _ = self._place(state.easting_m, state.northing_m or 0.0)
            return lon, lat
        lon, lat = self._station_lonlat[state.station or self._home[state.id]]
        return round(lon, COORDINATE_DIGITS), round(lat, COORDINATE_DIGITS)

    def _incident(self, state: IncidentState, committed: list[str]) -> IncidentView:
        opening = state.opening
        if opening is None:
            raise ValueError(f"incident {state.id} is not open")
        lon, lat, zone = self._place(opening.easting_m, opening.northing_m)
        return IncidentView(
            id=state.id,
            category=opening.category.value,
            lon=lon,
            lat=lat,
            zone=zone,
            opened_at=opening.at,
            required=state.required,
            committed=committed,
            expected_stop=state.expected_stop,
            status="open",
        )

    def _place(self, easting_m: float, northing_m: float) -> tuple[float, float, int]:
        """Longitude, latitude and zone; the newest few thousand places are remembered."""
        known = self._places.get((easting_m, northing_m))
        if known is None:
            if len(self._places) > 5_000:
                self._places.clear()
            en = np.array([[easting_m, northing_m]])
            lon, lat = self._region.to_wgs84(en)[0]
            known = (
                round(float(lon), COORDINATE_DIGITS),
                round(float(lat), COORDINATE_DIGITS),
                int(self._region.zones.locate(en)[0]),
            )
            self._places[easting_m, northing_m] = known
        return known


def counts(picture: Picture) -> Counts:
    """How many appliances are doing what, and how many incidents are open."""
    states = picture.appliances.values()
    moving = {ApplianceStatus.RETURNING, ApplianceStatus.RELOCATING}
    return Counts(
        available=sum(state.available for state in states),
        committed=sum(state.committed for state in states),
        moving=sum(state.status in moving for state in states),
        off_run=sum(state.status is ApplianceStatus.OFF_RUN for state in states),
        total=len(states),
        open_incidents=sum(state.open for state in picture.incidents.values()),
    )


def _committed(picture: Picture) -> dict[str, list[str]]:
    """Appliances committed, by incident."""
    committed: dict[str, list[str]] = {}
    for state in picture.appliances.values():
        if state.committed and state.incident is not None:
            committed.setdefault(state.incident, []).append(state.id)
    return committed
