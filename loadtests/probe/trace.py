"""From what was sent and what a console heard to how long each event waited for the plan that covers it.

Used by the probe. Pure: instants in, figures out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loadtests.probe.plans_heard import Heard
from loadtests.probe.sender import Sent

PROVEN_GAP = 0.001
"""A plan within 0.1 % of the best is proven (design)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trace:
    """Waits in seconds.

    Attributes
    ----------
    due_s, waits_s
        Of each accepted event: when it was due, and until the first plan heard that knows its whole post; NaN
        where no plan came.
    oldest_s
        Of each plan that covered anything: from its oldest new event's instant to its arrival.
    proven_s
        As `waits_s`, until a plan with a gap of at most `PROVEN_GAP`.
    """

    due_s: Floats
    waits_s: Floats
    oldest_s: Floats
    proven_s: Floats

    @property
    def unserved(self) -> int:
        """Accepted events for which no plan came."""
        return int(np.isnan(self.waits_s).sum())


def trace(sent: Sequence[Sent], plans: Sequence[Heard]) -> Trace:
    """Match events and plans; posts that failed are left out, and counted by the caller."""
    taken = [post for post in sent if post.last_offset >= 0]
    due_s = np.array([due for post in taken for due in post.due_s], dtype=np.float64)
    offsets = np.array([post.last_offset for post in taken for _ in post.due_s], dtype=np.int64)
    place, at_s = _first_covering(offsets, plans)
    waits_s = at_s - due_s
    covered = ~np.isnan(waits_s)
    oldest = np.full(len(plans) + 1, np.inf)
    np.minimum.at(oldest, place[covered], due_s[covered])
    arrived = np.full(len(plans) + 1, np.nan)
    arrived[place[covered]] = at_s[covered]
    served = np.isfinite(oldest)
    proven = [plan for plan in plans if plan.gap <= PROVEN_GAP]
    return Trace(
        due_s, waits_s, arrived[served] - oldest[served], _first_covering(offsets, proven)[1] - due_s
    )


def _first_covering(offsets: NDArray[np.int64], plans: Sequence[Heard]) -> tuple[NDArray[np.int64], Floats]:
    """For each offset the first plan, in order of arrival, that knows it: its place, and when it came."""
    newest: list[tuple[int, float]] = []
    for plan in plans:
        # A later revision, or a snapshot that says again what was said, serves nothing new.
        if not newest or plan.offset > newest[-1][0]:
            newest.append((plan.offset, plan.at_s))
    known = np.array([offset for offset, _ in newest], dtype=np.int64)
    came_s = np.array([at_s for _, at_s in newest] + [np.nan], dtype=np.float64)
    place = np.searchsorted(known, offsets)
    return place, came_s[place]
