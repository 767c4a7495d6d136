"""A service that does nothing: takes events, answers at once, pushes a plan that covers them.

What the probe measures against it is the probe's own share: its ceiling and its least latency. Run by
`python -m loadtests.probe.null_service`, in a process of its own as the real one is.
"""

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime

from loadtests.pipeline.http_lanes import HEAD_END, LENGTH
from loadtests.probe.loop import run

EVENT = b'"specversion"'
PLAN_BYTES = 8_000
"""About a plan of London's size with six moves."""
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class NullService:
    """Counts events and tells everybody so."""

    def __init__(self, plan_bytes: int = PLAN_BYTES) -> None:
        self._filling = "x" * plan_bytes
        self._consoles: set[asyncio.StreamWriter] = set()
        self.offset = -1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = await reader.readuntil(HEAD_END)
                if head.startswith(b"GET") and b"/stream " in head:
                    writer.write(STREAM_HEAD)
                    writer.write(_chunk(self._message("snapshot", {"plan": None})))
                    self._consoles.add(writer)
                    continue
                length = LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                self._answer(writer, body)
        except (OSError, EOFError):
            pass
        finally:
            self._consoles.discard(writer)
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        events = body.count(EVENT)
        self.offset += events
        told = json.dumps({"accepted": events, "duplicates": 0, "last_offset": self.offset}).encode()
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
        plan = {
            "picture_offset": self.offset,
            "published_at": datetime.now(UTC).isoformat(),
            "gap": 0.0,
            "filling": self._filling,
        }
        piece = _chunk(self._message("plan", plan))
        for console in self._consoles:
            console.write(piece)

    def _message(self, event: str, data: dict[str, object]) -> bytes:
        return f"event: {event}\nid: {self.offset}\ndata: {json.dumps(data)}\n\n".encode()


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


async def started(port: int, plan_bytes: int = PLAN_BYTES) -> tuple[asyncio.Server, str]:
    """A server on loopback, and its address."""
    server = await asyncio.start_server(NullService(plan_bytes).serve, "127.0.0.1", port)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _forever(port: int, plan_bytes: int) -> None:
    server, url = await started(port, plan_bytes)
    print(f"The null service is ready: {url}/ ", flush=True)
    async with server:
        await server.serve_forever()


def main(words: list[str]) -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.probe.null_service", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--plan-bytes", type=int, default=PLAN_BYTES, help="size of a plan [%(default)s]")
    asked = parser.parse_args(words)
    try:
        run(_forever(asked.port, asked.plan_bytes))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
