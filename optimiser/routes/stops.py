"""The stops of a day's rounds and the tips where vehicles are emptied.

Part of `optimiser.routes.problem`; arrays over S stops, T tips, K materials. Never holds a plan.
"""

from dataclasses import dataclass

from optimiser.routes.arrays import BoolArray, FloatArray, IntArray

ANYWHERE = -1
"""No lock: any vehicle, any position."""


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """S stops, each served once by one vehicle, or left unserved at a price.

    Parameters
    ----------
    ids
        Names, S of them.
    entry, exit
        Location where service begins and where it ends, (S,): the two ends of a street side that is walked
        along, or twice the same place.
    either_way
        Whether the stop may also be served from `exit` to `entry`, (S,). False: this side only, this way.
    service_s
        Length of the service, (S,).
    load
        What is collected of each material, (S, K).
    window_open_s, window_close_s
        Service *begins* within one of W windows, (S, W), in order and apart. Unused ones are (inf, inf);
        (-inf, inf) in the first for any time.
    ban_from_s, ban_until_s
        Service may not take place, not even in part, within these, (S, B), in order and apart; unused ones
        (inf, inf). School times, say.
    no_reversing
        Only vehicles that get through without reversing, (S,).
    skills
        Bits a vehicle must all have, (S,).
    release_s
        The trip that serves it does not leave the tip or depot before, (S,); -inf for none.
    unserved_cost
        Price of leaving it unserved, by priority, (S,); inf is not allowed.
    locked_vehicle
        The vehicle that must serve it (or nobody), (S,); `ANYWHERE` for no lock.
    locked_position
        It is the stop of this number (from 0, tips and breaks not counted) of its round, (S,), or `ANYWHERE`.
    """

    ids: tuple[str, ...]
    entry: IntArray
    exit: IntArray
    either_way: BoolArray
    service_s: FloatArray
    load: FloatArray
    window_open_s: FloatArray
    window_close_s: FloatArray
    ban_from_s: FloatArray
    ban_until_s: FloatArray
    no_reversing: BoolArray
    skills: IntArray
    release_s: FloatArray
    unserved_cost: FloatArray
    locked_vehicle: IntArray
    locked_position: IntArray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Tips:
    """T disposal sites, where a vehicle is emptied of the materials the site takes.

    Parameters
    ----------
    ids
        Names, T of them.
    location
        Where it is, (T,).
    service_s
        Tipping time, (T,).
    window_open_s, window_close_s
        Tipping *begins* within one of these, (T, W), as for stops.
    takes
        Which materials it takes, (T, K).
    """

    ids: tuple[str, ...]
    location: IntArray
    service_s: FloatArray
    window_open_s: FloatArray
    window_close_s: FloatArray
    takes: BoolArray

    def __len__(self) -> int:
        return len(self.ids)
