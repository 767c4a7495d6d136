"""Workers share the areas out: one dies, its areas move; it returns, they share again."""

import asyncio
import contextlib
import secrets
import signal
import sys
import time
from collections.abc import Callable

import pytest
from kafka import KafkaAdminClient

from deploy.services import Services
from streams.kafka_group import SESSION_S, AreaGroup
from streams.kafka_log import KafkaLog
from streams.kafka_settings import KafkaSettings
from tests.servers import fresh_kafka
from tests.shared_data import ROOT

pytestmark = pytest.mark.services

AREAS = [f"area-{i}" for i in range(4)]


class Worker:
    """What one worker believes is its own."""

    def __init__(self, settings: KafkaSettings, name: str, everybody: "list[Worker]") -> None:
        self.own: set[str] = set()
        self.generations: list[int] = []
        self._everybody = everybody
        self.twice: list[str] = []
        self.calls: list[str] = []
        self.group = AreaGroup(settings, name, AREAS, self._take, self._give_up, self._lose)
        everybody.append(self)

    async def _take(self, areas: frozenset[str], generation: int) -> None:
        self.calls.append("take")
        for other in self._everybody:
            if other is not self and other.own & areas:
                self.twice += sorted(other.own & areas)
        self.own |= areas
        self.generations.append(generation)

    async def _give_up(self, areas: frozenset[str], generation: int) -> None:
        self.calls.append("give up")
        assert all(self.group.lease(area) == self.group.generation for area in areas), "a last checkpoint"
        await asyncio.sleep(0.1)  # a checkpoint takes a while
        self.own -= areas

    async def _lose(self, areas: frozenset[str], generation: int) -> None:
        self.calls.append("lost")
        assert not any(self.group.lease(area) for area in areas)
        self.own -= areas


async def topics(settings: KafkaSettings) -> None:
    """Make the areas' topics."""
    log = KafkaLog(settings)
    for area in AREAS:
        await log.refresh(area)
    await log.close()


async def all_serve(workers: list[Worker], within_s: float) -> float:
    """Wait until every area has a worker that is sure of it, the workers sharing evenly."""

    def served() -> bool:
        sure = sorted(area for worker in workers for area in worker.own if worker.group.lease(area))
        sizes = [len(worker.own) for worker in workers]
        generations = {worker.group.generation for worker in workers}
        return sure == AREAS and max(sizes) - min(sizes) <= 1 and len(generations) == 1

    return await until(served, within_s)


async def until(holds: Callable[[], bool], within_s: float) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, "not in time"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


def test_areas_move_when_a_worker_dies_and_are_shared_when_it_returns(own_servers: Services) -> None:
    settings = fresh_kafka(own_servers)
    name = secrets.token_hex(3)

    async def run() -> None:
        await topics(settings)
        everybody: list[Worker] = []
        one = Worker(settings, f"{name}-1", everybody)
        await until(lambda: one.own == set(AREAS), 20)
        two = Worker(settings, f"{name}-2", everybody)
        await until(lambda: len(one.own) == len(two.own) == 2, 20)
        assert one.own | two.own == set(AREAS)
        kept = set(two.own)

        await one.group.close(leave=False)  # as good as dead: the others learn of it when its session ends
        assert one.own == set()
        await until(lambda: two.own == set(AREAS), 10)
        assert kept <= two.own

        again = Worker(settings, f"{name}-1", everybody)
        await until(lambda: len(again.own) == len(two.own) == 2, 20)

        await again.group.close(leave=True)
        await until(lambda: two.own == set(AREAS), 4)
        assert two.generations == sorted(two.generations)
        await two.group.close(leave=True)
        assert [worker.twice for worker in everybody] == [[], [], []]

    asyncio.run(run())


def test_the_group_outlives_its_broker(own_servers: Services) -> None:
    settings = fresh_kafka(own_servers)
    name = secrets.token_hex(3)

    async def run() -> None:
        await topics(settings)
        everybody: list[Worker] = []
        workers = [Worker(settings, f"{name}-{i}", everybody) for i in range(2)]
        await until(lambda: all(len(worker.own) == 2 for worker in workers), 20)
        await asyncio.to_thread(own_servers.kafka.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(own_servers.kafka.start)
        third = Worker(settings, f"{name}-3", everybody)
        print(f"all served {await all_serve([*workers, third], 10):.1f} s after the broker was back")
        for worker in everybody:
            await worker.group.close(leave=True)
        assert [worker.twice for worker in everybody] == [[], [], []]

    asyncio.run(run())


@pytest.mark.parametrize("fault", ["restarted", "killed", "down for 30 s"])
def test_a_broker_that_is_back_finds_all_as_it_was(own_servers: Services, fault: str) -> None:
    settings = fresh_kafka(own_servers)
    kafka = own_servers.kafka

    async def run() -> None:
        await topics(settings)
        everybody: list[Worker] = []
        workers = [Worker(settings, f"w-{i}", everybody) for i in range(2)]
        await all_serve(workers, 20)
        before = [(set(worker.own), list(worker.calls), worker.group.generation) for worker in workers]
        if fault == "restarted":
            await asyncio.to_thread(kafka.restart)
        else:
            await asyncio.to_thread(kafka.kill)
            if fault == "down for 30 s":
                await until(lambda: not any(worker.group.holds() for worker in workers), SESSION_S + 1)
                await asyncio.sleep(30 - SESSION_S)
                assert not any(worker.group.holds() for worker in workers), "nobody can be sure meanwhile"
                assert all(worker.group.lease(area) is None for worker in workers for area in AREAS)
            await asyncio.to_thread(kafka.start)
        print(f"sure again {await all_serve(workers, 10):.1f} s after the broker was back ({fault})")
        await asyncio.sleep(SESSION_S + 2)  # nothing comes late, either
        await all_serve(workers, 5)
        assert [(w.own, w.calls, w.group.generation) for w in workers] == before
        for worker in workers:
            await worker.group.close(leave=True)

    asyncio.run(run())


def test_who_leaves_hands_over_at_once_and_a_leave_without_broker_is_bounded(own_servers: Services) -> None:
    settings = fresh_kafka(own_servers)

    async def run() -> None:
        await topics(settings)
        everybody: list[Worker] = []
        one, two = (Worker(settings, f"w-{i}", everybody) for i in range(2))
        await all_serve([one, two], 20)
        began = time.monotonic()
        await one.group.close(leave=True)
        assert (one.own, one.calls[-1], one.group.generation, one.group.holds()) == (
            set(),
            "give up",
            0,
            False,
        )
        await all_serve([two], 4)
        print(f"areas moved {time.monotonic() - began:.1f} s after a leave was asked for")
        admin = KafkaAdminClient(**settings.client())
        offsets = admin.list_group_offsets({two.group.name: None})
        admin.close()
        assert any(offsets.values()), "Kafka would forget the group soon after its last worker has left"
        await asyncio.to_thread(own_servers.kafka.kill)
        try:
            async with asyncio.timeout(15):
                await two.group.close(leave=True)
        finally:
            await asyncio.to_thread(own_servers.kafka.start)

    asyncio.run(run())


def test_of_two_with_one_name_the_older_leaves_off(own_servers: Services) -> None:
    settings = fresh_kafka(own_servers)

    async def run() -> None:
        await topics(settings)
        older = Worker(settings, "same", [])
        await all_serve([older], 20)
        newer = Worker(settings, "same", [])
        await all_serve([newer], 10)
        await until(lambda: older.group.replaced, 5)
        assert (older.own, older.calls) == (set(), ["take", "lost"])
        assert (older.group.generation, older.group.holds()) == (0, False)
        await older.group.close(leave=True)  # must not take the newer one's place away
        await asyncio.sleep(3)
        assert newer.calls == ["take"]
        await all_serve([newer], 1)
        await newer.group.close(leave=True)

    asyncio.run(run())


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP], ids=lambda fault: fault.name)
def test_a_worker_that_is_killed_or_hangs_loses_its_areas(
    own_servers: Services, fault: signal.Signals
) -> None:
    settings = fresh_kafka(own_servers)
    name = secrets.token_hex(3)

    async def run() -> None:
        await topics(settings)
        command = [sys.executable, "-m", "tests.streams.group_member", own_servers.kafka_address]
        other = await asyncio.create_subprocess_exec(
            *command, settings.prefix, f"{name}-2", *AREAS, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert other.stdout is not None
        worker = Worker(settings, f"{name}-1", [])
        try:
            async with asyncio.timeout(30):
                assert (await other.stdout.readline()).startswith(b"take ")
                while len(worker.own) != 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            other.send_signal(fault)
            took_s = await until(lambda: worker.own == set(AREAS), 10)
            print(f"areas moved {took_s:.1f} s after {fault.name}")
            if fault is signal.SIGSTOP:
                await asyncio.sleep(30 - took_s)
            if fault is signal.SIGSTOP:
                other.send_signal(signal.SIGCONT)
                async with asyncio.timeout(20):
                    told = [await other.stdout.readline()]
                    while not told[-1].startswith(b"lost "):
                        told.append(await other.stdout.readline())
                    assert b"woke False\n" in told, "the lease is over at the first question"
                    assert len(told[-1].split()) == 3, "both its areas were another's meanwhile"
                await until(lambda: len(worker.own) == 2, 20)  # it comes back, and gets its share
        finally:
            with contextlib.suppress(ProcessLookupError):
                other.kill()
            await other.wait()
            await worker.group.close(leave=True)

    asyncio.run(run())
