"""Clusters: any order gives the same, what grows gains, what is dismissed stays so, everything bounded."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.feedback.category import GATHERING
from optimiser.feedback.clusters import (
    MOST_CLUSTERS,
    MOST_HEARD,
    Category,
    Cluster,
    ClusterStatus,
    Report,
    Source,
    WordAction,
    as_of,
    forget,
    with_report,
    with_word,
)
from streams.council_events import ClusterAction, FeedbackCategory

START = datetime(2025, 6, 6, 8, 0, tzinfo=UTC)
FIRE = Category.SMOKE_OR_FIRE


def report(
    name: str,
    minute: float = 0,
    x: float = 0,
    y: float = 0,
    *,
    category: Category = FIRE,
    reporter: str | None = None,
    source: Source = Source.SIGNAL,
    uncertainty_m: float = 50,
    confidence: float = 0.9,
) -> Report:
    at = START + timedelta(minutes=minute)
    return Report(name, category, x, y, uncertainty_m, at, confidence, source, reporter)


def folded(reports: list[Report]) -> dict[str, Cluster]:
    clusters: dict[str, Cluster] = {}
    for one in reports:
        clusters = with_report(clusters, one)
    return clusters


def only(clusters: dict[str, Cluster]) -> Cluster:
    (cluster,) = clusters.values()
    return cluster


REPORTS = st.lists(
    st.builds(
        report,
        st.integers(0, 40).map(lambda n: f"P{n}"),
        st.integers(0, 60).map(lambda n: n * 5.0),
        st.integers(0, 12).map(lambda n: n * 90.0),
        st.integers(0, 3).map(lambda n: n * 90.0),
        category=st.sampled_from([FIRE, Category.BLOCKED_STREET]),
        reporter=st.sampled_from([None, "a" * 16, "b" * 16]),
        source=st.sampled_from(Source),
        uncertainty_m=st.sampled_from([10.0, 120.0, 500.0]),
    ),
    max_size=30,
    unique_by=lambda r: r.report,
)


@settings(max_examples=150, deadline=None)
@given(REPORTS, st.randoms(use_true_random=False))
def test_any_order_and_any_repeat_give_the_same_clusters(reports: list[Report], random: object) -> None:
    expected = folded(sorted(reports, key=lambda r: r.order))
    shuffled = reports + reports[: len(reports) // 2]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert folded(shuffled) == expected
    assert sum(c.reports for c in expected.values()) == len(reports)


def test_the_values_are_those_on_the_wire() -> None:
    assert [c.value for c in Category] == [c.value for c in FeedbackCategory]
    assert [a.value for a in WordAction] == [a.value for a in ClusterAction]


def test_goes_through_a_checkpoint() -> None:
    clusters = folded([report("A", reporter="a" * 16), report("B", 5, 30)])
    clusters = with_word(clusters, only(clusters).cluster, WordAction.CONFIRM, (START, 1, "x"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(clusters), type=dict[str, Cluster]) == clusters


def test_gains_from_independent_reporters_more_than_from_one_who_repeats() -> None:
    alone = only(folded([report("A", reporter="a" * 16)])).confidence
    repeated = only(folded([report(n, reporter="a" * 16) for n in "ABCDEF"])).confidence
    others = [report(n, reporter=n.lower() * 16) for n in "ABCDEF"]
    grown = [only(folded(others[:n])).confidence for n in range(1, 7)]
    assert alone == pytest.approx(0.45)
    assert alone < repeated < grown[2]
    assert all(a < b for a, b in pairwise(grown[:4]))
    assert max(grown) <= 0.95
    mixed = only(folded([report("A"), report("B", source=Source.REQUEST)])).confidence
    assert mixed > only(folded([report("A"), report("B")])).confidence


def test_fades_then_expires_then_is_forgotten() -> None:
    clusters = folded([report("A")])
    rule = GATHERING[FIRE]
    half = only(as_of(clusters, START + rule.half_life))
    assert half.confidence == pytest.approx(0.225)
    late = only(as_of(clusters, START + rule.lapse + timedelta(seconds=1)))
    assert (late.status, late.confidence) == (ClusterStatus.EXPIRED, 0.0)
    assert forget(clusters, START + rule.lapse) is clusters
    assert forget(clusters, START + timedelta(days=2)) == {}


def test_far_places_other_times_other_things_and_vague_places_do_not_gather() -> None:
    clusters = folded(
        [
            report("A"),
            report("B", x=5_000),
            report("C", minute=600),
            report("D", category=Category.FLOODING),
            report("E", uncertainty_m=8_000),
            report("F", category=Category.NOT_SERVICE),
        ]
    )
    assert sorted(r.report for c in clusters.values() for r in c.heard) == ["A", "B", "C", "D"]
    assert len(clusters) == 4


def test_the_middle_leans_to_the_well_placed() -> None:
    cluster = only(folded([report("A", x=0, uncertainty_m=20), report("B", x=200, uncertainty_m=200)]))
    assert 0 < cluster.easting_m < 10
    assert 20 <= cluster.radius_m < 60


def test_confirmed_dismissed_and_taken_back() -> None:
    clusters = folded([report("A")])
    name = only(clusters).cluster
    confirmed = with_word(clusters, name, WordAction.CONFIRM, (START, 1, "x"))
    assert (only(confirmed).status, only(confirmed).confidence) == (ClusterStatus.CONFIRMED, 1.0)
    dismissed = with_word(confirmed, name, WordAction.DISMISS, (START, 2, "y"))
    assert (only(dismissed).status, only(dismissed).confidence) == (ClusterStatus.DISMISSED, 0.0)
    more = with_report(dismissed, report("B", 10))
    assert (only(more).status, only(more).reports) == (ClusterStatus.DISMISSED, 2)
    assert with_word(more, name, WordAction.CONFIRM, (START, 1, "z")) is more, "an older word"
    undone = only(with_word(more, name, WordAction.UNDO, (START, 3, "z")))
    assert undone.status is ClusterStatus.UNCONFIRMED
    assert undone.confidence > only(clusters).confidence
    assert with_word(clusters, "C-nobody", WordAction.CONFIRM, (START, 1, "x")) is clusters


def test_a_correction_changes_what_it_is_about() -> None:
    clusters = folded([report("A")])
    name = only(clusters).cluster
    other = only(with_word(clusters, name, WordAction.CONFIRM, (START, 1, "x"), Category.BLOCKED_STREET))
    assert (other.category, other.status) == (Category.BLOCKED_STREET, ClusterStatus.CONFIRMED)
    noise = only(with_word(clusters, name, WordAction.CONFIRM, (START, 1, "x"), Category.NOT_SERVICE))
    assert noise.status is ClusterStatus.DISMISSED


def test_the_next_cluster_at_the_place_is_dismissed_too_for_a_time() -> None:
    rule = GATHERING[FIRE]
    window_min = rule.window.total_seconds() / 60
    clusters = folded([report("A")])
    said = START + rule.window
    clusters = with_word(clusters, only(clusters).cluster, WordAction.DISMISS, (said, 1, "x"))
    clusters = folded_on(clusters, [report("B", window_min + 5), report("C", window_min + 90)])
    shown = as_of(clusters, START + timedelta(minutes=window_min + 90))
    status = {c.first.report: c.status for c in shown.values()}
    assert status["B"] is ClusterStatus.DISMISSED
    later = folded_on(clusters, [report("D", 2 * window_min + 70)])
    shown = as_of(later, START + timedelta(minutes=2 * window_min + 70))
    assert {c.first.report: c.status for c in shown.values()}["D"] is ClusterStatus.UNCONFIRMED


def folded_on(clusters: dict[str, Cluster], reports: list[Report]) -> dict[str, Cluster]:
    for one in reports:
        clusters = with_report(clusters, one)
    return clusters


def test_a_word_stays_when_an_older_report_renames_the_cluster() -> None:
    clusters = folded([report("B", 10), report("C", 15)])
    old = only(clusters).cluster
    clusters = with_word(clusters, old, WordAction.DISMISS, (START, 1, "x"))
    renamed = with_report(clusters, report("A", 5))
    assert only(renamed).cluster != old
    assert only(renamed).status is ClusterStatus.DISMISSED
    undone = with_word(renamed, old, WordAction.UNDO, (START, 2, "y"))
    assert only(undone).status is ClusterStatus.UNCONFIRMED


def test_a_thousand_reports_and_a_thousand_places_stay_bounded() -> None:
    same = folded([report(f"S{n}", n / 20) for n in range(1_000)])
    assert only(same).reports == MOST_HEARD
    assert only(same).last_at == START + timedelta(minutes=999 / 20)
    strong = folded([report(f"A{n}", x=-9_000, reporter=f"{n:016x}") for n in range(4)])
    many = folded_on(strong, [report(f"M{n}", x=n * 2_000) for n in range(MOST_CLUSTERS + 20)])
    assert len(many) == MOST_CLUSTERS
    assert set(strong) <= set(many), "noise does not push out what has something behind it"
