"""The solver on a running service: newer pictures cancel, any choice can be decided on, advice, stability."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from optimiser.cover.engine import CoverEngine
from services.cover_advisor import NEEDS_AT_ONCE
from services.embedded_service import EmbeddedArea as Area
from services.picture import empty_picture, fold
from services.plan_in_force import PlanInForce
from streams import codec
from streams.cover_plan import CoverPlanData, Figures, PlanLatency, PlanMove
from streams.events import (
    TYPE_OF,
    ApplianceStatus,
    ApplianceStatusChanged,
    DecisionAction,
    DecisionMade,
    Event,
    EventData,
    IncidentUpdated,
)
from tests.services.live import START, Client, Json, SseReader, live, small_region
from tests.services.test_area_worker import running, until

pytestmark = pytest.mark.slow

LONG_S = 30.0
"""What a proof may take in these tests: far longer than any of them waits."""
SOON_S = 5.0


class EndlessProof:
    """A certificate that goes on until it is cancelled or its time is up, as one of a huge region would."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self._real = real
        self.under_way = threading.Event()
        self.cancelled = threading.Event()

    def __call__(
        self,
        engine: CoverEngine,
        problem: Any,
        plan: Any,
        seconds: float,
        cancelled: Callable[[], bool] = lambda: False,
        **more: Any,
    ) -> Any:
        """Prove for a moment, again and again."""
        if seconds < LONG_S / 2:  # the warm-up's
            return self._real(engine, problem, plan, seconds, cancelled, **more)
        self.under_way.set()
        for _ in range(int(seconds / 0.01)):
            if cancelled():
                self.cancelled.set()
                return self._real(engine, problem, plan, seconds, cancelled, **more)
            threading.Event().wait(0.01)
        return self._real(engine, problem, plan, 0.0, cancelled, **more)


@pytest.mark.parametrize("proof", ["certify", "certify_frontier"])
def test_a_newer_picture_cancels_the_proof_under_way(monkeypatch: pytest.MonkeyPatch, proof: str) -> None:
    endless = EndlessProof(getattr(CoverEngine, proof))
    monkeypatch.setattr(CoverEngine, proof, lambda *args, **more: endless(*args, **more))

    async def run() -> None:
        async with live(certify_s=LONG_S) as client:
            async with client.http.stream("GET", f"{client.base}/stream") as response:
                reader = SseReader(response)
                await asyncio.to_thread(endless.under_way.wait, SOON_S)
                assert endless.under_way.is_set()
                assert not endless.cancelled.is_set()  # nothing newer came
                offset = (await client.post(*client.strip(2))).json()["last_offset"]
                async with asyncio.timeout(SOON_S):  # a proof that is not cancelled takes LONG_S
                    _, plan = await reader.until("plan", lambda p: bool(p["picture_offset"] >= offset))
            assert endless.cancelled.is_set()
            assert plan["revision"] == 0
            # The last picture's own proof is left alone while nothing newer comes.
            endless.under_way.clear()
            endless.cancelled.clear()
            await asyncio.to_thread(endless.under_way.wait, SOON_S)
            await asyncio.sleep(0.3)
            assert not endless.cancelled.is_set()
            await client.post(client.opening("I9", 1))
            await asyncio.to_thread(endless.cancelled.wait, SOON_S)
            assert endless.cancelled.is_set()

    asyncio.run(run())


def plan_of(area: str, at: datetime, moves: list[tuple[str, str, str]]) -> CoverPlanData:
    """A plan of these (appliance, from, to) and nothing else that matters."""
    figures = Figures(0.0, 1.0, 1.0, {})
    shown = [
        PlanMove(f"{a}>{to}", 1, a, "pump", frm, to, 1.0, [], 1.0, 1.0, 0.0, 0.0, [], [], "shortens_first")
        for a, frm, to in moves
    ]
    latency = PlanLatency(0.0, 0.0, 0.0)
    return CoverPlanData(
        f"{area}-1", 0, 1, at, at, "none", shown, figures, figures, 0.0, None, None, [], latency
    )


async def with_choices(client: Client) -> Json:
    """A plan with moves whose alternatives have come."""
    await client.post(*client.strip(3))

    def holds(answer: Json) -> bool:
        plan = answer["plan"]
        return bool(plan and plan["moves"] and plan["alternatives"])

    plan: Json = (await client.until("cover", holds))["plan"]
    return plan


def test_every_choice_is_named_and_alternatives_differ() -> None:
    async def run() -> None:
        async with live() as client:
            plan = await with_choices(client)
            for choice in plan["frontier"]:
                assert [move["move_id"] for move in choice["named"]] == choice["move_ids"]
            shown = {frozenset(move["move_id"] for move in plan["moves"])}
            for other in plan["alternatives"]:
                moves = frozenset(move["move_id"] for move in other["moves"])
                assert moves not in shown
                shown.add(moves)
                assert other["objective"] >= plan["objective"] - 1e-3
            assert plan["stability"] == {"moves": 0, "reversals": 0, "per_100": 0.0}

    asyncio.run(run())


def test_a_revision_says_what_it_did_not_work_out() -> None:
    async def run() -> None:
        async with live(certify_s=0) as client:  # first plans only
            offset = (await client.post(*client.strip(3))).json()["last_offset"]
            plan = await client.plan_for(offset)
            assert plan["revision"] == 0
            assert (plan["alternatives"], plan["home_advice"]) == (None, None)
            assert len(plan["mobilising"]) == 0  # BIG has all it asked for
            needs = IncidentUpdated("BIG", {"pump": NEEDS_AT_ONCE + 60})
            offset = (await client.post(client.event(needs, 1))).json()["last_offset"]
            assert (await client.plan_for(offset))["mobilising"] is None
        async with live() as client:
            await client.post(*client.strip(3))
            await client.post(client.event(needs, 1))
            done = await client.until("cover", lambda a: bool(a["plan"] and a["plan"]["mobilising"]))
            assert done["plan"]["revision"] >= 1

    asyncio.run(run())


@pytest.mark.parametrize("where", ["frontier", "alternatives"])
def test_a_move_of_another_choice_can_be_accepted(where: str) -> None:
    async def run() -> None:
        async with live() as client:
            plan = await with_choices(client)
            ours = {move["move_id"] for move in plan["moves"]}
            named = [m for c in plan[where] for m in c["named" if where == "frontier" else "moves"]]
            move = next((m for m in named if m["move_id"] not in ours), named[0])
            taken = await client.decide(plan, move["move_id"], "accept")
            assert taken.status_code == 201, taken.text
            picture = await client.until(
                "picture", lambda p: any(d["move_id"] == move["move_id"] for d in p["decisions"])
            )
            appliance = next(a for a in picture["appliances"] if a["id"] == move["appliance"])
            assert appliance["ordered"]["to"] == move["to_station"]
            assert (await client.decide(plan, "A>B", "accept")).status_code == 404

    asyncio.run(run())


def test_the_whole_frontier_is_proven_in_the_end() -> None:
    async def run() -> None:
        async with live() as client:
            await client.post(*client.strip(3))

            def holds(answer: Json) -> bool:
                plan = answer["plan"]
                return bool(plan and plan["moves"] and all(c["gap"] is not None for c in plan["frontier"]))

            plan = (await client.until("cover", holds))["plan"]
            assert plan["revision"] >= 1
            assert plan["certificate"] == "proven"
            assert all(0 <= choice["gap"] <= 0.0015 for choice in plan["frontier"])

    asyncio.run(run())


def test_an_incident_that_lacks_appliances_gets_mobilising_advice_with_the_first_plan() -> None:
    async def run() -> None:
        async with live() as client, client.http.stream("GET", f"{client.base}/stream") as response:
            reader = SseReader(response)
            offset = (await client.post(client.opening("I1"))).json()["last_offset"]
            _, plan = await reader.until("plan", lambda p: bool(p["picture_offset"] >= offset))
            assert plan["revision"] == 0
            (advice,) = plan["mobilising"]
            assert advice["incident"] == "I1"
            assert len(advice["nearest"]["appliances"]) == 2
            sent = [one["appliance"] for one in advice["nearest"]["appliances"]]
            for minute, appliance in enumerate(sent, start=1):
                word = client.status(appliance, ApplianceStatus.MOBILISED, minute, incident="I1")
                offset = (await client.post(word)).json()["last_offset"]
            _, plan = await reader.until("plan", lambda p: bool(p["picture_offset"] >= offset))
            assert plan["mobilising"] == []

    asyncio.run(run())


def test_who_stands_away_from_home_is_advised() -> None:
    async def run() -> None:
        async with live() as client:
            region = client.region
            first, home = region.appliances.ids[0], region.stations.ids[int(region.appliances.home[0])]
            away = next(id_ for id_ in reversed(region.stations.ids) if id_ != home)
            word = client.status(first, ApplianceStatus.AVAILABLE, station=away)
            offset = (await client.post(word)).json()["last_offset"]

            def holds(answer: Json) -> bool:
                plan = answer["plan"]
                return bool(plan and plan["picture_offset"] >= offset and plan["home_advice"])

            (advice,) = (await client.until("cover", holds))["plan"]["home_advice"]
            assert (advice["appliance"], advice["station"], advice["home"]) == (first, away, home)
            assert advice["action"] == ("return" if advice["risk_change"] + advice["cost"] < 0 else "stay")

    asyncio.run(run())


def test_reversals_are_counted_and_survive_a_restart(tmp_path: Path) -> None:
    region = small_region()
    first, home = region.appliances.ids[0], region.stations.ids[int(region.appliances.home[0])]
    away = next(id_ for id_ in reversed(region.stations.ids) if id_ != home)
    both = {"moves": 2, "reversals": 1, "per_100": 50.0}

    def wires(minute: float, frm: str, to: str) -> list[bytes]:
        """The order, and the crew's word that it has arrived."""
        accepted = DecisionMade("p", 0, f"{first}>{to}", first, frm, to, DecisionAction.ACCEPT, "tester")
        arrived = ApplianceStatusChanged(first, ApplianceStatus.AVAILABLE, to)
        words: list[tuple[EventData, float]] = [(accepted, minute), (arrived, minute + 5)]
        return [
            codec.encode(
                data, id=f"e{at}", source="/test", area=region.id, time=START + timedelta(minutes=at)
            )
            for data, at in words
        ]

    def told(area: Area) -> dict[str, float] | None:
        stability = None if area.state.plan is None else area.state.plan.stability
        return None if stability is None else msgspec.structs.asdict(stability)

    async def run() -> None:
        async with running(tmp_path, checkpoint_s=0.2) as (service, area):
            await until(lambda: told(area) == {"moves": 0, "reversals": 0, "per_100": 0.0})
            counted = service.metrics.registry.get_sample_value
            labels = {"area": region.id}
            await service.log.append(region.id, wires(0, home, away))
            await until(lambda: told(area) == {"moves": 1, "reversals": 0, "per_100": 0.0})
            assert counted("cover_moves_accepted_total", labels) == 1
            assert counted("cover_reversals_total", labels) == 0
            await service.log.append(region.id, wires(10, away, home))
            await until(lambda: told(area) == both)
            assert counted("cover_moves_accepted_total", labels) == 2
            assert counted("cover_reversals_total", labels) == 1
        for rebuilt_from in ("checkpoint", "log"):
            if rebuilt_from == "log":
                for path in (tmp_path / "checkpoints").glob("*"):
                    path.unlink()
            async with running(tmp_path) as (service, area):
                await until(lambda area=area: told(area) is not None)
                assert told(area) == both
                # Not made again.
                assert service.metrics.registry.get_sample_value("cover_moves_accepted_total", labels) == 0

    asyncio.run(run())


def test_the_search_starts_from_what_of_the_last_plan_still_holds() -> None:
    region = small_region()
    appliances, stations = region.appliances.ids, region.stations.ids
    homes = dict(zip(appliances, (stations[int(h)] for h in region.appliances.home), strict=True))
    first, second, third = appliances[0], appliances[1], appliances[-1]
    to = next(id_ for id_ in stations if id_ not in {homes[first], homes[second], homes[third]})
    at = datetime(2025, 6, 6, 16, tzinfo=UTC)
    plan = plan_of(region.id, at, [(id_, homes[id_], to) for id_ in (first, second, third)])
    picture = empty_picture(region.id, homes)
    reader = PlanInForce(region)
    station = stations.index(to)
    pairs = [(appliances.index(id_), station) for id_ in (first, second, third)]
    assert reader.pairs(None, picture) == ()
    assert reader.pairs(plan, picture) == tuple(pairs)
    accepted = DecisionMade(
        plan.plan_id, 0, f"{first}>{to}", first, homes[first], to, DecisionAction.ACCEPT, "tester"
    )
    called = ApplianceStatusChanged(second, ApplianceStatus.MOBILISED, incident="I1")
    words: list[EventData] = [accepted, called]
    for i, data in enumerate(words):
        picture = fold(picture, Event(f"e{i}", "/test", TYPE_OF[type(data)], at, region.id, data))
    assert reader.pairs(plan, picture) == (pairs[2],)
