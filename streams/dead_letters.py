"""Dead letters: records that could not be taken, kept with their bytes, position and reason.

Written by area workers, read by the engine room. A log of its own beside the area's. Never retries, and never
writes where another worker may have the area.
"""

import base64
from collections.abc import Callable
from datetime import datetime

import crc32c
import msgspec
from msgspec import Struct

from streams.errors import AppendUnsureError, DecodeError, FencedError
from streams.log import EventLog
from streams.unsure import settled_end

SUFFIX = ".dead"
"""Added to the area's name: the dead letters of `london` are the log `london.dead`."""
LETTERS_KNOWN = 10_000
"""Letters remembered by offset and checksum; a replay from a checkpoint meets far fewer again."""
MAX_KEPT_BYTES = 65_536
"""Of a very large bad record this much is kept; its true size is noted."""


class DeadLetter(Struct, frozen=True):
    """One bad record: where it stood, what it was (`checksum` is its CRC-32C), what was wrong with it."""

    area: str
    offset: int
    recorded_at: datetime
    field: str
    reason: str
    size: int
    checksum: int
    payload_base64: str

    def payload(self) -> bytes:
        """The original bytes (the first `MAX_KEPT_BYTES` of them)."""
        return base64.b64decode(self.payload_base64)


def always() -> bool:
    """For whoever is the only writer."""
    return True


class DeadLetters:
    """The dead letters of all areas, in an `EventLog`.

    Parameters
    ----------
    may_write
        Asked just before a letter is written: False where another worker may have the area by now.
    """

    def __init__(self, log: EventLog, may_write: Callable[[], bool] = always) -> None:
        self._log = log
        self._may_write = may_write
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(DeadLetter)
        self._known: dict[str, dict[int, int]] = {}

    async def add(
        self, area: str, offset: int, payload: bytes, error: DecodeError, recorded_at: datetime
    ) -> bool:
        """Keep a bad record; a record already kept (a replay meets it again) is not kept twice.

        Returns
        -------
        Whether it was kept now.

        Raises
        ------
        FencedError
            Where `may_write` says no; nothing was kept.
        LogFullError
            Where the log does not take it (`AppendUnsureError`: perhaps it has, but no longer will). Add it
            again: what the log holds by then is looked at anew.
        """
        known = await self._known_letters(area)
        checksum = crc32c.crc32c(payload)
        if known.get(offset) == checksum:
            return False
        letter = DeadLetter(
            area=area,
            offset=offset,
            recorded_at=recorded_at,
            checksum=checksum,
            field=error.field,
            reason=error.reason,
            size=len(payload),
            payload_base64=base64.b64encode(payload[:MAX_KEPT_BYTES]).decode("ascii"),
        )
        try:
            if not self._may_write():
                raise FencedError(area, 0)  # its generation is not known here
            last = await self._log.append(area + SUFFIX, [self._encoder.encode(letter)])
            await self._log.trim(area + SUFFIX, last + 1)
        except AppendUnsureError:
            self._known.pop(area, None)
            await settled_end(self._log, area + SUFFIX)  # whoever adds it again looks at once
            raise
        except BaseException:
            # Refused, failed or cancelled half-way: this letter, or another worker's, may stand there by now.
            self._known.pop(area, None)
            raise
        known[offset] = checksum
        while len(known) > LETTERS_KNOWN:
            del known[next(iter(known))]
        return True

    async def newest(self, area: str, limit: int) -> list[DeadLetter]:
        """The newest `limit` letters of the area, oldest first."""
        await self._log.refresh(area + SUFFIX)
        end = self._log.end_offset(area + SUFFIX)
        at = max(self._log.first_offset(area + SUFFIX), end - limit)
        letters: list[DeadLetter] = []
        while at < end:
            records = await self._log.read(area + SUFFIX, at, end - at)
            letters += [self._decoder.decode(record.payload) for record in records]
            at += len(records)
        return letters

    async def _known_letters(self, area: str) -> dict[int, int]:
        """Checksum by offset of the newest letters, so that a replay keeps none of them twice."""
        known = self._known.get(area)
        if known is None:
            letters = await self.newest(area, LETTERS_KNOWN)
            known = self._known[area] = {letter.offset: letter.checksum for letter in letters}
        return known

    def count(self, area: str) -> int:
        """How many letters the area ever had."""
        return self._log.end_offset(area + SUFFIX)
