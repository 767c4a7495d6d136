"""Posts reports over Open311 when they are due, and waits for the proposal for each on a console.

Used by `python -m loadtests.council_day`. Posts never wait for each other (open arrivals), and the time
counts from when a report was due: a service that stalls is not spared what comes meanwhile. Clocks: one, the
monotonic clock of this process.
"""

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from loadtests.council_day.proposals_heard import ProposalsHeard
from loadtests.pipeline.http_lanes import HttpLanes
from loadtests.pipeline.latency import percentiles

FORM = "application/x-www-form-urlencoded"
BATCH = "application/cloudevents-batch+json"
CONNECTIONS, POST_TIMEOUT_S = 32, 30.0
PROPOSED_WITHIN_S = 20.0
CONNECT_WITHIN_S = 30.0
EVENTS_A_BATCH = 500
SETTLE_S = 5.0
SERVICES = ("bulky_item", "fly_tip", "overflowing_bin", "assisted_collection")
"""Each asks for a visit of its own."""
HALF_DONE = 0.5


@dataclass(frozen=True, slots=True)
class Report:
    """One report: when it was due and answered (monotonic), and the request it became ("" where refused)."""

    due_s: float
    left_s: float
    answered_s: float
    request: str
    error: str = ""


def measure(url: str, area: str, per_s: float, seconds: float, seed: int) -> dict[str, object]:
    """Run the day to its half, then reports at a rate; gives counts and percentiles in milliseconds."""
    return asyncio.run(_measure(url, area, per_s, seconds, seed))


async def _measure(url: str, area: str, per_s: float, seconds: float, seed: int) -> dict[str, object]:
    day_at = await asyncio.to_thread(half_the_day, url, area)
    rng = random.Random(seed)
    forms = await asyncio.to_thread(report_forms, url, area, round(per_s * seconds), day_at, rng)
    async with HttpLanes(url, CONNECTIONS, POST_TIMEOUT_S) as lanes:
        console = ProposalsHeard(lanes, area)
        listening = asyncio.create_task(console.listen())
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await console.connected.wait()
            await asyncio.sleep(SETTLE_S)
            reports = await _post_all(lanes, forms, per_s, rng)
            await console.until_all({r.request for r in reports if r.request}, PROPOSED_WITHIN_S)
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await listening
    waits_s = [console.first_s[r.request] - r.due_s for r in reports if r.request in console.first_s]
    errors = [r.error for r in reports if r.error]
    return percentiles(waits_s) | {
        "per_s": per_s,
        "seconds": seconds,
        "reports": len(reports),
        "refused": len(errors),
        "first_error": errors[0] if errors else "",
        "without_proposal": sum(1 for r in reports if r.request and r.request not in console.first_s),
        "post_answered": percentiles([r.answered_s - r.due_s for r in reports if not r.error]),
        "sent_late_most_ms": round(max(r.left_s - r.due_s for r in reports) * 1e3, 2),
        "console_messages": console.messages,
        "console_bytes": console.bytes,
        "console_snapshots": console.snapshots,
        "samples_ms": [round(wait * 1e3, 2) for wait in waits_s],
    }


def half_the_day(url: str, area: str) -> str:
    """Tell the service that crews are half through their rounds; gives the day's time then (RFC 3339).

    Which rounds there are comes from the service; times are those it predicts.
    """
    base = f"{url}/api/v1/areas/{area}"
    day = httpx.get(f"{base}/day", timeout=30).raise_for_status().json()["day"]
    date = day["date"] or "2025-06-06"
    told = []
    for one in day["rounds"]:
        count = int(len(one["visits"]) * HALF_DONE)
        times = one.get("begin_s") or []
        for at in range(count):
            at_s = times[at] if at < len(times) and times[at] is not None else 21_600 + 150 * at
            told.append((at_s, one["vehicle"], one["visits"][at]))
    told.sort()
    events = [_done(area, date, number, *one) for number, one in enumerate(told)]
    for first in range(0, len(events), EVENTS_A_BATCH):
        batch = events[first : first + EVENTS_A_BATCH]
        answer = httpx.post(
            f"{base}/events", content=json.dumps(batch), headers={"Content-Type": BATCH}, timeout=60
        )
        answer.raise_for_status()
    return _at(date, told[-1][0] + 60 if told else 36_000)


def _done(area: str, date: str, number: int, at_s: float, vehicle: str, visit: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"done-{int(at_s)}-{number}",
        "source": "/loadtests/council-day",
        "area": area,
        "type": "dynamiccover.stop.done.v1",
        "time": _at(date, at_s),
        "data": {"vehicle": vehicle, "visit": visit},
    }


def _at(date: str, at_s: float) -> str:
    """An instant of the day, taken as UTC: near enough to local time for a load."""
    whole = int(at_s)
    return f"{date}T{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}Z"


def report_forms(url: str, area: str, count: int, at: str, rng: random.Random) -> list[bytes]:
    """Reports, each at another stop's place, as Open311 takes them."""
    told = httpx.get(f"{url}/api/v1/areas/{area}/council", timeout=60).raise_for_status().json()
    places = list(zip(told["stops"]["lon"], told["stops"]["lat"], strict=True))
    rng.shuffle(places)
    forms, begun = [], datetime.fromisoformat(at)
    for number in range(count):
        lon, lat = places[number % len(places)]
        fields = {
            "jurisdiction_id": area,
            "service_code": SERVICES[number % len(SERVICES)],
            "lat": f"{lat:.6f}",
            "long": f"{lon:.6f}",
            # Each at a time of its own: of very many open at once the newest are answered.
            "requested_datetime": (begun + timedelta(milliseconds=100 * number)).isoformat(),
        }
        forms.append(urlencode(fields).encode())
    return forms


async def _post_all(lanes: HttpLanes, forms: list[bytes], per_s: float, rng: random.Random) -> list[Report]:
    """Post each form when it is due: Poisson arrivals."""
    began_s = time.monotonic() + 0.05
    due_s, sending = 0.0, []
    for form in forms:
        due_s += rng.expovariate(per_s)
        await asyncio.sleep(max(0.0, began_s + due_s - time.monotonic()))
        sending.append(asyncio.create_task(_post(lanes, form, began_s + due_s)))
    return await asyncio.gather(*sending)


async def _post(lanes: HttpLanes, form: bytes, due_s: float) -> Report:
    left_s = time.monotonic()
    try:
        status, answer = await lanes.post("/open311/v2/requests.json", form, FORM)
    except (OSError, EOFError) as error:
        return Report(due_s, left_s, time.monotonic(), "", f"{type(error).__name__}: {error}")
    answered_s = time.monotonic()
    if status not in (200, 201):
        return Report(due_s, left_s, answered_s, "", f"{status}: {answer[:300]!r}")
    return Report(due_s, left_s, answered_s, json.loads(answer)[0]["service_request_id"])
