"""The worker of one brigade: has every new picture solved, logs and shows the plans.

`services.log_worker` for a brigade. Started by the embedded service and by the worker process.
"""

import time

from msgspec.structs import replace

from services import area_checkpoint
from services.area_fold import AreaFold, CoverFolded
from services.area_state import AreaState
from services.checkpoint_keeper import CheckpointKeeper
from services.cover_solver import Answer, CoverSolver
from services.log_worker import BEAT_S, Lease, LogWorker, Push, beat, for_ever
from services.mailbox import Job
from services.metrics import Metrics
from services.move_orders import MoveOrder
from services.move_stability import MoveStability
from services.picture import Picture
from services.settings import Settings
from streams.cover_plan import CoverPlanData
from streams.dead_letters import DeadLetters
from streams.events import DecisionAction, DecisionMade, Event
from streams.log import EventLog

__all__ = ["BEAT_S", "AreaWorker", "Lease", "Push", "beat"]

PROOF_EVERY_S = 1.0
"""Where a proof has been finished within so long, the next is given up for a newer picture at once; else it
is held on to for `certify_min_s`: a busy stream still sees proofs, and hardly waits for them."""


class AreaWorker(LogWorker[Picture, CoverPlanData]):
    """Fold, solve, publish: one brigade.

    Parameters
    ----------
    consoles
        Where consoles are told.
    lease
        Asked before everything that is written for others.
    """

    _state: AreaState
    _fold: AreaFold

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
        fold = AreaFold(state, log, metrics, dead_letters, self._count_move)
        super().__init__(state, fold, log, checkpoints, consoles, metrics, settings, lease)
        self._solver = solver
        self._stability = MoveStability(state.region)
        self._proven_at = -PROOF_EVERY_S
        self._logged_before: str | None = None

    async def _warm_up(self) -> None:
        await self._solver.warm_up()

    def _dumped(self) -> bytes:
        return area_checkpoint.dumped(self._state)

    async def _resume(self) -> None:
        state = self._state
        state.plan = state.plan_in_force
        # Its plan may be in the log already: solved again for the zones' bands, logged only if it is better.
        self._logged_before = None if state.plan is None else state.plan.plan_id

    def _tell(self, folded: CoverFolded) -> None:
        state = self._state
        if state.picture is not folded.before:
            touched = self._fold.touched_since(folded.before)
            delta = state.viewer.delta(folded.before, state.picture, state.offset, touched)
            self._consoles.push("picture", self._encoder.encode(delta))

    def _count_move(self, before: Picture, event: Event) -> None:
        """Count an accepted move, and whether it undoes a recent one; one taken back later stays counted."""
        data = event.data
        if not isinstance(data, DecisionMade) or data.action is not DecisionAction.ACCEPT:
            return
        self._metrics.moves_accepted.labels(self._area).inc()
        order = MoveOrder(data.appliance, data.from_station, data.to_station, event.time)
        if self._stability.reverses(order, before):
            self._metrics.reversals.labels(self._area).inc()

    async def _solve(self, job: Job[Picture]) -> None:
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

    async def _prove(self, job: Job[Picture], answer: Answer) -> None:
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
            await self._append_plan(plan)
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

    async def _append_plan(self, plan: CoverPlanData) -> None:
        def known() -> bool:
            newest = self._state.newest_revision(plan.plan_id)
            return newest is not None and newest.revision >= plan.revision

        await self._append(plan, f"{plan.plan_id}-r{plan.revision}", plan.picture_time, known)


def _says_more(plan: CoverPlanData, known: CoverPlanData) -> bool:
    """Whether a plan solved anew is better, or better proven, than the one the log has of the same name."""
    if [move.move_id for move in plan.moves] != [move.move_id for move in known.moves]:
        return plan.objective < known.objective
    return plan.certificate == "proven" and known.certificate != "proven"
