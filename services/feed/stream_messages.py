"""The part of the live stream's messages that a feed needs; all other fields are skipped.

Decoded by the demo and the replay. Never the full contract: that is the API's.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from services.feed.server_sent_events import ServerSentEvent


class SeenMove(Struct, frozen=True):
    """A recommended move."""

    move_id: str
    appliance: str
    from_station: str
    to_station: str


class SeenPlan(Struct, frozen=True):
    """A cover plan."""

    plan_id: str
    revision: int
    picture_offset: int
    picture_time: datetime
    moves: list[SeenMove]
    gap: float | None


class SeenDecision(Struct, frozen=True):
    """A decision out of the log of decisions."""

    decision_id: str
    move_id: str
    appliance: str
    to_station: str
    action: str


class SeenCounts(Struct, frozen=True):
    """How many appliances do what."""

    available: int
    committed: int
    total: int
    open_incidents: int


class SeenPicture(Struct, frozen=True):
    """A whole picture or a delta of one."""

    counts: SeenCounts
    decisions: list[SeenDecision] = []


class _Snapshot(Struct, frozen=True):
    picture: SeenPicture
    plan: SeenPlan | None


_plan = msgspec.json.Decoder(SeenPlan)
_picture = msgspec.json.Decoder(SeenPicture)
_snapshot = msgspec.json.Decoder(_Snapshot)


def seen(message: ServerSentEvent) -> tuple[SeenPicture | None, SeenPlan | None]:
    """Return the picture and the plan a message brings; None for what it does not."""
    if message.event == "plan":
        return None, _plan.decode(message.data)
    if message.event == "picture":
        return _picture.decode(message.data), None
    if message.event == "snapshot":
        whole = _snapshot.decode(message.data)
        return whole.picture, whole.plan
    return None, None
