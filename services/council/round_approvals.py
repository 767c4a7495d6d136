"""A proposal approved, or a decision undone, on the day as it stands by now.

Used by the desk. What crews have done since a proposal was made goes in front of its rounds; where that, or
another decision, no longer leaves them what they were, the wish is refused and says why.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from optimiser.routes.verdict import Rule
from services.council.day_picture import Before, ChangeStatus, DayPicture, Decision, cause_key
from services.council.day_problem import DayProblems
from services.council.round_answers import RoundAnswers
from services.council.round_moves import broken_rules
from services.council.round_options import Judge, plan_of
from services.council.rounds_refusal import RoundsRefusal
from services.council.visits import same_visit, stop_of
from streams.rounds_plan import (
    AddedStop,
    OptionKey,
    RoundData,
    RoundsAction,
    RoundsDecided,
    RoundsProposal,
    StopLock,
)

MOST_NAMED = 5
"""Stops named in a refusal."""
OPPOSITE = {"vehicle_off": "put {} back in service", "vehicle_back": "take {} off the road"}
"""What can be done where one of these edits can no longer be undone."""


class _Rebased(NamedTuple):
    """Rounds with what is done by now in front, and stops that were done by somebody else."""

    rounds: dict[str, tuple[str, ...]]
    gone: list[str]


class RoundApprovals:
    """Approvals and undoing of one council's day; for one thread."""

    def __init__(self, problems: DayProblems, answers: RoundAnswers) -> None:
        self._problems, self._answers = problems, answers

    def approved(
        self, picture: DayPicture, proposal: RoundsProposal, key: OptionKey | None, operator: str
    ) -> RoundsDecided:
        """The decision that puts an option in force; None takes the first.

        Raises
        ------
        RoundsRefusal
            Where the day has gone on so that it no longer fits.
        """
        option = next((one for one in proposal.options if key is None or one.key is key), None)
        if option is None:
            told = ", ".join(one.key.value for one in proposal.options)
            raise RoundsRefusal(("unknown",), f"it has no answer {key}; there are: {told}")
        self._still_asked(picture, proposal)
        wanted = {round_.vehicle: tuple(round_.visits) for round_ in option.rounds}
        self._unchanged(picture, wanted, proposal.day_version)
        placed = {stop for stop, _ in option.placed}
        stops = [stop for stop in self._answers.new_stops(picture, proposal.cause) if stop.stop in placed]
        rebased = self._rebase(picture, wanted)
        left_out = {one.stop for one in option.unserved} | set(rebased.gone)
        self._judge(picture, rebased.rounds, stops, left_out)
        return RoundsDecided(
            RoundsAction.APPROVE,
            operator,
            picture.version,
            cause=proposal.cause,
            proposal_id=proposal.proposal_id,
            option=option.key,
            rounds=[RoundData(vehicle, list(visits)) for vehicle, visits in rebased.rounds.items()],
            stops=stops,
        )

    def dismissed(self, picture: DayPicture, proposal: RoundsProposal, operator: str) -> RoundsDecided:
        """The decision that leaves things as they are."""
        self._still_asked(picture, proposal)
        return RoundsDecided(
            RoundsAction.DISMISS,
            operator,
            picture.version,
            cause=proposal.cause,
            proposal_id=proposal.proposal_id,
        )

    def undone(self, picture: DayPicture, decision_id: str, operator: str) -> RoundsDecided:
        """The decision that takes another one back.

        Raises
        ------
        RoundsRefusal
            Naming what stands in the way.
        """
        decision, before = self._undoable(picture, decision_id)
        if decision.edit in OPPOSITE:
            return self._status_taken_back(picture, decision, decision.edit, operator)
        self._unchanged(picture, before.rounds, decision.version)
        for vehicle, visits in before.rounds.items():
            mine = {stop_of(word) for word in visits}
            carried_out = [
                stop
                for word in self._stays(picture, vehicle)
                if (stop := stop_of(word)) is not None and stop not in mine
            ]
            if carried_out:
                names = ", ".join(carried_out[:MOST_NAMED])
                words = f"{vehicle} has carried it out in part: {names} is done or under way"
                raise RoundsRefusal((Rule.FROZEN.value,), words)
        rebased = self._rebase(picture, before.rounds)
        skipped_by_it = [stop for stop, by in picture.skipped.items() if by == decision_id]
        skipped = [stop for stop in before.skipped if stop not in picture.skipped]
        locks = [
            StopLock(stop, vehicle)
            for stop, vehicle in before.locks.items()
            if picture.locks.get(stop) != vehicle
        ]
        self._judge(picture, rebased.rounds, (), {*rebased.gone, *decision.stops, *skipped}, skipped_by_it)
        return self._undo(picture, decision, operator, rebased.rounds, locks, skipped, skipped_by_it)

    def _status_taken_back(
        self, picture: DayPicture, decision: Decision, edit: str, operator: str
    ) -> RoundsDecided:
        """A vehicle taken off the road, or put back, as it was before: where nothing has come of it since."""
        vehicle = "" if decision.cause is None else decision.cause.id
        state = picture.vehicles.get(vehicle)
        if state is None or state.status_key is None:
            raise RoundsRefusal(("unknown",), f"there is no vehicle {vehicle}")
        instead = OPPOSITE[edit].format(vehicle)
        if not state.status_key[2].endswith(f" {decision.decision_id}"):
            words = f"{vehicle} has been reported {state.status.value.replace('_', ' ')} since"
            raise RoundsRefusal(("changed",), words)
        self._unchanged(picture, (vehicle,), decision.version, instead)
        if edit == "vehicle_back" and any(visit.key > state.status_key for visit in state.done_visits):
            words = f"{vehicle} has done something since it is back"
            raise RoundsRefusal((Rule.FROZEN.value,), words, instead)
        undo = self._undo(picture, decision, operator, {}, [], [], [])
        return replace(undo, **{"on" if edit == "vehicle_off" else "off": [vehicle]})

    def _undo(
        self,
        picture: DayPicture,
        decision: Decision,
        operator: str,
        rounds: Mapping[str, tuple[str, ...]],
        locks: list[StopLock],
        skipped: list[str],
        back: list[str],
    ) -> RoundsDecided:
        return RoundsDecided(
            RoundsAction.UNDO,
            operator,
            picture.version,
            cause=decision.cause,
            undoes=decision.decision_id,
            rounds=[RoundData(vehicle, list(visits)) for vehicle, visits in rounds.items()],
            locks=locks,
            skipped=skipped,
            back=back,
        )

    def _undoable(self, picture: DayPicture, decision_id: str) -> tuple[Decision, Before]:
        decision = picture.decision_named(decision_id)
        if decision is None:
            raise RoundsRefusal(("unknown",), f"there is no decision {decision_id}, or it is too old")
        if decision.undone or decision.action is RoundsAction.UNDO:
            raise RoundsRefusal(("answered",), "it is undone already, or is an undoing itself")
        if decision.void is not None:
            raise RoundsRefusal(("answered",), f"it never counted: {decision.void}")
        if decision.before is None:
            raise RoundsRefusal(("changed",), "it is of another day, or too old to be undone")
        return decision, decision.before

    def _still_asked(self, picture: DayPicture, proposal: RoundsProposal) -> None:
        change = picture.changes.get(cause_key(proposal.cause))
        if change is not None and change.status is not ChangeStatus.OPEN:
            raise RoundsRefusal(("answered",), f"what it answers is {change.status.value} already")

    def _unchanged(
        self, picture: DayPicture, vehicles: Collection[str], version: int, instead: str | None = None
    ) -> None:
        """Refuse where another decision has changed one of these rounds since."""
        for vehicle in vehicles:
            state = picture.vehicles.get(vehicle)
            if state is None:
                raise RoundsRefusal(("unknown",), f"there is no vehicle {vehicle}")
            if state.changed_in <= version:
                continue
            later = [d for d in picture.decisions if d.version > version and vehicle in d.vehicles]
            standing = _not_taken_back(later)
            if standing or not later:
                by = f" by {standing[-1].operator}" if standing else ""
                words = f"the round of {vehicle} was changed{by} meanwhile"
                raise RoundsRefusal(("changed",), words, instead)

    def _stays(self, picture: DayPicture, vehicle: str) -> tuple[str, ...]:
        head = self._problems.heads.of(picture, vehicle, self._problems.ways(picture))
        return picture.rounds[vehicle][: head.stays]

    def _rebase(self, picture: DayPicture, wanted: Mapping[str, Sequence[str]]) -> _Rebased:
        """These rounds, with what is done or under way by now in front."""
        heads = {vehicle: self._stays(picture, vehicle) for vehicle in wanted}
        done_by = {stop_of(word): vehicle for vehicle, head in heads.items() for word in head}
        done_by.pop(None, None)
        rounds, gone = {}, []
        for vehicle, visits in wanted.items():
            head = heads[vehicle]
            rest = list(visits)
            for word in head:  # a tip or rest that is over is the next such one of the round
                at = next((n for n, one in enumerate(rest) if same_visit(one, word)), None)
                if at is not None:
                    del rest[at]
            for word in list(rest):
                stop = stop_of(word)
                if stop is not None and (stop in done_by or stop in picture.stops_done):
                    rest.remove(word)
                    gone.append(stop)
            rounds[vehicle] = (*head, *rest)
        return _Rebased(rounds, gone)

    def _judge(
        self,
        picture: DayPicture,
        rounds: Mapping[str, tuple[str, ...]],
        stops: Sequence[AddedStop],
        may_be_left: set[str],
        back: Sequence[str] = (),
    ) -> None:
        """Refuse what the checker refuses, and what loses a stop nobody meant to leave out."""
        if not rounds:
            return
        planned = {stop for v in picture.rounds.values() for w in v if (stop := stop_of(w)) is not None}
        words = {stop for v in rounds.values() for w in v if (stop := stop_of(w)) is not None}
        new = {stop.stop for stop in stops}
        loose = sorted(stop for stop in words - planned - new if self._known(picture, stop))
        now = picture
        if back:
            kept = {stop: by for stop, by in picture.skipped.items() if stop not in back}
            now = replace(picture, skipped=kept)
        part = self._problems.part(now, tuple(rounds), extra=stops, loose=loose)
        judge = Judge(part)
        try:
            judged = judge.judged(plan_of(part, rounds))
        except KeyError as error:
            words_ = f"{error.args[0]} is no stop of these rounds any more; see the newer proposal"
            raise RoundsRefusal(("changed",), words_) from None
        lost = {v for v, gone in zip(part.vehicles, part.past.lost.tolist(), strict=True) if gone}
        mine = {stop_of(w) for vehicle in lost for w in rounds[vehicle]}
        ids = part.problem.stops.ids
        missing = [ids[n] for n in judged.plan.unserved if ids[n] not in may_be_left | mine]
        if missing:
            names = ", ".join(missing[:MOST_NAMED])
            raise RoundsRefusal(("changed",), f"the day has changed: it would leave out {names}")
        if not judge.accepts(judged):
            raise broken_rules(judge, judged)

    def _known(self, picture: DayPicture, stop: str) -> bool:
        return stop in picture.added or stop in self._problems.council.stop_number


def _not_taken_back(decisions: Sequence[Decision]) -> list[Decision]:
    """Those that count, without the ones that were undone among them and what undid them."""
    undone = {d.undoes for d in decisions if d.void is None and d.action is RoundsAction.UNDO}
    known = {d.decision_id for d in decisions}
    return [
        d
        for d in decisions
        if d.void is None and d.decision_id not in undone and (d.undoes is None or d.undoes not in known)
    ]
