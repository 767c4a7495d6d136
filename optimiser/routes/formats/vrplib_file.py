"""Published instances in VRPLIB text: CVRP, VRPTW, and multi-trip VRPTW with release times (MTVRPTWR).

Called by commands and benchmarks. A depot is also the tip (service 0), because every trip ends there emptied.
Distances and times are whole numbers in the unit of the published cost's rounding: CVRP to the nearest whole
unit, the others truncated to a tenth of a unit and counted in tenths, as in the DIMACS challenge of 2021.
What it does not know in a file it refuses; it never reads files.
"""

import math
from typing import Any

import numpy as np
from vrplib.parse.parse_vrplib import parse_vrplib

from optimiser.routes.arrays import FloatArray, IntArray, RouteInputError
from optimiser.routes.fleet import Fleet
from optimiser.routes.formats.instance import Instance, InstanceKind
from optimiser.routes.formats.uniform import NO_LIMIT_S, plain_stops, plain_tips, uniform_fleet
from optimiser.routes.problem import RouteProblem

KINDS: dict[str, InstanceKind] = {
    "CVRP": "cvrp",
    "VRPTW": "vrptw",
    "CVRPTW": "vrptw",
    "MTVRPTWR": "mtvrptwr",
}
TENTHS = 10
"""DIMACS convention of the time-windowed instances: one decimal."""
SPARE_SHARE, SPARE_VEHICLES = 0.3, 2
"""Vehicles above the fewest that can hold the loads, where the file sets no limit: best known solutions of
Uchoa's X set need at most a few more than the fewest."""
MOST_NODES = 5_000
"""Its two matrices take 400 MB; the largest instance at hand has 1,001."""

_SPECIFICATIONS = {"name", "comment", "type", "dimension", "capacity", "vehicles", "edge_weight_type"}
_SPECIFICATIONS |= {"edge_weight_format", "node_coord_type", "display_data_type"}
_SECTIONS = {"node_coord", "edge_weight", "demand", "depot", "display_data"}
_KNOWN: dict[InstanceKind, set[str]] = {"cvrp": _SPECIFICATIONS | _SECTIONS}
_KNOWN["vrptw"] = _KNOWN["cvrp"] | {"time_window", "service_time"}
_KNOWN["mtvrptwr"] = _KNOWN["vrptw"] | {"release_time", "vehicles_reload_depot"}
"""What of a file is read or says nothing; anything else would be a rule left out."""


def read_vrplib(text: str, name: str = "", best_known: float | None = None) -> Instance:
    """Return the instance in a VRPLIB text.

    Parameters
    ----------
    text
        The whole file.
    name
        Used where the file has none.
    best_known
        Published cost, where the caller knows it.

    Raises
    ------
    RouteInputError
        Naming the section, what it holds and what would be right.
    """
    data = _parsed(text)
    kind = _kind(data)
    distance = _distances(data, kind)
    n_clients = len(distance) - 1
    demand = _column(data, "demand", n_clients + 1)[1:]
    scale = 1 if kind == "cvrp" else TENTHS
    no_window = np.array([[-np.inf, np.inf]])
    if kind == "cvrp":
        window_s = np.repeat(no_window, n_clients, axis=0)
        shift_s, service_s, release_s = (0.0, NO_LIMIT_S), np.zeros(n_clients), None
    else:
        windows_s = _column(data, "time_window", n_clients + 1, columns=2) * scale
        window_s, shift_s = windows_s[1:], (float(windows_s[0, 0]), float(windows_s[0, 1]))
        service_s = _column(data, "service_time", n_clients + 1)[1:] * scale
        release_s = None
        if kind == "mtvrptwr":
            release_s = _column(data, "release_time", n_clients + 1)[1:] * scale
    problem = RouteProblem(
        travel_s=distance,
        dist_m=distance,
        fleet=_fleet(data, kind, demand, shift_s),
        stops=plain_stops(
            tuple(str(client) for client in range(1, n_clients + 1)),
            np.arange(1, n_clients + 1),
            service_s=service_s,
            load=demand,
            window_s=window_s,
            release_s=release_s,
        ),
        tips=plain_tips(("0",), np.zeros(1, dtype=np.int64), service_s=np.zeros(1), window_s=no_window),
    )
    return Instance(
        name=str(data.get("name", name)),
        problem=problem,
        kind=kind,
        best_known=best_known,
        cost_per_m=1 / TENTHS if kind == "vrptw" else 1.0,
        location_ids=tuple(str(node) for node in range(n_clients + 1)),
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = parse_vrplib(text, compute_edge_weights=False)
        if "edge_weight" not in data and 0 < len(data.get("node_coord", ())) <= MOST_NODES:
            data = parse_vrplib(text)
    except Exception as error:  # the library lets through whatever its parsing stumbles on
        raise RouteInputError("VRPLIB file", f"{type(error).__name__}: {error}", "VRPLIB text") from error
    return data


def _kind(data: dict[str, Any]) -> InstanceKind:
    type_ = str(data.get("type", "none"))
    if type_ not in KINDS:
        raise RouteInputError("TYPE", type_, " or ".join(KINDS))
    kind = KINDS[type_]
    if others := sorted(set(data) - _KNOWN[kind]):
        raise RouteInputError(others[0].upper(), "a part that is not read", f"no more than {type_} needs")
    depots = np.atleast_1d(np.asarray(data.get("depot", ()))).tolist()
    if depots != [0]:
        raise RouteInputError("DEPOT_SECTION", [depot + 1 for depot in depots], "one depot, the first node")
    return kind


def _distances(data: dict[str, Any], kind: InstanceKind) -> FloatArray:
    given = data.get("edge_weight")
    if given is None:
        n = len(data.get("node_coord", ()))
        raise RouteInputError("NODE_COORD_SECTION", f"{n} nodes", f"2 to {MOST_NODES:,}")
    distance = np.asarray(given, dtype=np.float64)
    n = len(distance)
    if distance.shape != (n, n) or not 2 <= n <= MOST_NODES or n != data.get("dimension", n):
        raise RouteInputError("DIMENSION", f"{data.get('dimension')} and {n} nodes", "the number of nodes")
    if kind == "cvrp":
        return np.rint(distance)
    # No square root of a whole number lies so close below a tenth that rounding could lift it over.
    return np.floor(distance * TENTHS)


def _column(data: dict[str, Any], key: str, rows: int, columns: int = 1) -> FloatArray:
    """Return a section of one value (or `columns` values) a node; a specification holds for every client."""
    section = key.upper()
    expected = f"{rows} rows of {columns} number{'s' if columns > 1 else ''}, one a node"
    if key not in data:
        raise RouteInputError(section, "nothing", expected)
    try:
        values = np.asarray(data[key], dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise RouteInputError(section, "what is no number", expected) from error
    if values.ndim == 0 and columns == 1:
        return np.full(rows, float(values))
    if values.shape != ((rows,) if columns == 1 else (rows, columns)):
        raise RouteInputError(section, f"shape {values.shape}", expected)
    return values


def _fleet(
    data: dict[str, Any], kind: InstanceKind, demand: FloatArray, shift_s: tuple[float, float]
) -> Fleet:
    capacity = data.get("capacity")
    if not isinstance(capacity, (int, float)) or capacity <= 0:
        raise RouteInputError("CAPACITY", capacity, "a number above zero")
    fewest = math.ceil(float(demand.sum()) / capacity)
    size = data.get("vehicles", fewest + math.ceil(SPARE_SHARE * fewest) + SPARE_VEHICLES)
    if not isinstance(size, int) or not 1 <= size <= MOST_NODES:
        raise RouteInputError("VEHICLES", size, f"a whole number, 1 to {MOST_NODES:,}")
    trips: int | IntArray = _trips(data, size, len(demand)) if kind == "mtvrptwr" else 1
    return uniform_fleet(size, shift_s=shift_s, capacity=capacity, max_trips=trips)


def _trips(data: dict[str, Any], size: int, n_clients: int) -> IntArray:
    """Most trips of each vehicle: one without a depot to reload at, else as many as there are clients."""
    rows = data.get("vehicles_reload_depot", [()] * size)
    if len(rows) != size:
        raise RouteInputError("VEHICLES_RELOAD_DEPOT_SECTION", f"{len(rows)} rows", f"{size}, one a vehicle")
    trips = np.ones(size, dtype=np.int64)
    for vehicle, row in enumerate(rows):
        depots = np.atleast_1d(np.asarray(row)).tolist()
        if set(depots) - {1}:
            raise RouteInputError("VEHICLES_RELOAD_DEPOT_SECTION", depots, "1, the depot, or nothing")
        trips[vehicle] = n_clients if depots else 1
    return trips
