"""Where the stops of street sides begin and end: nodes of the roads, and places between them.

Part of the building of rounds from streets. Never knows a travel time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray, IntArray
from optimiser.routes.street_network import Collect, Streets

AT_NODE = -1


class StreetLocations(NamedTuple):
    """Where stops begin and end: nodes of the road network, and places between them where a side is split.

    Attributes
    ----------
    node
        (L,) node of the road network; `AT_NODE` (-1) for a place within a segment.
    segment
        (L,) the segment of a place within it; -1 for a node.
    along_m
        (L,) how far along it; 0 for a node.
    forward, backward
        (L,) whether a vehicle serving there drives with the line, or against it.
    """

    node: IntArray
    segment: IntArray
    along_m: FloatArray
    forward: BoolArray
    backward: BoolArray


class Numbering:
    """Gives numbers to locations as they are met."""

    def __init__(self) -> None:
        self.number: dict[tuple[int, int, float, bool, bool], int] = {}

    def at(self, streets: Streets, segment: int, along_m: float, length_m: float, *, against: bool) -> int:
        """Return the number of a place along a segment served with its line or against it.

        Its two ends are nodes; all others are places within.
        """
        if along_m in (0.0, length_m):
            lines = streets.lines
            node = streets.node[lines.first[segment] if along_m == 0.0 else lines.first[segment + 1] - 1]
            key = (int(node), -1, 0.0, False, False)
        else:
            one_direction = streets.collect[segment] == Collect.NEAR_SIDE
            backward = not streets.one_way[segment] and (against or not one_direction)
            key = (AT_NODE, segment, along_m, not against, bool(backward))
        return self.number.setdefault(key, len(self.number))

    def locations(self) -> StreetLocations:
        """Return all that were met, in order."""
        node, segment, along_m, forward, backward = (
            zip(*self.number, strict=True) if self.number else ((),) * 5
        )
        return StreetLocations(
            np.array(node, dtype=np.int64),
            np.array(segment, dtype=np.int64),
            np.array(along_m, dtype=np.float64),
            np.array(forward, dtype=np.bool_),
            np.array(backward, dtype=np.bool_),
        )
