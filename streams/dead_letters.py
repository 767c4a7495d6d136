"""Dead letters: records that could not be taken, kept with their bytes, position and reason.

Written by area workers, read by the engine room. A log of its own beside the area's. Never retries.
"""

import base64
from datetime import datetime

import msgspec
from msgspec import Struct

from streams.errors import DecodeError
from streams.log import EventLog

SUFFIX = ".dead"
"""Added to the area's name: the dead letters of `london` are the log `london.dead`."""
MAX_KEPT_BYTES = 65_536
"""Of a very large bad record this much is kept; its true size is noted."""


class DeadLetter(Struct, frozen=True):
    """One bad record: where it stood, what it was, what was wrong with it."""

    area: str
    offset: int
    recorded_at: datetime
    field: str
    reason: str
    size: int
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
        self._recorded: dict[str, int] = {}

    async def add(
        self, area: str, offset: int, payload: bytes, error: DecodeError, recorded_at: datetime
    ) -> bool:
        """Keep a bad record; a record already kept (a replay meets it again) is not kept twice.

        Returns
        -------
        Whether it was kept now.
        """
        if offset <= await self.recorded_up_to(area):
            return False
        letter = DeadLetter(
            area=area,
            offset=offset,
            recorded_at=recorded_at,
            field=error.field,
            reason=error.reason,
            size=len(payload),
            payload_base64=base64.b64encode(payload[:MAX_KEPT_BYTES]).decode("ascii"),
        )
        last = await self._log.append(area + SUFFIX, [self._encoder.encode(letter)])
        await self._log.trim(area + SUFFIX, last + 1)
        self._recorded[area] = offset
        return True

    async def newest(self, area: str, limit: int) -> list[DeadLetter]:
        """The newest `limit` letters of the area, oldest first."""
        end = self._log.end_offset(area + SUFFIX)
        start = max(self._log.first_offset(area + SUFFIX), end - limit)
        return [self._decoder.decode(r.payload) for r in await self._log.read(area + SUFFIX, start, limit)]

    async def recorded_up_to(self, area: str) -> int:
        """Offset of the newest record of `area` kept as a dead letter, -1 where there is none."""
        known = self._recorded.get(area)
        if known is None:
            newest = await self.newest(area, 1)
            known = self._recorded[area] = newest[-1].offset if newest else -1
        return known

    def count(self, area: str) -> int:
        """How many letters the area ever had."""
        return self._log.end_offset(area + SUFFIX)
