"""What clusters of smoke or fire add to the demand of the zones around them, for a while and bounded.

Called by whoever builds a cover problem from a picture. Never changes anything where there is no such
cluster.
"""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from optimiser.feedback.category import Category
from optimiser.feedback.cluster import Cluster
from optimiser.feedback.clusters import as_of

EXTRA_PER_H = 1.0
"""Incidents an hour a cluster of full confidence adds, over all zones: one call, expected within the hour."""
MOST_EXTRA_PER_H = 4.0
"""Of all clusters together: past it all are scaled down alike; no storm of posts moves a whole brigade."""
LEAST_SPREAD_M = 250.0
"""Smoke is seen from afar: no cluster is taken to be better placed."""
MOST_REACH = 3.0
"""Spreads beyond which a zone gets nothing; the nearest zone always gets its part, unless further than
`MOST_NEAREST_M`."""
MOST_NEAREST_M = 5_000.0


def extra_demand_per_h(
    clusters: Iterable[Cluster], places_m: NDArray[np.float64], now: datetime
) -> NDArray[np.float64]:
    """Incidents per hour to add to each zone's demand.

    With `p` a cluster's confidence at `now`, `d` a zone's distance from it and `s = max(250 m, radius)`, the
    cluster adds `EXTRA_PER_H × p × w / Σw` with `w = exp(-(d / s)² / 2)` where `d ≤ 3 s`. The sum over all
    clusters and zones is at most `MOST_EXTRA_PER_H`.

    Parameters
    ----------
    clusters
        Any; only those about smoke or fire count, and of them neither dismissed nor expired ones.
    places_m
        (Z, 2) eastings and northings of the zones' demand points, British National Grid.

    Returns
    -------
    (Z,) incidents per hour, all zero or more.
    """
    extra = np.zeros(len(places_m))
    shown = as_of({c.cluster: c for c in clusters}, now)
    for cluster in sorted(shown.values(), key=lambda c: c.cluster):
        if cluster.category is Category.SMOKE_OR_FIRE and cluster.confidence > 0:
            extra += EXTRA_PER_H * cluster.confidence * _shares(cluster, places_m)
    total = float(extra.sum())
    return extra * (MOST_EXTRA_PER_H / total) if total > MOST_EXTRA_PER_H else extra


def demand_factor(
    clusters: Iterable[Cluster],
    places_m: NDArray[np.float64],
    demand_per_h: NDArray[np.float64],
    now: datetime,
) -> NDArray[np.float64]:
    """By what each zone's demand is multiplied to hold the same raise; 1 where there is none, or no demand.

    Parameters
    ----------
    demand_per_h
        (Z,) incidents per hour as they would be without the clusters.
    """
    extra = extra_demand_per_h(clusters, places_m, now)
    factor: NDArray[np.float64] = 1.0 + np.divide(
        extra, demand_per_h, out=np.zeros_like(extra), where=demand_per_h > 0
    )
    return factor


def _shares(cluster: Cluster, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of one cluster: which part of it falls on each zone."""
    if not len(places_m):
        return np.zeros(0)
    away_m = np.hypot(places_m[:, 0] - cluster.easting_m, places_m[:, 1] - cluster.northing_m)
    spread_m = max(LEAST_SPREAD_M, cluster.radius_m)
    weight = np.where(away_m <= MOST_REACH * spread_m, np.exp(-0.5 * (away_m / spread_m) ** 2), 0.0)
    nearest = int(np.argmin(away_m))
    if not weight.sum() and away_m[nearest] <= MOST_NEAREST_M:
        weight[nearest] = 1.0
    total = float(weight.sum())
    return weight / total if total else weight
