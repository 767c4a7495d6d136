"""Who is nearest: the stations sorted by attendance time for every zone, built once per region.

Built by the engine and shared by the pricing, the certificate and the reasons. It never changes and knows
nothing of appliances or demand.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import Float32Array, Int16Array, IntArray
from optimiser.cover.prices import Region


@dataclass(frozen=True, slots=True, eq=False)
class AttendanceIndex:
    """Sorted attendance times of S stations and Z zones.

    `order` (Z, S): stations by attendance time, nearest first; ties by station index.
    `sorted_s` (Z, S + 1): their times in seconds; the last column is inf and stands for "none".
    `rank` (S, Z): the place of each station in the order of each zone.
    `attendance_s` (S, Z): the times as they came, station by station.
    `ground` (Z,): the station whose ground the zone is, the nearest of all.
    """

    order: Int16Array
    sorted_s: Float32Array
    rank: Int16Array
    attendance_s: Float32Array
    ground: IntArray

    @classmethod
    def build(cls, attendance_s: Float32Array) -> "AttendanceIndex":
        """Sort the stations for every zone.

        Parameters
        ----------
        attendance_s
            Travel plus turnout time in seconds, (S, Z); inf where a station never reaches a zone.
        """
        n_stations, n_zones = attendance_s.shape
        by_zone = np.ascontiguousarray(attendance_s.T)
        order = np.argsort(by_zone, axis=1, kind="stable").astype(np.int16)
        sorted_s = np.full((n_zones, n_stations + 1), np.inf, dtype=np.float32)
        sorted_s[:, :n_stations] = np.take_along_axis(by_zone, order.astype(np.int64), axis=1)
        rank = np.empty((n_zones, n_stations), dtype=np.int16)
        np.put_along_axis(
            rank, order.astype(np.int64), np.arange(n_stations, dtype=np.int16)[None, :], axis=1
        )
        return cls(
            order=order,
            sorted_s=sorted_s,
            rank=np.ascontiguousarray(rank.T),
            # A copy, so that kernels get one type whatever array it was.
            attendance_s=np.array(attendance_s, dtype=np.float32, order="C"),
            ground=order[:, 0].astype(np.int64),
        )

    @property
    def arrays(self) -> Region:
        """Order, rank, sorted and plain times, as the kernels take them."""
        return self.order, self.rank, self.sorted_s, self.attendance_s

    @property
    def n_stations(self) -> int:
        """Number of stations, S."""
        return int(self.order.shape[1])

    @property
    def n_zones(self) -> int:
        """Number of zones, Z."""
        return int(self.order.shape[0])
