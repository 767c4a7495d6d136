"""When each event is due, fixed before the first is sent: the service's answers change nothing about it.

Used by the probe. Draws from a seed that is given; sends nothing.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

POISSON, EVEN = "poisson", "even"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Instants in seconds from the begin, in order.

    Attributes
    ----------
    linger_s
        Events due within so long of each other go in one post, which leaves when the last of them is due;
        each event's own wait counts from its own instant. 0: every event has a post of its own.
    """

    per_s: float
    seconds: float
    arrivals: str
    due_s: tuple[float, ...]
    linger_s: float = 0.0

    def posts(self) -> Iterator[tuple[int, int]]:
        """The first event of each post, and the one after its last."""
        first = 0
        for place, due_s in enumerate(self.due_s):
            if due_s - self.due_s[first] > self.linger_s or (self.linger_s == 0 and place > first):
                yield first, place
                first = place
        if self.due_s:
            yield first, len(self.due_s)


def schedule(
    per_s: float, seconds: float, seed: int, arrivals: str = POISSON, linger_s: float = 0.0
) -> Schedule:
    """Arrivals for `seconds` at a mean rate; the same seed gives the same instants.

    Raises
    ------
    ValueError
        Where a rate, a duration or the kind of arrivals makes no sense.
    """
    if not (per_s > 0 and seconds > 0 and linger_s >= 0):
        raise ValueError(f"{per_s=} and {seconds=} are to be above 0, {linger_s=} at least 0")
    if arrivals == EVEN:
        due_s: Sequence[float] = [place / per_s for place in range(int(per_s * seconds))]
    elif arrivals == POISSON:
        due_s = list(_poisson(per_s, seconds, random.Random(f"{seed} {per_s}")))
    else:
        raise ValueError(f"arrivals {arrivals!r}; they are {POISSON!r} or {EVEN!r}")
    return Schedule(per_s, seconds, arrivals, tuple(due_s), linger_s)


def _poisson(per_s: float, seconds: float, rng: random.Random) -> Iterator[float]:
    at_s = rng.expovariate(per_s)
    while at_s < seconds:
        yield at_s
        at_s += rng.expovariate(per_s)
