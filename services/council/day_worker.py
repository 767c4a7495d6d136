"""The worker of one council: has what makes the day differ answered, logs and shows the proposals.

`services.log_worker` for a council. Started by the embedded service and by the worker process. An answer at
once to every open cause (of very many, the newest) comes first, the newest cause before others; then better
ones, until something else asks. Both are taken up again after a restart, under the same names.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from services.checkpoint_keeper import CheckpointKeeper
from services.council import day_checkpoint
from services.council.day_check import DayCheck
from services.council.day_fold import DayFold, DayFolded
from services.council.day_picture import DayPicture, cause_key
from services.council.day_state import PROPOSALS_SHOWN, CouncilState
from services.council.day_view import DayView, delta
from services.council.round_solver import DayJob, RoundSolver
from services.council.standing import stands
from services.log_worker import Lease, LogWorker, Push, for_ever
from services.mailbox import Job
from services.metrics import Metrics
from services.settings import Settings
from streams.dead_letters import DeadLetters
from streams.log import EventLog
from streams.rounds_plan import Cause, RoundsProposal

SHOWN_EVERY_S = 1.0
"""Positions and progress are shown to consoles this often; what asks for a decision at once."""
SHOWN_AT_ONCE_S = 0.1
"""Least time between two views of the day, however much happens."""
NOTHING_KEPT = 2_000
"""Causes remembered that there was nothing to say about."""
MOST_ANSWERED = PROPOSALS_SHOWN
"""Of the open causes, so many of the newest are answered; the others when these are decided on. More would
push each other's answers out of what is kept, and be answered, and logged, again and again."""
LATE_EVERY_S = 30.0
"""How often rounds are looked at for one that will be late, where nothing else asks."""


class DayWorker(LogWorker[DayPicture, RoundsProposal]):
    """Fold, solve, publish: one council.

    Parameters
    ----------
    consoles
        Where consoles are told.
    lease
        Asked before everything that is written for others.
    """

    _state: CouncilState
    _fold: DayFold

    def __init__(
        self,
        state: CouncilState,
        check: DayCheck,
        log: EventLog,
        dead_letters: DeadLetters,
        checkpoints: CheckpointKeeper,
        consoles: Push,
        solver: RoundSolver,
        metrics: Metrics,
        settings: Settings,
        lease: Lease = for_ever,
    ) -> None:
        fold = DayFold(state, check, log, metrics, dead_letters)
        super().__init__(state, fold, log, checkpoints, consoles, metrics, settings, lease)
        self._solver = solver
        self._shown: DayView | None = None
        self._changed = asyncio.Event()
        self._at_once = asyncio.Event()
        self._nothing: dict[tuple[str, int], None] = {}

    async def _warm_up(self) -> None:
        await self._solver.warm_up(self._state.picture)

    def _dumped(self) -> bytes:
        return day_checkpoint.dumped(self._state)

    async def _resume(self) -> None:
        await self._state.board.refresh(self._state.picture)
        self._shown = self._state.view()

    def _more_work(self) -> list[Coroutine[Any, Any, None]]:
        return [self._show_forever(), self._foresee_forever(), self._look_for_late_forever()]

    def _tell(self, folded: DayFolded) -> None:
        if self._state.picture is not folded.before:
            self._changed.set()
            if folded.oldest_ns is not None:
                self._at_once.set()

    async def _show_forever(self) -> None:
        """Tell consoles what of the day has changed: soon where it asks for them, else now and then."""
        while True:
            await self._changed.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SHOWN_EVERY_S):
                    await self._at_once.wait()
            self._changed.clear()
            self._at_once.clear()
            before, after = self._shown, self._state.view()
            self._shown = after
            told = None if before is None else delta(before, after)
            if told is not None:
                self._consoles.push("day", self._encoder.encode(told))
            await asyncio.sleep(SHOWN_AT_ONCE_S)

    async def _foresee_forever(self) -> None:
        """Bring times and figures up to the day, beside everything else."""
        while True:
            picture = self._state.picture
            if await self._state.board.refresh(picture):
                self._changed.set()
                if picture.version != (0 if self._shown is None else self._shown.version):
                    self._at_once.set()
            # What a decision makes of the rounds is told soon; what crews do, a second later is soon enough.
            for _ in range(round(SHOWN_EVERY_S / SHOWN_AT_ONCE_S)):
                await asyncio.sleep(SHOWN_AT_ONCE_S)
                if self._state.picture.version != picture.version:
                    break

    async def _look_for_late_forever(self) -> None:
        while True:
            await asyncio.sleep(LATE_EVERY_S)
            if not self._mailbox.waiting and self._mailbox.oldest_ns is None:
                self._put(time.time_ns())

    async def _solve(self, job: Job[DayPicture]) -> None:
        self._first_under_way = True
        try:
            said = await self._answer_all(job)
        finally:
            self._first_under_way = False
        if said:
            waited = max(time.time_ns() - job.oldest_ns, 0) / 1e9
            self._metrics.event_to_plan.labels(self._area).observe(waited)
        if self._settings.certify_s > 0 and not self._mailbox.waiting:
            await self._improve(job)

    async def _answer_all(self, job: Job[DayPicture]) -> bool:
        """Answer causes that have no answer yet; those left when a newer day waits are in that one too."""
        observe = self._metrics.stage.labels
        picture, said = job.picture, False
        about = self._state.about()
        newest = picture.open_causes[-MOST_ANSWERED:]
        causes = [cause for cause in reversed(newest) if self._asks(cause, picture, about)]
        observe(self._area, "wait").observe(max(time.time_ns() - job.oldest_ns, 0) / 1e9)
        for cause in causes:
            started = time.perf_counter()
            proposals = await self._solver.first(
                DayJob(picture, job.offset, job.oldest_ns, job.cause_offset, (cause,))
            )
            observe(self._area, "solve").observe(time.perf_counter() - started)
            if not proposals:
                self._nothing[cause_key(cause), picture.version] = None
            for proposal in proposals:
                await self._publish(self._numbered(proposal))
                said = True
            if self._mailbox.waiting:
                break
        while len(self._nothing) > NOTHING_KEPT:
            del self._nothing[next(iter(self._nothing))]
        return said

    def _asks(self, cause: Cause, picture: DayPicture, about: dict[str, RoundsProposal]) -> bool:
        key = cause_key(cause)
        if (key, picture.version) in self._nothing:
            return False
        return key not in about or not stands(about[key], picture)

    def _numbered(self, proposal: RoundsProposal) -> RoundsProposal:
        """A first answer under the next revision, where its name was used on this version of the day."""
        known = self._state.newest_revision(proposal.proposal_id)
        return proposal if known is None else replace(proposal, revision=known.revision + 1)

    async def _improve(self, job: Job[DayPicture]) -> None:
        """Better answers to what stands, until something else asks."""
        picture, state = job.picture, self._state
        standing = [proposal for proposal in state.shown() if stands(proposal, picture)]
        day_job = DayJob(picture, job.offset, job.oldest_ns, job.cause_offset, ())
        started = time.perf_counter()
        async for proposal in self._solver.better(day_job, standing, cancelled=self._superseded):
            self._metrics.stage.labels(self._area, "certify").observe(time.perf_counter() - started)
            await self._publish(proposal)
            started = time.perf_counter()

    def _superseded(self) -> bool:
        return self._mailbox.waiting

    async def _publish(self, proposal: RoundsProposal) -> None:
        started = time.perf_counter()
        id_ = f"{proposal.proposal_id}-r{proposal.revision}"

        def known() -> bool:
            newest = self._state.newest_revision(proposal.proposal_id)
            return newest is not None and newest.revision >= proposal.revision

        await self._append(proposal, id_, proposal.picture_time, known)
        self._state.know(proposal)
        self._consoles.push("proposal", self._encoder.encode(proposal))
        self._changed.set()
        self._metrics.plans.labels(self._area, "final" if proposal.final else "first").inc()
        self._metrics.stage.labels(self._area, "publish").observe(time.perf_counter() - started)
