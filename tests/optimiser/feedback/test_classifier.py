"""The classifier: the set ships whole, the model reads well, is kept without code, is learnt in seconds."""

import io
import random

import numpy as np
import pytest

from optimiser.feedback.category import Category
from optimiser.feedback.classifier import (
    CATEGORIES,
    FeedbackModel,
    ModelError,
    from_bytes,
    shipped_model,
    to_bytes,
)
from optimiser.feedback.features import COLUMNS, features, from_word_counts, plain, word_counts
from optimiser.feedback.judgement import calibration_error, held_out_answers, judge
from optimiser.feedback.make_posts import as_lines, base_posts, labelled_posts, widened
from optimiser.feedback.redact import redact
from optimiser.feedback.training import Correction, fit, held_out_folds, rows_of


@pytest.fixture(scope="session")
def some_posts() -> list[int]:
    """Families of a fifth of the set, drawn over all categories."""
    dice = random.Random(3)
    families = sorted({p.family for p in labelled_posts()})
    return dice.sample(families, len(families) // 5)


@pytest.fixture(scope="module")
def model() -> FeedbackModel:
    return shipped_model()


def test_the_set_is_what_the_base_posts_give_and_large_enough() -> None:
    posts = list(widened())
    assert as_lines(iter(posts)) == as_lines(iter(labelled_posts()))
    assert len({p.text.lower() for p in posts}) == len(posts) >= 2_000
    assert {p.category for p in posts} == set(Category)
    families: dict[int, set[Category]] = {}
    for post in posts:
        families.setdefault(post.family, set()).add(post.category)
    assert all(len(found) == 1 for found in families.values())
    assert len(families) == len(base_posts())


def test_no_family_is_on_both_sides() -> None:
    rows = rows_of(labelled_posts()[::7])
    for held in held_out_folds(rows, 5):
        assert not set(rows.family[held]) & set(rows.family[~held])


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("The refuse lorry never came to Holly Road this week, every bin is still out", "missed_collection"),
        ("fridge and two mattresses fly tipped on Dale Lane", "overflowing_bin"),
        ("nobody can get down Ash Street, a skip lorry is stuck across it", "blocked_street"),
        ("Mill Lane is under water, the drains are backing up into our kitchen", "flooding"),
        ("thick black smoke and flames from the roof of a house on Elm Drive", "smoke_or_fire"),
        ("huge pothole on Vine Close, when will you mend it", "other_service"),
        ("this mixtape is fire", "not_service"),
        ("my inbox is flooded with emails", "not_service"),
    ],
)
def test_what_ships_reads_plain_cases(model: FeedbackModel, text: str, category: str) -> None:
    (reading,) = model.read([redact(text)])
    assert reading.category == category
    assert 0.4 < reading.confidence <= 1 and -1 <= reading.sentiment <= 1


def test_a_street_name_says_where_and_not_what(model: FeedbackModel) -> None:
    assert plain("Bins missed on Water Lane") == plain("bins missed on Fire Street")
    dry, wet = model.read(["Bins missed on Oak Lane", "Bins missed on Water Lane"])
    assert dry == wet


def test_reads_nothing_and_odd_things(model: FeedbackModel) -> None:
    assert model.read([]) == []
    for reading in model.read(["", "😡😡😡", "¿¿¿", "x" * 2_000]):
        assert np.isfinite(reading.confidence)


def test_kept_as_arrays_and_nothing_else(model: FeedbackModel) -> None:
    data = to_bytes(model)
    again = from_bytes(data)
    text = ["smoke over Mill Lane"]
    assert again.read(text)[0].category is model.read(text)[0].category
    assert to_bytes(again) == data
    out = io.BytesIO()
    np.savez(out, format=np.int64(1), categories=np.array([object()], dtype=object))
    for bad in (b"", b"PK\x03\x04 not really", data[: len(data) // 2], out.getvalue()):
        with pytest.raises(ModelError):
            from_bytes(bad)


@pytest.mark.slow
def test_learns_new_families_well_from_a_part_of_the_set(some_posts: list[int]) -> None:
    posts = [p for p in labelled_posts() if p.family in set(some_posts)]
    rows = rows_of(posts)
    chances, moods = held_out_answers(rows, folds=2)
    found = judge(rows, chances, moods)
    assert isinstance(found["macro_f1"], float) and isinstance(found["macro_f1_95"], tuple)
    assert 0.5 < found["macro_f1"] < 0.95, "a fifth of the set, judged on other families: worse, not hopeless"
    low, high = found["macro_f1_95"]
    assert low < found["macro_f1"] < high
    assert fit(rows).read(["smoke"]) == fit(rows).read(["smoke"]), "the same each time"


def test_corrections_change_what_is_said(some_posts: list[int]) -> None:
    posts = [p for p in labelled_posts() if p.family in set(some_posts[:25])]
    text = "the xylophone quintet is back"
    columns, counts = word_counts(text)
    right = CATEGORIES.index(Category.BLOCKED_STREET)
    taught = fit(rows_of(posts, [Correction(columns, counts, right)] * 5))
    plainly = fit(rows_of(posts))
    before = plainly.read([text])[0]
    after = taught.read([text])[0]
    assert before.category is not Category.BLOCKED_STREET
    assert after.category is Category.BLOCKED_STREET


def test_word_counts_hold_no_order_and_no_pairs() -> None:
    one, other = word_counts("fire on the hill"), word_counts("hill the on fire")
    assert sorted(zip(*map(list, one), strict=True)) == sorted(zip(*map(list, other), strict=True))
    rows = from_word_counts([one, (one[0][:0], one[1][:0])])
    assert rows.shape == (2, COLUMNS) and rows[1].nnz == 0
    assert rows[0].nnz == 4 < features(["fire on the hill"])[0].nnz


def test_calibration_error_sees_who_is_too_sure() -> None:
    sure = np.full(100, 0.9)
    assert calibration_error(sure, np.arange(100) < 90) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(sure, np.arange(100) < 50) == pytest.approx(0.4)
