"""The log on Kafka while its broker dies, restarts, hangs: nothing acknowledged lost, nothing twice.

The broker is real, and so are its deaths.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from deploy.server_process import ServerProcess
from deploy.services import Services
from streams.errors import AppendUnsureError, LogFullError, LogUnreachableError
from streams.kafka_contact import SILENT_S
from streams.kafka_log import KafkaLog
from streams.log import LogRecord
from tests.servers import fresh_kafka

pytestmark = pytest.mark.services

BATCH = 5
SENDERS = 4
AREA = "a"


class Traffic:
    """Senders that append small batches one after another, and a reader that follows from the start."""

    def __init__(self, log: KafkaLog) -> None:
        self.log = log
        self.acknowledged: dict[bytes, int] = {}
        self.unsure: list[list[bytes]] = []
        self.refused: list[list[bytes]] = []
        self.read: list[LogRecord] = []
        self._sending = True
        self._senders = 0

    async def send(self, sender: int) -> None:
        number = 0
        self._senders += 1
        while self._sending:
            payloads = [f"{sender}/{number}/{i}".encode() for i in range(BATCH)]
            number += 1
            try:
                last = await self.log.append(AREA, payloads)
            except AppendUnsureError:
                self.unsure.append(payloads)
            except LogFullError:
                self.refused.append(payloads)
                await asyncio.sleep(0.1)
            else:
                self.acknowledged |= {p: last - BATCH + 1 + i for i, p in enumerate(payloads)}
            await asyncio.sleep(0.01)
        self._senders -= 1

    async def follow(self) -> None:
        while self._sending or self._senders or len(self.read) < self.log.end_offset(AREA):
            at = self.read[-1].offset + 1 if self.read else 0
            self.read += await self.log.read(AREA, at, 256, 0.5)

    async def until_more(self, count: int, within_s: float) -> None:
        """Wait until `count` more records are acknowledged and read."""
        wanted = max(len(self.acknowledged), len(self.read)) + count
        async with asyncio.timeout(within_s):
            while min(len(self.acknowledged), len(self.read)) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def stop(self) -> None:
        self._sending = False


def disturbed(services: Services, disturb: Callable[[ServerProcess], Awaitable[None]]) -> Traffic:
    """Run traffic, disturb the broker, see traffic go on by itself, and give what was seen."""

    async def run() -> Traffic:
        log = KafkaLog(fresh_kafka(services))
        try:
            traffic = Traffic(log)
            async with asyncio.timeout(150), asyncio.TaskGroup() as group:
                for sender in range(SENDERS):
                    group.create_task(traffic.send(sender))
                group.create_task(traffic.follow())
                await traffic.until_more(100, 30)
                await disturb(services.kafka)
                await traffic.until_more(200, 40)
                traffic.stop()
            return traffic
        finally:
            await log.close()

    return asyncio.run(run())


def check(traffic: Traffic) -> None:
    """Nothing acknowledged lost, nothing twice, each batch whole or not there, offsets without gaps."""
    assert [record.offset for record in traffic.read] == list(range(len(traffic.read)))
    places = {record.payload: record.offset for record in traffic.read}
    assert len(places) == len(traffic.read), "a record came in twice"
    assert {p: places.get(p) for p in traffic.acknowledged} == traffic.acknowledged
    for batch in traffic.unsure:
        assert sum(p in places for p in batch) in (0, BATCH), "half a batch was kept"
    for batch in traffic.refused:
        assert not any(p in places for p in batch), "a refused batch was kept"
    assert len(places) <= len(traffic.acknowledged) + BATCH * len(traffic.unsure)


def test_broker_killed(own_servers: Services) -> None:
    async def disturb(broker: ServerProcess) -> None:
        await asyncio.to_thread(broker.kill)
        await asyncio.sleep(2)
        await asyncio.to_thread(broker.start)

    traffic = disturbed(own_servers, disturb)
    check(traffic)
    assert traffic.unsure == traffic.refused == [], "the broker was back in time for all of them"


def test_broker_restarted_cleanly(own_servers: Services) -> None:
    async def disturb(broker: ServerProcess) -> None:
        await asyncio.to_thread(broker.restart)

    traffic = disturbed(own_servers, disturb)
    check(traffic)
    assert traffic.unsure == traffic.refused == []


def test_broker_hangs_longer_than_a_request_may_take(own_servers: Services) -> None:
    async def disturb(broker: ServerProcess) -> None:
        broker.pause()
        try:
            await asyncio.sleep(14)  # requests time out after 10 s and are sent again
        finally:
            broker.resume()

    traffic = disturbed(own_servers, disturb)
    check(traffic)
    assert traffic.unsure == traffic.refused == []


def test_broker_away_longer_than_an_append_may_take(own_servers: Services) -> None:
    async def run() -> None:
        settings = fresh_kafka(own_servers, append_within_s=15)
        log = KafkaLog(settings)
        try:
            assert await log.append(AREA, [b"before"]) == 0
            await asyncio.to_thread(own_servers.kafka.kill)
            try:
                with pytest.raises(LogFullError):
                    await log.append(AREA, [b"lost or not"])
            finally:
                await asyncio.to_thread(own_servers.kafka.start)
            async with asyncio.timeout(30):
                last = await log.append(AREA, [b"after"])
            records = await log.read(AREA, 0, 10, 5)
            while records[-1].offset < last:
                records += await log.read(AREA, records[-1].offset + 1, 10, 5)
            assert records[0].payload == b"before"
            assert records[-1].payload == b"after"
            assert [r.offset for r in records] == list(range(last + 1))
        finally:
            await log.close()

    asyncio.run(run())


async def insist(log: KafkaLog, payload: bytes) -> None:
    """Append as a client does: again where it is refused or unsure."""
    while True:
        try:
            await log.append(AREA, [payload])
        except LogFullError:
            await asyncio.sleep(0.1)
        else:
            return


def test_a_broker_away_for_30_s_is_told_by_reachable_and_all_goes_on_by_itself(own_servers: Services) -> None:
    async def run() -> None:
        log = KafkaLog(fresh_kafka(own_servers))
        try:
            assert log.reachable, "nothing says otherwise yet"
            assert await log.append(AREA, [b"before"]) == 0
            assert [r.payload for r in await log.read(AREA, 0, 10, 5)] == [b"before"]
            for _ in range(10):  # quiet, and reachable all the same
                await asyncio.sleep(0.5)
                assert log.reachable
            following = asyncio.create_task(log.read(AREA, 1, 10, 90))
            await asyncio.to_thread(own_servers.kafka.kill)
            try:
                killed = time.monotonic()
                async with asyncio.timeout(2 * SILENT_S):
                    while log.reachable:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                waiting = asyncio.create_task(insist(log, b"sent meanwhile"))
                while time.monotonic() - killed < 30:
                    assert not log.reachable
                    await asyncio.sleep(0.5)
            finally:
                await asyncio.to_thread(own_servers.kafka.start)
            back = time.monotonic()
            async with asyncio.timeout(10):
                await waiting
                assert [r.payload for r in await following] == [b"sent meanwhile"]
                while not log.reachable:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            print(f"appending and reading {time.monotonic() - back:.1f} s after the broker was back")
        finally:
            await log.close()

    asyncio.run(run())


def test_who_only_asks_sees_the_last_contact(own_servers: Services) -> None:
    async def run() -> None:
        log = KafkaLog(fresh_kafka(own_servers))
        try:
            await asyncio.to_thread(own_servers.kafka.kill)
            try:
                with pytest.raises(LogUnreachableError):
                    await log.refresh(AREA)
                assert not log.reachable
            finally:
                await asyncio.to_thread(own_servers.kafka.start)
            await log.refresh(AREA)
            assert log.reachable
        finally:
            await log.close()

    asyncio.run(run())
