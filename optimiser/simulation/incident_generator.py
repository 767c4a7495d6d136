"""Incidents by forecast: a seeded Poisson process over hours of the week and zones.

Called by the demo feed and by benchmarks. Never looks at the brigade: what is asked for does not depend on
what is available.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.simulation.incident import Incident, Reinforcement

HOURS_OF_WEEK = 168
HOUR_S = 3_600.0

PUMP_SHARES = (0.6217, 0.2942, 0.0321, 0.0129, 0.0391)
"""Share of incidents that took 1, 2, 3, 4, and 5 pumps or more: PumpCount of the LFB's 2023 incidents (London
Datastore, a sample of n = 10,000)."""


@dataclass(frozen=True, slots=True)
class IncidentMix:
    """How incidents differ from each other.

    Parameters
    ----------
    pump_shares
        Probability of 1, 2, 3, … appliances of kind 0; sums to 1.
    mean_on_scene_s, on_scene_per_pump_s
        Mean time on scene with one pump, and what each further pump adds: 30 minutes and 4 by default, so
        that five pumps stay 46 on average. The record's own pump minutes are rounded to hours of cost and
        cannot say it more exactly.
    on_scene_sigma
        Standard deviation of the logarithm of the time on scene.
    large_every_s
        Mean time between large incidents, uniform within ± 30 %; 0 for none.
    large_first_s
        When the first large incident comes, seconds after the start; None as any other.
    large_pumps, large_on_scene_s
        Least and most pumps of a large incident, and how long they stay.

    Raises
    ------
    ValueError
        When a share or a time is out of range.
    """

    pump_shares: tuple[float, ...] = PUMP_SHARES
    mean_on_scene_s: float = 1_800.0
    on_scene_per_pump_s: float = 240.0
    on_scene_sigma: float = 0.6
    large_every_s: float = 0.0
    large_first_s: float | None = None
    large_pumps: tuple[int, int] = (8, 15)
    large_on_scene_s: tuple[float, float] = (5_400.0, 10_800.0)

    def __post_init__(self) -> None:
        """Check ranges."""
        if not self.pump_shares or min(self.pump_shares) < 0 or abs(sum(self.pump_shares) - 1) > 1e-9:
            raise ValueError(f"pump_shares is {self.pump_shares}, want shares that sum to 1")
        for name in ("mean_on_scene_s", "on_scene_sigma"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, want more than 0")
        for name in ("on_scene_per_pump_s", "large_every_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, want 0 or more")
        if not 1 <= self.large_pumps[0] <= self.large_pumps[1]:
            raise ValueError(f"large_pumps is {self.large_pumps}, want least and most, from 1")
        if not 0 < self.large_on_scene_s[0] <= self.large_on_scene_s[1]:
            raise ValueError(f"large_on_scene_s is {self.large_on_scene_s}, want least and most seconds")


class IncidentGenerator:
    """An endless stream of incidents in order of time.

    The demand of kind 0 drives when and where: in each hour the process is Poisson with that hour's total
    rate (by inversion: unit exponentials are spent against the rate, which is constant within an hour), and
    the zone is drawn in proportion. An incident asks for one appliance of another kind with the
    probability (that kind's demand) / (demand of kind 0) of its zone and hour, so that this kind's calls
    come at its own rate wherever it is the lower. Memory does not grow with time.

    Parameters
    ----------
    demand_per_h
        Shape (K, 168, Z) or (168, Z), incidents per hour; hour 0 is Monday 00:00.
    strength
        Appliances there are of each kind; never asked for more.
    seed
        Same seed, same incidents.
    start_s, start_hour
        Simulated seconds of the start, and the hour of the week it is then (may be a fraction).
    mix
        How incidents differ.
    prefix
        Beginning of every incident's name.

    Raises
    ------
    ValueError
        When demand has the wrong shape, is negative, or there is none at all.
    """

    def __init__(
        self,
        demand_per_h: NDArray[Any],
        strength: tuple[int, ...],
        seed: int,
        *,
        start_s: float = 0.0,
        start_hour: float = 0.0,
        mix: IncidentMix | None = None,
        prefix: str = "I",
    ) -> None:
        """Check the demand and prepare the sums; nothing is drawn yet."""
        demand = np.asarray(demand_per_h, dtype=np.float32)
        demand = demand[None] if demand.ndim == 2 else demand
        if demand.ndim != 3 or demand.shape[1] != HOURS_OF_WEEK or len(strength) < len(demand):
            raise ValueError(
                f"demand_per_h has shape {demand.shape} for {len(strength)} kinds, want (K, 168, Z)"
            )
        self._rate_per_h = demand[0].sum(axis=1, dtype=np.float64)
        if not np.isfinite(self._rate_per_h).all() or demand.min() < 0 or self._rate_per_h.max() <= 0:
            raise ValueError("demand_per_h must be finite, not negative, and more than 0 somewhere")
        self._demand = demand
        self._strength = strength
        self._random = np.random.default_rng(seed)
        self._mix = mix if mix is not None else IncidentMix()
        self._prefix = prefix
        self._count = 0
        self._start_s = start_s
        self._hour_zero_s = start_s - start_hour * HOUR_S
        self._now_s = start_s
        self._ordinary = self._draw_ordinary()
        self._next_large_s = self._first_large_s()

    def __iter__(self) -> Iterator[Incident]:
        """Return itself; the stream has no end."""
        return self

    def __next__(self) -> Incident:
        """Return the next incident."""
        self._count += 1
        if self._next_large_s <= self._ordinary:
            at_s = self._next_large_s
            self._next_large_s = at_s + self._mix.large_every_s * self._random.uniform(0.7, 1.3)
            return self._large(at_s)
        at_s, self._ordinary = self._ordinary, self._draw_ordinary()
        return self._common(at_s)

    def _hour(self, at_s: float) -> int:
        return int((at_s - self._hour_zero_s) // HOUR_S) % HOURS_OF_WEEK

    def _draw_ordinary(self) -> float:
        """Return the time of the next ordinary call: a unit exponential spent against the hourly rates."""
        owed = self._random.exponential()
        while True:
            rate_per_s = self._rate_per_h[self._hour(self._now_s)] / HOUR_S
            hours_in = (self._now_s - self._hour_zero_s) // HOUR_S
            hour_ends_s = self._hour_zero_s + (hours_in + 1) * HOUR_S
            to_end = rate_per_s * (hour_ends_s - self._now_s)
            if owed < to_end:
                self._now_s += owed / rate_per_s
                return self._now_s
            owed -= to_end
            self._now_s = hour_ends_s

    def _first_large_s(self) -> float:
        mix = self._mix
        if mix.large_every_s <= 0:
            return float("inf")
        wait_s = mix.large_first_s
        if wait_s is None:
            wait_s = float(mix.large_every_s * self._random.uniform(0.7, 1.3))
        return self._start_s + wait_s

    def _zone(self, hour: int) -> int:
        sums = np.cumsum(self._demand[0, hour], dtype=np.float64)
        if sums[-1] <= 0:
            sums = np.cumsum(self._demand[0].sum(axis=0), dtype=np.float64)
        zone = int(np.searchsorted(sums, self._random.random() * sums[-1], side="right"))
        return min(zone, len(sums) - 1)

    def _common(self, at_s: float) -> Incident:
        mix, hour = self._mix, self._hour(at_s)
        zone = self._zone(hour)
        pumps = 1 + int(self._random.choice(len(mix.pump_shares), p=mix.pump_shares))
        pumps = min(pumps, self._strength[0])
        mean_s = mix.mean_on_scene_s + mix.on_scene_per_pump_s * (pumps - 1)
        mu = np.log(mean_s) - mix.on_scene_sigma**2 / 2
        on_scene_s = float(np.clip(self._random.lognormal(mu, mix.on_scene_sigma), 300.0, 6 * HOUR_S))
        required = (pumps, *self._others(hour, zone))
        return Incident(self._name(), at_s, zone, required, on_scene_s)

    def _others(self, hour: int, zone: int) -> tuple[int, ...]:
        """Draw for each further kind whether one of it is wanted."""
        base = float(self._demand[0, hour, zone])
        wanted = []
        for kind in range(1, len(self._demand)):
            share = float(self._demand[kind, hour, zone]) / base if base > 0 else 0.0
            wanted.append(int(self._random.random() < share and self._strength[kind] > 0))
        return tuple(wanted)

    def _large(self, at_s: float) -> Incident:
        """Draw a large incident: some two thirds of its pumps at once, the rest by a make-up soon after."""
        mix = self._mix
        zone = self._zone(self._hour(at_s))
        pumps = int(self._random.integers(mix.large_pumps[0], mix.large_pumps[1] + 1))
        pumps = min(pumps, self._strength[0])
        one_each = tuple(min(1, n) for n in self._strength[1 : len(self._demand)])
        make_up = Reinforcement(float(self._random.uniform(180.0, 420.0)), (pumps, *one_each))
        at_once = (max(1, (2 * pumps + 2) // 3), *one_each)
        on_scene_s = float(self._random.uniform(*mix.large_on_scene_s))
        return Incident(self._name(), at_s, zone, at_once, on_scene_s, reinforcements=(make_up,))

    def _name(self) -> str:
        return f"{self._prefix}{self._count:06d}"
