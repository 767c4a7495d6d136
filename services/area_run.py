"""Keeps the work of one area running: again after each death, with a pause that grows.

Used by embedded areas, API replicas and worker processes. Decides nothing about the work itself.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from services.log_state import LogState
from streams.errors import FencedError, LogUnreachableError

logger = logging.getLogger(__name__)

RESTART_FIRST_S, RESTART_MOST_S = 0.2, 10.0
"""Pause before work that died is started again: doubled each time, up to the bound."""
AWAY_MOST_S = 1.0
"""The same while a server does not answer: one that comes back is found soon."""
STEADY_S = 60.0
"""Work that ran this long starts with the shortest pause again."""


async def kept_running(
    state: LogState[Any], work: Callable[[], Awaitable[None]], died: Callable[[Exception], None]
) -> None:
    """Run `work` until it ends by itself or is cancelled.

    Parameters
    ----------
    state
        Told that it is not ready, and why.
    died
        Told of each death that is not a server being away.
    """
    pause_s = RESTART_FIRST_S
    while True:
        started = time.monotonic()
        most_s = RESTART_MOST_S
        try:
            await work()
            return
        except Exception as error:
            if time.monotonic() - started > STEADY_S:
                pause_s = RESTART_FIRST_S
            state.ready = False
            cause = _single(error)
            area = state.area
            if isinstance(cause, LogUnreachableError):
                state.degraded, most_s = "log_unreachable", AWAY_MOST_S
                logger.warning("area %s: waiting for the log's server: %s", area, cause)
            elif isinstance(cause, FencedError):
                state.degraded, most_s = "worker_restarting", AWAY_MOST_S
                logger.warning("area %s: %s", area, cause)
            else:
                state.degraded = "worker_restarting"
                logger.error("area %s: its work died; again in %.1f s", area, pause_s, exc_info=error)
                died(cause)
        pause_s = min(pause_s, most_s)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, RESTART_MOST_S)


async def lasting(work: Coroutine[Any, Any, None]) -> None:
    """Run one of several tasks of a group; a cancellation that nobody asked for is a failure.

    A group of tasks passes over one that was cancelled, so a library that lets a stray cancellation out would
    end a task for good, and nobody would tell.

    Raises
    ------
    RuntimeError
        Where `work` was cancelled, and its task was not.
    """
    try:
        await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RuntimeError("cancelled by nobody") from error


def _single(error: Exception) -> Exception:
    """What a group of tasks died of, where it died of one thing."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
