"""Which appliances may move, at what price: groups of interchangeable ones, and the limits rules set.

Built from a problem at the start of each solve; used by the search and by the certificate, so that both
keep the same rules. It never looks at attendance times.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import CoverInputError, FloatArray, IntArray
from optimiser.cover.plan import Move
from optimiser.cover.problem import CoverProblem


@dataclass(frozen=True, slots=True, eq=False)
class Movers:
    """Groups of appliances that are the same to the objective, and how many may go.

    G groups: same kind, same station, same prices, same rejected stations.

    `kind`, `origin`, `size` (G,); `cost` (G, S), inf where the group may not go (rejected, or where it
    stands); `members`: appliance indices of each group. `may_leave` (K, S): most appliances that may leave
    a station, by kind. `room` (S,): most available appliances a station may hold after the moves.
    """

    kind: IntArray
    origin: IntArray
    size: IntArray
    cost: FloatArray
    members: tuple[tuple[int, ...], ...]
    may_leave: IntArray
    room: IntArray
    counts: IntArray

    @classmethod
    def of(cls, problem: CoverProblem) -> "Movers":
        """Group the movable appliances of a problem."""
        counts = problem.counts()
        rejected: dict[int, set[int]] = {}
        for appliance, station in problem.forbidden:
            rejected.setdefault(appliance, set()).add(station)
        groups: dict[tuple[int, int, int, frozenset[int]], list[int]] = {}
        homes_matter = problem.homeward_factor != 1.0
        for a in np.flatnonzero(problem.available & ~problem.locked).tolist():
            origin, home = int(problem.appliance_station[a]), int(problem.home[a])
            key = (
                int(problem.appliance_kind[a]),
                origin,
                home if homes_matter and home != origin else -1,
                frozenset(rejected[a] - {origin}) if a in rejected else frozenset(),
            )
            groups.setdefault(key, []).append(a)
        keys = list(groups)
        origin_of = np.array([key[1] for key in keys], dtype=np.int64)
        cost = problem.move_cost[origin_of].astype(np.float64)
        for g, (_, origin, home, closed) in enumerate(keys):
            if home >= 0:
                cost[g, home] *= problem.homeward_factor
            cost[g, [origin, *closed]] = np.inf
        kind = np.array([key[0] for key in keys], dtype=np.int64)
        size = np.array([len(members) for members in groups.values()], dtype=np.int64)
        return cls(
            kind=kind,
            origin=origin_of,
            size=size,
            cost=cost,
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
            raise ValueError(
                f"moves: appliance {unknown[0]} may not move, expected an available, unlocked one"
            )
        return [(group_of[m.appliance], m.destination) for m in moves]


def _may_leave(
    problem: CoverProblem, counts: IntArray, kind: IntArray, origin: IntArray, size: IntArray
) -> IntArray:
    limit = np.zeros_like(counts)
    np.add.at(limit, (kind, origin), size)
    if problem.min_cover is not None:
        # The minimum cover of a station is of kind 0, the brigade's fire engines.
        limit[0] = np.minimum(limit[0], np.maximum(0, counts[0] - problem.min_cover))
    return limit
