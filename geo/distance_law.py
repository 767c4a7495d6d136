"""Travel time from straight-line distance: square-root for short runs, linear for long ones.

Called by the region builders and the region pack, where no road network is known. Never fits itself:
`distance_fit` finds the parameters from attendance records.

Source of the form: Kolesar, Walker & Hausner (1975), "Determining the relation between fire engine travel
times and travel distances in New York City", Operations Research 23(4), 614-627: an engine that speeds up and
brakes at a constant rate takes a time proportional to the root of the distance until it has a stretch at
cruising speed, and from there on a linear one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from geo.arrays import Float32Array, FloatArray, checked_floats
from geo.travel_time import Route, as_places, check_cutoff, same_places

# A run that begins this near a station begins at it.
AT_STATION_M = 250.0
MAX_START_S = 600.0


def _no_places() -> FloatArray:
    return np.empty((0, 2))


def _no_times() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class DistanceLaw:
    """Seconds of driving from metres of straight line.

    With d the distance, c the cross-over and r the root factor:

        law(d) = r·√d                                for d ≤ c
        law(d) = r·√c + r / (2·√c) · (d - c)         for d > c

    so that value and slope are continuous. A run that begins at a station of `start_en` also takes that
    station's own start time, above or below the average: its yard, its gate, the streets around it. No run
    takes less than 0 s, and from a place to itself there is no run: 0 s.

    Attributes
    ----------
    root_s
        r, seconds per √metre; above 0.
    crossover_m
        c, metres; above 0.
    start_en, start_s
        (L, 2) places in metres of the region's CRS and (L,) seconds; both empty where starts do not differ.
    """

    root_s: float
    crossover_m: float
    start_en: FloatArray = field(default_factory=_no_places)
    start_s: FloatArray = field(default_factory=_no_times)

    def __post_init__(self) -> None:
        """Check the parameters; ValueError names the bad one."""
        for name, low, high in (("root_s", 1e-6, 1e3), ("crossover_m", 1e-3, 1e6)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"distance_law.{name}: {value}; it must be from {low:g} to {high:g}")
        put, count = object.__setattr__, len(self.start_en)
        put(self, "start_en", checked_floats("distance_law.start_en", self.start_en, (count, 2)))
        bounds = (-MAX_START_S, MAX_START_S)
        put(self, "start_s", checked_floats("distance_law.start_s", self.start_s, (count,), bounds))

    @property
    def cruising_mps(self) -> float:
        """Speed over the straight line on long runs, metres a second."""
        return 2 * math.sqrt(self.crossover_m) / self.root_s

    def matrix(
        self, origins_en: npt.ArrayLike, destinations_en: npt.ArrayLike, cutoff_s: float = math.inf
    ) -> Float32Array:
        """Return seconds of driving, (n, m) float32, between places (n, 2) and (m, 2); inf past the cut-off.

        Raises
        ------
        ValueError
            Where places are not finite or the cut-off is negative.
        """
        check_cutoff(cutoff_s)
        origins = as_places("origins_en", origins_en)
        destinations = as_places("destinations_en", destinations_en)
        times = law_s(cdist(origins, destinations), self.root_s, self.crossover_m)
        times += self._starts(origins)[:, None]
        np.maximum(times, 0.0, out=times)
        times[same_places(origins, destinations)] = 0.0
        if math.isfinite(cutoff_s):
            times[times > cutoff_s] = np.inf
        return times.astype(np.float32)

    def route(self, origin_en: npt.ArrayLike, destination_en: npt.ArrayLike) -> Route:
        """Return the straight line of two points: without roads nothing better is known."""
        ends = np.concatenate(
            [as_places("origin_en", origin_en), as_places("destination_en", destination_en)]
        )
        travel_s = float(self.matrix(ends[:1], ends[1:])[0, 0])
        return Route(ends, travel_s, float(math.hypot(*(ends[1] - ends[0]))))

    def _starts(self, origins: FloatArray) -> FloatArray:
        """Return (n,) the own start time of the station each run begins at, 0 elsewhere."""
        if not len(self.start_en):
            return np.zeros(len(origins))
        dist_m, nearest = KDTree(self.start_en).query(origins)
        return np.where(dist_m <= AT_STATION_M, self.start_s[nearest], 0.0)


def law_s(dist_m: FloatArray, root_s: float, crossover_m: float) -> FloatArray:
    """Return r·√d up to the cross-over and the tangent of that curve beyond it, in seconds."""
    root_part = root_s * np.sqrt(np.minimum(dist_m, crossover_m))
    slope = root_s / (2 * math.sqrt(crossover_m))
    return np.asarray(root_part + slope * np.maximum(dist_m - crossover_m, 0.0))
