"""An operator's word on a recommended move: can it still be taken, and if so, append it as an event.

Called by the API's decision route. The event is the audit trail; the fold gives it effect.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import structs

from services.area_clock import area_now
from services.area_state import AreaState
from services.cover_model import MOVABLE
from services.metrics import Metrics
from streams import codec
from streams.cover_advice import MoveName
from streams.cover_plan import PlanMove
from streams.errors import AppendUnsureError, LogUnreachableError
from streams.events import DecisionAction, DecisionMade, RejectReason
from streams.log import EventLog

JUST_AFTER = timedelta(milliseconds=1)
FOLDED_WITHIN_S = 2.0
"""How long a decision waits for the fold, which is milliseconds behind the log when all is well."""
SOURCE = "/dynamic-cover/console"


class UnknownPlanError(Exception):
    """No such plan, or no such move in it or in its other choices."""


class ConflictError(Exception):
    """The decision cannot be taken any more; the text tells the operator why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision that was taken, and where it stands in the log."""

    decision_id: str
    offset: int


class Decisions:
    """The decisions of one area.

    Parameters
    ----------
    min_cover
        Least available appliances of the first kind to leave at a station, by station id.
    """

    def __init__(
        self, state: AreaState, log: EventLog, metrics: Metrics, min_cover: Mapping[str, int]
    ) -> None:
        self._state = state
        self._area = state.region.id
        self._log = log
        self._metrics = metrics
        self._min_cover = min_cover
        appliances = state.region.appliances
        self._of_first_kind = {
            id_ for id_, kind in zip(appliances.ids, appliances.kind.tolist(), strict=True) if kind == 0
        }
        self._one_at_a_time = asyncio.Lock()

    async def take(
        self,
        plan_id: str,
        move_id: str,
        action: DecisionAction,
        reason: RejectReason | None,
        operator: str,
        revision: int | None = None,
    ) -> Taken:
        """Append the decision; `revision` is the one the officer saw, where known.

        Raises
        ------
        UnknownPlanError
            Where plan or move are not known.
        ConflictError
            Where the appliance can no longer do it, or nothing is there to undo.
        """
        async with self._one_at_a_time:
            if not self._log.reachable:
                raise LogUnreachableError("no answer from its server for some seconds")
            # Judge on a picture that holds every decision taken before this one, here or elsewhere.
            await self._log.refresh(self._area)
            judged = self._log.end_offset(self._area) - 1
            if not await self._state.until_folded(judged, FOLDED_WITHIN_S):
                raise ConflictError("the picture is behind its events just now; try again in a moment")
            move, seen = self._find(plan_id, move_id, revision)
            self._check_possible(move, action)
            data = DecisionMade(
                plan_id=plan_id,
                revision=seen,
                move_id=move_id,
                appliance=move.appliance,
                from_station=move.from_station,
                to_station=move.to_station,
                action=action,
                operator=operator,
                reason=reason,
            )
            decision_id = str(uuid.uuid4())
            time = self._time_for(move.appliance)
            event = codec.encode(data, id=decision_id, source=SOURCE, area=self._area, time=time)
            offset = await self._append(event)
            await self._state.until_folded(offset, FOLDED_WITHIN_S)
            if action is DecisionAction.ACCEPT:
                await self._check_alone(move, data, judged, offset)
        self._metrics.decisions.labels(self._area, action.value).inc()
        return Taken(decision_id, offset)

    async def _append(self, event: bytes) -> int:
        """Append a decision; where the log was unsure, once more: it is known by its id."""
        try:
            return await self._log.append(self._area, [event])
        except AppendUnsureError:
            return await self._log.append(self._area, [event])

    async def _check_alone(
        self, move: PlanMove | MoveName, data: DecisionMade, judged: int, offset: int
    ) -> None:
        """Was there a decision at another replica at the same moment, and is this one still right then?

        Of two for one appliance the later in time stands, as for every word about one thing. Of two that take
        more room, or leave less behind, than there is, the one later in the log is taken back.

        Raises
        ------
        ConflictError
            Where it is not; then it has been taken back.
        """
        others = [at for at in self._state.decision_offsets if at > judged and at != offset]
        if not others:
            return
        ordered = self._state.picture.appliances[move.appliance].ordered
        if ordered is None or ordered.to != move.to_station:
            raise ConflictError(f"{move.appliance} was decided on elsewhere at the same moment; look again")
        if min(others) > offset:
            return  # it is theirs to give way
        try:
            self._check_room(move.to_station, more=0)
            self._check_min_cover(move, leaving=0)
        except ConflictError as error:
            undo = structs.replace(data, action=DecisionAction.UNDO)
            time = self._time_for(move.appliance)
            await self._append(
                codec.encode(undo, id=str(uuid.uuid4()), source=SOURCE, area=self._area, time=time)
            )
            raise ConflictError(
                f"taken back, since another was accepted at the same moment: {error}"
            ) from None

    def _find(self, plan_id: str, move_id: str, revision: int | None) -> tuple[PlanMove | MoveName, int]:
        """The move, and the revision of the plan it is decided on."""
        plan = self._state.plans.get(plan_id)
        if plan is None:
            raise UnknownPlanError(f"plan {plan_id!r} is not known any more; decide on the plan now shown")
        found = plan.named(move_id, revision)
        if found is None:
            raise UnknownPlanError(
                f"plan {plan_id!r} has no move {move_id!r}, nor has one of its other choices"
            )
        return found

    def _time_for(self, appliance: str) -> datetime:
        """The area's time now, and later than anything known of this appliance."""
        now = area_now(self._state.picture.as_of, self._state.last_event_ns)
        known = self._state.picture.appliances[appliance].newest_at
        return now if known is None else max(now, known + JUST_AFTER)

    def _check_possible(self, move: PlanMove | MoveName, action: DecisionAction) -> None:
        state = self._state.picture.appliances[move.appliance]
        ordered = state.ordered
        ours = ordered is not None and ordered.to == move.to_station
        match action:
            case DecisionAction.UNDO if not ours:
                raise ConflictError(
                    f"{move.appliance} has no open order to {move.to_station}: it has been told, or the "
                    "order was taken back before"
                )
            case DecisionAction.REJECT if ours:
                raise ConflictError(
                    f"{move.appliance} is already ordered to {move.to_station}; undo it instead"
                )
            case DecisionAction.ACCEPT:
                if ours:
                    raise ConflictError(f"{move.appliance} is already ordered to {move.to_station}")
                if ordered is not None:
                    raise ConflictError(f"{move.appliance} is ordered to {ordered.to}; undo that first")
                if state.status not in MOVABLE:
                    raise ConflictError(f"{move.appliance} is now {state.status.value} and cannot be moved")
                if state.station != move.from_station:
                    raise ConflictError(
                        f"{move.appliance} is no longer at {move.from_station} but at {state.station}"
                    )
                self._check_room(move.to_station)
                self._check_min_cover(move)

    def _check_min_cover(self, move: PlanMove | MoveName, leaving: int = 1) -> None:
        """As in the plan's own rule, only appliances of the first kind count; orders given count too."""
        least = self._min_cover.get(move.from_station, 0)
        if least == 0 or move.appliance not in self._of_first_kind:
            return
        appliances = self._state.picture.appliances
        left = sum(appliances[id_].counts_at == move.from_station for id_ in self._of_first_kind) - leaving
        if left < least:
            raise ConflictError(
                f"{move.from_station} must keep {least} available, and {move.appliance} would leave {left} "
                "there, orders already given counted; reject this move, or undo another from there first"
            )

    def _check_room(self, station: str, more: int = 1) -> None:
        stations = self._state.region.stations
        bays = int(stations.bays[stations.ids.index(station)])
        held = sum(state.counts_at == station for state in self._state.picture.appliances.values())
        if held + more > bays:
            raise ConflictError(
                f"{station} has room for {bays}, and {held} stand there or are bound for it; reject or undo "
                "another move first"
            )
