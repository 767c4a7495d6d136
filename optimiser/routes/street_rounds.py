"""Households grouped by street side into the stops of a round, each with its households in walking order.

Called by whoever builds a day's rounds from addresses. Never plans a round, and never looks for travel times:
`street_travel` has those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.street_sides import NO_STREET, StreetPlaces, place_on_streets
from optimiser.routes.arrays import FloatArray, IntArray
from optimiser.routes.stops import ANYWHERE, Stops
from optimiser.routes.street_households import Households, StopBounds, check_bounds
from optimiser.routes.street_locations import Numbering, StreetLocations
from optimiser.routes.street_network import Collect, Streets

BOTH, LEFT, RIGHT = range(3)
"""Sides of a street as seen from its start."""
SIDE_NAMES = ("", "/left", "/right")


@dataclass(frozen=True, slots=True, eq=False)
class StreetStops:
    """The stops and what they are made of.

    Attributes
    ----------
    stops
        S stops whose `entry` and `exit` are numbers of `locations`.
    locations
        The L locations of these.
    household
        Numbers of the placed households, stop after stop, in walking order from `entry` to `exit`.
    first
        (S + 1,) where in `household` each stop begins.
    segment, side
        (S,) where the stop is; the side is BOTH, LEFT or RIGHT of the line.
    from_m, to_m
        (S,) the stretch of the line it covers, `from_m` <= `to_m`.
    unplaced
        Numbers of households that are too far from every street where anything is collected.
    """

    stops: Stops
    locations: StreetLocations
    household: IntArray
    first: IntArray
    segment: IntArray
    side: IntArray
    from_m: FloatArray
    to_m: FloatArray
    unplaced: IntArray


class _Part(NamedTuple):
    """One stop to be: a stretch of a street's side and its households in walking order."""

    segment: int
    side: int
    number: int
    from_m: float
    to_m: float
    members: list[int]
    against: bool
    load: FloatArray
    work_s: float


def street_stops(
    households: Households, streets: Streets, bounds: StopBounds, *, traffic_on_left: bool = True
) -> StreetStops:
    """Group households by street side, split where a side is too much for one stop.

    Every household belongs to the nearest street where anything is collected, and to the side of it where it
    stands; in streets collected in one pass, to both. A side that is above a bound is cut half-way between
    two households, into as few parts as the walking order allows.

    Parameters
    ----------
    households, streets
        Who, and along what.
    bounds
        How much one stop may be.
    traffic_on_left
        Which side the traffic keeps to, as in Britain.

    Raises
    ------
    RouteInputError
        Where a household alone is above a bound, or a bound is not above 0.
    """
    check_bounds(households, bounds)
    suitable = streets.collect != Collect.NOT
    places = place_on_streets(streets.lines, households.en, bounds.max_away_m, suitable)
    placed = np.flatnonzero(places.segment != NO_STREET)
    collect = streets.collect[places.segment[placed]]
    side = np.where(collect == Collect.BOTH_SIDES, BOTH, np.where(places.left[placed], LEFT, RIGHT))
    order = np.lexsort((placed, places.along_m[placed], side, places.segment[placed]))
    placed, side = placed[order], side[order]
    key = places.segment[placed] * len(SIDE_NAMES) + side
    length_m = streets.lines.length_m()
    parts: list[_Part] = []
    far_side = RIGHT if traffic_on_left else LEFT
    for group in np.split(np.arange(len(placed)), np.flatnonzero(np.diff(key)) + 1):
        if not len(group):
            continue
        segment, here = int(places.segment[placed[group[0]]]), int(side[group[0]])
        against = (
            streets.collect[segment] == Collect.NEAR_SIDE
            and not streets.one_way[segment]
            and here == far_side
        )
        members = placed[group][::-1] if against else placed[group]
        parts += _split(households, places, bounds, members, here, float(length_m[segment]), bool(against))
    return _assemble(households, streets, parts, np.flatnonzero(places.segment == NO_STREET))


def _split(
    households: Households,
    places: StreetPlaces,
    bounds: StopBounds,
    members: IntArray,
    side: int,
    length_m: float,
    against: bool,
) -> list[_Part]:
    """Cut one side, its households given in walking order, into as few parts as the bounds allow."""
    cuts = [0]
    sums: list[tuple[FloatArray, float]] = []
    load, work_s = np.zeros(len(bounds.max_load)), 0.0
    for at, member in enumerate(members):
        more, longer_s = load + households.load[member], work_s + float(households.service_s[member])
        if at > cuts[-1] and ((more > bounds.max_load).any() or longer_s > bounds.max_work_s):
            sums.append((load, work_s))
            cuts.append(at)
            more, longer_s = households.load[member].copy(), float(households.service_s[member])
        load, work_s = more, longer_s
    sums.append((load, work_s))
    along_m = places.along_m[members]
    middle = [(along_m[at - 1] + along_m[at]) / 2 for at in cuts[1:]]
    border_m = [length_m, *middle, 0.0] if against else [0.0, *middle, length_m]
    segment = int(places.segment[members[0]])
    cuts.append(len(members))
    return [
        _Part(
            segment,
            side,
            number + 1 if len(sums) > 1 else 0,
            float(min(border_m[number], border_m[number + 1])),
            float(max(border_m[number], border_m[number + 1])),
            members[cuts[number] : cuts[number + 1]].tolist(),
            against,
            load,
            work_s,
        )
        for number, (load, work_s) in enumerate(sums)
    ]


def _assemble(
    households: Households, streets: Streets, parts: list[_Part], unplaced: IntArray
) -> StreetStops:
    length_m = streets.lines.length_m()
    numbering = Numbering()
    ends = np.zeros((len(parts), 2), dtype=np.int64)
    for at, part in enumerate(parts):
        here_m = float(length_m[part.segment])
        pair = [
            numbering.at(streets, part.segment, along_m, here_m, against=part.against)
            for along_m in (part.from_m, part.to_m)
        ]
        ends[at] = pair[::-1] if part.against else pair
    segment = np.array([part.segment for part in parts], dtype=np.int64)
    from_m, to_m = (np.array([part[i] for part in parts], dtype=np.float64) for i in (3, 4))
    work_s = np.array([part.work_s for part in parts], dtype=np.float64)
    first = np.cumsum([0] + [len(part.members) for part in parts])
    household = np.array([one for part in parts for one in part.members], dtype=np.int64)
    price = np.append(0.0, np.cumsum(households.unserved_cost[household]))
    count = len(parts)
    stops = Stops(
        ids=tuple(_name(streets, part) for part in parts),
        entry=ends[:, 0].copy(),
        exit=ends[:, 1].copy(),
        either_way=~streets.one_way[segment] & (streets.collect[segment] != Collect.NEAR_SIDE),
        service_s=work_s + (to_m - from_m) / streets.speed_mps[segment],
        load=np.array([part.load for part in parts]).reshape(count, households.load.shape[1]),
        window_open_s=np.full((count, 1), -np.inf),
        window_close_s=np.full((count, 1), np.inf),
        ban_from_s=streets.ban_from_s[segment],
        ban_until_s=streets.ban_until_s[segment],
        no_reversing=streets.no_reversing[segment],
        skills=np.zeros(count, dtype=np.int64),
        release_s=np.full(count, -np.inf),
        unserved_cost=price[first[1:]] - price[first[:-1]],
        locked_vehicle=np.full(count, ANYWHERE),
        locked_position=np.full(count, ANYWHERE),
    )
    side = np.array([part.side for part in parts], dtype=np.int64)
    return StreetStops(stops, numbering.locations(), household, first, segment, side, from_m, to_m, unplaced)


def _name(streets: Streets, part: _Part) -> str:
    suffix = f"/{part.number}" if part.number else ""
    return streets.ids[part.segment] + SIDE_NAMES[part.side] + suffix
