"""One stop to another round or place: what that costs, or why it cannot be, without changing the day.

Used by the desk to price a move while it is dragged, and to make it. The checker has the last word on both
rounds; nothing else of the day is looked at.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from optimiser.routes.verdict import Rule
from services.council.day_heads import Head
from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from services.council.road_blocks import Blocked
from services.council.round_options import Judge, Judged, counted_round, plan_of
from services.council.round_places import RoundPlaces
from services.council.round_reasons import blocked_words, explained
from services.council.rounds_refusal import RoundsRefusal
from services.council.visits import BACKWARDS, same_visit, stop_of

MOST_TOLD = 4
"""Of the rules a round would break, so many are put in words."""


class Moved(NamedTuple):
    """Rounds after a move, and what it does to the round that gets the stop.

    Attributes
    ----------
    rounds
        Those that change, by vehicle.
    cost, drive_s
        What the rounds cost and drive more together.
    """

    rounds: dict[str, tuple[str, ...]]
    cost: float
    drive_s: float
    finish_before_s: float
    finish_after_s: float


class RoundMoves:
    """Moves of stops in one council's day; for one thread."""

    def __init__(self, problems: DayProblems, places: RoundPlaces) -> None:
        self._problems, self._places = problems, places

    def head(self, picture: DayPicture, vehicle: str) -> Head:
        """What stays of a round; a refusal for a vehicle nobody knows."""
        if vehicle not in picture.rounds:
            raise RoundsRefusal(("unknown",), f"there is no vehicle {vehicle}")
        return self._problems.heads.of(picture, vehicle, self._problems.ways(picture))

    def server(self, picture: DayPicture, stop: str) -> str | None:
        """The vehicle whose round has a stop that can still be changed; None where none has.

        Raises
        ------
        RoundsRefusal
            Where nobody knows the stop, it is done, or a crew is on its way there.
        """
        if stop not in picture.added and stop not in self._problems.council.stop_number:
            raise RoundsRefusal(("unknown",), f"there is no stop {stop}")
        if stop in picture.stops_done:
            raise RoundsRefusal((Rule.FROZEN.value,), f"{stop} is done")
        for vehicle, visits in picture.rounds.items():
            at = next((n for n, word in enumerate(visits) if stop_of(word) == stop), None)
            if at is None:
                continue
            if at < self.head(picture, vehicle).stays:
                raise RoundsRefusal((Rule.FROZEN.value,), f"{vehicle} is on its way to {stop}")
            return vehicle
        return None

    def move(self, picture: DayPicture, stop: str, vehicle: str, before: str | None = None) -> Moved:
        """A stop given to a vehicle.

        Parameters
        ----------
        stop
            One that is planned, or known and in no round.
        before
            The visit of that vehicle it comes before; None for the cheapest place.

        Raises
        ------
        RoundsRefusal
            Naming what is in the way.
        """
        was = self.server(picture, stop)
        head = self.head(picture, vehicle)
        if head.lost:
            words = f"{vehicle} is out of service"
            raise RoundsRefusal(("lost",), words, f"put {vehicle} back in service")
        self._reachable(picture, stop)
        locked = picture.locks.get(stop)
        if locked is not None and locked != vehicle:
            words = f"{stop} is locked to {locked}"
            raise RoundsRefusal((Rule.LOCK_VEHICLE.value,), words, f"unlock {stop}")
        without = self.without(picture, was, stop)
        if before is None:
            visits = self._cheapest(without, stop, vehicle)
        else:
            visits = self._put_before(without, stop, vehicle, before, head)
        rounds = {vehicle: visits}
        if was is not None and was != vehicle:
            rounds[was] = without.rounds[was]
        return self.judge(picture, rounds, vehicle, loose=() if was is not None else (stop,))

    def without(self, picture: DayPicture, vehicle: str | None, stop: str) -> DayPicture:
        """The day with a stop in no round, and not skipped either."""
        rounds = picture.rounds
        if vehicle is not None:
            rest = tuple(word for word in rounds[vehicle] if stop_of(word) != stop)
            rounds = {**rounds, vehicle: rest}
        skipped = {name: by for name, by in picture.skipped.items() if name != stop}
        return replace(picture, rounds=rounds, skipped=skipped)

    def _cheapest(self, picture: DayPicture, stop: str, vehicle: str) -> tuple[str, ...]:
        found = self._places.place_known(picture, stop, vehicle)
        if found is not None:
            return found.words
        raise self.refused(picture, stop, vehicle)

    def refused(self, picture: DayPicture, stop: str, vehicle: str) -> RoundsRefusal:
        """Why a stop that is in no round has no place in a vehicle's, and what would give it one."""
        part = self._problems.part(picture, (vehicle,), loose=(stop,))
        told = explained(part, part.plan, part.numbers[stop])
        return RoundsRefusal(tuple(told.codes), told.words, told.relaxation)

    def _reachable(self, picture: DayPicture, stop: str) -> None:
        code = self._problems.blocks(picture).why(stop, picture.added)
        if code is not None:
            told = blocked_words(self._problems.ground, picture, Blocked(stop, "", code))
            raise RoundsRefusal(tuple(told.codes), told.words, told.relaxation)

    def _put_before(
        self, picture: DayPicture, stop: str, vehicle: str, before: str, head: Head
    ) -> tuple[str, ...]:
        """The round with the stop right before a visit, served the way that costs less."""
        visits = picture.rounds[vehicle]
        at = next((n for n, word in enumerate(visits) if n >= head.stays and same_visit(word, before)), None)
        if at is None:
            words = f"{vehicle} has no visit {before} that is not done or under way"
            raise RoundsRefusal((Rule.FROZEN.value,), words)
        row = self._problems.ground.stop_rows((stop,), picture.added)
        turns = ("", BACKWARDS) if row.either_way[0] and row.entry[0] != row.exit[0] else ("",)
        tried = [(*visits[:at], stop + turn, *visits[at:]) for turn in turns]
        if len(tried) == 1:
            return tried[0]
        part = self._problems.part(picture, (vehicle,), loose=(stop,))
        judge = Judge(part)
        judged = [judge.judged(plan_of(part, {vehicle: words})) for words in tried]
        return tried[1] if judge.better(judged[1], judged[0]) else tried[0]

    def judge(
        self,
        picture: DayPicture,
        rounds: dict[str, tuple[str, ...]],
        vehicle: str,
        *,
        loose: Sequence[str] = (),
    ) -> Moved:
        """Rounds of some vehicles, judged by the checker.

        Raises
        ------
        RoundsRefusal
            Where they break more rules than those in force do.
        """
        skipped = {name: by for name, by in picture.skipped.items() if name not in loose}
        vehicles = tuple(rounds)
        part = self._problems.part(replace(picture, skipped=skipped), vehicles, loose=loose)
        judge = Judge(part)
        try:
            judged = judge.judged(plan_of(part, rounds))
        except KeyError as error:
            words = f"{error.args[0]} cannot be served as the roads are, or is not known"
            raise RoundsRefusal(("cut_off",), words) from None
        if not judge.accepts(judged):
            raise broken_rules(judge, judged)
        weights, at = part.problem.weights, part.vehicles.index(vehicle)
        counted = [
            [
                counted_round(sheet, excess, weights)
                for sheet, excess in zip(one.verdict.rounds, part.excess, strict=True)
            ]
            for one in (judge.before, judged)
        ]
        return Moved(
            rounds=rounds,
            cost=sum(one.cost for one in counted[1]) - sum(one.cost for one in counted[0]),
            drive_s=sum(one.drive_s for one in counted[1]) - sum(one.drive_s for one in counted[0]),
            finish_before_s=judge.before.verdict.rounds[at].finish_s,
            finish_after_s=judged.verdict.rounds[at].finish_s,
        )


def broken_rules(judge: Judge, judged: Judged) -> RoundsRefusal:
    """The rules that rounds would break and do not break already, in codes and words."""
    part = judge.part
    known = {(v.code, v.vehicle, v.stop): v.amount for v in judge.before.verdict.violations}
    every = judged.verdict.violations
    new = [v for v in every if v.amount > known.get((v.code, v.vehicle, v.stop), -1.0)] or list(every)
    codes = tuple(dict.fromkeys(v.code for v in new))
    words = "; ".join(v.text for v in new[:MOST_TOLD])
    mend = None
    if codes == (Rule.SHIFT.value,):
        worst = max(new, key=lambda v: v.amount)
        mend = f"{part.vehicles[worst.vehicle]}: {math.ceil(worst.amount / 60)} min more overtime allowed"
    return RoundsRefusal(codes, words, mend)
