"""Pseudonyms of who reports or posts: they tell independent reports from repeated ones, and nothing else.

Called by the doors that take requests and feedback, at the moment an identity comes in; the identity itself
goes no further. A pseudonym is of no use in another installation, on another channel or in another week.
"""

import hashlib
import secrets
from datetime import UTC, datetime

PSEUDONYM_BYTES = 8
"""16 hexadecimal digits: among 100,000 people of a week two share one with a chance below 1e-9."""
KEY_BYTES = 32


class Pseudonyms:
    """Makes pseudonyms under one key.

    Parameters
    ----------
    key
        The installation's secret, the same in all its processes; None: a random one, which a restart changes.
    """

    def __init__(self, key: str | None = None) -> None:
        self._key = (
            secrets.token_bytes(KEY_BYTES)
            if key is None
            else hashlib.blake2b(key.encode(), digest_size=KEY_BYTES).digest()
        )

    def of(self, channel: str, identity: str, at: datetime) -> str:
        """The pseudonym of an identity on a channel in the ISO week of `at` (UTC): 16 hexadecimal digits."""
        week = at.astimezone(UTC).isocalendar()
        # Lengths keep ("ab", "c") and ("a", "bc") apart.
        text = f"{week.year}-W{week.week}:{len(channel)}:{channel}{identity}"
        return hashlib.blake2b(text.encode(), digest_size=PSEUDONYM_BYTES, key=self._key).hexdigest()
