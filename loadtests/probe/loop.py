"""The event loop of the probe's processes: uvloop, without pauses of the garbage collector.

Used by the probe, its senders, its audience and the null service, so that the probe's own share stays small.
"""

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, quicker. What was made before is not looked at by the collector meanwhile."""
    gc.collect()
    gc.freeze()
    try:
        if sys.platform == "win32":
            return asyncio.run(work)
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    finally:
        gc.unfreeze()
