"""`cover api`: one API replica beside workers elsewhere, until stopped.

Called by the `cover` group. Prints the address once the replica has caught up with its log.
"""

import asyncio
from pathlib import Path

import click

from services.cli.process_setup import areas_options, keep_for_good, process_setup, servers_options
from services.replica_service import ReplicaService
from services.server import ServerStartError, serving
from services.settings import SettingsError


@click.command(
    epilog="""\b
Example:
  make services-up && set -a && . var/services/services.env && set +a
  cover worker --region var/demo --name one &
  cover api --region var/demo

Any number of replicas may run, each with the same regions. Where Kafka or Redis is not there yet, it is
waited for; where one goes away later, the last good plans stay and consoles are told. Settings come from
COVER_KAFKA, COVER_REDIS, COVER_PORT, … or the TOML file that COVER_CONFIG names."""
)
@areas_options
@servers_options
@click.option("--host", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on, 0 for any free one [8080].")
def api(
    packs: tuple[Path, ...],
    council_packs: tuple[Path, ...],
    kafka: str | None,
    redis: str | None,
    host: str | None,
    port: int | None,
) -> None:
    """Serve regions: the API, the live stream and the console; the plans come from `cover worker`."""
    settings, regions, councils = process_setup(
        packs, council_packs, kafka=kafka, redis=redis, host=host, port=port
    )

    async def run() -> None:
        async with serving(settings, regions, ReplicaService, councils) as running:
            keep_for_good()
            click.echo(f"Dynamic Cover is ready: {running.url}/")
            await running.until_stopped()
            click.echo("stopping")

    try:
        asyncio.run(run())
    except (ServerStartError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
