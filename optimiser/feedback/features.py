"""Turns redacted posts into hashed counts of words and letters: the only form in which a text is learnt from.

Used by the classifier and its training. Hashing has no vocabulary, so nothing that is kept holds people's
words.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array, hstack

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer

WORD_COLUMNS = 2**15
LETTER_COLUMNS = 2**16
COLUMNS = WORD_COLUMNS + LETTER_COLUMNS
_WORD = r"[^\W_]+(?:'[^\W_]+)?|[!?]|[^\w\s.,;:'\"()#-]"
"""Words, marks of feeling, emoji."""
_STREET = re.compile(
    r"\b(?!(?:the|a|no|this|that|our|my|your|one|any|every|whole|half|side|main|each|all|in|on|of|by|up|down)\s)"
    r"[\w']{1,30}\s(?:road|rd|street|st|avenue|ave|lane|ln|close|drive|way|terrace|crescent|gardens|grove|place|"
    r"court)\b",
    re.IGNORECASE,
)
"""A street's name says where, not what: "Water Lane" is no flood."""


def _hashing(columns: int, **settings: object) -> "HashingVectorizer":
    # Imported when the first post is read: it takes a second, which no start of a service is to wait for.
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        n_features=columns, norm=None, alternate_sign=False, lowercase=False, dtype=np.float32, **settings
    )


@cache
def _words() -> "HashingVectorizer":
    return _hashing(WORD_COLUMNS, ngram_range=(1, 2), token_pattern=_WORD)


@cache
def _single_words() -> "HashingVectorizer":
    return _hashing(WORD_COLUMNS, token_pattern=_WORD)


@cache
def _letters() -> "HashingVectorizer":
    return _hashing(LETTER_COLUMNS, analyzer="char_wb", ngram_range=(2, 5))


def plain(text: str) -> str:
    """The text in small letters, streets unnamed, #TagsLikeThis taken apart, looong letters cut to two."""
    text = re.sub(r"#(\w{1,100})", lambda tag: " " + re.sub(r"(?<=[a-z])(?=[A-Z])", " ", tag[1]) + " ", text)
    text = re.sub(r"(.)\1{2,}", r"\1\1", text).lower().replace("’", "'")
    return _STREET.sub("street", text)


def features(texts: Sequence[str]) -> csr_matrix:
    """(N, COLUMNS): 1 + log of the counts of words and pairs of words, then of groups of 2 to 5 letters.

    Parameters
    ----------
    texts
        Redacted; see `optimiser.feedback.redact`.
    """
    made = [plain(text) for text in texts]
    return _damped(csr_matrix(hstack([_words().transform(made), _letters().transform(made)], format="csr")))


def rarity(rows: csr_matrix) -> NDArray[np.float32]:
    """(COLUMNS,) how telling each column is: log of the share of posts without it, 0 where never seen."""
    seen = np.bincount(rows.indices, minlength=COLUMNS)
    telling = np.log((1.0 + rows.shape[0]) / (1.0 + seen)) + 1.0
    return np.where(seen > 0, telling, 0.0).astype(np.float32)


def weighed(rows: csr_matrix, telling: NDArray[np.float32]) -> csr_matrix:
    """The features by how telling they are, the words' part and the letters' part each of length one."""
    from sklearn.preprocessing import normalize

    scaled = csr_matrix(rows @ diags_array(telling))
    parts = [normalize(scaled[:, :WORD_COLUMNS]), normalize(scaled[:, WORD_COLUMNS:])]
    return csr_matrix(hstack(parts, format="csr", dtype=np.float32))


def word_counts(text: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Columns and counts of the single words, without their order: what a correction keeps of a post.

    Many words share each column and neither pairs nor letters are kept, so a post cannot be put together
    again; a guess of a single word could be tested.
    """
    row = _single_words().transform([plain(text)])
    return row.indices.astype(np.int32), row.data.astype(np.int32)


def from_word_counts(rows: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]]) -> csr_matrix:
    """(N, COLUMNS) features of posts of which only `word_counts` is left."""
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.zeros(0, np.int32), *(c for c, _ in rows)])
    counts = np.concatenate([np.zeros(0, np.int32), *(n for _, n in rows)])
    made = csr_matrix((counts.astype(np.float32), columns, starts), shape=(len(rows), COLUMNS))
    return _damped(made)


def _damped(rows: csr_matrix) -> csr_matrix:
    rows.data = 1.0 + np.log(rows.data)
    return rows
