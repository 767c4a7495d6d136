"""The stops, tips and plan in force of a route file as the engine's arrays.

Called by `services.routes_file`. Every value is checked where it stands; no function looks at another part.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from optimiser.routes.plan import DayPlan, Kind, Round
from optimiser.routes.problem import InForce, RouteWeights
from optimiser.routes.stops import ANYWHERE, Stops, Tips
from services.cover_file_error import CoverFileError, shown
from services.routes_document import InForceRows, Priority, StopRow, TipRow
from services.routes_file_numbers import (
    MOST_COUNT,
    FileNames,
    amounts,
    clock_s,
    index_of,
    number,
    skill_bits,
    span_arrays,
    spans,
    takes_row,
)
from services.routes_plan_rows import round_of

PRIORITY_FACTOR: dict[Priority, float] = {"low": 0.2, "normal": 1.0, "high": 5.0, "must": 25.0}
"""Price of an unserved stop, in detours: `normal` is left out rather than driven to at more than one."""
DETOUR_M, DETOUR_S = 100_000.0, 7_200.0
"""The detour of priority `normal`: 100 km and two hours at the file's weights. Longer than any way within a
council's area, so that a normal stop is left out only where a rule forbids it or time runs out."""


def price_unserved(priority: Priority, weights: RouteWeights) -> float:
    """Return what a stop of this priority costs where it is left out, in the unit of the weights."""
    detour = weights.per_m * DETOUR_M + weights.per_drive_s * DETOUR_S
    return PRIORITY_FACTOR[priority] * (detour or DETOUR_M)


def stops_of(rows: Sequence[StopRow], names: FileNames, weights: RouteWeights) -> Stops:
    """Return the stops."""
    n = len(rows)
    ends = np.array([_ends(f"stops[{i}]", row, names) for i, row in enumerate(rows)], dtype=np.int64).reshape(
        n, 2
    )
    open_s, close_s = span_arrays(
        [spans(f"stops[{i}].windows", row.windows) or [(-np.inf, np.inf)] for i, row in enumerate(rows)], 1
    )
    from_s, until_s = span_arrays(
        [spans(f"stops[{i}].bans", row.bans, of_length=True) for i, row in enumerate(rows)], 0
    )
    load = [amounts(f"stops[{i}].load", row.load, names.materials, 0.0) for i, row in enumerate(rows)]
    locks = [_lock(f"stops[{i}].lock", row, names.vehicles) for i, row in enumerate(rows)]
    lock = np.array(locks, dtype=np.int64).reshape(n, 2)
    return Stops(
        ids=tuple(names.stops),
        entry=ends[:, 0].copy(),
        exit=ends[:, 1].copy(),
        either_way=np.array(
            [row.street is not None and row.street.either_way for row in rows], dtype=np.bool_
        ),
        service_s=np.array(
            [number(f"stops[{i}].service_s", row.service_s, 0, 86_400.0) for i, row in enumerate(rows)]
        ),
        load=np.array(load).reshape(n, len(names.materials)),
        window_open_s=open_s,
        window_close_s=close_s,
        ban_from_s=from_s,
        ban_until_s=until_s,
        no_reversing=np.array([row.no_reversing for row in rows], dtype=np.bool_),
        skills=np.array(
            [skill_bits(f"stops[{i}].skills", row.skills, names.skills) for i, row in enumerate(rows)],
            dtype=np.int64,
        ),
        release_s=np.array(
            [
                -np.inf if row.release is None else clock_s(f"stops[{i}].release", row.release)
                for i, row in enumerate(rows)
            ]
        ),
        unserved_cost=np.array([_price(f"stops[{i}]", row, weights) for i, row in enumerate(rows)]),
        locked_vehicle=lock[:, 0].copy(),
        locked_position=lock[:, 1].copy(),
    )


def _ends(field: str, row: StopRow, names: FileNames) -> tuple[int, int]:
    if row.location is not None and row.street is None:
        place = index_of(f"{field}.location", row.location, names.locations, "locations")
        return place, place
    if row.location is not None or row.street is None:
        found = "neither" if row.location is None else "both"
        raise CoverFileError(field, found, "one of location and street")
    return (
        index_of(f"{field}.street.from", row.street.from_, names.locations, "locations"),
        index_of(f"{field}.street.to", row.street.to, names.locations, "locations"),
    )


def _price(field: str, row: StopRow, weights: RouteWeights) -> float:
    if row.unserved_cost is None:
        return price_unserved(row.priority or "normal", weights)
    if row.priority is not None:
        raise CoverFileError(f"{field}.priority", shown(row.priority), "left out, as unserved_cost is there")
    return number(f"{field}.unserved_cost", row.unserved_cost)


def _lock(field: str, row: StopRow, vehicles: Mapping[str, int]) -> tuple[int, int]:
    if row.lock is None:
        return ANYWHERE, ANYWHERE
    vehicle = row.lock.vehicle
    who = ANYWHERE if vehicle is None else index_of(f"{field}.vehicle", vehicle, vehicles, "vehicles")
    position = row.lock.position
    where = ANYWHERE if position is None else int(number(f"{field}.position", position, 0, MOST_COUNT))
    return who, where


def tips_of(rows: Sequence[TipRow], names: FileNames) -> Tips:
    """Return the tips."""
    open_s, close_s = span_arrays(
        [spans(f"tips[{i}].hours", row.hours) or [(-np.inf, np.inf)] for i, row in enumerate(rows)], 1
    )
    return Tips(
        ids=tuple(names.tips),
        location=np.array(
            [
                index_of(f"tips[{i}].location", row.location, names.locations, "locations")
                for i, row in enumerate(rows)
            ],
            dtype=np.int64,
        ),
        service_s=np.array(
            [number(f"tips[{i}].service_s", row.service_s, 0, 86_400.0) for i, row in enumerate(rows)]
        ),
        window_open_s=open_s,
        window_close_s=close_s,
        takes=np.array(
            [takes_row(f"tips[{i}].takes", row.takes, names.materials) for i, row in enumerate(rows)]
        ),
    )


def in_force_of(given: InForceRows | None, names: FileNames) -> InForce | None:
    """Return the plan in force; vehicles not named stay, stops in no round are unserved."""
    if given is None:
        return None
    n = len(names.vehicles)
    rounds: list[Round] = [()] * n
    done, free_s, lost = np.zeros(n, dtype=np.int64), np.full(n, np.nan), np.zeros(n, dtype=np.bool_)
    seen: set[str] = set()
    for i, row in enumerate(given.rounds):
        field = f"in_force.rounds[{i}]"
        vehicle = index_of(f"{field}.vehicle", row.vehicle, names.vehicles, "vehicles")
        if row.vehicle in seen:
            raise CoverFileError(f"{field}.vehicle", shown(row.vehicle), "a vehicle not named before")
        seen.add(row.vehicle)
        rounds[vehicle] = round_of(f"{field}.visits", row.visits, names.stops, names.tips)
        done[vehicle] = int(number(f"{field}.done", row.done, 0, len(row.visits)))
        free_s[vehicle] = np.nan if row.free is None else clock_s(f"{field}.free", row.free)
        lost[vehicle] = row.lost
    served = {visit.index for round_ in rounds for visit in round_ if visit.kind == Kind.STOP}
    unserved = tuple(i for i in range(len(names.stops)) if i not in served)
    return InForce(DayPlan(tuple(rounds), unserved), done, free_s, lost)
