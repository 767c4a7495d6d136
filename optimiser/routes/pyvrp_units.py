"""Whole numbers for PyVRP: how times, costs and loads are scaled so that rounding never helps a plan.

Used by `pyvrp_data` only. Times are rounded up and windows inwards, so what keeps the rules in whole numbers
keeps them in the problem's own. Never holds a problem.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from optimiser.routes.arrays import AnyArray, IntArray

EXACT_SCALES = (1, 10, 100, 1000)
"""Scales tried first: data that are whole numbers, or have up to three decimals, pass unchanged."""

INEXACT_SCALE = 100
"""Where none of them is exact: hundredths of a second (or of a unit of load), finer than any real plan."""

COST_STEPS = 1e6
"""Where costs are not exact: the dearest leg counts this many steps, so that rounding of a thousand legs
stays below a thousandth of one leg, and penalties stay far from PyVRP's limit of 2**44."""

TOLERANCE = 1e-6
"""Below this a number is whole: far above rounding errors of doubles, far below any unit that matters."""

FAR = 1 << 40
"""Later or dearer than anything: below PyVRP's limit of 2**44 for one entry, sums of a route included."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Steps for each unit."""

    per_unit: float

    def up(self, values: AnyArray | float) -> IntArray:
        """Whole steps, never less than the value; infinity becomes `FAR`."""
        return self._whole(np.ceil(np.asarray(values, dtype=float) * self.per_unit - TOLERANCE))

    def down(self, values: AnyArray | float) -> IntArray:
        """Whole steps, never more than the value; infinity becomes `FAR`."""
        return self._whole(np.floor(np.asarray(values, dtype=float) * self.per_unit + TOLERANCE))

    def near(self, values: AnyArray | float) -> IntArray:
        """Whole steps, as near as can be."""
        return self._whole(np.rint(np.asarray(values, dtype=float) * self.per_unit))

    @staticmethod
    def _whole(steps: AnyArray) -> IntArray:
        return np.clip(steps, -FAR, FAR).astype(np.int64)


def exact_scale(values: Iterable[AnyArray]) -> Scale | None:
    """Smallest scale at which all finite values are whole numbers; None where there is none."""
    finite = np.concatenate([np.unique(v[np.isfinite(v)]) for v in values])
    for scale in EXACT_SCALES:
        steps = finite * scale
        if np.all(np.abs(steps - np.rint(steps)) <= TOLERANCE):
            return Scale(scale)
    return None


def cost_scale(costs: AnyArray) -> Scale:
    """Scale of costs: exact where the legs' costs are, else `COST_STEPS` for the dearest."""
    exact = exact_scale([costs])
    dearest = float(costs.max(initial=0.0))
    if exact is not None and dearest * exact.per_unit <= COST_STEPS * 10:
        return exact
    return Scale(COST_STEPS / dearest)
