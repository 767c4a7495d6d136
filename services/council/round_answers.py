"""The first answer to whatever makes a council's day differ from its plan, found at once.

Called by the rounds' solver on its thread. A request gets the cheapest place in today's rounds; what a lost
vehicle had to do is shared out among the rounds near it; closed streets are taken out of the rounds they are
in. Better answers are for `services.council.round_better`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from optimiser.feedback.cluster import Cluster
from optimiser.routes.engine import solve
from optimiser.routes.instant import LiveDay
from optimiser.routes.live_answer import Change
from optimiser.routes.plan import DayPlan
from services.council.day_picture import DayPicture, RequestStatus
from services.council.day_problem import DayProblems, PartDay
from services.council.new_stops import revisit, stop_for_request
from services.council.road_blocks import Blocked
from services.council.round_neighbours import RoundNeighbours
from services.council.round_options import CountedRound, Judge, Judged, day_figures, option, sum_of
from services.council.round_places import RoundPlaces
from services.council.round_reasons import NO_PLACE, NO_VEHICLE, blocked_words, explain_all
from streams.council_events import StopOutcome
from streams.rounds_plan import (
    AddedStop,
    Cause,
    CauseKind,
    DayFigures,
    OptionKey,
    RoundData,
    RoundsOption,
    Unserved,
)

NEIGHBOURS = 8
"""Rounds among which a lost vehicle's stops are shared out."""
SHARE_OUT_S = 0.5
"""How long that may take; the better half of it goes into better places."""
MOST_CLOSED = 8
"""Rounds that a closure's answer changes at most, the hardest hit."""
REORDER_S = 0.02
"""How long a cheaper order of a round is looked for where streets it uses are closed."""
MOST_REVISITS = 4
"""Stops that a cluster of reports has called at again, those nearest to its middle."""
REVISIT_WITHIN_M = 150.0
"""Such a stop's middle is at most so far from the cluster's, or within its radius."""


class Answer(NamedTuple):
    """What could be done about a cause; figures are over the vehicles it touches."""

    touches: list[str]
    before: DayFigures
    options: list[RoundsOption]


class RoundAnswers:
    """First answers for one council, for one thread."""

    def __init__(self, problems: DayProblems, places: RoundPlaces, neighbours: RoundNeighbours) -> None:
        self._problems, self._places, self._neighbours = problems, places, neighbours

    def new_stops(self, picture: DayPicture, cause: Cause) -> list[AddedStop]:
        """The stops a cause asks for; the same for the same picture."""
        council = self._problems.council
        if cause.kind is CauseKind.REQUEST:
            request = picture.request_named(cause.id)
            if request is None or request.status is not RequestStatus.OPEN:
                return []
            stop = stop_for_request(council, request)
            return [] if stop is None or stop.stop in picture.added else [stop]
        if cause.kind is CauseKind.CLUSTER and cause.id in picture.clusters:
            return self._revisits(picture, picture.clusters[cause.id])
        return []

    def answer(self, picture: DayPicture, cause: Cause) -> Answer | None:
        """A first answer; None where there is nothing to answer."""
        if cause.kind is CauseKind.BREAKDOWN:
            return self._lost(picture, cause.id) if cause.id in picture.rounds else None
        if cause.kind is CauseKind.CLOSURE:
            return self._closure(picture, cause.id) if cause.id in picture.closures else None
        stops = self.new_stops(picture, cause)
        return self._insert(picture, stops) if stops else None

    def _revisits(self, picture: DayPicture, cluster: Cluster) -> list[AddedStop]:
        """Stops near a cluster that were said to be collected, and are not being called at again already."""
        stops = self._problems.council.stops
        away = np.hypot(stops.en[:, 0] - cluster.easting_m, stops.en[:, 1] - cluster.northing_m)
        near = np.flatnonzero(away <= max(REVISIT_WITHIN_M, cluster.radius_m))
        found = []
        for n in near[np.argsort(away[near], kind="stable")].tolist():
            state = picture.stops_done.get(stops.ids[n])
            if state is None or state.outcome is not StopOutcome.COLLECTED:
                continue
            stop = revisit(self._problems.council, stops.ids[n], cluster.cluster)
            if stop.stop not in picture.added:
                found.append(stop)
            if len(found) == MOST_REVISITS:
                break
        return found

    def _insert(self, picture: DayPicture, stops: Sequence[AddedStop]) -> Answer:
        """Each stop at its cheapest place, one after the other."""
        before: dict[str, CountedRound] = {}
        after: dict[str, CountedRound] = {}
        rounds: dict[str, tuple[str, ...]] = {}
        placed, unserved = [], []
        price, added = self._problems.council.costs.unserved_stop, dict(picture.added)
        blocks = self._problems.blocks(picture)
        for stop in stops:
            code = blocks.why(stop.stop, {**added, stop.stop: stop})
            added[stop.stop] = stop
            if code is not None:
                one = replace(picture, added=added)
                unserved.append(blocked_words(self._problems.ground, one, Blocked(stop.stop, "", code)))
                continue
            now = replace(picture, rounds={**picture.rounds, **rounds}, added=added) if rounds else picture
            found = self._places.cheapest(now, stop)
            if found is None:
                unserved.append(self._no_place(now, stop))
                continue
            if found.cost >= price * stop.priority:
                words = (
                    f"{stop.stop} would cost {found.cost:.2f}; leaving it counts {price * stop.priority:.2f}"
                )
                unserved.append(Unserved(stop.stop, ["price"], words))
                continue
            before.setdefault(found.vehicle, found.before)
            after[found.vehicle], rounds[found.vehicle] = found.after, found.words
            placed.append((stop.stop, found.vehicle))
        answer = RoundsOption(
            key=OptionKey.NO_CHURN,
            rounds=[RoundData(vehicle, list(words)) for vehicle, words in rounds.items()],
            after=sum_of(after.values(), len(unserved)),
            placed=placed,
            moved_stops=0,
            churn_share=0.0,
            unserved=unserved,
        )
        return Answer(list(rounds), sum_of(before.values(), len(stops)), [answer])

    def _no_place(self, picture: DayPicture, stop: AddedStop) -> Unserved:
        if self._places.nearest(picture, stop):
            words = f"{stop.stop} has no place in any round near it that keeps all rules"
            return Unserved(stop.stop, [NO_PLACE], words)
        return Unserved(stop.stop, [NO_VEHICLE], f"{stop.stop}: no vehicle that could serve it is in service")

    def _lost(self, picture: DayPicture, vehicle: str) -> Answer:
        """What a vehicle that is lost has not done, shared out among the rounds near it."""
        near = self._neighbours.helpers(picture, vehicle, NEIGHBOURS)
        part = self._problems.part(picture, (vehicle, *near))
        judge = Judge(part)
        found = judge.before
        if near:
            shared = solve(part.problem, SHARE_OUT_S, threads=1, churn_limit=0.0)
            found = Judged(shared.plan, shared.verdict)
            found = found if judge.accepts(found) else judge.before
        return self._told(picture, judge, found)

    def _closure(self, picture: DayPicture, closure: str) -> Answer:
        """The rounds that closed streets concern, without the stops nobody can reach, in a better order."""
        concerned = self._neighbours.concerned(picture, picture.closures[closure].streets)
        vehicles = tuple(one.vehicle for one in concerned[:MOST_CLOSED])
        if not vehicles:
            none = sum_of((), 0)
            nothing = RoundsOption(OptionKey.NO_CHURN, [], none, [], 0, 0.0, [])
            return Answer([], none, [nothing])
        part = self._problems.part(picture, vehicles)
        judge = Judge(part)
        rounds = list(part.plan.rounds)
        for n, vehicle in enumerate(vehicles):
            alone = self._problems.part(picture, (vehicle,))
            if part.past.lost[n] or alone.past.lost[0]:
                continue
            change = LiveDay(alone.problem).reorder(0, REORDER_S)
            if isinstance(change, Change):
                rounds[n] = part.read(n, alone.words(0, change.plan.rounds[0]))
        ordered = judge.judged(DayPlan(tuple(rounds), part.plan.unserved))
        better = judge.accepts(ordered) and judge.better(ordered, judge.before)
        return self._told(picture, judge, ordered if better else judge.before)

    def _told(self, picture: DayPicture, judge: Judge, found: Judged) -> Answer:
        part: PartDay = judge.part
        left = explain_all(self._problems.ground, picture, part, found.plan)
        told = option(OptionKey.NO_CHURN, picture, part, found, left)
        return Answer(list(part.vehicles), day_figures(part, judge.before), [told])
