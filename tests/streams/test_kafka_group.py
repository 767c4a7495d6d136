"""Workers share the areas out: one dies, its areas move; it returns, they share again."""

import asyncio
import contextlib
import secrets
import signal
import sys
import time
from collections.abc import Callable

import pytest

from deploy.services import Services
from streams.kafka_group import AreaGroup
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
        self.group = AreaGroup(settings, name, AREAS, self._take, self._give_up, self._lose)
        everybody.append(self)

    async def _take(self, areas: frozenset[str], generation: int) -> None:
        for other in self._everybody:
            if other is not self and other.own & areas:
                self.twice += sorted(other.own & areas)
        self.own |= areas
        self.generations.append(generation)

    async def _give_up(self, areas: frozenset[str], generation: int) -> None:
        await asyncio.sleep(0.1)  # a checkpoint takes a while
        self.own -= areas

    async def _lose(self, areas: frozenset[str], generation: int) -> None:
        self.own -= areas


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
        log = KafkaLog(settings)
        for area in AREAS:
            await log.refresh(area)  # makes the topics
        await log.close()
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
        log = KafkaLog(settings)
        for area in AREAS:
            await log.refresh(area)
        await log.close()
        everybody: list[Worker] = []
        workers = [Worker(settings, f"{name}-{i}", everybody) for i in range(2)]
        await until(lambda: all(len(worker.own) == 2 for worker in workers), 20)
        await asyncio.to_thread(own_servers.kafka.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(own_servers.kafka.start)
        third = Worker(settings, f"{name}-3", everybody)
        await until(lambda: sorted(len(w.own) for w in [*workers, third]) == [1, 1, 2], 30)
        assert set().union(*(worker.own for worker in everybody)) == set(AREAS)
        for worker in everybody:
            await worker.group.close(leave=True)

    asyncio.run(run())


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP], ids=lambda fault: fault.name)
def test_a_worker_that_is_killed_or_hangs_loses_its_areas(
    own_servers: Services, fault: signal.Signals
) -> None:
    settings = fresh_kafka(own_servers)
    name = secrets.token_hex(3)

    async def run() -> None:
        log = KafkaLog(settings)
        for area in AREAS:
            await log.refresh(area)
        await log.close()
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
                other.send_signal(signal.SIGCONT)
                async with asyncio.timeout(20):
                    told = await other.stdout.readline()
                    while not told.startswith(b"lost "):
                        told = await other.stdout.readline()
                    assert len(told.split()) == 3, "both its areas were another's meanwhile"
                await until(lambda: len(worker.own) == 2, 20)  # it comes back, and gets its share
        finally:
            with contextlib.suppress(ProcessLookupError):
                other.kill()
            await other.wait()
            await worker.group.close(leave=True)

    asyncio.run(run())
