"""Dead letters: records that could not be taken, kept with their bytes, position and reason.

Written by area workers, read by the engine room. A log of its own beside the area's. Never retries.
"""

import base64
from datetime import datetime

import crc32c
import msgspec
from msgspec import Struct

from streams.errors import DecodeError
from streams.log import EventLog

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


class DeadLetters:
    """The dead letters of all areas, in an `EventLog`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
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
        last = await self._log.append(area + SUFFIX, [self._encoder.encode(letter)])
        await self._log.trim(area + SUFFIX, last + 1)
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
