"""The arrays of a region that the benchmarks need: a pack's own, or four copies of it side by side.

Built by the runner from a region pack or a generated region. It never holds a state: those are in `states`.
"""

from dataclasses import dataclass

import numpy as np

from geo.distance_law import DistanceLaw
from geo.region import Region
from optimiser.cover.arrays import Float32Array, FloatArray, IntArray
from optimiser.cover.standard import Standard

# Copies in each direction of the fourfold region.
SIDE = 2
# Runs longer than this tell the pace between copies where only roads are known, metres.
LONG_RUN_M = 10_000.0


@dataclass(frozen=True, slots=True, eq=False)
class BenchRegion:
    """Stations S, zones Z, appliances A, kinds K of a region, and how many packs large it is.

    `attendance_s` (S, Z): travel plus turnout, seconds. `road_s` (S, S): driving between stations, seconds.
    `demand_per_h` (K, 168, Z). `kind`, `home` (A,). `bays` (S,). `copies`: states grow with it. `note`: how
    it was made.
    """

    id: str
    standards: tuple[Standard, ...]
    attendance_s: Float32Array
    road_s: Float32Array
    demand_per_h: Float32Array
    kind: IntArray
    home: IntArray
    bays: IntArray
    copies: int
    note: str

    @classmethod
    def of(cls, region: Region) -> "BenchRegion":
        """Take the arrays of a region, as the service does."""
        return cls(
            id=region.id,
            standards=standards_of(region),
            attendance_s=(region.station_zone_s + np.float32(region.turnout_s)).astype(np.float32),
            road_s=region.station_station_s,
            demand_per_h=region.demand_per_h,
            kind=region.appliances.kind.astype(np.int64),
            home=region.appliances.home.astype(np.int64),
            bays=region.stations.bays.astype(np.int64),
            copies=1,
            note=f"the region {region.id}, {'generated' if region.generated else 'real'}",
        )

    @property
    def size(self) -> dict[str, int]:
        """Stations, appliances, zones and kinds."""
        n_stations, n_zones = self.attendance_s.shape
        return {
            "stations": n_stations,
            "appliances": int(self.kind.size),
            "zones": n_zones,
            "kinds": len(self.standards),
        }


def standards_of(region: Region) -> tuple[Standard, ...]:
    """Return the standard of each kind, as the service makes them."""
    return tuple(
        Standard(kind.first_target_s, kind.second_target_s)
        if kind.two_needed
        else Standard.first_only(kind.first_target_s, kind.second_target_s)
        for kind in region.kinds
    )


def fourfold(region: Region) -> BenchRegion:
    """Return four copies of a region, two by two, each shifted by the extent of the zones.

    Within a copy, times are those of the region. Between copies they come from the region's distance law; a
    region that knows roads has none beyond its edge, so there the pace of its own long runs is taken.
    """
    copies = SIDE * SIDE
    single = BenchRegion.of(region)
    n_stations, n_zones = single.attendance_s.shape
    extent_m = np.ptp(region.zones.en, axis=0)
    attendance_s = np.empty((copies * n_stations, copies * n_zones), dtype=np.float32)
    road_s = np.empty((copies * n_stations, copies * n_stations), dtype=np.float32)
    for here in range(copies):
        rows = slice(here * n_stations, (here + 1) * n_stations)
        for there in range(copies):
            shift_m = (_place(there) - _place(here)) * extent_m
            zones = slice(there * n_zones, (there + 1) * n_zones)
            attendance_s[rows, zones] = _travel_s(region, region.zones.en, shift_m) + region.turnout_s
            stations = slice(there * n_stations, (there + 1) * n_stations)
            road_s[rows, stations] = _travel_s(region, region.stations.en, shift_m)
    law = "its distance law" if isinstance(region.travel, DistanceLaw) else "the pace of its own long runs"
    return BenchRegion(
        id=f"fourfold-{region.id}",
        standards=single.standards,
        attendance_s=attendance_s,
        road_s=road_s,
        demand_per_h=np.tile(single.demand_per_h, (1, 1, copies)),
        kind=np.tile(single.kind, copies),
        home=np.concatenate([single.home + n * n_stations for n in range(copies)]),
        bays=np.tile(single.bays, copies),
        copies=copies,
        note=f"four copies of {single.note}, two by two, each shifted by its extent; between them {law}",
    )


def _place(copy: int) -> FloatArray:
    return np.array(divmod(copy, SIDE), dtype=np.float64)


def _travel_s(region: Region, places_en: FloatArray, shift_m: FloatArray) -> Float32Array:
    """Return seconds from the stations to places, the places shifted by some metres, (S, n)."""
    if not shift_m.any() or isinstance(region.travel, DistanceLaw):
        return region.travel.matrix(region.stations.en, places_en + shift_m)
    dist_m = np.hypot(*(region.stations.en[:, None, :] - region.zones.en[None, :, :]).transpose(2, 0, 1))
    known = np.isfinite(region.station_zone_s) & (dist_m > min(LONG_RUN_M, float(np.median(dist_m))))
    pace_s_per_m = float(np.median(region.station_zone_s[known] / dist_m[known]))
    away_m = np.hypot(*(region.stations.en[:, None, :] - places_en[None, :, :] - shift_m).transpose(2, 0, 1))
    travel_s: Float32Array = (away_m * pace_s_per_m).astype(np.float32)
    return travel_s
