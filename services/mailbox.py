"""A one-slot mailbox: the newest picture wins, and the oldest event not yet served is remembered.

Filled by the area worker's fold, emptied by its solver; both on one event loop. Never holds more than one.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

P = TypeVar("P")
"""The picture of an area of some kind."""


@dataclass(frozen=True, slots=True)
class Job(Generic[P]):
    """A picture to answer.

    Attributes
    ----------
    offset
        Offset of the newest record in the picture.
    cause_offset
        Offset of the newest record in it that called for an answer: it names a plan.
    oldest_ns
        When the log took the oldest event this job answers, nanoseconds since the epoch: latency counts
        from there, so that coalescing cannot hide it.
    """

    picture: P
    offset: int
    oldest_ns: int
    cause_offset: int
    tries: int = 0


class Mailbox(Generic[P]):
    """The slot between fold and solver."""

    def __init__(self) -> None:
        self._job: Job[P] | None = None
        self._unserved_ns: int | None = None
        self._filled = asyncio.Event()

    @property
    def waiting(self) -> bool:
        """Whether a newer picture waits; safe to ask from the solver's thread."""
        return self._job is not None

    @property
    def oldest_ns(self) -> int | None:
        """When the oldest event waiting was taken, or None where none does."""
        return self._unserved_ns if self._job is None else self._job.oldest_ns

    def put(self, picture: P, offset: int, oldest_ns: int, cause_offset: int) -> None:
        """Replace what waits by a newer picture, keeping the older of the two times."""
        if self._job is not None:
            oldest_ns = min(oldest_ns, self._job.oldest_ns)
        if self._unserved_ns is not None:
            oldest_ns, self._unserved_ns = min(oldest_ns, self._unserved_ns), None
        self._job = Job(picture, offset, oldest_ns, cause_offset)
        self._filled.set()

    def put_back(self, job: Job[P], most_tries: int) -> None:
        """Return a job that failed: it is tried again unless a newer picture waits or it has been tried
        `most_tries` times; the event it left unserved keeps counting either way.
        """
        if self._job is not None:
            waits = self._job
            self.put(waits.picture, waits.offset, job.oldest_ns, waits.cause_offset)
        elif job.tries + 1 < most_tries:
            self._job = replace(job, tries=job.tries + 1)
            self._filled.set()
        else:
            self._unserved_ns = job.oldest_ns

    async def take(self) -> Job[P]:
        """Wait for a picture and take it."""
        while self._job is None:
            self._filled.clear()
            await self._filled.wait()
        job, self._job = self._job, None
        return job
