"""The worker's own counters, read from its `/metrics` while it works.

Used by the throughput measurements. Each reading costs the worker some milliseconds, which count against it.
"""

import re
import time
from dataclasses import dataclass

import httpx

from loadtests.pipeline.bare_kafka import Span

READ_EVERY_S = 0.2
SAMPLE = re.compile(r"^(cover_\w+)(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)
PLAN_TYPE = 'type="dynamiccover.cover.plan.v1"'
LAG_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the worker had done at one instant of the monotonic clock.

    Attributes
    ----------
    folded
        Events folded, its own plans not counted.
    plans
        Plans published, later revisions of a plan included.
    refused
        Dead letters, duplicates and failed solves: all are to be 0.
    """

    at_s: float
    folded: int
    plans: int
    refused: int
    lag: int


class WorkerMetrics:
    """Reads the metrics of one worker that serves one area."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30)

    def read(self) -> Reading:
        """Read once."""
        text = self._client.get("/metrics").text
        at_s = time.monotonic()
        total: dict[str, float] = {}
        for name, labels, value in SAMPLE.findall(text):
            if name != "cover_events_total" or PLAN_TYPE not in labels:
                total[name] = total.get(name, 0.0) + float(value)

        def of(name: str) -> int:
            return int(total.get(f"cover_{name}", 0.0))

        refused = of("dead_letters_total") + of("duplicates_total") + of("solve_errors_total")
        return Reading(at_s, of("events_total"), of("plans_total"), refused, of("lag_records"))

    def follow(self, until_folded: int, within_s: float) -> list[Reading]:
        """Read again and again until so many events are folded.

        Raises
        ------
        TimeoutError
            Where that takes longer than `within_s`.
        """
        readings = [self.read()]
        until_s = readings[0].at_s + within_s
        while readings[-1].folded < until_folded:
            if readings[-1].at_s > until_s:
                raise TimeoutError(f"{readings[-1].folded} of {until_folded} folded in {within_s:g} s")
            time.sleep(READ_EVERY_S)
            readings.append(self.read())
        return readings

    def settled(self) -> Reading:
        """The reading once nothing is left to fold, or the last one after some seconds."""
        reading = self.read()
        until_s = reading.at_s + LAG_WITHIN_S
        while reading.lag and reading.at_s < until_s:
            time.sleep(READ_EVERY_S)
            reading = self.read()
        return reading

    def close(self) -> None:
        """Disconnect."""
        self._client.close()


def folding_span(readings: list[Reading]) -> Span:
    """The span of the folding itself: from the last reading before the first event was folded to the first
    reading with all of them. So it is never shorter than the truth, and longer by two readings at most."""
    before = max(n for n, reading in enumerate(readings) if reading.folded == readings[0].folded)
    last = next(n for n, reading in enumerate(readings) if reading.folded == readings[-1].folded)
    count = readings[last].folded - readings[before].folded
    return Span(count, readings[before].at_s, readings[last].at_s)
