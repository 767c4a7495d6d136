"""Clusters of reports in space and time: reports and people's words folded in, one by one.

Folded by a council's day and a brigade's picture. Pure: every function gives a new dict, or the same one
where nothing changed. Reports are gathered as if they had come in order of time: the first report founds a
cluster, each later one joins the oldest cluster whose first report is near enough in space and time, or
founds its own. So any order of arrival gives the same clusters (exactly so up to `MOST_HEARD` reports a
cluster and `MOST_CLUSTERS` clusters), and a report heard twice counts once. Never looks at a clock: `as_of`
is told the time.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from optimiser.feedback.category import GATHERING, Category
from optimiser.feedback.cluster import (
    Cluster,
    ClusterStatus,
    Key,
    Report,
    Source,
    Word,
    WordAction,
    cluster_name,
    confidence_at,
    make_cluster,
)

__all__ = [
    "MOST_CLUSTERS",
    "MOST_HEARD",
    "Category",
    "Cluster",
    "ClusterStatus",
    "Report",
    "Source",
    "Word",
    "WordAction",
    "as_of",
    "forget",
    "kept_until",
    "with_report",
    "with_word",
]

MOST_HEARD = 64
"""Reports kept of one cluster: the first and the newest. Confidence is long saturated by then."""
MOST_CLUSTERS = 400
"""Clusters of one area; past it the one with the least behind it goes."""
MOST_UNCERTAIN_M = 1_000.0
"""A place vaguer than this ("somewhere in town") gathers with nothing."""

Clusters = dict[str, Cluster]


def with_report(clusters: Clusters, report: Report) -> Clusters:
    """Fold a report in."""
    rule = GATHERING.get(report.category)
    if rule is None or report.uncertainty_m > MOST_UNCERTAIN_M:
        return clusters
    same = [c for c in clusters.values() if c.first.category is report.category]
    near = [c for c in same if c.first.distance_m(report) <= 4 * rule.reach_m]
    if any(r.report == report.report for c in near for r in c.heard):
        return clusters
    homes = [c for c in near if _accepts(c.first, report)]
    if homes:
        home = min(homes, key=lambda c: c.first.order)
        heard = _kept([*home.heard, report])
        if heard == home.heard:
            return clusters
        return {**clusters, home.cluster: make_cluster(heard, home.word)}
    if not any(_accepts(report, r) for c in near for r in c.heard):
        made = make_cluster((report,), None)
        return _bounded({**clusters, made.cluster: made})
    # It comes late, and is older than the first report of something near: what that changes is gathered anew.
    touched = [c for c in near if any(_accepts(report, r) for r in c.heard)]
    while True:
        groups = _groups(touched, report)
        gone = {c.cluster for c in touched}
        more = _changed_by(groups, touched, [c for c in same if c.cluster not in gone], rule.reach_m)
        if not more:
            break
        touched += more
    kept = {name: c for name, c in clusters.items() if name not in gone}
    return _bounded(kept | {c.cluster: c for c in _gathered(groups, touched)})


def with_word(
    clusters: Clusters, cluster: str, action: WordAction, key: Key, category: Category | None = None
) -> Clusters:
    """Fold a person's word on the cluster of that name in; a cluster nobody knows changes nothing.

    The name may be one the cluster had before an older report of the same thing came in.
    """
    known = clusters.get(cluster)
    of = None if known is None else known.first.report
    if known is None:
        for candidate in clusters.values():
            of = next((r.report for r in candidate.heard if cluster_name(r) == cluster), None)
            if of is not None:
                known = candidate
                break
    if known is None or of is None or (known.word is not None and key <= known.word.key):
        return clusters
    word = Word(action, key, of, None if action is WordAction.UNDO else category)
    return {**clusters, known.cluster: make_cluster(known.heard, word)}


def as_of(clusters: Clusters, now: datetime) -> Clusters:
    """The clusters as they are at `now`: confidence faded, those nobody speaks of expired.

    A cluster at the place of one that was dismissed shortly before is dismissed with it, unless a person has
    said something of its own.
    """
    dismissed = [c for c in clusters.values() if c.status is ClusterStatus.DISMISSED and c.word is not None]
    return {name: _at(cluster, dismissed, now) for name, cluster in clusters.items()}


def forget(clusters: Clusters, now: datetime) -> Clusters:
    """Without those that are over and whose dismissal no longer holds."""
    kept = {name: c for name, c in clusters.items() if now <= _remembered_until(c)}
    return clusters if len(kept) == len(clusters) else kept


def kept_until(clusters: Clusters) -> datetime | None:
    """Until when `forget` keeps all of them; None where there are none."""
    return min((_remembered_until(c) for c in clusters.values()), default=None)


def _at(cluster: Cluster, dismissed: list[Cluster], now: datetime) -> Cluster:
    rule = GATHERING[cluster.first.category]
    status, confidence = cluster.status, confidence_at(cluster.heard, cluster.word, now)
    if cluster.word is None and any(_holds_down(other, cluster) for other in dismissed):
        status, confidence = ClusterStatus.DISMISSED, 0.0
    if now - cluster.last_at > rule.lapse:
        status, confidence = ClusterStatus.EXPIRED, 0.0
    if status is cluster.status and confidence == cluster.confidence:
        return cluster
    return replace(cluster, status=status, confidence=confidence)


def _holds_down(dismissed: Cluster, cluster: Cluster) -> bool:
    rule = GATHERING[cluster.first.category]
    if dismissed.first.category is not cluster.first.category or dismissed.word is None:
        return False
    near = dismissed.first.distance_m(cluster.first) <= 2 * rule.reach_m
    said = dismissed.word.key[0]
    return near and dismissed.first.order < cluster.first.order and cluster.first_at <= said + rule.dismissal


def _remembered_until(cluster: Cluster) -> datetime:
    rule = GATHERING[cluster.first.category]
    until = cluster.last_at + max(rule.lapse, rule.window)
    if cluster.word is not None:
        until = max(until, cluster.word.key[0] + rule.dismissal)
    return until


def _accepts(first: Report, later: Report) -> bool:
    """Whether a cluster founded by `first` takes `later` in."""
    rule = GATHERING[first.category]
    if not first.order < later.order or later.at - first.at > rule.window:
        return False
    stretch = min(max(first.uncertainty_m, later.uncertainty_m), rule.reach_m)
    return first.distance_m(later) <= rule.reach_m + stretch


def _kept(heard: Iterable[Report]) -> tuple[Report, ...]:
    ordered = sorted(heard, key=lambda r: r.order)
    return (ordered[0], *ordered[1:][-(MOST_HEARD - 1) :])


def _groups(old: list[Cluster], report: Report) -> list[list[Report]]:
    """The reports of some clusters and one more, gathered from the start."""
    groups: list[list[Report]] = []
    for heard in sorted([report, *(r for c in old for r in c.heard)], key=lambda r: r.order):
        home = next((g for g in groups if _accepts(g[0], heard)), None)
        if home is None:
            groups.append([heard])
        else:
            home.append(heard)
    return groups


def _changed_by(
    groups: list[list[Report]], touched: list[Cluster], others: list[Cluster], reach_m: float
) -> list[Cluster]:
    """Other clusters that would have to be gathered with these groups.

    Those a new first report takes reports from, and those that would take in a report of a group before the
    group it is in now does.
    """
    founders = {c.first.report for c in touched}
    firsts = [group[0] for group in groups]
    new = [first for first in firsts if first.report not in founders]
    near = [c for c in others if any(c.first.distance_m(first) <= 6 * reach_m for first in firsts)]
    return [
        c
        for c in near
        if any(f.order < c.first.order and any(_accepts(f, r) for r in c.heard) for f in new)
        or any(c.first.order < g[0].order and any(_accepts(c.first, r) for r in g) for g in groups)
    ]


def _gathered(groups: list[list[Report]], old: list[Cluster]) -> list[Cluster]:
    """The clusters that groups of reports are, with the words said of the clusters before."""
    words = [(c.word, c.first.report) for c in old if c.word is not None]
    return [make_cluster(_kept(group), _word_of(group, words)) for group in groups]


def _word_of(group: list[Report], words: list[tuple[Word, str]]) -> Word | None:
    """The newest word on any report of a group."""
    ids = {r.report for r in group}
    return max((w for w, first in words if w.of in ids or first in ids), key=lambda w: w.key, default=None)


def _bounded(clusters: Clusters) -> Clusters:
    if len(clusters) <= MOST_CLUSTERS:
        return clusters
    newest = max(c.last_at for c in clusters.values())
    weakest = min(
        clusters.values(),
        key=lambda c: (c.word is not None, confidence_at(c.heard, c.word, newest), c.last_at, c.cluster),
    )
    return {name: c for name, c in clusters.items() if name != weakest.cluster}
