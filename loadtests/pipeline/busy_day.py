"""A seeded stream of one brigade's events, as bytes: incidents, what appliances say, where they drive.

Used by all measurements; the same seed gives the same bytes. Several times London's daily incidents, so that
a third of the appliances are out at any time. Never sends anything.
"""

import heapq
import itertools
import json
import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from loadtests.pipeline.brigade import Brigade

START = datetime(2025, 6, 6, 6, tzinfo=UTC)
SOURCE = "/loadtests/pipeline"
CALL_EVERY_S = 70.0
"""Mean time between calls: 1,200 a day, where London's busiest days have some 700."""
WANTED = (1, 1, 1, 2, 2, 3)
"""Appliances an incident asks for, each as likely."""
ON_SCENE_S = (480.0, 2400.0)
DRIVING_M_S = 9.0
"""Speed as the crow flies: 20 mph."""
POSITION_EVERY_S = 60.0
POSITIONS_MOST = 4
"""Positions an appliance tells on one way."""
SPREAD_M = 150.0
"""How far from its zone's point an incident lies, either way."""
MUSTER_STEP_S = 0.1

Data = dict[str, object]
Step = Callable[[float], None]


class BusyDay:
    """The stream; `take` gives the next events.

    Parameters
    ----------
    positions
        Whether appliances tell where they are while they drive. Positions call for no plan.
    begin_s
        Seconds after `START` of the first event.
    """

    def __init__(self, brigade: Brigade, seed: int, positions: bool = True, begin_s: float = 0.0) -> None:
        self._brigade = brigade
        self._name = f"{seed:x}-{int(begin_s)}"
        self._random = random.Random(f"{seed} {begin_s}")
        self._positions = positions
        self._steps: list[tuple[float, int, Step]] = []
        self._order = itertools.count()
        self._made = 0
        self._ready: list[bytes] = []
        self._at_home = set(range(len(brigade.appliances)))
        self._open: dict[str, tuple[float, float]] = {}
        self._calls = 0
        self.now_s = begin_s
        self._zone_ends = np.cumsum(brigade.demand)
        for appliance in range(len(brigade.appliances)):
            at_s = begin_s + appliance * MUSTER_STEP_S
            self._at(at_s, partial(self._home, appliance))
        self._at(begin_s + len(brigade.appliances) * MUSTER_STEP_S, self._call)

    def take(self, count: int) -> list[bytes]:
        """The next `count` events; the first are every appliance's word that it is at home."""
        while len(self._ready) < count:
            self.now_s, _, step = heapq.heappop(self._steps)
            step(self.now_s)
        taken, self._ready = self._ready[:count], self._ready[count:]
        return taken

    def stops(self) -> list[bytes]:
        """End every incident that is open, out of turn, to leave a clean picture; the stream ends here."""
        self._ready, self._steps = [], []
        for incident in list(self._open):
            self._stop(self.now_s, incident)
        taken, self._ready = self._ready, []
        return taken

    def _at(self, at_s: float, step: Step) -> None:
        heapq.heappush(self._steps, (at_s, next(self._order), step))

    def _say(self, at_s: float, kind: str, data: Data) -> None:
        self._made += 1
        event = {
            "specversion": "1.0",
            "id": f"{self._name}-{self._made}",
            "source": SOURCE,
            "type": f"dynamiccover.{kind}.v1",
            "time": _time(at_s),
            "area": self._brigade.area,
            "datacontenttype": "application/json",
            "sequence": self._made,
            "data": data,
        }
        self._ready.append(json.dumps(event, separators=(",", ":")).encode())

    def _status(self, at_s: float, who: int, status: str, **more: object) -> None:
        data = {"appliance": self._brigade.appliances[who], "status": status, **more}
        self._say(at_s, "appliance.status", data)

    def _home(self, who: int, now_s: float) -> None:
        self._at_home.add(who)
        self._status(now_s, who, "available", station=self._station(who))

    def _station(self, who: int) -> str:
        return self._brigade.stations[int(self._brigade.homes[who])]

    def _call(self, now_s: float) -> None:
        """An incident opens, the nearest appliances go, and the next call is due."""
        rng = self._random
        self._at(now_s + rng.expovariate(1 / CALL_EVERY_S), self._call)
        zone = min(int(np.searchsorted(self._zone_ends, rng.random())), len(self._zone_ends) - 1)
        east, north = (float(x) + rng.uniform(-SPREAD_M, SPREAD_M) for x in self._brigade.zones_en[zone])
        east, north = round(east, 1), round(north, 1)
        self._calls += 1
        incident = f"I{self._name}-{self._calls}"
        wanted, stop_s = rng.choice(WANTED), now_s + rng.uniform(*ON_SCENE_S)
        self._open[incident] = (east, north)
        data: Data = {
            "incident": incident,
            "category": rng.choice(("fire", "false_alarm", "special_service")),
            "easting_m": east,
            "northing_m": north,
            "appliances_required": {self._brigade.kind: wanted},
            "expected_stop": _time(stop_s),
        }
        self._say(now_s, "incident.opened", data)
        sent = self._nearest(east, north, wanted)
        for place, (who, dist_m) in enumerate(sent):
            self._at_home.discard(who)
            self._go_out(now_s + 20.0 * (place + 1), who, incident, dist_m, stop_s)
        self._at(stop_s, lambda at_s: self._stop(at_s, incident))

    def _nearest(self, east: float, north: float, wanted: int) -> list[tuple[int, float]]:
        away = self._brigade.stations_en - np.array([east, north])
        dist_m = np.hypot(away[:, 0], away[:, 1])
        near = sorted(self._at_home, key=lambda who: (dist_m[self._brigade.homes[who]], who))
        return [(who, float(dist_m[self._brigade.homes[who]])) for who in near[:wanted]]

    def _go_out(self, depart_s: float, who: int, incident: str, dist_m: float, stop_s: float) -> None:
        """Everything one appliance will say, from being sent until it is home again."""
        drive_s = 60.0 + dist_m / DRIVING_M_S
        arrive_s = depart_s + drive_s
        free_s = max(stop_s, arrive_s) + self._random.uniform(30.0, 180.0)
        place, home = self._open[incident], self._brigade.stations_en[self._brigade.homes[who]]
        base = (float(home[0]), float(home[1]))
        station, back = self._station(who), _time(free_s + drive_s)
        due = _time(arrive_s)
        self._at(depart_s, lambda s: self._status(s, who, "mobilised", incident=incident, expected_at=due))
        self._drive(depart_s, drive_s, who, base, place)
        self._at(
            arrive_s,
            lambda s: self._status(
                s, who, "at_incident", incident=incident, easting_m=place[0], northing_m=place[1]
            ),
        )
        self._at(free_s, lambda s: self._status(s, who, "returning", station=station, expected_at=back))
        self._drive(free_s, drive_s, who, place, base)
        self._at(free_s + drive_s, partial(self._home, who))

    def _drive(
        self, from_s: float, drive_s: float, who: int, start: tuple[float, float], end: tuple[float, float]
    ) -> None:
        if not self._positions:
            return
        times = max(1, min(POSITIONS_MOST, math.floor(drive_s / POSITION_EVERY_S)))
        for part in (n / (times + 1) for n in range(1, times + 1)):
            east, north = (a + (b - a) * part for a, b in zip(start, end, strict=True))
            data: Data = {
                "appliance": self._brigade.appliances[who],
                "easting_m": round(east, 1),
                "northing_m": round(north, 1),
            }
            self._at(from_s + drive_s * part, partial(self._position, data))

    def _position(self, data: Data, now_s: float) -> None:
        self._say(now_s, "appliance.position", data)

    def _stop(self, now_s: float, incident: str) -> None:
        if self._open.pop(incident, None) is not None:
            self._say(now_s, "incident.stopped", {"incident": incident})


def batches(events: list[bytes], size: int) -> Iterator[bytes]:
    """The events as bodies of CloudEvents batches."""
    for first in range(0, len(events), size):
        yield b"[" + b",".join(events[first : first + size]) + b"]"


def _time(at_s: float) -> str:
    return (START + timedelta(seconds=at_s)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
