"""A console as the probe has it: hears plans on the live stream, and when each was there whole.

Used by the probe. Decodes of a plan only what it needs; keeps every plan it heard, judges none.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from loadtests.pipeline.event_stream import messages
from loadtests.pipeline.http_lanes import HttpLanes

CONNECT_WITHIN_S = 30.0


class PlanWords(msgspec.Struct):
    """What the probe reads of a plan."""

    picture_offset: int
    gap: float | None = None


class SnapshotWords(msgspec.Struct):
    """What the probe reads of a snapshot."""

    plan: PlanWords | None = None


_PLAN = msgspec.json.Decoder(PlanWords)
_SNAPSHOT = msgspec.json.Decoder(SnapshotWords)


@dataclass(frozen=True, slots=True)
class Heard:
    """One plan: the newest event it knew, its gap (NaN: unknown), and when it was here (monotonic clock)."""

    offset: int
    gap: float
    at_s: float


class PlansHeard:
    """One open live stream; see `listening`."""

    def __init__(self, lanes: HttpLanes, area: str) -> None:
        self._lanes = lanes
        self._path = f"/api/v1/areas/{area}/stream"
        self._more = asyncio.Event()
        self.connected = asyncio.Event()
        self.plans: list[Heard] = []
        self.snapshots = 0
        self.bytes = 0

    async def listen(self) -> None:
        """Read until cancelled; the clock is read when a message is there whole."""
        async for message in messages(self._lanes.stream(self._path)):
            self.take(message, time.monotonic())
        raise ConnectionError("the service ended the live stream")

    async def until(self, offset: int, within_s: float) -> bool:
        """Wait for a plan that knows the event at `offset`; False where none comes in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self.plans or self.plans[-1].offset < offset:
                    self._more.clear()
                    await self._more.wait()
                return True
        return False

    def take(self, message: bytes, at_s: float) -> None:
        """One message of the stream."""
        self.connected.set()
        self.bytes += len(message)
        event, data = "", b""
        for line in message.split(b"\n"):
            if line.startswith(b"event: "):
                event = line[7:].decode()
            elif line.startswith(b"data: "):
                data = line[6:]
        if event == "plan":
            plan: PlanWords | None = _PLAN.decode(data)
        elif event == "snapshot":
            self.snapshots += 1
            plan = _SNAPSHOT.decode(data).plan
        else:
            return
        if plan is not None:
            gap = float("nan") if plan.gap is None else plan.gap
            self.plans.append(Heard(plan.picture_offset, gap, at_s))
            self._more.set()


@contextlib.asynccontextmanager
async def listening(url: str, area: str) -> AsyncIterator[PlansHeard]:
    """A console that hears the live stream until the end of the block.

    Raises
    ------
    ConnectionError
        Where the stream does not come about, or broke meanwhile.
    """
    async with HttpLanes(url, 1, CONNECT_WITHIN_S) as lanes:
        console = PlansHeard(lanes, area)
        task = asyncio.create_task(console.listen())
        try:
            connecting = asyncio.create_task(console.connected.wait())
            await asyncio.wait(
                {task, connecting}, timeout=CONNECT_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
            )
            connecting.cancel()
            if task.done() or not console.connected.is_set():
                raise ConnectionError(f"{url}: no live stream for area {area}{_reason(task)}")
            yield console
            if task.done():
                raise ConnectionError(f"{url}: the live stream broke{_reason(task)}")
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _reason(task: "asyncio.Task[None]") -> str:
    if not task.done():
        return f" in {CONNECT_WITHIN_S:g} s"
    return "" if task.cancelled() else f": {task.exception()}"
