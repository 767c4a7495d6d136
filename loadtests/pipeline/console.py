"""A console's end of the service: posts events when they are due, hears the plans, and tells what each took.

Used by the latency and the held-rate measurements. Posts never wait for each other (open arrivals): a service
that stalls is not spared what comes meanwhile.
"""

import asyncio
import contextlib
import json
import re
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from loadtests.pipeline.event_stream import messages
from loadtests.pipeline.http_lanes import HttpLanes

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PICTURE_OFFSET = re.compile(rb'"picture_offset":(\d+)')
TELLS_PLAN = (b"event: plan", b"event: snapshot")
CONNECTIONS = 32
POST_TIMEOUT_S = 30.0
CONNECT_WITHIN_S = 15.0
PLAN_WITHIN_S = 15.0
"""An event whose plan has not come by then is counted as unserved."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One request: when it was due, when it left and when it was answered (monotonic clock).

    Attributes
    ----------
    last_offset
        Offset of its newest event; -1 where the request failed.
    """

    due_s: float
    left_s: float
    answered_s: float
    accepted: int
    last_offset: int
    error: str = ""


class Console:
    """One open live stream and the connections for posts; see `opened`."""

    def __init__(self, lanes: HttpLanes, area: str) -> None:
        self._lanes = lanes
        self._base = f"/api/v1/areas/{area}"
        self._heard = asyncio.Event()
        self._offsets: list[int] = []
        self._at_s: list[float] = []
        self.connected = asyncio.Event()
        self.messages = 0
        self.snapshots = 0

    async def listen(self) -> None:
        """Read the stream until cancelled; the clock is read when a message is there whole."""
        async for message in messages(self._lanes.stream(f"{self._base}/stream")):
            self._take(message)
        raise ConnectionError("the service ended the live stream")

    async def post(self, bodies: Sequence[bytes], due_s: Sequence[float], media_type: str) -> list[Posted]:
        """Post each body when it is due, in seconds from now."""
        began_s = time.monotonic() + 0.01
        sending = []
        for body, at_s in zip(bodies, due_s, strict=True):
            await asyncio.sleep(max(0.0, began_s + at_s - time.monotonic()))
            sending.append(asyncio.create_task(self._post(body, began_s + at_s, media_type)))
        return await asyncio.gather(*sending)

    async def until_planned(self, offset: int, within_s: float = PLAN_WITHIN_S) -> bool:
        """Wait for a plan made from a picture that holds `offset`; False where none comes in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self._offsets or self._offsets[-1] < offset:
                    self._heard.clear()
                    await self._heard.wait()
                return True
        return False

    def wait_s(self, posted: Posted) -> float | None:
        """From when a request was due to the first plan heard that holds all of it; None without one."""
        place = bisect_left(self._offsets, posted.last_offset)
        if posted.last_offset < 0 or place == len(self._offsets):
            return None
        return self._at_s[place] - posted.due_s

    async def _post(self, body: bytes, due_s: float, media_type: str) -> Posted:
        left_s = time.monotonic()
        try:
            status, answer = await self._lanes.post(f"{self._base}/events", body, media_type)
        except (OSError, EOFError) as error:
            return Posted(due_s, left_s, time.monotonic(), 0, -1, f"{type(error).__name__}: {error}")
        answered_s = time.monotonic()
        if status != 202:
            return Posted(due_s, left_s, answered_s, 0, -1, f"{status}: {answer[:300]!r}")
        told = json.loads(answer)
        return Posted(due_s, left_s, answered_s, told["accepted"], told["last_offset"])

    def _take(self, message: bytes) -> None:
        at_s = time.monotonic()
        self.connected.set()
        self.messages += 1
        if not message.startswith(TELLS_PLAN) and not any(b"\n" + word in message for word in TELLS_PLAN):
            return
        self.snapshots += b"event: snapshot" in message
        found = PICTURE_OFFSET.search(message)
        # Later revisions of a plan serve nothing new.
        if found and (not self._offsets or int(found[1]) > self._offsets[-1]):
            self._offsets.append(int(found[1]))
            self._at_s.append(at_s)
            self._heard.set()


@contextlib.asynccontextmanager
async def opened(url: str, area: str) -> AsyncIterator[Console]:
    """A console that hears the live stream, until the end of the block.

    Raises
    ------
    ConnectionError
        Where the stream ended or broke meanwhile.
    """
    async with HttpLanes(url, CONNECTIONS, POST_TIMEOUT_S) as lanes:
        console = Console(lanes, area)
        listening = asyncio.create_task(console.listen())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONNECT_WITHIN_S):
                    await console.connected.wait()
            if not console.connected.is_set():
                raise ConnectionError(f"{url}: no live stream for area {area} in {CONNECT_WITHIN_S:g} s")
            yield console
            if listening.done():
                raise ConnectionError(f"{url}: the live stream broke: {listening.exception()}")
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
