"""Where appliances stand while a baseline plans, and which further moves the rules of the problem allow.

Used by every baseline, so that all keep the engine's rules: available, not locked, a way, not rejected, bays,
minimum cover, each appliance once, so many moves at most. It never says which move is good.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from optimiser.cover.arrays import BoolArray, FloatArray, IntArray
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem

Pair = tuple[int, int]  # group of movers, destination
Cover = Any  # a sparse matrix: which stations reach which zones, (S, Z)
# Drives are compared up to here, seconds: a day.
LONGEST_S = 86_400.0


class Board:
    """One problem, its road times, and the moves made so far.

    Parameters
    ----------
    problem, movers
        The problem and its groups of interchangeable movers, G.
    road_s
        Driving seconds between stations, (S, S), float64.
    """

    def __init__(self, problem: CoverProblem, movers: Movers, road_s: FloatArray) -> None:
        self.problem, self.movers = problem, movers
        self.road_s = np.minimum(np.asarray(road_s, dtype=np.float64), LONGEST_S)
        self.counts: IntArray = movers.counts.copy()
        self.pairs: list[Pair] = []
        self._left = movers.size.copy()
        self._leave = movers.may_leave.copy()

    def allowed(self) -> BoolArray:
        """Return which moves of one more appliance the rules allow now, (G, S)."""
        movers = self.movers
        if len(self.pairs) >= self.problem.max_moves or not movers.n_groups:
            return np.zeros(movers.cost.shape, dtype=np.bool_)
        goes = (self._left > 0) & (self._leave[movers.kind, movers.origin] > 0)
        takes = self.counts.sum(axis=0) < movers.room
        free: BoolArray = np.isfinite(movers.cost) & goes[:, None] & takes[None, :]
        return free

    def make(self, group: int, end: int) -> None:
        """Move one appliance of a group; ValueError where the rules do not allow it."""
        if not self.allowed()[group, end]:
            raise ValueError(f"move of group {group} to station {end}: the rules do not allow it")
        kind, origin = int(self.movers.kind[group]), int(self.movers.origin[group])
        self.counts[kind, origin] -= 1
        self.counts[kind, end] += 1
        self._left[group] -= 1
        self._leave[kind, origin] -= 1
        self.pairs.append((group, end))

    def make_all(self, pairs: list[Pair]) -> None:
        """Make as many of these moves as the rules allow, in any order; the others are dropped."""
        waiting = list(pairs)
        while waiting:
            free = self.allowed()
            ready = next((pair for pair in waiting if free[pair]), None)
            if ready is None:
                return
            waiting.remove(ready)
            self.make(*ready)

    def covers(self, within_s: FloatArray) -> list[Cover]:
        """Return for each kind which stations reach which zones within its seconds, ones in (S, Z) each."""
        attendance_s = self.problem.attendance_s
        return [csr_matrix((attendance_s <= seconds).astype(np.float64)) for seconds in within_s.tolist()]

    def reached(self, kind: int, cover: Cover) -> IntArray:
        """Return how many available appliances of a kind reach each zone now, (Z,)."""
        reached: IntArray = np.rint(cover.T @ self.counts[kind].astype(np.float64)).astype(np.int64)
        return reached


def first_targets(problem: CoverProblem) -> FloatArray:
    """Return T1 of each kind in seconds, (K,): within this a zone counts as covered."""
    return np.array([standard.first_target_s for standard in problem.standards])


def second_targets(problem: CoverProblem) -> FloatArray:
    """Return T2 of each kind in seconds, (K,)."""
    return np.array([standard.second_target_s for standard in problem.standards])
