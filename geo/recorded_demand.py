"""Demand by zone and hour of week from recorded incidents, steadied by where people live.

Called by the London builder. Never invents volume: the total is the one it is told.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from geo.arrays import Float32Array, FloatArray, IntArray

HOURS_OF_WEEK = 168
# A zone's hours have a handful of calls each: the week's shape is smoothed over about this many hours.
SMOOTH_HOURS = 1.25
# Half a call more for each district, so that one without records still has a rate.
DISTRICT_PRIOR_CALLS = 0.5
MIN_SPREAD, MAX_SPREAD = 0.05, 50.0


def zone_weights(zone: IntArray, population: FloatArray, district: IntArray) -> FloatArray:
    """Return (Z,) the share of demand of each zone.

    Expected calls E of a zone are its people times its district's calls a head. The zone's own factor over
    that is taken as gamma distributed with mean 1 and shape κ, so that with n calls recorded its estimate is
    E · (n + κ) / (E + κ): all district where records are few, all record where they are many. κ comes from
    the records by moments: the variance of n beyond chance is E² / κ.

    Parameters
    ----------
    zone
        (n,) zone index of each recorded incident.
    population, district
        (Z,) persons, and index.
    """
    if not len(zone):
        raise ValueError("zone: there is no incident inside any zone; demand needs at least one")
    calls = np.bincount(zone, minlength=len(population)).astype(np.float64)
    people = np.maximum(population, 1.0)
    groups = int(district.max()) + 1
    in_district = np.bincount(district, weights=calls, minlength=groups) + DISTRICT_PRIOR_CALLS
    heads = np.maximum(np.bincount(district, weights=people, minlength=groups), 1.0)
    expected = people * (in_district / heads)[district]
    beyond_chance = float((np.square(calls - expected) - expected).sum())
    spread = np.clip(np.square(expected).sum() / max(beyond_chance, 1e-9), MIN_SPREAD, MAX_SPREAD)
    weight = expected * (calls + spread) / (expected + spread)
    return np.asarray(weight / weight.sum())


def week_shape(hour_of_week: IntArray) -> FloatArray:
    """Return (168,) factors with mean 1: recorded calls by hour of the week, smoothed round the week."""
    calls = np.bincount(hour_of_week, minlength=HOURS_OF_WEEK).astype(np.float64)
    if len(calls) != HOURS_OF_WEEK or not calls.sum():
        raise ValueError("hour_of_week: it needs at least one value, and all from 0 to 167")
    smooth = gaussian_filter1d(calls, SMOOTH_HOURS, mode="wrap")
    return np.asarray(smooth / smooth.mean())


def recorded_demand(
    zone: IntArray,
    hour_of_week: IntArray,
    population: FloatArray,
    district: IntArray,
    incidents_per_day: float,
) -> Float32Array:
    """Return (168, Z) incidents per hour that add up to `incidents_per_day` over an average day."""
    weight = zone_weights(zone, population, district)
    shape = week_shape(hour_of_week)
    return (shape[:, None] * weight * (incidents_per_day / 24)).astype(np.float32)
