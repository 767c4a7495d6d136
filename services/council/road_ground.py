"""A council's fleet, stops, tips and roads as the route engine reads them; the same all day.

Built once by each solver or desk of a council, read by `services.council.day_problem`. Locations are the
nodes of the council's roads. It knows nothing of what happens during the day but which streets are closed.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from geo.arrays import Float32Array
from geo.council import Council
from optimiser.routes.arrays import BoolArray
from optimiser.routes.stops import Stops
from services.council.council_problem import fleet_of, stops_of, tips_of, weights_of
from streams.rounds_plan import AddedStop

WAYS_KEPT = 4
"""Sets of closed streets whose ways are remembered; each takes 12 bytes a pair of nodes."""

Closed = frozenset[str]


class GroundWays(NamedTuple):
    """Ways between all nodes with some streets closed; `cost` in the council's money, (N, N).

    Attributes
    ----------
    reached
        (D, N): from this depot to the node and back.
    """

    closed: Closed
    travel_s: Float32Array
    dist_m: Float32Array
    cost: Float32Array
    reached: BoolArray


class RoadGround:
    """What stays the same all day.

    Attributes
    ----------
    fleet, stops, tips, weights
        Of the whole council.
    """

    def __init__(self, council: Council) -> None:
        self.council = council
        every_node = np.arange(len(council.roads.node_en), dtype=np.int64)
        self.weights = weights_of(council)
        self.fleet = fleet_of(council, np.arange(len(council.vehicles.ids)), every_node)
        self.stops = stops_of(council, np.arange(len(council.stops.ids)), every_node)
        self.tips = tips_of(council, every_node)
        self._ways: OrderedDict[Closed, GroundWays] = OrderedDict()

    def ways(self, closed: Closed = frozenset()) -> GroundWays:
        """The ways where these streets are closed; streets nobody knows are left out of account."""
        council = self.council
        known = frozenset(street for street in closed if street in council.street_number)
        if known in self._ways:
            self._ways.move_to_end(known)
            return self._ways[known]
        travel_s, dist_m = council.travel_without(known)
        cost = np.float32(self.weights.per_drive_s) * travel_s + np.float32(self.weights.per_m) * dist_m
        depots = council.depots.node
        reached = np.isfinite(travel_s[depots]) & np.isfinite(travel_s[:, depots]).T
        self._ways[known] = GroundWays(known, travel_s, dist_m, cost, reached)
        most = max(0, len(self._ways) - WAYS_KEPT)
        for old in [key for key in self._ways if key and key != known][:most]:
            del self._ways[old]
        return self._ways[known]

    def stop_rows(self, ids: Sequence[str], added: Mapping[str, AddedStop]) -> Stops:
        """Stops of these names, those of the morning's plan or added since; KeyError for one unknown."""
        number, every = self.council.stop_number, self.stops
        # A stop that was added begins as a copy of some row, and every column that differs is written over.
        rows = np.array([0 if stop in added else number[stop] for stop in ids], dtype=np.int64)
        columns: dict[str, Any] = {
            one.name: getattr(every, one.name)[rows] for one in fields(Stops) if one.name != "ids"
        }
        for n, stop in enumerate(ids):
            if stop in added:
                self._write(columns, n, added[stop])
        return Stops(ids=tuple(ids), **columns)

    def _write(self, columns: dict[str, Any], n: int, one: AddedStop) -> None:
        """Write the row of a stop that was added; its hours and street rules are those of its origin."""
        every, council = self.stops, self.council
        origin = council.stop_number.get(one.origin) if one.origin is not None else None
        spans = ("window_open_s", "window_close_s", "ban_from_s", "ban_until_s")
        for name in spans:
            columns[name][n] = np.inf if origin is None else getattr(every, name)[origin]
        if origin is None:
            columns["window_open_s"][n, 0] = -np.inf
        columns["either_way"][n] = one.entry != one.exit if origin is None else every.either_way[origin]
        columns["no_reversing"][n] = origin is not None and every.no_reversing[origin]
        columns["skills"][n] = 0 if origin is None else every.skills[origin]
        columns["entry"][n], columns["exit"][n] = one.entry, one.exit
        columns["service_s"][n] = one.service_s
        columns["load"][n] = [one.load.get(material, 0.0) for material in council.materials]
        columns["unserved_cost"][n] = one.priority * council.costs.unserved_stop

    def street_of(self, stop: str, added: Mapping[str, AddedStop]) -> str | None:
        """Id of the street of a stop; None for one that was added apart from any."""
        one = added.get(stop)
        name = stop if one is None else one.origin
        number = None if name is None else self.council.stop_number.get(name)
        return None if number is None else self.council.streets.ids[int(self.council.stops.street[number])]

    def ends(self, stop: str, added: Mapping[str, AddedStop]) -> tuple[int, int]:
        """Nodes where the service of a stop begins and ends; KeyError for one unknown."""
        one = added.get(stop)
        if one is not None:
            return one.entry, one.exit
        number = self.council.stop_number[stop]
        return int(self.stops.entry[number]), int(self.stops.exit[number])
