"""Latencies in an HDR histogram: every value counted, three significant digits, nothing averaged away.

Used by the probe and the load runs. A value beyond the range counts as the range's end, and is told.
"""

from collections.abc import Iterable

from hdrh.histogram import HdrHistogram

LEAST_US, MOST_US, DIGITS = 1, 120_000_000, 3
PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)

Figures = dict[str, object]


class LatencyHistogram:
    """Counts of microseconds up to two minutes."""

    def __init__(self, waits_s: Iterable[float] = ()) -> None:
        self._counts = HdrHistogram(LEAST_US, MOST_US, DIGITS)
        self.beyond = 0
        for wait_s in waits_s:
            self.record(wait_s)

    def record(self, wait_s: float) -> None:
        """Count one value, in seconds."""
        wait_us = max(LEAST_US, round(wait_s * 1e6))
        if wait_us > MOST_US:
            self.beyond += 1
            wait_us = MOST_US
        self._counts.record_value(wait_us)

    def at_ms(self, percentile: float) -> float:
        """The value at a percentile in milliseconds; NaN where nothing was counted."""
        if not self.count:
            return float("nan")
        return float(self._counts.get_value_at_percentile(percentile)) / 1e3

    @property
    def count(self) -> int:
        """How many values were counted."""
        return int(self._counts.get_total_count())

    def figures(self) -> Figures:
        """Count, percentiles and the most in milliseconds, and all counts (HdrHistogram V2, base64)."""
        told: Figures = {"count": self.count}
        if self.count:
            told |= {f"p{percentile:g}_ms": round(self.at_ms(percentile), 3) for percentile in PERCENTILES}
            told["max_ms"] = round(float(self._counts.get_max_value()) / 1e3, 3)
            told["hdr_us"] = self._counts.encode().decode()
        return told | ({"beyond_range": self.beyond} if self.beyond else {})


def decoded(hdr_us: str) -> LatencyHistogram:
    """The histogram of raw results."""
    found = LatencyHistogram()
    found._counts.decode_and_add(hdr_us.encode())
    return found
