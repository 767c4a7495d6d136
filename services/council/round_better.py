"""The three answers to whatever makes a council's day differ from its plan, searched for within seconds.

Called by the rounds' solver on its thread, after the first answer. Only the rounds a cause touches and their
neighbours are searched; the first answer stays where nothing better is found. It never asks a whole day.
"""

import time
from collections.abc import Callable, Sequence

from optimiser.routes.engine import three_answers
from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems, PartDay
from services.council.round_answers import Answer, RoundAnswers
from services.council.round_calm import calm, worth
from services.council.round_neighbours import RoundNeighbours
from services.council.round_options import Judge, Judged, day_figures, option, plan_of, told_once, wrong
from services.council.round_reasons import explain_all
from streams.rounds_plan import AddedStop, Cause, CauseKind, OptionKey, RoundsOption

PART_VEHICLES = 8
"""Rounds searched together: those a cause touches, and their neighbours up to so many."""
TOUCHED_MOST = 12
"""A cause that touches more has these searched, the first ones."""
EXPLAIN_S = 1.5
"""At most so long goes into reasons, on top of the search."""


class RoundBetter:
    """Three answers for one council, for one thread."""

    def __init__(
        self, problems: DayProblems, answers: RoundAnswers, neighbours: RoundNeighbours, seed: int
    ) -> None:
        self._problems, self._answers, self._neighbours, self._seed = problems, answers, neighbours, seed

    def answer(
        self,
        picture: DayPicture,
        cause: Cause,
        touches: Sequence[str],
        known: Sequence[RoundsOption],
        seconds: float,
        cancelled: Callable[[], bool],
    ) -> Answer | None:
        """Three answers to a cause; None where there is nothing to search.

        Parameters
        ----------
        touches
            Vehicles the first answer touches.
        known
            The answers so far.
        seconds
            For the search.
        """
        stops = self._answers.new_stops(picture, cause)
        part = self._part(picture, cause, touches, stops)
        if part is None:
            return None
        judge = Judge(part)
        found = three_answers(part.problem, seconds, seed=self._seed, cancelled=cancelled)
        first = self._first(judge, known)
        until = time.perf_counter() + EXPLAIN_S
        options: list[RoundsOption] = []
        told: Judged | None = None
        for key, one in (
            (OptionKey.NO_CHURN, found.no_churn),
            (OptionKey.LITTLE, found.little),
            (OptionKey.FREE, found.free),
        ):
            judged = self._best(judge, calm(judge, Judged(one.plan, one.verdict)), first)
            if not judge.accepts(judged) or (told is not None and not self._saves(judge, judged, told)):
                continue
            told = judged
            left = explain_all(
                self._problems.ground, picture, part, judged.plan, until=until, cancelled=cancelled
            )
            options.append(option(key, picture, part, judged, left))
        if not options:
            return None
        return Answer(list(part.vehicles), day_figures(part, judge.before), told_once(options))

    def _part(
        self, picture: DayPicture, cause: Cause, touches: Sequence[str], stops: Sequence[AddedStop]
    ) -> PartDay | None:
        mine = list(touches)[:TOUCHED_MOST]
        if cause.kind in (CauseKind.BREAKDOWN, CauseKind.LATE) and cause.id not in mine:
            mine.insert(0, cause.id)
        nodes = [stop.entry for stop in stops]
        for vehicle in mine:
            nodes += self._neighbours.nodes_of(picture, vehicle)
        if not nodes:
            return None
        most = max(0, PART_VEHICLES - len(mine))
        near = self._neighbours.near(picture, nodes, most, mine)
        vehicles = (*mine, *near)
        part = self._problems.part(picture, vehicles, extra=stops) if vehicles else None
        return None if part is None or part.past.lost.all() else part

    def _first(self, judge: Judge, known: Sequence[RoundsOption]) -> Judged | None:
        """The first answer, as a plan of this part; None where it is no such plan (any more)."""
        for one in known:
            rounds = {round_.vehicle: tuple(round_.visits) for round_ in one.rounds}
            if one.key is OptionKey.NO_CHURN and rounds and set(rounds) <= set(judge.part.vehicles):
                try:
                    judged = judge.judged(plan_of(judge.part, rounds))
                except KeyError:
                    return None
                return judged if judge.accepts(judged) else None
        return None

    def _best(self, judge: Judge, found: Judged, first: Judged | None) -> Judged:
        """The first answer where it is better than what was found."""
        return first if first is not None and self._saves(judge, first, found) else found

    def _saves(self, judge: Judge, one: Judged, other: Judged) -> bool:
        """Whether a plan breaks fewer rules than another, or as few and saves more than telling it costs."""
        mine, theirs = wrong(one.verdict), wrong(other.verdict)
        return mine < theirs if mine != theirs else worth(judge, one) < worth(judge, other)
