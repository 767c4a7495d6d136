"""The worker of one area of any kind: has pictures answered, logs and shows the answers, keeps checkpoints.

Base of `services.area_worker` (a brigade) and `services.council.day_worker`. Started by the embedded service
and by the worker process. After any death it comes back from checkpoint plus replay: the fold is idempotent,
answers carry deterministic ids, dead letters are kept once. Never takes events from people (the API does).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from services.area_run import lasting
from services.checkpoint_keeper import CheckpointKeeper
from services.log_fold import Folded, LogFold
from services.log_state import LogState
from services.mailbox import Job, Mailbox
from services.metrics import Metrics
from services.plan_kept import answer_kept
from services.settings import Settings
from streams import codec
from streams.errors import AppendUnsureError, LogClosedError, LogFullError, LogUnreachableError
from streams.events import EventData
from streams.log import EventLog

logger = logging.getLogger(__name__)

BEAT_S = 2.0
SOLVE_TRIES, SOLVE_RETRY_S = 2, 1.0
"""A picture whose solve fails is tried once more, a second later; then the next picture is waited for."""
LOG_TRIES = 600
"""A plan that the log does not take is tried again each second: some minutes, or until a newer one."""
HELD_POLL_S = 0.05
"""How often a worker that is not sure of its area looks whether it is again."""
SOURCE = "/dynamic-cover/area-worker"
P = TypeVar("P")
"""The picture of an area of some kind."""
A = TypeVar("A")
"""What the workers of such an area answer."""

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


class LogWorker(Generic[P, A]):
    """Fold, solve, publish: one area.

    Parameters
    ----------
    fold
        Keeps `state`.
    consoles
        Where consoles are told.
    lease
        Asked before everything that is written for others.
    """

    def __init__(
        self,
        state: LogState[P],
        fold: LogFold[P, A],
        log: EventLog,
        checkpoints: CheckpointKeeper,
        consoles: Push,
        metrics: Metrics,
        settings: Settings,
        lease: Lease = for_ever,
    ) -> None:
        self._state = state
        self._area = state.area
        self._log = log
        self._checkpoints = checkpoints
        self._consoles = consoles
        self._metrics = metrics
        self._settings = settings
        self._lease = lease
        self._fold = fold
        self._mailbox: Mailbox[P] = Mailbox()
        self._first_under_way = False
        self._checkpointed_offset = -1
        self._encoder = msgspec.json.Encoder()

    async def _warm_up(self) -> None:
        """Pay for what the first answer would have to wait for."""
        raise NotImplementedError

    def _dumped(self) -> bytes:
        """The state as a checkpoint."""
        raise NotImplementedError

    async def _resume(self) -> None:
        """Take up the answers the log knows; consoles are then told a snapshot."""
        raise NotImplementedError

    def _more_work(self) -> list[Coroutine[Any, Any, None]]:
        """What else is to run as long as the worker does."""
        return []

    def _tell(self, folded: Folded[P, A]) -> None:
        """Tell consoles what a batch has changed."""
        raise NotImplementedError

    async def _solve(self, job: Job[P]) -> None:
        """Answer a picture, and publish."""
        raise NotImplementedError

    async def run(self) -> None:
        """Recover, then fold and solve until cancelled; a part that fails ends the whole."""
        await self._warm_up()
        await self._recover()
        async with asyncio.TaskGroup() as group:
            group.create_task(lasting(self._fold_forever()))
            group.create_task(lasting(self._solve_forever()))
            group.create_task(lasting(self._beat_forever()))
            group.create_task(lasting(self._checkpoint_forever()))
            for work in self._more_work():
                group.create_task(lasting(work))

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
        checkpoint = self._dumped()
        if await self._checkpoints.keep(self._area, checkpoint, next_offset, generation, last):
            self._checkpointed_offset = next_offset - 1

    async def _recover(self) -> None:
        state = self._state
        oldest_ns = await self._fold.recover(await self._checkpoints.kept(self._area))
        await self._resume()
        state.ready, state.degraded = True, None
        self._consoles.push("snapshot", state.snapshot())
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
        while True:
            try:
                folded = await self._fold.next()
            except LogClosedError:
                return
            except LogUnreachableError as error:
                logger.warning("area %s: nothing can be read, trying again: %s", self._area, error)
                continue
            if folded is not None:
                self._tell(folded)
                if folded.oldest_ns is not None:
                    self._put(folded.oldest_ns)
            await asyncio.sleep(0)

    async def _solve_forever(self) -> None:
        while True:
            job = await self._mailbox.take()
            try:
                await self._solve(job)
                self._state.degraded = None
            except LogClosedError:
                return
            except LogFullError as error:
                logger.warning("area %s: not logged, trying again: %s", self._area, error)
                word = "log_full" if self._log.reachable else "log_unreachable"
                await self._again(job, word, LOG_TRIES)
            except Exception:
                # A picture that cannot be solved must not end the service: the last good answer stays,
                # its age is shown, and the next picture is tried.
                logger.exception("area %s: no answer to the picture at %d", self._area, job.offset)
                self._metrics.solve_errors.labels(self._area).inc()
                await self._again(job, "solve_failed", SOLVE_TRIES)

    async def _again(self, job: Job[P], degraded: str, most_tries: int) -> None:
        self._state.degraded = degraded
        await asyncio.sleep(SOLVE_RETRY_S)
        self._mailbox.put_back(job, most_tries)

    async def _append(self, data: EventData, id_: str, time: datetime, known: Callable[[], bool]) -> None:
        """Append an answer, once: where the log was unsure it is sent again only if it is not there.

        Parameters
        ----------
        id_
            The same whenever this answer is given again.
        known
            Whether the state knows it, which must know answers from the log only.
        """
        event = codec.encode(data, id=id_, source=SOURCE, area=self._area, time=time)
        unsure = False
        while True:
            if self._lease() is None:
                await asyncio.sleep(HELD_POLL_S)
                continue
            if unsure:
                if await answer_kept(self._state, self._log, known):
                    logger.info("area %s: answer %s was kept", self._area, id_)
                    return
                if self._lease() is None:
                    continue  # by the time it is back, others may have written: look anew
            try:
                await self._log.append(self._area, [event])
            except AppendUnsureError as error:
                logger.warning("area %s: looking whether answer %s was kept: %s", self._area, id_, error)
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


def beat(state: LogState[Any], degraded: str | None) -> dict[str, object]:
    """What consoles are told every two seconds: that the service lives, and how old its news are."""
    now = datetime.now(UTC)
    age = None if state.last_event_ns is None else (time.time_ns() - state.last_event_ns) / 1e9
    answered_at = state.answered_at()
    return {
        "server_time": now,
        "as_of": state.as_of(),
        "last_event_age_s": age,
        "plan_age_s": None if answered_at is None else now.timestamp() - answered_at,
        "degraded": degraded,
    }
