"""`cover replay`: feed recorded incidents to a running service and report what its advice was worth.

Called by the `cover` group. Reads the file and the packs, prints progress and the report; never measures
anything itself.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import click

from geo.lfb_records import CALL_DAYS, CallDays, calls_of_days, read_incidents
from geo.region import Region
from geo.region_pack import PackError
from geo.strict_csv import SourceError
from services.cli.packs import load_regions
from services.feed.api_client import ApiClient
from services.feed.errors import FeedError
from services.feed.failure import feed_failure
from services.feed.joint_replay import JointReplay
from services.feed.joint_report import JointReport
from services.feed.joint_schedule import JointSchedule, joint_schedule
from services.feed.recorded_calls import recorded_call
from services.feed.replay import Replay, ReplayOptions
from services.feed.replay_report import ReplayReport
from services.feed.replay_schedule import RecordedCall, ReplaySchedule, replay_schedule

DEFAULT_URL = "http://127.0.0.1:8080"
ABSENT_AFTER_S = 10.0
"""A service that does not answer the first question within this is taken to be not running."""
MAX_SPEED = 86_400.0


def _speed(ctx: click.Context, param: click.Parameter, value: str) -> float | None:
    """Return the speed an option asks for; None for flat out (`max` or 0)."""
    if value in ("max", "0"):
        return None
    try:
        speed = float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a speed; give a number above 0, or max") from None
    if not 0 < speed <= MAX_SPEED:
        raise click.BadParameter(f"{speed:g} is out of range; give above 0 to {MAX_SPEED:g}, or max")
    return speed


@click.command(
    epilog="Examples, with `cover serve --region var/london --data var/london-data` running:\n\n"
    "cover replay --region var/london --lfb incidents.csv --accept all --report replay.json\n\n"
    "cover replay --region var/london --lfb incidents.csv --speed 600 --limit 340\n\n"
    "Judged by calls the region was not fitted on (built with --calls odd-days, and served):\n\n"
    "cover replay --region var/london-odd --lfb incidents.csv --calls even-days --accept all\n\n"
    "Several areas at once, all the packs of a folder (cover region split), 340 calls a day in all:\n\n"
    "cover replay --region var/quarters --lfb incidents.csv --speed 600 --density 340"
)
@click.option(
    "--region",
    "packs",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Pack of the region served, or a folder of packs; give it again to replay several areas at once.",
)
@click.option(
    "--lfb",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Recorded incidents, in the London Fire Brigade's schema.",
)
@click.option(
    "--density", type=click.IntRange(min=1), default=340, show_default=True, help="Incidents a simulated day."
)
@click.option(
    "--speed",
    callback=_speed,
    metavar="SPEED",
    default="max",
    show_default=True,
    help="Simulated seconds in a second. max: as fast as the service takes them; with --accept all, the "
    "simulated clock waits for each plan.",
)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures as JSON.")
@click.option("--url", default=DEFAULT_URL, metavar="URL", show_default=True, help="Where the service is.")
@click.option(
    "--accept",
    type=click.Choice(["none", "all"]),
    default="none",
    show_default=True,
    help="Accept every move that is proposed and carry it out, or none.",
)
@click.option(
    "--calls",
    type=click.Choice(CALL_DAYS),
    default="all",
    show_default=True,
    help="Replay the calls of all days, or of every other day by its number in the year. Use the half that "
    "the pack was not built from (cover region build --calls).",
)
@click.option("--limit", type=click.IntRange(min=1), help="Replay only the first so many incidents.")
@click.option(
    "--run-id",
    help="Beginning of the event ids; with several areas, the area's id follows. "
    "[replay-AREA-DENSITY, and CALLS where not all]",
)
def replay(
    packs: tuple[Path, ...],
    lfb: Path,
    density: int,
    speed: float | None,
    report: Path | None,
    url: str,
    accept: str,
    calls: CallDays,
    limit: int | None,
    run_id: str | None,
) -> None:
    """Replay recorded incidents through a running service, faster than they happened.

    Incidents in order of date are cut into days of exactly DENSITY, each keeping its time of day. Pumps and
    their time on scene are as recorded; the recorded stations are asked first. With --accept all, the
    moves the service proposes are carried out, and first attendance is compared with a brigade that has
    the same calls and does not move. The service must not have newer events of the area: start it with a
    fresh data folder, or on Kafka with another COVER_TOPIC_PREFIX.

    With a speed, event to plan is measured from when an event was due, however late it was sent. With
    --speed max --accept all the feed waits for each plan (closed loop): no figure under load.

    Several areas are replayed at once on one clock: DENSITY is the day's calls of all together, each call
    goes to the area whose zones hold it, and the report has the figures of each area and the totals.

    A service that is away or busy for a minute only delays the replay. Ends with an error when, in any area,
    an incident is left open, an event was never answered by a plan, became a dead letter, or could not be
    sent.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        regions = load_regions(packs)
        options = [
            ReplayOptions(density, speed, accept == "all", name, calls=calls)
            for name in _run_ids(regions, density, calls, run_id)
        ]
        found = _found(url, regions, options, lfb, limit)
    except (PackError, SourceError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        failure = feed_failure(error)
        if failure is None:
            raise
        raise click.ClickException(str(failure)) from error
    for line in found.lines():
        click.echo(line)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_bytes(found.to_json())
        click.echo(f"written to {report}")
    if found.failures:
        raise click.ClickException("; ".join(found.failures))


def _run_ids(regions: Sequence[Region], density: int, calls: CallDays, given: str | None) -> list[str]:
    """Return each area's run id; other calls get other ids, or the service took their events for known."""
    alone = len(regions) == 1
    if given is not None:
        return [given if alone else f"{given}-{region.id}" for region in regions]
    shared = "" if alone else f"-of-{len(regions)}"
    of = "" if calls == "all" else f"-{calls}"
    return [f"replay-{region.id}{shared}-{density}{of}" for region in regions]


def _found(
    url: str, regions: Sequence[Region], options: Sequence[ReplayOptions], lfb: Path, limit: int | None
) -> ReplayReport | JointReport:
    """Read the records, replay them in the one region or in all, and return what was found."""
    how = options[0]
    recorded = _recorded(lfb, regions[0].timezone, how.calls)
    if len(regions) == 1:
        schedule = _schedule(recorded, lfb, regions[0], how.density, limit, how.calls)
        return asyncio.run(_replayed(url, regions[0], schedule, how))
    joint = _joint_schedule(recorded, lfb, regions, how.density, limit, how.calls)
    return asyncio.run(_all_replayed(url, regions, joint, options))


def _recorded(lfb: Path, timezone: str, calls: CallDays) -> list[RecordedCall]:
    """Read the records that are asked for; say what cannot be used."""
    incidents = read_incidents(lfb)
    for field, count in incidents.reasons().items():
        click.echo(f"{count} records cannot be used: {field}", err=True)
    recorded = [recorded_call(record, timezone) for record in calls_of_days(incidents.records, calls)]
    if not recorded:
        of = "" if calls == "all" else f" of {calls}"
        raise click.ClickException(f"{lfb} holds no incident{of} that can be used")
    return recorded


def _schedule(
    recorded: Sequence[RecordedCall],
    lfb: Path,
    region: Region,
    density: int,
    limit: int | None,
    calls: CallDays,
) -> ReplaySchedule:
    """Make the calls; say what was left out."""
    schedule = replay_schedule(recorded, region, density, limit)
    if schedule.skipped:
        click.echo(f"{schedule.skipped} records lie outside {region.name} and are skipped", err=True)
    if not schedule.calls:
        raise click.ClickException(f"no incident of {lfb} lies in {region.name} (area {region.id})")
    click.echo(
        f"{len(schedule.calls)} incidents in {schedule.days} simulated days of {density} (calls: {calls})"
    )
    return schedule


def _joint_schedule(
    recorded: Sequence[RecordedCall],
    lfb: Path,
    regions: Sequence[Region],
    density: int,
    limit: int | None,
    calls: CallDays,
) -> JointSchedule:
    """Share the calls out over the areas; say how, and what was left out."""
    schedule = joint_schedule(recorded, regions, density, limit)
    if schedule.skipped:
        click.echo(f"{schedule.skipped} records lie in no zone of any area and are skipped", err=True)
    if not schedule.calls:
        raise click.ClickException(f"no incident of {lfb} lies in a zone of any of the {len(regions)} areas")
    click.echo(
        f"{schedule.calls} incidents in {schedule.days} simulated days of {density} (calls: {calls}) in "
        f"{len(regions)} areas: " + ", ".join(f"{id_} {len(s.calls)}" for id_, s in schedule.areas.items())
    )
    return schedule


async def _replayed(
    url: str, region: Region, schedule: ReplaySchedule, options: ReplayOptions
) -> ReplayReport:
    """Check that the service is there and serves the region, then replay."""
    await _check_served(url, [region])
    async with ApiClient(url, region.id) as client:
        return await Replay(region, client, schedule, options, click.echo).run()


async def _all_replayed(
    url: str, regions: Sequence[Region], schedule: JointSchedule, options: Sequence[ReplayOptions]
) -> JointReport:
    """Check that the service is there and serves all the regions, then replay them at once."""
    await _check_served(url, regions)
    of_area = {region.id: option for region, option in zip(regions, options, strict=True)}
    return await JointReplay(url, regions, schedule, of_area, click.echo).run()


async def _check_served(url: str, regions: Sequence[Region]) -> None:
    """Raise FeedError where the service does not answer, or does not serve a region."""
    async with ApiClient(url, regions[0].id, patience_s=ABSENT_AFTER_S) as asking:
        served = await asking.areas()
    missing = [region.id for region in regions if region.id not in served]
    if missing:
        raise FeedError(f"the service at {url} serves {', '.join(served)}, not {', '.join(missing)}")
