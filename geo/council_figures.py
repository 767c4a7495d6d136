"""What things cost a council, and the figures of its weeks before.

Built by the council's builders and its pack, read by every other wing through `geo.council`. Never counts
anything: what a day costs is the services'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from geo.arrays import NOT_NEGATIVE, FloatArray, check_unique, checked_floats
from geo.council_checks import put


@dataclass(frozen=True, slots=True, eq=False)
class PastWeeks:
    """The same day of the weeks before, oldest first; generated for a generated council.

    Attributes
    ----------
    labels
        "4 weeks ago", say.
    cost_per_collection
        (W,) in the council's money.
    overtime_h, distance_km, missed_per_1000
        (W,) of all vehicles together; missed collections of a thousand.
    """

    labels: tuple[str, ...]
    cost_per_collection: FloatArray
    overtime_h: FloatArray
    distance_km: FloatArray
    missed_per_1000: FloatArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        check_unique("past.labels", self.labels) if self.labels else None
        for name in ("cost_per_collection", "overtime_h", "distance_km", "missed_per_1000"):
            values = checked_floats(f"past.{name}", getattr(self, name), (len(self.labels),), NOT_NEGATIVE)
            put(self, **{name: values})


@dataclass(frozen=True, slots=True)
class Costs:
    """What things cost the council, in its money; the weights of a day's plan.

    Attributes
    ----------
    vehicle_day
        Of a vehicle that leaves its depot, with its crew's regular shift.
    drive_h, km
        Of driving, on top of it.
    overtime_h
        Of a crew's hour after the shift's end.
    unserved_stop
        Price of leaving an ordinary stop for another day; above what reaching it can cost.
    moved_stop
        Price of a stop that changes crew during the day (they know their streets).
    """

    vehicle_day: float
    drive_h: float
    km: float
    overtime_h: float
    unserved_stop: float
    moved_stop: float

    def __post_init__(self) -> None:
        """Check the numbers; ValueError names the bad one."""
        for name in self.__slots__:
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"costs.{name}: {getattr(self, name)}; it must be a number, 0 or more")
