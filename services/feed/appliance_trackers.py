"""Where appliances on the road are: along the region's own routes, in step with the simulation.

Used by the demo. Looks routes up on a thread of its own; until one is known the appliance stays where it
was. Never holds more than one leg for each appliance.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.travel_time import TravelTimes

FloatArray = NDArray[np.float64]

POSITIONS_AT_ONCE = 120
"""Position events in one go at most; the others have their turn next time."""
MOVED_M = 15.0
"""A tracker that has moved less than this says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """A way being driven: points (k, 2) in metres, metres gone at each (k,), and from when to when."""

    en: FloatArray
    gone_m: FloatArray
    depart_s: float
    arrive_s: float

    def at(self, now_s: float) -> FloatArray:
        """Return the place (2,) at a simulated second: the leg is driven at one speed."""
        span_s = max(self.arrive_s - self.depart_s, 1e-9)
        gone = float(np.clip((now_s - self.depart_s) / span_s, 0.0, 1.0)) * float(self.gone_m[-1])
        east = np.interp(gone, self.gone_m, self.en[:, 0])
        north = np.interp(gone, self.gone_m, self.en[:, 1])
        return np.array([east, north])


class ApplianceTrackers:
    """The legs under way in one region."""

    def __init__(self, travel: TravelTimes) -> None:
        """Start with nobody on the road."""
        self._travel = travel
        self._legs: dict[int, Leg] = {}
        self._last: dict[int, FloatArray] = {}
        self._ticket: dict[int, int] = {}
        self._tickets = 0
        self._turn = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed-routes")
        self._lookups: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """End the thread and forget what was asked of it."""
        for lookup in self._lookups:
            lookup.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def arrived(self, appliance: int) -> None:
        """Forget an appliance's leg."""
        for kept in (self._legs, self._last, self._ticket):
            kept.pop(appliance, None)

    def departs(
        self,
        appliance: int,
        origin_en: FloatArray,
        destination_en: FloatArray,
        depart_s: float,
        arrive_s: float,
        backwards: bool,
    ) -> None:
        """Look up the way from an origin to a destination and drive it.

        `backwards` looks it up from the destination, which is quick where that is a station: the ways from
        a station are kept by the region.
        """
        self.arrived(appliance)
        self._tickets += 1
        ticket = self._ticket[appliance] = self._tickets
        ends = (destination_en, origin_en) if backwards else (origin_en, destination_en)

        async def look_up() -> None:
            loop = asyncio.get_running_loop()
            route = await loop.run_in_executor(self._thread, self._travel.route, *ends)
            if self._ticket.get(appliance) == ticket:
                en = route.en[::-1] if backwards else route.en
                steps_m = np.hypot(*np.diff(en, axis=0).T)
                gone_m = np.concatenate([[0.0], np.cumsum(steps_m)])
                self._legs[appliance] = Leg(en, gone_m, depart_s, arrive_s)

        lookup = asyncio.get_running_loop().create_task(look_up())
        self._lookups.add(lookup)
        lookup.add_done_callback(self._lookups.discard)

    def positions(self, now_s: float) -> list[tuple[int, FloatArray]]:
        """Return the appliances that have moved since they last said so, and where they are."""
        on_road = sorted(self._legs)
        if len(on_road) > POSITIONS_AT_ONCE:
            self._turn = (self._turn + POSITIONS_AT_ONCE) % len(on_road)
            on_road = (on_road[self._turn :] + on_road[: self._turn])[:POSITIONS_AT_ONCE]
        moved = []
        for appliance in on_road:
            leg = self._legs[appliance]
            en = leg.at(now_s)
            last = self._last.get(appliance, leg.en[0])
            if np.hypot(*(en - last)) >= MOVED_M:
                self._last[appliance] = en
                moved.append((appliance, en))
        return moved
