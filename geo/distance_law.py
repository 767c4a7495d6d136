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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from geo.arrays import Float32Array, FloatArray
from geo.travel_time import Route, as_places, check_cutoff


@dataclass(frozen=True, slots=True)
class DistanceLaw:
    """Seconds of driving from metres of straight line.

    With d the distance, c the cross-over and r the root factor:

        law(d) = r·√d                                for d ≤ c
        law(d) = r·√c + r / (2·√c) · (d - c)         for d > c

    so that value and slope are continuous. Streets are slower near the centre: the time is multiplied by
    1 + centre_slowing · exp(-(m / centre_radius_m)²), m being the distance from the middle of the run to the
    centre.

    Attributes
    ----------
    root_s
        r, seconds per √metre; above 0.
    crossover_m
        c, metres; above 0.
    centre_e_m, centre_n_m
        The centre, metres of the region's CRS.
    centre_slowing
        0 for a law that is the same everywhere; from -0.9 to 5.
    centre_radius_m
        How far the slowing reaches; above 0.
    """

    root_s: float
    crossover_m: float
    centre_e_m: float = 0.0
    centre_n_m: float = 0.0
    centre_slowing: float = 0.0
    centre_radius_m: float = 10_000.0

    def __post_init__(self) -> None:
        """Check the parameters; ValueError names the bad one."""
        for name, low, high in (
            ("root_s", 1e-6, 1e3),
            ("crossover_m", 1e-3, 1e6),
            ("centre_e_m", -1e8, 1e8),
            ("centre_n_m", -1e8, 1e8),
            ("centre_slowing", -0.9, 5.0),
            ("centre_radius_m", 1.0, 1e6),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"distance_law.{name}: {value}; it must be from {low:g} to {high:g}")

    @property
    def cruising_mps(self) -> float:
        """Speed of the straight line on long runs, away from the centre, metres a second."""
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
        if self.centre_slowing:
            centre = np.array([[self.centre_e_m, self.centre_n_m]])
            # |middle - centre| from halves: the middle of each pair less the centre.
            middle_m = cdist((origins - centre) / 2, (centre - destinations) / 2)
            times *= slow_factor(middle_m, self.centre_slowing, self.centre_radius_m)
        if math.isfinite(cutoff_s):
            times[times > cutoff_s] = np.inf
        return times.astype(np.float32)

    def route(self, origin_en: npt.ArrayLike, destination_en: npt.ArrayLike) -> Route:
        """Return the straight line of two points: without roads nothing better is known."""
        ends = np.concatenate([as_places("origin_en", origin_en), as_places("destination_en", destination_en)])
        travel_s = float(self.matrix(ends[:1], ends[1:])[0, 0])
        return Route(ends, travel_s, float(math.hypot(*(ends[1] - ends[0]))))


def law_s(dist_m: FloatArray, root_s: float, crossover_m: float) -> FloatArray:
    """Return r·√d up to the cross-over and the tangent of that curve beyond it, in seconds."""
    root_part = root_s * np.sqrt(np.minimum(dist_m, crossover_m))
    slope = root_s / (2 * math.sqrt(crossover_m))
    return np.asarray(root_part + slope * np.maximum(dist_m - crossover_m, 0.0))


def slow_factor(middle_m: FloatArray, slowing: float, radius_m: float) -> FloatArray:
    """Return 1 + slowing · exp(-(m / radius)²) for runs whose middle is m metres from the centre."""
    return np.asarray(1 + slowing * np.exp(-np.square(middle_m / radius_m)))
