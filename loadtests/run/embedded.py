"""The embedded service under rising rates, everything in one process beside the probe.

Called by `python -m loadtests.run embedded`.
"""

import os

from loadtests.levels import EMBEDDED
from loadtests.pipeline.brigade import read_brigade
from loadtests.pipeline.busy_day import BusyDay
from loadtests.pipeline.processes import await_calm, cover
from loadtests.probe.probe import Target
from loadtests.run.ladder import Climb, knee
from loadtests.run.meter import Meter
from loadtests.run.sampler import Sampler
from loadtests.run.stage_set import SEED, Asked, Figures, Say, ceiling, measured, run_in, size_of

LIKELY_RATES = 8
"""Rates among which the minutes are shared; more of them take longer."""


def run_embedded(asked: Asked, say: Say) -> Figures:
    """Measure it; raw results, and `figures` for the levels."""
    brigade = read_brigade(asked.pack)
    alone = ceiling(asked, brigade, say)
    seconds = asked.minutes * 60 / LIKELY_RATES
    day = BusyDay(brigade, SEED, positions=False)
    words = ["serve", "--region", str(asked.pack), "--port", "0"]
    with cover(words, {}, asked.folder / "serve.log") as serve:
        serve.await_ready()
        run_in(serve.url, brigade.area, day)
        await_calm([serve.pid])
        meter = Meter([serve.url])
        target = Target((serve.url,), serve.url, brigade.area)
        climb = Climb(target, meter, day, seconds, SEED, asked.senders, say)
        with Sampler({"cover serve": serve.pid, "probe": os.getpid()}) as sampler:
            rates = climb.climb()
        meter.close()
    return {
        "way": EMBEDDED,
        "ceiling": alone,
        "rates": rates,
        "knee": knee(rates),
        "samples": sampler.told(),
        "size": size_of(brigade),
        "figures": measured(rates),
    }
