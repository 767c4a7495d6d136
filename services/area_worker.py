"""The worker of one area: reads its log, folds the picture, has it solved, publishes plans.

Started by the service. After any death it comes back from checkpoint plus replay: the fold is idempotent,
plans carry deterministic ids, dead letters are kept once. Never takes events from people (the API does).
"""

import asyncio
import logging
import time
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.area_state import AreaState
from services.cover_solver import Answer, CoverSolver
from services.event_check import EventCheck
from services.hub import Hub
from services.mailbox import Job, Mailbox
from services.metrics import Metrics
from services.move_orders import MoveOrder
from services.move_stability import MoveStability
from services.picture import Picture, fold
from services.settings import Settings
from streams import codec
from streams.checkpoints import CheckpointStore
from streams.cover_plan import CoverPlanData
from streams.dead_letters import DeadLetters
from streams.errors import DecodeError, LogClosedError, StreamsError
from streams.events import AppliancePosition, DecisionAction, DecisionMade, Event
from streams.log import EventLog, LogRecord

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
"""Of the checkpoint; another version is ignored and the log replayed from its start."""
READ_LIMIT = 256
"""Records folded before the event loop gets its turn: some milliseconds."""
READ_WAIT_S = 1.0
BEAT_S = 2.0
SOLVE_TRIES, SOLVE_RETRY_S = 2, 1.0
"""A picture whose solve fails is tried once more, a second later; then the next picture is waited for."""
PROOF_EVERY_S = 1.0
"""Where a proof has been finished within so long, the next is given up for a newer picture at once; else it
is held on to for `certify_min_s`: a busy stream still sees proofs, and hardly waits for them."""
SOURCE = "/dynamic-cover/area-worker"


class Checkpoint(Struct, frozen=True):
    """Where the fold stood."""

    schema_version: int
    next_offset: int
    picture: Picture


class AreaWorker:
    """Fold, solve, publish: one area."""

    def __init__(
        self,
        state: AreaState,
        log: EventLog,
        dead_letters: DeadLetters,
        checkpoints: CheckpointStore,
        hub: Hub,
        solver: CoverSolver,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._state = state
        self._area = state.region.id
        self._log = log
        self._dead_letters = dead_letters
        self._checkpoints = checkpoints
        self._hub = hub
        self._solver = solver
        self._metrics = metrics
        self._settings = settings
        self._check = EventCheck(state.region)
        self._stability = MoveStability(state.region)
        self._mailbox = Mailbox()
        self._proven_at = -PROOF_EVERY_S
        self._first_under_way = False
        self._checkpointed_offset = -1
        self._encoder = msgspec.json.Encoder()

    async def run(self) -> None:
        """Recover, then fold and solve until cancelled; a part that fails ends the whole."""
        await self._solver.warm_up()
        await self._recover()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fold_forever())
            group.create_task(self._solve_forever())
            group.create_task(self._beat_forever())
            group.create_task(self._checkpoint_forever())

    @property
    def answering(self) -> bool:
        """Whether a picture waits for its first plan, or one is being found; safe to ask from any thread."""
        return self._first_under_way or self._mailbox.waiting

    async def checkpoint(self) -> None:
        """Keep where the fold stands, and let the log forget what it no longer needs."""
        next_offset = self._state.offset + 1
        checkpoint = self._encoder.encode(Checkpoint(SCHEMA_VERSION, next_offset, self._state.picture))
        # The log first: a checkpoint must never speak of records that a power cut can take away.
        await self._log.flush(self._area)
        await self._checkpoints.save(self._area, checkpoint)
        await self._log.trim(self._area, next_offset)
        self._checkpointed_offset = next_offset - 1

    async def _recover(self) -> None:
        state = self._state
        kept = await self._checkpoints.load(self._area)
        if kept is not None:
            self._load(kept)
        first, end = self._log.first_offset(self._area), self._log.end_offset(self._area)
        if state.offset >= end:
            logger.warning(
                "area %s: the log ends at %d, before its checkpoint at %d; all of it is folded again",
                self._area,
                end - 1,
                state.offset,
            )
            state.offset = first - 1
        if state.offset + 1 < first:
            raise StreamsError(
                f"area {self._area}: the log begins at {first}, and no checkpoint reaches that far; "
                "restore the data folder from a copy, or start with a fresh one"
            )
        oldest_ns: int | None = None
        while state.offset + 1 < end:
            records = await self._log.read(self._area, state.offset + 1, READ_LIMIT)
            batch_ns = await self._fold_batch(records)
            oldest_ns = oldest_ns if oldest_ns is not None else batch_ns
            await asyncio.sleep(0)
        state.ready, state.degraded = True, None
        self._hub.push("snapshot", state.snapshot())
        self._mailbox.put(state.picture, state.offset, time.time_ns() if oldest_ns is None else oldest_ns)

    def _load(self, kept: bytes) -> None:
        """Take up a checkpoint; one that does not fit is left aside and the log replayed instead."""
        try:
            checkpoint = msgspec.json.decode(kept, type=Checkpoint)
            if checkpoint.schema_version != SCHEMA_VERSION:
                raise ValueError(f"it is of version {checkpoint.schema_version}, not {SCHEMA_VERSION}")
            if set(checkpoint.picture.appliances) != set(self._state.viewer.homes):
                raise ValueError("its appliances are not the region's")
        except (msgspec.DecodeError, ValueError) as error:
            logger.warning("area %s: checkpoint not used, replaying the log: %s", self._area, error)
            return
        self._state.picture, self._state.offset = checkpoint.picture, checkpoint.next_offset - 1

    async def _checkpoint_forever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.checkpoint_s)
            if self._state.offset > self._checkpointed_offset:
                await self.checkpoint()

    async def _fold_forever(self) -> None:
        state = self._state
        while True:
            try:
                records = await self._log.read(self._area, state.offset + 1, READ_LIMIT, READ_WAIT_S)
            except LogClosedError:
                return
            before = state.picture
            if records:
                oldest_ns = await self._fold_batch(records)
                if state.picture is not before:
                    delta = state.viewer.delta(before, state.picture, state.offset)
                    self._hub.push("picture", self._encoder.encode(delta))
                if oldest_ns is not None:
                    self._mailbox.put(state.picture, state.offset, oldest_ns)
                lag = self._log.end_offset(self._area) - state.offset - 1
                self._metrics.lag.labels(self._area).set(lag)
            await asyncio.sleep(0)

    async def _fold_batch(self, records: list[LogRecord]) -> int | None:
        """Fold `records`; returns when the log took the oldest one that calls for a new plan."""
        state = self._state
        started = time.perf_counter()
        oldest_ns: int | None = None
        for record in records:
            try:
                event = codec.decode(record.payload)
                self._check.content(event, state.picture.as_of)
            except DecodeError as error:
                await self._bury(record, error)
            else:
                if self._take(event) and oldest_ns is None:
                    oldest_ns = record.appended_ns
                if isinstance(event.data, CoverPlanData):
                    state.know_plan(event.data)
                else:
                    state.last_event_ns = record.appended_ns
            state.offset = record.offset
        state.folded(state.offset)
        self._metrics.stage.labels(self._area, "fold").observe(time.perf_counter() - started)
        return oldest_ns

    def _take(self, event: Event) -> bool:
        """Fold one event; whether it calls for a new plan."""
        self._metrics.events.labels(self._area, event.type).inc()
        before, self._state.picture = self._state.picture, fold(self._state.picture, event)
        if self._state.ready and self._state.picture.orders is not before.orders:
            self._count_move(before, event)
        return not isinstance(event.data, (CoverPlanData, AppliancePosition))

    def _count_move(self, before: Picture, event: Event) -> None:
        """Count an accepted move, and whether it undoes a recent one; one taken back later stays counted."""
        data = event.data
        if not isinstance(data, DecisionMade) or data.action is not DecisionAction.ACCEPT:
            return
        self._metrics.moves_accepted.labels(self._area).inc()
        order = MoveOrder(data.appliance, data.from_station, data.to_station, event.time)
        if self._stability.reverses(order, before):
            self._metrics.reversals.labels(self._area).inc()

    async def _bury(self, record: LogRecord, error: DecodeError) -> None:
        now = datetime.now(UTC)
        if await self._dead_letters.add(self._area, record.offset, record.payload, error, now):
            self._metrics.dead_letters.labels(self._area).inc()
            logger.warning("area %s: record %d is a dead letter: %s", self._area, record.offset, error)

    async def _solve_forever(self) -> None:
        while True:
            job = await self._mailbox.take()
            try:
                await self._solve(job)
                self._state.degraded = None
            except LogClosedError:
                return
            except Exception:
                # A picture that cannot be solved must not end the service: the last good plan stays,
                # its age is shown, and the next picture is tried.
                logger.exception("area %s: no plan for the picture at %d", self._area, job.offset)
                self._metrics.solve_errors.labels(self._area).inc()
                self._state.degraded = "solve_failed"
                await asyncio.sleep(SOLVE_RETRY_S)
                self._mailbox.put_back(job, SOLVE_TRIES)

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
        plan = answer.plan
        event = codec.encode(
            plan,
            id=f"{plan.plan_id}-r{plan.revision}",
            source=SOURCE,
            area=self._area,
            time=plan.picture_time,
        )
        await self._log.append(self._area, [event])
        shown = self._state.bands
        self._state.set_plan(plan, answer.bands)
        self._hub.push("plan", self._encoder.encode(plan))
        # A revision with the same moves has the same bands, which its consoles hold already.
        if shown is None or replace(shown, revision=plan.revision) != answer.bands:
            self._hub.push("zones", self._encoder.encode(answer.bands))
        self._metrics.plans.labels(self._area, plan.certificate).inc()
        self._metrics.stage.labels(self._area, "publish").observe(time.perf_counter() - started)

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._hub.push("beat", self._encoder.encode(self._beat()))

    def _beat(self) -> dict[str, object]:
        state = self._state
        age = None if state.last_event_ns is None else (time.time_ns() - state.last_event_ns) / 1e9
        oldest = self._mailbox.oldest_ns
        behind = oldest is not None and time.time_ns() - oldest > 5e9
        return {
            "server_time": datetime.now(UTC),
            "as_of": state.picture.as_of,
            "last_event_age_s": age,
            "degraded": state.degraded or ("solver_behind" if behind else None),
        }
