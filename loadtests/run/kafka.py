"""The service on a real Kafka and Redis: two workers, two API replicas, everything on this machine.

Called by `python -m loadtests.run kafka`. Posts go to both replicas in turn; plans are heard at the second.
"""

import contextlib
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from loadtests.levels import KAFKA, Measured
from loadtests.pipeline.brigade import read_brigade
from loadtests.pipeline.busy_day import BusyDay
from loadtests.pipeline.latency import arrivals, trips
from loadtests.pipeline.processes import CoverProcess, Servers, await_calm, cover
from loadtests.probe.audience import CONNECT_S, audience, push_figures
from loadtests.probe.probe import Target
from loadtests.run.ladder import Climb, knee
from loadtests.run.meter import Meter
from loadtests.run.sampler import Sampler, summed, thirds
from loadtests.run.stage_set import SEED, Asked, Figures, Say, ceiling, measured, run_in, size_of

LADDER_PART, HELD_PART, CONSOLES_PART, BARE_PART = 0.45, 0.40, 0.10, 0.05
"""How the minutes are shared."""
LIKELY_RATES = 6
HELD_PER_S, BARE_PER_S = 1_000.0, 100.0
BESIDE_PER_S = 3.0
"""Events while consoles listen: the level asks for two plans a second, and some events share one."""
AUDIENCES = 2
"""Processes that hold the consoles."""


@dataclass(frozen=True, slots=True)
class _Deployment:
    workers: tuple[CoverProcess, ...]
    apis: tuple[CoverProcess, ...]

    @property
    def pids(self) -> dict[str, int]:
        told = {f"worker {n}": one.pid for n, one in enumerate(self.workers, 1)}
        return told | {f"api {n}": one.pid for n, one in enumerate(self.apis, 1)}

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(api.url for api in self.apis)


def run_kafka(asked: Asked, say: Say) -> Figures:
    """Measure it; raw results, and `figures` for the levels."""
    brigade = read_brigade(asked.pack)
    alone = ceiling(asked, brigade, say)
    day = BusyDay(brigade, SEED, positions=False)
    second = asked.minutes * 60
    with Servers(asked.folder / "servers") as servers, contextlib.ExitStack() as stack:
        say(f"bare broker, {BARE_PER_S:g} records/s …")
        bare_day = BusyDay(brigade, SEED + 1, positions=False)
        bare = arrivals(bare_day.take(max(1, int(BARE_PER_S * second * BARE_PART))), BARE_PER_S, SEED)
        bare_trip = trips(servers.kafka, "load.bare", [bare])
        deployment = _deployment(asked, servers.environment(1), stack)
        run_in(deployment.urls[0], brigade.area, day)
        await_calm(list(deployment.pids.values()))
        meter = Meter([one.url for one in deployment.workers])
        target = Target(deployment.urls, deployment.urls[-1], brigade.area)
        climb = Climb(target, meter, day, second * LADDER_PART / LIKELY_RATES, SEED, asked.senders, say)
        pids = deployment.pids | {"probe": os.getpid()}
        with Sampler(pids, lambda: meter_lag(deployment)) as sampler:
            rates = climb.climb()
        say(f"{HELD_PER_S:,g} events/s held …")
        with Sampler(pids, lambda: meter_lag(deployment)) as held_sampler:
            held = climb.rate(HELD_PER_S, second * HELD_PART)
        say(f"{asked.consoles} consoles …")
        pushes = _consoles(asked, deployment, brigade.area, climb, second * CONSOLES_PART)
        meter.close()
    memory = thirds(summed(held_sampler.samples, list(deployment.pids), "memory_mib"))
    figures = measured([*rates, held])
    figures["held_memory_growth"] = Measured(memory[1] / memory[0], held["seconds"])
    figures["push_p99_ms@500"] = Measured(
        pushes["push"].get("p99_ms", float("nan")) if pushes["consoles"] >= 500 else float("nan"),
        pushes["seconds"],
    )
    figures["push_plans_per_s@500"] = Measured(pushes["plans_per_s_least"], pushes["seconds"])
    return {
        "way": KAFKA,
        "ceiling": alone,
        "bare_trip": bare_trip,
        "rates": rates,
        "held": held,
        "consoles": pushes,
        "knee": knee(rates),
        "samples": sampler.told(),
        "held_samples": held_sampler.told(),
        "ratio_to_bare_p99": _ratio(rates, bare_trip),
        "size": size_of(brigade),
        "figures": figures,
    }


def meter_lag(deployment: _Deployment) -> int:
    """Records that no worker has folded yet."""
    meter = Meter([worker.url for worker in deployment.workers])
    try:
        return meter.read().lag
    finally:
        meter.close()


def _deployment(asked: Asked, settings: dict[str, str], stack: contextlib.ExitStack) -> _Deployment:
    settings = settings | {"COVER_MAX_CONSOLES": str(asked.consoles + 10)}
    pack = str(asked.pack)
    workers = tuple(
        stack.enter_context(
            cover(
                ["worker", "--region", pack, "--name", name, "--port", "0"],
                settings,
                asked.folder / f"worker-{name}.log",
            )
        )
        for name in ("one", "two")
    )
    apis = tuple(
        stack.enter_context(
            cover(["api", "--region", pack, "--port", "0"], settings, asked.folder / f"api-{name}.log")
        )
        for name in ("one", "two")
    )
    for api in apis:
        api.await_ready()
    return _Deployment(workers, apis)


def _consoles(asked: Asked, deployment: _Deployment, area: str, climb: Climb, listen_s: float) -> Figures:
    """Consoles at both replicas, while enough events come that each has two plans a second."""
    context = multiprocessing.get_context("spawn")
    each = asked.consoles // AUDIENCES
    counts = [each] * (AUDIENCES - 1) + [asked.consoles - each * (AUDIENCES - 1)]
    with ProcessPoolExecutor(AUDIENCES, context) as pool:
        hearing = [pool.submit(audience, deployment.urls, area, count, listen_s) for count in counts]
        until_s = time.monotonic() + CONNECT_S + listen_s
        beside = []
        while not all(one.done() for one in hearing) and time.monotonic() < until_s + CONNECT_S:
            beside.append(climb.rate(BESIDE_PER_S, max(3.0, listen_s / 4)))
        heard = [one.result() for one in hearing]
    told: Figures = push_figures(heard, listen_s)
    return told | {"events_per_s": BESIDE_PER_S, "beside": beside}


def _ratio(rates: list[Figures], bare_trip: Figures) -> float | None:
    """Event to plan over the bare broker's round trip, both p99 at 100 events/s of this run."""
    ours = next((one["plan"].get("p99_ms") for one in rates if one["per_s"] == BARE_PER_S), None)
    bare = bare_trip.get(f"{BARE_PER_S:g}", {}).get("p99_ms")
    return round(ours / bare, 2) if ours and bare else None
