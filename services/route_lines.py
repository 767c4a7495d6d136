"""How moves are drawn: by road where the way has been looked up, as a straight line until then.

Owned by the cover solver, which alone looks ways up; the what-if solver only reads. Never says whether a
move is worth it.
"""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from geo.region import Region
from optimiser.cover.plan import Move

ROUTE_POINTS = 60
"""Points of a route line on the wire: enough for a map of a whole city."""
ROUTES_KEPT = 4_000
"""Route lines remembered, by pair of stations; some 4 MB."""
Line = list[tuple[float, float]]


class RouteLines:
    """The route lines of one region; one thread finds them, any thread reads them."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._lonlat = region.to_wgs84(region.stations.en)
        self._found: OrderedDict[tuple[int, int], Line] = OrderedDict()

    def find(self, moves: Sequence[Move]) -> None:
        """Look up the ways of `moves` by road: up to some tens of milliseconds each on a large network."""
        for move in moves:
            pair = (move.origin, move.destination)
            if pair in self._found:
                self._found.move_to_end(pair)
                continue
            stations = self._region.stations.en
            route = self._region.travel.route(stations[move.origin], stations[move.destination])
            picked = np.unique(
                np.linspace(0, len(route.en) - 1, min(ROUTE_POINTS, len(route.en))).astype(np.int64)
            )
            lonlat = self._region.to_wgs84(route.en[picked])
            self._found[pair] = [(round(float(x), 5), round(float(y), 5)) for x, y in lonlat]
            while len(self._found) > ROUTES_KEPT:
                self._found.popitem(last=False)

    def line(self, move: Move) -> Line:
        """The way by road where it is known, else a straight line; (longitude, latitude)."""
        # One look, which no other thread can come between.
        known = self._found.get((move.origin, move.destination))
        if known is not None:
            return known
        ends = (self._lonlat[move.origin], self._lonlat[move.destination])
        return [(round(float(lon), 5), round(float(lat), 5)) for lon, lat in ends]
