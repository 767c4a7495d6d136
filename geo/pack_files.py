"""Reads and writes the files of a pack: bounded reads, durable writes, and the change of one folder.

Called by `geo.pack_store`. Never knows what is in the files.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


def plain_size(path: Path) -> int:
    """Return the bytes of a file; OSError where it is gone or something that may be read without end."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is no plain file")
    return found.st_size


def read_start(path: Path, most: int) -> bytes:
    """Return the first bytes of a file, at most `most`, however much it has grown meanwhile."""
    with path.open("rb") as file:
        return file.read(most)


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file and flush it to disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put_in_place(fresh: Path, folder: Path) -> None:
    """Rename `fresh` to `folder`; an older pack is moved aside first and removed last."""
    aside = fresh.with_name(f"{fresh.name}.old")
    if folder.exists():
        folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        if aside.exists():
            aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
