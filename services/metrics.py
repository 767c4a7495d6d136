"""What the service measures, in Prometheus terms.

Filled by the ingest, the area workers and the stream; read at `/metrics`. One registry for each running
service, so that tests do not share counters. Never labels by anything unbounded.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

STAGES = ("ingest", "fold", "wait", "solve", "certify", "frontier", "publish", "push")
"""The stages of an event's way: taken in; folded; waiting for the solver; first plan; proof; proof of the
whole frontier; plan appended and encoded; handed to the console's connection."""
WHAT_IF_OUTCOMES = ("answered", "refused", "busy", "timeout", "failed")
BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5)
"""Edges fall on the service levels (50, 200, 300, 500 ms)."""
GAP_BUCKETS = (0.0, 0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


class Metrics:
    """All instruments of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.stage = Histogram(
            "cover_stage_seconds",
            "Time spent in one stage of an event's way.",
            ["area", "stage"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.event_to_plan = Histogram(
            "cover_event_to_plan_seconds",
            "From the oldest event not yet served to the first plan that answers it.",
            ["area"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.gap = Histogram(
            "cover_plan_gap",
            "Gap of the plans whose bound is known (a fraction).",
            ["area"],
            buckets=GAP_BUCKETS,
            registry=self.registry,
        )
        self.events = self._counter("cover_events_total", "Events folded, by type.", ["area", "type"])
        self.duplicates = self._counter("cover_duplicates_total", "Events that came in twice.", ["area"])
        self.rejected = self._counter("cover_events_rejected_total", "Events refused at the door.", ["area"])
        self.dead_letters = self._counter(
            "cover_dead_letters_total", "Records kept as dead letters.", ["area"]
        )
        self.plans = self._counter("cover_plans_total", "Plans published.", ["area", "certificate"])
        self.decisions = self._counter("cover_decisions_total", "Decisions of operators.", ["area", "action"])
        self.moves_accepted = self._counter(
            "cover_moves_accepted_total", "Moves accepted by operators.", ["area"]
        )
        self.reversals = self._counter(
            "cover_reversals_total", "Moves accepted that undo one accepted shortly before.", ["area"]
        )
        self.what_if = self._counter(
            "cover_what_if_total", "What-if questions, by what became of them.", ["area", "outcome"]
        )
        self.what_if_seconds = Histogram(
            "cover_what_if_seconds",
            "From a what-if question to its answer.",
            ["area"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.solve_errors = self._counter("cover_solve_errors_total", "Solves that failed.", ["area"])
        self.lag = Gauge(
            "cover_lag_records", "Records of the log not yet folded.", ["area"], registry=self.registry
        )
        self.consoles = Gauge("cover_consoles", "Open live streams.", ["area"], registry=self.registry)

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def for_area(self, area: str) -> None:
        """Make the area's series appear at zero before anything happens."""
        for stage in STAGES:
            self.stage.labels(area, stage)
        for outcome in WHAT_IF_OUTCOMES:
            self.what_if.labels(area, outcome)
        for counter in (
            self.duplicates,
            self.rejected,
            self.dead_letters,
            self.solve_errors,
            self.moves_accepted,
            self.reversals,
        ):
            counter.labels(area)
        self.what_if_seconds.labels(area)
        self.event_to_plan.labels(area)
        self.lag.labels(area).set(0)
        self.consoles.labels(area).set(0)
