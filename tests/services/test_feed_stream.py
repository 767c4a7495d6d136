"""Reading the live stream: any cut of the bytes gives the same events; plans are matched to batches."""

import asyncio
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feed import server_sent_events
from services.feed.latency_ledger import LatencyLedger
from services.feed.plan_watch import PlanWatch
from services.feed.server_sent_events import ServerSentEvent, ServerSentEvents
from services.feed.stream_messages import seen

WIRE = (
    b"retry: 1000\n\n: hello\n\nevent: plan\ndata: {}\nid: e-1\n\n"
    b"data: one\r\ndata: two\r\n\r\nevent: empty\n\nevent: beat\ndata:x\n\n"
)
EVENTS = [
    ServerSentEvent("plan", b"{}", "e-1"),
    ServerSentEvent("message", b"one\ntwo", "e-1"),
    ServerSentEvent("beat", b"x", "e-1"),
]


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, len(WIRE)), max_size=12))
def test_any_cut_of_the_bytes_gives_the_same_events(cuts: list[int]) -> None:
    parser = ServerSentEvents()
    edges = [0, *sorted(cuts), len(WIRE)]
    got = [e for a, b in pairwise(edges) for e in parser.feed(WIRE[a:b])]
    assert got == EVENTS


def test_an_event_without_end_is_not_collected_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_sent_events, "MAX_EVENT_BYTES", 100)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        list(ServerSentEvents().feed(b"data: " + b"x" * 200))


def test_a_plan_serves_all_batches_up_to_its_picture_and_every_event_counts() -> None:
    ledger = LatencyLedger()
    ledger.posted(3, 10.0, 4)
    ledger.posted(5, 10.5)
    ledger.posted(9, 10.6)
    ledger.planned(2, 10.7)
    assert ledger.samples_s == []
    ledger.planned(6, 11.0)
    assert ledger.samples_s == [1.0, 0.5]
    assert ledger.events_served == 5
    assert ledger.unserved == 1
    ledger.planned(6, 12.0)
    ledger.planned(12, 11.6)
    assert ledger.samples_s == pytest.approx([1.0, 0.5, 1.0])
    assert ledger.unserved == 0
    assert ledger.percentile_ms(50) == pytest.approx(1_000.0)
    assert ledger.percentile_ms(0) == pytest.approx(500.0)


def test_events_no_plan_answers_stay_unserved_and_in_no_sample() -> None:
    ledger = LatencyLedger()
    ledger.posted(9, 1.0, 10)
    ledger.planned(9, 1.02)
    for number in range(990):
        ledger.posted(10 + number, 2.0 + number)
    ledger.posted(1_400, 2_000.0, 401)
    assert ledger.samples_s == pytest.approx([0.02])
    assert ledger.unserved == 990 + 401


def test_a_plan_that_overtakes_the_answer_to_its_batch_still_counts() -> None:
    ledger = LatencyLedger()
    ledger.planned(4, 1.5)
    ledger.planned(8, 2.0)
    ledger.posted(6, 1.0)
    assert ledger.samples_s == [1.0]
    assert ledger.unserved == 0
    assert LatencyLedger().percentile_ms(99) is None


@settings(deadline=None)
@given(
    batches=st.lists(st.tuples(st.integers(1, 5), st.floats(0.001, 1.0)), min_size=1, max_size=40),
    data=st.data(),
)
def test_every_batch_is_served_once_the_last_plan_is_there(
    batches: list[tuple[int, float]], data: st.DataObject
) -> None:
    ledger, offset, now_s, planned = LatencyLedger(), 0, 0.0, -1
    for size, gap_s in batches:
        offset, now_s = offset + size, now_s + gap_s
        ledger.posted(offset, now_s)
        if data.draw(st.booleans()):
            planned = data.draw(st.integers(planned, offset))
            ledger.planned(planned, now_s + 0.5)
    ledger.planned(offset, now_s + 1.0)
    assert ledger.unserved == 0
    assert all(sample >= 0.499 for sample in ledger.samples_s)
    assert len(ledger.samples_s) <= len(batches)


def plan(number: int, offset: int, revision: int = 0, gap: float | None = None) -> ServerSentEvent:
    content = {
        "plan_id": f"p-{number}",
        "revision": revision,
        "picture_offset": offset,
        "picture_time": "2025-06-06T16:00:00Z",
        "moves": [{"move_id": "A1>B", "appliance": "A1", "from_station": "A", "to_station": "B", "rank": 1}],
        "gap": gap,
        "objective": 3.5,
    }
    return ServerSentEvent("plan", json.dumps(content).encode(), None)


def test_watching_counts_plans_once_and_keeps_each_ones_last_gap() -> None:
    watch = PlanWatch()
    for message in (plan(1, 4), plan(1, 4, 1, 0.01), plan(2, 9), plan(2, 9, 1, 0.002), plan(3, 12)):
        watch.take(message)
    assert (watch.plans, watch.gaps, watch.move_ids) == (3, [0.01, 0.002], {"A1>B"})
    assert watch.newest is not None
    assert watch.newest.plan_id == "p-3"


def test_waiting_for_a_plan_ends_with_it_or_with_the_time() -> None:
    async def run() -> tuple[bool, bool]:
        watch = PlanWatch()
        waiting = asyncio.create_task(watch.served(5, 10.0))
        await asyncio.sleep(0)
        watch.take(plan(1, 3))
        await asyncio.sleep(0)
        watch.take(plan(2, 5))
        return await waiting, await watch.served(6, 0.01)

    assert asyncio.run(run()) == (True, False)


def test_a_snapshot_brings_picture_and_plan_and_a_beat_nothing() -> None:
    counts = {"available": 1, "committed": 0, "total": 1, "open_incidents": 0, "moving": 0}
    whole = {"picture": {"counts": counts, "digest": "x"}, "plan": None, "zones": None}
    picture, no_plan = seen(ServerSentEvent("snapshot", json.dumps(whole).encode(), None))
    assert picture is not None
    assert picture.counts.available == 1
    assert no_plan is None
    assert seen(ServerSentEvent("beat", b"{}", None)) == (None, None)
