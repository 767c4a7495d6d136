"""The disk of the embedded log runs full, and room is made: nothing lost, none half taken, nobody blind."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from streams import codec
from streams.embedded_log import EmbeddedLog
from tests.faults.cluster import AREAS, Pack, region_options
from tests.faults.console_client import Console
from tests.faults.event_stream import SOURCE, EventStream
from tests.faults.feeder import Feeder
from tests.faults.full_disk import Disk, full_disk
from tests.faults.oracle import Json, Undisturbed
from tests.faults.recorder import Figure, record
from tests.faults.scene import SETTLED_WITHIN_S, TAKEN_WITHIN_S, Scene, by_id, unless
from tests.services.process import CoverProcess, free_port

pytestmark = [pytest.mark.services, pytest.mark.slow]

CASE = "disk of the embedded log full"
FULL_S = 6.0
SILENT_S = 5.0
"""`SILENT_STREAM_MS` of the console: after this long it warns that the stream is silent."""


def test_disk_full_and_room_made(packs: Mapping[str, Pack], tmp_path: Path) -> None:
    undisturbed = Undisturbed(packs, tmp_path / "undisturbed.log")
    with full_disk(tmp_path / "disk") as disk:
        port = free_port()
        data = disk.folder / "data"
        arguments = ["serve", *region_options(packs), "--data", str(data), "--port", str(port)]
        service = CoverProcess(arguments, port, tmp_path / "service.log")
        try:
            undisturbed.process.launch()
            service.start()
            undisturbed.process.await_ready()
            figures = asyncio.run(played(service, disk, packs, undisturbed))
            service.kill()
            assert_each_once(data)
        except BaseException:
            print(service.last_words())
            raise
        finally:
            service.kill()
            undisturbed.process.kill()
    for figure in figures:
        record(figure)


async def played(
    service: CoverProcess, disk: Disk, packs: Mapping[str, Pack], undisturbed: Undisturbed
) -> list[Figure]:
    streams = {area: EventStream(pack.region, 77) for area, pack in packs.items()}
    feeder = Feeder(streams, lambda: [service.url])
    scene = Scene(CASE, feeder, [Console(area, [service.url]) for area in AREAS])
    async with httpx.AsyncClient(timeout=httpx.Timeout(5.0, read=None), trust_env=False) as http:
        looking = [asyncio.create_task(console.run(http)) for console in scene.consoles]
        feeding = asyncio.create_task(feeder.run())
        try:
            began = time.monotonic()
            await unless(feeding, filled_and_emptied(scene, service, disk, http))
            feeder.end()
            async with asyncio.timeout(TAKEN_WITHIN_S):
                await feeding
            figures = scene.figures(began)
            for area, feed in feeder.areas.items():
                expected = await asyncio.to_thread(undisturbed.feed, area, feed.made)
                await settled(http, service.url, area, expected)
            service.kill()
            await asyncio.to_thread(service.start)
            for area in AREAS:
                expected = (await http.get(f"{undisturbed.process.url}/api/v1/areas/{area}/picture")).json()
                await settled(http, service.url, area, expected)
            await scene.until(lambda: all(c.live for c in scene.consoles), "consoles are back")
            assert [task for task in looking if task.done()] == [], "a console ended"
            return figures
        finally:
            for task in (feeding, *looking):
                task.cancel()
            await asyncio.gather(feeding, *looking, return_exceptions=True)


async def filled_and_emptied(
    scene: Scene, service: CoverProcess, disk: Disk, http: httpx.AsyncClient
) -> None:
    await scene.plans_flow(time.monotonic())
    assert service.process is not None
    pid = service.process.pid
    await asyncio.to_thread(disk.fill, pid)
    feeds = scene.feeder.areas.values()
    await scene.until(lambda: all(feed.turned_away for feed in feeds), "every area's sender is turned away")
    full_at = time.monotonic()
    taken = [len(feed.accepted) for feed in feeds]
    snapshots = [console.seen.snapshots for console in scene.consoles]
    while time.monotonic() - full_at < FULL_S:
        assert (await http.get(f"{service.url}/healthz")).status_code == 200
        ready = await http.get(f"{service.url}/readyz")
        assert ready.status_code in {200, 503}
        assert set(ready.json()["areas"]) == set(AREAS), "readiness names every area"
        for area in AREAS:
            base = f"{service.url}/api/v1/areas/{area}"
            assert (await http.get(f"{base}/picture")).json()["offset"] >= 0
            assert (await http.get(f"{base}/cover")).json()["plan"] is not None, "the last good plan stays"
        await asyncio.sleep(0.5)
    assert [len(feed.accepted) for feed in feeds] == taken, "the disk was not full"
    for feed in feeds:
        for status, words in feed.turned_away:
            assert (status, "nothing was taken" in words) == (503, True), words
    for console in scene.consoles:
        beats = [at for at, _ in console.seen.beats if at >= full_at]
        assert len(beats) >= FULL_S / SILENT_S, f"{console.area}: the console hears nothing while it is full"
    assert scene.told("worker_restarting", full_at) == [], "workers died of the full disk"
    assert [c.seen.snapshots for c in scene.consoles] == snapshots, "workers died of the full disk"
    room_at = time.monotonic()
    await asyncio.to_thread(disk.make_room, pid)
    scene.note(
        "room made → new plans for new events in all areas", await scene.plans_flow(room_at, answered=True)
    )


async def settled(http: httpx.AsyncClient, url: str, area: str, expected: Json) -> None:
    """Return once the area's picture is the expected one."""
    give_up = time.monotonic() + SETTLED_WITHIN_S
    while True:
        picture = (await http.get(f"{url}/api/v1/areas/{area}/picture")).json()
        if picture["digest"] == expected["digest"]:
            return
        if time.monotonic() > give_up:
            for what in ("appliances", "incidents"):
                assert by_id(picture[what]) == by_id(expected[what]), area
            raise AssertionError(f"{area}: another picture than undisturbed")
        await asyncio.sleep(0.1)


def assert_each_once(data: Path) -> None:
    """Every event is in the log once: what was refused had not been taken, in whole or in part."""

    async def counts(area: str) -> Counter[str]:
        log = EmbeddedLog(data / "log")
        try:
            names: Counter[str] = Counter()
            at, end = log.first_offset(area), log.end_offset(area)
            while at < end:
                records = await log.read(area, at, 1_000)
                at += len(records)
                decoded = (codec.decode(record.payload) for record in records)
                names.update(event.id for event in decoded if event.source == SOURCE)
            return names
        finally:
            await log.close()

    for area in AREAS:
        names = asyncio.run(counts(area))
        assert {id_: count for id_, count in names.items() if count != 1} == {}
        assert len(names) == max(int(id_[1:]) for id_ in names), "every event up to the newest"
