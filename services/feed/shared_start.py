"""The moment at which several replays start their simulated clocks: one and the same for all.

Used by the replays of a joint replay. Never runs a clock itself; from here on each counts from the same zero.
"""

import asyncio
import time


class SharedStart:
    """A gate that opens once all are there.

    Parameters
    ----------
    replays
        How many wait for each other.
    """

    def __init__(self, replays: int) -> None:
        """Wait for `replays` of them; a replay that fails before is its group's to cancel."""
        self._barrier = asyncio.Barrier(replays)
        self._zero: float | None = None

    async def zero(self) -> float:
        """Wait for all; return the second (`time.monotonic`) at which the simulated clock is at 0."""
        await self._barrier.wait()
        if self._zero is None:
            self._zero = time.monotonic()
        return self._zero
