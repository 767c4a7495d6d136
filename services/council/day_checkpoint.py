"""Where the fold of a council's day stood: what a restart begins from.

Written and read by `services.council.day_fold`. Holds all that the log's older records would give again.
"""

import hashlib

import msgspec
from msgspec import Struct

from services.council.day_ground import DayGround
from services.council.day_picture import DayPicture
from services.council.day_state import CouncilState
from streams.log import RecordMark
from streams.rounds_plan import RoundsProposal

SCHEMA_VERSION = 1
"""Another version is not used, and the log replayed from its start."""
PROPOSALS_KEPT = 50
"""The newest proposals of a checkpoint, which a manager may be deciding on just now; some 10 kB each."""

_encoder = msgspec.json.Encoder()


class DayCheckpoint(Struct, frozen=True):
    """The state of a council's area up to, not including, `next_offset`.

    Attributes
    ----------
    ground
        Names the morning's rounds it was folded over: with others it does not fit.
    cause_offset
        Newest record that called for an answer.
    recent_event_ids
        As `RecentIds.dump` gives them.
    proposals
        Newest revisions of the newest proposals, the longest known first.
    last_event_ns
        When the log took the newest event of others.
    last_record
        Mark of the record before `next_offset`.
    """

    schema_version: int
    ground: str
    next_offset: int
    picture: DayPicture
    cause_offset: int
    recent_event_ids: bytes
    proposals: list[RoundsProposal]
    last_event_ns: int | None = None
    last_record: RecordMark | None = None


class _Versioned(Struct):
    schema_version: int


def dumped(state: CouncilState) -> bytes:
    """The state as a checkpoint."""
    return _encoder.encode(
        DayCheckpoint(
            schema_version=SCHEMA_VERSION,
            ground=named(state.board.ground),
            next_offset=state.offset + 1,
            picture=state.picture,
            cause_offset=state.cause_offset,
            recent_event_ids=state.recent.dump(),
            proposals=list(state.proposals.values())[-PROPOSALS_KEPT:],
            last_event_ns=state.last_event_ns,
            last_record=state.last_record,
        )
    )


def read(kept: bytes, ground: DayGround) -> DayCheckpoint:
    """A checkpoint of the council of this `ground`.

    Raises
    ------
    ValueError
        Where it does not fit; the text says why.
    """
    try:
        version = msgspec.json.decode(kept, type=_Versioned).schema_version
        if version != SCHEMA_VERSION:
            raise ValueError(f"it is of version {version}, not {SCHEMA_VERSION}")
        checkpoint = msgspec.json.decode(kept, type=DayCheckpoint)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    if checkpoint.ground != named(ground):
        raise ValueError("its morning's rounds are not the council's")
    return checkpoint


def restore(state: CouncilState, checkpoint: DayCheckpoint) -> None:
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
    state.last_event_ns = checkpoint.last_event_ns
    for proposal in checkpoint.proposals:
        state.know(proposal)


def named(ground: DayGround) -> str:
    """A name of the morning's rounds: another one where they, or the stops, are others."""
    said = msgspec.json.encode([sorted(ground.stops), ground.morning], order="deterministic")
    return hashlib.sha256(said).hexdigest()[:32]
