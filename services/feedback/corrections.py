"""What managers correct becomes labels: hashed words of recent signals in memory, corrected ones in a file.

The reader notes what it reads; the cluster route says what was corrected; `cover feedback train` reads the
file. No text and no order of words is kept, only counts of hashed single words of the redacted text (see
`optimiser.feedback.features.word_counts`): in memory for a day, and in the file only of what a person has
corrected, for 90 days, in lines of their own that name no signal, place, person or time of day.
"""

import os
import threading
import time
from collections import OrderedDict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from optimiser.feedback.category import Category
from optimiser.feedback.classifier import CATEGORIES
from optimiser.feedback.features import WORD_COLUMNS, word_counts
from optimiser.feedback.training import Correction

MOST_RECENT = 20_000
"""Signals whose words are remembered."""
RECENT_S = 24 * 3600.0
MOST_LINES = 5_000
"""Corrections kept; past it the oldest go."""
KEPT_DAYS = 90
MOST_WORDS = 2_000
MOST_FILE_BYTES = 64 * 1024 * 1024

Words = tuple[list[int], list[int]]


class CorrectionsError(Exception):
    """A corrections file that cannot be used; the text says why."""


class CorrectionLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the file: JSON with the day, the right category, columns and counts of hashed words."""

    day: date
    category: Category
    columns: Annotated[list[Annotated[int, Meta(ge=0, lt=WORD_COLUMNS)]], Meta(max_length=MOST_WORDS)]
    counts: Annotated[list[Annotated[int, Meta(ge=1, le=10_000)]], Meta(max_length=MOST_WORDS)]

    def __post_init__(self) -> None:
        if len(self.columns) != len(self.counts):
            raise ValueError("`columns` and `counts` must be equally long")


class RecentWords:
    """Hashed words of the newest signals, in memory only. Safe to use from several threads."""

    def __init__(self, most: int = MOST_RECENT, keep_s: float = RECENT_S) -> None:
        self._most = most
        self._keep_s = keep_s
        self._kept: OrderedDict[str, tuple[float, Words]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, signal: str, text: str) -> None:
        """Remember the words of a signal's redacted text."""
        columns, counts = word_counts(text)
        now = time.monotonic()
        with self._lock:
            self._kept.pop(signal, None)
            self._kept[signal] = now, (columns.tolist(), counts.tolist())
            while self._kept and (
                len(self._kept) > self._most or next(iter(self._kept.values()))[0] < now - self._keep_s
            ):
                self._kept.popitem(last=False)

    def of(self, signal: str) -> Words | None:
        """The words of a signal, where they are still remembered."""
        with self._lock:
            found = self._kept.get(signal)
        return found[1] if found is not None and found[0] >= time.monotonic() - self._keep_s else None


class CorrectionsFile:
    """The file of labels made by managers; only its owner may read it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, words: list[Words], category: Category, day: date) -> int:
        """Add a label for each; drop what is too old or too much. Returns how many are in the file.

        Raises
        ------
        CorrectionsError
            Where what is there is no corrections file.
        """
        with self._lock:
            lines = [line for line in self.lines() if line.day > day - timedelta(days=KEPT_DAYS)]
            lines += [CorrectionLine(day, category, columns, counts) for columns, counts in words]
            lines = lines[-MOST_LINES:]
            data = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
            new = self._path.with_name(self._path.name + ".new")
            new.unlink(missing_ok=True)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            new.replace(self._path)
            return len(lines)

    def lines(self) -> list[CorrectionLine]:
        """All labels, oldest first; none where there is no file yet.

        Raises
        ------
        CorrectionsError
            Naming the line that is wrong.
        """
        if not self._path.exists():
            return []
        if self._path.stat().st_size > MOST_FILE_BYTES:
            raise CorrectionsError(f"{self._path} is larger than {MOST_FILE_BYTES:,} bytes")
        decoder = msgspec.json.Decoder(CorrectionLine)
        found = []
        for number, line in enumerate(self._path.read_bytes().splitlines(), start=1):
            try:
                found.append(decoder.decode(line))
            except (msgspec.DecodeError, ValueError) as error:
                raise CorrectionsError(f"{self._path}, line {number}: {error}") from None
        return found


def labels(lines: list[CorrectionLine]) -> list[Correction]:
    """The lines as training takes them."""
    return [
        Correction(np.array(c.columns, np.int32), np.array(c.counts, np.int32), CATEGORIES.index(c.category))
        for c in lines
    ]
