"""The embedded event log: in this process, durable when given a folder.

Implements `streams.log.EventLog`; the default where no Kafka is configured. Called from one event loop.
A record is in the operating system's hands before `append` returns, so it survives the death of the
process; it is forced to the disk within `FLUSH_EVERY_S`, or before `append` returns with `sync=True`, so
that it survives the death of the machine.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from streams.area_log import AreaLog, LogLimits
from streams.errors import LogClosedError, LogFullError
from streams.log import LogRecord

logger = logging.getLogger(__name__)

FLUSH_EVERY_S = 0.1
"""At most so much is lost when the machine itself loses power (without `sync`)."""


class EmbeddedLog:
    """An `EventLog` in one process.

    Parameters
    ----------
    folder
        Where segments are kept, a folder for each area; None keeps everything in memory.
    limits
        How much is kept.
    sync
        Force each append to the disk before it returns (appends made meanwhile share one flush).

    Raises
    ------
    LogFullError
        Where another process holds the folder.
    """

    def __init__(
        self, folder: Path | None = None, limits: LogLimits | None = None, sync: bool = False
    ) -> None:
        self._folder = folder
        self._limits = limits or LogLimits()
        self._sync = sync
        self._areas: dict[str, AreaLog] = {}
        self._arrived: dict[str, asyncio.Event] = {}
        self._closed = False
        self._unflushed: set[str] = set()
        self._flusher: asyncio.Task[None] | None = None
        self._flushing = asyncio.Lock()
        self._flushed: dict[str, int] = {}
        self._lock_fd: int | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock_fd = _locked(folder)

    @property
    def reachable(self) -> bool:
        """See `EventLog.reachable`: always, for it is in this process."""
        return True

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        """Append `payloads`, all or none; see `EventLog.append`."""
        log = self._area(area)
        if not payloads:
            return log.end - 1
        last = log.append(list(payloads), time.time_ns())
        arrived = self._arrived.pop(area, None)
        if arrived is not None:
            arrived.set()
        if self._folder is not None:
            if self._sync:
                await self._flush(area)
            else:
                self._unflushed.add(area)
                if self._flusher is None or self._flusher.done():
                    self._flusher = asyncio.create_task(self._flush_soon())
        return last

    async def read(self, area: str, offset: int, limit: int, wait_s: float = 0.0) -> list[LogRecord]:
        """Records from `offset`; see `EventLog.read`."""
        log = self._area(area)
        if offset >= log.end and wait_s > 0:
            arrived = self._arrived.setdefault(area, asyncio.Event())
            # Not wait_for: on Python 3.11 it swallows a cancellation that comes together with a record.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await arrived.wait()
            log = self._area(area)
        return log.read(offset, limit)

    async def refresh(self, area: str) -> None:
        """See `EventLog.refresh`: nobody else writes here, so all is known already."""
        self._area(area)

    def first_offset(self, area: str) -> int:
        """Oldest offset still kept."""
        return self._area(area).first

    def end_offset(self, area: str) -> int:
        """Offset the next record will get."""
        return self._area(area).end

    async def trim(self, area: str, before: int) -> None:
        """See `EventLog.trim`."""
        self._area(area).trim(before)

    async def close(self) -> None:
        """Flush and close; readers that wait are woken and see the log closed."""
        if self._closed:
            return
        self._closed = True
        for arrived in self._arrived.values():
            arrived.set()
        if self._flusher is not None:
            await self._flusher
        for log in self._areas.values():
            log.close()
        if self._lock_fd is not None:
            os.close(self._lock_fd)

    def _area(self, area: str) -> AreaLog:
        if self._closed:
            raise LogClosedError("the log is closed")
        log = self._areas.get(area)
        if log is None:
            folder = None if self._folder is None else self._folder / area
            log = self._areas[area] = AreaLog(area, folder, self._limits)
        return log

    async def flush(self, area: str) -> None:
        """Force all records of the area to the disk; see `EventLog.flush`."""
        self._area(area)
        if self._folder is not None:
            await self._flush(area)

    async def _flush(self, area: str) -> None:
        """Force the area's records up to now to the disk; appends made meanwhile share the next flush."""
        log = self._areas[area]
        wanted = log.end
        async with self._flushing:
            if self._flushed.get(area, 0) >= wanted:
                return
            reached = log.end
            await asyncio.to_thread(log.flush)
            self._flushed[area] = reached

    async def _flush_soon(self) -> None:
        await asyncio.sleep(FLUSH_EVERY_S)
        areas, self._unflushed = self._unflushed, set()
        for area in areas:
            try:
                await self._flush(area)
            except OSError:
                logger.exception("area %s: the log could not be forced to the disk; trying again", area)
                self._unflushed.add(area)


def _locked(folder: Path) -> int:
    """Hold the folder for this process alone: two writers would corrupt it."""
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise LogFullError(
            f"the data folder {folder} is in use by another process; stop it, or choose another folder"
        ) from None
    return fd
