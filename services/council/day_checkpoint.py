"""Where the fold of a council's day stood: `services.log_checkpoint` with its day and its proposals.

Written and read by `services.council.day_fold`.
"""

import hashlib

import msgspec

from services.council.day_ground import DayGround
from services.council.day_picture import DayPicture
from services.council.day_state import CouncilState
from services.log_checkpoint import LogCheckpoint, fold_fields, restore_fold
from services.log_checkpoint import read as read_checkpoint
from streams.rounds_plan import RoundsProposal

SCHEMA_VERSION = 1
"""Another version is not used, and the log replayed from its start."""
PROPOSALS_KEPT = 50
"""The newest proposals of a checkpoint, which a manager may be deciding on just now; some 10 kB each."""

_encoder = msgspec.json.Encoder()


class DayCheckpoint(LogCheckpoint, frozen=True, kw_only=True):
    """The state of a council's area.

    Attributes
    ----------
    ground
        Names the morning's rounds it was folded over: with others it does not fit.
    proposals
        Newest revisions of the newest proposals, the longest known first.
    """

    ground: str
    picture: DayPicture
    proposals: list[RoundsProposal]


def dumped(state: CouncilState) -> bytes:
    """The state as a checkpoint."""
    return _encoder.encode(
        DayCheckpoint(
            schema_version=SCHEMA_VERSION,
            ground=named(state.board.ground),
            picture=state.picture,
            proposals=list(state.proposals.values())[-PROPOSALS_KEPT:],
            **fold_fields(state),
        )
    )


def read(kept: bytes, ground: DayGround) -> DayCheckpoint:
    """A checkpoint of the council of this `ground`.

    Raises
    ------
    ValueError
        Where it does not fit; the text says why.
    """
    checkpoint = read_checkpoint(kept, DayCheckpoint, {SCHEMA_VERSION})
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
    restore_fold(state, checkpoint)
    state.picture = checkpoint.picture
    for proposal in checkpoint.proposals:
        state.know(proposal)


def named(ground: DayGround) -> str:
    """A name of the morning's rounds: another one where they, or the stops, are others."""
    said = msgspec.json.encode([sorted(ground.stops), ground.morning], order="deterministic")
    return hashlib.sha256(said).hexdigest()[:32]
