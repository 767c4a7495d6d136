"""What a replay of several areas found: one report each, and the totals.

Filled by the joint replay, shown by `cover replay`. Never measures anything itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from services.feed.replay_report import ReplayReport


@dataclass(frozen=True, slots=True)
class JointReport:
    """The reports of all areas, by area id.

    Attributes
    ----------
    simulated_days
        Days of the density, over all areas together.
    skipped_outside_regions
        Recorded calls that lie in the zones of none.
    duration_s
        Real seconds from the first connection to the last area's end.
    """

    areas: Mapping[str, ReplayReport]
    simulated_days: int
    skipped_outside_regions: int
    duration_s: float

    @property
    def failures(self) -> list[str]:
        """What must not have happened and did, with the area's id before it."""
        return [f"area {area}: {text}" for area, report in self.areas.items() for text in report.failures]

    def total(self) -> dict[str, Any]:
        """Return the totals: sums over the areas; of the 99th percentiles the highest."""
        reports = list(self.areas.values())
        slowest = [r.event_to_plan_p99_ms for r in reports if r.event_to_plan_p99_ms is not None]
        summed = {
            name: sum(getattr(report, name) for report in reports)
            for name in (
                "incidents",
                "events",
                "duplicates",
                "plans",
                "moves_accepted",
                "moves_carried_out",
                "events_unserved",
                "dead_letters",
                "incidents_left_open",
                "retries",
            )
        }
        return {
            "areas": len(reports),
            "simulated_days": self.simulated_days,
            "skipped_outside_regions": self.skipped_outside_regions,
            **summed,
            "highest_event_to_plan_p99_ms": max(slowest, default=None),
            "duration_s": round(self.duration_s, 3),
            "events_per_s": round(summed["events"] / max(self.duration_s, 1e-9), 1),
            "failures": self.failures,
        }

    def to_json(self) -> bytes:
        """Return the reports and the totals as indented JSON."""
        areas = {area: asdict(report) for area, report in self.areas.items()}
        content = {"areas": areas, "total": self.total()}
        return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"

    def lines(self) -> Iterator[str]:
        """Yield the reports line by line, the totals last."""
        for area, report in self.areas.items():
            yield f"area {area}"
            yield from (f"  {line}" for line in report.lines())
        total = self.total()
        p99_ms = total["highest_event_to_plan_p99_ms"]
        slowest = "–" if p99_ms is None else f"{p99_ms:.1f}"
        yield f"all {total['areas']} areas"
        yield f"  incidents            {total['incidents']} in {total['simulated_days']} simulated days"
        yield (
            f"  events               {total['events']} ({total['events_per_s']:.0f} /s over "
            f"{self.duration_s:.0f} s)"
        )
        yield f"  plans                {total['plans']}"
        yield f"  event to plan        p99 {slowest} ms in the slowest area"
        yield f"  events unserved      {total['events_unserved']}"
        yield f"  requests repeated    {total['retries']}"
        yield f"  dead letters         {total['dead_letters']}"
        yield f"  incidents left open  {total['incidents_left_open']}"
