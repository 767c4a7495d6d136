"""How long events wait for the plan that answers them, measured from outside.

Filled by the replay: a batch posted, a plan received. Never reads a clock itself.
"""

from collections import deque

import numpy as np

PLANS_REMEMBERED = 512
"""Plans kept for a batch whose answer is read after the plan it led to: a race of milliseconds."""


class LatencyLedger:
    """Matches batches to plans by log offset.

    A plan made from the picture at `picture_offset` serves every batch whose last offset is not above it.
    Each plan gives one sample: the wait of the oldest batch it serves, so that coalescing hides nothing.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.samples_s: list[float] = []
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
        self.samples_s.append(max(0.0, at_s - since_s))

    def planned(self, picture_offset: int, at_s: float) -> None:
        """Note a plan received at `at_s`; a later revision of a plan serves nothing new."""
        if picture_offset <= self.served_offset:
            return
        self._plans.append((picture_offset, at_s))
        oldest_s: float | None = None
        while self._waiting and self._waiting[0][0] <= picture_offset:
            since_s = self._waiting.popleft()[1]
            oldest_s = since_s if oldest_s is None else min(oldest_s, since_s)
        if oldest_s is not None:
            self.samples_s.append(at_s - oldest_s)

    def percentile_ms(self, percent: float) -> float | None:
        """Return a percentile of the samples in milliseconds; None without any."""
        return None if not self.samples_s else float(np.percentile(self.samples_s, percent) * 1e3)
