"""Proposals for a council's rounds and decisions on them, as they travel: log, API, live push.

Built by the rounds' worker and desk, read by consoles and by every fold of the area. Holds no decision logic.

A round is a list of visits, each one word: the id of a stop, with `<` behind it where it is served from its
exit to its entry; `tip:` and the id of a tip; `break` (before leaving the place of the visit before) or
`break>` (on arrival at that of the next).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from streams.council_events import Id

Time = Annotated[datetime, Meta(tz=True)]
Visit = Annotated[str, Meta(min_length=1, max_length=80)]
Operator = Annotated[str, Meta(min_length=1, max_length=64)]


class RoundData(Struct, frozen=True, forbid_unknown_fields=True):
    """What one vehicle visits, from its first visit of the day to its last, those done included."""

    vehicle: Id
    visits: Annotated[list[Visit], Meta(max_length=2_000)]


class CauseKind(StrEnum):
    """What made the day differ from the plan."""

    REQUEST = "request"
    BREAKDOWN = "breakdown"
    CLOSURE = "closure"
    CLUSTER = "cluster"
    EDIT = "edit"
    LATE = "late"


class Cause(Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is proposed: the request, vehicle, closure or cluster of that id."""

    kind: CauseKind
    id: str


class OptionKey(StrEnum):
    """The answers a manager is offered."""

    NO_CHURN = "no_churn"
    """No stop that was planned changes crew."""
    LITTLE = "little"
    """At most 5 % of them do."""
    FREE = "free"


class DayFigures(Struct, frozen=True, forbid_unknown_fields=True):
    """What rounds cost, over the vehicles a proposal touches; seconds and metres of the whole day.

    Attributes
    ----------
    cost
        In the unit of the council's weights.
    late_s
        How long after its shift's end the latest of them is back.
    """

    drive_s: float
    dist_m: float
    overtime_s: float
    late_s: float
    unserved: int
    cost: float


class Unserved(Struct, frozen=True, forbid_unknown_fields=True):
    """A stop an option leaves out: codes of the rules in the way, the same in words, what would mend it."""

    stop: str
    codes: list[str]
    words: str
    relaxation: str | None = None


class RoundsOption(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer.

    Attributes
    ----------
    rounds
        The rounds that differ from those in force; the others stay.
    placed
        (stop, vehicle) of what is new in a round.
    moved_stops, churn_share
        Untouched stops of the touched day that change vehicle.
    """

    key: OptionKey
    rounds: list[RoundData]
    after: DayFigures
    placed: list[tuple[str, str]]
    moved_stops: int
    churn_share: float
    unserved: list[Unserved]


class RoundsProposal(Struct, frozen=True, forbid_unknown_fields=True):
    """What could be done about one cause.

    Attributes
    ----------
    proposal_id
        Named after its cause and the newest event that called for it, so that a replay gives the same name.
    revision
        0 is the first answer; better ones follow, and first ones anew where the day left it behind.
    day_version
        Number of decisions in the rounds it builds on.
    before
        The same figures if nothing is done.
    options
        At least one; those with the same rounds are told once, under the key that moves least.
    final
        Nothing better will come.
    solve_ms
        Time of the solver for this revision.
    """

    proposal_id: Id
    revision: int
    picture_offset: int
    picture_time: Time
    published_at: Time
    cause: Cause
    day_version: int
    touches: list[Id]
    before: DayFigures
    options: list[RoundsOption]
    final: bool
    solve_ms: float
    event_to_plan_ms: float


class RoundsAction(StrEnum):
    """What a manager did."""

    APPROVE = "approve"
    ADJUST = "adjust"
    """Change rounds by hand."""
    DISMISS = "dismiss"
    UNDO = "undo"


class StopLock(Struct, frozen=True, forbid_unknown_fields=True):
    """A stop held to a vehicle, or free again (None)."""

    stop: Id
    vehicle: Id | None


class RoundsDecided(Struct, frozen=True, forbid_unknown_fields=True):
    """A manager's word; made by the service only, which has judged it on the day as it stood.

    Attributes
    ----------
    proposal_id, option
        What was approved or dismissed.
    undoes
        Of an undo: the decision taken back.
    day_version
        Number of decisions in the day it was judged on.
    rounds
        The rounds it changes, as they are from now on.
    stops
        Stops it makes or changes (a revisit, an added or split stop), as `services` writes them.
    locks, skipped, back
        Stops locked or unlocked; stops taken out of the day for good, and those taken in again.
    off, on
        Vehicles taken off the road, and those put in service again.
    edit
        Of an adjustment: what was done, in a word (`move`, `skip`, `add`, `split`, `lock`, `unlock`,
        `vehicle_off`).
    """

    action: RoundsAction
    operator: Operator
    day_version: int
    cause: Cause | None = None
    proposal_id: Id | None = None
    option: OptionKey | None = None
    undoes: str | None = None
    rounds: list[RoundData] = []
    stops: list["AddedStop"] = []
    locks: list[StopLock] = []
    skipped: list[Id] = []
    back: list[Id] = []
    off: list[Id] = []
    on: list[Id] = []
    edit: str | None = None


class AddedStop(Struct, frozen=True, forbid_unknown_fields=True):
    """A stop that was not in the morning's plan.

    Attributes
    ----------
    origin
        The stop of the morning's plan it revisits or is split from, where there is one.
    easting_m, northing_m
        Where it is drawn.
    entry, exit
        Locations of the council's roads (node numbers of its pack).
    """

    stop: Id
    easting_m: float
    northing_m: float
    entry: int
    exit: int
    service_s: float
    load: dict[str, float]
    priority: float
    origin: Id | None = None
    request: Id | None = None
    uprns: list[str] = []
