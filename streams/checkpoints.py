"""Checkpoints: where an area's fold stood, so that a restart replays little.

Written and read by area workers. Holds opaque bytes; never looks inside them.
"""

import asyncio
import os
from pathlib import Path
from typing import Protocol


class CheckpointStore(Protocol):
    """One checkpoint for each area, replaced atomically."""

    async def save(self, area: str, checkpoint: bytes) -> None:
        """Replace the area's checkpoint."""
        ...

    async def load(self, area: str) -> bytes | None:
        """The area's checkpoint, or None where there is none."""
        ...


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
