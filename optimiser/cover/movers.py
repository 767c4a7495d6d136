"""Which appliances may move, at what price: groups of interchangeable ones, and the limits rules set.

Built from a problem at the start of each solve; used by the search and by the certificate, so that both
keep the same rules. It never looks at attendance times.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from optimiser.cover.arrays import CoverInputError, FloatArray, IntArray
from optimiser.cover.plan import Move
from optimiser.cover.problem import CoverProblem


@dataclass(frozen=True, slots=True, eq=False)
class Movers:
    """Groups of appliances that are the same to the objective, and how many may go.

    G groups: same kind, same station, same prices, same rejected and undoing stations.

    `kind`, `origin`, `size` (G,); `cost` (G, S), inf where the group may not go (rejected, no way, or where
    it stands); `open_cost` (G, S), the same as if nothing had been rejected; `members`: appliance indices of
    each group. `may_leave` (K, S): most appliances that may leave a station, by kind. `room` (S,): most
    available appliances a station may hold after the moves. `counts` (K, S): available ones before them.
    """

    kind: IntArray
    origin: IntArray
    size: IntArray
    cost: FloatArray
    open_cost: FloatArray
    members: tuple[tuple[int, ...], ...]
    may_leave: IntArray
    room: IntArray
    counts: IntArray

    @classmethod
    def of(cls, problem: CoverProblem) -> "Movers":
        """Group the movable appliances of a problem."""
        groups = _grouped(problem)
        keys = list(groups)
        origin_of = np.array([key.origin for key in keys], dtype=np.int64)
        cost = problem.move_cost[origin_of].astype(np.float64)
        cost[np.arange(len(keys)), origin_of] = np.inf
        for g, key in enumerate(keys):
            # A factor of zero does not build a road: zero times inf would be undefined.
            if key.home >= 0 and cost[g, key.home] < np.inf:
                cost[g, key.home] *= problem.homeward_factor
            if key.departing:
                cost[g] += key.departing
            if key.undoing:
                cost[g, list(key.undoing)] += problem.undoing_charge
        open_cost = cost.copy()
        for g, key in enumerate(keys):
            if key.rejected:
                cost[g, list(key.rejected)] = np.inf
        counts = problem.counts()
        kind = np.array([key.kind for key in keys], dtype=np.int64)
        size = np.array([len(members) for members in groups.values()], dtype=np.int64)
        return cls(
            kind=kind,
            origin=origin_of,
            size=size,
            cost=cost,
            open_cost=open_cost,
            members=tuple(tuple(members) for members in groups.values()),
            may_leave=_may_leave(problem, counts, kind, origin_of, size),
            room=problem.room(counts),
            counts=counts,
        )

    @property
    def mixed(self) -> bool:
        """Whether some station holds more than one group of a kind."""
        return len(set(zip(self.kind.tolist(), self.origin.tolist(), strict=True))) < self.n_groups

    @property
    def n_groups(self) -> int:
        """Number of groups, G."""
        return len(self.members)

    def charge_driving(self, problem: CoverProblem, brings: FloatArray) -> "Movers":
        """Return movers charged for what each move does not bring while on the road; these stay as they are.

        Parameters
        ----------
        problem
            With `road_s` and `horizon_s`.
        brings
            What one more appliance at a station saves once one of the group has left, (G, S), units of the
            objective: risk without it minus risk with it there, none of the other moves made.
        """
        if problem.road_s is None:
            return self
        # Once the gap is over before the crew arrives, all it would bring is charged.
        share = np.minimum(problem.road_s[self.origin] / problem.horizon_s, 1.0)
        charge = share * np.maximum(brings, 0.0)
        return replace(self, cost=self.cost + charge, open_cost=self.open_cost + charge)

    def name_moves(self, pairs: list[tuple[int, int]]) -> tuple[Move, ...]:
        """Turn (group, destination) pairs into moves of named appliances, in the same order."""
        used: dict[int, int] = {}
        moves = []
        for g, destination in pairs:
            nth = used.get(g, 0)
            used[g] = nth + 1
            moves.append(
                Move(
                    appliance=self.members[g][nth],
                    origin=int(self.origin[g]),
                    destination=destination,
                    cost=float(self.cost[g, destination]),
                )
            )
        return tuple(moves)

    def pairs_of(self, moves: tuple[Move, ...]) -> list[tuple[int, int]]:
        """Return the (group, destination) pairs of named moves; CoverInputError where one may not move."""
        group_of = {a: g for g, members in enumerate(self.members) for a in members}
        unknown = [m.appliance for m in moves if m.appliance not in group_of]
        if unknown:
            raise CoverInputError("moves", f"appliance {unknown[0]}", "an available, unlocked appliance")
        return [(group_of[m.appliance], m.destination) for m in moves]

    def check(self, pairs: tuple[tuple[int, int], ...], max_moves: int) -> None:
        """Raise CoverInputError, naming the rule, where these moves break one."""
        if len(pairs) > max_moves:
            raise CoverInputError("moves", f"{len(pairs)} moves", f"at most {max_moves}")
        moved = np.bincount(np.array([g for g, _ in pairs], dtype=np.int64), minlength=self.n_groups)
        if (moved > self.size).any():
            raise CoverInputError("moves", "an appliance moved twice", "each appliance once")
        counts, leaving = self.counts.copy(), np.zeros_like(self.counts)
        for g, end in pairs:
            k, origin = int(self.kind[g]), int(self.origin[g])
            if not np.isfinite(self.cost[g, end]):
                raise CoverInputError(
                    "moves", f"a move to station {end}", "one with a way there, not rejected"
                )
            counts[k, origin] -= 1
            counts[k, end] += 1
            leaving[k, origin] += 1
        if (leaving > self.may_leave).any():
            station = int(np.argwhere(leaving > self.may_leave)[0][1])
            raise CoverInputError("moves", f"a move away from station {station}", "one that keeps min_cover")
        if (counts.sum(axis=0) > self.room).any():
            station = int(np.flatnonzero(counts.sum(axis=0) > self.room)[0])
            raise CoverInputError("moves", f"a move to station {station}", "one with a bay free")


class _Key(NamedTuple):
    """What makes appliances the same to the objective; `home` is -1 where it does not matter."""

    kind: int
    origin: int
    home: int
    departing: float
    rejected: frozenset[int]
    undoing: frozenset[int]


NOWHERE: frozenset[int] = frozenset()


def _grouped(problem: CoverProblem) -> dict[_Key, list[int]]:
    """Return the movable appliances by what makes them the same."""
    rejected = _by_appliance(problem.forbidden)
    undoing = _by_appliance(problem.undoing) if problem.undoing_charge > 0.0 else {}
    charge = problem.departing_charge
    departing = [0.0] * problem.n_appliances if charge is None else charge.tolist()
    groups: dict[_Key, list[int]] = {}
    homes_matter = problem.homeward_factor != 1.0
    # Lists, because reading an array number by number takes most of the time otherwise.
    kinds, stations = problem.appliance_kind.tolist(), problem.appliance_station.tolist()
    homes = problem.home.tolist()
    for a in np.flatnonzero(problem.available & ~problem.locked).tolist():
        origin, home = stations[a], homes[a]
        key = _Key(
            kinds[a],
            origin,
            home if homes_matter and home != origin else -1,
            departing[a],
            frozenset(rejected[a] - {origin}) if a in rejected else NOWHERE,
            frozenset(undoing[a] - {origin}) if a in undoing else NOWHERE,
        )
        groups.setdefault(key, []).append(a)
    return groups


def _by_appliance(pairs: frozenset[tuple[int, int]]) -> dict[int, set[int]]:
    stations: dict[int, set[int]] = {}
    for appliance, station in pairs:
        stations.setdefault(appliance, set()).add(station)
    return stations


def _may_leave(
    problem: CoverProblem, counts: IntArray, kind: IntArray, origin: IntArray, size: IntArray
) -> IntArray:
    limit = np.zeros_like(counts)
    np.add.at(limit, (kind, origin), size)
    if problem.min_cover is not None:
        # The minimum cover of a station is of kind 0, the brigade's fire engines.
        limit[0] = np.minimum(limit[0], np.maximum(0, counts[0] - problem.min_cover))
    return limit
