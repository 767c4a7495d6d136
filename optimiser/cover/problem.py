"""One question to the cover engine: what stands where, what may move, at which price and under which rules.

Built by the area worker from the operational picture (and by tests and benchmarks); read by the engine. It
is checked completely when built, so that nothing behind it has to check again. It never does I/O.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import BoolArray, Float32Array, FloatArray, IntArray
from optimiser.cover.problem_check import check_problem
from optimiser.cover.scene import Scene
from optimiser.cover.standard import Standard

DEFAULT_HORIZON_S = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class CoverProblem:
    """Appliances at stations, demand in zones, and the rules moves must keep.

    S stations, Z zones, A appliances, K kinds.

    Parameters
    ----------
    standards
        One per kind, K.
    demand_per_h
        Incidents per hour that need this kind, (K, Z).
    attendance_s
        Travel plus turnout time in seconds, (S, Z); inf where a station never reaches a zone.
    bays
        Room at each station, (S,), or None for no limit. A station may not *gain* beyond it: after the
        moves it holds at most max(bays, what it held before) available appliances of all kinds.
    min_cover
        Per station, (S,), or None: of the n or more available appliances of kind 0 it has, at least n stay
        (all, if it has fewer).
    appliance_kind, appliance_station, home
        Kind, present station and home station of each appliance, (A,). An appliance on its way counts at
        its destination: the caller places it there, locked.
    available, locked
        (A,). Only available appliances count; only available and not locked ones move, each once.
    move_cost
        Cost of moving an appliance from row to column, objective units, (S, S); inf where there is no way
        and no such move may be made.
    homeward_factor
        The cost is multiplied by this where the destination is the appliance's home.
    forbidden
        (appliance, station) pairs a person has rejected.
    max_moves
        At most so many moves.
    scenes
        Parts of the time the gap is expected to last, and who else is there in each; () for one scene in
        which nobody else is. The risk is that of all scenes, each weighed by its share of the time.
    road_s
        Driving time of a move in seconds, (S, S), or None where nothing is to be charged for it: a move
        brings nothing until it has arrived, so what it would bring, were it the only one, is charged for
        the share of the horizon it spends on the road.
    horizon_s
        How long the gap is expected to last, seconds.
    departing_charge
        Added to the cost of any move of an appliance, (A,), or None: what departing from a move already
        accepted, or a crew moved lately, costs.
    undoing, undoing_charge
        (appliance, station) pairs that would undo a recent move, and what is added to the cost of these.

    Raises
    ------
    CoverInputError
        Naming the field, the value and what would be right.
    """

    standards: tuple[Standard, ...]
    demand_per_h: FloatArray
    attendance_s: Float32Array
    appliance_kind: IntArray
    appliance_station: IntArray
    available: BoolArray
    locked: BoolArray
    home: IntArray
    move_cost: FloatArray
    bays: IntArray | None = None
    min_cover: IntArray | None = None
    homeward_factor: float = 1.0
    forbidden: frozenset[tuple[int, int]] = frozenset()
    max_moves: int = 6
    scenes: tuple[Scene, ...] = ()
    road_s: FloatArray | None = None
    horizon_s: float = DEFAULT_HORIZON_S
    departing_charge: FloatArray | None = None
    undoing: frozenset[tuple[int, int]] = frozenset()
    undoing_charge: float = 0.0

    def __post_init__(self) -> None:
        check_problem(self)

    @property
    def n_stations(self) -> int:
        """Number of stations, S."""
        return int(self.attendance_s.shape[0])

    @property
    def n_zones(self) -> int:
        """Number of zones, Z."""
        return int(self.attendance_s.shape[1])

    @property
    def n_kinds(self) -> int:
        """Number of kinds, K."""
        return len(self.standards)

    @property
    def n_appliances(self) -> int:
        """Number of appliances, A."""
        return int(self.appliance_kind.shape[0])

    @property
    def n_views(self) -> int:
        """Number of views, V: one for each scene and kind, scene by scene."""
        return max(1, len(self.scenes)) * self.n_kinds

    def view_kinds(self) -> IntArray:
        """Return the kind of each view, (V,)."""
        return np.arange(self.n_views, dtype=np.int64) % self.n_kinds

    def view_demand(self) -> FloatArray:
        """Return the demand of each view's kind times the share of its scene, (V, Z)."""
        if not self.scenes:
            return self.demand_per_h
        return np.concatenate([scene.share * self.demand_per_h for scene in self.scenes])

    def view_counts(self) -> IntArray:
        """Return the appliances at each station in each view before any move, (V, S)."""
        counts = self.counts()
        if not self.scenes:
            return counts
        return np.concatenate([counts + scene.counts_change for scene in self.scenes])

    def counts(self) -> IntArray:
        """Return the available appliances at each station by kind before any move, (K, S)."""
        counts = np.zeros((self.n_kinds, self.n_stations), dtype=np.int64)
        up = self.available
        np.add.at(counts, (self.appliance_kind[up], self.appliance_station[up]), 1)
        return counts

    def room(self, counts: IntArray) -> IntArray:
        """Return the most each station may hold after the moves, all kinds, given the counts before, (S,)."""
        held: IntArray = counts.sum(axis=0)
        if self.bays is None:
            return np.full(self.n_stations, np.iinfo(np.int32).max, dtype=np.int64)
        return np.maximum(self.bays, held)
