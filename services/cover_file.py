"""A cover problem in a file (`cover-problem/1`): decoded and checked completely, in the words of the file.

Called by `cover solve`. Described in docs/cover-problem.md. It never solves anything and never guesses: what
it does not know is refused with the field's path, what is there and what would be right.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from optimiser.cover.arrays import CoverInputError, FloatArray, IntArray
from optimiser.cover.problem import CoverProblem
from optimiser.cover.problem_check import MOST_MOVES
from optimiser.cover.standard import Standard
from services.cover_file_error import CoverFileError, name_of_key, refusal_of, shown
from services.cover_file_numbers import check_size, move_costs, number_row, travel_times

FORMAT = "cover-problem/1"
STDIN = "-"

MOST_FILE_BYTES = 512 * 2**20
"""London is 5 MB, a region of 1,000 stations and 50,000 zones some 300 MB."""
MOST_STATIONS = 5_000
MOST_APPLIANCES = 20_000
"""An order of magnitude above any brigade known, and what the engine's index still addresses."""
MOST_TIMES = 50_000_000
"""Stations x zones: the sorted times of so many take some 600 MB."""
MOST_DEMAND_PER_H = 1e6
MOST_STANDARD_VALUE = 1e6
"""With these every sum of the objective stays far from the limits of a double."""

DEMAND = f"zero or more incidents an hour, at most {MOST_DEMAND_PER_H:g}"


class _Station(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    bays: int | None = None


class _Appliance(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    station: int
    available: bool
    locked: bool


class _Standard(msgspec.Struct, forbid_unknown_fields=True):
    first_target_s: float
    second_target_s: float
    first_weight: float
    second_weight: float
    first_late_s: float
    late_s: float
    cap_s: float


class _Header(msgspec.Struct):
    """What says whether the rest is worth reading."""

    format: object = FORMAT


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """The file as it is written. Long rows stay raw: each is decoded, checked and packed by itself."""

    format: str
    standard: _Standard
    demand_per_h: msgspec.Raw
    stations: list[_Station]
    travel_s: list[msgspec.Raw]
    appliances: list[_Appliance]
    move_cost: list[msgspec.Raw]
    max_moves: int
    min_cover: dict[str, msgspec.Raw] | None = None


_HEADER = msgspec.json.Decoder(_Header)
_DOCUMENT = msgspec.json.Decoder(_Document)


@dataclass(frozen=True, slots=True, eq=False)
class CoverFile:
    """A problem read from a file, and the ids of its appliances in the file's order."""

    problem: CoverProblem
    appliance_ids: tuple[str, ...]


def read_cover_file(name: str, most_bytes: int = MOST_FILE_BYTES) -> CoverFile:
    """Read and check one file; `-` is the standard input.

    Raises
    ------
    CoverFileError
        Naming the field, what is wrong and what would be right.
    """
    return decode_cover_file(_read(name, most_bytes))


def decode_cover_file(data: bytes) -> CoverFile:
    """Decode and check the bytes of a file; CoverFileError as in `read_cover_file`."""
    try:
        document = _DOCUMENT.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            _check_format(data)  # a file of another format has other fields: that it is another comes first
        raise refusal_of(error, data) from error
    if document.format != FORMAT:
        raise CoverFileError("format", shown(document.format), shown(FORMAT))
    return _checked(document)


def _check_format(data: bytes) -> None:
    try:
        found = _HEADER.decode(data).format
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    if found != FORMAT:
        raise CoverFileError("format", shown(found), shown(FORMAT))


def _read(name: str, most_bytes: int) -> bytes:
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read(most_bytes + 1)
        else:
            path = Path(name)
            # Asked first, because reading would take the memory; read with a limit all the same, because a
            # pipe has no size.
            if path.stat().st_size > most_bytes:
                raise CoverFileError("", f"{path.stat().st_size:,} bytes", f"at most {most_bytes:,}")
            with path.open("rb") as file:
                data = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, CoverFileError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CoverFileError("", f"cannot be read: {reason}", "a file that can be read") from error
    if len(data) > most_bytes:
        raise CoverFileError("", f"more than {most_bytes:,} bytes", f"at most {most_bytes:,}")
    return data


def _checked(document: _Document) -> CoverFile:
    standard = _standard(document.standard)
    n_stations = check_size("stations", len(document.stations), 1, MOST_STATIONS)
    n_appliances = check_size("appliances", len(document.appliances), 0, MOST_APPLIANCES)
    _check_ids("stations", [station.id for station in document.stations])
    _check_ids("appliances", [appliance.id for appliance in document.appliances])
    for i, appliance in enumerate(document.appliances):
        if not 0 <= appliance.station < n_stations:
            expected = f"a station index, 0 to {n_stations - 1}"
            raise CoverFileError(f"appliances[{i}].station", shown(appliance.station), expected)
    if not 0 <= document.max_moves <= MOST_MOVES:
        raise CoverFileError("max_moves", shown(document.max_moves), f"a whole number, 0 to {MOST_MOVES}")
    demand_per_h = number_row("demand_per_h", document.demand_per_h, None, DEMAND, most=MOST_DEMAND_PER_H)
    if n_stations * demand_per_h.size > MOST_TIMES:
        found = f"{n_stations:,} stations x {demand_per_h.size:,} zones"
        raise CoverFileError("travel_s", found, f"at most {MOST_TIMES:,} times")
    travel_s = travel_times(document.travel_s, n_stations, demand_per_h.size, standard)
    home = np.array([appliance.station for appliance in document.appliances], dtype=np.int64)
    problem = CoverProblem(
        standards=(standard,),
        demand_per_h=demand_per_h[None, :],
        attendance_s=travel_s,
        appliance_kind=np.zeros(n_appliances, dtype=np.int64),
        appliance_station=home,
        available=np.array([appliance.available for appliance in document.appliances], dtype=np.bool_),
        locked=np.array([appliance.locked for appliance in document.appliances], dtype=np.bool_),
        home=home,
        move_cost=move_costs(document.move_cost, n_stations, most=_most_risk(standard, demand_per_h)),
        bays=_bays(document.stations, n_appliances),
        min_cover=_min_cover(document.min_cover, document.stations, n_appliances),
        max_moves=document.max_moves,
    )
    return CoverFile(problem, tuple(appliance.id for appliance in document.appliances))


def _standard(given: _Standard) -> Standard:
    values: dict[str, float] = msgspec.structs.asdict(given)
    for field, value in values.items():
        if field != "cap_s" and value > MOST_STANDARD_VALUE:
            raise CoverFileError(f"standard.{field}", shown(value), f"at most {MOST_STANDARD_VALUE:g}")
    try:
        return Standard(**values)
    except CoverInputError as error:  # its fields have the same names: standard.second_weight and the like
        raise CoverFileError(error.field, shown(error.found), error.expected) from error


def _check_ids(field: str, ids: list[str]) -> None:
    seen: dict[str, int] = {}
    for i, id_ in enumerate(ids):
        if not id_:
            raise CoverFileError(f"{field}[{i}].id", '""', "one or more characters")
        if id_ in seen:
            raise CoverFileError(
                f"{field}[{i}].id", f"{shown(id_)}, as {field}[{seen[id_]}]", "an id of its own"
            )
        seen[id_] = i


def _most_risk(standard: Standard, demand_per_h: FloatArray) -> float:
    """Return the risk with no appliance anywhere: the most any plan can save."""
    weights = standard.first_weight + standard.second_weight
    none_there = weights * standard.cap_s + standard.first_late_s + 2 * standard.late_s
    return float(demand_per_h.sum()) * none_there


def _bays(stations: list[_Station], n_appliances: int) -> IntArray | None:
    if all(station.bays is None for station in stations):
        return None
    bays = np.empty(len(stations), dtype=np.int64)
    for i, station in enumerate(stations):
        if station.bays is not None and station.bays < 0:
            raise CoverFileError(f"stations[{i}].bays", shown(station.bays), "a whole number, zero or more")
        # More bays than appliances are no limit.
        bays[i] = n_appliances if station.bays is None else min(station.bays, n_appliances)
    return bays


def _min_cover(
    given: dict[str, msgspec.Raw] | None, stations: list[_Station], n_appliances: int
) -> IntArray | None:
    if not given:
        return None
    index = {station.id: i for i, station in enumerate(stations)}
    least = np.zeros(len(stations), dtype=np.int64)
    expected = "a whole number, zero or more"
    for id_, raw in given.items():
        field = f"min_cover{name_of_key(id_)}"
        if id_ not in index:
            raise CoverFileError(field, "no such station", "the id of one of the stations")
        try:
            value = msgspec.json.decode(bytes(raw), type=int)
        except msgspec.DecodeError as error:
            raise refusal_of(error, bytes(raw), field, expected) from error
        if value < 0:
            raise CoverFileError(field, shown(value), expected)
        least[index[id_]] = min(value, n_appliances)
    return least
