"""A council's rounds solver: takes a picture of the day, answers each cause at once, then better.

Called by the council's worker. First answers have a thread of their own, and the search for better ones has
another, so that neither the event loop nor a new cause waits for a search. It holds no state of the day but
what it has read of rounds, to be quick, and publishes nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from geo.council import Council
from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from services.council.late_rounds import LateRounds
from services.council.new_stops import bounded_id
from services.council.round_answers import Answer, RoundAnswers
from services.council.round_better import RoundBetter
from services.council.round_neighbours import RoundNeighbours
from services.council.round_places import RoundPlaces
from services.council.rounds_warm_up import warm_up_rounds
from streams.rounds_plan import Cause, RoundsProposal

T = TypeVar("T")

LOOKED_EVERY_S = 0.05
"""How often it is looked whether something asks, before a search begins."""


@dataclass(frozen=True, slots=True)
class RoundSolverSettings:
    """How the solver searches.

    Parameters
    ----------
    seed
        Of all its searches: the same day, the same answers, but for what time allows.
    better_s
        For the three answers to one cause.
    quiet_s
        A search begins when nothing has asked for so long: while causes come in, the processors are theirs.
    """

    seed: int = 1
    better_s: float = 4.0
    quiet_s: float = 0.5

    def __post_init__(self) -> None:
        if self.better_s <= 0:
            raise ValueError(f"better_s: found {self.better_s}, expected seconds, more than 0")
        if self.quiet_s < 0:
            raise ValueError(f"quiet_s: found {self.quiet_s}, expected seconds, 0 or more")


class DayJob(NamedTuple):
    """A day to answer.

    Attributes
    ----------
    offset
        Offset of the newest record in the picture.
    oldest_ns
        When the log took the oldest event this job answers, nanoseconds since the epoch.
    cause_offset
        Offset of the newest record that called for an answer.
    causes
        What asks for a first answer, oldest first.
    """

    picture: DayPicture
    offset: int
    oldest_ns: int
    cause_offset: int
    causes: tuple[Cause, ...]


class RoundSolver:
    """The solver of one council, behind two threads.

    Parameters
    ----------
    council
        Its static side.
    settings
        How it searches.
    """

    def __init__(self, council: Council, settings: RoundSolverSettings | None = None) -> None:
        self._settings = settings or RoundSolverSettings()
        problems = DayProblems(council)
        self._places = RoundPlaces(problems)
        neighbours = RoundNeighbours(problems, self._places.seats)
        self._answers = RoundAnswers(problems, self._places, neighbours)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"rounds-{council.id}")
        # What has been read of rounds belongs to one thread.
        problems = DayProblems(council)
        places = RoundPlaces(problems)
        neighbours = RoundNeighbours(problems, places.seats)
        answers = RoundAnswers(problems, places, neighbours)
        self._better = RoundBetter(problems, answers, neighbours, self._settings.seed)
        self._late = LateRounds(problems)
        self._search = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"search-{council.id}")

    async def warm_up(self, picture: DayPicture | None = None) -> None:
        """Pay for compilation before the first event, and read the day's rounds where they are given."""
        await self._run(warm_up_rounds)
        if picture is not None:
            await self._run(self._places.warm, picture)

    async def first(self, job: DayJob) -> list[RoundsProposal]:
        """A first answer to each of the job's causes that there is something to say about."""
        return await self._run(self._first, job)

    async def better(
        self,
        job: DayJob,
        proposals: Sequence[RoundsProposal],
        seconds: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> AsyncIterator[RoundsProposal]:
        """Better answers to standing proposals, and answers to rounds that will be late.

        Parameters
        ----------
        proposals
            Those that stand; final ones are left as they are.
        seconds
            For each; None for the settings'.
        cancelled
            Asked every few milliseconds: what is left is not answered then.
        """
        each_s = self._settings.better_s if seconds is None else seconds
        if not await self._quiet(cancelled):
            return
        for proposal in proposals:
            if proposal.final or cancelled():
                continue
            found = await self._searched(self._improved, job, proposal, each_s, cancelled)
            if found is not None:
                yield found
        standing = {(one.cause.kind, one.cause.id) for one in proposals}
        for cause in await self._searched(self._late.causes, job.picture, cancelled):
            if (cause.kind, cause.id) in standing or cancelled():
                continue
            found = await self._searched(self._relieved, job, cause, each_s, cancelled)
            if found is not None:
                yield found

    def close(self) -> None:
        """End the threads once their work is done."""
        for thread in (self._thread, self._search):
            thread.shutdown(wait=False, cancel_futures=True)

    async def _quiet(self, cancelled: Callable[[], bool]) -> bool:
        """Wait until nothing has asked for a while; False where something does."""
        until = time.monotonic() + self._settings.quiet_s
        while not cancelled():
            left = until - time.monotonic()
            if left <= 0:
                return True
            await asyncio.sleep(min(left, LOOKED_EVERY_S))
        return False

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args))

    async def _searched(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._search, lambda: work(*args))

    def _first(self, job: DayJob) -> list[RoundsProposal]:
        proposals = []
        for cause in job.causes:
            started_ns = time.time_ns()
            answer = self._answers.answer(job.picture, cause)
            if answer is not None:
                proposals.append(_proposal(job, cause, answer, 0, started_ns, final=False))
        return proposals

    def _improved(
        self, job: DayJob, standing: RoundsProposal, seconds: float, cancelled: Callable[[], bool]
    ) -> RoundsProposal | None:
        started_ns, picture, cause = time.time_ns(), job.picture, standing.cause
        answer = self._better.answer(picture, cause, standing.touches, standing.options, seconds, cancelled)
        if cancelled():
            return None
        if answer is None:
            return replace(standing, revision=standing.revision + 1, final=True)
        return _proposal(job, cause, answer, standing.revision + 1, started_ns, final=True)

    def _relieved(
        self, job: DayJob, cause: Cause, seconds: float, cancelled: Callable[[], bool]
    ) -> RoundsProposal | None:
        started_ns = time.time_ns()
        answer = self._better.answer(job.picture, cause, (cause.id,), (), seconds, cancelled)
        if answer is None or cancelled():
            return None
        self._late.told(job.picture, cause)
        return _proposal(job, cause, answer, 0, started_ns, final=True)


def proposal_name(cause: Cause, day_version: int) -> str:
    """Name of the proposal about a cause on a day's version."""
    return bounded_id(cause.kind.value, cause.id, str(day_version))


def _proposal(
    job: DayJob, cause: Cause, answer: Answer, revision: int, started_ns: int, *, final: bool
) -> RoundsProposal:
    ended_ns = time.time_ns()
    return RoundsProposal(
        proposal_id=proposal_name(cause, job.picture.version),
        revision=revision,
        picture_offset=job.offset,
        picture_time=job.picture.as_of,
        published_at=datetime.fromtimestamp(ended_ns / 1e9, UTC),
        cause=cause,
        day_version=job.picture.version,
        touches=answer.touches,
        before=answer.before,
        options=answer.options,
        final=final,
        solve_ms=round((ended_ns - started_ns) / 1e6, 3),
        event_to_plan_ms=round((ended_ns - job.oldest_ns) / 1e6, 3),
    )
