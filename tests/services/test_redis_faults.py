"""Redis away or hanging: told within seconds, never waited for, and found again by itself."""

import asyncio
import time

import pytest

from deploy.services import Services
from services.redis_checkpoints import RedisCheckpoints
from services.redis_feed import RedisFeed
from services.redis_link import open_redis
from streams.errors import StoreUnreachableError

pytestmark = pytest.mark.services


@pytest.mark.parametrize("fault", ["killed", "hanging"])
def test_redis_away_is_told_and_found_again(own_servers: Services, fault: str) -> None:
    redis_server = own_servers.redis

    async def run() -> None:
        redis = open_redis(own_servers.redis_url)
        checkpoints, feed = RedisCheckpoints(redis), RedisFeed(redis)
        await checkpoints.save("a", b"1")
        at = await feed.push("a", "plan", b"p")
        redis_server.kill() if fault == "killed" else redis_server.pause()
        began = time.monotonic()
        with pytest.raises(StoreUnreachableError):
            await checkpoints.save("a", b"2")
        with pytest.raises(StoreUnreachableError):
            await feed.after("a", at, 10, 0.1)
        assert time.monotonic() - began < 30
        if fault == "killed":
            await asyncio.to_thread(redis_server.start)
            assert await checkpoints.load("a") is None
        else:
            redis_server.resume()
        await checkpoints.save("a", b"3")
        assert await checkpoints.load("a") == b"3"
        await feed.push("a", "plan", b"q")
        await feed.close()

    asyncio.run(run())
