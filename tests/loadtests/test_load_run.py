"""The load runs' own parts: counters read, the knee found, growth told, the page true to the results."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from geo.region_pack import load_region, save_region
from loadtests.levels import EMBEDDED, Measured, Outcome, Size, judge
from loadtests.probe.histogram import LatencyHistogram
from loadtests.run import sampler
from loadtests.run.__main__ import write
from loadtests.run.areas import make_areas
from loadtests.run.ladder import KNEE_P99_MS, PROBE_LATE_MS, Climb, knee, why_not
from loadtests.run.meter import stages_between, totals
from loadtests.run.sampler import Sample, Sampler, summed, thirds
from loadtests.run.stage_set import measured
from services.metrics import Metrics
from tests.services.live import small_region

LONDON = Size(102, 163, 4_900)
PLAN = "dynamiccover.cover.plan.v1"


def metrics(events: int, solve_s: float) -> str:
    from prometheus_client import generate_latest

    made = Metrics()
    made.for_area("a")
    made.events.labels("a", "dynamiccover.appliance.status.v1").inc(events)
    made.events.labels("a", PLAN).inc(99)
    made.plans.labels("a", "optimal").inc(3)
    made.dead_letters.labels("a").inc(1)
    made.lag.labels("a").set(5)
    made.stage.labels("a", "solve").observe(solve_s)
    return generate_latest(made.registry).decode()


def test_counters_of_several_processes_add_up_and_plans_are_no_events() -> None:
    found = totals([metrics(10, 0.5), metrics(20, 0.25)])
    assert (found.folded, found.plans, found.refused, found.lag) == (30, 6, 2, 10)
    assert found.stage_s["solve"] == pytest.approx(0.75)
    assert found.stage_n["solve"] == 2


def test_stages_are_those_between_two_readings() -> None:
    before, after = totals([metrics(1, 0.5)]), totals([metrics(1, 0.5), metrics(1, 0.1)])
    between = stages_between(before, after)
    assert between == {"solve": {"count": 1, "seconds": 0.1, "mean_ms": 100.0}}


def rate(per_s: float, p99_ms: float = 100.0, **more: Any) -> dict[str, Any]:
    waits = LatencyHistogram([p99_ms / 1e3] * 10).figures()
    told: dict[str, Any] = {
        "per_s": per_s,
        "seconds": 60.0,
        "events": 100,
        "lost": 0,
        "unserved": 0,
        "failed_events": 0,
        "plans": 9,
        "plan": waits,
        "oldest": waits,
        "proven": waits | {"never": 0},
        "sent_late": LatencyHistogram([0.001]).figures(),
        "stages": {"solve": {"count": 1, "seconds": 0.1, "mean_ms": 10.0}},
        "by_second": [[0.0, 10.0, 1.0, 2.0, 3.0]],
    } | more
    return told | {"why_not": why_not(told)}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, ""),
        ({"p99_ms": KNEE_P99_MS * 1.1}, "above 500"),
        ({"lost": 1}, "1 events lost"),
        ({"failed_events": 4}, "4 in posts that failed"),
        ({"unserved": 2}, "2 events without a plan"),
        ({"sent_late": LatencyHistogram([2 * PROBE_LATE_MS / 1e3]).figures(), "lost": 5}, "the probe sent"),
    ],
)
def test_why_a_rate_was_not_kept_up_with(more: dict[str, Any], why: str) -> None:
    assert why in (found := rate(100.0, **more)["why_not"])
    assert bool(found) is bool(why)


def test_the_knee_lies_before_the_first_rate_that_failed() -> None:
    rates = [rate(10.0), rate(100.0), rate(300.0, lost=1), rate(1_000.0)]
    found = knee(rates)
    assert (found["kept_up_per_s"], found["failed_per_s"]) == (100.0, 300.0)
    assert knee([rate(10.0)])["failed_per_s"] is None
    assert knee([rate(10.0, lost=1)])["kept_up_per_s"] is None


def test_judged_rates_are_measured_past_the_knee_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Climb, "rate", lambda self, per_s: rate(per_s, lost=int(per_s >= 300)))
    climb = Climb.__new__(Climb)
    assert [one["per_s"] for one in climb.climb()] == [10.0, 100.0, 300.0, 1_000.0]


def test_figures_have_the_names_of_the_levels_and_what_never_came_is_no_low_latency() -> None:
    found = measured([rate(100.0), rate(1_000.0, unserved=50)])
    assert found["plan_p99_ms@100"].value == pytest.approx(100.0, rel=1e-3)
    assert found["plan_p99_ms@1000"].value == float("inf")
    assert found["lost@1000"].value == 50
    outcomes = {one.level.figure: one.outcome for one in judge(found, LONDON, EMBEDDED)}
    assert outcomes["plan_p99_ms@100"] is Outcome.MET
    assert outcomes["plan_p99_ms@1000"] is Outcome.MISSED
    never = measured([rate(10.0) | {"proven": {"p95_ms": 1.0, "never": 50}}])
    assert never["certified_p95_ms"].value == float("inf")


def test_growth_compares_the_last_third_with_the_middle_one() -> None:
    assert thirds([(float(s), 100.0 if s < 6 else 150.0) for s in range(10)]) == (100.0, 150.0)
    assert thirds([])[0] != thirds([])[0]
    samples = [Sample(1.0, "a", 0.1, 10.0, 1), Sample(1.1, "b", 0.1, 20.0, 2), Sample(2.0, "a", 0.1, 99.0, 3)]
    assert summed(samples, ["a", "b"], "memory_mib") == [(1.0, 30.0)]


def test_the_sampler_sees_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "EVERY_S", 0.05)
    with Sampler({"me": os.getpid(), "nobody": 2**22 + 1}, lambda: 7) as seen:
        until = 100
        while not seen.lags and until:
            until -= 1
            seen._stop.wait(0.05)
    assert seen.lags[0][1] == 7
    assert {one.name for one in seen.samples} == {"me"}
    assert seen.samples[0].memory_mib > 10
    assert seen.samples[0].files > 2


def test_areas_are_the_same_pack_under_other_ids(tmp_path: Path) -> None:
    pack = tmp_path / "small"
    save_region(small_region(), pack)
    made = make_areas(pack, tmp_path / "nation", 3)
    regions = [load_region(one) for one in made]
    assert len({region.id for region in regions}) == 3
    assert all(region.stations.ids == small_region().stations.ids for region in regions)
    with pytest.raises(SystemExit, match="not empty"):
        make_areas(pack, tmp_path / "nation", 3)


def test_the_page_holds_verdict_knee_and_plots_and_fetches_nothing(tmp_path: Path) -> None:
    rates = [rate(100.0), rate(1_000.0, p99_ms=700.0)]
    samples = {
        "processes": [{"at_s": 1.0, "name": "serve", "cores": 0.5, "memory_mib": 9.0, "files": 3}],
        "lag": [],
    }
    about = {"cpu": "a <processor>", "cores": 2, "memory_gib": 24, "commit": "abc", "uncommitted_files": 0}
    results = {
        "way": EMBEDDED,
        "environment": about | {"load_before": [0.1]},
        "ceiling": [rate(100.0, p99_ms=1.0)],
        "rates": rates,
        "knee": knee(rates),
        "samples": samples,
    }
    figures = measured(rates)
    write(results, figures, LONDON, judge(figures, LONDON, EMBEDDED), tmp_path / "out.json")
    text = (tmp_path / "out.html").read_text()
    assert text.count("<svg") == 5
    assert "a &lt;processor&gt;" in text
    assert 'class="missed"' in text
    assert "100 events/s was kept up with, 1,000 was not" in text
    assert "src=" not in text
    assert "<script" not in text
    raw = json.loads((tmp_path / "out.json").read_text())
    assert raw["figures"]["plan_p99_ms@1000"] == {"value": pytest.approx(700.0, rel=1e-3), "seconds": 60.0}
    assert Measured(**raw["figures"]["lost@1000"]) == figures["lost@1000"]
