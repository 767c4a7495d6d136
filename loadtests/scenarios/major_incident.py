"""One large incident as events: ten appliances committed within a minute, then storms of statuses.

Used by the scenario of a major-incident night. The same seed gives the same events; sends nothing.
"""

import itertools
import json
import random
from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from loadtests.pipeline.brigade import Brigade
from loadtests.pipeline.busy_day import START

COMMITTED, WITHIN_S = 10, 60.0
STORM_EVERY_S = 0.5
"""Each appliance at the scene tells a status or its place so often, in the night's own time."""
SCATTER_M = 400.0


class MajorIncident:
    """The events of one incident: `opening` first, then `storm` for as long as anybody asks.

    Raises
    ------
    ValueError
        Where the brigade has too few appliances.
    """

    def __init__(self, brigade: Brigade, seed: int, number: int, begin_s: float) -> None:
        if len(brigade.appliances) < COMMITTED:
            raise ValueError(f"{len(brigade.appliances)} appliances; a major incident needs {COMMITTED}")
        self._brigade = brigade
        self._name = f"{seed:x}-{number}-{int(begin_s)}"
        self._random = random.Random(f"{seed} {number}")
        self._counts = itertools.count(1)
        self._begin_s = begin_s
        zone = int(np.argmax(np.cumsum(brigade.demand) >= self._random.random()))
        self.place = (float(brigade.zones_en[zone, 0]), float(brigade.zones_en[zone, 1]))
        away_m = np.hypot(*(brigade.stations_en[brigade.homes] - np.array(self.place)).T)
        self.sent = [brigade.appliances[who] for who in np.argsort(away_m, kind="stable")[:COMMITTED]]

    def opening(self) -> list[bytes]:
        """The call, and ten appliances mobilised to it within a minute."""
        east, north = self.place
        call = {
            "incident": self._incident,
            "category": "fire",
            "easting_m": round(east, 1),
            "northing_m": round(north, 1),
            "appliances_required": {self._brigade.kind: COMMITTED},
        }
        events = [self._event(0.0, "incident.opened", call)]
        for place, who in enumerate(self.sent):
            at_s = WITHIN_S * (place + 1) / (COMMITTED + 1)
            events.append(self._status(at_s, who, "mobilised"))
        return events

    def storm(self) -> Iterator[bytes]:
        """Statuses and positions of everybody at the scene, without end."""
        at_s = WITHIN_S
        while True:
            at_s += STORM_EVERY_S
            for who in self.sent:
                east, north = (x + self._random.uniform(-SCATTER_M, SCATTER_M) for x in self.place)
                where = {"easting_m": round(east, 1), "northing_m": round(north, 1)}
                if self._random.random() < 0.5:
                    yield self._event(at_s, "appliance.position", {"appliance": who, **where})
                else:
                    yield self._status(at_s, who, self._random.choice(("mobilised", "at_incident")))

    @property
    def _incident(self) -> str:
        return f"M{self._name}"

    def _status(self, at_s: float, who: str, status: str) -> bytes:
        data: dict[str, object] = {"appliance": who, "status": status, "incident": self._incident}
        return self._event(at_s, "appliance.status", data)

    def _event(self, at_s: float, kind: str, data: dict[str, object]) -> bytes:
        time = (START + timedelta(seconds=self._begin_s + at_s)).isoformat(timespec="milliseconds")
        event = {
            "specversion": "1.0",
            "id": f"major-{self._name}-{next(self._counts)}",
            "source": "/loadtests/major-incident",
            "type": f"dynamiccover.{kind}.v1",
            "time": time.replace("+00:00", "Z"),
            "area": self._brigade.area,
            "datacontenttype": "application/json",
            "data": data,
        }
        return json.dumps(event, separators=(",", ":")).encode()
