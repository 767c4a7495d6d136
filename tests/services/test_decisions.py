"""Decisions: a move of any revision of a plan can be decided on; minimum cover and room are kept."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from services.area_state import PLANS_KEPT, AreaState
from services.decisions import ConflictError, UnknownPlanError
from services.embedded_service import EmbeddedArea as Area
from services.embedded_service import EmbeddedService as Service
from services.known_plan import MOVES_KEPT, KnownPlan
from streams import codec
from streams.cover_advice import AlternativeChoice, MoveName
from streams.cover_plan import CoverPlanData, FrontierChoice, ZoneBands
from streams.events import DecisionAction, DecisionMade
from tests.services.live import Client, Json, SseReader, live, small_region
from tests.services.test_area_worker import running, until
from tests.services.test_cover_solver import plan_of

AT = datetime(2025, 6, 6, 16, tzinfo=UTC)
ACCEPT = DecisionAction.ACCEPT


def homes() -> dict[str, str]:
    region = small_region()
    return {
        id_: region.stations.ids[int(h)]
        for id_, h in zip(region.appliances.ids, region.appliances.home, strict=True)
    }


def name(appliance: str, frm: str, to: str) -> MoveName:
    return MoveName(f"{appliance}>{to}", appliance, "pump", frm, to, 300.0, 45.0)


def revision_of(plan: CoverPlanData, revision: int, *named: MoveName, **changes: Any) -> CoverPlanData:
    """A revision whose frontier has one choice of these moves."""
    choice = FrontierChoice(1, [m.move_id for m in named], 1.0, 1.0, 0.9, 0.9, None, list(named))
    return msgspec.structs.replace(plan, revision=revision, frontier=[choice], **changes)


def three_revisions() -> list[CoverPlanData]:
    """Revision 0 names S1, revision 1 names S2 (and S3 as an alternative), revision 2 names S2 again."""
    plan = plan_of("demo", AT, [])
    one, two, three = (name("A1", "S0", f"S{i}") for i in (1, 2, 3))
    other = [AlternativeChoice([three], 1.0, 1.0, 0.9, 0.9)]
    return [
        revision_of(plan, 0, one),
        revision_of(plan, 1, two, alternatives=other),
        revision_of(plan, 2, two),
    ]


def test_a_plan_is_known_with_the_moves_of_all_its_revisions_in_whatever_order_they_come() -> None:
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 1, 2, 2, 1, 0)):
        revisions = three_revisions()
        known = KnownPlan(revisions[order[0]])
        for i in order[1:]:
            known.add(revisions[i])
        assert known.newest is revisions[2]
        seen = [known.named(f"A1>S{i}") for i in (1, 2, 3)]
        assert [(one[0].to_station, one[1]) for one in seen if one is not None] == [
            ("S1", 0),
            ("S2", 2),
            ("S3", 1),
        ]
        assert known.named("A1>S4") is None


@pytest.mark.parametrize(
    ("to", "seen", "recorded"),
    [("S2", 1, 1), ("S2", 2, 2), ("S2", None, 2), ("S2", 0, 2), ("S2", 77, 2), ("S1", 2, 0), ("S3", None, 1)],
)
def test_the_revision_seen_is_recorded_where_it_names_the_move(
    to: str, seen: int | None, recorded: int
) -> None:
    first, *later = three_revisions()
    known = KnownPlan(first)
    for plan in later:
        known.add(plan)
    found = known.named(f"A1>{to}", seen)
    assert found is not None
    assert found[1] == recorded


def test_what_is_known_is_bounded() -> None:
    plan = plan_of("demo", AT, [])
    known = KnownPlan(plan)
    for i in range(MOVES_KEPT + 10):
        known.add(revision_of(plan, i, name("A1", "S0", f"S{i}")))
    assert known.named("A1>S9") is None
    assert known.named("A1>S10") is not None
    state = AreaState(small_region())
    for i in range(PLANS_KEPT + 5):
        state.know_plan(msgspec.structs.replace(plan, plan_id=f"demo-{i}"))
    assert list(state.plans) == [f"demo-{i}" for i in range(5, PLANS_KEPT + 5)]


async def decided(service: Service, area: Area, move_id: str) -> DecisionMade:
    """The decision on that move, as the log has it."""
    records = await service.log.read(area.region.id, 0, 10_000)
    events = [codec.decode(record.payload).data for record in records]
    (found,) = [data for data in events if isinstance(data, DecisionMade) and data.move_id == move_id]
    return found


def test_a_choice_previewed_on_an_older_revision_is_taken_under_that_revision() -> None:
    async def run() -> None:
        async with running(certify_s=0) as (service, area):
            await until(lambda: area.state.plan is not None)
            first, second, third, *_ = small_region().appliances.ids
            station = small_region().stations.ids
            at = homes()
            away = [next(s for s in reversed(station) if s != at[a]) for a in (first, second, third)]
            one, two, three = (name(a, at[a], to) for a, to in zip((first, second, third), away, strict=True))
            plan = plan_of(area.region.id, AT, [])
            area.state.know_plan(revision_of(plan, 0, one, two, three))
            area.state.know_plan(revision_of(plan, 1, two))
            take = area.decisions.take
            await take(plan.plan_id, one.move_id, DecisionAction.REJECT, None, "tester")
            assert (await decided(service, area, one.move_id)).revision == 0
            await take(plan.plan_id, two.move_id, DecisionAction.REJECT, None, "tester", 0)
            assert (await decided(service, area, two.move_id)).revision == 0
            await take(plan.plan_id, three.move_id, DecisionAction.REJECT, None, "tester", 1)
            assert (await decided(service, area, three.move_id)).revision == 0
            with pytest.raises(UnknownPlanError, match="has no move"):
                await take(plan.plan_id, f"{first}>{at[first]}", ACCEPT, None, "tester", 0)

    asyncio.run(run())


def test_the_revision_seen_comes_with_the_decision_over_http() -> None:
    async def run() -> None:
        async with live() as client:
            plan = await with_moves(client)
            move = plan["moves"][0]["move_id"]
            assert (await client.decide(plan, move, "accept", revision=-1)).status_code == 422
            taken = await client.decide(plan, move, "reject", revision=plan["revision"])
            assert taken.status_code == 201, taken.text

    asyncio.run(run())


async def with_moves(client: Client) -> Json:
    """A plan with moves, proven."""
    offset = (await client.post(*client.strip(2))).json()["last_offset"]
    return await client.plan_for(offset, moves=True)


def test_minimum_cover_is_kept_by_decisions_too() -> None:
    async def run() -> None:
        region, at = small_region(), homes()
        pumps = [
            a for a, k in zip(region.appliances.ids, region.appliances.kind.tolist(), strict=True) if k == 0
        ]
        origin = next(s for s in region.stations.ids if sum(at[a] == s for a in pumps) >= 2)
        there = [a for a in pumps if at[a] == origin]
        others = [s for s in region.stations.ids if s != origin]
        async with running(certify_s=0, min_cover={origin: len(there) - 1}) as (_, area):
            await until(lambda: area.state.plan is not None)
            room = [
                s
                for s in others
                if sum(state.counts_at == s for state in area.state.picture.appliances.values())
                < int(region.stations.bays[region.stations.ids.index(s)])
            ]
            plan = plan_of(area.region.id, AT, [(a, origin, room[i]) for i, a in enumerate(there)])
            area.state.know_plan(plan)
            take = area.decisions.take
            await take(plan.plan_id, plan.moves[0].move_id, ACCEPT, None, "tester")
            assert area.state.picture.appliances[there[0]].ordered is not None
            assert area.dead_letters.count(area.region.id) == 0  # though no event has set the area's time
            with pytest.raises(ConflictError, match=f"{origin} must keep {len(there) - 1} available"):
                await take(plan.plan_id, plan.moves[1].move_id, ACCEPT, None, "tester")
            await take(plan.plan_id, plan.moves[0].move_id, DecisionAction.UNDO, None, "tester")
            await take(plan.plan_id, plan.moves[1].move_id, ACCEPT, None, "tester")

    asyncio.run(run())


def test_bands_are_pushed_only_where_they_changed() -> None:
    async def run() -> None:
        async with live() as client, client.http.stream("GET", f"{client.base}/stream") as response:
            reader = SseReader(response)
            await reader.next()
            offset = (await client.post(*client.strip(2))).json()["last_offset"]
            shown: dict[str, Any] = {}
            moves: dict[str, list[list[str]]] = {}
            sent: dict[str, int] = {}
            while not any(len(revisions) > 1 for revisions in moves.values()):
                _, event, data = await reader.next()
                if event == "plan" and data["picture_offset"] >= offset:
                    moves.setdefault(data["plan_id"], []).append([m["move_id"] for m in data["moves"]])
                elif event == "zones" and data["plan_id"] in moves:
                    sent[data["plan_id"]] = sent.get(data["plan_id"], 0) + 1
                    bands = msgspec.convert(data, ZoneBands)
                    assert shown.get("last") != msgspec.structs.replace(bands, revision=0)
                    shown["last"] = msgspec.structs.replace(bands, revision=0)
            for plan_id, revisions in moves.items():
                changes = 1 + sum(a != b for a, b in pairwise(revisions))
                assert sent[plan_id] <= changes

    asyncio.run(run())
