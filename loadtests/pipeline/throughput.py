"""Records a second: bare kafka-python and the pipeline, over the same bytes.

Called by the run. Backlog stands beside backlog, while-being-produced beside the same; producing is the same
bare producer in a process of its own each time.
"""

from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from pathlib import Path

from loadtests.pipeline.bare_kafka import BareConsumer, Span, flood, make_topic
from loadtests.pipeline.processes import CoverProcess, cpu_s
from loadtests.pipeline.worker_metrics import Reading, WorkerMetrics, folding_span

FOLD_WITHIN_S = 300.0

Result = dict[str, object]


@dataclass(frozen=True, slots=True)
class Flood:
    """What is produced: `count` lines of a file, with the area as their key.

    Attributes
    ----------
    producers
        A process that produces.
    """

    kafka: str
    area: str
    events: Path
    count: int
    producers: Executor


def bare_backlog(what: Flood, topic: str) -> Result:
    """Produce everything, then consume it."""
    make_topic(what.kafka, topic)
    produced = what.producers.submit(flood, what.kafka, topic, what.area, what.events, 0, what.count).result()
    consumer = BareConsumer(what.kafka, topic)
    consumed = consumer.consume(what.count)
    consumer.close()
    return _bare(produced, consumed)


def bare_live(what: Flood, topic: str) -> Result:
    """Consume while everything is being produced."""
    make_topic(what.kafka, topic)
    consumer = BareConsumer(what.kafka, topic, from_end=True)
    producing = what.producers.submit(flood, what.kafka, topic, what.area, what.events, 0, what.count)
    consumed = consumer.consume(what.count)
    consumer.close()
    return _bare(producing.result(), consumed)


def fill(what: Flood, topic: str) -> Span:
    """Produce the first `count` events into an area's topic while nobody reads it."""
    return what.producers.submit(flood, what.kafka, topic, what.area, what.events, 0, what.count).result()


def pipeline_backlog(what: Flood, worker: CoverProcess) -> Result:
    """The worker that was just started recovers: all that `fill` left is folded before it serves."""
    metrics = WorkerMetrics(worker.url)
    cpu_before_s = cpu_s(worker.pid)
    readings = metrics.follow(what.count, FOLD_WITHIN_S)
    cpu_used_s = cpu_s(worker.pid) - cpu_before_s
    worker.await_ready()
    end = metrics.settled()
    metrics.close()
    result = _pipeline(readings, end, cpu_used_s)
    return result | {"from_start_s": round(readings[-1].at_s - worker.started_s, 3)}


def pipeline_live(what: Flood, topic: str, worker: CoverProcess) -> Result:
    """The worker folds and solves while the next `count` events are produced as fast as it goes."""
    metrics = WorkerMetrics(worker.url)
    before = metrics.settled()
    cpu_before_s = cpu_s(worker.pid)
    producing = what.producers.submit(
        flood, what.kafka, topic, what.area, what.events, what.count, what.count
    )
    readings = metrics.follow(before.folded + what.count, FOLD_WITHIN_S)
    cpu_used_s = cpu_s(worker.pid) - cpu_before_s
    produced = producing.result()
    end = metrics.settled()
    metrics.close()
    told = _pipeline(readings, end, cpu_used_s)
    return told | {
        "produced_per_s": round(produced.per_s),
        "folded_after_last_produced_s": round(readings[-1].at_s - produced.ended_s, 3),
    }


def _bare(produced: Span, consumed: Span) -> Result:
    return {
        "produced_per_s": round(produced.per_s),
        "consumed_per_s": round(consumed.per_s),
        "records": consumed.records,
        "seconds": round(consumed.ended_s - consumed.began_s, 4),
        "cpu_us_per_record": round(consumed.cpu_s / consumed.records * 1e6, 1),
    }


def _pipeline(readings: list[Reading], end: Reading, cpu_used_s: float) -> Result:
    span = folding_span(readings)
    return {
        "folded_per_s": round(span.per_s),
        "records": span.records,
        "seconds": round(span.ended_s - span.began_s, 4),
        "plans_meanwhile": readings[-1].plans - readings[0].plans,
        "plans_in_the_end": end.plans,
        "folded_in_the_end": end.folded,
        "refused": end.refused,
        "lag_in_the_end": end.lag,
        "cpu_us_per_record": round(cpu_used_s / max(span.records, 1) * 1e6, 1),
        "readings": [tuple(asdict(r).values()) for r in readings],
    }
