"""Which rounds lie near which, and which ones closed streets concern.

Used by the rounds' solver and desk to ask only a part of the day. Reads what is still planned of each round;
never changes one.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from services.council.road_blocks import RoadBlocks
from services.council.round_seats import RoundSeats
from services.council.visits import stop_of

NODES_LOOKED_AT = 40
"""Of a round, evenly along it: how near another one is hardly depends on more."""
SAME_COST = 0.005
"""Money: less than this is rounding of the ways."""


class Concerned(NamedTuple):
    """A round that a closure concerns: stops nobody can serve, and what its way costs more (money)."""

    vehicle: str
    blocked: int
    dearer: float


class RoundNeighbours:
    """The rounds of one council, for one thread."""

    def __init__(self, problems: DayProblems, seats: RoundSeats) -> None:
        self._problems, self._seats = problems, seats

    def near(
        self,
        picture: DayPicture,
        nodes: Sequence[int],
        most: int,
        without: Collection[str] = (),
        at_work: bool = True,
    ) -> list[str]:
        """Vehicles whose planned way passes nearest to these nodes, the nearest first.

        Parameters
        ----------
        nodes
            Of the council's roads.
        without
            Vehicles not to be named.
        at_work
            Only those in service.
        """
        ways, picked = self._problems.ways(picture), _spread(nodes)
        away = []
        for vehicle in picture.rounds:
            if vehicle in without:
                continue
            head = self._problems.heads.of(picture, vehicle, ways)
            if at_work and head.lost:
                continue
            gaps = self._seats.gaps(picture, vehicle, head, ways)
            to_s = ways.travel_s[gaps.leave[:, None], picked].min(axis=0)
            away.append((float(np.where(np.isfinite(to_s), to_s, 1e6).mean()), vehicle))
        return [vehicle for _, vehicle in sorted(away)[:most]]

    def helpers(self, picture: DayPicture, vehicle: str, most: int) -> list[str]:
        """Vehicles that could take over what a vehicle has not done, the nearest first.

        Where some of its stops ask for what not every vehicle can (narrow streets, no reversing), half of
        them are such as can, if there are so many.
        """
        stops = self._stops_of(picture, vehicle)
        if not stops:
            return []
        ground = self._problems.ground
        rows = ground.stop_rows(stops, picture.added)
        special = (rows.skills != 0) | rows.no_reversing
        near = self.near(picture, rows.entry.tolist(), len(picture.rounds), {vehicle})
        if not special.any():
            return near[:most]
        skills = int(np.bitwise_or.reduce(rows.skills))
        turns = bool(rows.no_reversing.any())
        number, fleet = self._problems.council.vehicle_number, ground.fleet
        by_need = self.near(picture, rows.entry[special].tolist(), len(picture.rounds), {vehicle})
        able = [
            v
            for v in by_need
            if not skills & ~int(fleet.skills[number[v]]) and (fleet.turns[number[v]] or not turns)
        ]
        return list(dict.fromkeys([*able[: most // 2], *near]))[:most]

    def _stops_of(self, picture: DayPicture, vehicle: str) -> list[str]:
        """Stops of a round that are not done."""
        visits = picture.rounds.get(vehicle, ())
        done = self._problems.heads.of(picture, vehicle, self._problems.ways(picture)).done
        return [
            stop
            for word in visits[done:]
            if (stop := stop_of(word)) is not None and self._known(stop, picture)
        ]

    def nodes_of(self, picture: DayPicture, vehicle: str) -> list[int]:
        """Nodes at which what is planned of a round, and not done, begins."""
        ground = self._problems.ground
        return [ground.ends(stop, picture.added)[0] for stop in self._stops_of(picture, vehicle)]

    def concerned(self, picture: DayPicture, streets: Iterable[str]) -> list[Concerned]:
        """Rounds that these closed streets concern, the hardest hit first."""
        problems = self._problems
        opens_s = problems.opens_s(picture)
        ways = problems.ground.ways(frozenset(opens_s))
        blocks = RoadBlocks(problems.ground, ways, opens_s)
        before = problems.ground.ways(frozenset(opens_s) - frozenset(streets))
        was = RoadBlocks(problems.ground, before, {s: t for s, t in opens_s.items() if s in before.closed})
        found = []
        for vehicle in picture.rounds:
            head = problems.heads.of(picture, vehicle, ways)
            if head.lost:
                continue
            gaps = self._seats.gaps(picture, vehicle, head, ways)
            dearer = ways.cost[gaps.leave, gaps.enter] - before.cost[gaps.leave, gaps.enter]
            more = float(dearer[np.isfinite(dearer)].sum())
            stops = [stop_of(word) for word in picture.rounds[vehicle][head.stays :]]
            blocked = sum(
                self._known(stop, picture)
                and blocks.why(stop, picture.added) is not None
                and was.why(stop, picture.added) is None
                for stop in stops
                if stop is not None
            )
            stranded = blocks.stranded(vehicle) and not was.stranded(vehicle)
            if blocked or more > SAME_COST or stranded:
                found.append(Concerned(vehicle, blocked, more))
        return sorted(found, key=lambda one: (-one.blocked, -one.dearer, one.vehicle))

    def _known(self, stop: str, picture: DayPicture) -> bool:
        return stop in picture.added or stop in self._problems.council.stop_number


def _spread(nodes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Some of these, evenly along them."""
    every = np.array(nodes, dtype=np.int64)
    if len(every) <= NODES_LOOKED_AT:
        return every
    return every[np.linspace(0, len(every) - 1, NODES_LOOKED_AT).astype(np.int64)]
