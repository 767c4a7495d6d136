"""A replay against a real service on a small region: all incidents closed, nothing lost, figures right."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from click.testing import CliRunner

from geo.region import Region
from geo.region_pack import save_region
from services.cli import replay_command
from services.cli.main import main
from services.feed import replay as replay_module
from services.feed.api_client import ApiClient
from services.feed.errors import RefusedError
from services.feed.event_maker import IncidentFacts
from services.feed.event_sender import EventSender
from services.feed.failure import feed_failure
from services.feed.plan_watch import PlanWatch
from services.feed.replay import Replay, ReplayOptions
from services.feed.replay_report import ReplayReport
from services.feed.replay_schedule import FIRST_DAY, RecordedCall, ReplaySchedule, replay_schedule
from services.feed.stream_messages import SeenMove, SeenPlan
from services.server import serving
from services.settings import Settings
from streams.events import IncidentCategory
from tests.services.live import small_region

pytestmark = pytest.mark.slow


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
    assert 0 <= found.reversals <= found.moves_accepted
    assert found.reversals_per_100 == pytest.approx(100 * found.reversals / found.moves_accepted, abs=0.01)
    assert found.with_moves is not None
    assert found.with_moves.calls == found.without_moves.calls == 12
    assert found.plans_awaited_in_vain == 0
    assert found.event_to_plan_samples > 12
    assert found.arrivals == "closed loop"
    assert any("closed loop" in line for line in found.lines() if line.startswith("event to plan"))
    still, _ = replayed(schedule(12))
    assert still.arrivals == "flat out"
    assert found.without_moves == still.without_moves
    content = json.loads(found.to_json())
    assert content["with_moves"]["first_share"] == found.with_moves.first_share
    assert any("first within 6 min" in line for line in found.lines())


def test_at_a_speed_moves_are_accepted_as_plans_come() -> None:
    found, _ = replayed(schedule(), speed=6_000.0, accept=True)
    assert found.failures == []
    assert found.moves_accepted > 0
    assert found.with_moves is not None


def test_a_service_that_stops_planning_makes_the_run_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    take = PlanWatch._take_plan

    def stalled(watch: PlanWatch, plan: SeenPlan) -> None:
        if plan.picture_offset < 40:
            take(watch, plan)

    monkeypatch.setattr(PlanWatch, "_take_plan", stalled)
    monkeypatch.setattr(replay_module, "LAST_PLAN_WAIT_S", 0.1)
    found, _ = replayed(schedule(12))
    assert found.events_unserved > 0
    assert found.failures == [f"{found.events_unserved} events were never answered by a plan"]
    assert json.loads(found.to_json())["events_unserved"] == found.events_unserved
    shown = list(found.lines())
    assert any(line.startswith("events unserved") and str(found.events_unserved) in line for line in shown)
    assert any(line.startswith("plans missed") for line in shown)


def test_at_a_speed_an_event_waits_from_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    speed, held_s = 20_000.0, 0.3
    put = EventSender.put
    due: list[tuple[datetime, float]] = []

    async def late(sender: EventSender, event: bytes, due_s: float | None = None) -> None:
        assert due_s is not None
        if len(due) == 60:
            time.sleep(held_s)  # noqa: ASYNC251 - the feed itself is late: nothing else may run meanwhile
        due.append((datetime.fromisoformat(json.loads(event)["time"]), due_s))
        await put(sender, event, due_s)

    monkeypatch.setattr(EventSender, "put", late)
    found, _ = replayed(schedule(12), speed)
    zero_s = due[0][1]
    for at, due_s in due:
        assert (due_s - zero_s) * speed == pytest.approx((at - due[0][0]).total_seconds(), abs=0.5)
    assert found.arrivals == "open"
    assert found.most_behind_s >= held_s
    assert any(line.startswith("most behind") for line in found.lines())


@pytest.mark.parametrize(("lost", "taken"), [(False, False), (True, True)])
def test_only_a_repeated_decision_takes_a_conflict_for_its_own_success(lost: bool, taken: bool) -> None:
    asked = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if lost and asked == 1:
            raise httpx.RemoteProtocolError("cut off", request=request)
        api.retries += 1  # as another request under way would
        return httpx.Response(409, json={"detail": "no longer possible"})

    async def run() -> bool:
        move = SeenMove("A1>B", "A1", "A", "B")
        calls = schedule(1)
        replay = Replay(small_region(), api, calls, ReplayOptions(60, None, True, "t"), lambda _: None)
        async with api:
            return await replay._accept(SeenPlan("p-1", 0, 1, calls.start, [move], None), move)

    api = ApiClient("http://127.0.0.1:1", "demo", transport=httpx.MockTransport(handler))
    assert asyncio.run(run()) is taken


def test_progress_is_a_line_a_simulated_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "STATUS_EVERY_S", 0.01)
    found, lines = replayed(schedule(24), speed=40_000.0)
    assert found.simulated_days == 1
    assert [line.partition(":")[0] for line in lines] == ["day 1/1"]


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


def test_the_command_replays_the_days_asked_for_and_fails_on_unserved_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = replayed(schedule(1))
    given: list[tuple[ReplaySchedule, ReplayOptions]] = []

    async def stalled(_: str, __: Region, calls: ReplaySchedule, options: ReplayOptions) -> ReplayReport:
        given.append((calls, options))
        return replace(plain, calls=options.calls, events_unserved=990)

    monkeypatch.setattr(replay_command, "_replayed", stalled)
    pack, lfb, report = tmp_path / "pack", tmp_path / "lfb.csv", tmp_path / "report.json"
    save_region(small_region(), pack)
    lfb.write_text(records(["2023-01-01", "2023-01-02", "2023-01-03"]), encoding="utf-8")
    words = ["replay", "--region", str(pack), "--lfb", str(lfb), "--report", str(report), "--calls"]
    ended = CliRunner().invoke(main, [*words, "odd-days"])
    assert ended.exit_code == 1
    assert "990 events were never answered by a plan" in ended.output
    assert json.loads(report.read_bytes())["calls"] == "odd-days"
    CliRunner().invoke(main, [*words, "even-days"])
    CliRunner().invoke(main, [*words, "all"])
    assert [sorted(calls.facts) for calls, _ in given] == [["N0", "N2"], ["N1"], ["N0", "N1", "N2"]]
    assert len({options.run_id for _, options in given}) == 3
    lfb.write_text(records(["2023-01-01"]), encoding="utf-8")
    assert "no incident of even-days" in CliRunner().invoke(main, [*words, "even-days"]).output


def one_record() -> str:
    """A file in the LFB's schema with one incident in the small region."""
    return records(["2023-01-01"])


def records(dates: Sequence[str]) -> str:
    """A file in the LFB's schema with an incident in the small region on each date."""
    east, north = small_region().zones.en[0].tolist()
    fields = {
        "IncidentNumber": "",
        "DateOfCall": "",
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
    rows = [fields | {"IncidentNumber": f"N{n}", "DateOfCall": date} for n, date in enumerate(dates)]
    return "\n".join([",".join(fields), *(",".join(row.values()) for row in rows)]) + "\n"
