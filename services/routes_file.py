"""A day's rounds in a file (`routes-problem/1`): decoded and checked completely, in the words of the file.

Called by `services.routes_input` and the tests. Described in docs/routes-problem.md. It never solves anything
and never guesses: what it does not know is refused with the field's path, what is there and what would be
right. The other direction is `services.routes_file_writer`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.formats.instance import Instance
from optimiser.routes.problem import RouteProblem, RouteWeights
from services.cover_file_error import CoverFileError, shown
from services.cover_file_numbers import check_size
from services.routes_document import FORMAT, RoutesDocument, StopRow, Weights
from services.routes_file_error import refusal_of
from services.routes_file_fleet import fleet_of
from services.routes_file_numbers import MOST_LOCATIONS, FileNames, ids_of, number, travel_matrices
from services.routes_file_parts import in_force_of, stops_of, tips_of

MOST_VEHICLES = 1_000
MOST_STOPS = 20_000
MOST_TIPS = 200
"""An order of magnitude above what a depot of a large city plans in a day."""
MOST_MATERIALS = 16
MOST_SKILLS = 62
"""They are bits of a 64-bit number."""

_DOCUMENT = msgspec.json.Decoder(RoutesDocument)
_STOP = msgspec.json.Decoder(StopRow)


class _Header(msgspec.Struct):
    """What says whether the rest is worth reading."""

    format: object = FORMAT


_HEADER = msgspec.json.Decoder(_Header)


@dataclass(frozen=True, slots=True, eq=False)
class RoutesFile:
    """A file as it is written, and the instance it describes."""

    document: RoutesDocument
    instance: Instance


def decode_routes_file(data: bytes, name: str = "") -> RoutesFile:
    """Decode and check the bytes of a file.

    Raises
    ------
    CoverFileError
        Naming the field, what is wrong and what would be right.
    """
    try:
        document = _DOCUMENT.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            _check_format(data)  # a file of another format has other fields: that it is another comes first
        raise refusal_of(error, data) from error
    if document.format != FORMAT:
        raise CoverFileError("format", shown(document.format), shown(FORMAT))
    return RoutesFile(document, instance_of(document, name))


def decode_stop(data: bytes) -> StopRow:
    """Decode one stop given by itself, in the file's words; CoverFileError as above, below `stop`."""
    try:
        return _STOP.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal_of(error, data, "stop") from error


def instance_of(document: RoutesDocument, name: str = "") -> Instance:
    """Check a decoded document and return its instance; CoverFileError as in `decode_routes_file`."""
    for field, rows, least, most in (
        ("materials", document.materials, 1, MOST_MATERIALS),
        ("skills", document.skills or [], 0, MOST_SKILLS),
        ("locations", document.locations, 1, MOST_LOCATIONS),
        ("vehicles", document.vehicles, 1, MOST_VEHICLES),
        ("stops", document.stops, 0, MOST_STOPS),
        ("tips", document.tips, 1, MOST_TIPS),
    ):
        check_size(field, len(rows), least, most)
    names = FileNames(
        materials=ids_of("materials", document.materials, ""),
        skills=ids_of("skills", document.skills or (), ""),
        locations=ids_of("locations", [row.id for row in document.locations]),
        vehicles=ids_of("vehicles", [row.id for row in document.vehicles]),
        stops=ids_of("stops", [row.id for row in document.stops]),
        tips=ids_of("tips", [row.id for row in document.tips]),
    )
    weights = _weights(document.weights)
    travel_s, dist_m = travel_matrices(document.travel, document.locations)
    fleet = fleet_of(document.vehicles, names)
    stops = stops_of(document.stops, names, weights)
    tips = tips_of(document.tips, names)
    in_force = in_force_of(document.in_force, names)
    try:
        problem = RouteProblem(travel_s, dist_m, fleet, stops, tips, weights, in_force)
    except RouteInputError as error:
        # What the reader does not know to be wrong. The engine's fleet is the file's vehicles.
        field = re.sub(r"^fleet\b", "vehicles", error.field)
        raise CoverFileError(field, str(error.found), error.expected) from error
    return Instance(
        name=document.name or name,
        problem=problem,
        kind="native",
        location_ids=tuple(names.locations),
        materials=tuple(names.materials),
        skills=tuple(names.skills),
    )


def _check_format(data: bytes) -> None:
    try:
        found = _HEADER.decode(data).format
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if found != FORMAT:
        raise CoverFileError("format", shown(found), shown(FORMAT))


def _weights(given: Weights | None) -> RouteWeights:
    if given is None:
        return RouteWeights()
    values: Mapping[str, float] = msgspec.structs.asdict(given)
    return RouteWeights(**{field: number(f"weights.{field}", value) for field, value in values.items()})
