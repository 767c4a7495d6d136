"""The fold of one brigade: its events into the picture, its plans into what decisions may refer to.

`services.log_fold` for a brigade. Run by area workers and by API replicas.
"""

from collections.abc import Callable

from services import area_checkpoint
from services.area_checkpoint import AreaCheckpoint
from services.area_state import AreaState
from services.event_check import EventCheck
from services.log_checkpoint import LogCheckpoint
from services.log_fold import READ_WAIT_S, Batch, Folded, LogFold
from services.metrics import Metrics
from services.picture import Picture, PictureDraft
from streams.cover_plan import CoverPlanData
from streams.dead_letters import DeadLetters
from streams.events import AppliancePosition, DecisionMade, Event
from streams.log import EventLog, LogRecord

__all__ = ["READ_WAIT_S", "AreaFold", "CoverFolded", "DecisionSeen"]

DecisionSeen = Callable[[Picture, Event], None]
"""Gets the picture before a decision that gave or took back an order, and the decision."""
CoverFolded = Folded[Picture, CoverPlanData]


class AreaFold(LogFold[Picture, CoverPlanData]):
    """Keeps `state` up to the log.

    Parameters
    ----------
    dead_letters
        Where bad records go; None leaves that to another process and passes them over.
    on_order
        Told of decisions folded live.
    """

    _state: AreaState
    _draft: PictureDraft

    def __init__(
        self,
        state: AreaState,
        log: EventLog,
        metrics: Metrics,
        dead_letters: DeadLetters | None = None,
        on_order: DecisionSeen | None = None,
    ) -> None:
        super().__init__(state, EventCheck(state.region), log, metrics, dead_letters)
        self._on_order = on_order

    def touched_since(self, before: Picture) -> frozenset[str] | None:
        """Incidents that may differ since the fold gave out `before`; None where that was long ago."""
        return self._draft.touched_since(before)

    def _drafted(self, picture: Picture) -> PictureDraft:
        return PictureDraft(picture)

    def _take_event(self, event: Event, record: LogRecord, batch: Batch[CoverPlanData]) -> None:
        data = event.data
        if isinstance(data, CoverPlanData):
            batch.answers.append(data)
            return
        batch.last_event_ns = record.appended_ns
        if isinstance(data, DecisionMade):
            batch.decisions.append(record.offset)
            self._take_decision(event)
        else:
            self._draft.take(event)
        if not isinstance(data, AppliancePosition):
            batch.asks(record)

    def _take_decision(self, event: Event) -> None:
        draft = self._draft
        before = draft.picture()
        draft.take(event)
        if self._on_order is not None and self._state.ready and draft.orders is not before.orders:
            self._on_order(before, event)

    def _know(self, answers: list[CoverPlanData]) -> None:
        for plan in answers:
            self._state.know_plan(plan)

    def _read_checkpoint(self, kept: bytes) -> AreaCheckpoint:
        return area_checkpoint.read(kept, self._state.viewer.homes)

    def _restore_checkpoint(self, checkpoint: LogCheckpoint) -> None:
        if isinstance(checkpoint, AreaCheckpoint):
            area_checkpoint.restore(self._state, checkpoint)
