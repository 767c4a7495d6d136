"""Branching: which limit on moves splits what a relaxation leaves open, and the parts that are left.

Used by the certificate. It branches on how many appliances arrive at a station before it asks who leaves:
where origins are alike, which of them goes hardly matters to the bound, and there are few stations worth
going to. With whole arrivals and whole departures the moves between them are a transport problem, whose best
answer is whole (Hitchcock 1941). It never solves anything.
"""

import heapq
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from optimiser.cover.arrays import FloatArray, IntArray
from optimiser.cover.master import Limit, Limits, Relaxed
from optimiser.cover.movers import Movers
from optimiser.cover.state import Pair

# A number of moves this close to a whole one is whole.
WHOLE = 1e-6


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Plans within some limits: a bound on them, and the codes of the cuts that carried it."""

    bound: float
    number: int
    limits: Limits = field(compare=False)
    codes: IntArray = field(compare=False)


class OpenParts:
    """The parts not yet closed, the one of least bound first; closed ones leave only their bound."""

    def __init__(self, bound: float, codes: IntArray, fence: float) -> None:
        self._heap = [Part(bound, 0, (), codes)]
        self._made = 0
        self._closed = fence

    @property
    def bound(self) -> float:
        """A bound on all plans: the least of those of all parts."""
        return min(self._closed, self._heap[0].bound) if self._heap else self._closed

    def __bool__(self) -> bool:
        """Whether any part is open."""
        return bool(self._heap)

    def take(self) -> Part:
        """Take the part of least bound; it must be put back, split or closed."""
        return heapq.heappop(self._heap)

    def close(self, bound: float) -> None:
        """Nothing below this bound is in the part taken."""
        self._closed = min(self._closed, bound)

    def put_back(self, part: Part) -> None:
        """Leave the part taken open."""
        heapq.heappush(self._heap, part)

    def split(self, part: Part, bound: float, limits: tuple[Limit, Limit], codes: IntArray) -> None:
        """Put two parts in the place of the one taken."""
        for limit in limits:
            self._made += 1
            others = tuple(own for own in part.limits if (own.on, own.index) != (limit.on, limit.index))
            heapq.heappush(self._heap, Part(bound, self._made, (*others, limit), codes))


def split_of(relaxed: Relaxed, movers: Movers, limits: Limits, max_moves: int) -> tuple[Limit, Limit] | None:
    """Return two limits, one of which every plan keeps and the answer neither; None if whole."""
    n_stations = movers.counts.shape[1]
    arrives = movers.kind[relaxed.group] * n_stations + relaxed.end
    known: dict[tuple[str, int], Limit] = {(limit.on, limit.index): limit for limit in limits}
    ends: tuple[tuple[Literal["arrive", "leave"], IntArray, int], ...] = (
        ("arrive", arrives, movers.counts.size),
        ("leave", relaxed.group, movers.n_groups),
    )
    for on, index, size in ends:
        number = np.bincount(index, weights=relaxed.moved, minlength=size)
        apart = np.abs(number - np.rint(number))
        # The most undecided first; of these, the one most is moved to or from.
        for i in np.lexsort((-number, -np.round(apart, 2)))[: int((apart > WHOLE).sum())].tolist():
            most = max_moves if on == "arrive" else int(movers.size[i])
            own = known.get((on, i), Limit(on, i, 0, most))
            below = int(np.floor(number[i]))
            if own.least <= below < own.most:
                return Limit(on, i, own.least, below), Limit(on, i, below + 1, own.most)
    return None


def whole_moves(relaxed: Relaxed, movers: Movers) -> tuple[Pair, ...] | None:
    """Return the cheapest moves with the whole arrivals and departures of an answer; None if it has none."""
    pairs: list[Pair] = []
    for k in range(movers.counts.shape[0]):
        own = movers.kind[relaxed.group] == k
        groups = _repeated(relaxed.group[own], relaxed.moved[own])
        ends = _repeated(relaxed.end[own], relaxed.moved[own])
        if len(groups) != len(ends):
            return None
        try:
            rows, columns = linear_sum_assignment(movers.cost[np.ix_(groups, ends)])
        except ValueError:  # no moves between these are allowed: what looked whole was not
            return None
        pairs += [(int(groups[row]), int(ends[column])) for row, column in zip(rows, columns, strict=True)]
    return tuple(pairs)


def _repeated(index: IntArray, moved: FloatArray) -> IntArray:
    """Return each index as often as is moved, rounded."""
    times = np.rint(np.bincount(index, weights=moved)).astype(np.int64)
    return np.repeat(np.arange(times.size), times)
