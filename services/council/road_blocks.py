"""What closed streets do to a council's day: stops nobody can serve, vehicles cut off, streets open later.

Asked by `services.council.day_problem`. Knows the roads as they are now; never changes a round.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from services.council.road_ground import GroundWays, RoadGround
from streams.rounds_plan import AddedStop

CLOSED, CUT_OFF, DEPOT_CUT_OFF = "road_closed", "cut_off", "depot_cut_off"
"""Why a stop is not asked for: its street is closed for the day, no way leads to it and back, or no vehicle
can leave its depot."""


class Blocked(NamedTuple):
    """A stop that nobody can serve as the roads are; `vehicle` is "" where no round has it."""

    stop: str
    vehicle: str
    code: str


class RoadBlocks:
    """The roads at one time.

    Parameters
    ----------
    opens_s
        By closed street: when it opens again, seconds of the local day; inf where nobody has said.
    """

    def __init__(self, ground: RoadGround, ways: GroundWays, opens_s: Mapping[str, float]) -> None:
        self._ground, self._ways = ground, ways
        self.opens_s = opens_s
        fleet, depots = ground.fleet, ground.council.vehicles.depot
        self._latest_s = float((fleet.shift_end_s + fleet.max_overtime_s).max())
        used = np.unique(depots)
        self._reached = ways.reached[used]
        self._all_in = all(self._cut_off(depot) for depot in used.tolist())

    def why(self, stop: str, added: Mapping[str, AddedStop]) -> str | None:
        """Why nobody can serve a known stop, whoever it is; None where somebody may."""
        if not self.opens_s:
            return None
        street = self._ground.street_of(stop, added)
        if street is not None and self.opens_s.get(street, -math.inf) >= self._latest_s:
            return CLOSED
        if self._all_in:
            return DEPOT_CUT_OFF
        ends = list(self._ground.ends(stop, added))
        return None if self._reached[:, ends].all(axis=1).any() else CUT_OFF

    def opens_at_s(self, stop: str, added: Mapping[str, AddedStop]) -> float:
        """When the street of a stop opens later today; -inf where it is open or stays closed."""
        opens_s = self.opens_s.get(self._ground.street_of(stop, added) or "", -math.inf)
        return opens_s if math.isfinite(opens_s) else -math.inf

    def stranded(self, vehicle: str) -> bool:
        """Whether a vehicle's depot is cut off from every tip."""
        council = self._ground.council
        return self._cut_off(int(council.vehicles.depot[council.vehicle_number[vehicle]]))

    def _cut_off(self, depot: int) -> bool:
        return bool(self.opens_s) and not self._ways.reached[depot][self._ground.tips.location].any()

    def end_of(self, vehicle: str) -> int:
        """Node where a vehicle ends its day: its depot, or the nearest other one where that is cut off."""
        council = self._ground.council
        home = int(council.vehicles.depot[council.vehicle_number[vehicle]])
        if self._cut_off(home):
            en = council.depots.en
            others = [d for d in range(len(council.depots.ids)) if not self._cut_off(d)]
            home = min(others, key=lambda d: float(np.hypot(*(en[d] - en[home]))), default=home)
        return int(council.depots.node[home])
