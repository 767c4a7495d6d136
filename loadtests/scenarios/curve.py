"""How many users there are at each moment: ramp, steady, spike, soak.

Used by `shapes`. What is chosen comes from `LOAD_SHAPE`, `LOAD_USERS` and `LOAD_SECONDS`; the curve itself is
a function of time and nothing else. Without Locust, which patches whatever process imports it.
"""

import os
from dataclasses import dataclass

RAMP, STEADY, SPIKE, SOAK = "ramp", "steady", "spike", "soak"
SHAPES = (RAMP, STEADY, SPIKE, SOAK)
SPIKE_BASE, SPIKE_FROM, SPIKE_TO = 0.2, 0.4, 0.6
"""Share of the users outside a spike, and the part of the run in which all are there."""
SOAK_RAMP = 0.05
"""The part of a soak in which users come; all stay for the rest."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Users over time.

    Raises
    ------
    ValueError
        Where the shape is none, or a number makes no sense.
    """

    shape: str
    users: int
    seconds: float

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"LOAD_SHAPE {self.shape!r}; it is one of {', '.join(SHAPES)}")
        if self.users < 1 or not self.seconds > 0:
            raise ValueError(f"LOAD_USERS {self.users} and LOAD_SECONDS {self.seconds:g} are to be above 0")

    def at(self, since_s: float) -> int | None:
        """Users so long after the begin; None once it is over."""
        if since_s >= self.seconds:
            return None
        part = since_s / self.seconds
        if self.shape == RAMP:
            share = part
        elif self.shape == SPIKE:
            share = 1.0 if SPIKE_FROM <= part < SPIKE_TO else SPIKE_BASE
        elif self.shape == SOAK:
            share = min(1.0, part / SOAK_RAMP)
        else:
            share = 1.0
        return max(1, round(self.users * share))


def chosen() -> Curve:
    """What the environment asks for."""
    told = os.environ.get
    return Curve(told("LOAD_SHAPE", STEADY), int(told("LOAD_USERS", "10")), float(told("LOAD_SECONDS", "60")))
