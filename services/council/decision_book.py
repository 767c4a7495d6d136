"""Managers' decisions while events are folded in: judged against the day as it is, then in force.

Kept by `services.council.day_draft.DayDraft`. A decision was judged when it was made, on the day of its
`day_version`; here only what came between is looked at. One that no longer fits is void, and says why.
"""

from msgspec.structs import replace

from services.council.day_picture import Before, Change, ChangeStatus, Decision, Key, cause_key
from services.council.kept import Kept
from services.council.request_book import RequestBook
from services.council.round_book import RoundBook
from services.council.visits import stop_of
from streams.council_events import VehicleStatus
from streams.rounds_plan import AddedStop, RoundsAction, RoundsDecided

DECISIONS_KEPT = 100
"""Decisions shown in the console's log; all of them stay in the event log."""
UNDOABLE = 40
"""The newest so many can be undone: what they replaced is kept with them."""
ADDED_KEPT = 5_000


class DecisionBook:
    """Decisions, and what they made of the day."""

    def __init__(
        self,
        rounds: RoundBook,
        requests: RequestBook,
        added: dict[str, AddedStop],
        locks: dict[str, str],
        skipped: dict[str, str],
        decisions: tuple[Decision, ...],
        version: int,
    ) -> None:
        self._rounds = rounds
        self._requests = requests
        self.added = Kept(added)
        self.locks = Kept(locks)
        self.skipped = Kept(skipped)
        self.decisions = decisions
        self.version = version

    def take(
        self, data: RoundsDecided, decision_id: str, key: Key, changes: dict[str, Change]
    ) -> Decision | None:
        """Fold a decision; what is kept of it, None where it was folded before."""
        if any(decision.decision_id == decision_id for decision in self.decisions):
            return None
        void = self._why_void(data, changes)
        decision = Decision(
            decision_id,
            data.action,
            data.operator,
            key[0],
            data.cause,
            data.proposal_id,
            data.option,
            data.edit,
            data.undoes,
            void=void,
            vehicles=tuple(round_.vehicle for round_ in data.rounds),
            stops=tuple(stop.stop for stop in data.stops),
        )
        if void is None:
            decision = self._in_force(data, decision, key)
        self._keep(decision)
        return decision

    def new_day(self) -> None:
        """Forget what was of yesterday's day; it can no longer be undone."""
        self.version += 1  # what was judged on yesterday's rounds no longer fits
        for kept in (self.locks, self.skipped):
            kept.replace({})
        self.added.replace({})
        self.decisions = tuple(replace(decision, before=None) for decision in self.decisions)

    def _keep(self, decision: Decision) -> None:
        kept = (*self.decisions, decision)[-DECISIONS_KEPT:]
        if len(kept) > UNDOABLE and kept[-UNDOABLE - 1].before is not None:
            old = len(kept) - UNDOABLE
            kept = (*(replace(d, before=None) for d in kept[:old]), *kept[old:])
        self.decisions = kept

    def _why_void(self, data: RoundsDecided, changes: dict[str, Change]) -> str | None:
        if data.action is RoundsAction.UNDO:
            undone = self._named(data.undoes)
            if undone is None or undone.undone or undone.void is not None:
                return "what it would undo is not in force any more"
        elif data.cause is not None and data.action is RoundsAction.APPROVE:
            change = changes.get(cause_key(data.cause))
            if change is not None and change.status in (ChangeStatus.APPROVED, ChangeStatus.EXPIRED):
                return "what it answers was answered, or is over"
        return self._why_rounds_do_not_fit(data)

    def _why_rounds_do_not_fit(self, data: RoundsDecided) -> str | None:
        given = {round_.vehicle: tuple(round_.visits) for round_ in data.rounds}
        mine = set()
        for vehicle, visits in given.items():
            state = self._rounds.vehicles.now[vehicle]
            if state.changed_in > data.day_version:
                return f"the round of {vehicle} was changed by another decision meanwhile"
            if visits[: state.done] != self._rounds.rounds.now[vehicle][: state.done]:
                return f"{vehicle} has gone on meanwhile and done something else"
            stops = [stop for visit in visits if (stop := stop_of(visit)) is not None]
            twice = next((stop for stop in stops if stop in mine), None)
            mine.update(stops)
            if twice is not None or len(set(stops)) < len(stops):
                return f"a stop is in its rounds twice: {twice or vehicle}"
        new = mine - {stop_of(visit) for vehicle in given for visit in self._rounds.rounds.now[vehicle]}
        elsewhere = next((stop for stop in new if stop is not None and self._in_other(stop, given)), None)
        if elsewhere is not None:
            return f"{elsewhere} is in another round by now"
        return None

    def _in_other(self, stop: str, given: dict[str, tuple[str, ...]]) -> bool:
        return any(
            stop_of(visit) == stop
            for vehicle, visits in self._rounds.rounds.now.items()
            if vehicle not in given
            for visit in visits
        )

    def _in_force(self, data: RoundsDecided, decision: Decision, key: Key) -> Decision:
        """Put it in force, and note what it replaced."""
        undone = self._named(data.undoes)
        was = {} if undone is None or undone.before is None else undone.before.statuses
        if data.action is RoundsAction.UNDO:
            self._mark_undone(data.undoes)
        alters = bool(
            data.rounds or data.stops or data.locks or data.skipped or data.back or data.off or data.on
        )
        if not alters:
            dismissed = data.action is RoundsAction.DISMISS  # it holds back what asked, and nothing else
            return replace(decision, before=Before({})) if dismissed else decision
        self.version += 1
        named = {lock.stop for lock in data.locks}
        before = Before(
            {round_.vehicle: self._rounds.rounds.now[round_.vehicle] for round_ in data.rounds},
            {stop: self.locks.now.get(stop) for stop in sorted(named)},
            tuple(sorted(s for s in {*data.skipped, *data.back} if s in self.skipped.now)),
            {vehicle: self._rounds.vehicles.now[vehicle].status for vehicle in (*data.off, *data.on)},
        )
        for stop in data.stops:
            self.added.put(stop.stop, stop)
        while len(self.added.now) > ADDED_KEPT:
            self.added.drop([next(iter(self.added.now))])
        for round_ in data.rounds:
            self._rounds.set_round(round_.vehicle, tuple(round_.visits), self.version)
        for lock in data.locks:
            if lock.vehicle is None:
                self.locks.drop([lock.stop])
            else:
                self.locks.put(lock.stop, lock.vehicle)
        for stop_id in data.skipped:
            self.skipped.put(stop_id, decision.decision_id)
        self.skipped.drop(data.back)
        for vehicle in data.off:
            self._rounds.status(vehicle, was.get(vehicle, VehicleStatus.OFF_ROAD), key)
        for vehicle in data.on:
            self._rounds.status(vehicle, VehicleStatus.IN_SERVICE, key)
        self._serve(data)
        undoing = data.action is RoundsAction.UNDO
        return replace(decision, version=self.version, before=None if undoing else before)

    def _serve(self, data: RoundsDecided) -> None:
        """Note which requests are served by the stops it made, or no longer are by those it took back."""
        undone = self._named(data.undoes)
        concerned = {stop.stop for stop in data.stops} | set(undone.stops if undone is not None else ())
        concerned |= {stop for stop in (*data.skipped, *data.back) if stop in self.added.now}
        if not concerned:
            return
        somewhere = {stop_of(visit) for visits in self._rounds.rounds.now.values() for visit in visits}
        for stop_id in sorted(concerned):
            stop = self.added.now.get(stop_id)
            if stop is None:
                continue
            there = stop_id in somewhere
            if stop.request is not None:
                self._requests.plan(stop.request, stop_id if there else None, self._rounds.stops_done.now)
            if not there and data.action is RoundsAction.UNDO:
                self.added.drop([stop_id])

    def _named(self, decision_id: str | None) -> Decision | None:
        return next((d for d in self.decisions if d.decision_id == decision_id), None)

    def _mark_undone(self, decision_id: str | None) -> None:
        self.decisions = tuple(
            replace(d, undone=True, before=None) if d.decision_id == decision_id else d
            for d in self.decisions
        )
