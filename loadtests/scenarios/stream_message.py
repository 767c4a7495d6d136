"""One message of the live stream, and what a scenario reads of it.

Used by `service_stream`. Without Locust, which patches whatever process imports it.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec


class PlanTold(msgspec.Struct):
    """What an officer answers, and how old it is."""

    plan_id: str = ""
    revision: int = 0
    published_at: datetime | None = None
    moves: list[dict[str, object]] = msgspec.field(default_factory=list)


_PLAN = msgspec.json.Decoder(PlanTold)


@dataclass(frozen=True, slots=True)
class Told:
    """One message; `id` is empty where it had none, and `plan` is there where it is one."""

    event: str
    id: str
    plan: PlanTold | None


def read_message(wire: bytes) -> Told | None:
    """A message's words; None for a comment or the retry hint."""
    event, id_, data = "", "", b""
    for line in wire.split(b"\n"):
        if line.startswith(b"event: "):
            event = line[7:].decode()
        elif line.startswith(b"id: "):
            id_ = line[4:].decode()
        elif line.startswith(b"data: "):
            data = line[6:]
    if not event:
        return None
    return Told(event, id_, _PLAN.decode(data) if event == "plan" else None)
