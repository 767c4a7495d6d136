"""`cover region demo`, `build`, `split` and `show`: make region packs and look at them.

Called by the `cover` command. Never builds anything itself: the builders are in `geo`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click

from geo.demo_region import SIZES, build_demo_region
from geo.lfb_records import CALL_DAYS, CallDays
from geo.london_region import INCIDENTS_PER_DAY, build_london_region
from geo.osm_region import OsmOptions, build_osm_region
from geo.region import Region
from geo.region_pack import MANIFEST, PackError, check_may_write, load_region, save_region
from geo.region_split import MAX_PARTS, MIN_PARTS, split_region

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def region() -> None:
    """Make region packs (stations, appliances, zones, demand, travel times) and look at them.

    \b
    Example:
      cover region demo var/demo
      cover region show var/demo
    """


@region.command()
@click.argument("folder", type=FOLDER)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Which city.")
@click.option(
    "--size", type=click.Choice(list(SIZES)), default="london", show_default=True, help="How large."
)
def demo(folder: Path, seed: int, size: str) -> None:
    """Generate a city that stands nowhere, and write it to FOLDER as a region pack.

    \b
    Example:
      cover region demo var/demo --seed 7
    """
    _writable(folder)
    _save(build_demo_region(seed, SIZES[size], _progress()), folder)


@region.command()
@click.argument("pack", type=FOLDER)
@click.option("--lfb", type=FOLDER, help="Folder of London's open data: builds the real London.")
@click.option(
    "--osm",
    type=click.Path(dir_okay=False, path_type=Path),
    help="An .osm.pbf extract: builds from its roads.",
)
@click.option("--area", default="osm", show_default=True, help="With --osm: the area id (a-z, 0-9, hyphens).")
@click.option("--name", help="With --osm: the region's name; without it, the area id.")
@click.option("--timezone", default="Europe/London", show_default=True, help="With --osm: its time zone.")
@click.option(
    "--incidents-per-day",
    type=click.FloatRange(min=0, min_open=True),
    help="True volume that demand is scaled to; London: 340, elsewhere 3.3 a station.",
)
@click.option(
    "--calls",
    type=click.Choice(CALL_DAYS),
    default="all",
    show_default=True,
    help="With --lfb: calls that demand is counted from. odd-days and even-days (by the day's number in the "
    "year) leave the other half to judge by: cover replay --calls. The distance law and the fleet are always "
    "from all calls.",
)
def build(
    pack: Path,
    lfb: Path | None,
    osm: Path | None,
    area: str,
    name: str | None,
    timezone: str,
    incidents_per_day: float | None,
    calls: CallDays,
) -> None:
    """Build a region pack in PACK from open data.

    \b
    Examples:
      cover region build var/london --lfb ../shared/data/london
      cover region build var/london-odd --lfb ../shared/data/london --calls odd-days
      cover region build var/porto --osm porto.osm.pbf --area porto --name Porto --timezone Europe/Lisbon
    """
    if (lfb is None) == (osm is None):
        raise click.UsageError("give either --lfb FOLDER or --osm FILE")
    if lfb is None and calls != "all":
        raise click.UsageError(f"--calls {calls} needs --lfb: an extract holds no calls")
    _writable(pack)
    try:
        if lfb is not None:
            built, report = build_london_region(
                lfb, incidents_per_day or INCIDENTS_PER_DAY, _progress(), calls
            )
            lines = report.lines
        elif osm is not None:
            options = OsmOptions(area, name or area.capitalize(), timezone, incidents_per_day)
            built, lines = build_osm_region(osm, options, _progress())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    for line in lines:
        click.echo(line)
    _save(built, pack)


@region.command()
@click.argument("pack", type=FOLDER)
@click.argument("folder", type=FOLDER)
@click.option(
    "--parts",
    type=click.IntRange(MIN_PARTS, MAX_PARTS),
    default=4,
    show_default=True,
    help="How many areas to make of it.",
)
def split(pack: Path, folder: Path, parts: int) -> None:
    """Split the region in PACK into several areas, each a region pack of its own in FOLDER.

    The packs are FOLDER/AREA-1, FOLDER/AREA-2, …: compact groups of neighbouring stations of nearly equal
    number, each with its appliances and with the zones it reaches first. Times and demand stay as they are.

    \b
    Example:
      cover region split var/london var/quarters --parts 4
      cover serve --region var/quarters/london-1 --region var/quarters/london-2
    """
    say = _progress()
    try:
        say(f"reading {pack}")
        whole = load_region(pack)
        folders = [folder / f"{whole.id}-{number}" for number in range(1, parts + 1)]
        _check_room(folder, folders)
        say(f"sharing out {len(whole.stations.ids)} stations and {len(whole.zones.ids)} zones")
        made = split_region(whole, parts)
        for place, part in zip(folders, made, strict=True):
            say(f"writing {place}")
            save_region(part, place)
    except (PackError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for part in made:
        click.echo(_part_line(part))
    click.echo(f"{parts} region packs written to {folder}")
    click.echo(f"Next: cover serve --region {folder}")


def _check_room(folder: Path, wanted: list[Path]) -> None:
    """Raise PackError where the packs cannot go there, or would stand beside packs of another split."""
    if (folder / MANIFEST).exists():
        raise PackError(f"{folder}: is a region pack; name another folder for the parts")
    for place in wanted:
        check_may_write(place)
    others = [path.parent for path in folder.glob(f"*/{MANIFEST}") if path.parent not in wanted]
    if others:
        raise PackError(
            f"{min(others)}: is a region pack and not among the parts to write; `--region {folder}` would "
            "take it in, too: name another folder or move it away"
        )


def _part_line(part: Region) -> str:
    """Describe a part in a line."""
    return (
        f"{part.id}  {part.name}: {len(part.stations.ids)} stations, {len(part.appliances.ids)} appliances, "
        f"{len(part.zones.ids)} zones, {part.demand_per_h.mean(axis=1).sum() * 24:.1f} incidents a day"
    )


@region.command()
@click.argument("pack", type=FOLDER)
def show(pack: Path) -> None:
    """Print what the region pack in PACK holds, after checking all of it.

    \b
    Example:
      cover region show var/demo
    """
    started = time.perf_counter()
    try:
        loaded = load_region(pack)
    except PackError as error:
        raise click.ClickException(str(error)) from error
    load_ms = (time.perf_counter() - started) * 1000
    for line in _summary(loaded):
        click.echo(line)
    click.echo(f"checked and loaded in {load_ms:.0f} ms")


def _writable(folder: Path) -> None:
    try:
        check_may_write(folder)
    except PackError as error:
        raise click.ClickException(str(error)) from error


def _save(built: Region, folder: Path) -> None:
    try:
        save_region(built, folder)
    except PackError as error:
        raise click.ClickException(str(error)) from error
    for line in _summary(built):
        click.echo(line)
    click.echo(f"Region pack written to {folder}")
    click.echo(f"Next: cover serve --region {folder}")


def _progress() -> Callable[[str], None]:
    """Return a function that prints what is being done with the seconds gone by."""
    started = time.perf_counter()

    def say(text: str) -> None:
        click.echo(f"{time.perf_counter() - started:6.1f} s  {text}")

    return say


def _summary(shown: Region) -> list[str]:
    """Describe a region in a few lines."""
    counts = [0] * len(shown.kinds)
    for kind in shown.appliances.kind.tolist():
        counts[kind] += 1
    fleet = ", ".join(f"{n} {kind.id}" for n, kind in zip(counts, shown.kinds, strict=True))
    first_s = shown.station_zone_s.min(axis=0) + shown.turnout_s
    demand_per_h = shown.demand_per_h.mean(axis=1)
    weight = demand_per_h[0] / demand_per_h[0].sum()
    per_day = ", ".join(
        f"{per_h.sum() * 24:.1f} {kind.id}" for per_h, kind in zip(demand_per_h, shown.kinds, strict=True)
    )
    target_s = shown.kinds[0].first_target_s
    roads = shown.roads
    origin = "generated" if shown.generated else "from open data"
    return [
        f"{shown.name} (area {shown.id}, {origin}); {shown.crs}; {shown.timezone}",
        f"  {shown.attribution}",
        f"  {len(shown.stations.ids)} stations, {len(shown.appliances.ids)} appliances ({fleet})",
        f"  {len(shown.zones.ids)} zones, {len(shown.districts)} districts, "
        f"{shown.zones.population.sum():,.0f} people",
        f"  incidents a day: {per_day}",
        f"  roads: {len(roads.node_en):,} nodes, {len(roads.tail):,} arcs"
        if roads
        else "  roads: none known",
        f"  turnout {shown.turnout_s:.0f} s; with every {shown.kinds[0].id} at home, "
        f"{(weight * (first_s <= target_s)).sum():.1%} of incidents within {target_s:.0f} s, "
        f"mean {(weight * first_s).sum():.0f} s",
    ]
