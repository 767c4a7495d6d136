"""The whole measurement: every part in each repeat, one after the other, so that no part has the better hour.

Called by `python -m loadtests.pipeline`. Only one system runs at a time; results are plain dictionaries.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from loadtests.pipeline import throughput
from loadtests.pipeline.brigade import Brigade, read_brigade
from loadtests.pipeline.busy_day import BusyDay
from loadtests.pipeline.environment import environment, load
from loadtests.pipeline.held_rate import held_rate
from loadtests.pipeline.latency import Arrivals, arrivals, event_to_plan, trips
from loadtests.pipeline.processes import CoverProcess, Servers, await_calm, cover

SEED = 20_260_606
RUN_IN = 600
"""Events before a latency is measured: everybody at home, then enough calls for a busy picture."""

Result = dict[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how much of it.

    Attributes
    ----------
    records
        Of each throughput.
    held_per_s, held_s
        The rate held over HTTP.
    rates_per_s, latency_s
        Open arrivals, and for how long at each rate in each repeat.
    """

    pack: Path
    repeats: int = 3
    records: int = 100_000
    held_per_s: float = 1_000.0
    held_s: float = 60.0
    rates_per_s: tuple[float, ...] = (10.0, 50.0)
    latency_s: float = 20.0


@dataclass(frozen=True, slots=True)
class _Stage:
    """What all parts of the run use."""

    plan: Plan
    brigade: Brigade
    folder: Path
    servers: Servers
    flood: throughput.Flood
    held: list[bytes]
    stops: list[bytes]
    later_s: float
    say: Callable[[str], None]


def run(plan: Plan, say: Callable[[str], None]) -> Result:
    """Measure everything; `say` gets progress lines."""
    brigade = read_brigade(plan.pack)
    parent = Path("var")
    about = environment(parent / "kafka-jars")
    say(f"load before: {about['load_before']}; making the events of area {brigade.area} …")
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pipeline-", dir=parent) as name:
        folder = Path(name)
        day = BusyDay(brigade, SEED)
        events = day.take(2 * plan.records)
        (folder / "events.jsonl").write_bytes(b"\n".join(events) + b"\n")
        held = day.take(int(plan.held_per_s * plan.held_s))
        context = multiprocessing.get_context("spawn")
        with Servers(folder / "servers") as servers, ProcessPoolExecutor(1, context) as producers:
            flood = _flood(servers, brigade, folder, plan, producers)
            stage = _Stage(plan, brigade, folder, servers, flood, held, day.stops(), day.now_s + 3600.0, say)
            repeats = [_repeat(stage, number) for number in range(1, plan.repeats + 1)]
    return {
        "environment": about,
        "area": {
            "id": brigade.area,
            "stations": len(brigade.stations),
            "appliances": len(brigade.appliances),
            "zones": len(brigade.zones_en),
        },
        "plan": {
            "records": plan.records,
            "mean_event_bytes": round(sum(map(len, events)) / len(events), 1),
            "held_per_s": plan.held_per_s,
            "held_s": plan.held_s,
            "rates_per_s": plan.rates_per_s,
            "latency_s": plan.latency_s,
            "repeats": plan.repeats,
            "seed": SEED,
        },
        "repeats": repeats,
    }


def _flood(
    servers: Servers, brigade: Brigade, folder: Path, plan: Plan, producers: Executor
) -> throughput.Flood:
    return throughput.Flood(servers.kafka, brigade.area, folder / "events.jsonl", plan.records, producers)


def _repeat(stage: _Stage, number: int) -> Result:
    began = time.monotonic()
    result: Result = {"repeat": number, "load_before": load()}
    day = BusyDay(stage.brigade, SEED + number, positions=False, begin_s=stage.later_s)
    run_in = day.take(RUN_IN)
    rates = [
        arrivals(day.take(int(per_s * stage.plan.latency_s)), per_s, SEED + number)
        for per_s in stage.plan.rates_per_s
    ]
    stage.say(f"repeat {number}: bare kafka-python, backlog, then while produced …")
    result["bare_backlog"] = throughput.bare_backlog(stage.flood, f"bare{number}.backlog")
    result["bare_live"] = throughput.bare_live(stage.flood, f"bare{number}.live")
    result |= _pipeline(stage, number, run_in, rates)
    stage.say(f"repeat {number}: bare round trips …")
    result["bare_trip"] = trips(stage.servers.kafka, f"bare{number}.trip", rates)
    stage.say(f"repeat {number}: cover serve, latency …")
    words = ["serve", "--region", str(stage.plan.pack), "--port", "0"]
    with cover(words, {}, stage.folder / f"serve{number}.log") as serve:
        serve.await_ready()
        await_calm([serve.pid])
        result["embedded_latency"] = event_to_plan(serve.url, stage.brigade.area, run_in, rates)
    stage.say(f"repeat {number}: done in {time.monotonic() - began:.0f} s")
    return result


def _pipeline(stage: _Stage, number: int, run_in: list[bytes], rates: list[Arrivals]) -> Result:
    """One worker, then an API replica beside it, on topics of this repeat."""
    settings = stage.servers.environment(number)
    topic = stage.servers.topic(number, stage.brigade.area)
    pack, folder = str(stage.plan.pack), stage.folder
    words = ["worker", "--region", pack, "--name", "one", "--port", "0"]
    stage.say(f"repeat {number}: the worker makes its topics, and is stopped …")
    with cover(words, settings, folder / f"worker{number}a.log") as worker:
        worker.await_ready()
    throughput.fill(stage.flood, topic)
    result: Result = {}
    with cover(words, settings, folder / f"worker{number}b.log") as worker:
        stage.say(f"repeat {number}: the worker recovers from a backlog, then folds what is produced …")
        result["pipeline_backlog"] = throughput.pipeline_backlog(stage.flood, worker)
        result["pipeline_live"] = throughput.pipeline_live(stage.flood, topic, worker)
        words = ["api", "--region", pack, "--port", "0"]
        with cover(words, settings, folder / f"api{number}.log") as api:
            api.await_ready()
            await_calm([api.pid, worker.pid])
            result |= _over_http(stage, number, api, worker, run_in, rates)
    return result


def _over_http(
    stage: _Stage,
    number: int,
    api: CoverProcess,
    worker: CoverProcess,
    run_in: list[bytes],
    rates: list[Arrivals],
) -> Result:
    area, per_s = stage.brigade.area, stage.plan.held_per_s
    stage.say(f"repeat {number}: {per_s:g} events/s over HTTP for {stage.plan.held_s:g} s …")
    held = held_rate(api, worker, area, stage.held, per_s)
    stage.say(f"repeat {number}: latency through Kafka and Redis …")
    latency = event_to_plan(api.url, area, stage.stops + run_in, rates)
    return {"held": held, "kafka_latency": latency}
