"""Where an area's fold stood: what a restart begins from.

Written and read by `services.area_fold`. Holds everything that the log's older records would give again.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from services.area_state import AreaState
from services.picture import Picture
from streams.cover_plan import CoverPlanData
from streams.log import RecordMark

SCHEMA_VERSION = 3
READABLE = {2, SCHEMA_VERSION}
"""Another version is not used, and the log replayed from its start. Version 2 knows of no clusters:
its events had none."""
PLANS_KEPT = 8
"""The newest plans of a checkpoint, which an operator may be deciding on just now; some 20 kB each."""

_encoder = msgspec.json.Encoder()


class AreaCheckpoint(Struct, frozen=True):
    """The state of an area up to, not including, `next_offset`.

    Attributes
    ----------
    cause_offset
        Newest record that called for a plan.
    recent_event_ids
        As `RecentIds.dump` gives them.
    plans
        Newest revisions of the newest plans, oldest first.
    last_event_ns
        When the log took the newest event of others: a restarted area knows how long its input is silent.
    history
        Cover over the last hours, as `AreaState.history` gives it.
    last_record
        Mark of the record before `next_offset`: where the log holds another one there, it was cut or
        replaced, and the checkpoint is not of it.
    """

    schema_version: int
    next_offset: int
    picture: Picture
    cause_offset: int
    recent_event_ids: bytes
    plans: list[CoverPlanData]
    history: list[tuple[datetime, float, float]]
    last_event_ns: int | None = None
    last_record: RecordMark | None = None


class _Versioned(Struct):
    schema_version: int


def dumped(state: AreaState) -> bytes:
    """The state as a checkpoint."""
    plans = [known.newest for known in list(state.plans.values())[-PLANS_KEPT:]]
    return _encoder.encode(
        AreaCheckpoint(
            schema_version=SCHEMA_VERSION,
            next_offset=state.offset + 1,
            picture=state.picture,
            cause_offset=state.cause_offset,
            recent_event_ids=state.recent.dump(),
            plans=plans,
            history=state.history(),
            last_event_ns=state.last_event_ns,
            last_record=state.last_record,
        )
    )


def read(kept: bytes, appliances: Iterable[str]) -> AreaCheckpoint:
    """A checkpoint of a region with these `appliances`.

    Raises
    ------
    ValueError
        Where it does not fit; the text says why.
    """
    try:
        version = msgspec.json.decode(kept, type=_Versioned).schema_version
        if version not in READABLE:
            raise ValueError(f"it is of version {version}, not {SCHEMA_VERSION}")
        checkpoint = msgspec.json.decode(kept, type=AreaCheckpoint)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    if set(checkpoint.picture.appliances) != set(appliances):
        raise ValueError("its appliances are not the region's")
    return checkpoint


def restore(state: AreaState, checkpoint: AreaCheckpoint) -> None:
    """Put `state` where the checkpoint stood.

    Raises
    ------
    ValueError
        Where the event ids are damaged; `state` is then as it was.
    """
    state.recent.load(checkpoint.recent_event_ids)
    state.picture, state.offset = checkpoint.picture, checkpoint.next_offset - 1
    state.cause_offset = checkpoint.cause_offset
    state.last_record = checkpoint.last_record
    state.take_history(checkpoint.history)
    state.last_event_ns = checkpoint.last_event_ns
    for plan in checkpoint.plans:
        state.know_plan(plan)
