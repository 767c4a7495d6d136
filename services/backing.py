"""Kafka and Redis as the settings name them: the log, the console feed, the checkpoints.

Opened by API replicas and workers. Connects at the first use, so a server may come later.
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from services.checkpoint_keeper import CheckpointKeeper
from services.console_feed import ConsoleFeed
from services.redis_checkpoints import RedisCheckpoints
from services.redis_feed import RedisFeed
from services.redis_link import open_redis
from services.settings import Settings, SettingsError
from streams.checkpoints import CheckpointStore, LogCheckpoints
from streams.kafka_log import KafkaLog
from streams.kafka_settings import KafkaSettings
from streams.log import EventLog

START_HINT = (
    "start both with `make services-up` and take COVER_KAFKA and COVER_REDIS from var/services/services.env"
)


@dataclass(frozen=True, slots=True)
class Backing:
    """What several processes share.

    Attributes
    ----------
    quick, durable
        Stores of checkpoints; the second loses nothing that the log does not lose.
    """

    log: EventLog
    feed: ConsoleFeed
    quick: CheckpointStore
    durable: CheckpointStore

    def keeper(self) -> CheckpointKeeper:
        """The checkpoints of this process's areas."""
        return CheckpointKeeper(self.log, self.quick, self.durable)


def kafka_settings(settings: Settings) -> KafkaSettings:
    """How Kafka is used.

    Raises
    ------
    SettingsError
        Where it is not named, or named wrongly.
    """
    if settings.kafka is None or settings.redis is None:
        missing = "COVER_KAFKA" if settings.kafka is None else "COVER_REDIS"
        raise SettingsError(f"{missing} is not set, e.g. {EXAMPLES[missing]}; on one machine, {START_HINT}")
    try:
        return KafkaSettings(
            servers=tuple(part.strip() for part in settings.kafka.split(",")),
            prefix=settings.topic_prefix,
            replication=settings.replication,
            min_in_sync=settings.min_in_sync,
            keep_bytes=settings.log_area_bytes,
            connection=settings.kafka_connection(),
        )
    except ValueError as error:
        raise SettingsError(f"COVER_KAFKA: {error}") from None


EXAMPLES = {"COVER_KAFKA": "127.0.0.1:9092", "COVER_REDIS": "redis://127.0.0.1:6379/0"}


def open_backing(settings: Settings) -> Backing:
    """Everything that is shared, not yet connected.

    Raises
    ------
    SettingsError
        Where a server is not named, or named wrongly.
    """
    log = KafkaLog(kafka_settings(settings))
    try:
        redis: Redis = open_redis(settings.redis.get_secret_value() if settings.redis else "")
    except ValueError:  # whose text may hold a part of the password
        raise SettingsError(
            f"COVER_REDIS is no address of a Redis server; e.g. {EXAMPLES['COVER_REDIS']}"
        ) from None
    prefix = settings.topic_prefix
    return Backing(log, RedisFeed(redis, prefix), RedisCheckpoints(redis, prefix), LogCheckpoints(log))
