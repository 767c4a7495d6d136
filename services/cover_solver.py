"""One area's solver: takes a picture, answers with a first plan at once, then with a better or proven one.

Called by the area worker. Owns the cover engine and runs it on a thread of its own, so that the event loop
goes on taking events; the engine's kernels and OR-Tools release the interpreter while they work.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from geo.region import Region
from optimiser.cover.engine import CoverEngine
from optimiser.cover.plan import CoverPlan
from optimiser.cover.problem import CoverProblem
from services.cover_model import CoverModel
from services.mailbox import Job
from services.plan_message import PlanMessenger
from streams.cover_plan import CoverPlanData, PlanLatency, ZoneBands

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan ready to publish, and what a proof needs to go on from it."""

    plan: CoverPlanData
    bands: ZoneBands
    problem: CoverProblem
    found: CoverPlan
    solve_s: float


class CoverSolver:
    """The engine of one area behind a single thread."""

    def __init__(self, region: Region, model: CoverModel) -> None:
        self._region = region
        self._model = model
        self._engine = CoverEngine(model.attendance_s, model.standards)
        self._messenger = PlanMessenger(region)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"solve-{region.id}")

    async def warm_up(self) -> None:
        """Pay for compilation before the first event comes in."""
        await self._run(self._engine.warm_up)

    async def first(self, job: Job) -> Answer:
        """The first plan for a picture: milliseconds."""
        return await self._run(self._first, job)

    async def proven(self, job: Job, answer: Answer, seconds: float, cancelled: Callable[[], bool]) -> Answer:
        """A better plan or a proof that there is none, within `seconds`; `cancelled` stops it."""
        return await self._run(self._proven, job, answer, seconds, cancelled)

    def close(self) -> None:
        """End the thread once its work is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args))

    def _first(self, job: Job) -> Answer:
        started = time.time_ns()
        problem = self._model.problem(job.picture)
        found = self._engine.first_plan(problem)
        return self._answer(job, problem, found, revision=0, started_ns=started)

    def _proven(self, job: Job, answer: Answer, seconds: float, cancelled: Callable[[], bool]) -> Answer:
        started = time.time_ns()
        found = self._engine.certify(answer.problem, answer.found, seconds, cancelled)
        self._messenger.find_routes(found.moves)
        return self._answer(job, answer.problem, found, revision=answer.plan.revision + 1, started_ns=started)

    def _answer(
        self, job: Job, problem: CoverProblem, found: CoverPlan, revision: int, started_ns: int
    ) -> Answer:
        reasons = self._engine.explain(problem, found)
        plan_id = f"{job.picture.area}-{job.offset}"
        now = self._engine.zone_times(problem)
        after = self._engine.zone_times(problem, found.moves) if found.moves else now
        ended = time.time_ns()
        latency = PlanLatency(
            wait_ms=round((started_ns - job.oldest_ns) / 1e6, 3),
            solve_ms=round((ended - started_ns) / 1e6, 3),
            total_ms=round((ended - job.oldest_ns) / 1e6, 3),
        )
        plan = self._messenger.message(
            found,
            reasons,
            plan_id=plan_id,
            revision=revision,
            picture_offset=job.offset,
            picture_time=job.picture.as_of,
            published_at=datetime.fromtimestamp(ended / 1e9, UTC),
            latency=latency,
        )
        bands = self._messenger.bands(now, after, plan_id=plan_id, revision=revision, kind=0)
        return Answer(plan, bands, problem, found, (ended - started_ns) / 1e9)
