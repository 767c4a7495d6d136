"""The area worker: poison in the log, restarts, a solver that fails, rejections that lapse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.area_run import lasting
from services.cover_model import RejectionRule
from services.embedded_service import EmbeddedArea as Area
from services.embedded_service import EmbeddedService as Service
from services.mailbox import Mailbox
from services.picture import Picture, Rejection, empty_picture
from services.server import ServerStartError, serving
from services.settings import Settings
from streams import codec
from streams.cover_plan import CoverPlanData
from streams.events import ApplianceStatus, ApplianceStatusChanged
from tests.services.live import START, small_region


@asynccontextmanager
async def running(data: Path | None = None, **settings: Any) -> AsyncIterator[tuple[Service, Area]]:
    """A service without its HTTP side."""
    region = small_region()
    service = Service(Settings(data=data, **settings), [region])
    await service.start()
    try:
        yield service, service.brigades[region.id]
    finally:
        await service.stop()


async def until(holds: Any, within_s: float = 20.0) -> None:
    for _ in range(int(within_s / 0.01)):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not within {within_s} s")


def mobilised(appliance: str, minute: float = 0.0, id: str = "e1") -> bytes:
    return codec.encode(
        ApplianceStatusChanged(appliance, ApplianceStatus.MOBILISED, incident="I1"),
        id=id,
        source="/test",
        area=small_region().id,
        time=START + timedelta(minutes=minute),
    )


def test_poison_in_the_log_becomes_dead_letters_and_the_rest_is_folded(tmp_path: Path) -> None:
    async def run() -> None:
        first, second, *_ = small_region().appliances.ids
        poison = [
            b"\xff\x00 not an event",
            b"{}",
            mobilised("NOBODY", id="e9"),
            mobilised(first).replace(b"mobilised", b"abducted"),
        ]
        async with running(tmp_path) as (service, area):
            await until(lambda: area.state.ready and area.state.plan is not None)
            start = service.log.end_offset(area.region.id)
            await service.log.append(area.region.id, [mobilised(first), *poison, mobilised(second, 1, "e2")])
            await until(lambda: area.state.picture.appliances[second].committed)
            assert area.state.picture.appliances[first].committed
            letters = await area.dead_letters.newest(area.region.id, 10)
            assert [letter.payload() for letter in letters] == poison
            assert [letter.offset for letter in letters] == [start + i for i in range(1, 5)]
            assert letters[2].field == "data.appliance"
            assert all(letter.reason for letter in letters)
            digest = area.state.picture.digest()
        (tmp_path / "checkpoints" / f"{small_region().id}.checkpoint").unlink()
        async with running(tmp_path) as (_, area):  # replays the poison: nothing is buried twice
            await until(lambda: area.state.ready)
            assert area.state.picture.digest() == digest
            assert area.dead_letters.count(area.region.id) == 4

    asyncio.run(run())


@pytest.mark.parametrize("checkpoint", ["kept", "lost", "damaged", "of another version"])
def test_a_restart_gives_the_same_picture(tmp_path: Path, checkpoint: str) -> None:
    async def run() -> None:
        async with running(tmp_path) as (service, area):
            await until(lambda: area.state.ready)
            events = [mobilised(a, i, f"e{i}") for i, a in enumerate(small_region().appliances.ids[:5])]
            last = await service.log.append(area.region.id, events)
            await until(lambda: area.state.offset >= last)
            digest = area.state.picture.digest()
        path = tmp_path / "checkpoints" / f"{small_region().id}.checkpoint"
        if checkpoint == "lost":
            path.unlink()
        elif checkpoint == "damaged":
            path.write_bytes(path.read_bytes()[:50])
        elif checkpoint == "of another version":
            path.write_bytes(path.read_bytes().replace(b'"schema_version":3', b'"schema_version":99'))
        async with running(tmp_path) as (_, area):
            await until(lambda: area.state.ready)
            assert area.state.picture.digest() == digest
            await until(lambda: area.state.plan is not None)

    asyncio.run(run())


def test_a_plan_is_logged_once_however_often_the_worker_restarts(tmp_path: Path) -> None:
    async def plans_logged(event: bytes | None) -> list[tuple[str, int]]:
        async with running(tmp_path) as (service, area):
            await until(lambda: area.state.ready)
            last = -1 if event is None else await service.log.append(area.region.id, [event])

            def proven() -> bool:
                plan = area.state.plan
                return (
                    plan is not None
                    and area.state.cause_offset >= last
                    and plan.certificate == "proven"
                    and area.state.bands is not None
                    and plan.plan_id == f"{area.region.id}-{area.state.cause_offset}"
                )

            await until(proven)
            records = await service.log.read(area.region.id, 0, 10_000)
        events = [codec.decode(record.payload).data for record in records]
        return [(data.plan_id, data.revision) for data in events if isinstance(data, CoverPlanData)]

    async def run() -> None:
        first = await plans_logged(None)
        again = await plans_logged(None)
        assert len(first) >= 2
        assert again == first
        last = await plans_logged(mobilised(small_region().appliances.ids[0]))
        assert last[: len(first)] == first
        assert len(last) >= len(first) + 2
        assert len(set(last)) == len(last)
        assert await plans_logged(None) == last

    asyncio.run(run())


def test_a_solver_that_fails_leaves_the_last_plan_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with running() as (service, area):
            await until(lambda: area.state.plan is not None and area.state.plan.revision > 0)
            assert area.state.plan is not None
            good = area.state.plan.plan_id

            async def fail(*_: object) -> None:
                raise RuntimeError("made to fail")

            with monkeypatch.context() as patched:
                patched.setattr(area.solver, "first", fail)
                await service.log.append(area.region.id, [mobilised(small_region().appliances.ids[0])])
                await until(lambda: area.state.degraded == "solve_failed")
                assert area.state.plan.plan_id == good
            await service.log.append(area.region.id, [mobilised(small_region().appliances.ids[1], 1, "e2")])
            await until(lambda: area.state.degraded is None and area.state.plan.plan_id != good)

    asyncio.run(run())


def test_a_worker_that_dies_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with running() as (service, area):
            await until(lambda: area.state.ready)
            real = service.log.read
            failures = 0

            async def fail_once(*args: Any) -> Any:
                nonlocal failures
                if failures == 0:
                    failures += 1
                    raise OSError("made to fail")
                return await real(*args)

            monkeypatch.setattr(service.log, "read", fail_once)
            last = await service.log.append(area.region.id, [mobilised(small_region().appliances.ids[0])])
            await until(lambda: failures == 1 and area.state.ready and area.state.offset >= last)
            assert area.state.picture.appliances[small_region().appliances.ids[0]].committed

    asyncio.run(run())


def test_rejections_lapse_with_time_or_when_things_get_worse() -> None:
    rule = RejectionRule(timedelta(minutes=60), fewer=2)
    picture = empty_picture("demo", {f"A{i}": "S" for i in range(5)})
    at = picture.as_of
    assert rule.in_force(Rejection("A0", "S", "T", at, available=6), picture)
    assert not rule.in_force(Rejection("A0", "S", "T", at, available=7), picture)
    assert not rule.in_force(Rejection("A0", "S", "T", at - timedelta(minutes=60), available=5), picture)


def test_a_log_begun_anew_is_folded_on_top_of_the_checkpoint(tmp_path: Path) -> None:
    async def run() -> None:
        first, second, third, *_ = small_region().appliances.ids
        async with running(tmp_path) as (service, area):
            await until(lambda: area.state.ready)
            last = await service.log.append(area.region.id, [mobilised(first), mobilised(second, 1, "e2")])
            await until(lambda: area.state.offset >= last)
        for path in (tmp_path / "log" / small_region().id).glob("*"):
            path.unlink()
        async with running(tmp_path) as (service, area):
            await until(lambda: area.state.ready)
            last = await service.log.append(area.region.id, [mobilised(third, 2, "e3")])
            await until(lambda: area.state.picture.appliances[third].committed)
            assert area.state.picture.appliances[first].committed
            assert area.state.picture.appliances[second].committed

    asyncio.run(run())


def test_a_console_that_waits_through_a_restart_gets_a_snapshot(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as (service, area):
            await until(lambda: area.state.ready)
            cursor = area.hub.open(None)
            await cursor.next(1.0)
            last = await service.log.append(area.region.id, [mobilised(small_region().appliances.ids[0])])
            await until(lambda: area.state.offset >= last)
            await area.worker._recover()  # what a restarted worker does
            seen = b"".join([message.wire for _ in range(5) for message in await cursor.next(0.2)])
            assert b"event: snapshot" in seen

    asyncio.run(run())


def test_an_unserved_event_keeps_counting() -> None:
    picture = empty_picture("demo", {"A0": "S"})
    box: Mailbox[Picture] = Mailbox()

    async def run() -> None:
        box.put(picture, 5, 100, 5)
        job = await box.take()
        box.put_back(job, 2)
        again = await box.take()
        assert (again.offset, again.oldest_ns, again.tries) == (5, 100, 1)
        box.put_back(again, 2)
        assert not box.waiting
        assert box.oldest_ns == 100
        box.put(picture, 9, 500, 8)
        assert (await box.take()).oldest_ns == 100

    asyncio.run(run())


def test_unusable_data_folders_are_told_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        file = tmp_path / "file"
        file.write_text("not a folder")
        with pytest.raises(ServerStartError, match="file"):
            async with serving(Settings(data=file, port=0), [small_region()]):
                raise AssertionError("it started")
        async with running(tmp_path / "data") as (service, area):
            await until(lambda: area.state.ready and service.log.end_offset(area.region.id) >= 2)
        path = next((tmp_path / "data" / "log" / small_region().id).glob("*.log"))
        raw = bytearray(path.read_bytes())
        raw[20] ^= 0xFF
        path.write_bytes(bytes(raw))
        with pytest.raises(ServerStartError, match="damaged"):
            async with serving(Settings(data=tmp_path / "data", port=0), [small_region()]):
                raise AssertionError("it started")

    asyncio.run(run())


def test_minimum_cover_is_kept_and_checked() -> None:
    async def run() -> None:
        region = small_region()
        with pytest.raises(ValueError, match="min_cover: station 'NOWHERE'"):
            Service(Settings(min_cover={"NOWHERE": 1}), [region])
        station = region.stations.ids[int(region.appliances.home[0])]
        async with running(min_cover={station: 9}) as (_, area):
            await until(lambda: area.state.plan is not None)
            problem = area.solver._model.problem(area.state.picture)
            assert problem.min_cover is not None
            assert problem.min_cover[region.stations.ids.index(station)] == 9

    asyncio.run(run())


def test_a_task_cancelled_by_nobody_is_a_failure_and_not_a_silent_end() -> None:
    async def stray() -> None:
        raise asyncio.CancelledError

    async def run() -> None:
        with pytest.raises(ExceptionGroup) as told:
            async with asyncio.TaskGroup() as group:
                group.create_task(lasting(stray()))
        assert [str(error) for error in told.value.exceptions] == ["cancelled by nobody"]
        asked = asyncio.create_task(lasting(asyncio.sleep(60)))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(run())
