"""A council's day as consoles read it: JSON-ready structs in WGS84, and what of it has changed.

Made by `services.council.day_board`. Holds shapes only.
"""

from datetime import date, datetime

import msgspec
from msgspec import Struct

from services.cluster_view import ClusterView
from streams.rounds_plan import Cause, OptionKey, RoundsAction

LonLat = tuple[float, float]
_Date = date


class RoundView(Struct, frozen=True):
    """One round: what is done, what is planned, and when.

    Attributes
    ----------
    begin_s, finish_s
        When each visit began or is expected to, and when the vehicle is back, seconds of the local day; null
        where nobody can tell (yet).
    next_tip
        Place of the next tip among the visits.
    delay_s
        How much later than in the morning's plan the crew began its newest stop: of so many stops of its
        morning's round that are done, the last one, against the time the plan has for as many. Negative
        where earlier, 0 before the first; it stays what it was when the round is over.
    """

    vehicle: str
    letter: str
    status: str
    done: int
    visits: tuple[str, ...]
    begin_s: list[float | None]
    finish_s: float | None
    shift_end_s: float
    overtime_s: float
    load: dict[str, float]
    capacity: dict[str, float]
    next_tip: int | None
    dist_m: float
    drive_s: float
    stops: int
    stops_done: int
    collections: int
    collections_done: int
    lonlat: LonLat | None
    delay_s: float


class AddedView(Struct, frozen=True):
    """A stop that was not in the morning's plan."""

    stop: str
    lon: float
    lat: float
    origin: str | None
    request: str | None


class ChangeView(Struct, frozen=True):
    """Something that made the day differ from the plan.

    Attributes
    ----------
    touches
        Vehicles its proposal is about.
    vehicle
        The one that broke down, is late, or serves the request.
    proposal
        The newest proposal about it.
    outcome, reason
        Of a request: how far it is, and the reason it was refused, or was not done, for.
    """

    key: str
    kind: str
    id: str
    at: datetime
    status: str
    service: str | None = None
    street: str | None = None
    lon: float | None = None
    lat: float | None = None
    uprn: str | None = None
    reports: int = 1
    conflict: str | None = None
    touches: list[str] = []
    vehicle: str | None = None
    proposal: str | None = None
    outcome: str | None = None
    reason: str | None = None


class ClosureView(Struct, frozen=True):
    """A closure in force."""

    closure: str
    streets: tuple[str, ...]
    until: datetime | None


class DecisionView(Struct, frozen=True):
    """A manager's word; `void` says why it does not count."""

    decision_id: str
    action: RoundsAction
    cause: Cause | None
    option: OptionKey | None
    operator: str
    at: datetime
    undone: bool
    edit: str | None
    vehicles: tuple[str, ...]
    undoes: str | None
    undoable: bool
    void: str | None


class TotalsView(Struct, frozen=True):
    """Figures of a whole day."""

    cost: float
    cost_per_collection: float
    overtime_s: float
    dist_m: float
    drive_s: float
    missed_per_1000: float
    unserved: int
    collections: int
    collections_done: int


class PastView(Struct, frozen=True):
    """Figures of a week before."""

    label: str
    cost_per_collection: float
    overtime_h: float
    distance_km: float
    missed_per_1000: float


class FiguresView(TotalsView, frozen=True):
    """Today's figures, those of the morning's plan, and those of the weeks before."""

    plan: TotalsView | None = None
    past: list[PastView] = []


class DayView(Struct, frozen=True):
    """The whole day; `as_of` and `date` are null before the first event."""

    offset: int
    as_of: datetime | None
    date: date | None
    version: int
    now_s: float
    digest: str | None
    rounds: list[RoundView]
    unserved: list[str]
    added: list[AddedView]
    locks: dict[str, str]
    skipped: list[str]
    changes: list[ChangeView]
    clusters: list[ClusterView]
    closures: list[ClosureView]
    decisions: list[DecisionView]
    figures: FiguresView | None


class DayDelta(Struct, frozen=True, omit_defaults=True):
    """What of a day has changed: whole parts, and of the rounds those that did."""

    offset: int
    as_of: datetime | msgspec.UnsetType | None = msgspec.UNSET
    date: _Date | msgspec.UnsetType | None = msgspec.UNSET
    version: int | msgspec.UnsetType = msgspec.UNSET
    now_s: float | msgspec.UnsetType = msgspec.UNSET
    rounds: list[RoundView] | msgspec.UnsetType = msgspec.UNSET
    unserved: list[str] | msgspec.UnsetType = msgspec.UNSET
    added: list[AddedView] | msgspec.UnsetType = msgspec.UNSET
    locks: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    skipped: list[str] | msgspec.UnsetType = msgspec.UNSET
    changes: list[ChangeView] | msgspec.UnsetType = msgspec.UNSET
    clusters: list[ClusterView] | msgspec.UnsetType = msgspec.UNSET
    closures: list[ClosureView] | msgspec.UnsetType = msgspec.UNSET
    decisions: list[DecisionView] | msgspec.UnsetType = msgspec.UNSET
    figures: FiguresView | msgspec.UnsetType | None = msgspec.UNSET


PARTS = tuple(name for name in DayDelta.__struct_fields__ if name not in ("offset", "rounds"))


def delta(before: DayView, after: DayView) -> DayDelta | None:
    """What a console that shows `before` must change to show `after`; None where nothing."""
    changed = {name: getattr(after, name) for name in PARTS if getattr(before, name) != getattr(after, name)}
    known = {round_.vehicle: round_ for round_ in before.rounds}
    rounds = [round_ for round_ in after.rounds if known.get(round_.vehicle) != round_]
    if rounds:
        changed["rounds"] = rounds
    return DayDelta(after.offset, **changed) if changed else None
