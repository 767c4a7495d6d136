"""The plan on the wire: logs from before the newer fields decode, and the moves of every choice are told."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from streams import codec
from streams.cover_advice import AlternativeChoice, MoveName, Stability
from streams.cover_plan import CoverPlanData, FrontierChoice

AT = datetime(2025, 6, 6, 16, tzinfo=UTC)
FIGURES = {
    "risk": 900.5,
    "first_share": 0.91,
    "second_share": 0.88,
    "kinds": {"pump": {"first_share": 0.91, "second_share": 0.88}},
}
OLD_PLAN = {
    "plan_id": "demo-5",
    "revision": 1,
    "picture_offset": 5,
    "picture_time": "2025-06-06T16:00:00Z",
    "published_at": "2025-06-06T16:00:00.020000Z",
    "certificate": "proven",
    "moves": [
        {
            "move_id": "A211>A24",
            "rank": 1,
            "appliance": "A211",
            "kind": "pump",
            "from_station": "A21",
            "to_station": "A24",
            "travel_s": 410.0,
            "route": [[-0.1, 51.5], [-0.11, 51.51]],
            "cost": 46.8,
            "contribution": 80.1,
            "first_share_gain": 0.004,
            "second_share_gain": 0.002,
            "gains": [{"station": "A24", "seconds": 95.0, "demand_per_h": 0.3}],
            "loses": [],
            "reason": "fills_empty_ground",
            "rule": None,
        }
    ],
    "before": FIGURES,
    "after": FIGURES,
    "objective": 850.0,
    "bound": 849.9,
    "gap": 0.0001,
    "frontier": [
        {
            "moves": 0,
            "move_ids": [],
            "objective": 900.5,
            "risk": 900.5,
            "first_share": 0.91,
            "second_share": 0.88,
        }
    ],
    "latency": {"wait_ms": 1.0, "solve_ms": 5.0, "total_ms": 6.0},
}
"""A plan as the first version of the service logged it."""


def named(appliance: str, to: str) -> MoveName:
    return MoveName(f"{appliance}>{to}", appliance, "pump", "A21", to, 300.0, 45.0)


def old_plan() -> CoverPlanData:
    wire = {
        "specversion": "1.0",
        "id": "demo-5-r1",
        "source": "/dynamic-cover/area-worker",
        "type": "dynamiccover.cover.plan.v1",
        "time": "2025-06-06T16:00:00Z",
        "area": "demo",
        "data": OLD_PLAN,
    }
    data = codec.decode(json.dumps(wire).encode()).data
    assert isinstance(data, CoverPlanData)
    return data


def test_a_plan_of_the_first_version_decodes_and_has_none_of_the_newer_fields() -> None:
    plan = old_plan()
    assert plan.moves[0].move_id == "A211>A24"
    assert (plan.alternatives, plan.home_advice, plan.mobilising, plan.stability) == (None, None, None, None)
    assert (plan.frontier[0].gap, plan.frontier[0].named) == (None, [])


def test_a_plan_with_every_newer_field_comes_back_the_same() -> None:
    plan = msgspec.structs.replace(
        old_plan(),
        frontier=[FrontierChoice(1, ["A212>A25"], 870.0, 825.0, 0.92, 0.88, 0.0003, [named("A212", "A25")])],
        alternatives=[AlternativeChoice([named("A213", "A26")], 872.0, 827.0, 0.92, 0.88)],
        stability=Stability(40, 2, 5.0),
    )
    wire = codec.encode(plan, id="demo-5-r2", source="/test", area="demo", time=AT)
    assert codec.decode(wire).data == plan


def test_moves_are_those_of_the_plan_of_its_frontier_and_of_its_alternatives() -> None:
    plan = msgspec.structs.replace(
        old_plan(),
        frontier=[FrontierChoice(1, ["A212>A25"], 870.0, 825.0, 0.92, 0.88, None, [named("A212", "A25")])],
        alternatives=[AlternativeChoice([named("A213", "A26")], 872.0, 827.0, 0.92, 0.88)],
    )
    assert list(plan.named_moves()) == [plan.moves[0], named("A212", "A25"), named("A213", "A26")]
    assert list(old_plan().named_moves()) == old_plan().moves


def test_an_empty_list_says_there_is_none_and_null_that_nobody_looked() -> None:
    values: tuple[list[Any] | None, ...] = ([], None)
    for value in values:
        plan = msgspec.structs.replace(old_plan(), alternatives=value, home_advice=value, mobilising=value)
        wire = codec.encode(plan, id="demo-5-r2", source="/test", area="demo", time=AT)
        data = codec.decode(wire).data
        assert isinstance(data, CoverPlanData)
        assert (data.alternatives, data.home_advice, data.mobilising) == (value, value, value)
