"""How demand for a fire brigade runs through the week: the general shape, for regions without records.

Called by the builders of generated and OpenStreetMap regions. Never knows a place: it shares out a weekly
mean over 168 hours.
"""

from __future__ import annotations

import numpy as np

from geo.arrays import Float32Array, FloatArray

HOURS = 24
DAYS = 7
# Share of a day's calls by hour, rounded to half-steps by eye after the hours of the London Fire Brigade's
# published incidents: least at five in the morning, most at six in the evening.
MIXED_DAY = (
    0.64, 0.52, 0.44, 0.39, 0.36, 0.36, 0.44, 0.64, 0.88, 1.02, 1.10, 1.16,
    1.22, 1.24, 1.26, 1.30, 1.38, 1.50, 1.58, 1.54, 1.44, 1.30, 1.10, 0.88,
)  # fmt: skip
# Offices and shops: alarms between eight and six, quiet nights.
BUSINESS_DAY = (
    0.62, 0.52, 0.46, 0.40, 0.38, 0.42, 0.62, 0.96, 1.26, 1.38, 1.40, 1.42,
    1.44, 1.42, 1.40, 1.40, 1.42, 1.40, 1.34, 1.20, 1.06, 0.94, 0.84, 0.74,
)  # fmt: skip
# Monday to Sunday: weekends bring more homes and outdoor fires, fewer alarms in offices.
MIXED_WEEK = (0.97, 0.97, 0.98, 0.99, 1.03, 1.05, 1.01)
BUSINESS_WEEK = (1.05, 1.06, 1.07, 1.07, 1.08, 0.88, 0.79)
# Nights that lead into Saturday and Sunday are livelier, from ten in the evening to four.
LATE_FACTOR = 1.25
LATE_HOURS = (*range(4 * 24 + 22, 5 * 24 + 4), *range(5 * 24 + 22, 6 * 24 + 4))


def week_profile(day: tuple[float, ...], week: tuple[float, ...]) -> FloatArray:
    """Return (168,) factors with mean 1 from 24 hours and 7 days, Friday and Saturday nights livelier."""
    if len(day) != HOURS or len(week) != DAYS:
        raise ValueError(f"day, week: {len(day)} and {len(week)} values; they must be {HOURS} and {DAYS}")
    factors = np.outer(week, day).ravel()
    factors[list(LATE_HOURS)] *= LATE_FACTOR
    return np.asarray(factors / factors.mean())


def weekly_demand(zone_rate_per_h: FloatArray, business_share: FloatArray) -> Float32Array:
    """Spread each zone's mean rate over the week.

    Parameters
    ----------
    zone_rate_per_h
        (Z,) mean incidents per hour.
    business_share
        (Z,) 0 where people only live to 1 where they only work.

    Returns
    -------
        (168, Z) incidents per hour whose mean over the week is the zone's rate.
    """
    mixed = week_profile(MIXED_DAY, MIXED_WEEK)
    business = week_profile(BUSINESS_DAY, BUSINESS_WEEK)
    shape = mixed[:, None] * (1 - business_share) + business[:, None] * business_share
    return (shape * zone_rate_per_h).astype(np.float32)
