"""Zones gathered into a few dozen groups: one cut of the convex risk is kept for each group.

Built once per region by the engine for the certificate. Any grouping gives valid cuts; one whose zones look
to the same stations gives cuts that are short and strong.
"""

import numpy as np

from optimiser.cover.arrays import Float32Array, IntArray
from optimiser.cover.attendance_index import AttendanceIndex

# More groups say more with each cut, fewer keep the linear programme small: measured best at 30 to 60 for
# London's 102 stations, and at a third of the stations in larger regions.
LONDON_GROUPS = 48
STATIONS_PER_GROUP = 3
# Stands for "never reached" when grounds are compared, seconds.
FAR_S = 36_000.0


def group_zones(index: AttendanceIndex, attendance_s: Float32Array) -> tuple[IntArray, int]:
    """Return the group of each zone, (Z,), and the number of groups.

    Grounds are gathered around seeds that lie as far from each other as possible (farthest-point
    clustering, Gonzalez 1985), a ground going to the seed station that reaches it soonest on average.
    """
    grounds = np.unique(index.ground)
    capped = np.minimum(attendance_s, FAR_S)
    mean_s = np.stack([capped[:, index.ground == ground].mean(axis=1) for ground in grounds])
    seeds = [int(np.argmax(np.bincount(index.ground, minlength=index.n_stations)[grounds]))]
    nearest_s = mean_s[:, grounds[seeds[0]]].copy()
    most = max(LONDON_GROUPS, index.n_stations // STATIONS_PER_GROUP)
    while len(seeds) < min(most, grounds.size):
        nearest_s[seeds] = -1.0
        seeds.append(int(np.argmax(nearest_s)))
        nearest_s = np.minimum(nearest_s, mean_s[:, grounds[seeds[-1]]])
    group_of_ground = np.zeros(index.n_stations, dtype=np.int64)
    group_of_ground[grounds] = np.argmin(mean_s[:, grounds[seeds]], axis=1)
    groups, of_zone = np.unique(group_of_ground[index.ground], return_inverse=True)
    return of_zone.astype(np.int64), int(groups.size)
