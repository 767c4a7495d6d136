"""What a simulated brigade has and how long it takes to get about: the fixed arrays of a simulation.

Built by the feeds from a region and by the tests from plain arrays; read by `Brigade`. Never holds
anything that changes while a simulation runs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UNREACHABLE_S = 7_200.0
"""Travel time used where a matrix has none (infinite beyond its cut-off): two hours, far past any target."""


@dataclass(frozen=True, slots=True, eq=False)
class BrigadeWorld:
    """Stations, zones and appliances as arrays.

    Parameters
    ----------
    station_zone_s
        Shape (S, Z), seconds of travel from a station to a zone, without turnout. The way back is taken to
        be as long as the way there. Infinite entries count as `UNREACHABLE_S`.
    station_station_s
        Shape (S, S), seconds of travel between stations.
    turnout_s
        Seconds from the order to the wheels turning.
    appliance_home
        Shape (A,), index of each appliance's home station.
    appliance_kind
        Shape (A,), index of each appliance's kind, 0 being the pumps.

    Raises
    ------
    ValueError
        When shapes disagree, a time is negative or not a number, or an index is out of range.
    """

    station_zone_s: FloatArray
    station_station_s: FloatArray
    turnout_s: float
    appliance_home: IntArray
    appliance_kind: IntArray

    def __post_init__(self) -> None:
        """Check the arrays against each other and make infinite times finite."""
        stations, zones = _two_dimensions("station_zone_s", self.station_zone_s)
        if self.station_station_s.shape != (stations, stations):
            raise ValueError(
                f"station_station_s has shape {self.station_station_s.shape}, want ({stations}, {stations})"
            )
        if stations < 1 or zones < 1:
            raise ValueError(f"a world needs a station and a zone, got {stations} and {zones}")
        if not 0.0 <= self.turnout_s < UNREACHABLE_S:
            raise ValueError(f"turnout_s is {self.turnout_s}, want 0 to {UNREACHABLE_S:.0f} seconds")
        homes, kinds = np.asarray(self.appliance_home), np.asarray(self.appliance_kind)
        if homes.ndim != 1 or homes.shape != kinds.shape or homes.size == 0:
            raise ValueError(f"appliance_home {homes.shape} and appliance_kind {kinds.shape}: want one (A,)")
        if homes.min() < 0 or homes.max() >= stations:
            raise ValueError(f"appliance_home runs {homes.min()} to {homes.max()}, want 0 to {stations - 1}")
        if kinds.min() < 0:
            raise ValueError(f"appliance_kind has {kinds.min()}, want 0 or more")
        for name in ("station_zone_s", "station_station_s"):
            object.__setattr__(self, name, _finite_times(name, getattr(self, name)))

    @property
    def kinds(self) -> int:
        """How many kinds of appliance there are (the highest index plus one)."""
        return int(self.appliance_kind.max()) + 1

    @property
    def appliances(self) -> int:
        """How many appliances there are."""
        return int(self.appliance_home.size)

    def strength(self) -> tuple[int, ...]:
        """Return how many appliances of each kind there are."""
        return tuple(int(n) for n in np.bincount(self.appliance_kind, minlength=self.kinds))


def _two_dimensions(name: str, values: FloatArray) -> tuple[int, int]:
    if values.ndim != 2:
        raise ValueError(f"{name} has {values.ndim} dimensions, want 2")
    return int(values.shape[0]), int(values.shape[1])


def _finite_times(name: str, values: FloatArray) -> FloatArray:
    times = np.array(values, dtype=np.float64)
    if np.isnan(times).any() or (times < 0).any():
        raise ValueError(f"{name} holds a negative time or one that is not a number")
    return np.minimum(times, UNREACHABLE_S)
