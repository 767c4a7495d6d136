"""Bare kafka-python, as fast as it goes: what the pipeline is measured beside.

Called by the measurements; `flood` also feeds the pipeline, in a process of its own. Never decodes a value.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.structs import TopicPartition

BATCH_BYTES, LINGER_MS = 256 * 1024, 5
"""The fastest of 16, 64, 128 and 256 KiB: twice the library's 16 KiB without linger."""
POLL_RECORDS = 5_000
"""A tenth faster than the library's 500 at a time: the bare loop gets its best."""
POLL_MS = 200
SILENT_S = 30.0
"""A consumer that gets nothing for so long gives up: something is broken."""


@dataclass(frozen=True, slots=True)
class Span:
    """So many records between two instants of the machine's monotonic clock.

    Attributes
    ----------
    cpu_s
        Processor time used by the process that did it, where it is known.
    """

    records: int
    began_s: float
    ended_s: float
    cpu_s: float = float("nan")

    @property
    def per_s(self) -> float:
        """Records a second."""
        return self.records / (self.ended_s - self.began_s)


def make_topic(kafka: str, topic: str) -> None:
    """Make a topic of one partition."""
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
    finally:
        admin.close()


def flood(kafka: str, topic: str, key: str, events: Path, first: int, count: int) -> Span:
    """Produce `count` lines of a file from line `first` on; returns when the broker has all of them."""
    with events.open("rb") as lines:
        payloads = [line.rstrip(b"\n") for n, line in enumerate(lines) if first <= n < first + count]
    producer = KafkaProducer(
        bootstrap_servers=kafka,
        acks="all",
        enable_idempotence=True,
        batch_size=BATCH_BYTES,
        linger_ms=LINGER_MS,
        metrics_enabled=False,
    )
    try:
        producer.partitions_for(topic)
        name = key.encode()
        began_s = time.monotonic()
        last = [producer.send(topic, payload, key=name, partition=0) for payload in payloads][-1]
        producer.flush(timeout=120)
        last.get(timeout=1)
        return Span(len(payloads), began_s, time.monotonic())
    finally:
        producer.close(timeout=5)


class BareConsumer:
    """A consumer of one topic, ready to read from where it was put."""

    def __init__(self, kafka: str, topic: str, from_end: bool = False) -> None:
        """Connect; `from_end` waits for what comes, else everything is read from the beginning."""
        self._partition = TopicPartition(topic, 0)
        self._consumer = KafkaConsumer(
            bootstrap_servers=kafka,
            enable_auto_commit=False,
            max_poll_records=POLL_RECORDS,
            metrics_enabled=False,
        )
        self._consumer.assign([self._partition])
        if from_end:
            self._consumer.seek_to_end(self._partition)
            self._consumer.position(self._partition)
        else:
            self._consumer.seek_to_beginning(self._partition)
        self.touched_bytes = 0

    def poll(self, wait_ms: int = POLL_MS) -> int:
        """Take what has come: every value is touched, no more; how many there were."""
        records = self._consumer.poll(timeout_ms=wait_ms).get(self._partition, ())
        for record in records:
            self.touched_bytes += len(record.value)
        return len(records)

    def consume(self, count: int) -> Span:
        """Read `count` records; the span runs from the first poll that gave some to the last.

        What that first poll gave is not counted: it came before the clock started.

        Raises
        ------
        TimeoutError
            Where nothing comes any more.
        """
        got = self.poll()
        heard_s = time.monotonic()
        while not got:
            got = self.poll()
            if time.monotonic() - heard_s > SILENT_S:
                raise TimeoutError(f"no record came from {self._partition.topic} in {SILENT_S:g} s")
        began_s = heard_s = time.monotonic()
        began_cpu_s = time.process_time()
        first = got
        while got < count:
            more = self.poll()
            got += more
            now_s = time.monotonic()
            heard_s = now_s if more else heard_s
            if now_s - heard_s > SILENT_S:
                raise TimeoutError(f"{self._partition.topic} gave {got} of {count} records, then no more")
        return Span(got - first, began_s, time.monotonic(), time.process_time() - began_cpu_s)

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()


def round_trips(kafka: str, topic: str, payloads: Sequence[bytes], due_s: Sequence[float]) -> list[float]:
    """Send each payload when it is due (seconds from now on); seconds from then until a consumer had it."""
    consumer = BareConsumer(kafka, topic, from_end=True)
    arrived: list[float] = []
    stop = threading.Event()

    def listen() -> None:
        while len(arrived) < len(payloads) and not stop.is_set():
            got = consumer.poll()
            arrived.extend([time.monotonic()] * got)

    listener = threading.Thread(target=listen, name="bare-listener")
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=0, metrics_enabled=False)
    try:
        producer.partitions_for(topic)
        listener.start()
        began_s = time.monotonic()
        for payload, at_s in zip(payloads, due_s, strict=True):
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            producer.send(topic, payload, partition=0)
        producer.flush(timeout=30)
        listener.join(SILENT_S)
    finally:
        stop.set()
        listener.join(5)
        producer.close(timeout=5)
        consumer.close()
    if len(arrived) < len(payloads):
        raise TimeoutError(f"{len(arrived)} of {len(payloads)} records came back from {topic}")
    return [at - (began_s + due) for at, due in zip(arrived, due_s, strict=True)]
