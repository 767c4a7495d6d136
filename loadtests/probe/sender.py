"""Sends events when they are due, whatever the service does: no post waits for another one's answer.

Used by the probe, in its own process or in several. Where all lanes are taken a post waits for a free one,
and that wait counts: its clock runs from when it was due. The clock is the machine's monotonic one, which all
processes of a machine share.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.pipeline.console import BATCH, ONE
from loadtests.pipeline.http_lanes import HttpLanes
from loadtests.probe.loop import run

LANES, POST_TIMEOUT_S = 64, 60.0
"""Connections of one sender: with them all in use, 64 posts are unanswered already."""
ERROR_CHARS = 300


@dataclass(frozen=True, slots=True)
class Parcel:
    """Events of one post, due at these instants of the monotonic clock."""

    due_s: tuple[float, ...]
    events: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """One post.

    Attributes
    ----------
    due_s
        When each of its events was due.
    ready_s, answered_s
        When it was handed to the connections, and when its answer was there.
    last_offset
        Offset of its newest event; -1 where the post failed.
    """

    due_s: tuple[float, ...]
    ready_s: float
    answered_s: float
    accepted: int
    last_offset: int
    error: str = ""


async def send(url: str, area: str, parcels: Sequence[Parcel]) -> list[Sent]:
    """Post every parcel when the last of its events is due."""
    async with HttpLanes(url, LANES, POST_TIMEOUT_S) as lanes:
        path = f"/api/v1/areas/{area}/events"
        sending = []
        for parcel in parcels:
            ahead_s = parcel.due_s[-1] - time.monotonic()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            sending.append(asyncio.create_task(_post(lanes, path, parcel)))
        return await asyncio.gather(*sending)


def send_apart(url: str, area: str, parcels: Sequence[Parcel]) -> list[Sent]:
    """The same in a process of its own."""
    return run(send(url, area, parcels))


async def _post(lanes: HttpLanes, path: str, parcel: Parcel) -> Sent:
    ready_s = time.monotonic()
    if len(parcel.events) == 1:
        body, kind = parcel.events[0], ONE
    else:
        body, kind = b"[" + b",".join(parcel.events) + b"]", BATCH
    try:
        status, answer = await lanes.post(path, body, kind)
    except (OSError, EOFError) as error:
        return Sent(parcel.due_s, ready_s, time.monotonic(), 0, -1, f"{type(error).__name__}: {error}")
    answered_s = time.monotonic()
    if status != 202:
        return Sent(parcel.due_s, ready_s, answered_s, 0, -1, f"{status}: {answer[:ERROR_CHARS]!r}")
    told = json.loads(answer)
    return Sent(parcel.due_s, ready_s, answered_s, told["accepted"], told["last_offset"])
