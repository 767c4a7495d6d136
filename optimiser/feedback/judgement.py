"""How good the classifier is on posts of families it has not learnt from, with confidence intervals.

Called by `cover feedback evaluate`. Never quotes a post.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optimiser.feedback.classifier import CATEGORIES
from optimiser.feedback.features import weighed
from optimiser.feedback.training import Rows, fit, held_out_folds

FOLDS = 5
RESAMPLES = 1_000
BINS = 10
"""Of confidence, for the calibration error."""
Interval = tuple[float, float]


def held_out_answers(rows: Rows, folds: int = FOLDS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, 7) chances and (N,) moods of each post, by a model that learnt nothing of its family."""
    chances = np.zeros((len(rows.category), len(CATEGORIES)))
    moods = np.zeros(len(rows.category))
    for held in held_out_folds(rows, folds):
        model = fit(rows.part(~held))
        x = weighed(rows.x[held], model.telling)
        chances[held], moods[held] = model.chances(x), model.moods(x)
    return chances, moods


def judge(rows: Rows, chances: NDArray[np.float64], moods: NDArray[np.float64]) -> dict[str, object]:
    """The figures, 95 % intervals from resampling whole families."""
    true, said = rows.category, chances.argmax(axis=1)
    scores = _scores(true, said)
    samples = np.array([_scores(true[pick], said[pick]) for pick in _family_samples(rows.family, RESAMPLES)])
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    spans = [(round(float(a), 3), round(float(b), 3)) for a, b in zip(low, high, strict=True)]
    count = len(CATEGORIES)
    categories = {
        category.value: {
            "posts": int((true == k).sum()),
            "families": len(np.unique(rows.family[true == k])),
            "precision": round(scores[1 + k], 3),
            "precision_95": spans[1 + k],
            "recall": round(scores[1 + count + k], 3),
            "recall_95": spans[1 + count + k],
        }
        for k, category in enumerate(CATEGORIES)
    }
    right = chances.argmax(axis=1) == true
    known = ~np.isnan(rows.mood)
    return {
        "posts": len(true),
        "families": len(np.unique(rows.family)),
        "macro_f1": round(scores[0], 3),
        "macro_f1_95": spans[0],
        "accuracy": round(float(right.mean()), 3),
        "categories": categories,
        "confusions": confusions(true, said),
        "by_confidence": by_confidence(chances.max(axis=1), right),
        "calibration_error": round(calibration_error(chances.max(axis=1), right), 3),
        "sentiment_correlation": round(float(np.corrcoef(moods[known], rows.mood[known])[0, 1]), 3),
    }


def confusions(true: NDArray[np.int64], said: NDArray[np.int64], most: int = 8) -> list[dict[str, object]]:
    """What is taken for what, most frequent first."""
    table = np.zeros((len(CATEGORIES), len(CATEGORIES)), int)
    np.add.at(table, (true, said), 1)
    np.fill_diagonal(table, 0)
    worst = np.argsort(-table, axis=None, kind="stable")[:most]
    pairs = [(int(at) // len(CATEGORIES), int(at) % len(CATEGORIES)) for at in worst]
    return [
        {"is": CATEGORIES[a].value, "taken_for": CATEGORIES[b].value, "posts": int(table[a, b])}
        for a, b in pairs
        if table[a, b]
    ]


def by_confidence(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """How many posts are said with how much confidence (bins of it), and the share of them that is right."""
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {"from": b / BINS, "posts": int((at == b).sum()), "right": round(float(right[at == b].mean()), 3)}
        for b in np.unique(at).tolist()
    ]


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Mean distance between confidence and share right, over bins of confidence."""
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(confidence[at == b].mean() - right[at == b].mean()) * (at == b).mean() for b in np.unique(at)]
    return float(sum(gaps))


def _scores(true: NDArray[np.int64], said: NDArray[np.int64]) -> list[float]:
    """Macro F1, then precision of each category, then recall of each."""
    count = len(CATEGORIES)
    table = np.bincount(true * count + said, minlength=count * count).reshape(count, count)
    right, of_true, of_said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    f1 = 2 * right / np.maximum(of_true + of_said, 1)
    precision, recall = right / np.maximum(of_said, 1), right / np.maximum(of_true, 1)
    return [float(f1.mean()), *map(float, precision), *map(float, recall)]


def _family_samples(families: NDArray[np.int64], count: int) -> Sequence[NDArray[np.int64]]:
    """Rows of as many families as there are, drawn with replacement, `count` times; the same each time."""
    dice = np.random.default_rng(0)
    order = np.argsort(families, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(families[order])) + 1)
    return [
        np.concatenate([groups[g] for g in dice.integers(len(groups), size=len(groups))])
        for _ in range(count)
    ]
