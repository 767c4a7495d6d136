"""The attendance standard of one kind of appliance: targets, weights and penalties.

Built by whoever knows the service's targets; read by every part of the cover engine. It never changes
once built and knows nothing of a region.
"""

import math
from dataclasses import dataclass, fields

from optimiser.cover.arrays import CoverInputError, StandardRow

# Whole seconds up to here are the same number in float32, in which attendance times are kept.
MOST_CAP_S = 2**24


@dataclass(frozen=True, slots=True)
class Standard:
    """What late means for one kind of appliance, and what it costs.

    Parameters
    ----------
    first_target_s, second_target_s
        T1 and T2 of the objective: the first appliance within T1 seconds, the second within T2. The
        defaults are London's attendance targets (six and eight minutes).
    first_weight, second_weight
        w1 and w2: price of a second of the first and of the second appliance's attendance time.
        first_weight must be at least second_weight: this keeps the risk convex in the counts at stations.
    first_late_s
        L1: what a first appliance later than T1 costs, in seconds.
    late_s
        L2: what an appliance (first or second) later than T2 costs, in seconds.
    cap_s
        t_max: attendance times are cut here; also the time where there is no appliance at all. Whole seconds
        and later than both targets, so that "none" is late in every arithmetic.

    Raises
    ------
    CoverInputError
        Where a value is not finite, is negative or breaks the order of targets, weights and cap.
    """

    first_target_s: float = 360.0
    second_target_s: float = 480.0
    first_weight: float = 1.0
    second_weight: float = 0.5
    first_late_s: float = 300.0
    late_s: float = 150.0
    cap_s: float = 1800.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
                raise CoverInputError(f"standard.{field.name}", value, "a finite number")
            if value < 0:
                raise CoverInputError(f"standard.{field.name}", value, "zero or more")
        if not 0 < self.cap_s <= MOST_CAP_S or self.cap_s != int(self.cap_s):
            raise CoverInputError("standard.cap_s", self.cap_s, f"whole seconds, 1 to {MOST_CAP_S}")
        if self.second_weight > self.first_weight:
            raise CoverInputError(
                "standard.second_weight", self.second_weight, f"at most first_weight ({self.first_weight})"
            )
        if self.first_target_s > self.second_target_s:
            raise CoverInputError(
                "standard.first_target_s",
                self.first_target_s,
                f"at most second_target_s ({self.second_target_s})",
            )
        if self.second_target_s >= self.cap_s:
            raise CoverInputError(
                "standard.second_target_s", self.second_target_s, f"less than cap_s ({self.cap_s})"
            )

    @classmethod
    def first_only(
        cls, first_target_s: float, second_target_s: float | None = None, cap_s: float = 1800.0
    ) -> "Standard":
        """Return the standard of a kind of which one is enough: only the first appliance costs anything.

        The second is still measured, at its published target (the first's where none is given).
        """
        second_s = first_target_s if second_target_s is None else second_target_s
        return cls(first_target_s, second_s, second_weight=0.0, late_s=0.0, cap_s=cap_s)

    def as_row(self) -> StandardRow:
        """Return w1, w2, T1, T2, L1, L2, t_max as the kernels read them."""
        return (
            float(self.first_weight),
            float(self.second_weight),
            float(self.first_target_s),
            float(self.second_target_s),
            float(self.first_late_s),
            float(self.late_s),
            float(self.cap_s),
        )
