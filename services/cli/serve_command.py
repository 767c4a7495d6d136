"""`cover serve`: serve one or more regions until stopped.

Called by the `cover` group. Prints the address once the service is ready.
"""

import asyncio
import logging
from pathlib import Path

import click

from geo.region_pack import MANIFEST, PackError, load_region
from services.server import ServerStartError, serving
from services.settings import Settings, SettingsError, load_settings


@click.command(
    epilog="Example: cover serve --region var/london --data var/london-data\n\n"
    "Settings come from COVER_HOST, COVER_PORT, … or the TOML file that COVER_CONFIG names."
)
@click.option(
    "--region",
    "packs",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Folder of a region pack; give it again to serve more areas.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Folder for log and checkpoints [memory only].")
@click.option("--host", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on, 0 for any free one [8080].")
def serve(packs: tuple[Path, ...], data: Path | None, host: str | None, port: int | None) -> None:
    """Serve regions: the API, the live stream and the console, in one process."""
    try:
        settings = load_settings(data=data, host=host, port=port)
        regions = [load_region(pack) for pack in packs]
    except (SettingsError, PackError) as error:
        raise click.ClickException(str(error)) from error
    if settings.data is not None and (settings.data / MANIFEST).exists():
        raise click.ClickException(
            f"{settings.data} is a region pack; name a folder of its own for log and checkpoints, "
            f"e.g. --data {settings.data}-data"
        )
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )

    async def run(settings: Settings) -> None:
        async with serving(settings, regions) as running:
            click.echo(f"Dynamic Cover is ready: {running.url}/")
            await running.until_stopped()
            click.echo("stopping")

    try:
        asyncio.run(run(settings))
    except ServerStartError as error:
        raise click.ClickException(str(error)) from error
