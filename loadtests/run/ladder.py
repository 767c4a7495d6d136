"""Rates one after the other until the service no longer keeps up: the knee.

Used by the load runs. Every rate is probed for the same time; past the judged ones, what is not kept up with
ends the ladder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.pipeline.busy_day import BusyDay
from loadtests.probe.loop import run
from loadtests.probe.probe import Target, probe
from loadtests.probe.schedule import schedule
from loadtests.run.meter import Meter, stages_between

RATES = (10.0, 100.0, 300.0, 1_000.0, 1_500.0, 2_000.0, 3_000.0, 4_000.0, 6_000.0, 8_000.0)
JUDGED_UP_TO_PER_S = 1_000.0
"""Up to this rate all are measured, also past the knee: a level that is missed is to show."""
KNEE_P99_MS = 500.0
"""Past the knee: the p99 that issue 7 sets at 1,000 events a second."""
PROBE_LATE_MS = 50.0
"""Where the probe itself sends later than this at p99, the rate says nothing of the service."""
LINGER_FROM_PER_S, LINGER_S = 500.0, 0.01
"""From this rate on, events due within ten milliseconds share a post, as a gateway would have it."""
DRAIN_S = 60.0

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Climb:
    """One service under rising rates."""

    target: Target
    meter: Meter
    day: BusyDay
    seconds: float
    seed: int
    senders: int
    say: Callable[[str], None]

    def rate(self, per_s: float, seconds: float | None = None) -> Figures:
        """One rate; the service's own counts stand beside the probe's."""
        linger_s = LINGER_S if per_s >= LINGER_FROM_PER_S else 0.0
        when = schedule(per_s, seconds or self.seconds, self.seed, linger_s=linger_s)
        events = self.day.take(len(when.due_s))
        before = self.meter.settled(DRAIN_S)
        found: Figures = run(probe(self.target, events, when, self.senders))
        lag_at_once = self.meter.read().lag
        after = self.meter.settled(DRAIN_S)
        found |= {
            "folded": after.folded - before.folded,
            "refused": after.refused - before.refused,
            "published": after.plans - before.plans,
            "lag_at_once": lag_at_once,
            "lag_in_the_end": after.lag,
            "stages": stages_between(before, after),
        }
        found["lost"] = max(0, found["events"] - found["folded"])
        found["why_not"] = why_not(found)
        plan = found["plan"]
        self.say(
            f"{per_s:7,g} events/s: p50 {plan.get('p50_ms')}, p99 {plan.get('p99_ms')} ms, lost "
            f"{found['lost']}{', ' + found['why_not'] if found['why_not'] else ''}"
        )
        return found

    def climb(self, rates: Sequence[float] = RATES) -> list[Figures]:
        """All rates that levels judge, then on up to the first that is not kept up with."""
        found: list[Figures] = []
        for per_s in rates:
            if per_s > JUDGED_UP_TO_PER_S and any(one["why_not"] for one in found):
                break
            found.append(self.rate(per_s))
        return found


def why_not(found: Figures) -> str:
    """Why a rate was not kept up with; empty where it was."""
    late_ms = found["sent_late"].get("p99_ms", 0.0)
    if late_ms > PROBE_LATE_MS:
        return f"the probe sent {late_ms:g} ms late at p99: its own limit, or no processor left for it"
    if found["lost"] or found["failed_events"]:
        return f"{found['lost']} events lost, {found['failed_events']} in posts that failed"
    if found["unserved"]:
        return f"{found['unserved']} events without a plan"
    p99_ms = found["plan"].get("p99_ms", float("inf"))
    return f"p99 {p99_ms:g} ms, above {KNEE_P99_MS:g}" if p99_ms > KNEE_P99_MS else ""


def knee(rates: Sequence[Figures]) -> Figures:
    """The last rate kept up with and the first that was not; None where the ladder did not reach it."""
    bad = next((one for one in rates if one["why_not"]), None)
    good = [one["per_s"] for one in rates if bad is None or one["per_s"] < bad["per_s"]]
    return {
        "kept_up_per_s": max(good, default=None),
        "failed_per_s": None if bad is None else bad["per_s"],
        "why": "the ladder ended before the knee" if bad is None else bad["why_not"],
    }
