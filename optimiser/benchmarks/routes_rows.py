"""The rows of the route benchmark on disk: one JSON object a line, written as soon as it is measured.

Used by the benchmark: an interrupted run goes on where it stopped, and families measured at different times
are merged into one file, each row with the run and the commit it is of. It computes nothing.
"""

import json
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
# What makes a row the only one of its kind.
KEY = ("family", "instance", "solver", "seconds", "seed")
# Figures are kept to so many significant digits: more than any clock gives.
DIGITS = 8


class RowFile:
    """The rows in a file, in the order they were measured."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: list[Row] = []
        if path.exists():
            # The last line of a run that was killed may be cut off: no other is to be joined to it.
            self.rows = [row for line in path.read_text().splitlines() if (row := _row_of(line)) is not None]
            self.keep(lambda _: True)

    def keep(self, wanted: Callable[[Row], bool]) -> None:
        """Leave out all rows that are not wanted, on disk too."""
        self.rows = [row for row in self.rows if wanted(row)]
        beside = self._path.with_suffix(".part")
        beside.write_text("".join(_line(row) for row in self.rows))
        beside.replace(self._path)

    def has(self, key: Row) -> bool:
        """Whether a run's row is there; one that failed is not."""
        return any(all(row[k] == key[k] for k in KEY) and row.get("status") != "failed" for row in self.rows)

    def add(self, row: Row) -> None:
        """Put a row at the end, on disk before this returns; an older one of the same key goes."""
        if any(all(old[k] == row[k] for k in KEY) for old in self.rows):
            self.keep(lambda old: any(old[k] != row[k] for k in KEY))
        row = json.loads(_line(row))
        self.rows.append(row)
        with self._path.open("a") as file:
            file.write(_line(row))
            file.flush()
            os.fsync(file.fileno())


def rounded(value: Any) -> Any:
    """Return a value with all numbers shortened; what is not a number becomes null."""
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def of_families(rows: Iterable[Row], families: Iterable[str]) -> list[Row]:
    """Return the rows of families."""
    wanted = set(families)
    return [row for row in rows if row["family"] in wanted]


def _line(row: Row) -> str:
    return json.dumps(rounded(row), separators=(",", ":")) + "\n"


def _row_of(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and all(key in row for key in KEY) else None
