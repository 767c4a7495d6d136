"""The connection to Redis, with every wait bounded.

Used by `services.redis_checkpoints` and `services.redis_feed`. What Redis holds can be rebuilt from the log
at any time, so a Redis that does not answer is told (`StoreUnreachableError`) and never waited for.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from streams.errors import StoreUnreachableError

PREFIX = "dynamiccover"
"""First part of all keys, where the settings name no other: two installations may share a Redis."""
CONNECT_WITHIN_S = 1.0
ANSWER_WITHIN_S = 3.0
"""Time limit of one answer; a blocking read asks for less."""
CONNECTIONS = 256
"""Of one process; further callers wait for one, within `ANSWER_WITHIN_S`."""
TRIES_AGAIN, PAUSE_FIRST_S, PAUSE_MOST_S = 2, 0.05, 0.2
"""A broken connection is made anew this often before the caller is told."""


def key_of(prefix: str, area: str, what: str) -> str:
    """A key; the braces keep all keys of an area in one slot of a Redis cluster."""
    return f"{prefix}:{{{area}}}:{what}"


def open_redis(url: str) -> "Redis":
    """A client for `redis://host:port/number`; connects at its first use."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=ANSWER_WITHIN_S,
        socket_connect_timeout=CONNECT_WITHIN_S,
        socket_timeout=ANSWER_WITHIN_S,
        retry=Retry(
            ExponentialBackoff(PAUSE_MOST_S, PAUSE_FIRST_S),
            TRIES_AGAIN,
            (RedisConnectionError,),  # not a timeout: one that hangs would be waited for three times over
        ),
        health_check_interval=15,
    )
    return Redis.from_pool(pool)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn whatever the client raises into `StoreUnreachableError`; let no cancellation get lost."""
    try:
        yield
    except (RedisError, OSError) as error:
        if _asked_to_end():
            raise asyncio.CancelledError from error
        raise StoreUnreachableError(f"Redis cannot be asked: {type(error).__name__}: {error}") from error
    except asyncio.CancelledError as error:
        if _asked_to_end():
            raise
        raise StoreUnreachableError("Redis cannot be asked: the client gave the question up") from error
    if _asked_to_end():
        # The client waits by `asyncio.wait_for`, which on Python 3.11 swallows a cancellation that comes
        # together with the answer.
        raise asyncio.CancelledError


def _asked_to_end() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
