"""HTTP/1.1 with as little work as it takes: a few kept connections for posts, one for a live stream.

Used by the console's end of the measurements, which shares two cores with what it measures: a full client
library takes a millisecond a request, a tenth of a core at a hundred requests a second, and much more once
requests queue up. Speaks to the service on this machine only; no TLS, no redirects.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from types import TracebackType
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class HttpLanes:
    """Kept connections to one server; a context manager. Requests beyond their number wait."""

    def __init__(self, url: str, lanes: int, within_s: float) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._within_s = within_s
        self._free: asyncio.LifoQueue[Link | None] = asyncio.LifoQueue()
        for _ in range(lanes):
            self._free.put_nowait(None)

    async def __aenter__(self) -> "HttpLanes":
        """Nothing is opened before it is used."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections that are not in use."""
        while not self._free.empty():
            link = self._free.get_nowait()
            if link is not None:
                link[1].close()

    async def post(self, path: str, body: bytes, media_type: str) -> tuple[int, bytes]:
        """Post, and give the answer's status and body.

        Raises
        ------
        OSError, EOFError, TimeoutError
            Where no whole answer comes.
        """
        link = await self._free.get()
        whole = False
        try:
            async with asyncio.timeout(self._within_s):
                link = link or await self._opened()
                reader, writer = link
                head = f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
                head += f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                status, told = await _head(reader)
                length = LENGTH.search(told)
                answer = await reader.readexactly(int(length[1]) if length else 0)
                whole = True
                return status, answer
        finally:
            if not whole and link is not None:
                link[1].close()
            self._free.put_nowait(link if whole else None)

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        """The pieces of an answer that does not end, on a connection of its own.

        Raises
        ------
        OSError, EOFError
            Where it is refused or ends.
        """
        reader, writer = await self._opened()
        try:
            head = f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n\r\n"
            writer.write(head.encode())
            status, told = await _head(reader)
            if status != 200 or not CHUNKED.search(told):
                raise ConnectionError(f"GET {path}: {told.decode(errors='replace')}")
            while size := int((await reader.readline()).partition(b";")[0], 16):
                yield (await reader.readexactly(size + 2))[:-2]
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _opened(self) -> Link:
        return await asyncio.open_connection(self._host, self._port, limit=2**22)


async def _head(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    told = await reader.readuntil(HEAD_END)
    return int(told[9:12]), told
