"""A disk that really runs out: a small file system of its own, or a bound on the size of a process's files.

Used by `tests.faults.test_disk_full`. Where mounting is allowed (root) it is a `tmpfs`; elsewhere the kernel
refuses to let the process's files grow, which fails the same writes with another error number.
"""

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

DISK = "48m"
CHUNK = bytes(256 * 1024)
LEFT_BYTES = 192 * 1024
"""Left when it is filled: the events of about a second take it."""


class Disk(Protocol):
    """A folder whose room can be taken and given back."""

    folder: Path

    def fill(self, pid: int) -> None:
        """Leave hardly any room to the process."""
        ...

    def make_room(self, pid: int) -> None:
        """Give the room back."""
        ...


class SmallDisk:
    """A file system of `DISK`; what fills it is a file of somebody else's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "somebody-elses-file"

    def fill(self, pid: int) -> None:
        with self._ballast.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(CHUNK)
                file.flush()
        os.truncate(self._ballast, self._ballast.stat().st_size - LEFT_BYTES)

    def make_room(self, pid: int) -> None:
        self._ballast.unlink()


class BoundedFiles:
    """A plain folder; the process's files may not grow past a bound."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, pid: int) -> None:
        largest = max(path.stat().st_size for path in self.folder.rglob("*.log"))
        self._bound(pid, largest + LEFT_BYTES // 4)

    def make_room(self, pid: int) -> None:
        self._bound(pid, resource.RLIM_INFINITY)

    def _bound(self, pid: int, size: int) -> None:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[Disk]:
    """A disk to fill; unmounted in the end where it was mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "cover-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        yield BoundedFiles(folder)
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
