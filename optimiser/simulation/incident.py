"""One call for help as the simulator takes it: when, where, how many appliances, for how long.

Made by the incident generator and by the replay of records; read by `Brigade`. Never says which appliance
goes.
"""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Reinforcement:
    """A "make pumps": from `after_s` seconds after the call, `required` appliances of each kind in all."""

    after_s: float
    required: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A call.

    Parameters
    ----------
    id
        Name, unique within a simulation.
    at_s
        Simulated seconds at which the call comes in.
    zone
        Zone index.
    required
        Appliances wanted of each kind, at least one in all.
    on_scene_s
        Seconds each appliance works there, from its own arrival.
    preferred_stations
        Stations asked first for an appliance of kind 0, one each, in this order.
    reinforcements
        Later, larger requirements, in order of time.

    Raises
    ------
    ValueError
        When a number is out of range, or a reinforcement asks for fewer than what came before it.
    """

    id: str
    at_s: float
    zone: int
    required: tuple[int, ...]
    on_scene_s: float
    preferred_stations: tuple[int, ...] = ()
    reinforcements: tuple[Reinforcement, ...] = ()

    def __post_init__(self) -> None:
        """Check ranges."""
        if not isfinite(self.at_s):
            raise ValueError(f"incident {self.id}: at_s is {self.at_s}, want a finite time")
        if not (isfinite(self.on_scene_s) and self.on_scene_s > 0):
            raise ValueError(f"incident {self.id}: on_scene_s is {self.on_scene_s}, want more than 0")
        if not self.required or min(self.required) < 0 or sum(self.required) < 1:
            raise ValueError(f"incident {self.id}: required is {self.required}, want at least one appliance")
        if self.zone < 0:
            raise ValueError(f"incident {self.id}: zone is {self.zone}, want an index")
        before, after_s = self.required, 0.0
        for step in self.reinforcements:
            shrinks = len(step.required) != len(before) or any(
                b > n for b, n in zip(before, step.required, strict=False)
            )
            if shrinks or step.after_s < after_s:
                raise ValueError(f"incident {self.id}: reinforcement {step} asks for less, or comes earlier")
            before, after_s = step.required, step.after_s
