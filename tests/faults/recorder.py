"""What the matrix measured: one JSON line for each figure, in `var/faults/recovery.jsonl`.

Written by the cases, read by `tests.faults.table`. Only adds; whoever wants to begin anew removes the file.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.shared_data import ROOT

RECOVERY = ROOT / "var" / "faults" / "recovery.jsonl"


class Figure(Struct, frozen=True, omit_defaults=True):
    """One measured time, and under what load.

    Attributes
    ----------
    what
        From what to what.
    bound_s
        Where the issue sets a bound.
    offered_per_s, accepted_per_s
        Events that fell due, and that were taken, a second, over the whole case.
    longest_silence_s
        The longest any console went without a message.
    """

    case: str
    what: str
    seconds: float
    events_sent: int
    offered_per_s: float
    accepted_per_s: float
    longest_silence_s: float
    bound_s: float | None = None
    at: str = ""
    cores: int = 0


def record(figure: Figure, path: Path = RECOVERY) -> None:
    """Add one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    stamped = msgspec.structs.replace(figure, at=now, cores=len(os.sched_getaffinity(0)))
    with path.open("ab") as file:
        file.write(msgspec.json.encode(stamped) + b"\n")


def figures(path: Path = RECOVERY) -> list[Figure]:
    """All lines, oldest first; empty where nothing has been measured."""
    if not path.is_file():
        return []
    return [msgspec.json.decode(line, type=Figure) for line in path.read_bytes().splitlines() if line]
