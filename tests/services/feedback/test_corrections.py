"""Corrections: hashed words only, bounded in memory and on disk, learnt from; a wrong file is told apart."""

import stat
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from optimiser.feedback.category import Category
from optimiser.feedback.classifier import CATEGORIES, ModelError
from optimiser.feedback.make_posts import labelled_posts
from services.cli.feedback_commands import feedback
from services.feedback import corrections as module
from services.feedback import learning
from services.feedback.corrections import CorrectionsError, CorrectionsFile, RecentWords, labels
from services.feedback.model_file import load_model

TODAY = date(2025, 6, 6)


def test_recent_words_are_bounded_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    recent = RecentWords(most=3, keep_s=10)
    for n in range(5):
        recent.note(f"F-{n}", "smoke on the hill")
    assert [recent.of(f"F-{n}") is None for n in range(5)] == [True, True, False, False, False]
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 11)
    assert recent.of("F-4") is None


def test_file_keeps_no_text_is_private_and_forgets(tmp_path: Path) -> None:
    recent = RecentWords()
    recent.note("F-1", "purple elephants in the way")
    words = recent.of("F-1")
    assert words is not None
    path = tmp_path / "corrections.jsonl"
    kept = CorrectionsFile(path)
    assert kept.add([words], Category.BLOCKED_STREET, TODAY - timedelta(days=91)) == 1
    assert kept.add([words, words], Category.BLOCKED_STREET, TODAY) == 2, "what is too old goes"
    data = path.read_text()
    assert not any(word in data for word in ("purple", "elephants", "F-1"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (label, _) = labels(kept.lines())
    assert CATEGORIES[label.category] is Category.BLOCKED_STREET and len(label.columns) == 5


def test_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 3)
    kept = CorrectionsFile(tmp_path / "corrections.jsonl")
    assert kept.add([([n], [1]) for n in range(5)], Category.FLOODING, TODAY) == 3
    assert [line.columns for line in kept.lines()] == [[2], [3], [4]]


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b'{"day":"2025-06-06","category":"flooding","columns":[1,2],"counts":[1]}',
        b'{"day":"2025-06-06","category":"flooding","columns":[99999999],"counts":[1]}',
        b'{"day":"2025-06-06","category":"flooding","columns":[1],"counts":[1],"text":"hello"}',
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "corrections.jsonl"
    path.write_bytes(
        b'{"day":"2025-06-06","category":"flooding","columns":[1],"counts":[1]}\n' + line + b"\n"
    )
    with pytest.raises(CorrectionsError, match="line 2"):
        CorrectionsFile(path).lines()
    found = CliRunner().invoke(feedback, ["train", str(tmp_path / "m.npz"), "--corrections", str(path)])
    assert found.exit_code == 1 and "line 2" in found.output


def test_a_model_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    for content in (None, b"", b"rubbish"):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ModelError, match=r"COVER_FEEDBACK_MODEL: .*model\.npz"):
            load_model(path)


@pytest.mark.slow
def test_train_writes_a_model_the_service_can_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "labelled_posts", lambda: labelled_posts()[::5])
    corrections, path = tmp_path / "corrections.jsonl", tmp_path / "model.npz"
    recent = RecentWords()
    recent.note("F-1", "the xylophone quintet is back")
    words = recent.of("F-1")
    assert words is not None
    CorrectionsFile(corrections).add([words] * 5, Category.BLOCKED_STREET, TODAY)
    found = CliRunner().invoke(feedback, ["train", str(path), "--corrections", str(corrections), "--json"])
    assert found.exit_code == 0, found.output
    (reading,) = load_model(path).read(["xylophone quintet"])
    assert reading.category is Category.BLOCKED_STREET
