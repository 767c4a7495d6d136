"""The pipeline measurement: its events are valid, clocks and counts are read right, its summary is true."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from geo.region_pack import save_region
from loadtests.pipeline.brigade import Brigade, read_brigade
from loadtests.pipeline.busy_day import BusyDay, batches
from loadtests.pipeline.console import Console, Posted
from loadtests.pipeline.http_lanes import HttpLanes
from loadtests.pipeline.latency import arrivals
from loadtests.pipeline.report import report
from loadtests.pipeline.worker_metrics import Reading, folding_span
from services.event_check import EventCheck
from streams import codec
from streams.events import AppliancePosition
from tests.services.live import small_region

REGION = small_region()


@pytest.fixture(scope="module")
def brigade(tmp_path_factory: pytest.TempPathFactory) -> Brigade:
    pack = tmp_path_factory.mktemp("packs") / "small"
    save_region(REGION, pack)
    return read_brigade(pack)


def test_a_folder_without_a_pack_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no region pack"):
        read_brigade(tmp_path)


def test_the_stream_is_valid_and_in_order(brigade: Brigade) -> None:
    day = BusyDay(brigade, 7)
    events = [codec.decode(payload) for payload in [*day.take(2_000), *day.stops()]]
    check, as_of = EventCheck(REGION), datetime(2000, 1, 1, tzinfo=UTC)
    for event in events:
        check.content(event, as_of)
        assert event.time >= as_of
        as_of = event.time
    assert len({event.id for event in events}) == len(events)
    assert len({event.type for event in events}) == 4


def test_the_same_seed_gives_the_same_bytes(brigade: Brigade) -> None:
    assert BusyDay(brigade, 7).take(500) == BusyDay(brigade, 7).take(500)
    assert BusyDay(brigade, 7).take(500) != BusyDay(brigade, 8).take(500)
    in_pieces = BusyDay(brigade, 7)
    assert in_pieces.take(123) + in_pieces.take(377) == BusyDay(brigade, 7).take(500)


def test_a_stream_without_positions_calls_for_a_plan_with_each_event(brigade: Brigade) -> None:
    events = map(codec.decode, BusyDay(brigade, 7, positions=False, begin_s=3600.0).take(500))
    assert not any(isinstance(event.data, AppliancePosition) for event in events)


def test_batches_hold_every_event_once(brigade: Brigade) -> None:
    events = BusyDay(brigade, 7).take(25)
    bodies = list(batches(events, 10))
    assert [event for body in bodies for event in codec.split_batch(body, 10)] == events
    assert len(bodies) == 3


def test_arrivals_are_in_order_and_of_the_rate() -> None:
    due_s = arrivals([b""] * 2_000, 50.0, 1).due_s
    assert due_s == sorted(due_s)
    assert due_s[-1] == pytest.approx(40.0, rel=0.1)
    assert arrivals([b""] * 2_000, 50.0, 1).due_s == due_s


def test_the_span_of_folding_begins_before_the_first_and_ends_with_the_last() -> None:
    counts = [5, 5, 5, 30, 80, 105, 105]
    readings = [Reading(float(second), count, 0, 0, 0) for second, count in enumerate(counts)]
    span = folding_span(readings)
    assert (span.records, span.began_s, span.ended_s) == (100, 2.0, 5.0)


def test_a_console_hears_plans_however_the_bytes_are_cut() -> None:
    wire = (
        b"retry: 1000\n\n"
        b'id: 1\nevent: snapshot\ndata: {"plan":{"picture_offset":4}}\n\n'
        b'id: 2\nevent: picture\ndata: {"offset":9}\n\n'
        b'id: 3\nevent: plan\ndata: {"picture_offset":7}\n\n'
        b'id: 4\nevent: plan\ndata: {"picture_offset":7,"revision":1}\n\n'
    )
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer += b"".join(
        b"%x\r\n%b\r\n" % (len(wire[i : i + 11]), wire[i : i + 11]) for i in range(0, len(wire), 11)
    )
    answer += b"0\r\n\r\n"

    async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def heard() -> Console:
        server = await asyncio.start_server(answers, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, HttpLanes(f"http://127.0.0.1:{port}", 1, 5.0) as lanes:
            console = Console(lanes, "small")
            with pytest.raises(ConnectionError, match="ended the live stream"):
                await console.listen()
            return console

    console = asyncio.run(heard())
    assert (console.messages, console.snapshots) == (5, 1)
    first, second = Posted(0.0, 0.0, 0.0, 1, 3), Posted(0.0, 0.0, 0.0, 1, 6)
    waits = console.wait_s(first), console.wait_s(second)
    assert waits[0] is not None and waits[1] is not None and waits[0] <= waits[1]
    assert console.wait_s(Posted(0.0, 0.0, 0.0, 1, 8)) is None
    assert console.wait_s(Posted(0.0, 0.0, 0.0, 0, -1, "refused")) is None


def test_the_summary_tells_what_was_missed() -> None:
    missed = report(results(folded_per_s=400.0, folded=990, ms=350.0))
    assert "| 40% (40% to 40%) | **no** |" in missed
    assert "| 1,000 | 1,000 | 990 | 10 |" in missed
    assert "p99 ≤ 300 | **no** |" in missed
    met = report(results(folded_per_s=1_600.0, folded=1_000, ms=50.0))
    assert "**no**" not in met


def results(folded_per_s: float, folded: int, ms: float) -> dict[str, Any]:
    """Raw results of one repeat."""
    bare = {"produced_per_s": 2e3, "consumed_per_s": 1e3, "cpu_us_per_record": 10.0}
    ours = {"folded_per_s": folded_per_s, "plans_meanwhile": 3, "cpu_us_per_record": 40.0, "refused": 0}
    ours["lag_in_the_end"] = 0
    waits: dict[str, Any] = {"p99_ms": ms, "samples_ms": [ms] * 10, "unserved": 0}
    held: dict[str, Any] = waits | {
        "posted": 1_000,
        "accepted": 1_000,
        "folded": folded,
        "refused": 0,
        "failed": 0,
    }
    held |= {"lag_at_once": 0, "lag_in_the_end": 0, "plans": 9, "seconds": 1.0}
    held |= {"post_answered": {"p99_ms": 5.0}, "worker_cpu_s": 0.5, "api_cpu_s": 0.5}
    repeat: dict[str, Any] = dict.fromkeys(("bare_backlog", "bare_live"), bare)
    repeat |= dict.fromkeys(("pipeline_backlog", "pipeline_live"), ours)
    repeat |= {name: {"10": waits} for name in ("bare_trip", "kafka_latency", "embedded_latency")}
    about = {
        "cpu": "a processor",
        "cores": 2,
        "memory_gib": 8.0,
        "python": "3.11",
        "broker": "kafka",
        "redis_server": "7",
        "commit": "abc",
        "uncommitted_files": 0,
        "load_before": [0.1, 0.1, 0.1],
        "libraries": {"kafka-python": "3", "crc32c": "2"},
    }
    return {
        "environment": about,
        "area": {"id": "small", "stations": 2, "appliances": 3, "zones": 4},
        "plan": {"mean_event_bytes": 300.0, "repeats": 1, "rates_per_s": (10.0,)},
        "repeats": [repeat | {"held": held}],
    }
