"""The probe: instants, what covers what, histograms; and all of it against a service that does nothing."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from loadtests.pipeline.http_lanes import HttpLanes
from loadtests.probe.audience import Pushes, audience, push_figures
from loadtests.probe.histogram import LatencyHistogram, decoded
from loadtests.probe.null_service import started
from loadtests.probe.plans_heard import Heard, PlansHeard
from loadtests.probe.probe import Target, figures, probe
from loadtests.probe.schedule import EVEN, Schedule, schedule
from loadtests.probe.sender import Sent
from loadtests.probe.trace import trace

EVENT = b'{"specversion":"1.0"}'


def test_poisson_arrivals_have_the_rate_and_the_spread_and_come_from_the_seed() -> None:
    when = schedule(200.0, 50.0, seed=3)
    gaps = np.diff(when.due_s)
    assert len(when.due_s) == pytest.approx(10_000, rel=0.05)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.1)
    assert when == schedule(200.0, 50.0, seed=3) != schedule(200.0, 50.0, seed=4)


def test_even_arrivals_are_even() -> None:
    assert schedule(4.0, 1.0, seed=0, arrivals=EVEN).due_s == (0.0, 0.25, 0.5, 0.75)


@pytest.mark.parametrize("wrong", [{"per_s": 0.0}, {"seconds": -1.0}, {"arrivals": "all at once"}])
def test_a_schedule_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    given: dict[str, object] = {"per_s": 1.0, "seconds": 1.0, "seed": 0}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        schedule(**(given | wrong))  # type: ignore[arg-type]


def test_events_due_near_each_other_share_a_post_and_no_event_is_left_out() -> None:
    when = Schedule(1.0, 1.0, EVEN, (0.0, 0.004, 0.009, 0.011, 0.5), linger_s=0.01)
    assert list(when.posts()) == [(0, 3), (3, 4), (4, 5)]
    alone = Schedule(1.0, 1.0, EVEN, (0.0, 0.0, 0.1))
    assert list(alone.posts()) == [(0, 1), (1, 2), (2, 3)]
    assert list(Schedule(1.0, 1.0, EVEN, ()).posts()) == []


def post(due_s: tuple[float, ...], last_offset: int, error: str = "") -> Sent:
    return Sent(due_s, due_s[-1], due_s[-1] + 0.001, 0 if error else len(due_s), last_offset, error)


def test_an_event_waits_for_the_first_plan_that_knows_it_and_the_oldest_is_told() -> None:
    sent = [post((1.0, 1.1), 4), post((1.2,), 5), post((2.0,), 6), post((3.0,), 7), post((3.1,), -1, "503")]
    plans = [
        Heard(3, 0.0, 0.9),  # knows nothing of it
        Heard(5, 0.5, 1.5),
        Heard(5, 0.0, 1.8),  # the same plan, proven
        Heard(4, 0.0, 1.9),  # an older one, late
        Heard(6, float("nan"), 2.25),
    ]
    found = trace(sent, plans)
    assert found.waits_s[:4] == pytest.approx([0.5, 0.4, 0.3, 0.25])
    assert found.unserved == 1
    assert np.isnan(found.waits_s[4])
    assert found.oldest_s == pytest.approx([0.5, 0.25])
    assert found.proven_s[:3] == pytest.approx([0.8, 0.7, 0.6])
    assert np.isnan(found.proven_s[3:]).all()
    told = figures(Schedule(1.0, 3.0, EVEN, (0.0,) * 6), sent, found)
    assert (told["accepted"], told["failed_events"], told["unserved"], told["plans"]) == (5, 1, 1, 2)
    assert told["errors"] == {"503": 1}


def test_with_no_plan_at_all_everything_is_unserved() -> None:
    found = trace([post((1.0,), 4)], [])
    assert found.unserved == 1
    assert len(found.oldest_s) == 0


def test_percentiles_hold_to_three_digits_and_come_back_from_the_raw_results() -> None:
    waits_s = [n / 1e4 for n in range(1, 10_001)]
    counts = LatencyHistogram(waits_s)
    for percentile in (50, 99):
        assert counts.at_ms(percentile) == pytest.approx(np.percentile(waits_s, percentile) * 1e3, rel=1e-3)
    again = decoded(str(counts.figures()["hdr_us"]))
    assert (again.count, again.at_ms(99)) == (10_000, counts.at_ms(99))


def test_a_wait_beyond_the_range_is_told_and_not_dropped() -> None:
    counts = LatencyHistogram([0.001, 500.0])
    assert counts.figures()["beyond_range"] == 1
    assert counts.count == 2
    assert LatencyHistogram().figures() == {"count": 0}


def test_a_console_reads_offset_and_gap_of_plans_and_of_the_snapshot() -> None:
    console = PlansHeard(HttpLanes("http://127.0.0.1:1", 1, 1.0), "small")
    console.take(b'event: snapshot\nid: 1\ndata: {"plan":{"picture_offset":4,"gap":null,"moves":[]}}', 1.0)
    console.take(b'id: 2\nevent: picture\ndata: {"offset":9}', 2.0)
    console.take(b'id: 3\nevent: plan\ndata: {"picture_offset":7,"gap":0.0005}', 3.0)
    console.take(b'event: snapshot\ndata: {"plan":null}', 4.0)
    assert [(plan.offset, plan.at_s) for plan in console.plans] == [(4, 1.0), (7, 3.0)]
    assert np.isnan(console.plans[0].gap)
    assert console.plans[1].gap == 0.0005
    assert console.snapshots == 2


def against_nothing(work: Callable[[str], Awaitable[dict[str, object]]]) -> dict[str, object]:
    async def whole() -> dict[str, object]:
        server, url = await started(0, plan_bytes=100)
        async with server:
            return await work(url)

    return asyncio.run(whole())


def test_the_probe_loses_nothing_against_a_service_that_does_nothing() -> None:
    when = schedule(200.0, 0.5, seed=1, linger_s=0.01)
    events = [EVENT] * len(when.due_s)
    found = against_nothing(lambda url: probe(Target((url, url), url, "small"), events, when))
    assert found["accepted"] == found["events"] == len(events)
    assert (found["failed_events"], found["unserved"]) == (0, 0)
    assert 0 < len(list(when.posts())) == found["posts"]
    assert 0 < int(str(found["plans"])) <= int(str(found["posts"]))


def test_waiting_for_a_service_that_stalls_counts_from_when_events_were_due() -> None:
    """No coordinated omission: one stall of 0.4 s is felt by all that came due meanwhile."""

    async def stalled(url: str) -> dict[str, object]:
        loop = asyncio.get_running_loop()
        loop.call_later(0.4, time.sleep, 0.4)  # sender and service share this loop
        return await probe(Target((url,), url, "small"), [EVENT] * 60, schedule(100.0, 0.6, 1, EVEN))

    rows = against_nothing(stalled)["by_second"]
    assert isinstance(rows, list)
    most_ms = max(row[4] for row in rows)
    assert most_ms > 350
    assert statistics.mean(row[2] for row in rows) > 100


def test_too_few_events_are_refused() -> None:
    with pytest.raises(ValueError, match="0 events for"):
        asyncio.run(probe(Target(("x",), "x", "a"), [], schedule(10.0, 1.0, 1, EVEN)))


def test_an_audience_counts_broken_consoles_and_every_push() -> None:
    heard = push_figures([Pushes((0.01, 0.02), (1, 1), 0), Pushes((0.03,), (1, 0), 1, "refused")], 0.5)
    assert (heard["consoles"], heard["broken"], heard["first_error"]) == (4, 1, "refused")
    assert (heard["plans_least"], heard["plans_per_s_least"]) == (0, 0.0)
    push = heard["push"]
    assert isinstance(push, dict)
    assert push["count"] == 3


def test_an_audience_hears_what_is_pushed() -> None:
    async def listened(url: str) -> dict[str, object]:
        hearing = asyncio.create_task(asyncio.to_thread(audience, [url], "small", 3, 1.0))
        async with HttpLanes(url, 1, 5.0) as lanes:
            while not hearing.done():
                await lanes.post("/api/v1/areas/small/events", EVENT, "application/cloudevents+json")
                await asyncio.sleep(0.1)
        return push_figures([await hearing], 1.0)

    heard = against_nothing(listened)
    assert (heard["consoles"], heard["broken"]) == (3, 0)
    assert int(str(heard["plans_least"])) >= 1
