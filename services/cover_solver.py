"""One area's solver: takes a picture, answers with a first plan at once, then with better or proven ones.

Called by the area worker. Owns the cover engine and runs it on a thread of its own, so that the event loop
goes on taking events; the engine's kernels and OR-Tools release the interpreter while they work.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from geo.region import Region
from optimiser.cover.engine import CoverEngine
from optimiser.cover.plan import CoverPlan, ZoneTimes
from optimiser.cover.problem import CoverProblem
from optimiser.cover.reasons import MoveReason
from services.advice_message import Advice
from services.cover_advisor import CoverAdvisor
from services.cover_model import CoverModel
from services.mailbox import Job
from services.picture import Picture
from services.plan_in_force import PlanInForce
from services.plan_message import PlanMessenger, demand_raised
from services.route_lines import RouteLines
from streams.cover_plan import CoverPlanData, PlanLatency, ZoneBands

T = TypeVar("T")

ADVICE_EVERY_S = 5.0
"""However busy the stream, all advice is worked out this often: it takes some 20 ms at London's size."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan ready to publish, and what a proof needs to go on from it."""

    plan: CoverPlanData
    bands: ZoneBands
    problem: CoverProblem
    found: CoverPlan
    reasons: tuple[MoveReason, ...]
    now: ZoneTimes
    after: ZoneTimes
    advice: Advice
    solve_s: float


class CoverSolver:
    """The engine of one area behind a single thread.

    Attributes
    ----------
    lines
        The route lines found so far, for others to read.
    """

    def __init__(self, region: Region, model: CoverModel) -> None:
        self._model = model
        self._engine = CoverEngine(model.attendance_s, model.standards)
        self._advisor = CoverAdvisor(region, self._engine)
        self._in_force = PlanInForce(region)
        self.lines = RouteLines(region)
        self._messenger = PlanMessenger(region, self.lines)
        self._advised_at = -ADVICE_EVERY_S
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"solve-{region.id}")

    async def warm_up(self) -> None:
        """Pay for compilation before the first event comes in."""
        await self._run(self._engine.warm_up)
        await self._run(self._advisor.warm_up)

    async def first(self, job: Job[Picture], in_force: CoverPlanData | None = None) -> Answer:
        """The first plan for a picture: milliseconds. `in_force` is the plan shown until now."""
        return await self._run(self._first, job, in_force)

    async def proven(
        self, job: Job[Picture], answer: Answer, seconds: float, cancelled: Callable[[], bool]
    ) -> Answer:
        """All advice, and a better plan or a proof of this one, within `seconds`; `cancelled` stops it."""
        return await self._run(self._proven, job, answer, seconds, cancelled)

    async def frontier(
        self, job: Job[Picture], answer: Answer, seconds: float, cancelled: Callable[[], bool]
    ) -> Answer | None:
        """The same with every choice of the frontier proven; None where nothing that is shown changes."""
        return await self._run(self._frontier, job, answer, seconds, cancelled)

    def close(self) -> None:
        """End the thread once its work is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args))

    def _first(self, job: Job[Picture], in_force: CoverPlanData | None) -> Answer:
        started = time.time_ns()
        problem = self._model.problem(job.picture)
        found = self._engine.first_plan(problem, self._in_force.pairs(in_force, job.picture))
        advice = self._advisor.at_once(job.picture, problem)
        return self._answer(job, problem, found, advice, None, started)

    def _proven(
        self, job: Job[Picture], answer: Answer, seconds: float, cancelled: Callable[[], bool]
    ) -> Answer:
        started = time.time_ns()
        problem = answer.problem
        found = self._engine.certify(problem, answer.found, seconds, cancelled, steady=True)
        advice = answer.advice
        # A newer picture does not wait for advice on this one, unless there has been none for long.
        if not cancelled() or time.monotonic() - self._advised_at > ADVICE_EVERY_S:
            advice = self._advisor.in_full(advice, job.picture, problem, found)
            self._advised_at = time.monotonic()
        self.lines.find(found.moves)
        return self._answer(job, problem, found, advice, answer, started)

    def _frontier(
        self, job: Job[Picture], answer: Answer, seconds: float, cancelled: Callable[[], bool]
    ) -> Answer | None:
        started = time.time_ns()
        problem = answer.problem
        found = self._engine.certify_frontier(problem, answer.found, seconds, cancelled, steady=True)
        advice = answer.advice
        if found.moves != answer.found.moves:
            advice = self._advisor.for_better(advice, problem, found)
            self.lines.find(found.moves)
        # What the plan itself was proven to be stays true, however far the rest of the frontier came.
        found = replace(found, certificate=answer.found.certificate)
        if found == answer.found:
            return None
        return self._answer(job, problem, found, advice, answer, started)

    def _answer(
        self,
        job: Job[Picture],
        problem: CoverProblem,
        found: CoverPlan,
        advice: Advice,
        before: Answer | None,
        started_ns: int,
    ) -> Answer:
        if before is not None and before.found.moves == found.moves:
            reasons, now, after = before.reasons, before.now, before.after
        else:
            reasons = self._engine.explain(problem, found)
            now = self._engine.zone_times(problem) if before is None else before.now
            after = self._engine.zone_times(problem, found.moves) if found.moves else now
        revision = 0 if before is None else before.plan.revision + 1
        plan_id = f"{job.picture.area}-{job.cause_offset}"
        raised = self._model.raised(job.picture)
        ended = time.time_ns()
        plan = self._messenger.message(
            found,
            reasons,
            plan_id=plan_id,
            revision=revision,
            picture_offset=job.offset,
            picture_time=job.picture.as_of,
            published_at=datetime.fromtimestamp(ended / 1e9, UTC),
            latency=_latency(job, started_ns, ended),
            advice=advice,
            raised=demand_raised(raised, problem.demand_per_h),
        )
        bands = self._messenger.bands(now, after, plan_id=plan_id, revision=revision, kind=0, raised=raised)
        solve_s = (ended - started_ns) / 1e9
        return Answer(plan, bands, problem, found, reasons, now, after, advice, solve_s)


def _latency(job: Job[Picture], started_ns: int, ended_ns: int) -> PlanLatency:
    return PlanLatency(
        wait_ms=round((started_ns - job.oldest_ns) / 1e6, 3),
        solve_ms=round((ended_ns - started_ns) / 1e6, 3),
        total_ms=round((ended_ns - job.oldest_ns) / 1e6, 3),
    )
