"""The worker of one area: has every new picture solved, logs and shows the plans, keeps checkpoints.

Started by the embedded service and by the worker process. After any death it comes back from checkpoint plus
replay: the fold is idempotent, plans carry deterministic ids, dead letters are kept once. Never takes events
from people (the API does).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from msgspec.structs import replace

from services import area_checkpoint
from services.area_fold import AreaFold
from services.area_run import lasting
from services.area_state import AreaState
from services.checkpoint_keeper import CheckpointKeeper
from services.cover_solver import Answer, CoverSolver
from services.mailbox import Job, Mailbox
from services.metrics import Metrics
from services.move_orders import MoveOrder
from services.move_stability import MoveStability
from services.picture import Picture
from services.plan_kept import plan_kept
from services.settings import Settings
from streams import codec
from streams.cover_plan import CoverPlanData
from streams.dead_letters import DeadLetters
from streams.errors import AppendUnsureError, LogClosedError, LogFullError, LogUnreachableError
from streams.events import DecisionAction, DecisionMade, Event
from streams.log import EventLog

logger = logging.getLogger(__name__)

BEAT_S = 2.0
SOLVE_TRIES, SOLVE_RETRY_S = 2, 1.0
"""A picture whose solve fails is tried once more, a second later; then the next picture is waited for."""
LOG_TRIES = 600
"""A plan that the log does not take is tried again each second: some minutes, or until a newer one."""
PROOF_EVERY_S = 1.0
"""Where a proof has been finished within so long, the next is given up for a newer picture at once; else it
is held on to for `certify_min_s`: a busy stream still sees proofs, and hardly waits for them."""
HELD_POLL_S = 0.05
"""How often a worker that is not sure of its area looks whether it is again."""
SOURCE = "/dynamic-cover/area-worker"


Lease = Callable[[], int | None]
"""The generation of the group of workers to write with; None while it is not sure that the area is ours: then
nothing may be written."""


class Push(Protocol):
    """Where consoles are told: the hub of this process, or the outbox to all API replicas."""

    def push(self, event: str, data: bytes) -> None:
        """Tell all consoles of the area; never waits."""
        ...


def for_ever() -> int | None:
    """The lease of a worker that shares its area with nobody."""
    return 0


class AreaWorker:
    """Fold, solve, publish: one area.

    Parameters
    ----------
    consoles
        Where consoles are told.
    lease
        Asked before everything that is written for others.
    """

    def __init__(
        self,
        state: AreaState,
        log: EventLog,
        dead_letters: DeadLetters,
        checkpoints: CheckpointKeeper,
        consoles: Push,
        solver: CoverSolver,
        metrics: Metrics,
        settings: Settings,
        lease: Lease = for_ever,
    ) -> None:
        self._state = state
        self._area = state.region.id
        self._log = log
        self._checkpoints = checkpoints
        self._consoles = consoles
        self._solver = solver
        self._metrics = metrics
        self._settings = settings
        self._lease = lease
        self._fold = AreaFold(state, log, metrics, dead_letters, self._count_move)
        self._stability = MoveStability(state.region)
        self._mailbox = Mailbox()
        self._proven_at = -PROOF_EVERY_S
        self._first_under_way = False
        self._checkpointed_offset = -1
        self._logged_before: str | None = None
        self._encoder = msgspec.json.Encoder()

    async def run(self) -> None:
        """Recover, then fold and solve until cancelled; a part that fails ends the whole."""
        await self._solver.warm_up()
        await self._recover()
        async with asyncio.TaskGroup() as group:
            group.create_task(lasting(self._fold_forever()))
            group.create_task(lasting(self._solve_forever()))
            group.create_task(lasting(self._beat_forever()))
            group.create_task(lasting(self._checkpoint_forever()))

    @property
    def answering(self) -> bool:
        """Whether a picture waits for its first plan, or one is being found; safe to ask from any thread."""
        return self._first_under_way or self._mailbox.waiting

    async def checkpoint(self, last: bool = False) -> None:
        """Keep where the fold stands; `last` where this worker is about to end.

        Raises
        ------
        FencedError
            Where another worker serves the area now.
        """
        generation = self._lease()
        if generation is None:
            return
        next_offset = self._state.offset + 1
        checkpoint = area_checkpoint.dumped(self._state)
        if await self._checkpoints.keep(self._area, checkpoint, next_offset, generation, last):
            self._checkpointed_offset = next_offset - 1

    async def _recover(self) -> None:
        state = self._state
        oldest_ns = await self._fold.recover(await self._checkpoints.kept(self._area))
        state.ready, state.degraded = True, None
        state.plan = state.plan_in_force
        self._consoles.push("snapshot", state.snapshot())
        # Its plan may be in the log already: solved again for the zones' bands, logged only if it is better.
        self._logged_before = None if state.plan is None else state.plan.plan_id
        self._put(time.time_ns() if oldest_ns is None else oldest_ns)

    def _put(self, oldest_ns: int) -> None:
        state = self._state
        self._mailbox.put(state.picture, state.offset, oldest_ns, state.cause_offset)

    async def _checkpoint_forever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.checkpoint_s)
            if self._state.offset > self._checkpointed_offset:
                await self.checkpoint()

    async def _fold_forever(self) -> None:
        state = self._state
        while True:
            try:
                folded = await self._fold.next()
            except LogClosedError:
                return
            except LogUnreachableError as error:
                logger.warning("area %s: nothing can be read, trying again: %s", self._area, error)
                continue
            if folded is not None:
                if state.picture is not folded.before:
                    delta = state.viewer.delta(folded.before, state.picture, state.offset, folded.touched)
                    self._consoles.push("picture", self._encoder.encode(delta))
                if folded.oldest_ns is not None:
                    self._put(folded.oldest_ns)
            await asyncio.sleep(0)

    def _count_move(self, before: Picture, event: Event) -> None:
        """Count an accepted move, and whether it undoes a recent one; one taken back later stays counted."""
        data = event.data
        if not isinstance(data, DecisionMade) or data.action is not DecisionAction.ACCEPT:
            return
        self._metrics.moves_accepted.labels(self._area).inc()
        order = MoveOrder(data.appliance, data.from_station, data.to_station, event.time)
        if self._stability.reverses(order, before):
            self._metrics.reversals.labels(self._area).inc()

    async def _solve_forever(self) -> None:
        while True:
            job = await self._mailbox.take()
            try:
                await self._solve(job)
                self._state.degraded = None
            except LogClosedError:
                return
            except LogFullError as error:
                logger.warning("area %s: plan not logged, trying again: %s", self._area, error)
                word = "log_full" if self._log.reachable else "log_unreachable"
                await self._again(job, word, LOG_TRIES)
            except Exception:
                # A picture that cannot be solved must not end the service: the last good plan stays,
                # its age is shown, and the next picture is tried.
                logger.exception("area %s: no plan for the picture at %d", self._area, job.offset)
                self._metrics.solve_errors.labels(self._area).inc()
                await self._again(job, "solve_failed", SOLVE_TRIES)

    async def _again(self, job: Job, degraded: str, most_tries: int) -> None:
        self._state.degraded = degraded
        await asyncio.sleep(SOLVE_RETRY_S)
        self._mailbox.put_back(job, most_tries)

    async def _solve(self, job: Job) -> None:
        observe = self._metrics.stage.labels
        self._first_under_way = True
        try:
            answer = await self._solver.first(job, self._state.plan_in_force)
        finally:
            self._first_under_way = False
        observe(self._area, "wait").observe(max(answer.plan.latency.wait_ms, 0.0) / 1e3)
        observe(self._area, "solve").observe(answer.solve_s)
        await self._publish(answer)
        self._metrics.event_to_plan.labels(self._area).observe(max(time.time_ns() - job.oldest_ns, 0) / 1e9)
        if self._settings.certify_s > 0:
            await self._prove(job, answer)

    async def _prove(self, job: Job, answer: Answer) -> None:
        """Have the plan proven, then its whole frontier, until the time is up or a newer picture waits."""
        observe = self._metrics.stage.labels
        started = time.monotonic()
        held_s = self._settings.certify_min_s if started - self._proven_at > PROOF_EVERY_S else 0.0

        def cancelled() -> bool:
            return self._mailbox.waiting and time.monotonic() - started > held_s

        proven = await self._solver.proven(job, answer, self._settings.certify_s, cancelled)
        observe(self._area, "certify").observe(proven.solve_s)
        if proven.plan.certificate == "proven":
            self._proven_at = time.monotonic()
        if proven.plan.gap is not None:
            self._metrics.gap.labels(self._area).observe(proven.plan.gap)
        await self._publish(proven)
        left_s = self._settings.certify_s - (time.monotonic() - started)
        if left_s <= 0 or cancelled():
            return
        whole = await self._solver.frontier(job, proven, left_s, cancelled)
        if whole is not None:
            observe(self._area, "frontier").observe(whole.solve_s)
            await self._publish(whole)

    async def _publish(self, answer: Answer) -> None:
        """Append the plan to the log, show it, push it; its bands only where they are new."""
        started = time.perf_counter()
        plan, fresh = self._numbered(answer.plan)
        if fresh:
            await self._append(plan)
        bands = replace(answer.bands, revision=plan.revision)
        shown = self._state.bands
        self._state.set_plan(plan, bands)
        self._consoles.push("plan", self._encoder.encode(plan))
        # A revision with the same moves has the same bands, which its consoles hold already.
        if shown is None or replace(shown, revision=plan.revision) != bands:
            self._consoles.push("zones", self._encoder.encode(bands))
        if fresh:
            self._metrics.plans.labels(self._area, plan.certificate).inc()
        self._metrics.stage.labels(self._area, "publish").observe(time.perf_counter() - started)

    def _numbered(self, plan: CoverPlanData) -> tuple[CoverPlanData, bool]:
        """The plan under its next revision, and whether it goes to the log.

        After a restart the newest plan is solved anew and may be in the log already: then the one logged is
        shown, and a revision is added only where it says more.
        """
        known = self._state.newest_revision(plan.plan_id)
        if known is None:
            return replace(plan, revision=0), True
        if plan.plan_id == self._logged_before and not _says_more(plan, known):
            return known, False
        return replace(plan, revision=known.revision + 1), True

    async def _append(self, plan: CoverPlanData) -> None:
        """Append a plan, once: where the log was unsure it is sent again only if it is not there."""
        id_ = f"{plan.plan_id}-r{plan.revision}"
        event = codec.encode(plan, id=id_, source=SOURCE, area=self._area, time=plan.picture_time)
        unsure = False
        while True:
            if self._lease() is None:
                await asyncio.sleep(HELD_POLL_S)
                continue
            if unsure:
                if await plan_kept(self._state, self._log, plan):
                    logger.info("area %s: plan %s was kept", self._area, id_)
                    return
                if self._lease() is None:
                    continue  # by the time it is back, others may have written: look anew
            try:
                await self._log.append(self._area, [event])
            except AppendUnsureError as error:
                logger.warning("area %s: looking whether plan %s was kept: %s", self._area, id_, error)
                unsure = True
            else:
                return

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._consoles.push("beat", self._encoder.encode(self._beat()))

    def _beat(self) -> dict[str, object]:
        oldest = self._mailbox.oldest_ns
        behind = oldest is not None and time.time_ns() - oldest > 5e9
        away = None if self._log.reachable else "log_unreachable"
        return beat(self._state, self._state.degraded or away or ("solver_behind" if behind else None))


def beat(state: AreaState, degraded: str | None) -> dict[str, object]:
    """What consoles are told every two seconds: that the service lives, and how old its news are."""
    now = datetime.now(UTC)
    age = None if state.last_event_ns is None else (time.time_ns() - state.last_event_ns) / 1e9
    plan_age = None if state.plan is None else (now - state.plan.published_at).total_seconds()
    return {
        "server_time": now,
        "as_of": state.picture.as_of,
        "last_event_age_s": age,
        "plan_age_s": plan_age,
        "degraded": degraded,
    }


def _says_more(plan: CoverPlanData, known: CoverPlanData) -> bool:
    """Whether a plan solved anew is better, or better proven, than the one the log has of the same name."""
    if [move.move_id for move in plan.moves] != [move.move_id for move in known.moves]:
        return plan.objective < known.objective
    return plan.certificate == "proven" and known.certificate != "proven"
