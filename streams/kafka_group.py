"""Which areas this worker serves: its membership in the group of all workers, kept by Kafka.

Started by a worker process. Partitions are areas, so Kafka's consumer group shares the areas out: cooperative
(only areas that move are interrupted) and with static membership (a worker that is back within
`SESSION_S` finds its areas waiting). Nothing is read here and no offsets are committed: where an area's fold
stands is in its checkpoint.
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
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.structs import TopicPartition

from streams.kafka_settings import KafkaSettings

logger = logging.getLogger(__name__)

SESSION_S = 6.0
"""A worker not heard of for so long has lost its areas to the others."""
BEAT_S = 1.5
REBALANCE_WITHIN_S = 8.0
"""In a rebalance the others wait so long for a worker that does not come."""
GIVE_UP_WITHIN_S = 4.0
"""Stopping an area and keeping its checkpoint may take so long, all areas together: less than `SESSION_S`,
because no heartbeat goes out meanwhile."""
POLL_MS = 200
AGAIN_AFTER_S = 0.5
CLOSE_WITHIN_S = 15.0

Handler = Callable[[frozenset[str], int], Awaitable[None]]
"""Gets areas and the group's generation, which grows with every rebalance: of two workers that both believe
an area theirs, the one with the greater number is right."""


class AreaGroup:
    """This worker's place in the group.

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
        self._take, self._give_up, self._lost = take, give_up, lost
        self._loop = asyncio.get_running_loop()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=f"group-{worker}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The group's id in Kafka."""
        return f"{self._settings.prefix}.workers"

    async def close(self, leave: bool) -> None:
        """Give up all areas and end; with `leave` the others get them at once, else after `SESSION_S`.

        A worker that is to be back soon does not leave: its areas wait for it.
        """
        self._ending = True
        await asyncio.to_thread(self._thread.join, CLOSE_WITHIN_S)
        if leave:
            await asyncio.to_thread(self._leave)

    def _run(self) -> None:
        while not self._ending:
            consumer = None
            try:
                consumer = self._open()
                consumer.subscribe(topics=list(self._area_of), listener=_Listener(self, consumer))
                while not self._ending:
                    consumer.poll(timeout_ms=POLL_MS)
            except Exception as error:
                if not self._ending:
                    logger.warning(
                        "worker %s: its place in the group failed, trying again: %s: %s",
                        self._worker,
                        type(error).__name__,
                        error,
                    )
                    time.sleep(AGAIN_AFTER_S)
            finally:
                if consumer is not None:
                    with contextlib.suppress(Exception):
                        consumer.close(autocommit=False, timeout_ms=2_000)

    def _open(self) -> KafkaConsumer:
        return KafkaConsumer(
            **self._settings.client(),
            client_id=f"cover-group-{self._worker}",
            group_id=self.name,
            group_instance_id=self._worker,
            partition_assignment_strategy=[CooperativeStickyAssignor],
            session_timeout_ms=int(SESSION_S * 1000),
            heartbeat_interval_ms=int(BEAT_S * 1000),
            max_poll_interval_ms=int(REBALANCE_WITHIN_S * 1000),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _leave(self) -> None:
        with contextlib.suppress(Exception):  # then the session ends by itself
            admin = KafkaAdminClient(**self._settings.client(), client_id="cover-leave")
            try:
                admin.remove_group_members(self.name, [MemberToRemove(group_instance_id=self._worker)])
            finally:
                admin.close()

    def told(
        self, what: str, handler: Handler, partitions: Iterable[TopicPartition], generation: int
    ) -> None:
        """Run `handler` in the event loop, and wait for it within the one deadline (on Kafka's thread)."""
        areas = frozenset(self._area_of[partition.topic] for partition in partitions)
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

    @property
    def handlers(self) -> tuple[Handler, Handler, Handler]:
        """Take, give up, lost."""
        return self._take, self._give_up, self._lost


async def _as_coroutine(handler: Handler, areas: frozenset[str], generation: int) -> None:
    await handler(areas, generation)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the consumer calls on its own thread."""

    def __init__(self, group: AreaGroup, consumer: KafkaConsumer) -> None:
        self._group = group
        self._consumer = consumer
        self._take, self._give_up, self._lost = group.handlers

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Areas that are now ours; their records are not read here."""
        partitions = list(assigned)
        self._consumer.pause(*partitions)
        self._group.told("take", self._take, partitions, self._generation())

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Areas to hand over."""
        self._group.told("give up", self._give_up, revoked, self._generation())

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Areas that somebody else has already."""
        self._group.told("drop", self._lost, lost, self._generation())

    def _generation(self) -> int:
        return int(self._consumer.group_metadata().generation_id)
