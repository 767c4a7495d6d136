"""The operational picture of one area: a fold over its events.

Folded by the area worker, turned into a cover problem by `services.cover_model` and into JSON by
`services.picture_view`. Pure and immutable: no I/O, no clock. Idempotent (an event folded twice changes
nothing) and safe out of order within `HORIZON` (each register keeps the newest word).
"""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.appliance_state import (
    ApplianceState,
    Key,
    Order,
    with_decision,
    with_position,
    with_status,
)
from services.incident_state import IncidentState, with_event
from services.move_orders import MoveOrder, OrderWord, fresh, moves_made, with_word
from streams.cover_plan import CoverPlanData
from streams.events import (
    AppliancePosition,
    ApplianceStatus,
    ApplianceStatusChanged,
    DecisionAction,
    DecisionMade,
    Event,
    IncidentOpened,
    IncidentStopped,
    IncidentUpdated,
    RejectReason,
)

HORIZON = timedelta(hours=6)
"""How far behind the picture an event may come in. Stopped incidents are remembered this long, so that a
late word of one does not open it again; older events are refused."""
DECISIONS_KEPT = 50
"""Decisions shown in the console's log; all of them stay in the event log."""
REJECTIONS_KEPT = 500
"""Upper bound on rejections remembered; at an hour each, far above what a person can press."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Decision(Struct, frozen=True):
    """One decision as the log of decisions shows it."""

    decision_id: str
    plan_id: str
    move_id: str
    appliance: str
    from_station: str
    to_station: str
    action: DecisionAction
    reason: RejectReason | None
    operator: str
    at: datetime


class Rejection(Struct, frozen=True):
    """A rejected move, and how many appliances were available then (to tell when things have changed)."""

    appliance: str
    from_station: str
    to: str
    at: datetime
    available: int


class Picture(Struct, frozen=True):
    """The state of one area; its dicts are never changed, only replaced.

    Attributes
    ----------
    as_of
        Time of the newest event folded, UTC; `EPOCH` before the first.
    orders
        Orders given and taken back within the last day; `moves_made` reads them.
    """

    area: str
    as_of: datetime
    appliances: dict[str, ApplianceState]
    incidents: dict[str, IncidentState] = {}
    rejections: dict[str, Rejection] = {}
    decisions: tuple[Decision, ...] = ()
    orders: tuple[OrderWord, ...] = ()

    @property
    def available(self) -> int:
        """How many appliances can be sent to the next incident."""
        return sum(state.available for state in self.appliances.values())

    def moves_made(self) -> tuple[MoveOrder, ...]:
        """Moves accepted and not taken back within the last day of the area's time, oldest first."""
        return moves_made(self.orders)

    def recent_moves(self, within_s: float) -> tuple[MoveOrder, ...]:
        """Those of the last `within_s` seconds of the area's time, oldest first."""
        since = self.as_of - timedelta(seconds=within_s)
        return tuple(move for move in self.moves_made() if move.at >= since)

    def digest(self) -> str:
        """A SHA-256 over the whole state: equal digests, equal pictures."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


def empty_picture(area: str, homes: dict[str, str]) -> Picture:
    """The picture before any event: every appliance available at its home station (id to id)."""
    appliances = {
        appliance: ApplianceState(id=appliance, status=ApplianceStatus.AVAILABLE, station=home)
        for appliance, home in homes.items()
    }
    return Picture(area=area, as_of=EPOCH, appliances=appliances)


def fold(picture: Picture, event: Event) -> Picture:
    """The picture after `event`; the same object where it changes nothing.

    The event must have passed `services.event_check`.
    """
    data = event.data
    key: Key = (event.time, event.sequence, f"{event.source} {event.id}")
    match data:
        case CoverPlanData():
            return picture
        case ApplianceStatusChanged():
            after = _with_appliance(picture, with_status(picture.appliances[data.appliance], data, key))
        case AppliancePosition():
            after = _with_appliance(picture, with_position(picture.appliances[data.appliance], data, key))
        case DecisionMade():
            after = _with_decision(picture, data, key, event.id)
        case IncidentOpened() | IncidentUpdated() | IncidentStopped():
            before = picture.incidents.get(data.incident) or IncidentState(id=data.incident)
            after = _with_incident(picture, with_event(before, data, key))
    if event.time > picture.as_of:
        after = _forgetting(replace(after, as_of=event.time))
    return after


def _with_appliance(picture: Picture, state: ApplianceState) -> Picture:
    if state is picture.appliances[state.id]:
        return picture
    return replace(picture, appliances=picture.appliances | {state.id: state})


def _with_incident(picture: Picture, state: IncidentState) -> Picture:
    if state is picture.incidents.get(state.id):
        return picture
    return replace(picture, incidents=picture.incidents | {state.id: state})


def _with_decision(picture: Picture, data: DecisionMade, key: Key, decision_id: str) -> Picture:
    time = key[0]
    if any(decision.decision_id == decision_id for decision in picture.decisions):
        return picture
    decision = Decision(
        decision_id,
        data.plan_id,
        data.move_id,
        data.appliance,
        data.from_station,
        data.to_station,
        data.action,
        data.reason,
        data.operator,
        time,
    )
    order = Order(data.to_station, data.plan_id, data.move_id, time)
    rejections = picture.rejections
    if data.action is DecisionAction.REJECT:
        rejection = Rejection(data.appliance, data.from_station, data.to_station, time, picture.available)
        rejections = rejections | {data.move_id: rejection}
        while len(rejections) > REJECTIONS_KEPT:
            rejections = {k: rejections[k] for k in list(rejections)[1:]}
    elif data.move_id in rejections:
        rejections = {k: r for k, r in rejections.items() if k != data.move_id}
    kept = sorted((*picture.decisions, decision), key=lambda d: (d.at, d.decision_id))[-DECISIONS_KEPT:]
    orders = picture.orders
    if data.action is not DecisionAction.REJECT:
        accepted = data.action is DecisionAction.ACCEPT
        word = OrderWord(key, data.appliance, data.from_station, data.to_station, accepted)
        orders = with_word(orders, word, picture.as_of)
    after = replace(picture, rejections=rejections, decisions=tuple(kept), orders=orders)
    state = picture.appliances[data.appliance]
    return _with_appliance(after, with_decision(state, data.action, order, key))


def _forgetting(picture: Picture) -> Picture:
    """Drop what is too old: stopped incidents, words of ones never opened, rejections, orders."""
    oldest = picture.as_of - HORIZON
    stale = [
        i.id
        for i in picture.incidents.values()
        if (i.stopped_at is not None and i.stopped_at < oldest)
        or (i.last_word_at is not None and i.last_word_at < oldest)
    ]
    if stale:
        kept = {k: v for k, v in picture.incidents.items() if k not in set(stale)}
        picture = replace(picture, incidents=kept)
    if any(rejection.at < oldest for rejection in picture.rejections.values()):
        kept_rejections = {k: r for k, r in picture.rejections.items() if r.at >= oldest}
        picture = replace(picture, rejections=kept_rejections)
    orders = fresh(picture.orders, picture.as_of)
    return picture if orders is picture.orders else replace(picture, orders=orders)
