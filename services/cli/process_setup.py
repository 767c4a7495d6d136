"""What the commands that run a process share: their options, reading settings and regions, logging.

Used by `cover serve`, `api` and `worker`.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from geo.region import Region
from geo.region_pack import PackError
from services.cli.packs import load_regions
from services.settings import Settings, SettingsError, load_settings

F = TypeVar("F", bound=Callable[..., Any])


def regions_option(function: F) -> F:
    """`--region PACK`, as often as wanted."""
    return click.option(
        "--region",
        "packs",
        type=click.Path(path_type=Path),
        multiple=True,
        required=True,
        help="Folder of a region pack, or of several; give it again to serve more areas.",
    )(function)


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


def settings_and_regions(packs: Sequence[Path], **given: object) -> tuple[Settings, list[Region]]:
    """Settings and regions, and logging set up as the settings say.

    Raises
    ------
    click.ClickException
        Saying what is wrong.
    """
    try:
        settings = load_settings(**given)
        regions = load_regions(packs)
    except (SettingsError, PackError) as error:
        raise click.ClickException(str(error)) from error
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # It tells every lost connection and every retry, hundreds while the broker is away; what matters, we say.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return settings, regions
