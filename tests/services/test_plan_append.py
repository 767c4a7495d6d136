"""A plan whose append the log was unsure of: in the log once, whether it was kept, not kept, or kept late."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from deploy.server_process import ServerProcess
from deploy.services import Services
from services.area import cover_model
from services.area_state import AreaState
from services.area_worker import AreaWorker
from services.checkpoint_keeper import CheckpointKeeper
from services.cover_solver import CoverSolver
from services.metrics import Metrics
from services.settings import Settings
from streams import codec, unsure
from streams.checkpoints import MemoryCheckpoints
from streams.cover_plan import CoverPlanData
from streams.dead_letters import DeadLetters
from streams.embedded_log import EmbeddedLog
from streams.errors import AppendUnsureError, LogUnreachableError
from streams.kafka_log import KafkaLog
from streams.log import EventLog
from tests.servers import fresh_kafka
from tests.services.live import small_region
from tests.services.test_area_worker import mobilised, running, until

AREA = small_region().id
LEAST_WITHIN_S = 15
"""No less may be set for an append; the broker hangs for longer."""


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps nobody waiting here settles at once."""
    monkeypatch.setattr(unsure, "SETTLE_S", 0.05)


class UnsureOnce:
    """Stands before a log's `append`: says once, for a plan, that it cannot tell whether that was taken."""

    def __init__(self, log: EmbeddedLog, kept: bool | None, kept_later_s: float = 0.0) -> None:
        self.appended = log.append
        self.kept = kept
        self.kept_later_s = kept_later_s
        self.told = 0
        self.late: asyncio.Task[int] | None = None

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        if self.told or not is_plan(payloads[0]):
            return await self.appended(area, payloads)
        self.told = 1
        if self.kept_later_s:
            self.late = asyncio.create_task(self._later(area, payloads))
        elif self.kept:
            await self.appended(area, payloads)
        raise AppendUnsureError("no answer in time")

    async def _later(self, area: str, payloads: Sequence[bytes]) -> int:
        await asyncio.sleep(self.kept_later_s)
        return await self.appended(area, payloads)


def is_plan(payload: bytes) -> bool:
    return isinstance(codec.decode(payload).data, CoverPlanData)


async def plans_in(log: EventLog) -> Counter[tuple[str, int]]:
    """How often the log has each revision of each plan."""
    await log.refresh(AREA)
    at, count = 0, Counter[tuple[str, int]]()
    while at < log.end_offset(AREA):
        for record in await log.read(AREA, at, 1_000, 5):
            at = record.offset + 1
            data = codec.decode(record.payload).data
            if isinstance(data, CoverPlanData):
                count[data.plan_id, data.revision] += 1
    return count


def planned(state: AreaState, offset: int) -> Callable[[], bool]:
    """Whether a plan for the event at `offset` is shown."""
    return lambda: state.plan is not None and state.plan.picture_offset >= offset


@pytest.mark.parametrize("what", ["kept", "not kept", "kept a moment later"])
def test_a_plan_the_log_was_unsure_of_is_there_once_and_the_worker_goes_on(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    later_s = 0.2 if what == "kept a moment later" else 0.0
    monkeypatch.setattr(unsure, "SETTLE_S", 0.05 + 2 * later_s)

    async def run() -> None:
        async with running() as (service, area):
            await until(lambda: area.state.plan is not None)
            patched = UnsureOnce(service.log, what == "kept", later_s)
            monkeypatch.setattr(service.log, "append", patched.append)
            first, second, *_ = small_region().appliances.ids
            last = await service.log.append(AREA, [mobilised(first)])
            await until(planned(area.state, last))
            assert patched.told
            last = await service.log.append(AREA, [mobilised(second, 1, "e2")])
            await until(planned(area.state, last))
            count = await plans_in(service.log)
            assert set(count.values()) == {1}
            shown = area.state.plan
            assert shown is not None
            assert (shown.plan_id, shown.revision) in count
            assert area.failure is None

    asyncio.run(run())


def test_the_fold_is_waited_for_and_a_log_that_is_away_too(
    monkeypatch: pytest.MonkeyPatch, soon: None
) -> None:
    async def run() -> None:
        async with running() as (service, area):
            await until(lambda: area.state.plan is not None and area.state.plan.certificate == "proven")
            refresh, read = service.log.refresh, service.log.read
            away, held = 2, asyncio.Event()

            async def refreshed(area: str) -> None:
                nonlocal away
                away -= 1
                if away >= 0:
                    raise LogUnreachableError("away")
                await refresh(area)

            async def read_later(*args: object) -> object:
                records = await read(*args)  # type: ignore[arg-type]
                if patched.told:
                    await held.wait()
                return records

            patched = UnsureOnce(service.log, kept=True)
            monkeypatch.setattr(unsure, "ASK_AGAIN_S", 0.01)
            last = await service.log.append(AREA, [mobilised(small_region().appliances.ids[0])])
            monkeypatch.setattr(service.log, "append", patched.append)
            monkeypatch.setattr(service.log, "refresh", refreshed)
            monkeypatch.setattr(service.log, "read", read_later)
            await until(lambda: patched.told and away < -1)
            await asyncio.sleep(0.3)
            assert not planned(area.state, last)(), "shown before it was known to be there"
            held.set()
            await until(planned(area.state, last))
            assert set((await plans_in(service.log)).values()) == {1}

    asyncio.run(run())


def test_records_that_a_cut_took_are_not_waited_for(monkeypatch: pytest.MonkeyPatch, soon: None) -> None:
    async def run() -> None:
        async with running() as (service, area):
            await until(lambda: area.state.plan is not None and area.state.plan.certificate == "proven")
            end, promised = service.log.end_offset, 1_000
            monkeypatch.setattr(service.log, "end_offset", lambda area: end(area) + promised)
            monkeypatch.setattr(service.log, "append", UnsureOnce(service.log, kept=False).append)
            last = await service.log.append(AREA, [mobilised(small_region().appliances.ids[0])])
            await asyncio.sleep(0.5)
            assert not planned(area.state, last)()
            promised = 0
            await until(planned(area.state, last))
            monkeypatch.undo()
            assert set((await plans_in(service.log)).values()) == {1}

    asyncio.run(run())


@asynccontextmanager
async def worker_on(log: KafkaLog) -> AsyncIterator[AreaState]:
    """A worker on a real log, its consoles nowhere."""
    region, settings = small_region(), Settings(certify_s=0)
    state, solver = AreaState(region), CoverSolver(region, cover_model(region, settings))
    keeper = CheckpointKeeper(log, MemoryCheckpoints())
    worker = AreaWorker(state, log, DeadLetters(log), keeper, Nowhere(), solver, Metrics(), settings)
    task = asyncio.create_task(worker.run())
    try:
        yield state
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        solver.close()


class Nowhere:
    """Consoles there are none of."""

    def push(self, event: str, data: bytes) -> None:
        """See `services.log_worker.Push`."""


class HangsAtPlan:
    """Stands before a log's `append`: stops the broker in its tracks once, when a plan is on its way."""

    def __init__(self, log: KafkaLog, broker: ServerProcess) -> None:
        self.appended = log.append
        self.broker = broker
        self.armed = False
        self.unsure = asyncio.Event()

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        if self.armed and is_plan(payloads[0]):
            self.armed = False
            self.broker.pause()
        try:
            return await self.appended(area, payloads)
        except AppendUnsureError:
            self.unsure.set()
            raise


@pytest.mark.services
@pytest.mark.slow
def test_a_plan_that_a_hanging_broker_keeps_after_its_time_is_there_once(
    own_servers: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker has the plan in its socket, and takes it when it wakes: by then the append is over."""

    async def run() -> None:
        log, broker = KafkaLog(fresh_kafka(own_servers, append_within_s=LEAST_WITHIN_S)), own_servers.kafka
        hangs = HangsAtPlan(log, broker)
        monkeypatch.setattr(log, "append", hangs.append)
        try:
            async with worker_on(log) as state:
                await until(lambda: state.plan is not None, 60)
                first, second, *_ = small_region().appliances.ids
                hangs.armed = True
                last = await log.append(AREA, [mobilised(first)])
                try:
                    async with asyncio.timeout(2 * LEAST_WITHIN_S):
                        await hangs.unsure.wait()
                    assert not planned(state, last)()
                finally:
                    broker.resume()
                woken = time.monotonic()
                await until(planned(state, last), 30)
                print(f"the plan is shown {time.monotonic() - woken:.1f} s after the broker woke")
                last = await log.append(AREA, [mobilised(second, 1, "e2")])
                await until(planned(state, last), 30)
                count = await plans_in(log)
                assert len(count) >= 3
                assert set(count.values()) == {1}, count
        finally:
            await log.close()

    asyncio.run(run())
