"""Which areas this worker serves: its membership in the group of all workers, kept by Kafka.

Started by a worker process. Partitions are areas, so Kafka's consumer group shares the areas out: cooperative
(only areas that move are interrupted) and with static membership (a worker that is back within
`SESSION_S` finds its areas waiting). Nothing is read here; where an area's fold stands is in its checkpoint.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer
from kafka.admin import MemberToRemove
from kafka.errors import FencedInstanceIdError, RetriableError
from kafka.structs import OffsetAndMetadata, TopicPartition

from streams.kafka_assignor import AreaAssignor
from streams.kafka_lease import GroupLease
from streams.kafka_settings import KafkaSettings

logger = logging.getLogger(__name__)

SESSION_S = 6.0
"""A worker not heard of for so long has lost its areas to the others."""
BEAT_S = 1.0
"""Also how late at most a worker learns that the group shares out anew."""
REBALANCE_WITHIN_S = 8.0
"""In a rebalance the others wait so long for a worker that does not come."""
GIVE_UP_WITHIN_S = 4.0
"""Stopping an area and keeping its checkpoint may take so long, all areas together: less than `SESSION_S`,
because no heartbeat goes out meanwhile."""
WRITE_WITHIN_S = 1.0
"""What is written is with its server within this, as a rule; where not, the server knows the generation."""
POLL_S = 0.1
POLL_WITHIN_MS = 500
ANEW_AFTER_S = 90.0
"""A consumer that has had nothing but trouble for so long is opened anew."""
AGAIN_AFTER_S = 0.5
CONSUMER_CLOSE_MS = 2_000
LEAVE_WITHIN_MS = 3_000
CLOSE_WITHIN_S = 15.0

Handler = Callable[[frozenset[str], int], Awaitable[None]]
"""Gets areas and the group's generation, which grows with every rebalance: of two workers that both believe
an area theirs, the one with the greater number is right."""


class AreaGroup:
    """This worker's place in the group.

    Which calls come when, as seen with a real broker (`tests/streams/test_kafka_group.py`):

    - The broker restarts cleanly, is killed, or is down for 30 s, and comes back: **none**, and the
      generation stays. The group is on its disk, and we are heard again before it counts our session as over.
      `holds` is False from some 5 s after the last answered heartbeat until one is answered again, which is
      1 to 2 s after the broker is back. (Were our session over after all: `lost`, then `take`.)
    - This process was stopped for longer than `SESSION_S`: `lost` with all its areas, within seconds of going
      on, then `take` of its share. `holds` is False all the while, from the first question on.
    - This worker dies and is back under its name within `SESSION_S`: the others see nothing, the new process
      gets `take` with the same areas in the same generation.
    - Another process joins under our name: `lost` with all areas at our next heartbeat (`BEAT_S`), then
      nothing any more; see `replaced`. Until then both have them, in one generation: names must differ.
    - The membership fails otherwise: `give_up` with all areas, then a new try, and `take`.

    Areas that stay ours through a rebalance get no call, but a new `generation`.

    Parameters
    ----------
    worker
        A name that stays over restarts and that no other worker has.
    areas
        All areas the group serves; the same for every worker. Their topics must be there already.
    take
        Called in the event loop with areas that are now ours. It must return at once.
    give_up
        Awaited in the event loop before areas go to another worker: stop them, keep their checkpoint. What is
        not done within `GIVE_UP_WITHIN_S` is cancelled.
    lost
        Called in the event loop with areas that are another worker's already: stop them, write nothing.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        worker: str,
        areas: Sequence[str],
        take: Handler,
        give_up: Handler,
        lost: Handler,
    ) -> None:
        self._settings = settings
        self._worker = worker
        self._area_of = {settings.topic(area): area for area in areas}
        self._handlers = take, give_up, lost
        self._loop = asyncio.get_running_loop()
        self._lease = GroupLease(SESSION_S)
        self._own: frozenset[str] = frozenset()
        self._ending = threading.Event()
        self._leaving = False
        self._replaced = False
        self._thread = threading.Thread(target=self._run, name=f"group-{worker}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The group's id in Kafka."""
        return f"{self._settings.prefix}.workers"

    @property
    def replaced(self) -> bool:
        """Whether another process has joined under our name: then this one is out for good and should end."""
        return self._replaced

    @property
    def generation(self) -> int:
        """The newest generation in which the group has confirmed us; 0 where we are in none.

        It may begin anew at 1: Kafka forgets a group in which nobody has been for a week.
        """
        return self._lease.generation

    def holds(self, within_s: float = WRITE_WITHIN_S) -> bool:
        """Whether our areas stay ours for `within_s` more seconds, whatever happens to us.

        Cheap; to be asked from the event loop before anything is written for an area. False where the group
        has not confirmed us lately: for longer than a session while Kafka does not answer, and for a moment
        where a rebalance waits for a worker that does not come.
        """
        return self._lease.holds(within_s)

    def lease(self, area: str, within_s: float = WRITE_WITHIN_S) -> int | None:
        """The generation to write for `area` with, or None: write nothing now."""
        generation = self._lease.generation
        return generation if area in self._own and generation and self.holds(within_s) else None

    async def close(self, leave: bool) -> None:
        """Give up all areas and end; with `leave` the others get them at once, else after `SESSION_S`.

        A worker that is to be back soon does not leave: its areas wait for it.
        """
        self._leaving = leave
        self._ending.set()
        await asyncio.to_thread(self._thread.join, CLOSE_WITHIN_S)
        if leave and not self._lease.left and not self._replaced:
            await asyncio.to_thread(self._remove)

    def _run(self) -> None:
        while not self._ending.is_set() and not self._replaced:
            consumer = None
            try:
                assignor = AreaAssignor(self._confirmed)
                consumer = self._open(assignor)
                self._lease.watch(consumer)
                consumer.subscribe(
                    topics=list(self._area_of), listener=_Listener(self, consumer, assignor.forget)
                )
                self._stay(consumer)
            except FencedInstanceIdError:
                self._replaced = True
                self._lease.over()
                self._told_lost()
                logger.error(
                    "worker %s: another worker of this name has joined, this one leaves off; "
                    "give every worker a name of its own",
                    self._worker,
                )
            except Exception as error:
                if not self._ending.is_set():
                    logger.warning(
                        "worker %s: its place in the group failed, trying again: %s: %s",
                        self._worker,
                        type(error).__name__,
                        error,
                    )
                    self._ending.wait(AGAIN_AFTER_S)
            finally:
                if consumer is not None:
                    self._close(consumer)

    def _stay(self, consumer: KafkaConsumer) -> None:
        """Be in the group until the end.

        Only the coordinator is polled: nothing is fetched here, and so no trouble with fetching can cost us
        our place. Nor can a broker that is away: the place is kept, and confirmed anew once it is back.
        """
        noted = 0
        coordinator = consumer._coordinator
        good_at = time.monotonic()
        while not self._ending.wait(POLL_S):
            try:
                coordinator.poll(timeout_ms=POLL_WITHIN_MS)
                good_at = time.monotonic()
            except RetriableError:
                if time.monotonic() - good_at > ANEW_AFTER_S:
                    raise
                continue
            if self._lease.replaced:
                raise FencedInstanceIdError(self._worker)
            own, generation = consumer.assignment(), self._lease.generation
            if own and generation != noted:
                # Means nothing to us. But Kafka forgets a group that is empty and has no offsets within ten
                # minutes, and its generations with it; one with offsets it keeps for a week.
                consumer.commit_async({min(own): OffsetAndMetadata(0, "", -1)})
                noted = generation

    def _open(self, assignor: AreaAssignor) -> KafkaConsumer:
        return KafkaConsumer(
            **self._settings.client(),
            client_id=f"cover-group-{self._worker}",
            group_id=self.name,
            group_instance_id=self._worker,
            partition_assignment_strategy=[assignor],
            session_timeout_ms=int(SESSION_S * 1000),
            heartbeat_interval_ms=int(BEAT_S * 1000),
            max_poll_interval_ms=int(REBALANCE_WITHIN_S * 1000),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _close(self, consumer: KafkaConsumer) -> None:
        """Hand over what is ours still, and leave the group where that is wanted."""
        if self._ending.is_set() and self._leaving and not self._replaced:
            # The library never takes leave of a group for a member with a fixed name.
            consumer._coordinator.is_dynamic_member = lambda: True
        with contextlib.suppress(Exception):
            consumer.close(autocommit=False, timeout_ms=CONSUMER_CLOSE_MS)
        self._lease.over()
        self._told_lost()  # where closing has failed to hand over

    def _remove(self) -> None:
        """Have our name taken out of the group, from outside."""
        with contextlib.suppress(Exception):  # then the session ends by itself
            changed = {"bootstrap_timeout_ms": LEAVE_WITHIN_MS, "request_timeout_ms": LEAVE_WITHIN_MS}
            admin = KafkaAdminClient(**(self._settings.client() | changed), client_id="cover-leave")
            try:
                admin.remove_group_members(self.name, [MemberToRemove(group_instance_id=self._worker)])
            finally:
                admin.close()

    def _confirmed(self, topics: frozenset[str], generation: int) -> None:
        self._lease.confirmed(generation)

    def _told_lost(self) -> None:
        if self._own:
            self.lost(frozenset(self._own), 0)

    def take(self, areas: frozenset[str], generation: int) -> None:
        """Areas are ours now (on Kafka's thread)."""
        self._own |= areas
        self._tell("take", self._handlers[0], areas, generation)

    def give_up(self, areas: frozenset[str], generation: int) -> None:
        """Areas are to go to another worker; ours until this returns (on Kafka's thread)."""
        self._tell("give up", self._handlers[1], areas & self._own, generation)
        self._own -= areas

    def lost(self, areas: frozenset[str], generation: int) -> None:
        """Areas are another worker's (on Kafka's thread)."""
        gone = areas & self._own
        self._own -= areas
        self._tell("drop", self._handlers[2], gone, generation)

    def areas(self, partitions: Iterable[TopicPartition]) -> frozenset[str]:
        """Their areas."""
        return frozenset(self._area_of[partition.topic] for partition in partitions)

    def _tell(self, what: str, handler: Handler, areas: frozenset[str], generation: int) -> None:
        """Run `handler` in the event loop, and wait for it within the one deadline."""
        if not areas:
            return
        logger.info("worker %s, generation %d: %s %s", self._worker, generation, what, sorted(areas))
        work: Coroutine[Any, Any, None] = _as_coroutine(handler, areas, generation)
        try:
            done = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # the loop has ended: there is nothing left to stop
            work.close()
            return
        try:
            done.result(GIVE_UP_WITHIN_S)
        except Exception as error:
            done.cancel()
            logger.warning("worker %s: could not %s %s: %r", self._worker, what, sorted(areas), error)


async def _as_coroutine(handler: Handler, areas: frozenset[str], generation: int) -> None:
    await handler(areas, generation)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the consumer calls on its own thread."""

    def __init__(self, group: AreaGroup, consumer: KafkaConsumer, forget: Callable[[], None]) -> None:
        self._group = group
        self._consumer = consumer
        self._forget = forget

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Areas that are now ours."""
        self._group.take(self._group.areas(assigned), self._generation())

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Areas to hand over."""
        self._group.give_up(self._group.areas(revoked), self._generation())

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Areas that somebody else has already."""
        self._forget()
        self._group.lost(self._group.areas(lost), self._generation())

    def _generation(self) -> int:
        return int(self._consumer.group_metadata().generation_id)
