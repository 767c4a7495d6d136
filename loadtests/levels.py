"""The service levels as data: what the design and issue 7 promise, and a checker for measured figures.

Called by the load runs. A figure that was not taken, or not under the level's own conditions, is "not
measured", never "met". Changes nothing and measures nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

EMBEDDED, KAFKA = "embedded", "kafka"
DESIGN, ISSUE, HERE = "design", "issue 7", "issue 7 asks for it; the bound is set here"
LONDON_STATIONS, LONDON_APPLIANCES, LONDON_ZONES = 100, 140, 4_800
"""The least size of an area for which the latencies are promised (design)."""


class Outcome(Enum):
    """What became of a level in one run."""

    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Level:
    """One promise.

    Attributes
    ----------
    figure
        Name of the measured figure it judges, in `unit`.
    way
        `embedded` or `kafka`.
    bound, at_least
        The figure may be at most `bound`, or with `at_least` no less than it.
    london
        Whether it holds for an area of London's size only, so that a smaller one proves nothing.
    seconds
        How long the figure must have been measured.
    """

    figure: str
    what: str
    way: str
    bound: float
    unit: str
    source: str
    at_least: bool = False
    london: bool = True
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.way not in (EMBEDDED, KAFKA):
            raise ValueError(f"way {self.way!r} of {self.figure}; it is {EMBEDDED!r} or {KAFKA!r}")

    @property
    def words(self) -> str:
        """The bound as people write it."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:,g} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure, and for how long it was measured."""

    value: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Size:
    """How large the measured area was."""

    stations: int
    appliances: int
    zones: int

    @property
    def london(self) -> bool:
        """Whether it is at least what the design calls London's size."""
        return (
            self.stations >= LONDON_STATIONS
            and self.appliances >= LONDON_APPLIANCES
            and self.zones >= LONDON_ZONES
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """A level, the figure beside it, and why it was not measured where that is so."""

    level: Level
    outcome: Outcome
    value: float | None
    why: str = ""


_MINUTE, _TEN_MINUTES, _SOAK = 60.0, 600.0, 1_200.0
_CONSOLE = "event to console"

LEVELS: tuple[Level, ...] = (
    Level("plan_p50_ms@100", f"{_CONSOLE}, p50, 100 events/s", EMBEDDED, 50, "ms", DESIGN, seconds=_MINUTE),
    Level("plan_p99_ms@100", f"{_CONSOLE}, p99, 100 events/s", EMBEDDED, 200, "ms", DESIGN, seconds=_MINUTE),
    Level(
        "plan_p99_ms@1000", f"{_CONSOLE}, p99, 1,000 events/s", EMBEDDED, 500, "ms", ISSUE, seconds=_MINUTE
    ),
    Level("plan_p99_ms@1000", f"{_CONSOLE}, p99, sustained", EMBEDDED, 200, "ms", DESIGN, seconds=_MINUTE),
    Level("lost@1000", "events lost at 1,000 events/s", EMBEDDED, 0, "events", ISSUE, seconds=_MINUTE),
    Level("certified_p95_ms", "event to proven plan, p95", EMBEDDED, 500, "ms", DESIGN, seconds=_MINUTE),
    Level(
        "proposal_p99_ms",
        "new stop to console, p99",
        EMBEDDED,
        250,
        "ms",
        DESIGN,
        london=False,
        seconds=_MINUTE,
    ),
    Level("plan_p99_ms@100", f"{_CONSOLE}, p99, 100 events/s", KAFKA, 300, "ms", DESIGN, seconds=_MINUTE),
    Level("plan_p99_ms@1000", f"{_CONSOLE}, p99, sustained", KAFKA, 300, "ms", DESIGN, seconds=_TEN_MINUTES),
    Level("lost@1000", "events lost at 1,000 events/s", KAFKA, 0, "events", ISSUE, seconds=_TEN_MINUTES),
    Level(
        "held_memory_growth",
        "memory in the last third over the middle third, 1,000 events/s",
        KAFKA,
        1.05,
        "times",
        HERE,
        seconds=_TEN_MINUTES,
    ),
    Level("push_p99_ms@500", "push to 500 consoles, p99", KAFKA, 100, "ms", ISSUE, seconds=_MINUTE),
    Level(
        "push_plans_per_s@500",
        "plans a second to each",
        KAFKA,
        2,
        "/s",
        ISSUE,
        at_least=True,
        seconds=_MINUTE,
    ),
    Level("certified_p95_ms", "event to proven plan, p95", KAFKA, 500, "ms", DESIGN, seconds=_MINUTE),
    Level(
        "soak_memory_growth",
        "memory in the last third over the middle third, 50 areas",
        KAFKA,
        1.05,
        "times",
        HERE,
        london=False,
        seconds=_SOAK,
    ),
    Level(
        "soak_files_growth",
        "open files, last third less middle third, 50 areas",
        KAFKA,
        0,
        "files",
        HERE,
        london=False,
        seconds=_SOAK,
    ),
    Level(
        "soak_lag_growth",
        "lag, last third less middle third, 50 areas",
        KAFKA,
        0,
        "records",
        HERE,
        london=False,
        seconds=_SOAK,
    ),
    Level("restart_s", "worker restarted, serving again", KAFKA, 5, "s", DESIGN),
)
"""The design's table and issue 7's; levels that only a solver's own benchmark can take are not among them."""


def judge(
    measured: Mapping[str, Measured], size: Size, way: str, levels: Sequence[Level] = LEVELS
) -> list[Verdict]:
    """A verdict on every level of `way`."""
    return [_judged(level, measured.get(level.figure), size) for level in levels if level.way == way]


def _judged(level: Level, found: Measured | None, size: Size) -> Verdict:
    if found is None:
        return Verdict(level, Outcome.NOT_MEASURED, None, "not part of this run")
    if found.value != found.value:
        return Verdict(level, Outcome.NOT_MEASURED, None, "no sample came")
    if level.london and not size.london:
        why = f"area too small: {size.stations} stations, {size.appliances} appliances, {size.zones} zones"
        return Verdict(level, Outcome.NOT_MEASURED, found.value, why)
    if found.seconds < level.seconds:
        why = f"{found.seconds:g} s measured, {level.seconds:g} s needed"
        return Verdict(level, Outcome.NOT_MEASURED, found.value, why)
    met = found.value >= level.bound if level.at_least else found.value <= level.bound
    return Verdict(level, Outcome.MET if met else Outcome.MISSED, found.value)


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a Markdown table, with a last line that counts them."""
    lines = ["| level | bound | measured | verdict | source |", "|---|---|---|---|---|"]
    for one in verdicts:
        value = "–" if one.value is None else f"{one.value:,.4g} {one.level.unit}"
        word = f"**{one.outcome.value}**" if one.outcome is Outcome.MISSED else one.outcome.value
        why = f" ({one.why})" if one.why else ""
        lines.append(f"| {one.level.what} | {one.level.words} | {value} | {word}{why} | {one.level.source} |")
    counts = {outcome: sum(v.outcome is outcome for v in verdicts) for outcome in Outcome}
    return "\n".join([*lines, "", ", ".join(f"{n} {outcome.value}" for outcome, n in counts.items())])
