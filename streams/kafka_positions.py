"""Where the readers of one area stand, known by nothing but the offsets they ask for.

Used by `streams.kafka_log`, to tell a reader who stood past a cut of the log that it has to begin anew. Each
read takes up a position and leaves the next one; a cut makes every position past it stale. Two readers at the
very same offset are not told apart, and a reader who never came back may cost another, who comes by its
position after a cut, one needless new beginning: safe, and rare.
"""

from dataclasses import dataclass

from streams.errors import LogCutError

MOST_KNOWN = 256
"""Positions kept of readers between two reads, oldest dropped: an area has one or two readers who come back;
the rest are left by readers who will not."""


@dataclass(slots=True, eq=False)
class Reading:
    """A read under way; `cut` is where the log was cut meanwhile, if that was before `offset`."""

    area: str
    offset: int
    cut: int | None = None

    def check(self) -> None:
        """Raise `LogCutError` where the log has been cut before the offset."""
        if self.cut is not None:
            raise LogCutError(self.area, self.cut)


class ReaderPositions:
    """The positions of one area; `cuts` counts how often its log has been cut."""

    def __init__(self, area: str) -> None:
        self.cuts = 0
        self._area = area
        self._readings: list[Reading] = []
        self._standing: list[int] = []
        self._stale: dict[int, int] = {}

    def begin(self, offset: int) -> Reading:
        """Note that somebody reads at `offset`.

        Raises
        ------
        LogCutError
            Where whoever stood there stood there before a cut; once.
        """
        cut = self._stale.pop(offset, None)
        if cut is not None:
            raise LogCutError(self._area, cut)
        if offset in self._standing:
            self._standing.remove(offset)
        reading = Reading(self._area, offset)
        self._readings.append(reading)
        return reading

    def end(self, reading: Reading, next_offset: int | None) -> None:
        """Note that it has been read up to, not including, `next_offset`; None where the reader was told."""
        self._readings.remove(reading)
        if next_offset is None:
            return
        if reading.cut is not None:
            self._stale[next_offset] = reading.cut
        else:
            self._standing.append(next_offset)
            del self._standing[:-MOST_KNOWN]

    def cut(self, end: int) -> None:
        """The log ends, or ended, at `end`: everybody past it read what is no more."""
        self.cuts += 1
        for reading in self._readings:
            if reading.offset > end:
                reading.cut = end
        for offset in self._standing:
            if offset > end:
                self._stale[offset] = end
        self._standing = [offset for offset in self._standing if offset <= end]
        while len(self._stale) > MOST_KNOWN:
            del self._stale[next(iter(self._stale))]
