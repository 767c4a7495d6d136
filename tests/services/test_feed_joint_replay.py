"""Several areas replayed at once: each call in one area, one clock, one service; and when it is away."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from click.testing import CliRunner

from geo.region import Region
from geo.region_pack import PackError, save_region
from geo.region_split import split_region
from services.cli import replay_command
from services.cli.main import main
from services.cli.packs import load_regions
from services.feed.api_client import ApiClient
from services.feed.errors import FeedError
from services.feed.event_maker import IncidentFacts
from services.feed.event_sender import EventSender
from services.feed.failure import feed_failure
from services.feed.joint_replay import JointReplay
from services.feed.joint_report import JointReport
from services.feed.joint_schedule import JointSchedule, joint_schedule
from services.feed.replay import Replay, ReplayOptions
from services.feed.replay_schedule import FIRST_DAY, RecordedCall
from services.server import Running, serving
from services.settings import Settings
from streams.events import IncidentCategory
from tests.services.live import small_region
from tests.services.test_feed_replay import records

pytestmark = pytest.mark.slow

DENSITY = 60


@cache
def halves() -> tuple[Region, ...]:
    """The small region as two areas."""
    return tuple(split_region(small_region(), 2))


def call(number: str, en: Sequence[float], minute: int = 0) -> RecordedCall:
    """A call for two pumps."""
    at = (np.datetime64(FIRST_DAY, "m") + np.timedelta64(minute, "m")).item()
    facts = IncidentFacts(IncidentCategory.FALSE_ALARM, float(en[0]), float(en[1]))
    return RecordedCall(number, at, facts, 2, 2, 60.0, ())


def calls(count: int = 24, every_min: int = 12) -> list[RecordedCall]:
    """Calls all over the small region, in both halves."""
    region, random = small_region(), np.random.default_rng(8)
    zones = random.integers(len(region.zones.ids), size=count)
    return [call(f"R{n}", region.zones.en[zone], n * every_min) for n, zone in enumerate(zones)]


def options(regions: Sequence[Region], speed: float | None = None, accept: bool = False) -> Any:
    return {r.id: ReplayOptions(DENSITY, speed, accept, f"t-{r.id}") for r in regions}


def quiet(port: int = 0, data: Path | None = None) -> Settings:
    return Settings(port=port, data=data, log_level="error")


def replayed(
    schedule: JointSchedule, speed: float | None = None, accept: bool = False
) -> tuple[JointReport, list[str]]:
    lines: list[str] = []

    async def run() -> JointReport:
        regions = halves()
        async with serving(quiet(), regions) as running:
            how = options(regions, speed, accept)
            return await JointReplay(running.url, regions, schedule, how, lines.append).run()

    return asyncio.run(run()), lines


def test_each_call_goes_to_the_one_area_whose_zones_hold_it() -> None:
    regions = halves()
    west, east = regions
    near = (small_region().boundary.bounds[2] + 1_000.0, float(east.zones.en[0][1]))
    recorded = [call("W", west.zones.en[3]), call("E", east.zones.en[4]), call("near", near)]
    schedule = joint_schedule(recorded, regions, DENSITY)
    assert {area: [c.id for c in s.calls] for area, s in schedule.areas.items()} == {
        west.id: ["W"],
        east.id: ["E"],
    }
    assert east.contains([near]).all()
    assert schedule.skipped == 1
    assert [s.calls[0].zone for s in schedule.areas.values()] == [3, 4]
    backwards = joint_schedule(recorded, regions[::-1], DENSITY)
    assert dict(backwards.areas).keys() == dict(schedule.areas).keys()
    assert all(backwards.areas[area].calls == schedule.areas[area].calls for area in schedule.areas)


def test_a_call_on_a_common_border_is_in_one_area_only() -> None:
    west, east = halves()
    shared = west.boundary.intersection(east.boundary)
    corners = [part.coords[0] for part in getattr(shared, "geoms", [shared]) if part.geom_type != "Polygon"]
    recorded = [call(f"B{n}", corner) for n, corner in enumerate(corners)]
    both = [
        n
        for n, corner in enumerate(corners)
        if min(west.zones.locate([corner])[0], east.zones.locate([corner])[0]) >= 0
    ]
    assert both
    schedule = joint_schedule(recorded, (east, west), DENSITY)
    assert schedule.calls + schedule.skipped == len(recorded)
    ours = {c.id for c in schedule.areas[west.id].calls}
    assert {f"B{n}" for n in both} <= ours


def test_density_days_and_limit_are_those_of_all_areas_together() -> None:
    recorded = calls(50, every_min=7)
    whole = joint_schedule(recorded, halves(), 20)
    assert (whole.days, whole.calls) == (3, 50)
    of_day = [0, 0, 0]
    for area in whole.areas.values():
        assert area.days == 3
        for one in area.calls:
            of_day[int(timedelta(seconds=one.at_s) / timedelta(days=1))] += 1
    assert of_day == [20, 20, 10]
    part = joint_schedule(recorded, halves(), 20, 25)
    assert (part.days, part.calls) == (2, 25)
    first = sorted(c.at_s for area in whole.areas.values() for c in area.calls)[:25]
    assert sorted(c.at_s for area in part.areas.values() for c in area.calls) == first


def test_areas_that_cannot_share_a_clock_or_send_nobody_are_refused() -> None:
    west, east = halves()
    with pytest.raises(ValueError, match=r"more than one time zone \(Europe/Lisbon, Europe/London\)"):
        joint_schedule(calls(), (west, replace(east, timezone="Europe/Lisbon")), DENSITY)
    with pytest.raises(ValueError, match="more than one grid"):
        joint_schedule(calls(), (west, replace(east, crs="EPSG:32629")), DENSITY)
    crews = replace(east.appliances, kind=np.ones(len(east.appliances.ids), dtype=np.int64))
    with pytest.raises(ValueError, match=f"area {east.id} has .* calls and no pump to send"):
        joint_schedule(calls(), (west, replace(east, appliances=crews)), DENSITY)


def test_two_areas_are_replayed_at_once_and_the_run_repeats_exactly() -> None:
    schedule = joint_schedule(calls(), halves(), DENSITY)
    first, _ = replayed(schedule)
    again, _ = replayed(schedule, speed=40_000.0)
    assert first.failures == again.failures == []
    assert first.total()["incidents"] == 24
    assert list(first.areas) == [region.id for region in halves()]
    for area, report in first.areas.items():
        assert report.area == area
        assert report.run_id == f"t-{area}"
        assert report.incidents == len(schedule.areas[area].calls) > 0
        assert report.events == again.areas[area].events
        assert report.picture_digest == again.areas[area].picture_digest
    content = json.loads(first.to_json())
    assert set(content) == {"areas", "total"}
    assert content["areas"][halves()[0].id] == json.loads(first.areas[halves()[0].id].to_json())
    for name in ("incidents", "events", "plans", "dead_letters"):
        assert content["total"][name] == sum(report[name] for report in content["areas"].values())
    assert content["total"]["failures"] == []
    assert sum(line.startswith("area ") for line in first.lines()) == 2
    assert "all 2 areas" in first.lines()


def test_in_lock_step_moves_are_accepted_in_each_area() -> None:
    found, _ = replayed(joint_schedule(calls(16, every_min=3), halves(), DENSITY), accept=True)
    assert found.failures == []
    assert all(report.with_moves is not None for report in found.areas.values())
    assert found.total()["moves_accepted"] == sum(r.moves_accepted for r in found.areas.values())


def test_an_area_without_a_call_is_replayed_too() -> None:
    west, east = halves()
    found, _ = replayed(joint_schedule([call("W", west.zones.en[0])], halves(), DENSITY))
    assert found.failures == []
    assert [report.incidents for report in found.areas.values()] == [1, 0]
    assert found.areas[east.id].events == len(east.appliances.ids)


def test_all_areas_follow_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros: list[float] = []
    play = Replay._play

    async def noted(replay: Replay) -> None:
        await play(replay)
        zeros.append(replay._zero)

    monkeypatch.setattr(Replay, "_play", noted)
    replayed(joint_schedule(calls(8), halves(), DENSITY), speed=40_000.0)
    assert len(zeros) == 2
    assert zeros[0] == zeros[1]


def test_one_area_that_cannot_go_on_ends_all_and_is_named() -> None:
    west, east = halves()
    schedule = joint_schedule(calls(), halves(), DENSITY)
    late = schedule.areas[east.id]
    early = replace(late, start=late.start.replace(year=2022))
    broken = replace(schedule, areas=dict(schedule.areas) | {east.id: early})

    async def run() -> None:
        async with serving(quiet(), halves()) as running:
            once = JointReplay(running.url, halves(), schedule, options(halves()), lambda _: None)
            await once.run()
            slow = {
                west.id: ReplayOptions(DENSITY, 1.0, False, "again"),
                east.id: ReplayOptions(DENSITY, 1.0, False, "again"),
            }
            # West would take hours at this speed.
            await JointReplay(running.url, halves(), broken, slow, lambda _: None).run()

    with pytest.raises(BaseExceptionGroup) as raised:
        asyncio.run(run())
    failure = feed_failure(raised.value)
    assert isinstance(failure, FeedError)
    assert str(failure).startswith(f"area {east.id}: ")
    assert "fresh data folder" in str(failure)


def test_dead_letters_are_those_of_the_area() -> None:
    west, east = halves()
    counted = {west.id: 2.0, east.id: 3.0, f"x-{east.id}": 7.0}
    text = "".join(f'd_total{{area="{area}"}} {count}\n' for area, count in counted.items())

    async def run() -> tuple[float, float]:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, text=text))
        async with ApiClient("http://127.0.0.1:1", east.id, transport=transport) as api:
            return await api.counter("d_total"), await api.counter("d_total", east.id)

    assert asyncio.run(run()) == (12.0, 3.0)


def test_a_service_that_goes_away_and_comes_back_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = joint_schedule(calls(), halves(), DENSITY)
    plain, _ = replayed(schedule)
    enough = asyncio.Event()
    put = EventSender.put

    async def counted(sender: EventSender, event: bytes, due_s: float | None = None) -> None:
        await put(sender, event, due_s)
        if sender.sent > 30:
            enough.set()

    monkeypatch.setattr(EventSender, "put", counted)

    async def run() -> JointReport:
        async with AsyncExitStack() as first, asyncio.TaskGroup() as group:
            running: Running = await first.enter_async_context(serving(quiet(data=tmp_path), halves()))
            how = options(halves(), speed=5_000.0)
            joint = JointReplay(running.url, halves(), schedule, how, lambda _: None)
            task = group.create_task(joint.run())
            await enough.wait()
            await first.aclose()
            assert not task.done()
            await asyncio.sleep(0.5)
            port = int(running.url.rsplit(":", 1)[1])
            async with serving(quiet(data=tmp_path, port=port), halves()):
                return await task

    found = asyncio.run(run())
    assert found.failures == []
    assert found.total()["retries"] > 0
    for area, report in found.areas.items():
        assert report.picture_digest == plain.areas[area].picture_digest
        assert report.events == plain.areas[area].events


def packs(folder: Path) -> Path:
    """Both halves as packs in a folder that also holds other things."""
    for region in halves():
        save_region(region, folder / region.id)
    (folder / "notes").mkdir()
    (folder / ".half-written").mkdir()
    return folder


def test_a_folder_of_packs_stands_for_all_of_them(tmp_path: Path) -> None:
    folder = packs(tmp_path / "halves")
    names = [region.id for region in halves()]
    assert [region.id for region in load_regions([folder])] == names
    assert [region.id for region in load_regions([folder / names[1], folder / names[0]])] == names[::-1]


def test_what_is_no_pack_is_told_in_words(tmp_path: Path) -> None:
    folder = packs(tmp_path / "halves")
    first = folder / halves()[0].id
    with pytest.raises(PackError, match="name each area once"):
        load_regions([folder, first])
    with pytest.raises(PackError, match=r"none of its subfolders is one; build packs"):
        load_regions([tmp_path])
    with pytest.raises(PackError, match=r"region\.json: is missing"):
        load_regions([tmp_path / "none"])
    with pytest.raises(PackError, match=r"region\.json: is missing"):
        load_regions([folder / "notes"])
    (first / "stations.json").unlink()
    with pytest.raises(PackError, match=r"stations\.json: is missing"):
        load_regions([folder])


def test_the_command_replays_a_folder_of_packs_and_fails_where_one_area_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = replayed(joint_schedule(calls(8), halves(), DENSITY))
    worse = replace(found.areas[halves()[1].id], events_unserved=7)
    given: list[tuple[list[str], JointSchedule, Sequence[ReplayOptions]]] = []

    async def stalled(
        _: str, regions: Sequence[Region], schedule: JointSchedule, how: Sequence[ReplayOptions]
    ) -> JointReport:
        given.append(([region.id for region in regions], schedule, how))
        return replace(found, areas=dict(found.areas) | {worse.area: worse})

    monkeypatch.setattr(replay_command, "_all_replayed", stalled)
    folder, lfb, report = packs(tmp_path / "halves"), tmp_path / "lfb.csv", tmp_path / "report.json"
    lfb.write_text(records(["2023-01-01", "2023-01-02"]), encoding="utf-8")
    words = ["replay", "--region", str(folder), "--lfb", str(lfb), "--report", str(report)]
    ended = CliRunner().invoke(main, words)
    assert ended.exit_code == 1
    assert f"area {worse.area}: 7 events were never answered by a plan" in ended.output
    failures = json.loads(report.read_bytes())["total"]["failures"]
    assert failures == [f"area {worse.area}: 7 events were never answered by a plan"]
    (areas, schedule, how) = given[0]
    assert areas == [region.id for region in halves()]
    assert schedule.calls == 2
    assert [o.run_id for o in how] == [f"replay-{area}-of-2-340" for area in areas]
    CliRunner().invoke(main, [*words, "--run-id", "mine"])
    assert [o.run_id for o in given[1][2]] == [f"mine-{area}" for area in areas]


def test_the_command_says_which_areas_are_not_served(tmp_path: Path) -> None:
    folder, lfb = packs(tmp_path / "halves"), tmp_path / "lfb.csv"
    lfb.write_text(records(["2023-01-01"]), encoding="utf-8")
    west, east = halves()

    async def run() -> Any:
        async with serving(quiet(), [west]) as running:
            words = ["replay", "--region", str(folder), "--lfb", str(lfb), "--url", running.url]
            return await asyncio.to_thread(CliRunner().invoke, main, words)

    ended = asyncio.run(run())
    assert ended.exit_code == 1
    assert f"serves {west.id}, not {east.id}" in ended.output
    lfb.write_text(records(["2023-01-01"]).replace(str(round(small_region().zones.en[0][0])), "1"))
    away = CliRunner().invoke(main, ["replay", "--region", str(folder), "--lfb", str(lfb)])
    assert "lies in a zone of any of the 2 areas" in away.output
