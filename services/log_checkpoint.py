"""Where the fold of an area of any kind stood: what a restart begins from.

Base of `services.area_checkpoint` (a brigade) and `services.council.day_checkpoint`. Holds everything that
the log's older records would give again; what is of one kind only, its own module adds.
"""

from collections.abc import Collection
from typing import Any, TypedDict, TypeVar

import msgspec
from msgspec import Struct

from services.log_state import LogState
from streams.log import RecordMark


class LogCheckpoint(Struct, frozen=True, kw_only=True):
    """The state of an area up to, not including, `next_offset`.

    Attributes
    ----------
    cause_offset
        Newest record that called for an answer.
    recent_event_ids
        As `RecentIds.dump` gives them.
    last_event_ns
        When the log took the newest event of others: a restarted area knows how long its input is silent.
    last_record
        Mark of the record before `next_offset`: where the log holds another one there, it was cut or
        replaced, and the checkpoint is not of it.
    """

    schema_version: int
    next_offset: int
    cause_offset: int
    recent_event_ids: bytes
    last_event_ns: int | None = None
    last_record: RecordMark | None = None


class FoldFields(TypedDict):
    """The fields of every checkpoint, but for its version."""

    next_offset: int
    cause_offset: int
    recent_event_ids: bytes
    last_event_ns: int | None
    last_record: RecordMark | None


C = TypeVar("C", bound=LogCheckpoint)


class _Versioned(Struct):
    schema_version: int


def fold_fields(state: LogState[Any]) -> FoldFields:
    """What every checkpoint holds of a state."""
    return FoldFields(
        next_offset=state.offset + 1,
        cause_offset=state.cause_offset,
        recent_event_ids=state.recent.dump(),
        last_event_ns=state.last_event_ns,
        last_record=state.last_record,
    )


def read(kept: bytes, shape: type[C], readable: Collection[int]) -> C:
    """A checkpoint of one of the `readable` versions.

    Raises
    ------
    ValueError
        Where it does not fit; the text says why.
    """
    try:
        version = msgspec.json.decode(kept, type=_Versioned).schema_version
        if version not in readable:
            raise ValueError(f"it is of version {version}, not {max(readable)}")
        return msgspec.json.decode(kept, type=shape)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


def restore_fold(state: LogState[Any], checkpoint: LogCheckpoint) -> None:
    """Put a state where the checkpoint stood; the picture and the answers are for the caller to put.

    Raises
    ------
    ValueError
        Where the event ids are damaged; `state` is then as it was.
    """
    state.recent.load(checkpoint.recent_event_ids)
    state.offset, state.cause_offset = checkpoint.next_offset - 1, checkpoint.cause_offset
    state.last_record, state.last_event_ns = checkpoint.last_record, checkpoint.last_event_ns
