"""What the log itself holds, read by a bare Kafka client: the count that does not trust our own code.

Asked by `tests.faults.scene`. Uses nothing of `streams` but the names of topics; reads on from where it was.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer
from kafka.structs import TopicPartition

from tests.faults.event_stream import SOURCE

READ_WITHIN_S = 60.0
PLAN_TYPE = "dynamiccover.cover.plan.v1"
POSITION_TYPE = "dynamiccover.appliance.position.v1"


@dataclass(slots=True)
class AreaTruth:
    """One area's log, counted.

    Attributes
    ----------
    events
        How often each id of the feeder's events is in the log: more than once where a sender tried again.
    plans
        How often each (plan id, revision) is.
    newest
        The plan for the newest picture, its newest revision: (picture_offset, revision, plan id).
    newest_call
        Offset of the newest event that calls for a plan.
    backward
        Plans for an older picture than that of one before them.
    strange
        Records that are no event.
    """

    next_offset: int = 0
    events: Counter[str] = field(default_factory=Counter)
    plans: Counter[tuple[str, int]] = field(default_factory=Counter)
    newest: tuple[int, int, str] = (-1, -1, "")
    newest_call: int = -1
    backward: int = 0
    strange: int = 0

    def take(self, offset: int, payload: bytes) -> None:
        """Count one record."""
        self.next_offset = offset + 1
        try:
            event: dict[str, Any] = msgspec.json.decode(payload)
            kind = event["type"]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
            self.strange += 1
            return
        if kind == PLAN_TYPE:
            plan = event["data"]
            self.plans[plan["plan_id"], plan["revision"]] += 1
            self.backward += plan["picture_offset"] < self.newest[0]
            self.newest = max(self.newest, (plan["picture_offset"], plan["revision"], plan["plan_id"]))
        elif event["source"] == SOURCE:
            self.events[event["id"]] += 1
            # One sent again changes nothing, and calls for nothing.
            if kind != POSITION_TYPE and self.events[event["id"]] == 1:
                self.newest_call = offset

    def faults(self) -> list[str]:
        """What is wrong with its plans, in words."""
        wrong = [f"{pair} {count} times" for pair, count in self.plans.items() if count > 1]
        revisions: dict[str, set[int]] = {}
        for plan_id, revision in self.plans:
            revisions.setdefault(plan_id, set()).add(revision)
        wrong += [f"{id_}: revisions {sorted(r)}" for id_, r in revisions.items() if len(r) != max(r) + 1]
        if self.newest[0] < self.newest_call:
            wrong.append(f"no plan for the event at {self.newest_call}; the newest is {self.newest}")
        return wrong


class LogTruth:
    """The logs of all areas of one cluster."""

    def __init__(self, server: str, prefix: str) -> None:
        self._server = server
        self._prefix = prefix
        self.areas: dict[str, AreaTruth] = {}

    def read(self, area: str) -> AreaTruth:
        """Read the area's log to its end."""
        truth = self.areas.setdefault(area, AreaTruth())
        for offset, payload in self._records(area, "events", truth.next_offset):
            truth.take(offset, payload)
        return truth

    def dead(self, area: str) -> list[int]:
        """Offsets of the area's dead letters, as often as they are kept."""
        return [int(msgspec.json.decode(p)["offset"]) for _, p in self._records(area, "dead", 0)]

    def poison(self, area: str, payloads: list[bytes]) -> list[int]:
        """Put bytes straight into the area's log, past every check; their offsets."""
        producer = KafkaProducer(bootstrap_servers=[self._server], acks="all", metrics_enabled=False)
        try:
            topic = f"{self._prefix}.{area}.events"
            return [producer.send(topic, payload, partition=0).get(30).offset for payload in payloads]
        finally:
            producer.close(timeout=5)

    def _records(self, area: str, kind: str, start: int) -> Iterator[tuple[int, bytes]]:
        partition = TopicPartition(f"{self._prefix}.{area}.{kind}", 0)
        consumer = KafkaConsumer(
            bootstrap_servers=[self._server],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        with contextlib.closing(consumer):
            if partition.topic not in consumer.topics():
                return
            consumer.assign([partition])
            end = consumer.end_offsets([partition])[partition]
            consumer.seek(partition, start)
            give_up = time.monotonic() + READ_WITHIN_S
            while consumer.position(partition) < end:
                assert time.monotonic() < give_up, f"{partition} was not read in {READ_WITHIN_S:g} s"
                for record in consumer.poll(timeout_ms=500).get(partition, []):
                    if record.offset < end and record.value is not None:
                        yield record.offset, record.value
