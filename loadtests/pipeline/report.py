"""The summary in Markdown, made from the raw results alone.

Called by `python -m loadtests.pipeline`. Medians over the repeats with the least and the most; percentiles of
latencies are over all events of all repeats.
"""

from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

Results = dict[str, Any]

RATIO_LEVEL, RATE_LEVEL = 0.5, 1_000
LATENCY_LEVEL_MS = {"kafka_latency": 300.0, "embedded_latency": 200.0}


def report(results: Results) -> str:
    """The whole summary."""
    return (
        "\n\n".join(
            [
                "# The pipeline through Kafka and Redis",
                _where(results),
                "## Throughput",
                _throughput(results),
                "## 1,000 events a second, held over HTTP",
                _held(results),
                "## Event to plan",
                _latency(results),
                "## How it is measured",
                METHOD,
            ]
        )
        + "\n"
    )


def _where(results: Results) -> str:
    about, area, plan = results["environment"], results["area"], results["plan"]
    libraries = about["libraries"]
    return (
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB; Python {about['python']}, "
        f"kafka-python {libraries['kafka-python']} with crc32c {libraries['crc32c']}, broker "
        f"{about['broker']}, Redis {about['redis_server']}; commit {about['commit']} "
        f"({about['uncommitted_files']} files uncommitted). Load average before: {about['load_before'][0]}. "
        f"Area `{area['id']}`: {area['stations']} stations, {area['appliances']} appliances, "
        f"{area['zones']} zones. Events of {plan['mean_event_bytes']:g} bytes on average. "
        f"Everything {plan['repeats']} times, in turn: median (least to most)."
    )


def _throughput(results: Results) -> str:
    repeats = results["repeats"]
    rows = []
    for name, way in (("backlog", "a backlog"), ("live", "while being produced")):
        bare = [r[f"bare_{name}"]["consumed_per_s"] for r in repeats]
        ours = [r[f"pipeline_{name}"]["folded_per_s"] for r in repeats]
        ratios = [o / b for o, b in zip(ours, bare, strict=True)]
        plans = [r[f"pipeline_{name}"]["plans_meanwhile"] for r in repeats]
        bare_us = [r[f"bare_{name}"]["cpu_us_per_record"] for r in repeats]
        our_us = [r[f"pipeline_{name}"]["cpu_us_per_record"] for r in repeats]
        met = median(ratios) >= RATIO_LEVEL and min(ours) >= RATE_LEVEL
        rows.append(
            f"| {way} | {_spread(bare)} | {_spread(ours)} | {_spread(ratios, '.0%')} | {_yes(met)} "
            f"| {_spread(plans)} | {_spread(bare_us)} | {_spread(our_us)} |"
        )
    produced = [r["bare_backlog"]["produced_per_s"] for r in repeats]
    refused = sum(r[f"pipeline_{n}"]["refused"] for r in repeats for n in ("backlog", "live"))
    lag = sum(r[f"pipeline_{n}"]["lag_in_the_end"] for r in repeats for n in ("backlog", "live"))
    return "\n".join(
        [
            "| records/s | bare consumer | pipeline | pipeline / bare | level: 50 % and 1,000/s "
            "| plans meanwhile | bare: CPU µs a record | worker: CPU µs a record |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            f"Bare producing, nothing else running: {_spread(produced)} records/s. Dead letters, duplicates "
            f"and failed solves in all: {refused}; records left unread in the end: {lag}.",
        ]
    )


def _held(results: Results) -> str:
    held = [r["held"] for r in results["repeats"]]
    lost = sum(h["accepted"] - h["folded"] for h in held)
    refused = sum(h["refused"] + h["failed"] for h in held)
    met = lost == 0 and refused == 0 and all(h["lag_in_the_end"] == 0 for h in held)
    every = [ms for h in held for ms in h["samples_ms"]]
    p50, p90, p99 = np.percentile(every, [50, 90, 99])
    level = LATENCY_LEVEL_MS["kafka_latency"]
    answered = _of(held, lambda h: h["post_answered"]["p99_ms"])
    pace = _of(held, lambda h: h["accepted"] / h["seconds"])
    return "\n".join(
        [
            "| posted | accepted | folded | lost | refused or failed | lag at once | lag in the end "
            "| plans | met |",
            "|---|---|---|---|---|---|---|---|---|",
            *(
                f"| {h['posted']:,} | {h['accepted']:,} | {h['folded']:,} | {h['accepted'] - h['folded']} "
                f"| {h['refused'] + h['failed']} | {h['lag_at_once']} | {h['lag_in_the_end']} "
                f"| {h['plans']:,} | {_yes(h['accepted'] == h['folded'] == h['posted'])} |"
                for h in held
            ),
            "",
            f"No loss: {_yes(met)}. Pace {_spread(pace)} events/s, in batches of ten. "
            f"Event to plan: p50 {p50:.0f}, p90 {p90:.0f}, p99 {p99:.0f}, most {max(every):.0f} ms; "
            f"p99 ≤ {level:g} ms: {_yes(p99 <= level)}. "
            f"Unserved batches: {sum(h['unserved'] for h in held)}. "
            f"Post answered, p99 by repeat: {_spread(answered, ',.1f')} ms. Processor seconds: worker "
            f"{_spread(_of(held, lambda h: h['worker_cpu_s']), ',.1f')}, API "
            f"{_spread(_of(held, lambda h: h['api_cpu_s']), ',.1f')}.",
        ]
    )


def _latency(results: Results) -> str:
    repeats = results["repeats"]
    lines = [
        "| what | events/s | events | p50 | p90 | p99 | max | p99 by repeat | unserved | level | met |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for rate in (f"{r:g}" for r in results["plan"]["rates_per_s"]):
        for key, name in (
            ("bare_trip", "bare broker, there and back"),
            ("kafka_latency", "event → plan, Kafka and Redis"),
            ("embedded_latency", "event → plan, embedded"),
        ):
            parts = [r[key][rate] for r in repeats]
            samples = [ms for part in parts for ms in part["samples_ms"]]
            p50, p90, p99 = np.percentile(samples, [50, 90, 99])
            unserved = sum(part.get("unserved", 0) for part in parts)
            level = LATENCY_LEVEL_MS.get(key)
            met = "" if level is None else _yes(p99 <= level and unserved == 0)
            each = _spread([part["p99_ms"] for part in parts], ",.1f")
            lines.append(
                f"| {name} | {rate} | {len(samples):,} | {p50:.1f} | {p90:.1f} | {p99:.1f} "
                f"| {max(samples):.1f} | {each} | {unserved} "
                f"| {'' if level is None else f'p99 ≤ {level:g}'} | {met} |"
            )
    return "\n".join([*lines, "", "Milliseconds."])


def _of(parts: list[Results], what: Callable[[Results], float]) -> list[float]:
    return [what(part) for part in parts]


def _spread(values: list[float], form: str = ",.0f") -> str:
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def _yes(met: bool) -> str:
    return "yes" if met else "**no**"


METHOD = """\
- **Same bytes.** A seeded stream of a very busy day in the area: incidents opened and stopped, \
statuses, positions (a bit over half). The bare producer (acks=all, idempotent, batches of 256 KiB, 5 ms \
linger) fills the bare topic and the area's topic alike; it is a process of its own.
- **Bare consumer.** One `KafkaConsumer` with crc32c, 5,000 records a poll, every value touched and no \
more. From its first poll that gave records to its last.
- **Pipeline.** One `cover worker`: decode, check, fold, checkpoint, solve, plans published to Kafka and \
Redis. Counted by its own `/metrics`, read five times a second, which costs it. *Backlog*: the worker is \
stopped, all is produced, it starts; from the last reading before it folds to the first with all folded \
(it solves when it has caught up). *While being produced*: it serves and solves while the producer sends \
as fast as it goes. Producer, broker and worker share the cores.
- **Latency.** Poisson arrivals of one event a POST, which call for a plan each (no positions); from the \
instant an event is due to the first plan on the live stream whose picture holds it. Posts do not wait \
for each other. Every event counts. Client, broker, Redis, API and worker share the cores. The bare \
broker's round trip has the same events at the same instants: `send` (acks=all, no linger) until a \
consumer's poll returns it.
- **Held.** Batches of ten at even distances; each batch waits for a plan that holds all of it.
- One system runs at a time. Raw results, every sample included, are in the JSON file beside this one."""
