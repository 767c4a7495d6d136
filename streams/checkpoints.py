"""Checkpoints: where an area's fold stood, so that a restart replays little.

Written and read by area workers. Holds opaque bytes; never looks inside them.
"""

import asyncio
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from streams.errors import FencedError, LogFullError, LogUnreachableError, StoreUnreachableError
from streams.fence import FENCE_S, Fence
from streams.log import EventLog, LogRecord

CHECKPOINT_SUFFIX = ".checkpoints"
"""Added to the area's name: the checkpoints of `london` are the log `london.checkpoints`."""
RECORD_VERSION = b"\x01"
GENERATION_BYTES = 8
LOOKED_AT = 16
"""Of the newest records in a log of checkpoints: more than late writers can put there before their first
refusal, and few enough to be read at a restart."""


class CheckpointStore(Protocol):
    """One checkpoint for each area, replaced atomically.

    Both raise `StoreUnreachableError` where the store's server does not answer: then the log is the truth.
    """

    async def save(self, area: str, checkpoint: bytes, generation: int = 0) -> None:
        """Replace the area's checkpoint, as the worker that the group's `generation` gave the area to.

        Raises
        ------
        FencedError
            Where a newer generation has saved for the area lately (`streams.fence`).
        """
        ...

    async def load(self, area: str) -> bytes | None:
        """The area's checkpoint, or None where there is none."""
        ...


class LogCheckpoints:
    """Checkpoints in an event log of their own, beside the area's: as durable as the log itself.

    With these the log may forget old events although every faster store can lose everything. In Kafka the
    topic is compacted, so the newest one stays for ever.

    A record is a version byte, the generation (8 bytes, big-endian) and the checkpoint. A log cannot look and
    append in one step, so a late writer may get between: `load` passes such a record over.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._seen: dict[str, tuple[int, _Kept]] = {}

    async def save(self, area: str, checkpoint: bytes, generation: int = 0) -> None:
        """See `CheckpointStore.save`."""
        if not checkpoint:
            raise ValueError("a checkpoint holds at least one byte")
        name = area + CHECKPOINT_SUFFIX
        kept = _Kept(generation, time.time_ns(), checkpoint)
        try:
            newest = await self._newest_since(name)
            if newest is not None and newest.keeps_out(kept):
                raise FencedError(area, generation)
            last = await self._log.append(name, [kept.packed()])
            await self._log.trim(name, last - LOOKED_AT + 1)
        except (LogFullError, LogUnreachableError) as error:
            raise StoreUnreachableError(f"area {area}: {error}") from error

    async def load(self, area: str) -> bytes | None:
        """See `CheckpointStore.load`."""
        try:
            newest = await self._newest(area + CHECKPOINT_SUFFIX)
        except (LogFullError, LogUnreachableError) as error:
            raise StoreUnreachableError(f"area {area}: {error}") from error
        return None if newest is None else newest.checkpoint

    async def _newest_since(self, name: str) -> "_Kept | None":
        """As `_newest`, without its bytes perhaps, reading only what came since the last look."""
        await self._log.refresh(name)
        end = self._log.end_offset(name)
        start, newest = self._seen.get(name, (-1, None))
        if start < self._log.first_offset(name):
            newest = await self._newest(name)
        else:
            newest = await self._newest_of(name, start, end, newest)
        if newest is not None:
            self._seen[name] = end, replace(newest, checkpoint=b"")
        return newest

    async def _newest(self, name: str) -> "_Kept | None":
        """The last checkpoint that no newer generation keeps out, of the last `LOOKED_AT` records.

        Where these are all empty (compaction has been there), of as many before them as it takes.
        """
        await self._log.refresh(name)
        first, end = self._log.first_offset(name), self._log.end_offset(name)
        start, found, width = end, None, LOOKED_AT
        while found is None and start > first:
            start, stop = max(first, start - width), start
            found = await self._newest_of(name, start, stop, None)
            width *= 2
        return found

    async def _newest_of(self, name: str, start: int, stop: int, newest: "_Kept | None") -> "_Kept | None":
        """`newest`, or what comes after it from `start` on and is not kept out."""
        while start < stop:
            records = await self._log.read(name, start, stop - start)
            if not records:
                break
            start = records[-1].offset + 1
            for record in records:
                kept = _Kept.unpacked(record)
                if kept is not None and (newest is None or not newest.keeps_out(kept)):
                    newest = kept
        return newest


@dataclass(frozen=True, slots=True)
class _Kept:
    generation: int
    written_ns: int
    checkpoint: bytes

    def keeps_out(self, later: "_Kept") -> bool:
        """Whether `later` comes from a worker that no longer has the area."""
        return later.generation < self.generation and later.written_ns - self.written_ns < FENCE_S * 1e9

    def packed(self) -> bytes:
        return RECORD_VERSION + self.generation.to_bytes(GENERATION_BYTES, "big") + self.checkpoint

    @classmethod
    def unpacked(cls, record: LogRecord) -> "_Kept | None":
        """What a record holds; None where it is empty, or of a kind not known here."""
        payload, head = record.payload, len(RECORD_VERSION) + GENERATION_BYTES
        if len(payload) <= head or not payload.startswith(RECORD_VERSION):
            return None
        generation = int.from_bytes(payload[len(RECORD_VERSION) : head], "big")
        return cls(generation, record.appended_ns, payload[head:])


class MemoryCheckpoints:
    """Checkpoints that end with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._fence = Fence()

    async def save(self, area: str, checkpoint: bytes, generation: int = 0) -> None:
        """See `CheckpointStore.save`."""
        self._fence.admit(area, generation)
        self._kept[area] = checkpoint

    async def load(self, area: str) -> bytes | None:
        """See `CheckpointStore.load`."""
        return self._kept.get(area)


class FileCheckpoints:
    """Checkpoints in a folder, one file for each area."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fence = Fence()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def save(self, area: str, checkpoint: bytes, generation: int = 0) -> None:
        """See `CheckpointStore.save`: written beside, forced to the disk, then renamed over."""
        self._fence.admit(area, generation)
        try:
            await asyncio.to_thread(self._write, area, checkpoint)
        except OSError as error:
            raise StoreUnreachableError(f"area {area}: {error}") from error

    def _write(self, area: str, checkpoint: bytes) -> None:
        beside = self._folder / f"{area}.checkpoint.new"
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(checkpoint)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path(area))

    async def load(self, area: str) -> bytes | None:
        """See `CheckpointStore.load`."""
        path = self._path(area)
        return path.read_bytes() if path.is_file() else None

    def _path(self, area: str) -> Path:
        return self._folder / f"{area}.checkpoint"
