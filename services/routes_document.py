"""The project's own route problem as it is written in JSON (`routes-problem/1`): objects and their fields.

Used by the reader and the writer of route files and by plans in files. Described in docs/routes-problem.md.
It only says what fields there are; `services.routes_file` judges them.
"""

from typing import Literal

import msgspec

FORMAT = "routes-problem/1"

Clock = str | float
"""A time of the day: "HH:MM", "HH:MM:SS" (hours may pass 24 for a shift over midnight), or seconds."""

BreakPlace = Literal["before_leaving", "on_arrival"]
Priority = Literal["low", "normal", "high", "must"]


class Location(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A place by name; coordinates where travel is computed from them."""

    id: str
    easting_m: float | None = None
    northing_m: float | None = None


class Travel(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Either both matrices (rows stay raw: each is decoded and packed by itself) or speed and detour."""

    travel_s: list[msgspec.Raw] | None = None
    dist_m: list[msgspec.Raw] | None = None
    speed_km_h: float | None = None
    detour_factor: float | None = None


class BreakRule(msgspec.Struct, forbid_unknown_fields=True):
    """A crew's break begins within these."""

    earliest: Clock
    latest: Clock
    length_s: float


class VehicleRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One vehicle and its crew's day."""

    id: str
    start: str
    shift: tuple[Clock, Clock]
    capacity: dict[str, float]
    end: str | None = None
    max_overtime_s: float = 0.0
    daily_load: dict[str, float] | None = None
    daily_stops: int | None = None
    max_trips: int | None = None
    break_: BreakRule | None = msgspec.field(default=None, name="break")
    skills: list[str] | None = None
    passes_without_reversing: bool = True
    fixed_cost: float = 0.0


class Street(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A side of a street that is collected along its length."""

    from_: str = msgspec.field(name="from")
    to: str
    either_way: bool = False


class Lock(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """To a vehicle, to a place among its stops (from 0), or both."""

    vehicle: str | None = None
    position: int | None = None


class StopRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One collection; at a location or along a street side."""

    id: str
    location: str | None = None
    street: Street | None = None
    service_s: float = 0.0
    load: dict[str, float] | None = None
    windows: list[tuple[Clock | None, Clock | None]] | None = None
    bans: list[tuple[Clock, Clock]] | None = None
    skills: list[str] | None = None
    no_reversing: bool = False
    release: Clock | None = None
    priority: Priority | None = None
    unserved_cost: float | None = None
    lock: Lock | None = None


class TipRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Where vehicles are emptied; of all materials unless it says which."""

    id: str
    location: str
    service_s: float = 0.0
    hours: list[tuple[Clock | None, Clock | None]] | None = None
    takes: list[str] | None = None


class Weights(msgspec.Struct, forbid_unknown_fields=True):
    """What is paid for what."""

    per_drive_s: float = 0.0
    per_m: float = 1.0
    per_overtime_s: float = 0.0
    per_moved_stop: float = 0.0
    balance: float = 0.0


class VisitRow(msgspec.Struct, omit_defaults=True):
    """One visit: exactly one of stop, tip and break. Other fields (an answer's times) are passed over."""

    stop: str | None = None
    tip: str | None = None
    break_: BreakPlace | None = msgspec.field(default=None, name="break")
    backward: bool = False


class InForceRound(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A vehicle's round in force and how far it has come."""

    vehicle: str
    visits: list[VisitRow]
    done: int = 0
    free: Clock | None = None
    lost: bool = False


class InForceRows(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The plan in force; a vehicle not named stays, a stop in no round is not served."""

    rounds: list[InForceRound]


class RoutesDocument(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The whole file."""

    format: str
    materials: list[str]
    locations: list[Location]
    travel: Travel
    vehicles: list[VehicleRow]
    stops: list[StopRow]
    tips: list[TipRow]
    name: str = ""
    load_unit: str = ""
    skills: list[str] | None = None
    weights: Weights | None = None
    in_force: InForceRows | None = None
