"""Server-sent events cut out of a stream of bytes, however these were split on their way.

Used by every console of the measurements. Never looks into a message.
"""

from collections.abc import AsyncIterator

END = b"\n\n"


async def messages(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each message once it is there whole, without its end."""
    rest = bytearray()
    async for piece in pieces:
        seen = max(0, len(rest) - 1)
        rest += piece
        start = 0
        while (end := rest.find(END, max(start, seen))) >= 0:
            yield bytes(rest[start:end])
            start = end + len(END)
        del rest[:start]
