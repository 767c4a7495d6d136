"""One round at a time, kept ready for a further stop: its places, found and judged within milliseconds.

Used by `services.council.round_places`, one set per thread. A round is read anew only when something of it
has changed: a visit done, a decision, a road closed. It never changes the day.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routes.checker import Checker
from optimiser.routes.instant import LiveDay
from optimiser.routes.live_answer import Insertion
from optimiser.routes.live_table import TravelRows
from optimiser.routes.part_day import FAR_M, FAR_S, finite
from optimiser.routes.stops import Stops
from services.council.council_problem import words_of_round
from services.council.day_heads import Head
from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from services.council.road_ground import Closed, GroundWays
from services.council.round_options import CountedRound, counted_round
from services.council.visits import BACKWARDS, stop_of, tip_of

SPARE_STOPS = 16
"""Room for new stops, and for twice as many new locations, before a round is read anew."""
SEATS_KEPT = 200
"""Rounds kept ready; far above a council's vehicles."""


class Place(NamedTuple):
    """Where one more stop fits in a round.

    Attributes
    ----------
    words
        The round with it.
    cost
        What the day costs more, in the council's money.
    before, after
        The round in figures, without it and with it.
    finish_before_s, finish_s
        When the vehicle is back, without it and with it.
    """

    vehicle: str
    words: tuple[str, ...]
    cost: float
    before: CountedRound
    after: CountedRound
    finish_before_s: float
    finish_s: float


class RoundKey(NamedTuple):
    """What a round's reading depends on."""

    visits: tuple[str, ...]
    head: Head
    closed: Closed
    load: tuple[tuple[str, float], ...]
    barred: tuple[str, ...]


class RoundSeat:
    """One round, ready for a further stop."""

    def __init__(self, problems: DayProblems, picture: DayPicture, vehicle: str, ways: GroundWays) -> None:
        self._problems, self._ways, self.vehicle = problems, ways, vehicle
        self.part = problems.part(picture, (vehicle,))
        self._visits = picture.rounds.get(vehicle, ())
        plan = self.part.plan
        self.live = LiveDay(self.part.problem, plan, SPARE_STOPS)
        verdict = Checker(self.part.problem).check(plan)
        self.sheet = verdict.rounds[0]
        self.sound = verdict.feasible
        self._nodes = self.part.nodes.tolist()
        self._number = {node: n for n, node in enumerate(self._nodes)}

    def place(self, row: Stops) -> Place | None:
        """The cheapest place of a stop that keeps all rules; None where there is none.

        Parameters
        ----------
        row
            One stop that the round has not; its locations are nodes of the council's roads.
        """
        found = self.live.insert(self._here(row), insist=True)
        self.live.undo()
        if not isinstance(found, Insertion):
            return None
        part = self.part
        ids = (*part.problem.stops.ids, *row.ids)
        tail = found.round[part.lengths[0] :]
        words = (*part.heads[0], *words_of_round(tail, ids, part.problem.tips.ids))
        words = _with_blocked(words, self._visits, {one.stop for one in part.blocked})
        weights = part.problem.weights
        return Place(
            self.vehicle,
            words,
            found.cost,
            counted_round(self.sheet, part.excess[0], weights),
            counted_round(found.sheet, part.excess[0], weights),
            self.sheet.finish_s,
            found.sheet.finish_s,
        )

    def _here(self, row: Stops) -> Stops:
        """The stop in this round's own locations."""
        ends = [np.array([self._location(int(at[0]))], dtype=np.int64) for at in (row.entry, row.exit)]
        columns = {name: getattr(row, name) for name in Stops.__slots__}
        return Stops(**{**columns, "entry": ends[0], "exit": ends[1]})

    def _location(self, node: int) -> int:
        if node not in self._number:
            travel_s, dist_m, known = self._ways.travel_s, self._ways.dist_m, self._nodes
            rows = TravelRows(
                to_s=finite(travel_s[known, node], FAR_S),
                from_s=finite(travel_s[node, known], FAR_S),
                to_m=finite(dist_m[known, node], FAR_M),
                from_m=finite(dist_m[node, known], FAR_M),
            )
            self._number[node] = self.live.add_place(rows)
            self._nodes.append(node)
        return self._number[node]


def _with_blocked(words: tuple[str, ...], visits: tuple[str, ...], blocked: set[str]) -> tuple[str, ...]:
    """A round with the stops nobody can serve just now where they were: whether they go is decided apart."""
    if not blocked:
        return words
    made = list(words)
    for n, word in enumerate(visits):
        if stop_of(word) in blocked and word not in made:
            before = next((made.index(v) for v in reversed(visits[:n]) if v in made), -1)
            made.insert(before + 1, word)
    return tuple(made)


class Gaps(NamedTuple):
    """Between which nodes a further stop could come in a round, and what the way between costs now."""

    leave: npt.NDArray[np.int64]
    enter: npt.NDArray[np.int64]
    cost: npt.NDArray[np.float32]


class RoundSeats:
    """The rounds of a council, read when they are asked for and kept."""

    def __init__(self, problems: DayProblems) -> None:
        self._problems = problems
        self._seats: OrderedDict[str, tuple[RoundKey, RoundSeat]] = OrderedDict()
        self._gaps: dict[str, tuple[tuple[tuple[str, ...], int, Closed], Gaps]] = {}

    def seat(self, picture: DayPicture, vehicle: str, head: Head, ways: GroundWays) -> RoundSeat:
        """The round of a vehicle, ready."""
        key = round_key(picture, vehicle, head, ways)
        known = self._seats.get(vehicle)
        if known is None or known[0] != key:
            known = (key, RoundSeat(self._problems, picture, vehicle, ways))
            self._seats[vehicle] = known
            if len(self._seats) > SEATS_KEPT:
                self._seats.popitem(last=False)
        return known[1]

    def gaps(self, picture: DayPicture, vehicle: str, head: Head, ways: GroundWays) -> Gaps:
        """Where one more stop could come in a round, behind what stays."""
        visits = picture.rounds.get(vehicle, ())
        key = (visits, head.stays, ways.closed)
        known = self._gaps.get(vehicle)
        if known is None or known[0] != key:
            known = (key, self._read_gaps(picture, vehicle, visits, head.stays, ways))
            self._gaps[vehicle] = known
        return known[1]

    def _read_gaps(
        self, picture: DayPicture, vehicle: str, visits: Sequence[str], stays: int, ways: GroundWays
    ) -> Gaps:
        problems, added = self._problems, picture.added
        council, ground = problems.council, problems.ground
        number = council.vehicle_number[vehicle]
        leave = [problems.heads.node_after(number, tuple(visits[:stays]), added)]
        enter = []
        for word in visits[stays:]:
            stop, tip = stop_of(word), tip_of(word)
            if tip is not None and tip in council.tip_number:
                ends = (int(council.tips.node[council.tip_number[tip]]),) * 2
            elif stop is not None and (stop in added or stop in council.stop_number):
                ends = ground.ends(stop, added)
                ends = (ends[1], ends[0]) if word.endswith(BACKWARDS) else ends
            else:
                continue
            enter.append(ends[0])
            leave.append(ends[1])
        enter.append(int(ground.fleet.end[number]))
        tails, heads = np.array(leave, dtype=np.int64), np.array(enter, dtype=np.int64)
        return Gaps(tails, heads, ways.cost[tails, heads])


def round_key(picture: DayPicture, vehicle: str, head: Head, ways: GroundWays) -> RoundKey:
    """What a round's reading depends on: the same for as long as it need not be read anew."""
    visits, state = picture.rounds.get(vehicle, ()), picture.vehicles.get(vehicle)
    barred = tuple(
        word
        for word in visits[head.stays :]
        if (stop := stop_of(word)) is not None and (stop in picture.skipped or stop in picture.stops_done)
    )
    load = () if state is None else tuple(sorted(state.load.items()))
    # A time that is none equals nothing, not even itself.
    known = head if head.free_s == head.free_s else head._replace(free_s=-1.0)
    return RoundKey(visits, known, ways.closed, load, barred)
