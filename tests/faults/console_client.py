"""A console as the browser's is: follows the live stream, comes back by itself, folds what it is told.

Run by `tests.faults.scene`. Does what `services/console/src/api/live_stream.ts` and
`services/console/src/state` do, written once more from what they say; and remembers what it has seen.
Never asks for anything but the stream.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from services.feed.server_sent_events import ServerSentEvent, ServerSentEvents

Json = dict[str, Any]

RENEW_S = 12.0
"""`RENEW_STREAM_MS`: after this long without a message the connection is made anew."""
REFUSED_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""`backoffMs`: waits where the server answered, but not with a stream."""
RETRY_S = 1.0
"""`RETRY_MS` of `services/api/stream_routes.py`: the stream tells a browser to wait so long before it comes
back."""
DECISIONS_KEPT = 50


class RefusedStreamError(Exception):
    """The answer was no stream: an EventSource gives up on it, and the console makes another."""


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """A plan when it came in, and whether a snapshot brought it."""

    at: float
    plan_id: str
    revision: int
    picture_offset: int
    in_snapshot: bool


@dataclass(slots=True)
class Shown:
    """What is on the screen: `state/picture_state.ts` and the newest plan."""

    offset: int
    as_of: str | None
    counts: Json
    appliances: dict[str, Json]
    incidents: dict[str, Json]
    decisions: list[Json]


@dataclass(slots=True)
class Seen:
    """What it remembers of the messages.

    Attributes
    ----------
    backward
        Plans that came in for an older picture than the one before them.
    """

    plans: list[SeenPlan] = field(default_factory=list)
    beats: list[tuple[float, str | None]] = field(default_factory=list)
    connected: list[float] = field(default_factory=list)
    messages: list[float] = field(default_factory=list)
    snapshots: int = 0
    backward: int = 0


class Console:
    """One officer's console of one area.

    Parameters
    ----------
    urls
        API replicas, tried in turn: what a load balancer does with a browser that comes back.
    """

    def __init__(self, area: str, urls: Sequence[str]) -> None:
        self.area = area
        self.urls = list(urls)
        self.picture: Shown | None = None
        self.plan: Json | None = None
        self.zones: Json | None = None
        self.seen = Seen()
        self.live = False
        self._last_id: str | None = None
        self._turn = 0

    @property
    def degraded(self) -> str | None:
        """The newest beat's word."""
        return self.seen.beats[-1][1] if self.seen.beats else None

    def silence_s(self, since: float = 0.0) -> float:
        """The longest it went without a message since then; until now counts."""
        times = [at for at in self.seen.messages if at >= since]
        ends = [*times[1:], time.monotonic()]
        return max((end - at for at, end in zip(times, ends, strict=True)), default=time.monotonic() - since)

    async def run(self, http: httpx.AsyncClient) -> None:
        """Follow for ever."""
        refused = 0
        while True:
            wait_s = RETRY_S
            try:
                connections = len(self.seen.connected)
                await self._follow(http, self.urls[self._turn % len(self.urls)])
            except TimeoutError:  # silent: the source is closed and a new one made, without an id
                self._last_id, wait_s = None, 0.0
            except RefusedStreamError:
                self._last_id, wait_s = None, REFUSED_S[min(refused, len(REFUSED_S) - 1)]
                refused += 1
            except httpx.TransportError:
                pass  # an EventSource comes back by itself, with its id
            if len(self.seen.connected) > connections:
                refused = 0
            self.live = False
            self._turn += 1
            await asyncio.sleep(wait_s)

    async def _follow(self, http: httpx.AsyncClient, url: str) -> None:
        headers = {"accept": "text/event-stream", "accept-encoding": "identity"}
        if self._last_id is not None:
            headers["last-event-id"] = self._last_id
        parser = ServerSentEvents()
        async with (
            asyncio.timeout(RENEW_S) as silence,
            http.stream("GET", f"{url}/api/v1/areas/{self.area}/stream", headers=headers) as response,
        ):
            if response.status_code != 200:
                raise RefusedStreamError
            self.seen.connected.append(time.monotonic())
            self.live = True
            async for piece in response.aiter_raw():
                for message in parser.feed(piece):
                    silence.reschedule(asyncio.get_running_loop().time() + RENEW_S)
                    self._last_id = message.id or self._last_id
                    self._heard(message)

    def _heard(self, message: ServerSentEvent) -> None:
        now, seen = time.monotonic(), self.seen
        seen.messages.append(now)
        data: Json = msgspec.json.decode(message.data)
        match message.event:
            case "snapshot":
                self._take_snapshot(data)
            case "picture":
                if self.picture is not None:
                    apply_delta(self.picture, data)
            case "plan":
                self._take_plan(data)
            case "zones":
                self.zones = data
            case "beat":
                seen.beats.append((now, data["degraded"]))
            case other:
                raise AssertionError(f"the stream names an event {other!r} that no console knows")

    def _take_snapshot(self, data: Json) -> None:
        self.seen.snapshots += 1
        self.picture = from_snapshot(data["picture"])
        if data["plan"]:
            self._take_plan(data["plan"], in_snapshot=True)
        if data["zones"]:
            self.zones = data["zones"]

    def _take_plan(self, plan: Json, in_snapshot: bool = False) -> None:
        if self.plan is not None and plan["picture_offset"] < self.plan["picture_offset"]:
            self.seen.backward += 1
        self.plan = plan
        seen = SeenPlan(
            time.monotonic(), plan["plan_id"], plan["revision"], plan["picture_offset"], in_snapshot
        )
        self.seen.plans.append(seen)

    def plan_for(self, offset: int, since: float, pushed: bool = False) -> SeenPlan | None:
        """The first plan seen after `since` whose picture holds `offset`; with `pushed`, in no snapshot."""
        found = None
        for plan in reversed(self.seen.plans):
            if plan.at < since:
                break
            if plan.picture_offset >= offset and not (pushed and plan.in_snapshot):
                found = plan
        return found


def from_snapshot(picture: Json) -> Shown:
    """`fromSnapshot` of `picture_state.ts`."""
    return Shown(
        offset=picture["offset"],
        as_of=picture["as_of"],
        counts=picture["counts"],
        appliances={one["id"]: one for one in picture["appliances"]},
        incidents={one["id"]: one for one in picture["incidents"] if one["status"] == "open"},
        decisions=picture["decisions"][-DECISIONS_KEPT:],
    )


def apply_delta(shown: Shown, delta: Json) -> None:
    """`applyDelta` of `picture_state.ts`: one older than what is shown changes nothing."""
    if delta["offset"] < shown.offset:
        return
    shown.offset, shown.as_of, shown.counts = delta["offset"], delta["as_of"], delta["counts"]
    shown.appliances |= {one["id"]: one for one in delta["appliances"]}
    for one in delta["incidents"]:
        if one["status"] == "open":
            shown.incidents[one["id"]] = one
        else:
            shown.incidents.pop(one["id"], None)
    for id_ in delta["removed_incidents"]:
        shown.incidents.pop(id_, None)
    known = {one["decision_id"] for one in shown.decisions}
    added = [one for one in delta["decisions"] if one["decision_id"] not in known]
    shown.decisions = [*shown.decisions, *added][-DECISIONS_KEPT:]
