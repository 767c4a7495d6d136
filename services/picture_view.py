"""The picture as consoles read it: JSON-ready structs in WGS84.

Called by the area worker (deltas) and the API (whole pictures). Knows the region's places; never decides.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import numpy as np
from msgspec import Struct

from geo.region import Region
from services.appliance_state import ApplianceState, Order
from services.cluster_view import ClusterView, ClusterViewer
from services.incident_state import IncidentState
from services.picture import EPOCH, Decision, Picture
from streams.events import ApplianceStatus

COORDINATE_DIGITS = 6
"""Decimals of a degree: about 0.1 m."""
PLACES_KEPT = 5_000
"""Places whose longitude, latitude and zone are remembered, beside those of one batch."""
Place = tuple[float, float]
"""Easting and northing, in metres."""


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
    clusters: list[ClusterView] = []


class PictureDelta(Struct, frozen=True):
    """What changed from one picture to the next; `clusters` are all of them, None where none has changed."""

    offset: int
    as_of: datetime
    counts: Counts
    appliances: list[ApplianceView]
    incidents: list[IncidentView]
    removed_incidents: list[str]
    decisions: list[Decision]
    clusters: list[ClusterView] | None = None


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
        self._open: tuple[dict[str, IncidentState], int] = {}, 0
        """The incidents the last delta led to, and how many of these are open."""
        self._places: dict[Place, tuple[float, float, int]] = {}
        self._clusters = ClusterViewer(region.to_wgs84)

    @property
    def homes(self) -> dict[str, str]:
        """Home station of every appliance, id to id."""
        return self._home

    def whole(self, picture: Picture, offset: int) -> PictureView:
        """The whole picture; `offset` is that of the newest record in it."""
        committed = _committed(picture)
        self._learn(_places_of(picture.appliances.values(), picture.incidents.values()))
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
            clusters=self._clusters.views(picture.clusters, picture.as_of),
        )

    def delta(
        self, before: Picture, after: Picture, offset: int, touched: Collection[str] | None = None
    ) -> PictureDelta:
        """What a console that shows `before` must change to show `after`.

        `touched` names the incidents that may differ, as `PictureDraft.touched_since` tells; without it all
        that are remembered are compared.
        """
        was = _committed(before)
        now = was if before.appliances is after.appliances else _committed(after)
        if touched is None:
            touched = _touched(before.incidents, after.incidents)
        moved = [s for id_, s in after.appliances.items() if before.appliances.get(id_) is not s]
        heard = (after.incidents[id_] for id_ in touched if id_ in after.incidents)
        self._learn(_places_of(moved, heard))
        sent = {id_ for id_ in was.keys() | now.keys() if was.get(id_) != now.get(id_)}
        changed, removed, opened = [], [], 0
        for id_ in sorted(sent.union(touched)):
            old, state = before.incidents.get(id_), after.incidents.get(id_)
            was_open, is_open = old is not None and old.open, state is not None and state.open
            opened += is_open - was_open
            if state is not None and is_open and (state is not old or id_ in sent):
                changed.append(self._incident(state, now.get(id_, [])))
            elif was_open and not is_open:
                removed.append(id_)
        self._open = after.incidents, self._open_in(before.incidents) + opened
        known = {decision.decision_id for decision in before.decisions}
        return PictureDelta(
            offset=offset,
            as_of=after.as_of,
            counts=_counts(after.appliances, self._open[1]),
            appliances=[self._appliance(state) for state in moved],
            incidents=changed,
            removed_incidents=removed,
            decisions=[d for d in after.decisions if d.decision_id not in known],
            clusters=self._changed_clusters(before, after),
        )

    def _changed_clusters(self, before: Picture, after: Picture) -> list[ClusterView] | None:
        if not before.clusters and not after.clusters:
            return None
        was = self._clusters.views(before.clusters, before.as_of)
        now = self._clusters.views(after.clusters, after.as_of)
        return None if now == was else now

    def _open_in(self, incidents: dict[str, IncidentState]) -> int:
        """How many of them are open, known where the last delta led to them."""
        known, count = self._open
        return count if known is incidents else _count_open(incidents)

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
        at = _tracked(state)
        if at is not None:
            lon, lat, _ = self._place(at)
            return lon, lat
        lon, lat = self._station_lonlat[state.station or self._home[state.id]]
        return round(lon, COORDINATE_DIGITS), round(lat, COORDINATE_DIGITS)

    def _incident(self, state: IncidentState, committed: list[str]) -> IncidentView:
        opening = state.opening
        if opening is None:
            raise ValueError(f"incident {state.id} is not open")
        lon, lat, zone = self._place((opening.easting_m, opening.northing_m))
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

    def _place(self, at: Place) -> tuple[float, float, int]:
        """Longitude, latitude and zone."""
        if at not in self._places:
            self._learn([at])
        return self._places[at]

    def _learn(self, places: Iterable[Place]) -> None:
        """Find new places all at once: one costs as much as a hundred. The newest are remembered."""
        asked = set(places)
        new = {at for at in asked if at not in self._places}  # a set difference copies all known
        if not new:
            return
        if len(self._places) + len(new) > PLACES_KEPT:
            self._places.clear()
            new = asked
        en = np.array(list(new))
        lonlat = np.asarray(self._region.to_wgs84(en)).tolist()
        zones = self._region.zones.locate(en).tolist()
        for at, (lon, lat), zone in zip(new, lonlat, zones, strict=True):
            self._places[at] = round(lon, COORDINATE_DIGITS), round(lat, COORDINATE_DIGITS), zone


def _places_of(appliances: Iterable[ApplianceState], incidents: Iterable[IncidentState]) -> Iterator[Place]:
    """The places that views of these will ask for."""
    yield from (at for state in appliances if (at := _tracked(state)) is not None)
    for state in incidents:
        if state.open and state.opening is not None:
            yield state.opening.easting_m, state.opening.northing_m


def _tracked(state: ApplianceState) -> Place | None:
    """Where an appliance has last said it is; None where it is shown at a station."""
    if state.status is ApplianceStatus.AVAILABLE or state.easting_m is None:
        return None
    return state.easting_m, state.northing_m or 0.0


def counts(picture: Picture) -> Counts:
    """How many appliances are doing what, and how many incidents are open."""
    return _counts(picture.appliances, _count_open(picture.incidents))


def _counts(appliances: dict[str, ApplianceState], open_incidents: int) -> Counts:
    of = Counter(state.status for state in appliances.values())
    committed = of[ApplianceStatus.MOBILISED] + of[ApplianceStatus.AT_INCIDENT]
    off_run = of[ApplianceStatus.OFF_RUN]
    return Counts(
        available=len(appliances) - committed - off_run,
        committed=committed,
        moving=of[ApplianceStatus.RETURNING] + of[ApplianceStatus.RELOCATING],
        off_run=off_run,
        total=len(appliances),
        open_incidents=open_incidents,
    )


def _count_open(incidents: dict[str, IncidentState]) -> int:
    return sum(state.open for state in incidents.values())


def _touched(before: dict[str, IncidentState], after: dict[str, IncidentState]) -> set[str]:
    """Incidents that differ, or are in one of them only."""
    changed = {id_ for id_, state in after.items() if before.get(id_) is not state}
    return changed | (before.keys() - after.keys())


def _committed(picture: Picture) -> dict[str, list[str]]:
    """Appliances committed, by incident."""
    committed: dict[str, list[str]] = {}
    for state in picture.appliances.values():
        if state.incident is not None and state.committed:
            committed.setdefault(state.incident, []).append(state.id)
    return committed
