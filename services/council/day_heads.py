"""How far each round is: what of it stays as it is, and when its vehicle is free for what comes after.

Read by `services.council.day_problem` and the figures of the day. What is done stays, and so does the visit a
crew is on its way to. Never changes a round.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.council.day_picture import DayPicture, VehicleState
from services.council.road_ground import GroundWays, RoadGround
from services.council.visits import BACKWARDS, BREAKS, stop_of, tip_of
from streams.council_events import VehicleStatus
from streams.rounds_plan import AddedStop

LATE_STEP_S = 20.0
"""A crew that should be done with a visit by now is expected at the next full step, so that what depends on
it is not worked out anew at every moment."""


class Head(NamedTuple):
    """The part of a round that stays.

    Attributes
    ----------
    done
        Visits that are over.
    stays
        Visits that stay: those and, of a crew at work, the one it is on its way to.
    free_s
        When the vehicle is free after these, seconds of the local day; nan where none stays.
    lost
        Whether it is out of order, or in service no more.
    """

    done: int
    stays: int
    free_s: float
    lost: bool


class Call(NamedTuple):
    """Nodes where a visit begins and ends, its length, and from when it may begin."""

    entry: int
    leave: int
    service_s: float
    opens_s: float


class Heads:
    """What stays of the rounds of a council.

    For one thread.

    Parameters
    ----------
    ground
        Its fleet, stops, tips and roads.
    """

    def __init__(self, ground: RoadGround) -> None:
        self._ground = ground
        self._zone = ZoneInfo(ground.council.timezone)
        self._known: tuple[DayPicture | None, GroundWays | None, dict[str, Head]] = (None, None, {})

    def now_s(self, picture: DayPicture) -> float:
        """The picture's time, seconds of the local day; before all days where nothing has happened."""
        return self.at_s(picture, picture.as_of)

    def at_s(self, picture: DayPicture, at: datetime) -> float:
        """Any time likewise."""
        if picture.date is None:
            return -math.inf
        midnight = datetime.combine(picture.date, time(), self._zone).astimezone(UTC)
        return (at - midnight).total_seconds()

    def of(self, picture: DayPicture, vehicle: str, ways: GroundWays) -> Head:
        """How far the round of a vehicle is; remembered for the picture asked about last."""
        if self._known[0] is not picture or self._known[1] is not ways:
            self._known = (picture, ways, {})
        known = self._known[2]
        if vehicle not in known:
            known[vehicle] = self._read(picture, vehicle, ways)
        return known[vehicle]

    def _read(self, picture: DayPicture, vehicle: str, ways: GroundWays) -> Head:
        state = picture.vehicles.get(vehicle) or VehicleState(vehicle)
        visits = picture.rounds.get(vehicle, ())
        done, now_s = min(state.done, len(visits)), self.now_s(picture)
        number = self._ground.council.vehicle_number[vehicle]
        start_s = float(self._ground.fleet.shift_start_s[number])
        free_s, last_at = math.nan, state.last_done_at
        if done and last_at is not None:
            free_s = max(start_s, self.at_s(picture, last_at))
        if state.status is not VehicleStatus.IN_SERVICE:
            return Head(done, done, free_s, True)
        if not done and now_s <= start_s:
            return Head(0, 0, math.nan, False)
        if done == len(visits):
            return Head(done, done, max(free_s if done else start_s, now_s), False)
        clock_s = free_s if done else start_s
        stays, end_s = self._under_way(picture.added, number, visits, done, clock_s, ways)
        if end_s < now_s:
            end_s = LATE_STEP_S * math.ceil(now_s / LATE_STEP_S)
        return Head(done, stays, end_s, False)

    def _under_way(
        self,
        added: Mapping[str, AddedStop],
        number: int,
        visits: tuple[str, ...],
        done: int,
        clock_s: float,
        ways: GroundWays,
    ) -> tuple[int, float]:
        """How many visits stay with the one a crew is on its way to, and when that is over."""
        fleet, stays = self._ground.fleet, done
        while stays < len(visits) and visits[stays] in BREAKS:
            # A rest, and where it is taken on arrival, the visit it is taken at.
            on_arrival = visits[stays] != "break"
            clock_s = max(clock_s, float(fleet.break_earliest_s[number])) + float(fleet.break_s[number])
            stays += 1
            if not on_arrival:
                return stays, clock_s
        if stays == len(visits):
            return stays, clock_s
        call = self.call(visits[stays], added)
        if call is None:
            return stays + 1, clock_s
        leg_s = float(ways.travel_s[self.node_after(number, visits[:done], added), call.entry])
        clock_s = max(clock_s + (leg_s if math.isfinite(leg_s) else 0.0), call.opens_s)
        return stays + 1, clock_s + call.service_s

    def call(self, word: str, added: Mapping[str, AddedStop]) -> Call | None:
        """Where and how long a visit is that is no break; None for a stop or tip nobody knows."""
        ground, tip, stop = self._ground, tip_of(word), stop_of(word)
        if tip is not None:
            n = ground.council.tip_number.get(tip)
            if n is None:
                return None
            node, opens_s = int(ground.tips.location[n]), float(ground.tips.window_open_s[n, 0])
            return Call(node, node, float(ground.tips.service_s[n]), opens_s)
        if stop is None or not (stop in added or stop in ground.council.stop_number):
            return None
        ends = ground.ends(stop, added)
        if word.endswith(BACKWARDS):
            ends = ends[1], ends[0]
        if stop in added:
            return Call(*ends, added[stop].service_s, -math.inf)
        n = ground.council.stop_number[stop]
        return Call(*ends, float(ground.stops.service_s[n]), float(ground.stops.window_open_s[n, 0]))

    def node_after(self, number: int, visits: tuple[str, ...], added: Mapping[str, AddedStop]) -> int:
        """Node where a vehicle is after these visits of its round."""
        for word in reversed(visits):
            call = None if word in BREAKS else self.call(word, added)
            if call is not None:
                return call.leave
        return int(self._ground.fleet.start[number])
