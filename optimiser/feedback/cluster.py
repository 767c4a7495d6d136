"""One report of something at a place, and a cluster of reports that seem to be about the same thing.

Built by `optimiser.feedback.clusters`, read by pictures and views. Knows how a cluster's place and confidence
follow from its reports; never decides which reports belong together.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from optimiser.feedback.category import GATHERING, Category

Key = tuple[datetime, int, str]
"""What decides which word is newer: time, sequence, then source and id of the event."""

LEAST_UNCERTAINTY_M = 15.0
"""No place is taken to be better than a house front."""
SAME_REPORTER = 0.3
"""What each further report of one reporter counts, of the one before: who repeats themself adds little."""
MOST_UNCONFIRMED = 0.95
"""Reports alone never make it certain."""


class Source(StrEnum):
    """Which way a report came in."""

    SIGNAL = "signal"
    """A post or message, read by the classifier."""
    REQUEST = "request"
    """A formal request for service."""


SOURCE_WEIGHT = {Source.SIGNAL: 0.5, Source.REQUEST: 0.7}
"""Chance that one report, perfectly understood, is true of its place. Judgement of the authors."""


class ClusterStatus(StrEnum):
    """What is held of a cluster."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Report:
    """One post or request.

    Attributes
    ----------
    report
        Its own id: the same id twice is heard once.
    easting_m, northing_m, uncertainty_m
        British National Grid; the place is within `uncertainty_m`.
    confidence
        0 to 1, that it is of its category.
    reporter
        A pseudonym; None is nobody known, and all nobodies of a source count as one.
    """

    report: str
    category: Category
    easting_m: float
    northing_m: float
    uncertainty_m: float
    at: datetime
    confidence: float
    source: Source
    reporter: str | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        """Reports are taken in this order, whichever way they come in."""
        return self.at, self.report

    def distance_m(self, other: "Report") -> float:
        """Straight-line distance between the places."""
        return math.hypot(self.easting_m - other.easting_m, self.northing_m - other.northing_m)


class WordAction(StrEnum):
    """What a person says of a cluster."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Word:
    """A person's newest word on a cluster.

    Attributes
    ----------
    of
        The report the cluster was named after when the word was said: where clusters turn out to be one, the
        word goes where that report goes.
    category
        What it really is, where the person corrects it.
    """

    action: WordAction
    key: Key
    of: str
    category: Category | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Reports that seem to be about the same thing.

    Attributes
    ----------
    cluster
        Named after its first report, so that every replay gives the same name.
    category
        What it is about: what was reported, or what a person corrected it to.
    easting_m, northing_m, radius_m
        Weighted middle of the reports, and how far around it the thing may be.
    confidence
        0 to 1; as stored, at the time of the newest report. `clusters.as_of` gives it for a later time.
    reports
        How many; at most `clusters.MOST_HEARD`, which then means "so many or more".
    reporters
        Pseudonyms of who is known among them.
    heard
        The first report, then the newest, in order of time.
    word
        The newest word of a person, if any.
    """

    cluster: str
    category: Category
    easting_m: float
    northing_m: float
    radius_m: float
    confidence: float
    reports: int
    reporters: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    status: ClusterStatus
    heard: tuple[Report, ...]
    word: Word | None = None

    @property
    def first(self) -> Report:
        """The report it is named after."""
        return self.heard[0]


def cluster_name(first: Report) -> str:
    """Id of the cluster whose first report this is."""
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    said = f"{len(first.category)}:{first.category}{first.report}"
    return f"C-{hashlib.blake2b(said.encode(), digest_size=8).hexdigest()}"


def make_cluster(heard: tuple[Report, ...], word: Word | None) -> Cluster:
    """The cluster of these reports (in order) and this word."""
    first, last = heard[0], heard[-1]
    easting, northing, radius = _place(heard)
    category = first.category if word is None or word.category is None else word.category
    return Cluster(
        cluster=cluster_name(first),
        category=category,
        easting_m=easting,
        northing_m=northing,
        radius_m=radius,
        confidence=confidence_at(heard, word, last.at),
        reports=len(heard),
        reporters=tuple(sorted({r.reporter for r in heard if r.reporter is not None})),
        first_at=first.at,
        last_at=last.at,
        status=status_of(word),
        heard=heard,
        word=word,
    )


def status_of(word: Word | None) -> ClusterStatus:
    """What a person's word makes of a cluster."""
    if word is None or word.action is WordAction.UNDO:
        return ClusterStatus.UNCONFIRMED
    if word.action is WordAction.DISMISS or word.category is Category.NOT_SERVICE:
        return ClusterStatus.DISMISSED
    return ClusterStatus.CONFIRMED


def confidence_at(heard: tuple[Report, ...], word: Word | None, now: datetime) -> float:
    """How likely it is that there is something at the place, at `now`.

    Noisy-or: each report is by itself right with chance `confidence × source weight × 2^(-age / half-life)`;
    the n-th of one reporter counts `SAME_REPORTER^n` of that. A person's word overrides.
    """
    status = status_of(word)
    if status is not ClusterStatus.UNCONFIRMED:
        return 1.0 if status is ClusterStatus.CONFIRMED else 0.0
    half_life_s = GATHERING[heard[0].category].half_life.total_seconds()
    by_reporter: dict[tuple[Source, str | None], list[float]] = {}
    for report in heard:
        age_s = max((now - report.at).total_seconds(), 0.0)
        chance = report.confidence * SOURCE_WEIGHT[report.source] * 2.0 ** (-age_s / half_life_s)
        # A person known by a pseudonym is one person, whichever way they speak.
        who = (Source.SIGNAL if report.reporter else report.source, report.reporter)
        by_reporter.setdefault(who, []).append(chance)
    doubt = 1.0
    for chances in by_reporter.values():
        for nth, chance in enumerate(sorted(chances, reverse=True)):
            doubt *= 1.0 - chance * SAME_REPORTER**nth
    return min(1.0 - doubt, MOST_UNCONFIRMED)


def _place(heard: tuple[Report, ...]) -> tuple[float, float, float]:
    """Middle of the reports, the better placed weighing more, and the root mean square distance from it."""
    spread = [max(r.uncertainty_m, LEAST_UNCERTAINTY_M) for r in heard]
    weights = [1.0 / (u * u) for u in spread]
    total = math.fsum(weights)
    easting = math.fsum(w * r.easting_m for w, r in zip(weights, heard, strict=True)) / total
    northing = math.fsum(w * r.northing_m for w, r in zip(weights, heard, strict=True)) / total
    square = math.fsum(
        w * ((r.easting_m - easting) ** 2 + (r.northing_m - northing) ** 2 + u * u)
        for w, r, u in zip(weights, heard, spread, strict=True)
    )
    return easting, northing, math.sqrt(square / total)
