"""How long events wait for the plan that answers them, measured from outside.

Filled by the replay: a batch posted, a plan received. Never reads a clock itself.
"""

from collections import deque

import numpy as np

PLANS_REMEMBERED = 512
"""Plans kept for a batch whose answer is read after the plan it led to: a race of milliseconds."""


class LatencyLedger:
    """Matches batches to plans by log offset; `samples_s` holds the wait of each batch served.

    A plan made from the picture at `picture_offset` serves every batch whose last offset is not above it.
    Each event counts, with the wait of the first event of its batch: neither coalescing nor a stall that one
    plan ends can hide behind the number of plans.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.samples_s: list[float] = []
        self._events: list[int] = []
        self._waiting: deque[tuple[int, float, int]] = deque()
        self._plans: deque[tuple[int, float]] = deque(maxlen=PLANS_REMEMBERED)

    @property
    def served_offset(self) -> int:
        """The highest picture offset of any plan so far; -1 before the first."""
        return self._plans[-1][0] if self._plans else -1

    @property
    def unserved(self) -> int:
        """How many events are in batches that wait for their plan."""
        return sum(events for _, _, events in self._waiting)

    def posted(self, last_offset: int, since_s: float, events: int = 1) -> None:
        """Note a batch the service has taken; `since_s` is when its wait began, on the caller's clock."""
        if last_offset > self.served_offset:
            self._waiting.append((last_offset, since_s, events))
            return
        at_s = next(at for offset, at in self._plans if offset >= last_offset)
        self._served(max(0.0, at_s - since_s), events)

    def planned(self, picture_offset: int, at_s: float) -> None:
        """Note a plan received at `at_s`; a later revision of a plan serves nothing new."""
        if picture_offset <= self.served_offset:
            return
        self._plans.append((picture_offset, at_s))
        while self._waiting and self._waiting[0][0] <= picture_offset:
            _, since_s, events = self._waiting.popleft()
            self._served(at_s - since_s, events)

    def _served(self, wait_s: float, events: int) -> None:
        self.samples_s.append(wait_s)
        self._events.append(events)

    @property
    def events_served(self) -> int:
        """How many events have had their plan."""
        return sum(self._events)

    def percentile_ms(self, percent: float) -> float | None:
        """Return a percentile over all events served, in milliseconds; None without any."""
        if not self.samples_s:
            return None
        return float(np.percentile(np.repeat(self.samples_s, self._events), percent) * 1e3)
