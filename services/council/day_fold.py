"""The fold of one council: its events into the day, its proposals into what decisions may refer to.

`services.log_fold` for a council. Run by its worker and by API replicas.
"""

from services.council import day_checkpoint
from services.council.day_check import DayCheck
from services.council.day_checkpoint import DayCheckpoint
from services.council.day_draft import DayDraft
from services.council.day_picture import DayPicture
from services.council.day_state import CouncilState
from services.log_checkpoint import LogCheckpoint
from services.log_fold import Batch, Folded, LogFold
from services.metrics import Metrics
from streams.dead_letters import DeadLetters
from streams.events import Event
from streams.log import EventLog, LogRecord
from streams.rounds_plan import RoundsDecided, RoundsProposal

DayFolded = Folded[DayPicture, RoundsProposal]


class DayFold(LogFold[DayPicture, RoundsProposal]):
    """Keeps `state` up to the log.

    Parameters
    ----------
    dead_letters
        Where bad records go; None leaves that to another process and passes them over.
    """

    _state: CouncilState
    _check: DayCheck
    _draft: DayDraft

    def __init__(
        self,
        state: CouncilState,
        check: DayCheck,
        log: EventLog,
        metrics: Metrics,
        dead_letters: DeadLetters | None = None,
    ) -> None:
        super().__init__(state, check, log, metrics, dead_letters)

    def _drafted(self, picture: DayPicture) -> DayDraft:
        return DayDraft(self._state.board.ground, picture)

    def _judge(self, event: Event) -> None:
        self._check.visit(event, self._draft.added)

    def _take_event(self, event: Event, record: LogRecord, batch: Batch[RoundsProposal]) -> None:
        data, draft = event.data, self._draft
        if isinstance(data, RoundsProposal):
            batch.answers.append(data)
            draft.take(event)
            return
        batch.last_event_ns = record.appended_ns
        if isinstance(data, RoundsDecided):
            batch.decisions.append(record.offset)
        asked = draft.asked
        draft.take(event)
        if draft.asked != asked:
            batch.asks(record)

    def _know(self, answers: list[RoundsProposal]) -> None:
        for proposal in answers:
            self._state.know(proposal)

    def _read_checkpoint(self, kept: bytes) -> DayCheckpoint:
        return day_checkpoint.read(kept, self._state.board.ground)

    def _restore_checkpoint(self, checkpoint: LogCheckpoint) -> None:
        if isinstance(checkpoint, DayCheckpoint):
            day_checkpoint.restore(self._state, checkpoint)
