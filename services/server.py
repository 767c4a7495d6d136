"""An application as a running HTTP server on a socket of its own.

Called by `cover serve`, `demo`, `api` and `worker`, and by tests. Prints nothing; gives the address.
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

import uvicorn
from fastapi import FastAPI

from geo.council import Council
from geo.region import Region
from services.api.app import create_app
from services.embedded_service import EmbeddedService
from services.service import Service
from services.settings import Settings, SettingsError
from streams.errors import StreamsError

logger = logging.getLogger(__name__)

READY_POLL_S = 0.02
WAITING_EVERY_S = 5.0
"""How often a service that is not ready yet says what it waits for."""
GRACE_S = 5
"""How long open requests may take to end when the service stops."""
KEEP_ALIVE_S = 30


class ServiceKind(Protocol):
    """Makes a service: everything in this process, or a replica beside workers elsewhere."""

    def __call__(
        self, settings: Settings, regions: Sequence[Region], *, councils: Sequence[Council]
    ) -> Service:
        """A service of these areas, not started yet."""
        ...


class ServerStartError(Exception):
    """The service could not start; the text says what to do."""


class _Server(uvicorn.Server):
    """A server that ends the live streams first, and leaves signals to `Running.until_stopped`."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take no signals: whoever runs the loop decides when to stop."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams (a live stream never ends by itself), then shut down as usual."""
        self._end_streams()
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

    @property
    def ended(self) -> bool:
        """Whether the server has ended."""
        return self._task.done()

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
async def serving(
    settings: Settings,
    regions: Sequence[Region],
    kind: ServiceKind = EmbeddedService,
    councils: Sequence[Council] = (),
) -> AsyncIterator[Running]:
    """Run the service while the context lasts; gives it once every area is ready.

    Parameters
    ----------
    kind
        Everything in this process, or a replica beside workers elsewhere.
    councils
        Served beside the regions.

    Raises
    ------
    ServerStartError
        Where the port is taken, the data folder is in use, or a part fails while starting.
    SettingsError
        Where a setting is missing or wrong for this kind.
    """
    bound = bound_socket(settings.host, settings.port)
    try:
        service: Service = kind(settings, regions, councils=councils)
    except SettingsError:
        bound.close()
        raise
    except (StreamsError, ValueError, OSError) as error:
        bound.close()
        raise ServerStartError(str(error)) from error

    def end_streams() -> None:
        for area in service.areas.values():
            area.hub.close()

    app = create_app(service)
    async with listening(app, bound, settings, end_streams) as running:
        told_at = time.monotonic()
        while not service.ready:
            if running.ended:
                raise ServerStartError("the service ended while starting; the lines above say why")
            for area in service.areas.values():
                if area.failure is not None:
                    raise ServerStartError(f"area {area.id} cannot start: {area.failure}")
            if time.monotonic() - told_at > WAITING_EVERY_S:
                told_at = time.monotonic()
                logger.warning("not ready yet: %s", service.readiness()[1])
            await asyncio.sleep(READY_POLL_S)
        yield running


@asynccontextmanager
async def listening(
    app: FastAPI,
    bound: socket.socket,
    settings: Settings,
    end_streams: Callable[[], None] = lambda: None,
) -> AsyncIterator[Running]:
    """Run `app` on a bound socket while the context lasts; gives it once it takes requests.

    Raises
    ------
    ServerStartError
        Where it ends while starting.
    """
    config = uvicorn.Config(
        app,
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        server_header=False,
    )
    server = _Server(config, end_streams)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started:
            if task.done():
                raise ServerStartError("the service ended while starting; the lines above say why")
            await asyncio.sleep(READY_POLL_S)
        host, port = bound.getsockname()[:2]
        yield Running(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}", task)
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        bound.close()


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens nowhere yet; port 0 takes any free one.

    Raises
    ------
    ServerStartError
        Where the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named in full: asyncio turns Nagle's delay off only where the protocol says TCP.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ServerStartError(
            f"port {port} on {host} cannot be used ({error.strerror}); give another "
            "with --port, or 0 for any free one"
        ) from error
    return bound
