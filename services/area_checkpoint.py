"""Where a brigade's fold stood: `services.log_checkpoint` with its picture, plans and history.

Written and read by `services.area_fold`.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.area_state import AreaState
from services.log_checkpoint import LogCheckpoint, fold_fields, restore_fold
from services.log_checkpoint import read as read_checkpoint
from services.picture import Picture
from streams.cover_plan import CoverPlanData

SCHEMA_VERSION = 3
READABLE = frozenset({2, SCHEMA_VERSION})
"""Another version is not used, and the log replayed from its start. Version 2 knows of no clusters:
its events had none."""
PLANS_KEPT = 8
"""The newest plans of a checkpoint, which an operator may be deciding on just now; some 20 kB each."""

_encoder = msgspec.json.Encoder()


class AreaCheckpoint(LogCheckpoint, frozen=True, kw_only=True):
    """The state of a brigade's area.

    Attributes
    ----------
    plans
        Newest revisions of the newest plans, oldest first.
    history
        Cover over the last hours, as `AreaState.history` gives it.
    """

    picture: Picture
    plans: list[CoverPlanData]
    history: list[tuple[datetime, float, float]]


def dumped(state: AreaState) -> bytes:
    """The state as a checkpoint."""
    return _encoder.encode(
        AreaCheckpoint(
            schema_version=SCHEMA_VERSION,
            picture=state.picture,
            plans=[known.newest for known in list(state.plans.values())[-PLANS_KEPT:]],
            history=state.history(),
            **fold_fields(state),
        )
    )


def read(kept: bytes, appliances: Iterable[str]) -> AreaCheckpoint:
    """A checkpoint of a region with these `appliances`.

    Raises
    ------
    ValueError
        Where it does not fit; the text says why.
    """
    checkpoint = read_checkpoint(kept, AreaCheckpoint, READABLE)
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
    restore_fold(state, checkpoint)
    state.picture = checkpoint.picture
    state.take_history(checkpoint.history)
    for plan in checkpoint.plans:
        state.know_plan(plan)
