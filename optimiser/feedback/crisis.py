"""How well "about an emergency or not" is told of events that nothing was learnt from.

Called by `cover feedback evaluate --crisislex`. Learns on all events but one and on the project's own set,
and is judged on that one, for each in turn. Never keeps or quotes a post, and learns nothing of the event it
is judged on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from optimiser.feedback.category import Category
from optimiser.feedback.emergency_words import CONCEPTS
from optimiser.feedback.features import features, rarity, weighed
from optimiser.feedback.make_posts import Post
from optimiser.feedback.redact import redact

STRENGTH = 1.0
"""Inverse of the regularisation."""
EMERGENCIES = (Category.SMOKE_OR_FIRE, Category.FLOODING)
"""Of the project's own set: what counts as an emergency."""
OWN_WEIGHT = 0.5
"""Weight of the project's own set beside one event's: it is of another kind of text."""
LEAST_RARE = 30
"""An event's few posts of one label weigh together as much as so many at most would alone."""


class Label(StrEnum):
    """What the people who labelled CrisisLexT26 said of a post."""

    INFORMATIVE = "Related and informative"
    RELATED = "Related - but not informative"
    NOT_RELATED = "Not related"
    NOT_APPLICABLE = "Not applicable"


class Question(StrEnum):
    """Three readings of "about an emergency or not"."""

    INFORMATIVE_OR_UNRELATED = "informative_or_unrelated"
    """Positive: related and informative; negative: not related. Related small talk is in neither."""
    RELATED_OR_UNRELATED = "related_or_unrelated"
    """Positive: related, informative or not; negative: not related."""
    INFORMATIVE_OR_NOT = "informative_or_not"
    """Positive: related and informative; negative: all others."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """The labelled posts of one event, as numbers; see `event_of`."""

    name: str
    labels: tuple[Label, ...]
    hashed: csr_matrix
    shape: csr_matrix


@dataclass(frozen=True, slots=True, eq=False)
class EventAnswer:
    """Of one held-out event: the posts asked about, what is true, and the score of each."""

    name: str
    asked: NDArray[np.int64]
    true: NDArray[np.bool_]
    score: NDArray[np.float64]

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve; None where all posts are of one kind."""
        if self.true.all() or not self.true.any():
            return None
        return float(roc_auc_score(self.true, self.score))


def event_of(name: str, texts: Sequence[str], labels: Sequence[Label]) -> Event:
    """An event's posts as numbers; their texts are not kept."""
    redacted = [redact(text) for text in texts]
    shape = np.array([[*_shape(text), *_concepts(text)] for text in texts], np.float32)
    return Event(name, tuple(labels), features(redacted), csr_matrix(shape))


def held_out_events(events: Sequence[Event], own: Sequence[Post], question: Question) -> list[EventAnswer]:
    """Each event judged by what was learnt on the others and on the project's own posts."""
    ours = event_of(
        "own",
        [p.text for p in own],
        [Label.INFORMATIVE if p.category in EMERGENCIES else Label.NOT_RELATED for p in own],
    )
    asked = {e.name: _asked(e, question) for e in (*events, ours)}
    answers = []
    for held in events:
        learnt = [e for e in (*events, ours) if e is not held]
        kept, _ = asked[held.name]
        telling = rarity(csr_matrix(vstack([e.hashed[asked[e.name][0]] for e in learnt])))
        model = LogisticRegression(C=STRENGTH, max_iter=150, tol=1e-3)
        with threadpool_limits(1):  # several threads only wait for each other on so small a task
            model.fit(
                vstack([_inputs(e, asked[e.name][0], telling) for e in learnt]),
                np.concatenate([asked[e.name][1] for e in learnt]),
                sample_weight=_weights(
                    [(asked[e.name][1], OWN_WEIGHT if e is ours else 1.0) for e in learnt]
                ),
            )
        score = np.asarray(model.decision_function(_inputs(held, kept, telling)), np.float64)
        answers.append(EventAnswer(held.name, *asked[held.name], score))
    return answers


def _asked(event: Event, question: Question) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Which posts of an event the question is about, and the right answer for each."""
    left_out = {Label.NOT_APPLICABLE}
    if question is Question.INFORMATIVE_OR_UNRELATED:
        left_out.add(Label.RELATED)
    yes = {Label.INFORMATIVE}
    if question is Question.RELATED_OR_UNRELATED:
        yes.add(Label.RELATED)
    asked = [at for at, label in enumerate(event.labels) if label not in left_out]
    return np.array(asked, np.int64), np.array([event.labels[at] in yes for at in asked], np.bool_)


def _inputs(event: Event, rows: NDArray[np.int64], telling: NDArray[np.float32]) -> csr_matrix:
    return csr_matrix(hstack([weighed(event.hashed[rows], telling), event.shape[rows]]))


def _weights(parts: Sequence[tuple[NDArray[np.bool_], float]]) -> NDArray[np.float64]:
    """Each event weighs as much as any other, and so do yes and no within it, unless very few."""
    weights = []
    for true, weight in parts:
        yes, no = max(int(true.sum()), LEAST_RARE), max(int((~true).sum()), LEAST_RARE)
        weights.append(np.where(true, weight / yes, weight / no))
    together = np.concatenate(weights)
    evened: NDArray[np.float64] = together * (len(together) / together.sum())
    return evened


def _shape(text: str) -> list[float]:
    """How a post looks, apart from its words; links and handles, gone in redaction, are counted here."""
    bare = re.sub(r"[#@]\w+|https?\S*|\bRT\b", " ", text)
    return [
        float("http" in text),
        float(text.startswith("RT")),
        float(text.startswith("@")),
        min(text.count("#"), 5) / 5,
        min(text.count("@"), 4) / 4,
        min(len(text), 280) / 140,
        min(len(bare.split()), 40) / 20,
        min(sum(c.isdigit() for c in text), 40) / 20,
        min(sum(c.isupper() for c in text), 140) / 70,
        float("!" in text),
        float("?" in text),
        float('"' in text or "“" in text),
    ]


def _concepts(text: str) -> list[float]:
    """How often words of each concept occur, in whichever language."""
    bare = re.sub(r"https?\S*|@\w+", " ", text).lower()
    return [min(len(pattern.findall(bare)), 3) / 1.5 for pattern in CONCEPTS.values()]
