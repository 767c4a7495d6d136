"""What `cover routes` prints as JSON (`routes-answer/1`, `routes-repair/1`): its objects and their fields.

Used by `services.routes_answer`, which fills them, and by the commands. Described in docs/routes-problem.md.
Holds no logic.
"""

import msgspec

from services.cover_file_error import CoverFileError
from services.routes_document import BreakPlace

FORMAT = "routes-answer/1"
REPAIR_FORMAT = "routes-repair/1"


class VisitRow(msgspec.Struct, omit_defaults=True):
    """One visit and when it is; times are null of visits that are history."""

    arrive_s: float | None
    begin_s: float | None
    finish_s: float | None
    stop: str | None = None
    tip: str | None = None
    break_: BreakPlace | None = msgspec.field(default=None, name="break")
    backward: bool = False


class RoundRow(msgspec.Struct):
    """One vehicle's round in figures."""

    vehicle: str
    start: str
    end: str | None
    start_s: float
    finish_s: float
    visits: list[VisitRow]
    stops: int
    trips: int
    drive_s: float
    dist_m: float
    service_s: float
    wait_s: float
    break_s: float
    overtime_s: float
    load: dict[str, float]
    cost: float
    cost_per_collection: float | None


class CostRow(msgspec.Struct):
    """What the plan costs, by what it is paid for, in the weights' unit; and the quantities behind it."""

    total: float
    legs: float
    vehicles: float
    overtime: float
    unserved: float
    churn: float
    balance: float
    dist_m: float
    drive_s: float
    overtime_s: float
    late_s: float
    unserved_stops: int
    moved_stops: int
    untouched_stops: int
    churn_share: float


class ViolationRow(msgspec.Struct):
    """One rule broken in one place."""

    code: str
    vehicle: str | None
    position: int | None
    stop: str | None
    amount: float
    text: str


class VehicleObstacle(msgspec.Struct):
    """The rules that keep one vehicle from serving a stop; none where it can."""

    vehicle: str
    codes: list[str]
    text: str


class StopReasons(msgspec.Struct):
    """Why a stop is not served: by vehicle, and in a sentence."""

    stop: str
    vehicles: list[VehicleObstacle]
    text: str


class ChangeRow(msgspec.Struct, omit_defaults=True):
    """One change of the day: what of whom is changed, and by how much (seconds, load, pieces, cost)."""

    kind: str
    amount: float
    vehicle: str | None = None
    stop: str | None = None
    tip: str | None = None
    material: str | None = None


class RelaxationRow(msgspec.Struct):
    """Changes of the day with which the stop could be served, as the checker confirmed."""

    changes: list[ChangeRow]
    vehicle: str
    minutes: float
    cost_added: float
    text: str


class Placed(msgspec.Struct):
    """Where a new stop went, and what it added to the cost; no vehicle where it could not be placed."""

    stop: str
    elapsed_ms: float
    vehicle: str | None = None
    position: int | None = None
    cost_added: float | None = None
    refused: str | None = None
    reasons: StopReasons | None = None
    relaxations: list[RelaxationRow] = []


class RoutesAnswer(msgspec.Struct, omit_defaults=True):
    """A plan, whether it keeps every rule, and what it costs."""

    format: str
    file: str
    name: str
    kind: str
    feasible: bool
    cost: float
    routes: list[list[str]]
    unserved: list[str]
    violations: list[ViolationRow]
    elapsed_s: float
    costs: CostRow
    rounds: list[RoundRow]
    iterations: int | None = None
    found_by: str | None = None
    placed: Placed | None = None
    reasons: list[StopReasons] = []


class Repair(msgspec.Struct):
    """Three answers to lost vehicles: nothing else moves, at most 5 % does, whatever helps does."""

    format: str
    file: str
    lost: list[str]
    no_churn: RoutesAnswer
    little: RoutesAnswer
    free: RoutesAnswer


class Refused(msgspec.Struct):
    """What a file was refused for."""

    field: str
    problem: str
    expected: str


class Refusal(msgspec.Struct):
    """The line of a file that was refused."""

    file: str
    error: Refused

    @classmethod
    def of(cls, file: str, error: CoverFileError) -> "Refusal":
        """Return the refusal a file's error calls for."""
        return cls(file, Refused(error.field, error.problem, error.expected))
