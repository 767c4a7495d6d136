"""What reports of smoke or fire add to the demand that a plan counts with, and which clusters they come from.

Asked by `services.cover_model` for the problem and by the solvers for the plan's words: both get the same
numbers. Pure but for the last answer it keeps; the bounds are those of `optimiser.feedback.smoke_demand`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from geo.arrays import FloatArray
from geo.region import Region
from optimiser.feedback.category import Category
from optimiser.feedback.clusters import Cluster, as_of
from optimiser.feedback.smoke_demand import extra_demand_per_h
from services.picture import Picture

STEP = timedelta(minutes=1)
"""Clusters fade in steps of this, a thirtieth of their confidence or so: what a proof has learnt of one
demand is of no use for another, so demand must not change with every event."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ClusterExtra:
    """What one cluster adds: incidents per hour over all zones, and in how many zones."""

    cluster: str
    extra_per_h: float
    zones: int


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """What all clusters of a picture add.

    Attributes
    ----------
    extra_per_h
        Incidents per hour added to each zone, (Z,).
    clusters
        Those that are counted, the largest first.
    """

    extra_per_h: FloatArray
    clusters: tuple[ClusterExtra, ...]

    @property
    def total_per_h(self) -> float:
        """Incidents per hour added in all."""
        return float(self.extra_per_h.sum())

    @property
    def zones(self) -> int:
        """How many zones are raised."""
        return int(np.count_nonzero(self.extra_per_h))


class RaisedDemand:
    """Answers for one region; safe to share between threads, each answer being whole."""

    def __init__(self, region: Region) -> None:
        self._places = region.zones.en
        self._last: tuple[dict[str, Cluster], datetime, Raised | None] | None = None

    def of(self, picture: Picture) -> Raised | None:
        """What the reports of a picture add; None where nothing is to be added."""
        if not picture.clusters:
            return None
        now = EPOCH + (picture.as_of - EPOCH) // STEP * STEP
        last = self._last
        if last is not None and last[0] is picture.clusters and last[1] == now:
            return last[2]
        raised = self._worked_out(picture.clusters, now)
        self._last = picture.clusters, now, raised
        return raised

    def _worked_out(self, clusters: dict[str, Cluster], now: datetime) -> Raised | None:
        counted = [
            cluster
            for cluster in as_of(clusters, now).values()
            if cluster.category is Category.SMOKE_OR_FIRE and cluster.confidence > 0
        ]
        total = extra_demand_per_h(counted, self._places, now)
        if not total.any():
            return None
        if len(counted) == 1:
            each = [(counted[0], total)]
        else:
            each = [(cluster, extra_demand_per_h([cluster], self._places, now)) for cluster in counted]
        # All together are bounded: where they are scaled down, each is by as much.
        scale = float(total.sum()) / sum(float(extra.sum()) for _, extra in each)
        told = [
            ClusterExtra(cluster.cluster, scale * float(extra.sum()), int(np.count_nonzero(extra)))
            for cluster, extra in each
            if extra.any()
        ]
        told.sort(key=lambda one: (-one.extra_per_h, one.cluster))
        return Raised(total, tuple(told))
