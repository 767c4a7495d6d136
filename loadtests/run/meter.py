"""What the service's own counters say, of all its processes together.

Used by the load runs before and after each rate. Reads `/metrics`, which costs the service a little.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from loadtests.pipeline.worker_metrics import LAG_WITHIN_S, READ_EVERY_S

PLAN_TYPE = "dynamiccover.cover.plan.v1"
REFUSED = ("cover_dead_letters_total", "cover_duplicates_total", "cover_solve_errors_total")
STAGE_SUM, STAGE_COUNT = "cover_stage_seconds_sum", "cover_stage_seconds_count"


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts since the processes began.

    Attributes
    ----------
    folded
        Events folded, the service's own plans not counted.
    stage_s, stage_n
        Seconds spent in each stage, and how often.
    """

    folded: int
    plans: int
    refused: int
    lag: int
    stage_s: Mapping[str, float]
    stage_n: Mapping[str, int]


def totals(texts: Sequence[str]) -> Totals:
    """The totals of several processes' metrics."""
    found: dict[str, float] = defaultdict(float)
    stage_s: dict[str, float] = defaultdict(float)
    stage_n: dict[str, int] = defaultdict(int)
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == STAGE_SUM:
                    stage_s[sample.labels["stage"]] += sample.value
                elif sample.name == STAGE_COUNT:
                    stage_n[sample.labels["stage"]] += int(sample.value)
                elif sample.labels.get("type") != PLAN_TYPE:
                    found[sample.name] += sample.value
    return Totals(
        folded=int(found["cover_events_total"]),
        plans=int(found["cover_plans_total"]),
        refused=int(sum(found[name] for name in REFUSED)),
        lag=int(found["cover_lag_records"]),
        stage_s=dict(stage_s),
        stage_n=dict(stage_n),
    )


def stages_between(before: Totals, after: Totals) -> dict[str, dict[str, float]]:
    """Each stage's count, seconds and mean in milliseconds between two readings."""
    told = {}
    for stage, n in after.stage_n.items():
        count = n - before.stage_n.get(stage, 0)
        spent_s = after.stage_s[stage] - before.stage_s.get(stage, 0.0)
        if count:
            told[stage] = {
                "count": count,
                "seconds": round(spent_s, 4),
                "mean_ms": round(spent_s / count * 1e3, 3),
            }
    return told


class Meter:
    """Reads all processes of one service."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._clients = [httpx.Client(base_url=url, timeout=30) for url in urls]

    def read(self) -> Totals:
        """Read once."""
        return totals([client.get("/metrics").raise_for_status().text for client in self._clients])

    def settled(self, within_s: float = LAG_WITHIN_S) -> Totals:
        """The reading once nothing is left to fold, or the last one after some seconds."""
        until_s = time.monotonic() + within_s
        now = self.read()
        while now.lag and time.monotonic() < until_s:
            time.sleep(READ_EVERY_S)
            now = self.read()
        return now

    def close(self) -> None:
        """Disconnect."""
        for client in self._clients:
            client.close()
