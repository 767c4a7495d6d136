"""Which events came in lately, by source and id: so that what comes twice is taken once.

Filled by the fold, asked by the fold and by the ingest; part of the checkpoint, so that a restart remembers.
Bounded: the oldest go first. The fold is idempotent by itself; this also covers a repeat that would come
after a newer word, and keeps repeats out of the counts.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np

IDS_KEPT = 16_384
"""A quarter of a minute at 1,000 events a second, hours of a brigade's day."""
KEY_BYTES = 8
"""Of a BLAKE2b digest: two different events among so many kept share a key with a chance below 1e-15."""


class RecentIds:
    """The newest `most` events, oldest first."""

    def __init__(self, most: int = IDS_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def add(self, keys: Iterable[int]) -> None:
        """Note events by their `event_key`, oldest first."""
        kept = self._kept
        for key in keys:
            kept[key] = None
        while len(kept) > self._most:
            kept.popitem(last=False)

    def dump(self) -> bytes:
        """All keys, oldest first, 8 bytes each, little-endian."""
        return np.fromiter(self._kept, "<u8", len(self._kept)).tobytes()

    def load(self, dumped: bytes) -> None:
        """Take up what `dump` gave.

        Raises
        ------
        ValueError
            Where it is not a whole number of keys.
        """
        if len(dumped) % KEY_BYTES:
            raise ValueError(f"recent ids take {len(dumped)} bytes, want a multiple of {KEY_BYTES}")
        keys: list[int] = np.frombuffer(dumped, "<u8").tolist()
        self._kept = OrderedDict.fromkeys(keys[-self._most :])


def event_key(source: str, id_: str) -> int:
    """What an event is remembered by."""
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    digest = hashlib.blake2b(f"{len(source)}:{source}{id_}".encode(), digest_size=KEY_BYTES).digest()
    return int.from_bytes(digest, "little")
