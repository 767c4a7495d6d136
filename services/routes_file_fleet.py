"""The vehicles of a route file as the engine's arrays.

Called by `services.routes_file`. Every value is checked where it stands; no other part is looked at.
"""

from collections.abc import Sequence

import numpy as np

from optimiser.routes.arrays import FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from services.cover_file_error import CoverFileError, shown
from services.routes_document import VehicleRow
from services.routes_file_numbers import (
    MOST_COUNT,
    MOST_NUMBER,
    FileNames,
    amounts,
    clock_s,
    index_of,
    number,
    skill_bits,
)

MOST_TRIPS = 10_000
"""Also what a vehicle may do that names no limit: more than a day has minutes for."""
DAY_S = 86_400.0


def fleet_of(rows: Sequence[VehicleRow], names: FileNames) -> Fleet:
    """Return the vehicles."""
    shift_s = np.array([_shift(f"vehicles[{i}].shift", row) for i, row in enumerate(rows)])
    break_s = np.array([_break(f"vehicles[{i}].break", row) for i, row in enumerate(rows)])
    daily_load = [
        amounts(f"vehicles[{i}].daily_load", row.daily_load, names.materials, np.inf)
        for i, row in enumerate(rows)
    ]
    return Fleet(
        ids=tuple(names.vehicles),
        start=_places("start", [row.start for row in rows], names),
        end=_places("end", [row.start if row.end is None else row.end for row in rows], names),
        shift_start_s=shift_s[:, 0].copy(),
        shift_end_s=shift_s[:, 1].copy(),
        max_overtime_s=_numbers("max_overtime_s", rows, MOST_NUMBER),
        capacity=np.array(
            [
                amounts(f"vehicles[{i}].capacity", row.capacity, names.materials, 0.0)
                for i, row in enumerate(rows)
            ]
        ),
        daily_load=np.array(daily_load),
        daily_stops=_numbers("daily_stops", rows, MOST_COUNT),
        max_trips=_numbers("max_trips", rows, MOST_TRIPS, MOST_TRIPS).astype(np.int64),
        break_earliest_s=break_s[:, 0].copy(),
        break_latest_s=break_s[:, 1].copy(),
        break_s=break_s[:, 2].copy(),
        skills=np.array(
            [skill_bits(f"vehicles[{i}].skills", row.skills, names.skills) for i, row in enumerate(rows)],
            dtype=np.int64,
        ),
        turns=np.array([row.passes_without_reversing for row in rows], dtype=np.bool_),
        fixed_cost=_numbers("fixed_cost", rows, MOST_NUMBER),
    )


def _places(field: str, ids: Sequence[str], names: FileNames) -> IntArray:
    places = [
        index_of(f"vehicles[{i}].{field}", id_, names.locations, "locations") for i, id_ in enumerate(ids)
    ]
    return np.array(places, dtype=np.int64)


def _numbers(field: str, rows: Sequence[VehicleRow], most: float, absent: float = np.inf) -> FloatArray:
    """Return a field of all vehicles (V,); `absent` where it is left out."""
    given = [getattr(row, field) for row in rows]
    return np.array(
        [
            absent if value is None else number(f"vehicles[{i}].{field}", value, most=most)
            for i, value in enumerate(given)
        ]
    )


def _shift(field: str, row: VehicleRow) -> tuple[float, float]:
    begins_s, ends_s = (clock_s(f"{field}[{i}]", time) for i, time in enumerate(row.shift))
    if ends_s < begins_s:
        raise CoverFileError(field, shown(row.shift), "the start first")
    return begins_s, ends_s


def _break(field: str, row: VehicleRow) -> tuple[float, float, float]:
    if row.break_ is None:
        return 0.0, 0.0, 0.0
    earliest_s = clock_s(f"{field}.earliest", row.break_.earliest)
    latest_s = clock_s(f"{field}.latest", row.break_.latest)
    if latest_s < earliest_s:
        raise CoverFileError(f"{field}.latest", shown(row.break_.latest), "not before earliest")
    return earliest_s, latest_s, number(f"{field}.length_s", row.break_.length_s, 0.0, DAY_S)
