"""A manager's console as the measurement has it: hears proposals on the live stream, and when.

Used by `loadtests.council_day`. Keeps the instant of the first proposal for each request, nothing else.
"""

import asyncio
import contextlib
import re
import time

from loadtests.pipeline.event_stream import END, messages
from loadtests.pipeline.http_lanes import HttpLanes

CAUSE = re.compile(rb'"cause":\{"kind":"request","id":"([^"]{1,64})"\}')
PROPOSAL, SNAPSHOT = b"event: proposal", b"event: snapshot"


class ProposalsHeard:
    """One open live stream."""

    def __init__(self, lanes: HttpLanes, area: str) -> None:
        self._lanes = lanes
        self._path = f"/api/v1/areas/{area}/stream"
        self._heard = asyncio.Event()
        self.connected = asyncio.Event()
        self.first_s: dict[str, float] = {}
        self.messages = 0
        self.snapshots = 0
        self.bytes = 0

    async def listen(self) -> None:
        """Read until cancelled; the clock is read when a message is there whole."""
        async for message in messages(self._lanes.stream(self._path)):
            self.bytes += len(message) + len(END)
            self._take(message)
        raise ConnectionError("the service ended the live stream")

    async def until_all(self, requests: set[str], within_s: float) -> None:
        """Wait until each of these has a proposal, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not requests <= self.first_s.keys():
                    self._heard.clear()
                    await self._heard.wait()

    def _take(self, message: bytes) -> None:
        at_s = time.monotonic()
        self.connected.set()
        self.messages += 1
        self.snapshots += SNAPSHOT in message
        if PROPOSAL not in message and SNAPSHOT not in message:
            return
        for found in CAUSE.finditer(message):
            self.first_s.setdefault(found[1].decode(), at_s)
        self._heard.set()
