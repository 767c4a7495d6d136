"""Numbers, times, names and matrices of a route file, each checked where it stands.

Called by the reader of route files. Every function names the field in what it raises; none knows the format
as a whole.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray
from services.cover_file_error import CoverFileError, name_of_key, shown
from services.cover_file_numbers import number_row
from services.routes_document import Clock, Location, Travel
from services.routes_file_error import CLOCK

MOST_NUMBER = 1e9
"""For seconds, metres, loads and prices: sums of all of a day's stay exact in a double to a thousandth."""
MOST_LOCATIONS = 5_000
"""Its two matrices take 400 MB."""
M_PER_KM, S_PER_H = 1000.0, 3600.0
MOST_HOURS = 1_000
"""Hours of a time written HH:MM have up to three digits."""

MOST_COUNT = 1_000_000
"""Of stops a day and places in a round: no limit at all."""

Pair = tuple[Clock | None, Clock | None]


@dataclass(frozen=True, slots=True)
class FileNames:
    """Number by name, of everything that a file names."""

    materials: dict[str, int]
    skills: dict[str, int]
    locations: dict[str, int]
    vehicles: dict[str, int]
    stops: dict[str, int]
    tips: dict[str, int]


def number(field: str, value: float, least: float = 0.0, most: float = MOST_NUMBER) -> float:
    """Return the value; CoverFileError where it is not within the limits (nan never is)."""
    if not least <= value <= most:
        raise CoverFileError(field, shown(value), f"{least:g} to {most:g}")
    return float(value)


def clock_s(field: str, value: Clock) -> float:
    """Return a time of the day in seconds."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d(?:\.\d{1,6})?))?", value)
        if found is None:
            raise CoverFileError(field, shown(value), CLOCK)
        value = int(found[1]) * S_PER_H + int(found[2]) * 60 + float(found[3] or 0)
    return number(field, value)


def clock_text(seconds: float) -> Clock:
    """Write seconds as HH:MM:SS where they are whole, else as they are."""
    if seconds != int(seconds) or not 0 <= seconds < MOST_HOURS * S_PER_H:
        return seconds
    minutes, s = divmod(int(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{s:02d}" if s else "")


def spans(field: str, rows: Sequence[Pair] | None, *, of_length: bool = False) -> list[tuple[float, float]]:
    """Return pairs of times in order and apart; null is no limit on that side.

    With `of_length` the two of a pair must differ: a ban from 8:00 to 8:00 is a mistake.
    """
    found: list[tuple[float, float]] = []
    for i, (low, high) in enumerate(rows or ()):
        here = f"{field}[{i}]"
        pair = (
            -np.inf if low is None else clock_s(f"{here}[0]", low),
            np.inf if high is None else clock_s(f"{here}[1]", high),
        )
        if pair[0] > pair[1] or (of_length and pair[0] == pair[1]):
            raise CoverFileError(here, shown([low, high]), "the earlier time first")
        if found and pair[0] <= found[-1][1]:
            raise CoverFileError(here, shown([low, high]), "after the one before, and apart from it")
        found.append(pair)
    return found


def span_arrays(rows: Sequence[Sequence[tuple[float, float]]], least: int) -> tuple[FloatArray, FloatArray]:
    """Return beginnings and ends as (N, W) arrays, W at least `least`, filled up with inf."""
    width = max([least, *(len(row) for row in rows)])
    begins, ends = np.full((len(rows), width), np.inf), np.full((len(rows), width), np.inf)
    for i, row in enumerate(rows):
        for j, (begin, end) in enumerate(row):
            begins[i, j], ends[i, j] = begin, end
    return begins, ends


def ids_of(field: str, ids: Iterable[str], key: str = ".id") -> dict[str, int]:
    """Return index by id; CoverFileError where one is empty or there twice."""
    index: dict[str, int] = {}
    for i, id_ in enumerate(ids):
        if not id_:
            raise CoverFileError(f"{field}[{i}]{key}", '""', "one or more characters")
        if id_ in index:
            found = f"{shown(id_)}, as {field}[{index[id_]}]"
            raise CoverFileError(f"{field}[{i}]{key}", found, "a name of its own")
        index[id_] = i
    return index


def index_of(field: str, id_: str, index: Mapping[str, int], what: str) -> int:
    """Return the number of a named thing; CoverFileError where there is none of that name."""
    if id_ not in index:
        raise CoverFileError(field, shown(id_), f"the name of one of the {what}")
    return index[id_]


def amounts(
    field: str, given: Mapping[str, float] | None, materials: Mapping[str, int], absent: float
) -> FloatArray:
    """Return an amount of each material (K,); `absent` for those not named."""
    values = np.full(len(materials), absent)
    for name, value in (given or {}).items():
        here = f"{field}{name_of_key(name)}"
        values[index_of(here, name, materials, "materials")] = number(here, value)
    return values


def skill_bits(field: str, names: Sequence[str] | None, skills: Mapping[str, int]) -> int:
    """Return the bits of the skills named."""
    bits = 0
    for i, name in enumerate(names or ()):
        bits |= 1 << index_of(f"{field}[{i}]", name, skills, "skills listed at the top")
    return bits


def takes_row(field: str, names: Sequence[str] | None, materials: Mapping[str, int]) -> BoolArray:
    """Return which materials are named (K,); all where nothing is said."""
    if names is None:
        return np.ones(len(materials), dtype=np.bool_)
    takes = np.zeros(len(materials), dtype=np.bool_)
    for i, name in enumerate(names):
        takes[index_of(f"{field}[{i}]", name, materials, "materials")] = True
    return takes


def travel_matrices(travel: Travel, locations: Sequence[Location]) -> tuple[FloatArray, FloatArray]:
    """Return seconds and metres between all locations (L, L), as given or computed from coordinates."""
    by_matrix = travel.travel_s is not None or travel.dist_m is not None
    by_speed = travel.speed_km_h is not None or travel.detour_factor is not None
    if by_matrix == by_speed:
        found = "both matrices and a speed" if by_matrix else "nothing"
        raise CoverFileError("travel", found, "either travel_s and dist_m, or speed_km_h and detour_factor")
    if by_matrix:
        n = len(locations)
        return _matrix("travel.travel_s", travel.travel_s, n), _matrix("travel.dist_m", travel.dist_m, n)
    for field, value in (("speed_km_h", travel.speed_km_h), ("detour_factor", travel.detour_factor)):
        if value is None:
            raise CoverFileError(f"travel.{field}", "missing", "a number, as the other one is there")
    speed_m_s = number("travel.speed_km_h", travel.speed_km_h or 0.0, 0.1, 1000.0) * M_PER_KM / S_PER_H
    detour = number("travel.detour_factor", travel.detour_factor or 0.0, 1.0, 100.0)
    xy_m = np.empty((len(locations), 2))
    for i, location in enumerate(locations):
        for axis, field in enumerate(("easting_m", "northing_m")):
            value = getattr(location, field)
            if value is None:
                found, expected = "missing", "a number, as travel is computed from coordinates"
                raise CoverFileError(f"locations[{i}].{field}", found, expected)
            xy_m[i, axis] = number(f"locations[{i}].{field}", value, -MOST_NUMBER)
    offset_m = xy_m[:, None, :] - xy_m[None, :, :]
    dist_m = np.hypot(offset_m[..., 0], offset_m[..., 1]) * detour
    return dist_m / speed_m_s, dist_m


def _matrix(field: str, rows: list[msgspec.Raw] | None, n: int) -> FloatArray:
    if rows is None:
        raise CoverFileError(field, "missing", f"{n} rows, as the other matrix is there")
    if len(rows) != n:
        raise CoverFileError(field, f"{len(rows)} rows", f"{n} rows, one for each location")
    matrix = np.empty((n, n))
    for i, raw in enumerate(rows):
        matrix[i] = number_row(f"{field}[{i}]", raw, n, f"0 to {MOST_NUMBER:g}", most=MOST_NUMBER)
    return matrix
