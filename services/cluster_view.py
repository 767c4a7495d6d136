"""Clusters of reports as consoles read them: JSON-ready structs in WGS84, as of the picture's time.

Used by the views of a brigade's picture and of a council's day. Keeps its newest answers; never decides.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from optimiser.feedback.clusters import Cluster, ClusterStatus, as_of
from services.cluster_book import is_judged

COORDINATE_DIGITS = 6
"""Decimals of a degree: about 0.1 m."""
STEP = timedelta(seconds=10)
"""Confidence is shown in steps of this: it fades by less than a hundredth in it."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ANSWERS_KEPT = 2
"""A delta compares two pictures, and the second of them is the first of the next."""
CLUSTERS_SHOWN = 100
"""More than anybody looks through; the surest of those nobody has judged come first."""
ORDER = {ClusterStatus.UNCONFIRMED: 0, ClusterStatus.CONFIRMED: 1, ClusterStatus.DISMISSED: 2}


class ClusterView(Struct, frozen=True):
    """One cluster as shown.

    Attributes
    ----------
    confidence
        0 to 1, in hundredths.
    reporters
        How many different people, as far as can be told: whoever is not known counts as one.
    judged
        Whether a person's word on it stands; one dismissed without is held down by another, dismissed before.
    """

    cluster: str
    category: str
    lon: float
    lat: float
    radius_m: float
    confidence: float
    reports: int
    reporters: int
    status: str
    first_at: datetime
    last_at: datetime
    judged: bool


class ClusterViewer:
    """Turns clusters into views.

    Parameters
    ----------
    to_wgs84
        Longitude and latitude of places (n, 2) in metres.
    """

    def __init__(self, to_wgs84: Callable[[npt.ArrayLike], npt.ArrayLike]) -> None:
        self._to_wgs84 = to_wgs84
        self._kept: list[tuple[dict[str, Cluster], datetime, list[ClusterView]]] = []

    def views(self, clusters: dict[str, Cluster], now: datetime) -> list[ClusterView]:
        """Those that are not over at `now`, the ones nobody has judged first, of these the surest."""
        if not clusters:
            return []
        step = EPOCH + (now - EPOCH) // STEP * STEP
        for known, at, views in self._kept:
            if known is clusters and at == step:
                return views
        made = self._made(clusters, step)
        self._kept = [*self._kept[-(ANSWERS_KEPT - 1) :], (clusters, step, made)]
        return made

    def _made(self, clusters: dict[str, Cluster], now: datetime) -> list[ClusterView]:
        shown = [c for c in as_of(clusters, now).values() if c.status in ORDER]
        shown.sort(key=lambda c: (ORDER[c.status], -c.confidence, c.cluster))
        shown = shown[:CLUSTERS_SHOWN]
        if not shown:
            return []
        places = np.array([(c.easting_m, c.northing_m) for c in shown])
        lonlat = np.asarray(self._to_wgs84(places)).tolist()
        return [_view(cluster, lon, lat) for cluster, (lon, lat) in zip(shown, lonlat, strict=True)]


def _view(cluster: Cluster, lon: float, lat: float) -> ClusterView:
    unknown = any(report.reporter is None for report in cluster.heard)
    return ClusterView(
        cluster=cluster.cluster,
        category=cluster.category.value,
        lon=round(lon, COORDINATE_DIGITS),
        lat=round(lat, COORDINATE_DIGITS),
        radius_m=round(cluster.radius_m, 1),
        confidence=round(cluster.confidence, 2),
        reports=cluster.reports,
        reporters=len(cluster.reporters) + unknown,
        status=cluster.status.value,
        first_at=cluster.first_at,
        last_at=cluster.last_at,
        judged=is_judged(cluster),
    )
