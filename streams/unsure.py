"""After an append that the log was unsure of (`AppendUnsureError`): when to look whether it was kept.

Used before such an append is sent again, by whoever wants it in the log once and not only known by its id.
Reads nothing itself: what stands before the end that is given here, the caller looks at.
"""

import asyncio

from streams.errors import LogUnreachableError
from streams.log import EventLog

SETTLE_S = 1.0
"""The lane has ended the producer; what of it the broker still had to read is kept or refused so long after
the broker has answered again."""
ASK_AGAIN_S = 0.5


async def settled_end(log: EventLog, area: str) -> int:
    """The end of the area's log, once what it was unsure of stands before it or will never come.

    The time runs from an answer, and not from the error: a broker that hung for longer than an append may
    take goes on with what it has in its sockets only when it wakes.

    Raises
    ------
    LogClosedError
        Where the log is closed meanwhile. A server that is away is waited for.
    """
    while True:
        try:
            await log.refresh(area)
            await asyncio.sleep(SETTLE_S)
            await log.refresh(area)
        except LogUnreachableError:
            await asyncio.sleep(ASK_AGAIN_S)
        else:
            return log.end_offset(area)
