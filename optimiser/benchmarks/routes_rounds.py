"""Plain rounds of a made-up day: near stops together, each next stop the nearest, tips when full, one break.

Called by `council_day`, which draws the rules of the day so that these rounds keep them. It is not a solver:
it knows no windows of stops, no caps and no skills.
"""

from dataclasses import dataclass, field

import numpy as np

from optimiser.routes.arrays import BoolArray, FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, Kind, Visit
from optimiser.routes.stops import Tips


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What the day happens on.

    Parameters
    ----------
    travel_s
        Between locations, (L, L).
    entry, exit, either_way
        Of each stop, (S,).
    tips
        Where vehicles are emptied.
    """

    travel_s: FloatArray
    entry: IntArray
    exit: IntArray
    either_way: BoolArray
    tips: Tips


@dataclass(slots=True)
class LaidRound:
    """A round with its times.

    Parameters
    ----------
    visits
        In order.
    begin_s, leave_s
        When each begins and ends.
    trip_left_s
        For each visit, when its trip left the depot or the tip.
    finish_s
        Back at the depot.
    """

    visits: list[Visit] = field(default_factory=list)
    begin_s: list[float] = field(default_factory=list)
    leave_s: list[float] = field(default_factory=list)
    trip_left_s: list[float] = field(default_factory=list)
    finish_s: float = 0.0

    def add(self, visit: Visit, begin_s: float, leave_s: float, trip_left_s: float) -> None:
        """Put a visit at the end."""
        self.visits.append(visit)
        self.begin_s.append(begin_s)
        self.leave_s.append(leave_s)
        self.trip_left_s.append(trip_left_s)


def grouped(where_m: FloatArray, groups: int) -> IntArray:
    """Return a group for each place, by halving: equally many places in each, near ones together."""
    group = np.zeros(len(where_m), dtype=np.int64)
    parts = [(np.arange(len(where_m)), 0, groups)]
    while parts:
        places, first, count = parts.pop()
        if count == 1:
            group[places] = first
            continue
        spread = np.ptp(where_m[places], axis=0)
        order = places[np.argsort(where_m[places, int(np.argmax(spread))], kind="stable")]
        half = count // 2
        cut = round(len(order) * half / count)
        parts += [(order[:cut], first, half), (order[cut:], first + half, count - half)]
    return group


def nearest_order(ground: Ground, stops: IntArray, start: int) -> list[Visit]:
    """Return stops in the order of the nearest next one, each the way round that is nearer."""
    left, at, visits = set(stops.tolist()), start, []
    while left:
        ways = [(ground.travel_s[at, ground.entry[stop]], stop, False) for stop in left]
        ways += [(ground.travel_s[at, ground.exit[s]], s, True) for s in left if ground.either_way[s]]
        _, stop, backward = min(ways)
        left.remove(stop)
        visits.append(Visit(Kind.STOP, stop, backward))
        at = int(ground.entry[stop] if backward else ground.exit[stop])
    return visits


class Laying:
    """One round as it grows: where the vehicle is, when, and what is on board."""

    def __init__(self, ground: Ground, fleet: Fleet, vehicle: int) -> None:
        self.ground, self.fleet, self.vehicle = ground, fleet, vehicle
        self.at, self.now_s = int(fleet.start[vehicle]), float(fleet.shift_start_s[vehicle])
        self.left_s = self.now_s
        self.load = np.zeros(fleet.capacity.shape[1])
        self.rested = fleet.break_s[vehicle] <= 0
        self.laid = LaidRound()

    def rest_if_due(self) -> None:
        """Have the break once its time has come."""
        if not self.rested and self.now_s >= self.fleet.break_earliest_s[self.vehicle]:
            begin_s, self.now_s = self.now_s, self.now_s + float(self.fleet.break_s[self.vehicle])
            self.laid.add(Visit(Kind.BREAK, BREAK_BEFORE_LEAVING), begin_s, self.now_s, self.left_s)
            self.rested = True

    def serve(self, visit: Visit, service_s: float, load: FloatArray) -> None:
        """Drive to a stop and serve it, by way of a tip where it would not fit on board."""
        if np.any(self.load + load > self.fleet.capacity[self.vehicle]):
            self.tip()
        self.rest_if_due()
        ground, stop = self.ground, visit.index
        into, out = (ground.exit, ground.entry) if visit.backward else (ground.entry, ground.exit)
        begin_s = self.now_s + float(ground.travel_s[self.at, into[stop]])
        self.now_s, self.at = begin_s + service_s, int(out[stop])
        self.load = self.load + load
        self.laid.add(visit, begin_s, self.now_s, self.left_s)

    def tip(self) -> None:
        """Drive to the tip, of those that take all that is on board, that is done with soonest."""
        if not self.load.any():
            return
        self.rest_if_due()
        tips = self.ground.tips
        ways = []
        for tip in np.flatnonzero(tips.takes[:, self.load > 0].all(axis=1)).tolist():
            begin_s = self._opens(tip, self.now_s + float(self.ground.travel_s[self.at, tips.location[tip]]))
            ways.append((begin_s + float(tips.service_s[tip]), begin_s, tip))
        done_s, begin_s, tip = min(ways)
        self.laid.add(Visit(Kind.TIP, tip), begin_s, done_s, self.left_s)
        self.now_s = self.left_s = done_s
        self.at = int(tips.location[tip])
        self.load = np.zeros_like(self.load)

    def end(self) -> LaidRound:
        """Empty what is on board, drive home, and return the round."""
        self.tip()
        self.laid.finish_s = self.now_s + float(self.ground.travel_s[self.at, self.fleet.end[self.vehicle]])
        return self.laid

    def _opens(self, tip: int, arrive_s: float) -> float:
        """Return when tipping begins; endless where the tip does not open again."""
        opens, closes = self.ground.tips.window_open_s[tip], self.ground.tips.window_close_s[tip]
        begins = [max(arrive_s, o) for o, c in zip(opens, closes, strict=True) if max(arrive_s, o) <= c]
        return float(min(begins, default=np.inf))


def lay_round(
    ground: Ground, fleet: Fleet, vehicle: int, order: list[Visit], service_s: FloatArray, load: FloatArray
) -> LaidRound:
    """Return the round of a vehicle that serves stops in an order, with tips and its break.

    Parameters
    ----------
    ground, fleet, vehicle
        Who drives where.
    order
        Its stops.
    service_s, load
        Of all stops, (S,) and (S, K).
    """
    laying = Laying(ground, fleet, vehicle)
    for visit in order:
        laying.serve(visit, float(service_s[visit.index]), load[visit.index])
    return laying.end()
