"""A council in the service: events, proposals, decisions, bad input, restarts, replicas; nothing is mocked.

Everything runs on the small council, without HTTP.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.backing import Backing
from services.console_feed import MemoryFeed
from services.council.day_decisions import DayDecisions
from services.council.day_picture import ChangeStatus, RequestStatus
from services.council.round_solver import RoundSolver
from services.embedded_service import EmbeddedCouncil, EmbeddedService
from services.ingest import RefusedError
from services.metrics import Metrics
from services.replica_service import ReplicaCouncil, ReplicaService
from services.served_area import ServedCouncil
from services.settings import Settings
from streams import codec, unsure
from streams.checkpoints import MemoryCheckpoints
from streams.council_events import (
    ReportChannel,
    RequestClosed,
    RequestOutcome,
    RoadClosed,
    ServiceCode,
    ServiceRequested,
    StopDone,
    VehiclePosition,
    VehicleStatus,
    VehicleStatusChanged,
)
from streams.embedded_log import EmbeddedLog
from streams.errors import AppendUnsureError
from streams.events import AppliancePosition, EventData
from streams.log import EventLog
from streams.rounds_plan import RoundData, RoundsAction, RoundsDecided, RoundsProposal
from tests.geo.councils import grid_council
from tests.services.test_area_worker import until

COUNCIL = grid_council()
AREA = COUNCIL.id
EIGHT = datetime(2025, 6, 6, 5, 40, tzinfo=UTC)
"""Twenty to seven in London: the first stops may be done."""
DONE = COUNCIL.rounds[0][0]
BULKY = ServiceCode.BULKY_ITEM
OLD = EIGHT - timedelta(days=60)
EN = COUNCIL.properties.en
HOME: tuple[float, float] = tuple(EN[0].tolist())


def wire(data: EventData, minute: float = 0.0, id_: str | None = None, area: str = AREA) -> bytes:
    name = id_ or f"{type(data).__name__}-{abs(hash(repr(data))) % 10**9}-{minute:g}"
    return codec.encode(data, id=name, source="/test", area=area, time=EIGHT + timedelta(minutes=minute))


def missed(
    request: str = "SR-1", home: int = 0, service: ServiceCode = ServiceCode.MISSED_COLLECTION
) -> ServiceRequested:
    easting, northing = EN[home].tolist()
    return ServiceRequested(
        request, service, ReportChannel.EVENT, easting, northing, at=EIGHT,
        uprn=str(COUNCIL.properties.uprn[home]),
    )  # fmt: skip


@asynccontextmanager
async def embedded(
    data: Path | None = None, **settings: Any
) -> AsyncIterator[tuple[EmbeddedService, EmbeddedCouncil]]:
    """A service of the small council, without its HTTP side; better answers are not looked for."""
    service = EmbeddedService(Settings(data=data, **({"certify_s": 0.0} | settings)), [], [COUNCIL])
    await service.start()
    try:
        area = service.councils[AREA]
        await until(lambda: area.state.ready, 60)
        yield service, area
    finally:
        await service.stop()


async def records_of(log: EventLog) -> list[EventData]:
    await log.refresh(AREA)
    at, found = log.first_offset(AREA), []
    while at < log.end_offset(AREA):
        for record in await log.read(AREA, at, 1_000, 5):
            at = record.offset + 1
            found.append(codec.decode(record.payload).data)
    return found


def times_proposed(records: Sequence[EventData]) -> Counter[tuple[str, int]]:
    return Counter((d.proposal_id, d.revision) for d in records if isinstance(d, RoundsProposal))


def proposed(area: Any, proposal: str) -> Any:
    return lambda: proposal in area.state.proposals


async def approve(area: Any, decisions: DayDecisions, proposal: str) -> str:
    known = area.state.proposals[proposal]
    taken = await decisions.take(lambda day: area.desk.approve(day, known, None, "Manager 1"))
    return taken.decision_id


def test_a_missed_bin_is_proposed_approved_undone_and_approved_again() -> None:
    async def run() -> None:
        async with embedded() as (service, area):
            console = area.hub.open(None)
            first = await console.next(1)
            assert b"event: snapshot" in first[0].wire
            await area.ingest.take([wire(StopDone("RCV01", DONE)), wire(missed(), 1)])
            await until(proposed(area, "request-SR-1-0"))
            told = b"".join(message.wire for message in await console.next(1))
            assert b"event: proposal" in told or b"event: day" in told

            decision = await approve(area, area.decisions, "request-SR-1-0")
            request = area.state.picture.requests["SR-1"]
            assert request.status is RequestStatus.PLANNED and request.visit is not None
            (change,) = area.state.view().changes
            assert change.status == "approved" and change.vehicle in COUNCIL.vehicles.ids
            await area.decisions.take(lambda day: area.desk.undo(day, decision, "Manager 1"))
            assert area.state.picture.requests["SR-1"].status is RequestStatus.OPEN
            assert area.state.picture.version == 2 and not area.state.picture.added

            await until(proposed(area, "request-SR-1-2"))  # of the day as it is by now
            await approve(area, area.decisions, "request-SR-1-2")
            assert area.state.picture.changes["request:SR-1"].status is ChangeStatus.APPROVED
            view = area.state.view()
            assert [d.undone for d in view.decisions] == [True, False, False]
            metrics = service.metrics.registry
            waited = metrics.get_sample_value("cover_event_to_plan_seconds_count", {"area": AREA})
            assert waited is not None and waited >= 1

    asyncio.run(run())


def test_a_decision_that_no_longer_fits_is_void_and_consoles_are_told() -> None:
    async def run() -> None:
        async with embedded() as (service, area):
            await area.ingest.take([wire(StopDone("RCV01", DONE)), wire(missed())])
            await until(proposed(area, "request-SR-1-0"))
            await approve(area, area.decisions, "request-SR-1-0")
            stale = RoundsDecided(
                RoundsAction.ADJUST, "Manager 2", 0,
                rounds=[RoundData(v, list(COUNCIL.rounds[n])) for n, v in enumerate(COUNCIL.vehicles.ids)],
            )  # fmt: skip
            version = area.state.picture.version
            last = await service.log.append(AREA, [wire(stale, 3, "stale")])
            await until(lambda: area.state.offset >= last)
            decision = area.state.view().decisions[-1]
            assert decision.void is not None and not decision.undoable
            assert area.state.picture.version == version

    asyncio.run(run())


REFUSED: list[tuple[EventData, str]] = [
    (AppliancePosition("A1", *HOME), "type"),
    (RoundsDecided(RoundsAction.DISMISS, "Mallory", 0), "type"),
    (StopDone("RCV99", DONE), "data.vehicle"),
    (StopDone("RCV01", "S99999"), "data.visit"),
    (StopDone("RCV01", "tip:T9"), "data.visit"),
    (StopDone("RCV01", DONE, load={"gold": 1.0}), "data.load"),
    (VehiclePosition("RCV01", 0.0, 0.0), "data.easting_m"),
    (RoadClosed("K1", ["ST9999"]), "data.streets"),
    (ServiceRequested("SR-9", ServiceCode.FLY_TIP, ReportChannel.EVENT, 1, 1, at=EIGHT), "data.easting_m"),
    (ServiceRequested("SR-9", ServiceCode.FLY_TIP, ReportChannel.EVENT, *HOME, OLD), "data.at"),
]


def test_what_a_client_may_not_send_is_refused_naming_the_field() -> None:
    async def run() -> None:
        async with embedded() as (_, area):
            for data, field in REFUSED:
                with pytest.raises(RefusedError) as refused:
                    await area.ingest.take([wire(data)])
                assert refused.value.errors[0].field == field, data
            assert area.state.offset == -1

    asyncio.run(run())


def test_bad_records_become_dead_letters_and_the_day_is_still_planned(tmp_path: Path) -> None:
    async def run() -> None:
        plan = AppliancePosition("A1", *HOME)
        poison = [b"{", wire(plan), wire(StopDone("RCV01", "S99999"), 1), wire(StopDone("RCV09", DONE), 1)]
        async with embedded(tmp_path) as (service, area):
            await service.log.append(AREA, [wire(StopDone("RCV01", DONE)), *poison, wire(missed(), 2)])
            await until(proposed(area, "request-SR-1-0"))
            letters = await area.dead_letters.newest(AREA, 10)
            assert [letter.payload() for letter in letters] == poison
            assert [letter.field for letter in letters] == ["", "type", "data.visit", "data.vehicle"]
            assert area.failure is None

    asyncio.run(run())


def test_a_day_of_every_kind_of_trouble_is_still_answered() -> None:
    async def run() -> None:
        async with embedded() as (_, area):
            off = [wire(VehicleStatusChanged(v, VehicleStatus.BROKEN_DOWN), 1) for v in COUNCIL.vehicles.ids]
            closed = wire(RoadClosed("K1", list(COUNCIL.streets.ids)), 2)
            await area.ingest.take([*off, closed, wire(missed(service=BULKY), 3)])
            await until(lambda: area.state.picture.as_of >= EIGHT + timedelta(minutes=3))
            await until(lambda: not area.worker.answering)
            assert area.failure is None and area.degraded is None
            view = area.state.view()
            assert {r.status for r in view.rounds} == {"broken_down"} and len(view.closures) == 1
            assert len(view.changes) == len(COUNCIL.vehicles.ids) + 2

    asyncio.run(run())


@pytest.mark.parametrize("checkpoint", ["kept", "lost"])
def test_a_restart_comes_back_to_the_same_day_and_says_nothing_twice(tmp_path: Path, checkpoint: str) -> None:
    async def run() -> None:
        async with embedded(tmp_path) as (service, area):
            events = [wire(StopDone("RCV01", DONE)), wire(missed(), 1), wire(missed("SR-2", 300, BULKY), 2)]
            await area.ingest.take(events)
            for proposal in ("request-SR-1-0", "request-SR-2-0"):
                await until(proposed(area, proposal))
            await approve(area, area.decisions, "request-SR-1-0")
            await until(proposed(area, "request-SR-2-1"))
            digest, proposals = area.state.picture.digest(), dict(area.state.proposals)
            before = await records_of(service.log)
        if checkpoint == "lost":
            (tmp_path / "checkpoints" / f"{AREA}.checkpoint").unlink()
        async with embedded(tmp_path) as (service, area):
            assert area.state.picture.digest() == digest
            assert area.state.proposals == proposals
            await until(lambda: not area.worker.answering)
            await area.ingest.take(events)  # sent again by a sender that heard nothing
            await asyncio.sleep(0.1)
            assert area.state.picture.digest() == digest
            after = await records_of(service.log)
            assert after == before and set(times_proposed(after).values()) == {1}

    asyncio.run(run())


@pytest.mark.parametrize("kept", [True, False])
def test_a_proposal_the_log_was_unsure_of_is_there_once(monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    monkeypatch.setattr(unsure, "SETTLE_S", 0.05)

    async def run() -> None:
        async with embedded() as (service, area):
            appended, told = service.log.append, 0

            async def append(name: str, payloads: Sequence[bytes]) -> int:
                nonlocal told
                if told or not isinstance(codec.decode(payloads[0]).data, RoundsProposal):
                    return await appended(name, payloads)
                told = 1
                if kept:
                    await appended(name, payloads)
                raise AppendUnsureError("no answer in time")

            monkeypatch.setattr(service.log, "append", append)
            await service.log.append(AREA, [wire(missed())])
            await until(proposed(area, "request-SR-1-0"))
            await until(lambda: not area.worker.answering)
            assert told and times_proposed(await records_of(service.log)) == {("request-SR-1-0", 0): 1}

    asyncio.run(run())


class World:
    """A log, a feed, checkpoints; a worker and replicas on them."""

    def __init__(self) -> None:
        self.settings = Settings(checkpoint_s=0.2, certify_s=0.0)
        self.log = EmbeddedLog()
        self.backing = Backing(self.log, MemoryFeed(), MemoryCheckpoints(), MemoryCheckpoints())
        self.solver = RoundSolver(COUNCIL)
        self.workers: list[ServedCouncil] = []
        self.replicas: list[ReplicaService] = []

    def work(self) -> ServedCouncil:
        served = ServedCouncil(COUNCIL, self.backing, self.solver, Metrics(), self.settings, lambda: 1)
        self.workers.append(served)
        served.start()
        return served

    async def replica(self) -> ReplicaCouncil:
        service = ReplicaService(self.settings, [], self.backing, [COUNCIL])
        self.replicas.append(service)
        await service.start()
        area = service.councils[AREA]
        await until(lambda: area.state.ready)
        return area

    async def close(self) -> None:
        for worker in self.workers:
            await worker.stop(keep=True)
        for service in self.replicas:
            await service.stop()
        self.solver.close()


def test_replicas_show_and_decide_the_same_and_a_worker_takes_over() -> None:
    async def run() -> None:
        world = World()
        try:
            first = world.work()
            one, two = await world.replica(), await world.replica()
            await until(lambda: one.degraded is None, 60)
            await one.ingest.take([wire(StopDone("RCV01", DONE)), wire(missed(), 1)])
            for area in (one, two):
                await until(proposed(area, "request-SR-1-0"))
            await approve(two, two.decisions, "request-SR-1-0")
            last = two.state.offset
            await until(lambda: one.state.offset >= last)
            assert one.state.picture.digest() == two.state.picture.digest()
            assert one.state.picture.requests["SR-1"].status is RequestStatus.PLANNED

            await first.stop(keep=True)
            world.work()
            await two.ingest.take([wire(VehicleStatusChanged("RCV02", VehicleStatus.BROKEN_DOWN), 5)])
            await until(proposed(one, "breakdown-RCV02-1"), 60)
            assert set(times_proposed(await records_of(world.log)).values()) == {1}
            snapshot = json.loads(one.state.snapshot())
            assert {"day", "proposals", "server_time"} <= snapshot.keys()
        finally:
            await world.close()

    asyncio.run(run())


def test_two_replicas_that_decide_at_one_moment_come_to_one_answer() -> None:
    async def run() -> None:
        world = World()
        try:
            world.work()
            one, two = await world.replica(), await world.replica()
            await one.ingest.take([wire(StopDone("RCV01", DONE)), wire(missed())])
            for area in (one, two):
                await until(proposed(area, "request-SR-1-0"), 60)
            both = await asyncio.gather(
                *(approve(area, area.decisions, "request-SR-1-0") for area in (one, two)),
                return_exceptions=True,
            )
            assert sum(isinstance(outcome, str) for outcome in both) == 1, both
            end = world.log.end_offset(AREA) - 1
            for area in (one, two):
                await until(lambda area=area: area.state.offset >= end)
            assert one.state.picture.digest() == two.state.picture.digest()
            assert one.state.picture.version == 1
        finally:
            await world.close()

    asyncio.run(run())


def merged(day: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    """What a console does with a `day` message."""
    changed = {round_["vehicle"]: round_ for round_ in delta.get("rounds", [])}
    rounds = [changed.get(round_["vehicle"], round_) for round_ in day["rounds"]]
    return day | delta | {"rounds": rounds}


def test_the_stream_leads_a_console_to_what_the_service_shows() -> None:
    async def run() -> None:
        async with embedded() as (_, area):
            console = area.hub.open(None)
            events = [
                wire(StopDone("RCV01", DONE)), wire(VehiclePosition("RCV02", *EN[9].tolist()), 1),
                wire(missed(), 2), wire(RoadClosed("K1", ["ST0003"]), 3),
                wire(RequestClosed("SR-1", RequestOutcome.WITHDRAWN), 4),
            ]  # fmt: skip
            day: dict[str, Any] = {}
            for event in events:
                await area.ingest.take([event])
                await asyncio.sleep(0.05)
            for _ in range(200):
                for message in await console.next(0.05):
                    name, data = _parsed(message.wire)
                    if name == "snapshot":
                        day = data["day"]
                    elif name == "day":
                        day = merged(day, data)
                want = json.loads(msgspec.json.encode(area.state.view()))
                if day == want:
                    break
            assert day == want
            assert [c["status"] for c in day["changes"]] == ["expired", "open"]

    asyncio.run(run())


def _parsed(message: bytes) -> tuple[str, dict[str, Any]]:
    lines = message.decode().splitlines()
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    return fields["event"], json.loads(fields["data"])
