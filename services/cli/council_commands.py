"""`cover council`: make a council pack with its morning's rounds, look at one, feed reports to a service.

Called by the `cover` command. Never builds or plans anything itself: `geo` and `services.council` do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from geo.council import Council
from geo.council_pack import check_may_write_council, load_council, save_council
from geo.demo_council import COUNCIL_SIZES, build_demo_council
from geo.demo_region import SIZES, build_demo_region
from geo.pack_manifest import PackError
from geo.region_pack import load_region
from services.cli.council_import import import_requests

FOLDER = click.Path(file_okay=False, path_type=Path)
REGION_SIZE = {"demo": "london", "small": "small"}


@click.group()
def council() -> None:
    """Make council packs (depots, tips, vehicles, streets, properties, rounds), feed reports to a service.

    \b
    Example:
      cover council demo var/demo-council
      cover council show var/demo-council
      cover council import requests.csv --area demo-council
    """


council.add_command(import_requests)


@council.command()
@click.argument("folder", type=FOLDER)
@click.option("--region", "pack", type=FOLDER, help="Generated region whose ground it is on. [the demo city]")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Which council.")
@click.option(
    "--size", type=click.Choice(list(COUNCIL_SIZES)), default="demo", show_default=True, help="How large."
)
def demo(folder: Path, pack: Path | None, seed: int, size: str) -> None:
    """Generate a council on the ground of a generated city, plan its morning's rounds, write both to FOLDER.

    The rounds are planned for about a minute on two cores; how good they are depends on the machine, and the
    council is otherwise the same for the same seed.

    \b
    Example:
      cover council demo var/demo-council --region var/demo
    """
    say = _progress()
    try:
        make_demo_council(folder, pack, seed, size, say)
        made = load_council(folder)
    except (PackError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for line in _summary(made):
        click.echo(line)
    click.echo(f"Council pack written to {folder}")


def make_demo_council(
    folder: Path, pack: Path | None, seed: int, size: str, say: Callable[[str], None]
) -> None:
    """Generate, plan and write a council.

    Parameters
    ----------
    pack
        The region whose ground it is on; None to generate the demo city of that size anew.

    Raises
    ------
    PackError
        Where the region cannot be read, or `folder` cannot be written.
    ValueError
        Where the region is a real one, or no rounds that keep every rule were found.
    """
    # Imported late: it takes a second, and `show` does without.
    from services.council.morning_rounds import with_morning_rounds

    check_may_write_council(folder)
    size_of_region = SIZES[REGION_SIZE[size]]
    region = build_demo_region(seed, size_of_region, say) if pack is None else load_region(pack)
    built = build_demo_council(region, seed, COUNCIL_SIZES[size], say)
    save_council(with_morning_rounds(built, seed, progress=say), folder)


@council.command()
@click.argument("pack", type=FOLDER)
def show(pack: Path) -> None:
    """Print what the council pack in PACK holds, after checking all of it and every rule of its rounds.

    \b
    Example:
      cover council show var/demo-council
    """
    started = time.perf_counter()
    try:
        loaded = load_council(pack)
    except PackError as error:
        raise click.ClickException(str(error)) from error
    load_ms = (time.perf_counter() - started) * 1000
    for line in _summary(loaded):
        click.echo(line)
    for line in _rounds(loaded):
        click.echo(line)
    click.echo(f"checked and loaded in {load_ms:.0f} ms")


def _summary(shown: Council) -> list[str]:
    """Describe a council in a few lines."""
    stops, vehicles = shown.stops, shown.vehicles
    origin = "generated" if shown.generated else "from a council's data"
    banned = (
        np.isfinite(stops.ban_from_s[:, 0]) if stops.ban_from_s.shape[1] else np.zeros(len(stops.ids), bool)
    )
    brigade = f"; shares its ground with brigade {shown.brigade}" if shown.brigade else ""
    return [
        f"{shown.name} (area {shown.id}, {origin}); {shown.crs}; {shown.timezone}{brigade}",
        f"  {shown.attribution}",
        f"  {len(shown.properties.uprn):,} properties with UPRNs in {len(shown.streets.ids):,} streets, "
        f"{len(shown.landmarks.names)} landmarks",
        f"  {len(stops.ids):,} collection stops: {int(banned.sum())} with school times, "
        f"{int(stops.no_reversing.sum())} without reversing, {int((stops.skills > 0).sum())} narrow",
        f"  {len(vehicles.ids)} vehicles from {len(shown.depots.ids)} depots, {len(shown.tips.ids)} tips; "
        f"{stops.load.sum() / 1000:,.0f} t to collect, "
        f"{vehicles.capacity.sum() / 1000:,.0f} t on board at a time",
        f"  roads: {len(shown.roads.node_en):,} nodes, {len(shown.roads.tail):,} arcs",
    ]


def _rounds(shown: Council) -> list[str]:
    """Describe the morning's rounds, judged anew."""
    from services.council.morning_rounds import judged

    if not any(shown.rounds):
        return ["  rounds: none planned"]
    verdict = judged(shown)
    room_min = [
        (shown.vehicles.shift_end_s[sheet.vehicle] - sheet.finish_s) / 60
        for sheet in verdict.rounds
        if sheet.stops
    ]
    word = "every rule kept" if verdict.feasible else f"{len(verdict.violations)} rules broken"
    collections = max(int(shown.stops.households.sum()), 1)
    return [
        f"  rounds: {word}; {verdict.cost.unserved_stops} stops left out; "
        f"{verdict.cost.dist_m / 1000:,.0f} km, {verdict.cost.drive_s / 3600:.1f} h between stops, "
        f"{verdict.cost.overtime_s / 3600:.1f} h overtime",
        f"  back {min(room_min):.0f} to {max(room_min):.0f} min before the shift's end, "
        f"median {float(np.median(room_min)):.0f}",
        f"  cost {verdict.cost.total:,.0f}, {verdict.cost.total / collections:.3f} a collection",
        f"  weeks before (generated): {len(shown.past.labels)}",
    ]


def _progress() -> Callable[[str], None]:
    """Return a function that prints what is being done with the seconds gone by."""
    started = time.perf_counter()

    def say(text: str) -> None:
        click.echo(f"{time.perf_counter() - started:6.1f} s  {text}")

    return say
