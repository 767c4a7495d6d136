"""The clusters of one area while events are folded in, and until when none of them is to be forgotten.

Kept by `services.picture.PictureDraft`. Turns signals and people's words on the wire into those the optimiser
gathers; never decides what belongs together, and never changes a dict it has given out.
"""

from datetime import UTC, datetime

from optimiser.feedback.category import Category
from optimiser.feedback.clusters import (
    Cluster,
    Report,
    Source,
    WordAction,
    as_of,
    forget,
    kept_until,
    with_report,
    with_word,
)
from services.appliance_state import Key
from streams.council_events import ClusterDecided, FeedbackSignal

NEVER = datetime.max.replace(tzinfo=UTC)


class ClusterBook:
    """Clusters by name.

    Attributes
    ----------
    clusters
        Never changed, only replaced: another object exactly where something changed.
    keeps_until
        After this, `forget` drops something.
    """

    __slots__ = ("clusters", "keeps_until")

    def __init__(self, clusters: dict[str, Cluster]) -> None:
        self.clusters = clusters
        self.keeps_until = kept_until(clusters) or NEVER

    def take(self, data: FeedbackSignal | ClusterDecided, key: Key, now: datetime) -> bool:
        """Fold a signal or a word in, at the picture's time `now`; whether it changed anything."""
        before = self.clusters
        if isinstance(data, FeedbackSignal):
            after = with_report(before, report_of(data))
        else:
            category = None if data.category is None else Category(data.category.value)
            after = with_word(before, data.cluster, WordAction(data.action.value), key, category)
        # What comes too late to be remembered is forgotten at once, as it would have been in time.
        return self._put(forget(after, now))

    def forget(self, now: datetime) -> bool:
        """Drop what is over at `now`; whether there was anything."""
        return self._put(forget(self.clusters, now))

    def _put(self, clusters: dict[str, Cluster]) -> bool:
        if clusters is self.clusters or clusters == self.clusters:
            return False
        self.clusters, self.keeps_until = clusters, kept_until(clusters) or NEVER
        return True


def report_of(signal: FeedbackSignal) -> Report:
    """A signal as the optimiser gathers it."""
    return Report(
        report=signal.signal,
        category=Category(signal.category.value),
        easting_m=signal.easting_m,
        northing_m=signal.northing_m,
        uncertainty_m=signal.uncertainty_m,
        at=signal.seen_at.astimezone(UTC),
        confidence=signal.confidence,
        source=Source.SIGNAL,
        reporter=signal.reporter,
    )


def cluster_now(clusters: dict[str, Cluster], name: str, now: datetime) -> Cluster | None:
    """The cluster of that name as it is at `now`; None where it is not known."""
    return as_of(clusters, now).get(name)


def is_judged(cluster: Cluster) -> bool:
    """Whether a person's word on it stands."""
    return cluster.word is not None and cluster.word.action is not WordAction.UNDO
