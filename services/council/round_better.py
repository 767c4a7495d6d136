"""The three answers to whatever makes a council's day differ from its plan, searched for within seconds.

Called by the rounds' solver on its thread, after the first answer. Only the rounds a cause touches and their
neighbours are searched; the first answer stays where nothing better is found. It never asks a whole day.
"""

import time
from collections.abc import Callable, Sequence

from optimiser.routes.engine import LITTLE_CHURN, three_answers
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
MAY_MOVE = {OptionKey.NO_CHURN: 0.0, OptionKey.LITTLE: LITTLE_CHURN, OptionKey.FREE: 1.0}
"""Share of the untouched stops that may change vehicle."""
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
        every = (found.no_churn, found.little, found.free)
        plans = [calm(judge, Judged(one.plan, one.verdict)) for one in every]
        if first is not None:
            plans.insert(0, first)
        options = self._options(picture, judge, plans, cancelled)
        if not options:
            return None
        return Answer(list(part.vehicles), day_figures(part, judge.before), options)

    def _options(
        self, picture: DayPicture, judge: Judge, plans: Sequence[Judged], cancelled: Callable[[], bool]
    ) -> list[RoundsOption]:
        """For each key the best plan that moves no more than it may, where it saves on the ones before."""
        until = time.perf_counter() + EXPLAIN_S
        options: list[RoundsOption] = []
        told: Judged | None = None
        for key, share in MAY_MOVE.items():
            judged = self._best(judge, plans, share)
            if judged is None or (told is not None and not self._saves(judge, judged, told)):
                continue
            told = judged
            left = explain_all(
                self._problems.ground, picture, judge.part, judged.plan, until=until, cancelled=cancelled
            )
            options.append(option(key, picture, judge.part, judged, left))
        return told_once(options)

    def _part(
        self, picture: DayPicture, cause: Cause, touches: Sequence[str], stops: Sequence[AddedStop]
    ) -> PartDay | None:
        mine = list(touches)[:TOUCHED_MOST]
        if cause.kind in (CauseKind.BREAKDOWN, CauseKind.LATE) and cause.id not in mine:
            mine.insert(0, cause.id)
        most = max(0, PART_VEHICLES - len(mine))
        if len(mine) == 1 and not stops:
            near = self._neighbours.helpers(picture, mine[0], most)
        else:
            nodes = [stop.entry for stop in stops]
            for vehicle in mine:
                nodes += self._neighbours.nodes_of(picture, vehicle)
            near = self._neighbours.near(picture, nodes, most, mine) if nodes else []
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

    def _best(self, judge: Judge, plans: Sequence[Judged], share: float) -> Judged | None:
        """The best of the plans that move no more than this share of the untouched stops."""
        best: Judged | None = None
        for one in plans:
            cost = one.verdict.cost
            few = cost.moved_stops <= share * cost.untouched_stops
            if few and judge.accepts(one) and (best is None or self._saves(judge, one, best)):
                best = one
        return best

    def _saves(self, judge: Judge, one: Judged, other: Judged) -> bool:
        """Whether a plan breaks fewer rules than another, or as few and saves more than telling it costs."""
        mine, theirs = wrong(one.verdict), wrong(other.verdict)
        return mine < theirs if mine != theirs else worth(judge, one) < worth(judge, other)
