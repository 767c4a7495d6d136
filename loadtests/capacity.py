"""What a national service needs: partitions, workers, API replicas, brokers, Redis, from measured costs.

`python -m loadtests.capacity var/load/kafka.json …` reads what a load run on Kafka and Redis has measured.
Holds no measured value of its own: what is not in the results has to be given, and what is assumed is printed
with the answer. Measures nothing.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

BRIGADES, COUNCILS, TIMES = 45, 330, 100.0
TOPICS_AN_AREA = 2
"""Events and dead letters, of one partition each (docs/asyncapi.yaml)."""
EXAMPLE = """\
Example:
  python -m loadtests.capacity var/load/kafka.json --events-per-day N --broker-mb-per-s N \\
    --redis-ops-per-s N --bytes-per-event N --bytes-per-plan N

The numbers are the reader's: events a day of one area today, what one broker and one Redis sustain on the
hardware in question, and the sizes of records.
"""


@dataclass(frozen=True, slots=True)
class Costs:
    """Measured on this machine by a load run; each is to be above 0.

    Attributes
    ----------
    worker_s_per_event, api_s_per_event
        Processor seconds.
    bytes_per_event
        On the wire into the log.
    plans_per_event
        Plans published for each event at the measured rate.
    worker_mib, worker_areas
        Memory of a worker, and how many areas it had then.
    """

    worker_s_per_event: float
    api_s_per_event: float
    bytes_per_event: float
    plans_per_event: float
    worker_mib: float
    worker_areas: int
    bytes_per_plan: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} is {value!r}; a measured cost is above 0")


@dataclass(frozen=True, slots=True)
class Nation:
    """What is to be served, and on what.

    Attributes
    ----------
    events_per_day
        Of one area on an ordinary day today.
    times
        How much more is to be borne.
    peak
        Busiest hour over the day's mean.
    busy
        Share of a core that may be used, so that latency stays what it was measured at.
    copies
        Of each record in the log.
    broker_bytes_per_s, redis_ops_per_s
        What one broker and one Redis sustain on the hardware in question.
    core_factor
        Speed of one of its cores over one of the measured machine's.
    """

    events_per_day: float
    broker_bytes_per_s: float
    redis_ops_per_s: float
    areas: int = BRIGADES + COUNCILS
    times: float = TIMES
    peak: float = 3.0
    busy: float = 0.6
    copies: int = 3
    cores_a_worker: float = 1.0
    worker_memory_mib: float = 4_096.0
    core_factor: float = 1.0
    redis_ops_per_plan: float = 3.0
    redis_ops_per_event: float = 0.01

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} is {value!r}; it is to be above 0")
        if self.busy > 1:
            raise ValueError(f"busy is {self.busy:g}; it is a share of a core, at most 1")


@dataclass(frozen=True, slots=True)
class Needs:
    """What it takes."""

    events_per_s: float
    busiest_area_per_s: float
    partitions: int
    workers: int
    workers_by_processor: int
    workers_by_memory: int
    api_replicas: int
    brokers: int
    redis_servers: int
    area_share_of_a_core: float
    fits: bool


def needs(costs: Costs, nation: Nation) -> Needs:
    """The calculation; see `assumptions` for what it takes for granted.

    `fits` is False where a single area needs more than the share of a core that it may use: one area is one
    worker's, so no number of workers helps.
    """
    area_per_s = nation.events_per_day * nation.times * nation.peak / 86_400
    all_per_s = area_per_s * nation.areas
    worker_cores = all_per_s * costs.worker_s_per_event / nation.core_factor
    api_cores = all_per_s * costs.api_s_per_event / nation.core_factor
    by_processor = math.ceil(worker_cores / (nation.busy * nation.cores_a_worker))
    by_memory = math.ceil(nation.areas * costs.worker_mib / costs.worker_areas / nation.worker_memory_mib)
    plans_per_s = all_per_s * costs.plans_per_event
    log_bytes_per_s = (all_per_s * costs.bytes_per_event + plans_per_s * costs.bytes_per_plan) * nation.copies
    redis_ops = plans_per_s * nation.redis_ops_per_plan + all_per_s * nation.redis_ops_per_event
    share = area_per_s * costs.worker_s_per_event / nation.core_factor
    return Needs(
        events_per_s=all_per_s,
        busiest_area_per_s=area_per_s,
        partitions=nation.areas * TOPICS_AN_AREA,
        workers=max(by_processor, by_memory, 2),
        workers_by_processor=by_processor,
        workers_by_memory=by_memory,
        api_replicas=max(2, math.ceil(api_cores / nation.busy)),
        brokers=max(nation.copies, math.ceil(log_bytes_per_s / nation.broker_bytes_per_s)),
        redis_servers=max(1, math.ceil(redis_ops / nation.redis_ops_per_s)),
        area_share_of_a_core=share,
        fits=share <= nation.busy,
    )


def costs_of(results: Mapping[str, Any], bytes_per_event: float, bytes_per_plan: float) -> Costs:
    """The costs from the raw results of `python -m loadtests.run kafka`: of its held rate.

    Raises
    ------
    ValueError
        Where the results are of another run, or hold no such part.
    """
    if results.get("way") != "kafka" or "held" not in results:
        raise ValueError("not the results of `python -m loadtests.run kafka`: they hold no held rate")
    held, samples = results["held"], results["held_samples"]["processes"]
    if not held["folded"]:
        raise ValueError("no event was folded at the held rate; it says nothing of costs")
    workers = _names(samples, "worker")
    return Costs(
        worker_s_per_event=_cpu_s(samples, "worker") / held["folded"],
        api_s_per_event=_cpu_s(samples, "api") / held["folded"],
        bytes_per_event=bytes_per_event,
        plans_per_event=held["published"] / held["folded"],
        # One area is one worker's: the largest is the one that had it.
        worker_mib=max(one["memory_mib"] for one in samples if one["name"] in workers),
        worker_areas=1,
        bytes_per_plan=bytes_per_plan,
    )


def _names(samples: Sequence[Mapping[str, Any]], kind: str) -> set[str]:
    return {one["name"] for one in samples if one["name"].startswith(kind)}


def _cpu_s(samples: Sequence[Mapping[str, Any]], kind: str) -> float:
    """Processor seconds of all processes of a kind: shares over the time between samples."""
    total = 0.0
    for name in _names(samples, kind):
        mine = sorted((one for one in samples if one["name"] == name), key=lambda one: float(one["at_s"]))
        before_s = 0.0
        for one in mine:
            total += one["cores"] * (one["at_s"] - before_s)
            before_s = one["at_s"]
    return total


def told(costs: Costs, nation: Nation, answer: Needs) -> str:
    """The answer with everything it rests on, as Markdown."""
    fit = (
        "One area fits on one worker."
        if answer.fits
        else "**One area does not fit on one worker**: more workers do not help, a faster core does."
    )
    lines = [
        f"{nation.areas} areas at {nation.times:g} × today's events: {answer.events_per_s:,.0f} events/s in "
        f"the busiest hour, {answer.busiest_area_per_s:,.1f} of one area. {fit}",
        "",
        "| part | number | why |",
        "|---|---|---|",
        f"| partitions | {answer.partitions:,} | {TOPICS_AN_AREA} an area: order is kept within one |",
        f"| workers | {answer.workers:,} | {answer.workers_by_processor:,} by processor, "
        f"{answer.workers_by_memory:,} by memory, at least 2 |",
        f"| API replicas | {answer.api_replicas:,} | by processor, at least 2; consoles not counted |",
        f"| brokers | {answer.brokers:,} | {nation.copies} copies; bytes written |",
        f"| Redis | {answer.redis_servers:,} | by operations; a replica for each comes on top |",
        "",
        "Measured (given by the results file):",
        *(f"- {field.name}: {getattr(costs, field.name):,.6g}" for field in fields(costs)),
        "",
        "Assumed (given by the reader, or by default):",
        *(f"- {field.name}: {getattr(nation, field.name):,.6g}" for field in fields(nation)),
        "- every area is as busy as every other, and all have their busiest hour together",
        "- a council's event costs what a brigade's does",
        "- costs an event are those at the held rate; at lower rates fewer events share a plan",
        "- the measured machine ran broker, Redis and probe beside the service on the same cores",
    ]
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Read, calculate, print."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.capacity",
        description="What a national service needs, from measured costs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=Path, help="raw results of a load run on Kafka and Redis")
    parser.add_argument("--events-per-day", type=float, required=True, help="of one area today")
    parser.add_argument("--broker-mb-per-s", type=float, required=True, help="that one broker writes")
    parser.add_argument("--redis-ops-per-s", type=float, required=True, help="that one Redis sustains")
    parser.add_argument(
        "--bytes-per-event", type=float, required=True, help="see mean_event_bytes in pipeline.json"
    )
    parser.add_argument("--bytes-per-plan", type=float, required=True, help="size of a plan's record")
    parser.add_argument(
        "--times", type=float, default=TIMES, help="so many times today's events [%(default)g]"
    )
    parser.add_argument("--areas", type=int, default=BRIGADES + COUNCILS, help="[%(default)s]")
    parser.add_argument(
        "--busy", type=float, default=0.6, help="share of a core that may be used [%(default)s]"
    )
    asked = parser.parse_args(words)
    try:
        costs = costs_of(json.loads(asked.results.read_text()), asked.bytes_per_event, asked.bytes_per_plan)
        nation = Nation(
            events_per_day=asked.events_per_day,
            broker_bytes_per_s=asked.broker_mb_per_s * 1e6,
            redis_ops_per_s=asked.redis_ops_per_s,
            times=asked.times,
            areas=asked.areas,
            busy=asked.busy,
        )
    except (OSError, ValueError, KeyError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(told(costs, nation, needs(costs, nation)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
