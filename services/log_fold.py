"""The fold of one area of any kind: reads its log from a checkpoint on, and keeps the area's state up to it.

Base of `services.area_fold` (a brigade) and `services.council.day_fold`, which know what an event changes.
Run by area workers and by API replicas; both come to the same state from the same log. Idempotent, also by
event id. Never solves and never pushes; a bad record becomes a dead letter where it is told to keep them.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from services.event_check import AreaCheck
from services.log_checkpoint import LogCheckpoint
from services.log_state import LogState
from services.metrics import Metrics
from services.recent_ids import event_key
from streams import codec
from streams.dead_letters import DeadLetters
from streams.errors import DecodeError, LogCutError, OffsetGoneError, StreamsError
from streams.events import Event
from streams.log import EventLog, LogRecord

logger = logging.getLogger(__name__)

READ_LIMIT = 256
"""Records folded before the event loop gets its turn: some milliseconds."""
BEHIND_LIMIT = 1_024
"""The same while more than so many wait: what is done once for each batch is then done more rarely."""
RECOVER_LIMIT = 2_000
"""The same in a recovery, where nobody is served yet."""
READ_WAIT_S = 1.0

P = TypeVar("P")
"""The picture of an area of some kind."""
P_co = TypeVar("P_co", covariant=True)
A = TypeVar("A")
"""What the workers of such an area answer."""


class Draft(Protocol[P_co]):
    """A picture that takes events."""

    @property
    def as_of(self) -> datetime:
        """Time of the newest event taken."""
        ...

    def picture(self) -> P_co:
        """The picture now."""
        ...


@dataclass(frozen=True, slots=True)
class Folded(Generic[P, A]):
    """What a batch of records changed.

    Attributes
    ----------
    before
        The picture before.
    oldest_ns
        When the log took the oldest record that calls for a new answer; None where none does.
    answers
        Those in the batch, in the order of the log.
    """

    before: P
    oldest_ns: int | None
    answers: list[A]


@dataclass(slots=True)
class Batch(Generic[A]):
    """What the state is to learn of a batch once all of it is in."""

    cause_offset: int
    keys: dict[int, None] = field(default_factory=dict)
    types: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[LogRecord, DecodeError]] = field(default_factory=list)
    answers: list[A] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    last_event_ns: int | None = None
    oldest_ns: int | None = None

    def asks(self, record: LogRecord) -> None:
        """Note that a record calls for a new answer."""
        self.cause_offset = record.offset
        self.oldest_ns = self.oldest_ns or record.appended_ns


class LogFold(Generic[P, A]):
    """Keeps `state` up to the log.

    Parameters
    ----------
    check
        What the area asks of an event.
    dead_letters
        Where bad records go; None leaves that to another process and passes them over.
    """

    def __init__(
        self,
        state: LogState[P],
        check: AreaCheck,
        log: EventLog,
        metrics: Metrics,
        dead_letters: DeadLetters | None = None,
    ) -> None:
        self._state = state
        self._area = state.area
        self._log = log
        self._metrics = metrics
        self._dead_letters = dead_letters
        self._check = check
        self._draft = self._drafted(state.picture)

    def _drafted(self, picture: P) -> Draft[P]:
        """A draft that goes on from a picture."""
        raise NotImplementedError

    def _judge(self, event: Event) -> None:
        """Check an event against the draft; raises `DecodeError`."""

    def _take_event(self, event: Event, record: LogRecord, batch: Batch[A]) -> None:
        """Fold an event into the draft, or note the answer it is."""
        raise NotImplementedError

    def _know(self, answers: list[A]) -> None:
        """Let the state know answers of the log."""
        raise NotImplementedError

    def _read_checkpoint(self, kept: bytes) -> LogCheckpoint:
        """A checkpoint; ValueError says why it does not fit."""
        raise NotImplementedError

    def _restore_checkpoint(self, checkpoint: LogCheckpoint) -> None:
        """Put the state where it stood; after a ValueError the state is as it was."""
        raise NotImplementedError

    async def recover(self, checkpoints: Sequence[bytes]) -> int | None:
        """Begin at the furthest checkpoint that fits, and fold everything after it.

        Returns
        -------
        When the log took the oldest record after the checkpoint that calls for an answer, or None.

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
        self._draft = self._drafted(state.picture)
        oldest_ns: int | None = None
        while state.offset + 1 < end:
            records = await self._read(RECOVER_LIMIT)
            if not records:
                break  # the log has been cut meanwhile, at where this stands
            folded = await self._fold(records)
            oldest_ns = oldest_ns if oldest_ns is not None else folded.oldest_ns
            await asyncio.sleep(0)
        return oldest_ns

    async def next(self, wait_s: float = READ_WAIT_S) -> Folded[P, A] | None:
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
            self._forget_answers()
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

    def _forget_answers(self) -> None:
        """Forget answers and decisions of a log that was cut: offsets, which others take now, name them."""
        self._state.forget_answers()
        self._state.decision_offsets.clear()

    def _restore(self, checkpoints: Sequence[bytes]) -> None:
        """Take up the furthest checkpoint; one that does not fit is left aside."""
        fitting = []
        for kept in checkpoints:
            try:
                fitting.append(self._read_checkpoint(kept))
            except ValueError as error:
                logger.warning("area %s: checkpoint not used, replaying the log: %s", self._area, error)
        for checkpoint in sorted(fitting, key=lambda c: c.next_offset, reverse=True):
            try:
                self._restore_checkpoint(checkpoint)
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
        self._forget_answers()
        state.offset = state.cause_offset = first - 1

    async def _fold(self, records: list[LogRecord]) -> Folded[P, A]:
        """Fold `records`; the state changes once, when all of them are in, and not at all where one fails."""
        state, draft = self._state, self._draft
        started = time.perf_counter()
        before = state.picture
        batch: Batch[A] = Batch(cause_offset=state.cause_offset)
        for record in records:
            if record.payload:
                self._take(record, batch)
        try:
            for record, error in batch.bad:
                await self._bury(record, error)
        except BaseException:
            self._draft = self._drafted(before)  # the batch is folded again, from where the state stands
            raise
        for type_, count in batch.types.items():
            self._metrics.events.labels(self._area, type_).inc(count)
        state.picture = draft.picture()
        state.recent.add(batch.keys)
        state.cause_offset = batch.cause_offset
        state.decision_offsets.extend(batch.decisions)
        state.last_event_ns = batch.last_event_ns or state.last_event_ns
        self._know(batch.answers)
        if records:
            state.last_record = records[-1].mark
            state.folded(records[-1].offset)
        self._metrics.stage.labels(self._area, "fold").observe(time.perf_counter() - started)
        return Folded(before, batch.oldest_ns, batch.answers)

    def _take(self, record: LogRecord, batch: Batch[A]) -> None:
        """Fold one record into the draft, and note in `batch` what the state is to learn of it."""
        try:
            event = codec.decode(record.payload)
            self._check.content(event, self._draft.as_of)
            self._judge(event)
        except DecodeError as error:
            batch.bad.append((record, error))
            return
        key = event_key(event.source, event.id)
        if key in self._state.recent or key in batch.keys:
            self._metrics.duplicates.labels(self._area).inc()
            return
        batch.keys[key] = None
        batch.types[event.type] += 1
        self._take_event(event, record, batch)

    async def _bury(self, record: LogRecord, error: DecodeError) -> None:
        if self._dead_letters is None:
            return
        now = datetime.now(UTC)
        if await self._dead_letters.add(self._area, record.offset, record.payload, error, now):
            self._metrics.dead_letters.labels(self._area).inc()
            logger.warning("area %s: record %d is a dead letter: %s", self._area, record.offset, error)
