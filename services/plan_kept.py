"""Whether the log has an answer after all, where the append did not tell.

Asked by `services.log_worker` before it sends the answer again. Looks at what the worker's own fold has read.
"""

from collections.abc import Callable
from typing import Any

from services.log_state import LogState
from streams.log import EventLog
from streams.unsure import settled_end

FOLDED_POLL_S = 0.05
"""How often it is looked whether the log still reaches to where the fold is waited for."""


async def answer_kept(state: LogState[Any], log: EventLog, known: Callable[[], bool]) -> bool:
    """Wait until the fold has all that the log can have of the answer, and say whether it is there.

    Parameters
    ----------
    known
        Whether `state` knows it, which must know answers from the log only: a worker shows one after it was
        appended.
    """
    end = await settled_end(log, state.area)
    # A log that is cut meanwhile ends earlier: the records that were waited for never come.
    while state.offset + 1 < min(end, log.end_offset(state.area)):
        await state.until_folded(end - 1, FOLDED_POLL_S)
    return known()
