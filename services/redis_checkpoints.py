"""Checkpoints in Redis: one value for each area, replaced by a single command.

Implements `streams.checkpoints.CheckpointStore` for area workers of any process. Redis may lose them at any
time; then the worker begins from the durable ones, or from the log's start.
"""

from redis.asyncio import Redis

from services.redis_fence import ADMIT, FENCE_SECONDS, fence_key
from services.redis_link import PREFIX, key_of, told_plainly
from streams.errors import FencedError

SAVE = f"{ADMIT}redis.call('SET', KEYS[2], ARGV[3])\nreturn 1\n"


class RedisCheckpoints:
    """Checkpoints of all areas, under `PREFIX:{AREA}:checkpoint`."""

    def __init__(self, redis: "Redis", prefix: str = PREFIX) -> None:
        self._redis = redis
        self._prefix = prefix
        self._save = redis.register_script(SAVE)

    async def save(self, area: str, checkpoint: bytes, generation: int = 0) -> None:
        """See `CheckpointStore.save`."""
        words: list[str | int | bytes] = [generation, FENCE_SECONDS, checkpoint]
        with told_plainly():
            saved = await self._save(keys=[fence_key(self._prefix, area), self._key(area)], args=words)
        if saved is None:
            raise FencedError(area, generation)

    async def load(self, area: str) -> bytes | None:
        """See `CheckpointStore.load`."""
        with told_plainly():
            kept = await self._redis.get(self._key(area))
        return kept if isinstance(kept, bytes) else None

    def _key(self, area: str) -> str:
        return key_of(self._prefix, area, "checkpoint")
