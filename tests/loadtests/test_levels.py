"""Service levels: what is met, missed and not measured, each only under the level's own conditions."""

import pytest

from loadtests.levels import EMBEDDED, KAFKA, LEVELS, Level, Measured, Outcome, Size, judge, table

LONDON, SMALL = Size(102, 163, 4_900), Size(9, 14, 200)
P99 = Level("plan_p99_ms@100", "event to console", EMBEDDED, 200.0, "ms", "design", seconds=60.0)
FLOW = Level("flow", "plans", EMBEDDED, 2.0, "/s", "issue", at_least=True)


def verdict(level: Level, value: float, seconds: float = 60.0, size: Size = LONDON) -> Outcome:
    (one,) = judge({level.figure: Measured(value, seconds)}, size, level.way, [level])
    return one.outcome


@pytest.mark.parametrize(
    ("level", "value", "outcome"),
    [
        (P99, 200.0, Outcome.MET),
        (P99, 200.1, Outcome.MISSED),
        (FLOW, 2.0, Outcome.MET),
        (FLOW, 1.9, Outcome.MISSED),
        (P99, float("nan"), Outcome.NOT_MEASURED),
    ],
)
def test_a_figure_is_held_against_its_bound(level: Level, value: float, outcome: Outcome) -> None:
    assert verdict(level, value) is outcome


def test_a_short_run_and_a_small_area_prove_nothing() -> None:
    assert verdict(P99, 1.0, seconds=59.0) is Outcome.NOT_MEASURED
    assert verdict(P99, 1.0, size=SMALL) is Outcome.NOT_MEASURED
    assert verdict(P99, 900.0, size=SMALL) is Outcome.NOT_MEASURED


def test_what_was_not_taken_is_not_met() -> None:
    (one,) = judge({}, LONDON, EMBEDDED, [P99])
    assert (one.outcome, one.value) == (Outcome.NOT_MEASURED, None)


def test_a_run_is_judged_by_the_levels_of_its_way_only() -> None:
    for way in (EMBEDDED, KAFKA):
        levels = [one.level for one in judge({}, LONDON, way)]
        assert levels == [level for level in LEVELS if level.way == way] != []


def test_the_table_tells_bound_figure_and_reason() -> None:
    told = table(judge({P99.figure: Measured(250.0, 60.0)}, LONDON, EMBEDDED, [P99, FLOW]))
    assert "| ≤ 200 ms | 250 ms | **missed** | design |" in told
    assert "| ≥ 2 /s | – | not measured (not part of this run) | issue |" in told
    assert told.endswith("0 met, 1 missed, 1 not measured")


def test_a_level_of_no_known_way_is_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        Level("x", "x", "sideways", 1.0, "ms", "design")
