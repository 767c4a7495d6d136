"""The operational picture of one area: a fold over its events.

Folded by the area worker in a `PictureDraft`, turned into a cover problem by `services.cover_model` and into
JSON by `services.picture_view`. No I/O, no clock; a picture never changes. Idempotent (an event folded twice
changes nothing) and safe out of order within `HORIZON` (each register keeps the newest word).
"""

import hashlib
from collections import deque
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from optimiser.feedback.clusters import Cluster
from services.appliance_state import (
    ApplianceState,
    Key,
    Order,
    with_decision,
    with_position,
    with_status,
)
from services.cluster_book import ClusterBook
from services.incident_book import IncidentBook
from services.incident_state import IncidentState
from services.move_orders import MoveOrder, OrderWord, fresh, moves_made, with_word
from streams.council_events import ClusterDecided, FeedbackSignal
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
NEVER = datetime.max.replace(tzinfo=UTC)
TRAIL_KEPT = 8
"""Pictures given out that a draft can tell the changes since: a batch's first, and some within the batch."""
TOUCHED_KEPT = 5_000
"""Incidents touched since a picture was given out that are kept track of; far above those of one batch."""


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
    clusters
        Reports of smoke or fire that seem to be about the same thing, by name; each as of its newest report.
    """

    area: str
    as_of: datetime
    appliances: dict[str, ApplianceState]
    incidents: dict[str, IncidentState] = {}
    rejections: dict[str, Rejection] = {}
    decisions: tuple[Decision, ...] = ()
    orders: tuple[OrderWord, ...] = ()
    clusters: dict[str, Cluster] = {}

    @property
    def available(self) -> int:
        """How many appliances can be sent to the next incident."""
        return _available(self.appliances)

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


class PictureDraft:
    """A picture that takes events one after another, and is frozen when somebody is to read it.

    One is kept for each area between batches: it knows what may be forgotten when, so that an event costs
    the same whatever is remembered.
    """

    def __init__(self, picture: Picture) -> None:
        self._frozen = picture
        self._changed = False
        self._as_of = picture.as_of
        self._appliances = picture.appliances
        self._appliances_given = True
        self._book = IncidentBook(picture.incidents)
        self._rejections = picture.rejections
        self._oldest_rejection = _oldest(picture.rejections)
        self._decisions = picture.decisions
        self._orders = picture.orders
        self._clusters = ClusterBook(picture.clusters)
        self._touched: set[str] = set()
        self._trail: deque[tuple[Picture, set[str]]] = deque([(picture, self._touched)], maxlen=TRAIL_KEPT)

    @property
    def as_of(self) -> datetime:
        """Time of the newest event taken."""
        return self._as_of

    @property
    def orders(self) -> tuple[OrderWord, ...]:
        """As `Picture.orders`; another object exactly where they changed."""
        return self._orders

    def picture(self) -> Picture:
        """The picture now: the same object until something changes, and what is unchanged in it too."""
        if self._changed:
            self._appliances_given = True
            self._frozen = Picture(
                area=self._frozen.area,
                as_of=self._as_of,
                appliances=self._appliances,
                incidents=self._book.given(),
                rejections=self._rejections,
                decisions=self._decisions,
                orders=self._orders,
                clusters=self._clusters.clusters,
            )
            self._changed = False
            self._touched = set()
            self._trail.append((self._frozen, self._touched))
        return self._frozen

    def touched_since(self, before: Picture) -> frozenset[str] | None:
        """Incidents changed or forgotten since this draft gave out `before`; None where it was long ago."""
        touched: set[str] = set()
        for picture, ids in reversed(self._trail):
            touched |= ids
            if picture is before:
                return frozenset(touched)
        return None

    def take(self, event: Event) -> bool:
        """Fold `event` in, which must have passed `services.event_check`; whether it changed anything."""
        data = event.data
        key: Key = (event.time, event.sequence, f"{event.source} {event.id}")
        # By exact type, the frequent ones first: an `isinstance` that fails takes as long as the fold itself.
        if type(data) is AppliancePosition:
            changed = self._put(with_position(self._appliances[data.appliance], data, key))
        elif type(data) is ApplianceStatusChanged:
            changed = self._put(with_status(self._appliances[data.appliance], data, key))
        elif type(data) is IncidentOpened or type(data) is IncidentUpdated or type(data) is IncidentStopped:
            changed = self._book.take(data, key)
            if changed:
                self._touch(data.incident)
        elif type(data) is DecisionMade:
            changed = self._decide(data, key, event.id)
        elif type(data) is FeedbackSignal or type(data) is ClusterDecided:
            changed = self._clusters.take(data, key, max(event.time, self._as_of))
        else:
            return False
        if event.time > self._as_of:
            self._as_of, changed = event.time, True
            self._forget()
        self._changed |= changed
        return changed

    def _touch(self, incident: str) -> None:
        self._touched.add(incident)
        if len(self._touched) > TOUCHED_KEPT:
            self._touched = set()
            self._trail.clear()

    def _put(self, state: ApplianceState) -> bool:
        if state is self._appliances[state.id]:
            return False
        if self._appliances_given:
            self._appliances, self._appliances_given = self._appliances.copy(), False
        self._appliances[state.id] = state
        return True

    def _decide(self, data: DecisionMade, key: Key, decision_id: str) -> bool:
        if any(decision.decision_id == decision_id for decision in self._decisions):
            return False
        time = key[0]
        state = self._appliances[data.appliance]
        decisions = (*self._decisions, _decision(data, decision_id, time))
        self._decisions = tuple(sorted(decisions, key=lambda d: (d.at, d.decision_id))[-DECISIONS_KEPT:])
        if data.action is DecisionAction.REJECT:
            self._reject(data, time)
        else:
            if data.move_id in self._rejections:
                self._rejections = {k: r for k, r in self._rejections.items() if k != data.move_id}
            accepted = data.action is DecisionAction.ACCEPT
            word = OrderWord(key, data.appliance, data.from_station, data.to_station, accepted)
            self._orders = with_word(self._orders, word, self._as_of)
        order = Order(data.to_station, data.plan_id, data.move_id, time)
        self._put(with_decision(state, data.action, order, key))
        return True

    def _reject(self, data: DecisionMade, time: datetime) -> None:
        available = _available(self._appliances)
        rejection = Rejection(data.appliance, data.from_station, data.to_station, time, available)
        rejections = self._rejections | {data.move_id: rejection}
        while len(rejections) > REJECTIONS_KEPT:
            del rejections[next(iter(rejections))]
        self._rejections, self._oldest_rejection = rejections, _oldest(rejections)

    def _forget(self) -> None:
        """Drop what is too old: incidents stopped or never opened, rejections, orders, clusters."""
        oldest = self._as_of - HORIZON
        if gone := self._book.forget(oldest):
            self._touched.update(gone)
        if self._oldest_rejection < oldest:
            kept = {k: r for k, r in self._rejections.items() if r.at >= oldest}
            if len(kept) < len(self._rejections):
                self._rejections = kept
            self._oldest_rejection = _oldest(kept)
        self._orders = fresh(self._orders, self._as_of)
        if self._as_of > self._clusters.keeps_until:
            self._clusters.forget(self._as_of)


def fold(picture: Picture, event: Event) -> Picture:
    """The picture after one event; the same object where it changes nothing.

    The event must have passed `services.event_check`. For many events, keep a `PictureDraft`.
    """
    draft = PictureDraft(picture)
    draft.take(event)
    return draft.picture()


def _available(appliances: dict[str, ApplianceState]) -> int:
    return sum(state.available for state in appliances.values())


def _oldest(rejections: dict[str, Rejection]) -> datetime:
    """Time of the oldest rejection: until it is behind the horizon, none is to be forgotten."""
    return min((rejection.at for rejection in rejections.values()), default=NEVER)


def _decision(data: DecisionMade, decision_id: str, time: datetime) -> Decision:
    return Decision(
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
