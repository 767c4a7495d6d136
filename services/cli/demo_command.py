"""`cover demo`: the service with a simulated day in a generated city, in one process.

Called by the `cover` group and by `make run`. Makes the city where there is none yet; starts service and
feed; never holds the simulation itself.
"""

import asyncio
import logging
import time
from pathlib import Path

import click

from geo.demo_region import build_demo_region
from geo.region import Region
from geo.region_pack import PackError, load_region, save_region
from services.feed.api_client import ApiClient
from services.feed.demo_day import DemoDay, DemoPace
from services.feed.failure import feed_failure
from services.server import Running, ServerStartError, serving
from services.settings import Settings, SettingsError, load_settings

DEFAULT_PACK = Path("var/demo")


@click.command(
    epilog="Examples:  cover demo   |   cover demo --speed 30 --seed 7   |   "
    "cover demo --region var/london --port 0\n\n"
    "Everything is kept in memory and gone when it stops. Ctrl-C stops it."
)
@click.option(
    "--region",
    "pack",
    type=click.Path(path_type=Path),
    help="Folder of a region pack. [var/demo, generated where it is missing]",
)
@click.option(
    "--speed",
    type=click.FloatRange(0, 600, min_open=True),
    default=10.0,
    show_default=True,
    help="Simulated seconds in a second.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Which day.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on, 0 for any free one [8080].")
def demo(pack: Path | None, speed: float, seed: int, port: int | None) -> None:
    """Serve a city with a simulated Friday: watch it, and decide on the moves it proposes.

    Incidents come by the forecast; appliances are mobilised, travel, attend and return. Soon after the
    start, and every few simulated hours, a large incident strips an area. What you accept is carried out.
    """
    try:
        settings = load_settings(port=port).model_copy(update={"data": None})
        region = load_region(pack) if pack is not None else _demo_region()
    except (SettingsError, PackError) as error:
        raise click.ClickException(str(error)) from error
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        asyncio.run(_run(settings, region, DemoPace(speed, seed)))
    except ServerStartError as error:
        raise click.ClickException(str(error)) from error


def _demo_region() -> Region:
    """Load the demo city, generating it first where it is missing."""
    if not DEFAULT_PACK.exists():
        click.echo(f"Generating a city in {DEFAULT_PACK}; it is kept for the next time.")
        started = time.perf_counter()

        def say(text: str) -> None:
            click.echo(f"{time.perf_counter() - started:6.1f} s  {text}")

        save_region(build_demo_region(progress=say), DEFAULT_PACK)
    return load_region(DEFAULT_PACK)


async def _run(settings: Settings, region: Region, pace: DemoPace) -> None:
    """Serve and feed until asked to stop."""
    async with serving(settings, [region]) as running:
        click.echo(f"Dynamic Cover is ready: {running.url}/")
        async with ApiClient(running.url, region.id) as client:
            await _feed_until_stopped(running, DemoDay(region, client, pace, click.echo))
        click.echo("stopping")


async def _feed_until_stopped(running: Running, day: DemoDay) -> None:
    """Play the day until the service is stopped; say why where the day ends first."""
    playing = asyncio.create_task(day.run())
    stopping = asyncio.create_task(running.until_stopped())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (playing, stopping):
        task.cancel()
    ended, _ = await asyncio.gather(playing, stopping, return_exceptions=True)
    if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
        failure = feed_failure(ended)
        if failure is None:
            raise ended
        raise click.ClickException(str(failure)) from ended
