"""What is known of one appliance, as registers that each keep the newest word.

Used by `services.picture`. Pure: folding in any order gives the same state.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from streams.events import AppliancePosition, ApplianceStatus, ApplianceStatusChanged, DecisionAction

Key = tuple[datetime, int, str]
"""What decides which word is newer: time, sequence, then source and id of the event."""

_COMMITTED = frozenset({ApplianceStatus.MOBILISED, ApplianceStatus.AT_INCIDENT})
_UNAVAILABLE = _COMMITTED | {ApplianceStatus.OFF_RUN}
_ENDS_ORDER = _UNAVAILABLE | {ApplianceStatus.RELOCATING}
"""An appliance that says one of these has been told to move, or has something better to do."""


ORDER_LAPSES = timedelta(minutes=10)
"""A crew is told of a move within seconds; one that has reported something else this long after the order has
had other work, and the order is void."""


class Order(Struct, frozen=True, gc=False):
    """An accepted move its appliance has not yet taken up."""

    to: str
    plan_id: str
    move_id: str
    at: datetime


class ApplianceState(Struct, frozen=True, gc=False):
    """One appliance: status, station, position and order, each with the key of the event that said so."""

    id: str
    status: ApplianceStatus
    station: str | None
    incident: str | None = None
    expected_at: datetime | None = None
    status_key: Key | None = None
    station_key: Key | None = None
    easting_m: float | None = None
    northing_m: float | None = None
    position_key: Key | None = None
    last_order: Order | None = None
    order_key: Key | None = None
    order_ended_key: Key | None = None

    @property
    def newest_at(self) -> datetime | None:
        """When it was last spoken of: its newest status or order."""
        return max((key[0] for key in (self.status_key, self.order_key) if key is not None), default=None)

    @property
    def committed(self) -> bool:
        """Whether it is on its way to, or at, an incident."""
        return self.status in _COMMITTED

    @property
    def available(self) -> bool:
        """Whether it can be sent to the next incident."""
        return self.status not in _UNAVAILABLE

    @property
    def ordered(self) -> Order | None:
        """The accepted move it has not taken up yet, or None."""
        order, key = self.last_order, self.order_key
        if order is None or key is None or (self.order_ended_key is not None and self.order_ended_key > key):
            return None
        if self.status_key is not None and self.status_key > key:
            arrived = self.station == order.to
            busy_elsewhere = self.status_key[0] - key[0] > ORDER_LAPSES
            if arrived or busy_elsewhere:
                return None
        # One that is committed or off the run goes nowhere, also where word of that came in late.
        return order if self.available else None

    @property
    def counts_at(self) -> str | None:
        """Station it counts at for cover: where it stands or is bound for, its order included."""
        if not self.available:
            return None
        order = self.ordered
        return order.to if order is not None else self.station


def with_status(state: ApplianceState, data: ApplianceStatusChanged, key: Key) -> ApplianceState:
    """Fold a status event."""
    changes: dict[str, object] = {}  # put in at once: each copy of the state costs as much as all the rest
    if data.status in _ENDS_ORDER and _newer(key, state.order_ended_key):
        changes["order_ended_key"] = key
    if data.easting_m is not None and data.northing_m is not None and _newer(key, state.position_key):
        changes |= {"easting_m": data.easting_m, "northing_m": data.northing_m, "position_key": key}
    if data.station is not None and _newer(key, state.station_key):
        changes["station"], changes["station_key"] = data.station, key
    if _newer(key, state.status_key):
        changes["status"], changes["status_key"] = data.status, key
        changes["incident"], changes["expected_at"] = data.incident, data.expected_at
    return replace(state, **changes) if changes else state


def with_position(state: ApplianceState, data: AppliancePosition, key: Key) -> ApplianceState:
    """Fold a position event."""
    if not _newer(key, state.position_key):
        return state
    return replace(state, easting_m=data.easting_m, northing_m=data.northing_m, position_key=key)


def with_decision(state: ApplianceState, action: DecisionAction, order: Order, key: Key) -> ApplianceState:
    """Fold a decision: accepting sets the order, undoing clears it; rejecting a move touches no order."""
    if action is DecisionAction.REJECT or not _newer(key, state.order_key):
        return state
    return replace(state, last_order=order if action is DecisionAction.ACCEPT else None, order_key=key)


def _newer(key: Key, than: Key | None) -> bool:
    return than is None or key > than
