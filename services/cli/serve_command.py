"""`cover serve`: serve regions and councils until stopped, everything in one process.

Called by the `cover` group. Prints the address once the service is ready.
"""

import asyncio
import logging
from pathlib import Path

import click

from geo.council_pack import COUNCIL_MANIFEST
from geo.region_pack import MANIFEST
from services.cli.process_setup import areas_options, keep_for_good, process_setup
from services.server import ServerStartError, serving

logger = logging.getLogger(__name__)


@click.command(
    epilog="Examples: cover serve --region var/london --data var/london-data   |   "
    "cover serve --region var/demo --council var/demo-council\n\n"
    "Settings come from COVER_HOST, COVER_PORT, … or the TOML file that COVER_CONFIG names. For several "
    "processes on Kafka and Redis: cover api, cover worker."
)
@areas_options
@click.option("--data", type=click.Path(path_type=Path), help="Folder for log and checkpoints [memory only].")
@click.option("--host", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on, 0 for any free one [8080].")
def serve(
    packs: tuple[Path, ...],
    council_packs: tuple[Path, ...],
    data: Path | None,
    host: str | None,
    port: int | None,
) -> None:
    """Serve regions and councils: the API, the live stream and the console, in one process."""
    settings, regions, councils = process_setup(packs, council_packs, data=data, host=host, port=port)
    manifests = (MANIFEST, COUNCIL_MANIFEST)
    if settings.data is not None and any((settings.data / name).exists() for name in manifests):
        raise click.ClickException(
            f"{settings.data} is a pack; name a folder of its own for log and checkpoints, "
            f"e.g. --data {settings.data}-data"
        )
    if settings.kafka is not None:
        logger.warning(
            "cover serve keeps a log of its own and does not use Kafka: see cover api, cover worker"
        )

    async def run() -> None:
        async with serving(settings, regions, councils=councils) as running:
            keep_for_good()
            click.echo(f"Dynamic Cover is ready: {running.url}/")
            await running.until_stopped()
            click.echo("stopping")

    try:
        asyncio.run(run())
    except ServerStartError as error:
        raise click.ClickException(str(error)) from error
