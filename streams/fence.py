"""Which generation of the group may write for an area: the newest one that has.

Used by the stores that live in one process; `services.redis_fence` is the same rule in Redis. A worker that
was stopped for a while and goes on with an older generation is refused (`FencedError`). Never remembers for
ever: a group's numbers begin anew where Kafka has forgotten the group.
"""

import time

from streams.errors import FencedError

FENCE_S = 150.0
"""A generation keeps older ones out for so long after its last write. The worker that serves an area writes
every minute at least, which renews it; where nobody has written for so long, nobody is there to be protected,
and a group that begins anew with low numbers (Kafka has lost it, or has forgotten it a week after the last
worker) is let in. A late writer after that writes what was true once, from which any worker can go on."""


class Fence:
    """The newest generation of each area, in this process."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[int, float]] = {}

    def admit(self, area: str, generation: int) -> None:
        """Note a write; raises `FencedError` where a newer generation has written lately."""
        now = time.monotonic()
        newest, at = self._newest.get(area, (generation, now))
        if generation < newest and now - at < FENCE_S:
            raise FencedError(area, generation)
        self._newest[area] = (generation, now)
