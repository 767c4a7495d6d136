"""The cheapest place of a new stop in today's rounds, of all vehicles, within milliseconds.

Called by the rounds' solver and desk. It looks first at what a stop would cost each round in driving, which
no rule can make cheaper, and then tries the rounds in that order until no other can be cheaper. It never
moves a stop that is planned.
"""

import numpy as np

from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from services.council.road_ground import GroundWays
from services.council.round_seats import Place, RoundSeats
from streams.rounds_plan import AddedStop

MOST_TRIED = 10
"""Rounds looked into for one stop; those that would have to drive more are not."""


class RoundPlaces:
    """Places for new stops in the rounds of one council; for one thread.

    Attributes
    ----------
    seats
        The rounds kept ready.
    """

    def __init__(self, problems: DayProblems) -> None:
        self._problems = problems
        self.seats = RoundSeats(problems)

    def warm(self, picture: DayPicture) -> None:
        """Read every round, so that the first question finds them ready."""
        ways = self._problems.ways(picture)
        for vehicle in picture.rounds:
            head = self._problems.heads.of(picture, vehicle, ways)
            self.seats.seat(picture, vehicle, head, ways)
            self.seats.gaps(picture, vehicle, head, ways)

    def cheapest(
        self, picture: DayPicture, stop: AddedStop, only: str | None = None, most: int = MOST_TRIED
    ) -> Place | None:
        """The cheapest place that keeps every rule.

        Parameters
        ----------
        stop
            A stop no round has.
        only
            The one vehicle that may serve it; None for any.
        most
            So many rounds at most are looked into.
        """
        ways = self._problems.ways(picture)
        row = self._problems.ground.stop_rows((stop.stop,), {stop.stop: stop})
        best: Place | None = None
        for least, vehicle in self.nearest(picture, stop, only)[:most]:
            if best is not None and least >= best.cost:
                break
            head = self._problems.heads.of(picture, vehicle, ways)
            found = self.seats.seat(picture, vehicle, head, ways).place(row)
            if found is not None and (best is None or found.cost < best.cost):
                best = found
        return best

    def place_known(self, picture: DayPicture, stop: str, vehicle: str) -> Place | None:
        """The cheapest place of a stop of the day, which no round has, in one vehicle's round."""
        ways = self._problems.ways(picture)
        head = self._problems.heads.of(picture, vehicle, ways)
        row = self._problems.ground.stop_rows((stop,), picture.added)
        return self.seats.seat(picture, vehicle, head, ways).place(row)

    def nearest(
        self, picture: DayPicture, stop: AddedStop, only: str | None = None
    ) -> list[tuple[float, str]]:
        """Vehicles in service with the least that a stop costs them in driving, the cheapest first."""
        ways, problems = self._problems.ways(picture), self._problems
        row = problems.ground.stop_rows((stop.stop,), {stop.stop: stop})
        fleet, number = problems.ground.fleet, problems.council.vehicle_number
        found = []
        for vehicle in picture.rounds if only is None else (only,):
            n = number[vehicle]
            if (int(row.skills[0]) & ~int(fleet.skills[n])) or (row.no_reversing[0] and not fleet.turns[n]):
                continue
            head = problems.heads.of(picture, vehicle, ways)
            if head.lost:
                continue
            least = self._detour(picture, vehicle, row.entry[0], row.exit[0], bool(row.either_way[0]), ways)
            if not picture.rounds[vehicle]:
                least += float(fleet.fixed_cost[n])
            if np.isfinite(least):
                found.append((least, vehicle))
        return sorted(found)

    def _detour(
        self, picture: DayPicture, vehicle: str, entry: int, leave: int, either_way: bool, ways: GroundWays
    ) -> float:
        """Least that calling there costs a round in driving."""
        head = self._problems.heads.of(picture, vehicle, ways)
        gaps = self.seats.gaps(picture, vehicle, head, ways)
        known = np.where(np.isfinite(gaps.cost), gaps.cost, 0.0)
        more = ways.cost[gaps.leave, entry] + ways.cost[leave, gaps.enter] - known
        least = float(more.min())
        if either_way and entry != leave:
            more = ways.cost[gaps.leave, leave] + ways.cost[entry, gaps.enter] - known
            least = min(least, float(more.min()))
        return least
