"""The fold of one area: reads its log from a checkpoint on, and keeps the area's state up to it.

Run by area workers and by API replicas; both come to the same state from the same log. Idempotent, also by
event id. Never solves and never pushes; a bad record becomes a dead letter where it is told to keep them.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services import area_checkpoint
from services.area_state import AreaState
from services.event_check import EventCheck
from services.metrics import Metrics
from services.picture import Picture, PictureDraft
from services.recent_ids import event_key
from streams import codec
from streams.cover_plan import CoverPlanData
from streams.dead_letters import DeadLetters
from streams.errors import DecodeError, LogCutError, OffsetGoneError, StreamsError
from streams.events import AppliancePosition, DecisionMade, Event
from streams.log import EventLog, LogRecord

logger = logging.getLogger(__name__)

READ_LIMIT = 256
"""Records folded before the event loop gets its turn: some milliseconds."""
BEHIND_LIMIT = 1_024
"""The same while more than so many wait: what is done once for each batch is then done more rarely."""
RECOVER_LIMIT = 2_000
"""The same in a recovery, where nobody is served yet."""
READ_WAIT_S = 1.0

DecisionSeen = Callable[[Picture, Event], None]
"""Gets the picture before a decision that gave or took back an order, and the decision."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What a batch of records changed.

    Attributes
    ----------
    before, touched
        The picture before, and the incidents that may differ since (None: any).
    oldest_ns
        When the log took the oldest record that calls for a new plan; None where none does.
    plan
        The newest plan of the batch, by its picture.
    """

    before: Picture
    touched: frozenset[str] | None
    oldest_ns: int | None
    plan: CoverPlanData | None


@dataclass(slots=True)
class _Batch:
    """What the state is to learn of a batch once all of it is in."""

    cause_offset: int
    keys: dict[int, None] = field(default_factory=dict)
    types: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[LogRecord, DecodeError]] = field(default_factory=list)
    plans: list[CoverPlanData] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    last_event_ns: int | None = None
    oldest_ns: int | None = None


class AreaFold:
    """Keeps `state` up to the log.

    Parameters
    ----------
    dead_letters
        Where bad records go; None leaves that to another process and passes them over.
    on_order
        Told of decisions folded live.
    """

    def __init__(
        self,
        state: AreaState,
        log: EventLog,
        metrics: Metrics,
        dead_letters: DeadLetters | None = None,
        on_order: DecisionSeen | None = None,
    ) -> None:
        self._state = state
        self._area = state.region.id
        self._log = log
        self._metrics = metrics
        self._dead_letters = dead_letters
        self._on_order = on_order
        self._check = EventCheck(state.region)
        self._draft = PictureDraft(state.picture)

    async def recover(self, checkpoints: Sequence[bytes]) -> int | None:
        """Begin at the furthest checkpoint that fits, and fold everything after it.

        Returns
        -------
        When the log took the oldest record after the checkpoint that calls for a plan, or None.

        Raises
        ------
        StreamsError
            Where the log does not answer, or no longer holds what the checkpoint needs; `LogCutError` where
            it was cut under an earlier fold of this process: then recover again.
        """
        state = self._state
        await self._log.refresh(self._area)
        first, end = self._log.first_offset(self._area), self._log.end_offset(self._area)
        state.begin()
        self._restore(checkpoints)
        if state.offset >= end or not await self._holds_last(first):
            self._begin_anew(first, end)
        if state.offset + 1 < first:
            raise StreamsError(
                f"area {self._area}: the log begins at {first}, and no checkpoint reaches that far; "
                "restore the data folder from a copy, or start with a fresh one"
            )
        self._draft = PictureDraft(state.picture)
        oldest_ns: int | None = None
        while state.offset + 1 < end:
            records = await self._read(RECOVER_LIMIT)
            if not records:
                break  # the log has been cut meanwhile, at where this stands
            folded = await self._fold(records)
            oldest_ns = oldest_ns if oldest_ns is not None else folded.oldest_ns
            await asyncio.sleep(0)
        return oldest_ns

    async def next(self, wait_s: float = READ_WAIT_S) -> Folded | None:
        """Fold what comes next; None where nothing came within `wait_s`.

        Raises
        ------
        StreamsError
            What the log raises. After `LogCutError` this fold stands where the log no longer is, and has to
            `recover`.
        """
        behind = self._log.end_offset(self._area) - self._state.offset > BEHIND_LIMIT
        records = await self._read(BEHIND_LIMIT if behind else READ_LIMIT, wait_s)
        if not records:
            return None
        folded = await self._fold(records)
        lag = self._log.end_offset(self._area) - self._state.offset - 1
        self._metrics.lag.labels(self._area).set(lag)
        return folded

    async def _read(self, limit: int, wait_s: float = 0.0) -> list[LogRecord]:
        try:
            return await self._log.read(self._area, self._state.offset + 1, limit, wait_s)
        except LogCutError:
            self._forget_plans()
            raise

    async def _holds_last(self, first: int) -> bool:
        """Whether the log holds the record the checkpoint stopped at; one let go of by now counts as held."""
        state = self._state
        if state.last_record is None or state.offset < first:
            return True
        try:
            records = await self._log.read(self._area, state.offset, 1)
        except OffsetGoneError:
            return True
        except LogCutError:
            return False
        return bool(records) and records[0].mark == state.last_record

    def _forget_plans(self) -> None:
        """Forget plans and decisions of a log that was cut: they are named by offsets, which others take now.

        Also the plan shown: whatever is solved from here on counts as older than one of a higher offset.
        """
        state = self._state
        state.plans.clear()
        state.plan = state.bands = None
        state.decision_offsets.clear()

    def _restore(self, checkpoints: Sequence[bytes]) -> None:
        """Take up the furthest checkpoint; one that does not fit is left aside."""
        fitting = []
        for kept in checkpoints:
            try:
                fitting.append(area_checkpoint.read(kept, self._state.viewer.homes))
            except ValueError as error:
                logger.warning("area %s: checkpoint not used, replaying the log: %s", self._area, error)
        for checkpoint in sorted(fitting, key=lambda c: c.next_offset, reverse=True):
            try:
                area_checkpoint.restore(self._state, checkpoint)
            except ValueError as error:
                logger.warning("area %s: checkpoint not used: %s", self._area, error)
            else:
                return

    def _begin_anew(self, first: int, end: int) -> None:
        """The log was cut or replaced since the checkpoint: the log is the truth, fold all of it."""
        state = self._state
        if state.offset >= 0:
            logger.warning(
                "area %s: the log (it ends at %d) is not the one of the checkpoint at %d: it was cut or "
                "replaced; all of it is folded again",
                self._area,
                end - 1,
                state.offset,
            )
        picture = state.picture
        state.begin()
        state.picture = picture  # what it knows beyond the log is not to be lost
        self._forget_plans()
        state.offset = state.cause_offset = first - 1

    async def _fold(self, records: list[LogRecord]) -> Folded:
        """Fold `records`; the state changes once, when all of them are in, and not at all where one fails."""
        state, draft = self._state, self._draft
        started = time.perf_counter()
        before = state.picture
        batch = _Batch(cause_offset=state.cause_offset)
        for record in records:
            if record.payload:
                self._take(record, batch)
        try:
            for record, error in batch.bad:
                await self._bury(record, error)
        except BaseException:
            self._draft = PictureDraft(before)  # the batch is folded again, from where the state stands
            raise
        for type_, count in batch.types.items():
            self._metrics.events.labels(self._area, type_).inc(count)
        state.picture = draft.picture()
        state.recent.add(batch.keys)
        state.cause_offset = batch.cause_offset
        state.decision_offsets.extend(batch.decisions)
        state.last_event_ns = batch.last_event_ns or state.last_event_ns
        for plan in batch.plans:
            state.know_plan(plan)
        if records:
            state.last_record = records[-1].mark
            state.folded(records[-1].offset)
        self._metrics.stage.labels(self._area, "fold").observe(time.perf_counter() - started)
        newest = max(batch.plans, key=_order, default=None)
        return Folded(before, draft.touched_since(before), batch.oldest_ns, newest)

    def _take(self, record: LogRecord, batch: "_Batch") -> None:
        """Fold one record into the draft, and note in `batch` what the state is to learn of it."""
        try:
            event = codec.decode(record.payload)
            self._check.content(event, self._draft.as_of)
        except DecodeError as error:
            batch.bad.append((record, error))
            return
        key = event_key(event.source, event.id)
        if key in self._state.recent or key in batch.keys:
            self._metrics.duplicates.labels(self._area).inc()
            return
        batch.keys[key] = None
        batch.types[event.type] += 1
        data = event.data
        if isinstance(data, CoverPlanData):
            batch.plans.append(data)
            return
        batch.last_event_ns = record.appended_ns
        if isinstance(data, DecisionMade):
            batch.decisions.append(record.offset)
            self._take_decision(event)
        else:
            self._draft.take(event)
        if not isinstance(data, AppliancePosition):
            batch.cause_offset = record.offset
            batch.oldest_ns = batch.oldest_ns or record.appended_ns

    def _take_decision(self, event: Event) -> None:
        draft = self._draft
        before = draft.picture()
        draft.take(event)
        if self._on_order is not None and self._state.ready and draft.orders is not before.orders:
            self._on_order(before, event)

    async def _bury(self, record: LogRecord, error: DecodeError) -> None:
        if self._dead_letters is None:
            return
        now = datetime.now(UTC)
        if await self._dead_letters.add(self._area, record.offset, record.payload, error, now):
            self._metrics.dead_letters.labels(self._area).inc()
            logger.warning("area %s: record %d is a dead letter: %s", self._area, record.offset, error)


def _order(plan: CoverPlanData) -> tuple[int, int]:
    return plan.picture_offset, plan.revision
