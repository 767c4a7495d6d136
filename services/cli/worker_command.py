"""`cover worker`: one worker of the group that solves, until stopped.

Called by the `cover` group. Prints its address, for those who run it, once it has its place in the group.
"""

import asyncio
import secrets
import socket
from pathlib import Path

import click

from geo.council import Council
from geo.region import Region
from services.api.worker_app import create_worker_app
from services.cli.process_setup import areas_options, keep_for_good, process_setup, servers_options
from services.server import Running, ServerStartError, bound_socket, listening
from services.settings import Settings, SettingsError
from services.worker_process import WorkerProcess

POLL_S = 0.05


@click.command(
    epilog="""\b
Example:
  make services-up && set -a && . var/services/services.env && set +a
  cover worker --region var/demo --name one

Any number of workers may run, each with the same regions; Kafka shares the areas out among them. Give each a
name of its own that stays over restarts: then its areas wait some seconds for it when it restarts. One that
is started under a name in use takes its place, and the other ends. Stopped
(Ctrl-C, SIGTERM) it hands its areas over at once; killed, the others have them within ten seconds."""
)
@areas_options
@servers_options
@click.option("--name", help="Its name in the group. [host name and a random part]")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default="any free one",
    help="Port of /healthz, /readyz and /metrics.",
)
def worker(
    packs: tuple[Path, ...],
    council_packs: tuple[Path, ...],
    kafka: str | None,
    redis: str | None,
    name: str | None,
    port: int,
) -> None:
    """Solve: follow the areas' events, publish plans. The API is `cover api`."""
    settings, regions, councils = process_setup(packs, council_packs, kafka=kafka, redis=redis)
    name = name or f"{socket.gethostname().partition('.')[0]}-{secrets.token_hex(3)}"
    try:
        asyncio.run(_run(settings, regions, councils, name, port))
    except (ServerStartError, SettingsError, ValueError) as error:
        raise click.ClickException(str(error)) from error


async def _run(
    settings: Settings, regions: list[Region], councils: list[Council], name: str, port: int
) -> None:
    process = WorkerProcess(settings, regions, name, councils=councils)
    bound = bound_socket(settings.health_host, port)
    async with listening(create_worker_app(process), bound, settings) as running:
        telling = asyncio.create_task(_tell_when_member(process, running))
        failed = asyncio.create_task(process.until_failed())
        stopped = asyncio.create_task(running.until_stopped())
        await asyncio.wait({failed, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (telling, failed, stopped):
            task.cancel()
        click.echo("stopping")
        if failed.done() and not failed.cancelled():
            raise ServerStartError(failed.result())


async def _tell_when_member(process: WorkerProcess, running: Running) -> None:
    while True:
        if process.member:
            break
        await asyncio.sleep(POLL_S)
    keep_for_good()
    click.echo(f"worker {process.name} is ready: {running.url}/readyz")
