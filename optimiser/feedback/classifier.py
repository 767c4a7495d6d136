"""Says what a redacted post is about, how sure that is, and in which mood it is written.

Loaded by the services' reader; fitted by `optimiser.feedback.training`. A linear model on hashed words and
letters; kept as plain arrays (npz without pickle), so that reading one can run nothing.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from optimiser.feedback.category import Category
from optimiser.feedback.features import COLUMNS, features, weighed

CATEGORIES = tuple(Category)
FORMAT = 1
MODEL_FILE = "model.npz"
MOST_MODEL_BYTES = 64 * 1024 * 1024


class ModelError(ValueError):
    """A model file that cannot be used; the text says why."""


class Reading(NamedTuple):
    """What the classifier makes of a post; `sentiment` is from -1 (angry) to 1."""

    category: Category
    confidence: float
    sentiment: float


@dataclass(frozen=True, slots=True)
class FeedbackModel:
    """The fitted numbers.

    Parameters
    ----------
    telling
        (COLUMNS,) by which the features are weighed; see `features.rarity`.
    weights, bias
        (7, COLUMNS) and (7,): of each category, in the order of `CATEGORIES`.
    temperature
        By which scores are divided before they become chances, so that what is said with 80 % confidence is
        right in 80 of 100 cases.
    mood_weights, mood_bias
        (COLUMNS,) and a number.
    """

    telling: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float
    mood_weights: NDArray[np.float32]
    mood_bias: float

    def __post_init__(self) -> None:
        shapes = tuple(a.shape for a in (self.telling, self.weights, self.bias, self.mood_weights))
        want = ((COLUMNS,), (len(CATEGORIES), COLUMNS), (len(CATEGORIES),), (COLUMNS,))
        if shapes != want:
            raise ModelError(f"the model's arrays are of shapes {shapes}, want {want}")
        numbers = (
            self.telling,
            self.weights,
            self.bias,
            self.mood_weights,
            [self.temperature, self.mood_bias],
        )
        if not all(np.isfinite(part).all() for part in numbers) or self.temperature <= 0:
            raise ModelError("the model holds numbers that are not finite, or a temperature not above 0")

    def chances(self, rows: csr_matrix) -> NDArray[np.float64]:
        """(N, 7) calibrated probabilities of weighed features."""
        scores = (rows @ self.weights.T + self.bias) / self.temperature
        return softmax(np.asarray(scores, np.float64))

    def moods(self, rows: csr_matrix) -> NDArray[np.float64]:
        """(N,) from -1 to 1, of weighed features."""
        return np.clip(np.asarray(rows @ self.mood_weights + self.mood_bias, np.float64), -1.0, 1.0)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Category, confidence and sentiment of redacted posts."""
        if not texts:
            return []
        rows = weighed(features(texts), self.telling)
        chances, moods = self.chances(rows), self.moods(rows)
        best = chances.argmax(axis=1)
        return [
            Reading(CATEGORIES[k], float(chances[row, k]), float(moods[row])) for row, k in enumerate(best)
        ]


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances from scores, row by row."""
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances: NDArray[np.float64] = grown / grown.sum(axis=1, keepdims=True)
    return chances


def to_bytes(model: FeedbackModel) -> bytes:
    """The model as an npz file."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        format=np.int64(FORMAT),
        categories=np.array([c.value for c in CATEGORIES]),
        telling=model.telling.astype(np.float16),
        weights=model.weights.astype(np.float16),
        bias=model.bias,
        temperature=np.float64(model.temperature),
        mood_weights=model.mood_weights.astype(np.float16),
        mood_bias=np.float64(model.mood_bias),
    )
    return out.getvalue()


def from_bytes(data: bytes) -> FeedbackModel:
    """The model of an npz file.

    Raises
    ------
    ModelError
        Where it is not one of this version.
    """
    if len(data) > MOST_MODEL_BYTES:
        raise ModelError(f"a model file of {len(data):,} bytes; at most {MOST_MODEL_BYTES:,}")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            if int(kept["format"]) != FORMAT or kept["categories"].tolist() != [c.value for c in CATEGORIES]:
                raise ModelError("a model of another version or other categories; train it anew")
            return FeedbackModel(
                telling=kept["telling"].astype(np.float32),
                weights=kept["weights"].astype(np.float32),
                bias=kept["bias"].astype(np.float32),
                temperature=float(kept["temperature"]),
                mood_weights=kept["mood_weights"].astype(np.float32),
                mood_bias=float(kept["mood_bias"]),
            )
    except ModelError:
        raise
    except Exception as error:  # zip, npy and shape errors of a damaged file are of many kinds
        raise ModelError(f"not a feedback model: {error}") from error


def shipped_model() -> FeedbackModel:
    """The model that comes with the project."""
    return from_bytes(files("optimiser.feedback").joinpath("data", MODEL_FILE).read_bytes())
