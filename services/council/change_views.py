"""What made a council's day differ from its plan, as consoles read it.

Used by `services.council.day_board`. Each is made anew only where something of it has changed.
"""

import numpy as np

from geo.council import Council
from services.council.day_picture import (
    Change,
    ChangeStatus,
    DayPicture,
    RequestState,
    cause_key,
)
from services.council.day_view import ChangeView
from services.council.visits import stop_of
from streams.rounds_plan import CauseKind, RoundsProposal

CHANGES_SHOWN = 300
"""The open ones first, of the others the newest: more than anybody looks through."""
COORDINATE_DIGITS = 6


class ChangeViewer:
    """The views of one council's changes."""

    def __init__(self, council: Council) -> None:
        self._council = council
        self._street = dict(zip(council.streets.ids, council.streets.names, strict=True))
        first = council.streets.first
        middles = (first[:-1] + first[1:]) // 2
        self._middle = dict(zip(council.streets.ids, council.streets.line[middles].tolist(), strict=True))
        self._made: dict[str, tuple[tuple[object, ...], ChangeView]] = {}

    def views(self, picture: DayPicture, about: dict[str, RoundsProposal]) -> list[ChangeView]:
        """The changes, oldest first."""
        shown = sorted(
            picture.changes.values(),
            key=lambda change: (change.status is not ChangeStatus.OPEN, -change.at.timestamp()),
        )[:CHANGES_SHOWN]
        shown.sort(key=lambda change: (change.at, cause_key(change.cause)))
        made: dict[str, tuple[tuple[object, ...], ChangeView]] = {}
        for change in shown:
            key = cause_key(change.cause)
            facts = (change, self._subject(picture, change), about.get(key))
            known = self._made.get(key)
            same = known is not None and all(a is b for a, b in zip(known[0], facts, strict=True))
            made[key] = known if known is not None and same else (facts, self._view(picture, *facts))
        self._made = made
        return [view for _, view in made.values()]

    def _subject(self, picture: DayPicture, change: Change) -> object:
        """What the change is about, as the picture has it."""
        match change.cause.kind:
            case CauseKind.REQUEST:
                return picture.requests.get(change.cause.id)
            case CauseKind.CLOSURE:
                return picture.closures.get(change.cause.id)
            case CauseKind.CLUSTER:
                return picture.clusters.get(change.cause.id)
            case _:
                return None

    def _view(
        self, picture: DayPicture, change: Change, subject: object, proposal: RoundsProposal | None
    ) -> ChangeView:
        cause = change.cause
        given: dict[str, object] = {}
        if isinstance(subject, RequestState):
            given = {
                "service": subject.service.value,
                "street": self._street.get(subject.street or ""),
                "uprn": subject.uprn,
                "reports": subject.reports,
                "outcome": subject.status.value,
                "reason": subject.reason,
                "conflict": None if subject.conflict is None else subject.conflict.value,
                **self._at(subject.easting_m, subject.northing_m),
            }
        elif cause.kind is CauseKind.CLOSURE and cause.id in picture.closures:
            streets = picture.closures[cause.id].streets
            if streets:
                given = {"street": self._street.get(streets[0]), **self._at(*self._middle[streets[0]])}
        elif cause.kind is CauseKind.CLUSTER and cause.id in picture.clusters:
            cluster = picture.clusters[cause.id]
            given = {
                "service": cluster.category.value,
                "reports": cluster.reports,
                **self._at(cluster.easting_m, cluster.northing_m),
            }
        elif cause.kind in (CauseKind.BREAKDOWN, CauseKind.LATE):
            vehicle = picture.vehicles.get(cause.id)
            given = {"vehicle": cause.id}
            if vehicle is not None and vehicle.easting_m is not None and vehicle.northing_m is not None:
                given |= self._at(vehicle.easting_m, vehicle.northing_m)
        decision = None if change.decision is None else picture.decision_named(change.decision)
        if decision is not None and isinstance(subject, RequestState):
            given["vehicle"] = next(
                (v for v in decision.vehicles if subject.visit in map(stop_of, picture.rounds[v])), None
            )
        return ChangeView(
            key=cause_key(cause),
            kind=cause.kind.value,
            id=cause.id,
            at=change.at,
            status=change.status.value,
            touches=[] if proposal is None else proposal.touches,
            proposal=None if proposal is None else proposal.proposal_id,
            **given,  # type: ignore[arg-type]
        )

    def _at(self, easting_m: float, northing_m: float) -> dict[str, float]:
        lon, lat = np.round(self._council.to_wgs84(np.array([easting_m, northing_m])), 6).tolist()
        return {"lon": lon, "lat": lat}
