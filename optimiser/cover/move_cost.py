"""The price of moving an appliance: what a move must repay, in benefit x time, before it is proposed.

Called by whoever builds problems from a region. It knows nothing of cover itself.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from optimiser.cover.arrays import CoverInputError, Float32Array, FloatArray


@dataclass(frozen=True, slots=True)
class MoveCostRule:
    """A fixed part, plus the cover lost while the appliance drives, spread over the time the gap lasts.

    In units of the objective (weighted seconds of attendance per hour), a move from i to j costs

        cost[i, j] = (fixed + per_s * travel_s[i, j]) / gap_h

    A move brings its benefit per hour for as long as the gap lasts, `gap_h`; it must repay `fixed` in benefit
    x time. An appliance on the road covers no ground for travel_s seconds. One appliance's ground is worth
    about 60 units (filling an empty ordinary London ground brings 30 to 80), so each second of driving loses
    60 / 3600 units x hours: that is `per_s`. It stands for the driving time where a problem does not say what
    each move would bring meanwhile; with `CoverProblem.road_s`, which charges exactly that, it is zero.

    Parameters
    ----------
    fixed
        What a move must repay, units x hours: over a gap of one hour it must bring at least so many units.
        The default is a judgement on measured ground: replaying five days of recorded London incidents with
        every proposal accepted, 15, 40 and 80 gave 0.93, 0.62 and 0.34 moves an incident and put 3.7, 3.4
        and 2.0 percentage points more calls in time.
    per_s
        Cover lost per second of driving, units x hours / second.
    gap_h
        Hours the gap is expected to last.

    Raises
    ------
    CoverInputError
        Where a value is negative or not finite, or gap_h is zero.
    """

    fixed: float = 40.0
    per_s: float = 60.0 / 3600.0
    gap_h: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or value < 0:
                raise CoverInputError(f"move_cost.{field.name}", value, "a finite number, zero or more")
        if self.gap_h == 0:
            raise CoverInputError("move_cost.gap_h", self.gap_h, "more than zero hours")

    def matrix(self, station_station_s: Float32Array | FloatArray) -> FloatArray:
        """Return the costs of all moves, (S, S), objective units; zero on the diagonal.

        Parameters
        ----------
        station_station_s
            Travel seconds from row to column, without turnout (a crew told to move is already in its
            appliance), (S, S). Where it is inf, there being no way, so is the cost: such a move is never
            proposed.
        """
        travel_s = np.asarray(station_station_s, dtype=np.float64)
        if travel_s.ndim != 2 or travel_s.shape[0] != travel_s.shape[1]:
            raise CoverInputError("station_station_s", f"shape {travel_s.shape}", "(stations, stations)")
        if np.isnan(travel_s).any() or (travel_s < 0).any():
            raise CoverInputError("station_station_s", "a negative or undefined time", "zero or more seconds")
        reached = np.isfinite(travel_s)
        # Without a price for driving, zero times inf would be undefined.
        driving = self.per_s * np.where(reached, travel_s, 0.0)
        cost: FloatArray = np.where(reached, (self.fixed + driving) / self.gap_h, np.inf)
        np.fill_diagonal(cost, 0.0)
        return cost
