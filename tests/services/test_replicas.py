"""Several API replicas beside one worker, over shared log, feed and checkpoints in this process.

The servers between them are real in `tests/faults`; here every interleaving can be had at will.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from services import feed_relay
from services.area import cover_model
from services.area_state import AreaState
from services.backing import Backing
from services.console_feed import MemoryFeed
from services.cover_solver import CoverSolver
from services.decisions import ConflictError
from services.hub import Hub
from services.metrics import Metrics
from services.replica_service import ReplicaArea, ReplicaService
from services.served_area import ServedArea
from services.settings import Settings
from streams.checkpoints import MemoryCheckpoints
from streams.cover_advice import MoveName
from streams.embedded_log import EmbeddedLog
from streams.errors import StoreUnreachableError
from streams.events import ApplianceStatus, DecisionAction
from tests.services.live import Client, small_region
from tests.services.test_area_worker import until

pytestmark = pytest.mark.slow

REGION = small_region()
MAKE = Client(httpx.AsyncClient(), REGION)
"""Only for its events."""


class AwayFeed(MemoryFeed):
    """A feed that can be away for readers and writers."""

    away = False

    async def push(self, *args: Any, **more: Any) -> str:
        self._check()
        return await super().push(*args, **more)

    async def after(self, *args: Any, **more: Any) -> Any:
        self._check()
        return await super().after(*args, **more)

    async def snapshot(self, area: str) -> Any:
        self._check()
        return await super().snapshot(area)

    def _check(self) -> None:
        if self.away:
            raise StoreUnreachableError("away")


class World:
    """A log, a feed, checkpoints; replicas and a worker on them."""

    def __init__(self) -> None:
        self.settings = Settings(checkpoint_s=0.2)
        self.feed = AwayFeed()
        self.log = EmbeddedLog()
        self.backing = Backing(self.log, self.feed, MemoryCheckpoints(), MemoryCheckpoints())
        self.solver = CoverSolver(REGION, cover_model(REGION, self.settings))
        self.worker: ServedArea | None = None
        self.replicas: list[ReplicaService] = []

    def work(self) -> None:
        self.worker = ServedArea(REGION, self.backing, self.solver, Metrics(), self.settings, lambda: 1)
        self.worker.start()

    async def replica(self) -> ReplicaArea:
        service = ReplicaService(self.settings, [REGION], self.backing)
        self.replicas.append(service)
        await service.start()
        area = service.brigades[REGION.id]
        await until(lambda: area.state.ready)
        return area


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    made = World()
    try:
        yield made
    finally:
        if made.worker is not None:
            await made.worker.stop(keep=True)
        for service in made.replicas:
            await service.stop()
        made.solver.close()


async def send(area: ReplicaArea, *events: bytes) -> int:
    return (await area.ingest.take(list(events))).last_offset


def test_what_comes_in_at_one_replica_is_shown_at_both_with_the_same_plan() -> None:
    async def run() -> None:
        async with world() as made:
            made.work()
            one, two = await made.replica(), await made.replica()
            last = await send(one, *MAKE.strip(2))
            for area in (one, two):
                await until(lambda area=area: area.state.offset >= last)
                await until(lambda a=area: a.state.plan is not None and a.state.plan.picture_offset >= last)
                await until(
                    lambda a=area: a.state.bands is not None and a.state.bands.plan_id == a.state.plan.plan_id
                )
            assert one.state.picture.digest() == two.state.picture.digest()
            assert one.degraded is two.degraded is None

    asyncio.run(run())


def test_a_console_goes_on_at_the_other_replica_where_it_stood() -> None:
    async def run() -> None:
        async with world() as made:
            made.work()
            one, two = await made.replica(), await made.replica()
            await send(one, MAKE.opening("I1"))
            await until(lambda: one.state.bands is not None)  # come by the feed
            messages = await one.hub.open(None).next(1.0)
            assert b"event: snapshot" in messages[0].wire
            seen = messages[-1].id
            assert seen is not None
            await until(lambda: two.hub.open(seen)._seq is not None)
            cursor = two.hub.open(seen)
            await send(two, MAKE.opening("I2", 1.0))
            got = b""
            while b'"I2"' not in got:
                got = b"".join(message.wire for message in await cursor.next(5.0))
                assert b"event: snapshot" not in got

    asyncio.run(run())


def test_an_event_sent_to_both_replicas_counts_once() -> None:
    async def run() -> None:
        async with world() as made:
            made.work()
            one, two = await made.replica(), await made.replica()
            event = MAKE.opening("I1", id="same")
            last = await send(one, event)
            await until(lambda: two.state.offset >= last)
            again = await two.ingest.take([event])
            assert (again.accepted, again.duplicates) == (0, 1)
            # The same in a race: both append before either has folded.
            both = MAKE.status(REGION.appliances.ids[0], ApplianceStatus.OFF_RUN, 1.0)
            await asyncio.gather(send(one, both), send(two, both))
            end = made.log.end_offset(REGION.id) - 1
            await until(lambda: min(one.state.offset, two.state.offset) >= end)
            assert one.state.picture.digest() == two.state.picture.digest()
            assert one.state.cause_offset == two.state.cause_offset

    asyncio.run(run())


def test_of_two_accepts_at_the_same_moment_that_cannot_both_stand_one_is_refused() -> None:
    async def run() -> None:
        async with world() as made:
            made.work()
            one, two = await made.replica(), await made.replica()
            last = await send(one, *MAKE.strip(4))

            def chosen() -> list[tuple[str, str, str]]:
                """Plan and two moves of the same appliance to different stations, or none."""
                for plan in list(one.state.plans.values()):
                    named = {m.move_id: m for m in plan.newest.named_moves()}
                    for a in named.values():
                        for b in named.values():
                            if a.appliance == b.appliance and a.to_station != b.to_station:
                                return [(plan.newest.plan_id, a.move_id, b.move_id)]
                return []

            await until(lambda: one.state.offset >= last and chosen())
            plan_id, first, second = chosen()[0]
            await until(lambda: plan_id in two.state.plans)
            accept = DecisionAction.ACCEPT
            results = await asyncio.gather(
                one.decisions.take(plan_id, first, accept, None, "a"),
                two.decisions.take(plan_id, second, accept, None, "b"),
                return_exceptions=True,
            )
            refused = [r for r in results if isinstance(r, ConflictError)]
            assert len(refused) == 1, results
            end = made.log.end_offset(REGION.id) - 1
            await until(lambda: min(one.state.offset, two.state.offset) >= end)
            assert one.state.picture.digest() == two.state.picture.digest()
            appliance = first.partition(">")[0]
            ordered = one.state.picture.appliances[appliance].ordered
            assert ordered is not None
            stood = (first, second)[0 if results[1] is refused[0] else 1]
            assert ordered.move_id == stood

    asyncio.run(run())


def test_without_the_feed_consoles_get_whole_snapshots_and_are_told_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.follower.BEAT_S", 0.1)

    async def run() -> None:
        async with world() as made:
            made.work()
            one = await made.replica()
            last = await send(one, MAKE.opening("I1"))
            await until(lambda: one.state.plan is not None and one.state.plan.picture_offset >= last)
            cursor = one.hub.open(None)
            await cursor.next(1.0)
            one.hub.consoles += 1
            made.feed.away = True
            await until(lambda: one.degraded == "feed_unreachable")
            last = await send(one, MAKE.opening("I2", 1.0))
            await until(lambda: one.state.plan is not None and one.state.plan.picture_offset >= last)
            got = b""
            while b'"I2"' not in got or b"feed_unreachable" not in got:
                got += b"".join(message.wire for message in await cursor.next(1.0))
            assert b"event: snapshot" in got
            made.feed.away = False
            await until(lambda: one.degraded is None)
            ready, told = made.replicas[0].readiness()
            assert ready
            assert told["status"] == "ok"

    asyncio.run(run())


def test_without_a_worker_the_last_plan_stays_and_the_next_worker_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_relay, "WORKER_SILENT_S", 2.5)

    async def run() -> None:
        async with world() as made:
            made.work()
            one = await made.replica()
            last = await send(one, MAKE.opening("I1"))
            await until(lambda: one.state.plan is not None and one.state.plan.picture_offset >= last)
            assert made.worker is not None
            await made.worker.stop(keep=False)
            await until(lambda: one.degraded == "no_worker")
            assert one.state.plan is not None
            good = one.state.plan.plan_id
            console = one.hub.open(None)
            await console.next(1.0)
            one.hub.consoles += 1
            last = await send(one, MAKE.opening("I2", 1.0))
            await until(lambda: one.state.offset >= last)
            assert one.state.plan.plan_id == good
            got = b""
            while b'"I2"' not in got:  # the picture goes on, and its console is shown it
                got += b"".join(message.wire for message in await console.next(5.0))
            ready, told = made.replicas[0].readiness()
            assert ready
            assert told == {"status": "degraded", "areas": {REGION.id: "no_worker"}}
            made.work()
            await until(lambda: one.state.plan is not None and one.state.plan.picture_offset >= last)
            await until(lambda: one.degraded is None)

    asyncio.run(run())


def test_a_new_replica_knows_plans_and_history_from_before_it_started() -> None:
    async def run() -> None:
        async with world() as made:
            made.work()
            one = await made.replica()
            last = await send(one, *MAKE.strip(2))
            await until(
                lambda: (
                    one.state.plan is not None
                    and one.state.plan.picture_offset >= last
                    and one.state.plan.certificate == "proven"
                )
            )
            two = await made.replica()
            assert two.state.plan is not None
            assert one.state.plan is not None
            await until(lambda: two.state.plan.plan_id == one.state.plan.plan_id)
            assert two.state.picture.digest() == one.state.picture.digest()
            assert two.state.history()
            await until(lambda: two.state.bands is not None)

    asyncio.run(run())


def test_a_console_that_comes_between_feed_and_fold_has_the_plan_of_the_feed() -> None:
    async def run() -> None:
        async with world() as made:
            made.work()
            one = await made.replica()
            last = await send(one, *MAKE.strip(2))
            await until(lambda: one.state.plan is not None and one.state.plan.picture_offset >= last)
            behind = AreaState(REGION)  # of a replica that has folded nothing yet
            hub = Hub(behind.snapshot)
            relay = feed_relay.FeedRelay(made.feed, behind, hub)
            task = asyncio.create_task(relay.run())
            try:
                await until(lambda: behind.bands is not None)
                assert behind.plan is not None
                assert one.state.plan is not None
                assert behind.plan.plan_id == one.state.plan.plan_id
                # Its picture is behind what consoles have been told: no id to go on from, and again later.
                hub.settled = relay.settled
                cursor = hub.open("unknown")
                (first,) = await cursor.next(1.0)
                assert first.id is None
                behind.folded(one.state.offset)
                (again,) = await cursor.next(1.0)
                assert b"event: snapshot" in again.wire
                assert again.id is not None
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


@pytest.mark.parametrize("earlier", [0, 1])
def test_of_two_that_need_the_last_bay_the_one_later_in_the_log_is_taken_back(earlier: int) -> None:
    """Two appliances to one station with one bay left, accepted at two replicas at the same moment."""

    async def run() -> None:
        async with world() as made:
            areas = [await made.replica(), await made.replica()]
            stations, appliances = REGION.stations, REGION.appliances
            to = stations.ids[0]
            room = int(stations.bays[0])
            movers = [a for a, h in zip(appliances.ids, appliances.home, strict=True) if h != 0]
            held = sum(1 for h in appliances.home if h == 0)
            fill, rest = movers[: room - held - 1], movers[room - held - 1 :]
            home = {a: stations.ids[h] for a, h in zip(appliances.ids, appliances.home, strict=True)}

            async def accept(area: ReplicaArea, appliance: str) -> None:
                move = MoveName(f"{appliance}>{to}", appliance, "pump", home[appliance], to, 60.0, 1.0)
                area.decisions._find = lambda *_: (move, 0)  # type: ignore[method-assign]
                await area.decisions.take("p", move.move_id, DecisionAction.ACCEPT, None, "tester")

            last = await send(areas[0], MAKE.opening("I1"))
            for appliance in fill:
                await accept(areas[0], appliance)
            await until(lambda: min(area.state.offset for area in areas) >= last + len(fill))

            order = areas if earlier == 0 else areas[::-1]
            append, arrived = made.log.append, asyncio.Event()

            async def held_up(area: str, payloads: Any) -> int:
                """Both have judged before either appends."""
                waiting.append(area)
                if len(waiting) == 2:
                    arrived.set()
                await arrived.wait()
                return await append(area, payloads)

            waiting: list[str] = []
            made.log.append = held_up  # type: ignore[method-assign]
            results = await asyncio.gather(
                *(accept(area, mover) for area, mover in zip(order, rest[:2], strict=True)),
                return_exceptions=True,
            )
            refused = [r for r in results if isinstance(r, ConflictError)]
            assert len(refused) == 1, results
            end = made.log.end_offset(REGION.id) - 1
            await until(lambda: min(area.state.offset for area in areas) >= end)
            picture = areas[0].state.picture
            assert picture.digest() == areas[1].state.picture.digest()
            assert sum(state.counts_at == to for state in picture.appliances.values()) == room

    asyncio.run(run())
