"""How the log lies in Kafka: names of topics, their settings, bounds and time limits of the clients.

Used by the `streams.kafka_…` files. One topic for each area, with one partition: **a partition is an area**.
A topic of its own, and not a partition of a shared one, because then no client, in whatever language and with
whatever partitioner, can put an event of an area into another area's order, because areas come and go
without a table of who has which number, and because each can be given rights and room by itself. Offsets of
that one partition are the offsets of `streams.log`. The record's key is the area all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.checkpoints import CHECKPOINT_SUFFIX
from streams.dead_letters import SUFFIX

PARTITION = 0
"""The only partition of an area's topic."""
APPENDED_HEADER = "appended-ns"
"""Record header: when `append` was called, nanoseconds since the epoch, 8 bytes big-endian. Kafka's own
timestamp has milliseconds only, and what is measured in milliseconds should not be rounded by one."""
RECORD_OVERHEAD_BYTES = 96
"""Most a record adds to payload and key: Kafka's varints (21) and our header, rounded up."""
MIB = 1024 * 1024
MOST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where Kafka is, and how it is used.

    Attributes
    ----------
    servers
        `host:port` of brokers to begin with.
    prefix
        First part of every topic's name.
    replication, min_in_sync
        Replicas of a topic, and how many of them must have a record before it counts as appended. With one
        broker there can only be one; with three, 3 and 2 survive the loss of a machine.
    append_within_s
        After this an append fails, and it is not known whether it was taken (`AppendUnsureError`).
    max_append_bytes
        Most bytes of one append. One append is one Kafka batch, which the broker takes whole or not at all.
    max_pending_bytes
        Most bytes of an area that wait for the broker; past it appends are refused at once.
    tail_records, tail_bytes
        The newest records of an area kept at hand for readers.
    keep_bytes
        Past this an area's oldest records go, but only those the checkpoint no longer needs (`trim`).
    connection
        More of kafka-python's connection settings: `security_protocol`, `sasl_…`, `ssl_…`.
    """

    servers: tuple[str, ...]
    prefix: str = "dynamiccover"
    replication: int = 1
    min_in_sync: int = 1
    append_within_s: float = 45.0
    max_append_bytes: int = 4 * MIB
    max_pending_bytes: int = 16 * MIB
    tail_records: int = 20_000
    tail_bytes: int = 32 * MIB
    keep_bytes: int = 1024 * MIB
    connection: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.servers:
            raise ValueError("servers must name at least one host:port")
        for server in self.servers:
            host, _, port = server.rpartition(":")
            # isdecimal alone takes digits of other scripts, which no resolver does.
            if not host or not (port.isascii() and port.isdecimal() and 1 <= int(port) <= MOST_PORT):
                raise ValueError(f"server {server!r} must be host:port, with a port from 1 to {MOST_PORT}")
        for name in ("replication", "min_in_sync", "max_append_bytes", "tail_records", "tail_bytes"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        if self.min_in_sync > self.replication:
            raise ValueError(
                f"min_in_sync ({self.min_in_sync}) must be at most replication ({self.replication})"
            )
        if self.max_pending_bytes < self.max_append_bytes:
            raise ValueError(
                f"max_pending_bytes ({self.max_pending_bytes}) must be at least max_append_bytes "
                f"({self.max_append_bytes})"
            )
        if self.append_within_s < 15:
            raise ValueError(f"append_within_s must be at least 15, not {self.append_within_s:g}")

    def topic(self, area: str) -> str:
        """The topic of an area's log, or of what stands beside it: `london.dead`, `london.checkpoints`."""
        name, _, kind = area.partition(".")
        return f"{self.prefix}.{name}.{kind or 'events'}"

    def topic_settings(self, area: str) -> dict[str, str]:
        """What the topic is created with."""
        _, _, kind = area.partition(".")
        return TOPICS[kind or "events"] | {
            "min.insync.replicas": str(self.min_in_sync),
            "max.message.bytes": str(self.max_append_bytes + MIB),
        }

    def client(self) -> dict[str, object]:
        """What every client of ours is opened with."""
        return {
            "bootstrap_servers": list(self.servers),
            "bootstrap_timeout_ms": 5_000,
            "request_timeout_ms": 10_000,
            "retry_backoff_ms": 50,
            # A broker that comes back is found within a second; the library's own bound is 30.
            "reconnect_backoff_max_ms": 1_000,
            "metadata_max_age_ms": 30_000,
            **self.connection,
        }


EVENTS_TOPIC = {
    "cleanup.policy": "delete",
    # Nothing goes by age or size alone: only what a checkpoint no longer needs, by `trim`.
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "segment.bytes": str(64 * MIB),
    "message.timestamp.type": "CreateTime",
    "unclean.leader.election.enable": "false",
}
DEAD_TOPIC = EVENTS_TOPIC | {
    # No checkpoint needs dead letters; people do, for a while.
    "retention.ms": str(90 * 24 * 3600 * 1000),
    "retention.bytes": str(256 * MIB),
}
CHECKPOINTS_TOPIC = EVENTS_TOPIC | {
    # The newest of each key, and the key is the area's: one stays.
    "cleanup.policy": "compact",
    "segment.bytes": str(16 * MIB),
    "segment.ms": str(3600 * 1000),
}
TOPICS = {
    "events": EVENTS_TOPIC,
    SUFFIX.removeprefix("."): DEAD_TOPIC,
    CHECKPOINT_SUFFIX.removeprefix("."): CHECKPOINTS_TOPIC,
}
"""By the last part of a topic's name."""
