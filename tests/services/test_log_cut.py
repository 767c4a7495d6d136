"""A log that loses its newest records, or is replaced, under checkpoints and under those who live."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from kafka import KafkaAdminClient

from deploy.services import Services
from services import area_checkpoint
from services.area_fold import AreaFold
from services.area_state import AreaState
from services.metrics import Metrics
from services.picture import Picture
from streams import codec
from streams.area_log import LogLimits
from streams.cover_plan import CoverPlanData, Figures, PlanLatency, ZoneBands
from streams.embedded_log import EmbeddedLog
from streams.errors import LogCutError
from streams.events import ApplianceStatus, ApplianceStatusChanged
from streams.kafka_log import KafkaLog
from streams.kafka_settings import KafkaSettings
from streams.log import EventLog, LogRecord
from tests.servers import fresh_kafka
from tests.services.live import START, small_region

AREA = small_region().id
APPLIANCES = list(small_region().appliances.ids)


def mobilised(number: int, id: str = "") -> bytes:
    """An appliance leaves its station."""
    return codec.encode(
        ApplianceStatusChanged(APPLIANCES[number], ApplianceStatus.MOBILISED, incident="I1"),
        id=id or f"e{number}",
        source="/test",
        area=AREA,
        time=START + timedelta(minutes=number),
    )


def away(picture: Picture) -> list[int]:
    """Which appliances have left."""
    return [i for i, appliance in enumerate(APPLIANCES) if picture.appliances[appliance].committed]


def plan_at(offset: int) -> CoverPlanData:
    """A plan that says nothing."""
    figures = Figures(1.0, 0.9, 0.8, {})
    return CoverPlanData(
        plan_id=f"{AREA}-{offset}",
        revision=0,
        picture_offset=offset,
        picture_time=START,
        published_at=START,
        certificate="proven",
        moves=[],
        before=figures,
        after=figures,
        objective=1.0,
        bound=None,
        gap=None,
        frontier=[],
        latency=PlanLatency(0.0, 0.0, 0.0),
    )


async def filled(payloads: Sequence[bytes], limits: LogLimits | None = None) -> EmbeddedLog:
    log = EmbeddedLog(limits=limits)
    await log.append(AREA, payloads)
    return log


async def recovered(log: EventLog, checkpoint: bytes | None, state: AreaState | None = None) -> AreaState:
    state = state or AreaState(small_region())
    await AreaFold(state, log, Metrics()).recover([] if checkpoint is None else [checkpoint])
    return state


async def checkpoint_of(payloads: Sequence[bytes]) -> bytes:
    state = await recovered(await filled(payloads), None)
    state.show_plan(plan_at(state.offset))
    return area_checkpoint.dumped(state)


def in_another(checkpoint: bytes, log: EmbeddedLog, offset: int) -> bytes:
    """The checkpoint as of the record that `log` holds at `offset`."""
    record = asyncio.run(log.read(AREA, offset, 1))[0]
    state = AreaState(small_region())
    area_checkpoint.restore(state, area_checkpoint.read(checkpoint, state.viewer.homes))
    state.last_record = record.mark
    return area_checkpoint.dumped(state)


@pytest.mark.parametrize("written_since", [0, 1, 2, 3])
def test_a_checkpoint_past_a_cut_loses_none_of_what_was_written_since(written_since: int) -> None:
    """Also where the log has grown past the checkpoint again, so that its end tells nothing."""

    async def run() -> None:
        checkpoint = await checkpoint_of([mobilised(i) for i in range(4)])
        log = await filled([mobilised(i) for i in (0, 1, *range(4, 4 + written_since))])
        state = await recovered(log, checkpoint)
        assert set(away(state.picture)) >= {0, 1, *range(4, 4 + written_since)}
        assert state.offset == 1 + written_since
        assert state.plan is None
        assert not state.plans  # they are named by offsets which others have now
        assert state.is_newer(plan_at(0))

    asyncio.run(run())


def test_a_checkpoint_of_this_log_is_used_and_its_older_records_are_not_read() -> None:
    async def run() -> tuple[EmbeddedLog, bytes]:
        payloads = [mobilised(i) for i in range(6)]
        return await filled(payloads), await checkpoint_of(payloads[:4])

    log, checkpoint = asyncio.run(run())
    metrics, state = Metrics(), AreaState(small_region())
    fold = AreaFold(state, log, metrics)
    asyncio.run(fold.recover([in_another(checkpoint, log, 3)]))
    assert away(state.picture) == list(range(6))
    folded = sum(s.value for m in metrics.events.collect() for s in m.samples if s.name.endswith("_total"))
    assert folded == 2
    assert list(state.plans) == [f"{AREA}-3"]


def test_a_checkpoint_whose_record_was_let_go_is_used() -> None:
    async def run() -> None:
        checkpoint = await checkpoint_of([mobilised(i) for i in range(4)])
        log = EmbeddedLog(limits=LogLimits(tail_records=2))
        for i in range(6):
            await log.append(AREA, [mobilised(i, f"other-{i}")])
            await log.trim(AREA, i + 1)
        assert log.first_offset(AREA) == 4
        state = await recovered(log, checkpoint)
        assert away(state.picture) == list(range(6))
        assert list(state.plans) == [f"{AREA}-3"]

    asyncio.run(run())


def test_a_mark_is_kept_by_a_checkpoint_and_one_without_is_still_taken() -> None:
    async def run() -> None:
        log = await filled([mobilised(0), mobilised(1)])
        state = await recovered(log, None)
        assert state.last_record == (await log.read(AREA, 1, 1))[0].mark
        again = await recovered(log, area_checkpoint.dumped(state))
        assert again.last_record == state.last_record
        state.last_record = None  # of before there were marks
        assert away((await recovered(log, area_checkpoint.dumped(state))).picture) == [0, 1]

    asyncio.run(run())


class CutOnce(EmbeddedLog):
    """Tells its reader of a cut at the next read, as Kafka's log does."""

    cut = False

    async def read(self, area: str, offset: int, limit: int, wait_s: float = 0.0) -> list[LogRecord]:
        if self.cut:
            self.cut = False
            raise LogCutError(area, 1)
        return await super().read(area, offset, limit, wait_s)


def test_a_fold_that_is_told_of_a_cut_forgets_plans_named_by_lost_offsets() -> None:
    async def run() -> None:
        log = CutOnce()
        await log.append(AREA, [mobilised(0)])
        state = AreaState(small_region())
        fold = AreaFold(state, log, Metrics())
        await fold.recover([])
        bands = ZoneBands(f"{AREA}-9", 0, "", 1, "", "", "", "")
        state.set_plan(plan_at(9), bands)
        log.cut = True
        with pytest.raises(LogCutError, match="begin anew"):
            await fold.next(0)
        assert (state.plan, state.bands, state.plans) == (None, None, {})
        assert state.is_newer(plan_at(1))
        await fold.recover([])
        assert away(state.picture) == [0]

    asyncio.run(run())


async def remade(settings: KafkaSettings) -> None:
    """Delete the area's topic, and make it again, empty."""
    topic = settings.topic(AREA)

    def remake() -> None:
        admin = KafkaAdminClient(**settings.client())
        admin.delete_topics([topic])
        made = {"num_partitions": 1, "replication_factor": 1, "configs": settings.topic_settings(AREA)}
        for _ in range(100):
            try:
                admin.create_topics({topic: made}, wait_for_metadata=True)
            except Exception as error:
                if "exists" not in str(error).lower() and "exist" not in type(error).__name__.lower():
                    raise
            else:
                break
        admin.close()

    await asyncio.to_thread(remake)


async def told(log: EventLog, fold: AreaFold) -> LogCutError:
    """What the fold learns within half a minute."""
    with pytest.raises(LogCutError) as cut:
        async with asyncio.timeout(30):
            while True:
                await fold.next(1.0)
    return cut.value


@pytest.mark.services
@pytest.mark.parametrize("written_by", ["another process", "this process"])
def test_readers_of_a_topic_made_anew_are_told_and_then_get_everything(
    kafka_and_redis: Services, written_by: str
) -> None:
    async def run() -> None:
        settings = fresh_kafka(kafka_and_redis)
        log, other = KafkaLog(settings), KafkaLog(settings)
        try:
            await log.append(AREA, [mobilised(i) for i in range(6)])
            state = AreaState(small_region())
            fold = AreaFold(state, log, Metrics())
            await fold.recover([])
            await fold.next(0.2)
            checkpoint = area_checkpoint.dumped(state)
            assert state.offset == 5
            await remade(settings)
            new = [mobilised(i, f"new-{i}") for i in range(6, 9)]
            await (log if written_by == "this process" else other).append(AREA, new)
            cut = await told(log, fold)
            assert cut.end <= 3
            await fold.recover([checkpoint])
            async with asyncio.timeout(30):
                while state.offset < 2:
                    await fold.next(1.0)
            assert set(away(state.picture)) >= {6, 7, 8}
            assert log.end_offset(AREA) == 3
            # And it goes on from there, past where the old log ended.
            more = [mobilised(i, f"more-{i}") for i in range(9, 14)]
            assert await other.append(AREA, more) == 7
            async with asyncio.timeout(30):
                while state.offset < 7:
                    await fold.next(1.0)
            assert set(away(state.picture)) >= set(range(6, 14))
        finally:
            await log.close()
            await other.close()

    asyncio.run(run())


@pytest.mark.services
def test_a_replaced_topic_that_has_grown_past_the_checkpoint_is_folded_from_its_start(
    kafka_and_redis: Services,
) -> None:
    async def run() -> None:
        settings = fresh_kafka(kafka_and_redis)
        log = KafkaLog(settings)
        try:
            checkpoint = await checkpoint_of([mobilised(i) for i in range(4)])
            await log.append(AREA, [mobilised(i) for i in range(4, 10)])
            state = await recovered(log, checkpoint)
            assert set(away(state.picture)) >= set(range(4, 10))
        finally:
            await log.close()

    asyncio.run(run())
