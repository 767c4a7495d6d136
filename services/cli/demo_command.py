"""`cover demo`: the service with a simulated day of a generated city and its council, in one process.

Called by the `cover` group and by `make run`. Makes city and council where there are none yet; starts service
and feeds; never holds the simulation itself.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import click

from geo.council import Council
from geo.council_pack import load_council
from geo.demo_region import build_demo_region
from geo.region import Region
from geo.region_pack import PackError, load_region, save_region
from services.cli.council_commands import make_demo_council
from services.cli.process_setup import keep_for_good
from services.council.morning_rounds import MorningError
from services.feed.api_client import ApiClient
from services.feed.council_day import CouncilDay
from services.feed.demo_day import DemoDay, DemoPace
from services.feed.failure import feed_failure
from services.server import Running, ServerStartError, serving
from services.settings import Settings, SettingsError, load_settings

DEFAULT_PACK = Path("var/demo")
DEFAULT_COUNCIL = Path("var/demo-council")
COUNCIL_SEED = 1


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
    "--council",
    "council_pack",
    type=click.Path(path_type=Path),
    help="Folder of a council pack. [var/demo-council with the demo city, generated where it is missing]",
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
def demo(pack: Path | None, council_pack: Path | None, speed: float, seed: int, port: int | None) -> None:
    """Serve a city with a simulated Friday: watch it, and decide on the moves and rounds it proposes.

    Incidents come by the forecast; appliances are mobilised, travel, attend and return. Soon after the
    start, and every few simulated hours, a large incident strips an area. In the city's council crews
    collect, bins are reported missed, vehicles break down, people post. What you accept is carried out.
    """
    try:
        settings = load_settings(port=port).model_copy(update={"data": None})
        region = load_region(pack) if pack is not None else _demo_region()
        councils = _councils(council_pack, with_demo=pack is None)
    except (SettingsError, PackError, MorningError) as error:
        raise click.ClickException(str(error)) from error
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        asyncio.run(_run(settings, region, councils, DemoPace(speed, seed)))
    except ServerStartError as error:
        raise click.ClickException(str(error)) from error


def _demo_region() -> Region:
    """Load the demo city, generating it first where it is missing."""
    if not DEFAULT_PACK.exists():
        click.echo(f"Generating a city in {DEFAULT_PACK}; it is kept for the next time.")
        save_region(build_demo_region(progress=_progress()), DEFAULT_PACK)
    return load_region(DEFAULT_PACK)


def _councils(pack: Path | None, *, with_demo: bool) -> list[Council]:
    """The council that was named, or the demo city's, generated first where it is missing; or none."""
    if pack is None and not with_demo:
        return []
    if pack is None and not DEFAULT_COUNCIL.exists():
        click.echo(
            f"Generating its council in {DEFAULT_COUNCIL}, with a day's rounds (a minute or two, once)."
        )
        make_demo_council(DEFAULT_COUNCIL, DEFAULT_PACK, COUNCIL_SEED, "demo", _progress())
    return [load_council(pack or DEFAULT_COUNCIL)]


def _progress() -> Callable[[str], None]:
    started = time.perf_counter()

    def say(text: str) -> None:
        click.echo(f"{time.perf_counter() - started:6.1f} s  {text}")

    return say


async def _run(settings: Settings, region: Region, councils: Sequence[Council], pace: DemoPace) -> None:
    """Serve and feed until asked to stop."""
    async with serving(settings, [region], councils=councils) as running, AsyncExitStack() as clients:
        keep_for_good()
        click.echo(f"Dynamic Cover is ready: {running.url}/")
        for council in councils:
            click.echo(f"The council's rounds: {running.url}/?area={council.id}")
        client = await clients.enter_async_context(ApiClient(running.url, region.id))
        days = [DemoDay(region, client, pace, click.echo).run()]
        for council in councils:
            client = await clients.enter_async_context(ApiClient(running.url, council.id))
            days.append(CouncilDay(council, client, pace, click.echo).run())
        await _feed_until_stopped(running, days)
        click.echo("stopping")


async def _feed_until_stopped(running: Running, days: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Play the days until the service is stopped; say why where one ends first."""
    playing = asyncio.create_task(_all(days))
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


async def _all(days: Sequence[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for day in days:
            group.create_task(day)
