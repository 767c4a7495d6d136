"""The worker of a council under more open causes than it keeps answers of."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from services.council.day_board import DayBoard
from services.council.day_check import DayCheck
from services.council.day_picture import Change, cause_key, request_cause
from services.council.day_state import PROPOSALS_KEPT, CouncilState
from services.council.day_worker import MOST_ANSWERED, DayWorker
from services.council.round_solver import DayJob, proposal_name
from services.mailbox import Job
from services.metrics import Metrics
from services.settings import Settings
from streams.embedded_log import EmbeddedLog
from streams.rounds_plan import DayFigures, RoundsProposal
from tests.geo.councils import grid_council

COUNCIL = grid_council()
NOW = datetime(2025, 6, 6, 8, tzinfo=UTC)
NONE = DayFigures(0.0, 0.0, 0.0, 0.0, 0, 0.0)


class Solver:
    """Answers every cause at once, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def first(self, job: DayJob) -> list[RoundsProposal]:
        (cause,) = job.causes
        self.asked.append(cause.id)
        name = proposal_name(cause, job.picture.version)
        return [
            RoundsProposal(name, 0, 0, NOW, NOW, cause, job.picture.version, [], NONE, [], False, 0.0, 0.0)
        ]


class Consoles:
    """Hears nothing."""

    def push(self, event: str, data: bytes) -> None:
        """See `services.log_worker.Push`."""


def test_more_open_causes_than_answers_are_kept_are_not_answered_again_and_again() -> None:
    async def run() -> None:
        board, solver, log = DayBoard(COUNCIL), Solver(), EmbeddedLog(None)
        nothing: Any = None
        state = CouncilState(board)
        asked: Any = solver
        worker = DayWorker(
            state, DayCheck(COUNCIL), log, nothing, nothing, Consoles(), asked, Metrics(), Settings()
        )
        causes = [request_cause(f"SR-{n}") for n in range(PROPOSALS_KEPT + 100)]
        changes = {cause_key(cause): Change(cause, NOW.replace(minute=n // 60, second=n % 60))
                   for n, cause in enumerate(causes)}  # fmt: skip
        state.picture = replace(state.picture, as_of=NOW, date=NOW.date(), changes=changes)
        job = Job(state.picture, 0, 0, 0)
        assert await worker._answer_all(job)
        assert solver.asked == [cause.id for cause in reversed(causes[-MOST_ANSWERED:])]
        assert not await worker._answer_all(job)
        assert log.end_offset(COUNCIL.id) == MOST_ANSWERED
        board.close()
        await log.close()

    asyncio.run(run())
