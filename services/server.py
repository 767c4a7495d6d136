"""The service as a running HTTP server on a socket of its own.

Called by `cover serve`, `cover demo` and tests. Prints nothing; gives the address once it is ready.
"""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from geo.region import Region
from services.api.app import create_app
from services.service import Service
from services.settings import Settings
from streams.errors import StreamsError

READY_POLL_S = 0.02
GRACE_S = 5
"""How long open requests may take to end when the service stops."""
KEEP_ALIVE_S = 30


class ServerStartError(Exception):
    """The service could not start; the text says what to do."""


class _Server(uvicorn.Server):
    """A server that ends the live streams first, and leaves signals to `Running.until_stopped`."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take no signals: whoever runs the loop decides when to stop."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the hubs (a live stream never ends by itself), then shut down as usual."""
        for area in self._service.areas.values():
            area.hub.close()
        await super().shutdown(sockets)


class Running:
    """A running service.

    Attributes
    ----------
    url
        Its base address, e.g. `http://127.0.0.1:8080`.
    """

    def __init__(self, url: str, task: "asyncio.Task[None]") -> None:
        self.url = url
        self._task = task

    async def until_stopped(self) -> None:
        """Wait for SIGINT, SIGTERM, or the server's end."""
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, asked.set)
        waiting = asyncio.create_task(asked.wait())
        try:
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            for sign in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(sign)


@asynccontextmanager
async def serving(settings: Settings, regions: Sequence[Region]) -> AsyncIterator[Running]:
    """Run the service while the context lasts; gives it once every area is ready.

    Raises
    ------
    ServerStartError
        Where the port is taken, the data folder is in use, or a part fails while starting.
    """
    bound = _bound(settings)
    try:
        service = Service(settings, regions)
    except (StreamsError, ValueError, OSError) as error:
        bound.close()
        raise ServerStartError(str(error)) from error
    config = uvicorn.Config(
        create_app(service),
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        server_header=False,
    )
    server = _Server(config, service)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not (server.started and service.ready):
            if task.done():
                raise ServerStartError("the service ended while starting; the lines above say why")
            for area in service.areas.values():
                if area.failure is not None:
                    raise ServerStartError(f"area {area.region.id} cannot start: {area.failure}")
            await asyncio.sleep(READY_POLL_S)
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        yield Running(f"http://{name}:{bound.getsockname()[1]}", task)
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        bound.close()


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named in full: asyncio turns Nagle's delay off only where the protocol says TCP.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except OSError as error:
        bound.close()
        raise ServerStartError(
            f"port {settings.port} on {settings.host} cannot be used ({error.strerror}); give another "
            "with --port or COVER_PORT, or 0 for any free one"
        ) from error
    return bound
