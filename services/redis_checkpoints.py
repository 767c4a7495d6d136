"""Checkpoints in Redis: one value for each area, replaced by a single command.

Implements `streams.checkpoints.CheckpointStore` for area workers of any process. Redis may lose them at any
time; then the worker begins from the durable ones, or from the log's start.
"""

from redis.asyncio import Redis

from services.redis_link import told_plainly

KEY = "cover:{%s}:checkpoint"
"""The braces keep all keys of an area in one slot of a Redis cluster."""


class RedisCheckpoints:
    """Checkpoints of all areas, under `cover:{area}:checkpoint`."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def save(self, area: str, checkpoint: bytes) -> None:
        """See `CheckpointStore.save`."""
        with told_plainly():
            await self._redis.set(KEY % area, checkpoint)

    async def load(self, area: str) -> bytes | None:
        """See `CheckpointStore.load`."""
        with told_plainly():
            kept = await self._redis.get(KEY % area)
        return kept if isinstance(kept, bytes) else None
