"""The one small protocol behind which travel times come: a road network or a distance law.

Called by the region, the builders and the services. Never holds how a time is found; each implementation has
its own file. Times are travel only: turnout belongs to the region.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geo.arrays import BoolArray, Float32Array, FloatArray, checked_floats


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One way from a place to a place: shape (k, 2) in metres of the region's CRS, seconds, metres.

    There is always a way: a place is joined to roads that lead everywhere, or the line is straight.
    """

    en: FloatArray
    travel_s: float
    dist_m: float

    def __post_init__(self) -> None:
        """Check shape and ranges; ValueError names what is wrong."""
        if len(self.en) < 2:
            raise ValueError(f"route.en: {len(self.en)} points; a route needs at least 2")
        object.__setattr__(self, "en", checked_floats("route.en", self.en, (len(self.en), 2)))
        if not (math.isfinite(self.travel_s) and self.travel_s >= 0):
            raise ValueError(f"route.travel_s: {self.travel_s}; it must be finite and 0 or more")
        if not (math.isfinite(self.dist_m) and self.dist_m >= 0):
            raise ValueError(f"route.dist_m: {self.dist_m}; it must be finite and 0 or more")


class TravelTimes(Protocol):
    """How long it takes from place to place, in seconds of driving without turnout."""

    def matrix(
        self, origins_en: npt.ArrayLike, destinations_en: npt.ArrayLike, cutoff_s: float = math.inf
    ) -> Float32Array:
        """Return (n, m) seconds from origins (n, 2) to destinations (m, 2).

        From a place to itself it takes 0 s; past the cut-off it is inf.
        """
        ...

    def route(self, origin_en: npt.ArrayLike, destination_en: npt.ArrayLike) -> Route:
        """Return the fastest way from one place (2,) to another (2,)."""
        ...


def as_places(name: str, en: npt.ArrayLike) -> FloatArray:
    """Return `en` as (n, 2) finite float64, a single place (2,) as (1, 2); else ValueError names it."""
    array = np.atleast_2d(np.asarray(en, dtype=np.float64))
    return checked_floats(name, array, (len(array), 2))


def same_places(origins: FloatArray, destinations: FloatArray) -> BoolArray:
    """Tell for origins (n, 2) and destinations (m, 2) which pairs (n, m) are one and the same place."""
    same: BoolArray = (origins[:, None, :] == destinations[None, :, :]).all(axis=-1)
    return same


def check_cutoff(cutoff_s: float) -> None:
    """Raise ValueError unless the cut-off is a time of 0 s or more (inf allowed)."""
    if math.isnan(cutoff_s) or cutoff_s < 0:
        raise ValueError(f"cutoff_s: {cutoff_s}; it must be 0 or more seconds, or inf for none")
