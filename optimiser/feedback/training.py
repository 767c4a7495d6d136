"""Fits the classifier: from the labelled set that ships, and from what managers corrected.

Called by `cover feedback train` and `evaluate`. Deterministic; never reads or writes a file. What learns is
imported when something is to be learnt: the shape of a correction is read by the service, too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, vstack

from optimiser.feedback.classifier import CATEGORIES, FeedbackModel, softmax
from optimiser.feedback.features import features, from_word_counts, rarity, weighed
from optimiser.feedback.make_posts import Post
from optimiser.feedback.redact import redact

STRENGTH = 0.2
"""Inverse of the regularisation: of a few values the one best on held-out families."""
MOOD_STRENGTH = 1.0
CORRECTION_WEIGHT = 2.0
"""A manager's word on a real post counts twice a written one."""
CALIBRATION_FOLDS = 3
TEMPERATURES = (0.02, 5.0)


class Rows(NamedTuple):
    """Posts as numbers: `features` not weighed, index of category, mood (NaN: unknown), family, weight."""

    x: csr_matrix
    category: NDArray[np.int64]
    mood: NDArray[np.float64]
    family: NDArray[np.int64]
    weight: NDArray[np.float64]

    def part(self, keep: NDArray[np.bool_]) -> "Rows":
        """Some of the rows."""
        return Rows(self.x[keep], self.category[keep], self.mood[keep], self.family[keep], self.weight[keep])


class Correction(NamedTuple):
    """A manager's label: hashed single words of the post (see `features.word_counts`), index of category."""

    columns: NDArray[np.int32]
    counts: NDArray[np.int32]
    category: int


def rows_of(posts: Sequence[Post], corrections: Sequence[Correction] = ()) -> Rows:
    """Posts and corrections as numbers; each correction is a family of its own."""
    newest = max((p.family for p in posts), default=-1) + 1
    x = features([redact(p.text) for p in posts])
    if corrections:
        x = csr_matrix(vstack([x, from_word_counts([(c.columns, c.counts) for c in corrections])]))
    more = len(corrections)
    return Rows(
        x=x,
        category=np.array(
            [*(CATEGORIES.index(p.category) for p in posts), *(c.category for c in corrections)], np.int64
        ),
        mood=np.array([*(p.mood for p in posts), *[np.nan] * more], np.float64),
        family=np.array([*(p.family for p in posts), *range(newest, newest + more)], np.int64),
        weight=np.array([*[1.0] * len(posts), *[CORRECTION_WEIGHT] * more]),
    )


def fit(rows: Rows) -> FeedbackModel:
    """A calibrated model."""
    from sklearn.linear_model import Ridge

    telling = rarity(rows.x)
    x = weighed(rows.x, telling)
    weights, bias = _linear(x, rows)
    said = ~np.isnan(rows.mood)
    mood = Ridge(alpha=1.0 / MOOD_STRENGTH, solver="sparse_cg", random_state=0)
    mood.fit(x[said], rows.mood[said])
    return FeedbackModel(
        telling=telling,
        weights=weights,
        bias=bias,
        temperature=_temperature(rows),
        mood_weights=np.asarray(mood.coef_, np.float32),
        mood_bias=float(mood.intercept_),
    )


def held_out_folds(rows: Rows, folds: int) -> list[NDArray[np.bool_]]:
    """Which rows each fold holds out; a family is held out as a whole."""
    from sklearn.model_selection import GroupKFold

    found = []
    for _, test in GroupKFold(n_splits=folds, shuffle=True, random_state=0).split(rows.x, groups=rows.family):
        held = np.zeros(len(rows.family), np.bool_)
        held[test] = True
        found.append(held)
    return found


def _linear(x: csr_matrix, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=STRENGTH, class_weight="balanced", random_state=0)
    model.fit(x, rows.category, sample_weight=rows.weight)
    weights = np.zeros((len(CATEGORIES), x.shape[1]), np.float32)
    # A category nobody gave an example of is never said.
    bias = np.full(len(CATEGORIES), -30.0, np.float32)
    weights[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
    return weights, bias


def _temperature(rows: Rows) -> float:
    """What makes the chances of posts of families not learnt from true (least log loss)."""
    scores = np.zeros((len(rows.category), len(CATEGORIES)))
    for held in held_out_folds(rows, CALIBRATION_FOLDS):
        learnt = rows.part(~held)
        telling = rarity(learnt.x)
        weights, bias = _linear(weighed(learnt.x, telling), learnt)
        scores[held] = weighed(rows.x[held], telling) @ weights.T + bias
    here = np.arange(len(scores)), rows.category

    def loss(log_temperature: float) -> float:
        return -float(np.log(softmax(scores / np.exp(log_temperature))[here] + 1e-12).mean())

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))
