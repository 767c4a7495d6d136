"""The capacity calculation: its arithmetic on round numbers, and that it takes costs from results only."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.capacity import Costs, Nation, costs_of, main, needs, told

COSTS = Costs(
    worker_s_per_event=0.001,
    api_s_per_event=0.0005,
    bytes_per_event=500.0,
    plans_per_event=0.1,
    worker_mib=256.0,
    worker_areas=1,
    bytes_per_plan=10_000.0,
)
NATION = Nation(
    events_per_day=864.0,
    broker_bytes_per_s=1e6,
    redis_ops_per_s=1_000.0,
    areas=100,
    times=100.0,
    peak=2.0,
    busy=0.5,
    worker_memory_mib=1_024.0,
    redis_ops_per_plan=3.0,
    redis_ops_per_event=0.1,
)
"""Each area has 2 events a second in the busiest hour, all together 200."""


def test_the_arithmetic() -> None:
    found = needs(COSTS, NATION)
    assert found.busiest_area_per_s == pytest.approx(2.0)
    assert found.events_per_s == pytest.approx(200.0)
    assert found.partitions == 200
    assert found.workers_by_processor == 1  # 0.2 of a core
    assert found.workers_by_memory == 25  # 100 areas of 256 MiB in 1 GiB each
    assert found.workers == 25
    assert found.api_replicas == 2
    assert found.brokers == 3  # (200 × 500 + 20 × 10,000) × 3 = 0.9 MB/s; as many as copies
    assert found.redis_servers == 1  # 20 × 3 + 200 × 0.1 = 80 a second
    assert found.fits


def test_more_events_take_more_of_each() -> None:
    found = needs(COSTS, replace(NATION, times=100.0 * 100))
    assert found.workers == found.workers_by_processor == 40  # 20,000 × 1 ms = 20 cores, half used
    assert found.api_replicas == 20
    assert found.brokers == 90
    assert found.redis_servers == 8
    assert needs(COSTS, replace(NATION, times=1e4, core_factor=2.0)).workers_by_processor == 20


def test_one_area_that_is_too_busy_for_one_core_is_said() -> None:
    nation = replace(NATION, times=100.0 * 251)  # 502 events/s × 1 ms
    assert not needs(COSTS, nation).fits
    assert "does not fit" in told(COSTS, nation, needs(COSTS, nation))
    assert needs(COSTS, replace(nation, times=100.0 * 250)).fits


@pytest.mark.parametrize("wrong", [{"busy": 1.5}, {"events_per_day": 0.0}, {"peak": -1.0}])
def test_an_assumption_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(NATION, **wrong)  # type: ignore[arg-type]


def results(**more: Any) -> dict[str, Any]:
    """A run of two seconds: worker one at half a core, worker two idle, two API replicas at a tenth."""
    samples = [
        {"at_s": at_s, "name": name, "cores": cores, "memory_mib": mib, "files": 9}
        for at_s in (1.0, 2.0)
        for name, cores, mib in (
            ("worker 1", 0.5, 300.0 + at_s),
            ("worker 2", 0.0, 100.0),
            ("api 1", 0.1, 90.0),
            ("api 2", 0.1, 90.0),
            ("probe", 0.9, 50.0),
        )
    ]
    held = {"folded": 1_000, "published": 50}
    return {"way": "kafka", "held": held, "held_samples": {"processes": samples}} | more


def test_costs_come_from_the_results() -> None:
    costs = costs_of(results(), bytes_per_event=400.0, bytes_per_plan=8_000.0)
    assert costs.worker_s_per_event == pytest.approx(0.001)
    assert costs.api_s_per_event == pytest.approx(0.0004)
    assert (costs.plans_per_event, costs.worker_mib) == (0.05, 302.0)


@pytest.mark.parametrize(
    "wrong",
    [{"way": "embedded"}, {"held": {"folded": 0, "published": 0}}, {"held": {"folded": 10, "published": 0}}],
)
def test_results_that_say_nothing_of_costs_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"held rate|plans_per_event"):
        costs_of(results(**wrong), 400.0, 8_000.0)


def test_the_command_prints_answer_and_assumptions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kafka.json"
    path.write_text(json.dumps(results()))
    numbers = ["--events-per-day", "20000", "--broker-mb-per-s", "50", "--redis-ops-per-s", "50000"]
    assert main([str(path), *numbers, "--bytes-per-event", "400", "--bytes-per-plan", "8000"]) == 0
    said = capsys.readouterr().out
    assert "375 areas at 100 × today's events" in said
    assert "- worker_s_per_event: 0.001" in said
    assert "- peak: 3" in said
    path.write_text(json.dumps(results(way="embedded")))
    assert main([str(path), *numbers, "--bytes-per-event", "400", "--bytes-per-plan", "8000"]) == 2
