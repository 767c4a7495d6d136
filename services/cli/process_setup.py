"""What the commands that run a process share: their options, reading settings and packs, logging.

Used by `cover serve`, `api` and `worker`.
"""

import gc
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from geo.council import Council
from geo.region import Region
from geo.region_pack import PackError
from services.cli.packs import load_councils, load_regions
from services.settings import Settings, SettingsError, load_settings

F = TypeVar("F", bound=Callable[..., Any])


def areas_options(function: F) -> F:
    """`--region PACK` and `--council PACK`, as often as wanted."""
    for option in (
        click.option(
            "--council",
            "council_packs",
            type=click.Path(path_type=Path),
            multiple=True,
            help="Folder of a council pack; give it again to serve more.",
        ),
        click.option(
            "--region",
            "packs",
            type=click.Path(path_type=Path),
            multiple=True,
            help="Folder of a region pack, or of several; give it again to serve more areas.",
        ),
    ):
        function = option(function)
    return function


def servers_options(function: F) -> F:
    """`--kafka` and `--redis`."""
    for option in (
        click.option(
            "--redis",
            metavar="URL",
            help="Redis, e.g. redis://127.0.0.1:6379/0; with a password in it only as COVER_REDIS: others "
            "can read a command line [COVER_REDIS].",
        ),
        click.option("--kafka", metavar="HOST:PORT", help="Kafka's brokers, comma between [COVER_KAFKA]."),
    ):
        function = option(function)
    return function


class Setup(NamedTuple):
    """What a process begins with."""

    settings: Settings
    regions: list[Region]
    councils: list[Council]


def process_setup(packs: Sequence[Path], council_packs: Sequence[Path], **given: object) -> Setup:
    """Settings, regions and councils, and logging set up as the settings say.

    Raises
    ------
    click.ClickException
        Saying what is wrong.
    """
    if not packs and not council_packs:
        raise click.UsageError("nothing to serve: give --region PACK, --council PACK, or both")
    try:
        settings = load_settings(**given)
        regions = load_regions(packs)
        councils = load_councils(council_packs, [region.id for region in regions])
    except (SettingsError, PackError) as error:
        raise click.ClickException(str(error)) from error
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # It tells every lost connection and every retry, hundreds while the broker is away; what matters, we say.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return Setup(settings, regions, councils)


def keep_for_good() -> None:
    """Take what a process has loaded out of the collector's rounds, once it is ready.

    Regions, councils and compiled engines stay for as long as it runs; to look through them anew stops every
    thread for 70 ms with a council of 64,000 properties (2 ms without them).
    """
    gc.collect()
    gc.freeze()
