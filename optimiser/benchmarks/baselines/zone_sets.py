"""Zones that are in reach of the same stations, taken together: the same model with far fewer rows.

Used by the baselines that are integer programmes. Exact: such zones are covered, or not, all at once.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class ZoneSets:
    """Sets of zones: `cover` (n, S), which stations reach them; `demand_per_h` (n,)."""

    cover: BoolArray
    demand_per_h: FloatArray

    def surely(self, counts: IntArray, most_moves: int) -> IntArray:
        """Return how many appliances reach each set whatever so many moves are made, (n,), zero or more."""
        sure: IntArray = np.maximum(self.cover @ counts - most_moves, 0)
        return sure

    def only(self, chosen: BoolArray) -> "ZoneSets":
        """Return some of the sets."""
        return ZoneSets(self.cover[chosen], self.demand_per_h[chosen])


def zone_sets(cover: BoolArray, demand_per_h: FloatArray) -> ZoneSets:
    """Merge zones with demand that the same stations reach; those out of any reach are left out.

    Parameters
    ----------
    cover
        Which stations reach which zones, (S, Z).
    demand_per_h
        Of the zones, (Z,).
    """
    asked = np.flatnonzero((demand_per_h > 0.0) & cover.any(axis=0))
    reached = np.ascontiguousarray(cover[:, asked].T)
    _, first, of = np.unique(np.packbits(reached, axis=1), axis=0, return_index=True, return_inverse=True)
    demand: FloatArray = np.zeros(first.size)
    np.add.at(demand, of.reshape(-1), demand_per_h[asked])
    return ZoneSets(reached[first], demand)
