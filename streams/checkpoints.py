"""Checkpoints: where an area's fold stood, so that a restart replays little.

Written and read by area workers. Holds opaque bytes; never looks inside them.
"""

import asyncio
import os
from pathlib import Path
from typing import Protocol

from streams.errors import LogFullError, LogUnreachableError, StoreUnreachableError
from streams.log import EventLog

CHECKPOINT_SUFFIX = ".checkpoints"
"""Added to the area's name: the checkpoints of `london` are the log `london.checkpoints`."""


class CheckpointStore(Protocol):
    """One checkpoint for each area, replaced atomically.

    Both raise `StoreUnreachableError` where the store's server does not answer: then the log is the truth.
    """

    async def save(self, area: str, checkpoint: bytes) -> None:
        """Replace the area's checkpoint."""
        ...

    async def load(self, area: str) -> bytes | None:
        """The area's checkpoint, or None where there is none."""
        ...


class LogCheckpoints:
    """Checkpoints in an event log of their own, beside the area's: as durable as the log itself.

    With these the log may forget old events although every faster store can lose everything. In Kafka the
    topic is compacted, so the newest one stays for ever.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def save(self, area: str, checkpoint: bytes) -> None:
        """See `CheckpointStore.save`."""
        if not checkpoint:
            raise ValueError("a checkpoint holds at least one byte")
        name = area + CHECKPOINT_SUFFIX
        try:
            last = await self._log.append(name, [checkpoint])
            await self._log.trim(name, last)
        except (LogFullError, LogUnreachableError) as error:
            raise StoreUnreachableError(f"area {area}: {error}") from error

    async def load(self, area: str) -> bytes | None:
        """See `CheckpointStore.load`: the newest, looking backwards over what holds nothing."""
        name = area + CHECKPOINT_SUFFIX
        try:
            await self._log.refresh(name)
            first = self._log.first_offset(name)
            for offset in range(self._log.end_offset(name) - 1, first - 1, -1):
                records = await self._log.read(name, offset, 1)
                if records and records[0].payload:
                    return records[0].payload
        except (LogFullError, LogUnreachableError) as error:
            raise StoreUnreachableError(f"area {area}: {error}") from error
        return None


class MemoryCheckpoints:
    """Checkpoints that end with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    async def save(self, area: str, checkpoint: bytes) -> None:
        """See `CheckpointStore.save`."""
        self._kept[area] = checkpoint

    async def load(self, area: str) -> bytes | None:
        """See `CheckpointStore.load`."""
        return self._kept.get(area)


class FileCheckpoints:
    """Checkpoints in a folder, one file for each area."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def save(self, area: str, checkpoint: bytes) -> None:
        """See `CheckpointStore.save`: written beside, forced to the disk, then renamed over."""
        await asyncio.to_thread(self._write, area, checkpoint)

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
