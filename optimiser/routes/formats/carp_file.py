"""Reader of capacitated arc routing files (CARP, `.dat`): streets to serve become stops with two ends.

Called by `services.routes_file` and the benchmarks, with the file's text. Never reads a file, never solves.

The format is whole numbers, by line: vertices; edges; for each edge `from to cost demand` (vertices from 0,
an edge without demand need not be served); vehicles; capacity; a lower and an upper bound of the best cost.
The depot is vertex 0. That depot, the order of the last four lines and the meaning of the cost are shown by
the tests: solved exactly, the small instances cost what their bounds say.
"""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from optimiser.routes.arrays import FloatArray, IntArray, RouteInputError
from optimiser.routes.fleet import Fleet
from optimiser.routes.formats.instance import Instance
from optimiser.routes.formats.uniform import NO_LIMIT_S, plain_stops, plain_tips, uniform_fleet
from optimiser.routes.problem import RouteProblem
from optimiser.routes.stops import Stops

DEPOT = 0
# Bounds of what is read. The largest published instances have 255 vertices and 375 edges; the distances of
# this many vertices take 32 MB.
MAX_VERTICES = 2_000
MAX_EDGES = 10_000
MAX_NUMBER = 10**6
"""Largest number in a file. Any plan ends before the day without an end (`NO_LIMIT_S`) does, as far as
published instances go, and sums of a whole file's numbers stay exact in a double."""

SPARE_VEHICLES = 2
"""Vehicles beyond those the file names. The published costs are best for any number of vehicles, and the
files' number is the least that can carry the load (one more in val1C): a shortest plan may use more, and with
none to spare the search has nowhere to put a stop while it changes other rounds. Unused ones cost nothing."""


class CarpText(NamedTuple):
    """What a file says.

    Attributes
    ----------
    vertices
        How many there are.
    edges
        From, to, cost, demand; (E, 4).
    vehicles, capacity
        How many vehicles the publishers name, and what each holds.
    lower, upper
        Bounds of the best cost; equal where it is proven.
    """

    vertices: int
    edges: IntArray
    vehicles: int
    capacity: int
    lower: int
    upper: int


def parse_carp(text: str) -> CarpText:
    """Read the numbers of a file and check each.

    Parameters
    ----------
    text
        The file's whole text.

    Raises
    ------
    RouteInputError
        Naming the line, the value found and what would be right.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) < 2:
        raise RouteInputError("file", f"{len(lines)} lines", "at least 7 lines of whole numbers")
    vertices = _number(lines[0], "number of vertices", 1, MAX_VERTICES)
    edges = _number(lines[1], "number of edges", 1, MAX_EDGES)
    if len(lines) != edges + 6:
        raise RouteInputError(
            "file", f"{len(lines)} lines", f"{edges + 6} lines: 2, one for each of {edges} edges, 4"
        )
    rows = [_edge(line, vertices) for line in lines[2 : 2 + edges]]
    vehicles, capacity, lower, upper = lines[2 + edges :]
    read = CarpText(
        vertices,
        np.array(rows, dtype=np.int64),
        _number(vehicles, "number of vehicles", 1, MAX_EDGES),
        _number(capacity, "capacity", 1, MAX_NUMBER),
        _number(lower, "lower bound", 0, MAX_NUMBER),
        _number(upper, "upper bound", 0, MAX_NUMBER),
    )
    if read.lower > read.upper:
        raise RouteInputError("lower bound", read.lower, f"at most the upper bound {read.upper}")
    return read


def read_carp(text: str, name: str) -> Instance:
    """Turn a file into a problem: an edge with demand is a stop, entered at one end and left at the other.

    Distances between vertices are the cheapest ways along edges. The cost of the served edges is the same in
    every plan; it is the instance's `cost_fixed`, so that its `cost_of` is the published cost. Seconds are
    costs too: there is no other clock. Every vehicle makes one trip and is emptied at the depot.

    Parameters
    ----------
    text
        The file's whole text.
    name
        The instance's name.

    Raises
    ------
    RouteInputError
        Naming the line, the value found and what would be right.
    """
    read = parse_carp(text)
    required = read.edges[read.edges[:, 3] > 0]
    if not len(required):
        raise RouteInputError("demand", "0 on every edge", "an edge with demand above 0")
    if required[:, 3].max() > read.capacity:
        raise RouteInputError(
            "demand", required[:, 3].max(), f"at most the capacity {read.capacity} of a vehicle"
        )
    ways = _cheapest_ways(read, required)
    served = float(required[:, 2].sum())
    problem = RouteProblem(
        travel_s=ways,
        dist_m=ways.copy(),
        fleet=_fleet(read, required),
        stops=_stops(required),
        tips=plain_tips(
            ("depot",),
            np.array([DEPOT]),
            service_s=np.zeros(1),
            window_s=np.array([[-np.inf, np.inf]]),
        ),
    )
    return Instance(
        name,
        problem,
        "carp",
        best_known=float(read.upper),
        cost_per_m=1.0,
        cost_fixed=served,
        location_ids=tuple(str(vertex) for vertex in range(read.vertices)),
    )


def _number(line: tuple[int, list[str]], name: str, least: int, most: int) -> int:
    """Return the one number of a line."""
    if len(line[1]) != 1:
        raise RouteInputError(f"line {line[0]}, {name}", " ".join(line[1]), "one whole number")
    return _whole(line[1][0], f"line {line[0]}, {name}", least, most)


def _whole(word: str, field: str, least: int, most: int) -> int:
    # Digits only: int() would also take underscores, signs and the digits of other scripts.
    if not (word.isascii() and word.isdigit() and len(word) <= 18) or not least <= int(word) <= most:
        raise RouteInputError(field, repr(word[:30]), f"a whole number from {least} to {most}")
    return int(word)


def _edge(line: tuple[int, list[str]], vertices: int) -> list[int]:
    number, words = line
    if len(words) != 4:
        raise RouteInputError(f"line {number}", " ".join(words)[:60], "an edge: from, to, cost, demand")
    most = (vertices - 1, vertices - 1, MAX_NUMBER, MAX_NUMBER)
    names = ("from", "to", "cost", "demand")
    return [_whole(words[i], f"line {number}, {names[i]}", 0, most[i]) for i in range(4)]


def _cheapest_ways(read: CarpText, required: IntArray) -> FloatArray:
    """Return the (vertices, vertices) costs of driving without serving.

    A vertex that no required edge touches need not be reached; where it cannot be, its ways cost as much as
    all edges together, because the problem's matrices are finite.
    """
    tail, head, cost, _ = read.edges.T
    # The cheapest of parallel edges; a sparse matrix would add them up. A stored 0 is an edge that costs 0.
    least = np.full((read.vertices, read.vertices), np.inf)
    np.minimum.at(least, (tail, head), cost)
    np.minimum.at(least, (head, tail), cost)
    row, column = np.nonzero(np.isfinite(least))
    graph = csr_array((least[row, column], (row, column)), shape=least.shape)
    ways: FloatArray = np.asarray(dijkstra(graph), dtype=np.float64)
    needed = np.unique(np.append(required[:, :2], DEPOT))
    lost = needed[~np.isfinite(ways[DEPOT, needed])]
    if len(lost):
        raise RouteInputError("edges", f"no way from the depot to vertex {lost[0]}", "a way to every edge")
    ways[~np.isfinite(ways)] = float(cost.sum())
    return ways


def _fleet(read: CarpText, required: IntArray) -> Fleet:
    least = -(-int(required[:, 3].sum()) // read.capacity)
    count = min(max(read.vehicles, least) + SPARE_VEHICLES, max(len(required), read.vehicles))
    return uniform_fleet(count, shift_s=(0.0, NO_LIMIT_S), capacity=float(read.capacity), max_trips=1)


def _stops(required: IntArray) -> Stops:
    seen: Counter[str] = Counter()
    ids = []
    for tail, head in required[:, :2]:
        name = f"{tail}-{head}"
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    count = len(required)
    at_one_end = plain_stops(
        tuple(ids),
        required[:, 0].copy(),
        service_s=required[:, 2].astype(np.float64),
        load=required[:, 3].astype(np.float64),
        window_s=np.tile([-np.inf, np.inf], (count, 1)),
    )
    return replace(at_one_end, exit=required[:, 1].copy(), either_way=np.ones(count, dtype=np.bool_))
