"""A replay against a real service on a small region: all incidents closed, nothing lost, figures right."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geo.region_pack import save_region
from services.cli.main import main
from services.feed.api_client import ApiClient
from services.feed.errors import RefusedError
from services.feed.event_maker import IncidentFacts
from services.feed.failure import feed_failure
from services.feed.replay import Replay, ReplayOptions
from services.feed.replay_report import ReplayReport
from services.feed.replay_schedule import FIRST_DAY, RecordedCall, ReplaySchedule, replay_schedule
from services.server import serving
from services.settings import Settings
from streams.events import IncidentCategory
from tests.services.live import small_region


def schedule(count: int = 24, density: int = 60, pumps: int = 6) -> ReplaySchedule:
    """Calls in the small region, every fourth of them large, close enough together to strip it."""
    region, random = small_region(), np.random.default_rng(4)
    calls = []
    for number in range(count):
        east, north = region.zones.en[random.integers(len(region.zones.ids))].tolist()
        facts = IncidentFacts(IncidentCategory.FALSE_ALARM, east, north)
        n = pumps if number % 4 == 0 else 1
        minute = int(number * 12 % 1440)
        at = np.datetime64(FIRST_DAY, "m") + np.timedelta64(minute, "m")
        calls.append(RecordedCall(f"R{number}", at.item(), facts, min(n, 3), n, 45.0 * n, ()))
    return replay_schedule(calls, region, density)


def replayed(
    calls: ReplaySchedule, speed: float | None = None, accept: bool = False, run_id: str = "t"
) -> tuple[ReplayReport, list[str]]:
    lines: list[str] = []

    async def run() -> ReplayReport:
        region = small_region()
        options = ReplayOptions(60, speed, accept, run_id)
        settings = Settings(port=0, log_level="error")
        async with serving(settings, [region]) as running, ApiClient(running.url, region.id) as api:
            return await Replay(region, api, calls, options, lines.append).run()

    return asyncio.run(run()), lines


def test_flat_out_every_incident_is_closed_and_the_run_repeats_exactly() -> None:
    calls = schedule()
    first, _ = replayed(calls)
    again, _ = replayed(calls, speed=40_000.0)
    assert first.failures == []
    assert (first.incidents, first.incidents_left_open, first.dead_letters) == (24, 0, 0)
    assert first.events > 24 * 6
    assert first.plans >= 1
    assert first.with_moves is None
    assert first.without_moves.calls == 24
    assert first.without_moves == again.without_moves
    assert (first.events, first.picture_digest) == (again.events, again.picture_digest)


def test_lock_step_accepts_what_is_proposed_and_compares_both_worlds() -> None:
    found, _ = replayed(schedule(12), accept=True)
    assert found.failures == []
    assert found.moves_proposed > 0
    assert found.moves_accepted > 0
    assert 0 < found.moves_carried_out <= found.moves_accepted
    assert found.with_moves is not None
    assert found.with_moves.calls == found.without_moves.calls == 12
    assert found.plans_awaited_in_vain == 0
    assert found.event_to_plan_samples > 12
    still, _ = replayed(schedule(12))
    assert found.without_moves == still.without_moves
    content = json.loads(found.to_json())
    assert content["with_moves"]["first_share"] == found.with_moves.first_share
    assert any("first within 6 min" in line for line in found.lines())


def test_at_a_speed_moves_are_accepted_as_plans_come() -> None:
    found, _ = replayed(schedule(), speed=6_000.0, accept=True)
    assert found.failures == []
    assert found.moves_accepted > 0
    assert found.with_moves is not None


def test_history_older_than_the_picture_is_refused_in_words() -> None:
    async def run() -> None:
        region = small_region()
        late = schedule(24)
        early = ReplaySchedule(late.start.replace(year=2022), late.calls, late.facts, late.days, 0)
        settings = Settings(port=0, log_level="error")
        async with serving(settings, [region]) as running, ApiClient(running.url, region.id) as api:
            for number, calls in enumerate((late, early)):
                options = ReplayOptions(60, None, False, f"r{number}")
                await Replay(region, api, calls, options, lambda _: None).run()

    with pytest.raises(BaseExceptionGroup) as raised:
        asyncio.run(run())
    failure = feed_failure(raised.value)
    assert isinstance(failure, RefusedError)
    assert "fresh data folder" in str(failure)


def test_options_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="speed is 0"):
        ReplayOptions(340, 0.0, False, "r")
    with pytest.raises(ValueError, match="run_id has 0"):
        ReplayOptions(340, None, False, "")


@pytest.mark.parametrize("command", ["replay", "demo"])
def test_help_has_examples(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"])
    assert shown.exit_code == 0
    assert f"cover {command} " in shown.output
    assert "Example" in shown.output


def test_the_command_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.replay_command.ABSENT_AFTER_S", 0.1)
    pack, lfb = tmp_path / "pack", tmp_path / "lfb.csv"
    run = CliRunner().invoke
    given = ["replay", "--region", str(pack), "--lfb", str(lfb), "--url", "http://127.0.0.1:9"]
    assert "pack" in run(main, given).output
    save_region(small_region(), pack)
    assert "no such file" in run(main, given).output
    assert "not a speed" in run(main, [*given, "--speed", "fast"]).output
    assert "out of range" in run(main, [*given, "--speed", "-3"]).output
    lfb.write_text(one_record(), encoding="utf-8")
    absent = run(main, given)
    assert absent.exit_code == 1
    assert "is the service running" in absent.output


def one_record() -> str:
    """A file in the LFB's schema with one incident in the small region."""
    east, north = small_region().zones.en[0].tolist()
    fields = {
        "IncidentNumber": "000001-01012023",
        "DateOfCall": "2023-01-01",
        "TimeOfCall": "10:00:00",
        "IncidentGroup": "Fire",
        "StopCodeDescription": "Primary Fire",
        "PropertyCategory": "Dwelling",
        "UPRN": "0",
        "IncGeo_BoroughName": "X",
        "Easting_m": "",
        "Northing_m": "",
        "Easting_rounded": f"{east:.0f}",
        "Northing_rounded": f"{north:.0f}",
        "IncidentStationGround": "X",
        "FirstPumpArriving_AttendanceTime": "",
        "FirstPumpArriving_DeployedFromStation": "",
        "SecondPumpArriving_AttendanceTime": "",
        "SecondPumpArriving_DeployedFromStation": "",
        "NumStationsWithPumpsAttending": "1",
        "NumPumpsAttending": "1",
        "PumpCount": "1",
        "PumpMinutesRounded": "60",
    }
    return ",".join(fields) + "\n" + ",".join(fields.values()) + "\n"
