"""What the checker says of a plan: every rule it breaks, what it costs, and each round's times.

Made by `optimiser.routes.checker`, read by the engine, the reasons and the service. Holds no logic.
"""

from dataclasses import dataclass
from enum import StrEnum

from optimiser.routes.arrays import FloatArray


class Rule(StrEnum):
    """The rules a plan can break; the values are the codes of `Violation.code`."""

    WINDOW = "window"
    BAN = "ban"
    TIP_HOURS = "tip_hours"
    CAPACITY = "capacity"
    NOT_EMPTIED = "not_emptied"
    BREAK = "break"
    SHIFT = "shift"
    DAILY_CAP = "daily_cap"
    TRIPS = "trips"
    SKILL = "skill"
    REVERSING = "reversing"
    DIRECTION = "direction"
    LOCK_VEHICLE = "lock_vehicle"
    LOCK_POSITION = "lock_position"
    FROZEN = "frozen"
    LOST = "lost"
    MISSING = "missing"
    TWICE = "twice"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken in one place.

    Parameters
    ----------
    code
        One of `Rule`.
    vehicle
        Number of the vehicle; -1 where it is no vehicle's.
    position
        Index in its round, tips and breaks counted; -1 where it is the round's as a whole.
    stop
        Number of the stop; -1 where it is none's.
    amount
        By how much: seconds too late (of a ban: seconds of the service within it), load, stops or trips too
        many; 0 where the rule has no size.
    text
        The same in words.
    """

    code: str
    vehicle: int
    position: int
    stop: int
    amount: float
    text: str


@dataclass(frozen=True, slots=True)
class CostSheet:
    """What the plan costs, by what it is paid for, and the quantities behind it.

    `total` is the sum of the next six, in the unit of the problem's weights. `moved_stops` are the stops
    that the plan in force gives to a vehicle that is not lost and this plan to another one;
    `untouched_stops` those which it gives to such vehicles beyond what is done.
    """

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
    moved_stops: int
    untouched_stops: int
    unserved_stops: int


@dataclass(frozen=True, slots=True, eq=False)
class VisitTimes:
    """When each visit of a round happens, (n,) each, seconds of the day.

    `arrive_s`: ready to begin there (after a rest on arrival, its end); `begin_s`: service or rest begins;
    `finish_s`: it is over. Visits that are history (`InForce.free_s` is a number) have nan, but for the last
    `finish_s` of them, which is `free_s`; visits of unknown numbers have nan.
    """

    arrive_s: FloatArray
    begin_s: FloatArray
    finish_s: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RoundSheet:
    """One round in figures.

    Parameters
    ----------
    vehicle
        Its number.
    times
        When each visit happens.
    start_s, finish_s
        Begin of the working day, and when the vehicle is back at its end (a lost one: when its last visit
        was over). A round that has not begun by `InForce.free_s` starts then.
    drive_s, dist_m, service_s, wait_s, break_s
        Seconds and metres driven, seconds of service at stops and tips, of waiting and of rest. Where nothing
        is history, start plus the four times is the finish; within history no waiting is known.
    overtime_s
        Back so much after the end of the shift.
    load
        Collected over the day, (K,).
    load_after
        On board after each visit, (n, K).
    stops, trips
        Stops served and visits to tips.
    legs_cost, vehicle_cost, overtime_cost
        Its part of the plan's cost.
    """

    vehicle: int
    times: VisitTimes
    start_s: float
    finish_s: float
    drive_s: float
    dist_m: float
    service_s: float
    wait_s: float
    break_s: float
    overtime_s: float
    load: FloatArray
    load_after: FloatArray
    stops: int
    trips: int
    legs_cost: float
    vehicle_cost: float
    overtime_cost: float

    @property
    def cost(self) -> float:
        """What the round costs by itself: legs, vehicle and overtime."""
        return self.legs_cost + self.vehicle_cost + self.overtime_cost


@dataclass(frozen=True, slots=True, eq=False)
class RoundVerdict:
    """What the checker says of one round by itself."""

    feasible: bool
    violations: tuple[Violation, ...]
    sheet: RoundSheet


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What the checker says of a plan: whether it may leave the engine, and if not, everything against it.

    Violations are in the order of vehicles and positions, those of the plan as a whole last; `rounds` has one
    sheet per vehicle of the fleet.
    """

    feasible: bool
    violations: tuple[Violation, ...]
    cost: CostSheet
    rounds: tuple[RoundSheet, ...]
