"""`cover replay`: feed recorded incidents to a running service and report what its advice was worth.

Called by the `cover` group. Reads the file and the pack, prints progress and the report; never measures
anything itself.
"""

import asyncio
import logging
from pathlib import Path

import click

from geo.lfb_records import CALL_DAYS, CallDays, calls_of_days, read_incidents
from geo.region import Region
from geo.region_pack import PackError, load_region
from geo.strict_csv import SourceError
from services.feed.api_client import ApiClient
from services.feed.errors import FeedError
from services.feed.failure import feed_failure
from services.feed.recorded_calls import recorded_call
from services.feed.replay import Replay, ReplayOptions
from services.feed.replay_report import ReplayReport
from services.feed.replay_schedule import ReplaySchedule, replay_schedule

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
    "cover replay --region var/london-odd --lfb incidents.csv --calls even-days --accept all"
)
@click.option(
    "--region", "pack", type=click.Path(path_type=Path), required=True, help="Pack of the region served."
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
@click.option("--run-id", help="Beginning of the event ids. [replay-AREA-DENSITY, and CALLS where not all]")
def replay(
    pack: Path,
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
    fresh data folder.

    With a speed, event to plan is measured from when an event was due, however late it was sent. With
    --speed max --accept all the feed waits for each plan (closed loop): no figure under load.

    Ends with an error when an incident is left open, an event was never answered by a plan, became a dead
    letter, or could not be sent.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        region = load_region(pack)
        schedule = _schedule(lfb, region, density, limit, calls)
        options = ReplayOptions(
            density=density,
            speed=speed,
            accept=accept == "all",
            run_id=run_id if run_id is not None else _run_id(region.id, density, calls),
            calls=calls,
        )
        found = asyncio.run(_replayed(url, region, schedule, options))
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


def _run_id(area: str, density: int, calls: CallDays) -> str:
    """Return the usual run id; other calls get other event ids, or the service took them for known ones."""
    return f"replay-{area}-{density}" + ("" if calls == "all" else f"-{calls}")


def _schedule(lfb: Path, region: Region, density: int, limit: int | None, calls: CallDays) -> ReplaySchedule:
    """Read the records and make the calls; say what was left out."""
    incidents = read_incidents(lfb)
    for field, count in incidents.reasons().items():
        click.echo(f"{count} records cannot be used: {field}", err=True)
    chosen = calls_of_days(incidents.records, calls)
    recorded = [recorded_call(record, region.timezone) for record in chosen]
    if not recorded:
        of = "" if calls == "all" else f" of {calls}"
        raise click.ClickException(f"{lfb} holds no incident{of} that can be used")
    schedule = replay_schedule(recorded, region, density, limit)
    if schedule.skipped:
        click.echo(f"{schedule.skipped} records lie outside {region.name} and are skipped", err=True)
    if not schedule.calls:
        raise click.ClickException(f"no incident of {lfb} lies in {region.name} (area {region.id})")
    click.echo(
        f"{len(schedule.calls)} incidents in {schedule.days} simulated days of {density} (calls: {calls})"
    )
    return schedule


async def _replayed(
    url: str, region: Region, schedule: ReplaySchedule, options: ReplayOptions
) -> ReplayReport:
    """Check that the service is there and serves the region, then replay."""
    async with ApiClient(url, region.id, patience_s=ABSENT_AFTER_S) as asking:
        served = await asking.areas()
    if region.id not in served:
        raise FeedError(f"the service at {url} serves {', '.join(served)}, not {region.id}")
    async with ApiClient(url, region.id) as client:
        return await Replay(region, client, schedule, options, click.echo).run()
