"""Evaluation: the own set, whole events held out; a folder of something else is told apart."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from optimiser.feedback.crisis import Label, Question, event_of, held_out_events
from optimiser.feedback.make_posts import labelled_posts
from services.cli.feedback_commands import feedback
from services.feedback import evaluation, learning
from services.feedback.evaluation import evaluate_crisislex, read_events
from services.feedback.learning import CannotLearnError
from tests.shared_data import SHARED

CRISISLEX = SHARED / "feedback"
HEAD = "Tweet ID, Tweet Text, Information Source, Information Type, Informativeness\n"
needs_crisislex = pytest.mark.skipif(
    not list(CRISISLEX.glob(evaluation.FILES)), reason="the labelled tweets are not on this machine"
)


def made_event(name: str, thing: str) -> tuple[str, str]:
    """A file name and its content: half of the posts are about an emergency."""
    rows = [f'"{n}","fire and smoke at the {thing} {n}","x","y","Related and informative"' for n in range(12)]
    rows += [f'"{n}","lovely {thing} song number {n}, love it","x","y","Not related"' for n in range(12)]
    rows += [f'"{n}","so sad about the {thing}","x","y","Related - but not informative"' for n in range(3)]
    return f"{name}-tweets_labeled.csv", HEAD + "\n".join([*rows, '"9","?","x","y","Not applicable"']) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, thing in (("one", "mill"), ("two", "bridge"), ("three", "station")):
        file, content = made_event(name, thing)
        (tmp_path / file).write_text(content)
    return tmp_path


@pytest.fixture(autouse=True)
def few_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [p for p in labelled_posts() if p.family % 12 == 0]
    monkeypatch.setattr(evaluation, "labelled_posts", lambda: some)
    monkeypatch.setattr(learning, "labelled_posts", lambda: some)


def test_events_are_held_out_whole_and_told_apart(folder: Path) -> None:
    found = evaluate_crisislex(folder)
    assert (found["events"], found["tweets"]) == (3, 84)
    for question in Question:
        assert found[question.value]["mean_auc"] > 0.8
        assert set(found[question.value]["events"]) == {"one", "two", "three"}
    asked = found[Question.INFORMATIVE_OR_UNRELATED.value]["events"]["one"]
    assert (asked["yes"], asked["no"]) == (12, 12)
    asked = found[Question.INFORMATIVE_OR_NOT.value]["events"]["one"]
    assert (asked["yes"], asked["no"]) == (12, 15)


def test_nothing_is_learnt_from_the_labels_of_the_event_judged() -> None:
    texts = [f"fire at the mill {n}" if n % 2 else f"song about the mill {n}" for n in range(20)]
    labels = [Label.INFORMATIVE if n % 2 else Label.NOT_RELATED for n in range(20)]
    turned = [Label.NOT_RELATED if n % 2 else Label.INFORMATIVE for n in range(20)]
    own = labelled_posts()[::100]
    other = event_of("other", texts, labels)
    answers = [
        held_out_events([event_of("held", texts, said), other], own, Question.INFORMATIVE_OR_NOT)[0]
        for said in (labels, turned)
    ]
    assert (answers[0].score == answers[1].score).all()
    assert np.isclose((answers[0].auc or 0) + (answers[1].auc or 0), 1.0)


def test_an_event_of_one_kind_has_no_figure() -> None:
    event = event_of("all", ["fire", "smoke"], [Label.INFORMATIVE] * 2)
    other = event_of("other", ["fire", "song"], [Label.INFORMATIVE, Label.NOT_RELATED])
    answer = held_out_events([event, other], labelled_posts()[::100], Question.INFORMATIVE_OR_NOT)[0]
    assert answer.auc is None


@pytest.mark.parametrize("content", ["a,b\n1,2\n", HEAD + '"1","x","y","z","Perhaps"\n'])
def test_a_file_of_something_else_is_named(folder: Path, content: str) -> None:
    (folder / "four-tweets_labeled.csv").write_text(content)
    with pytest.raises(CannotLearnError, match=r"four-tweets_labeled\.csv, line 2"):
        list(read_events(folder))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    found = CliRunner().invoke(feedback, ["evaluate", "--crisislex", str(tmp_path)])
    assert found.exit_code == 1 and "at least two events" in found.output


@pytest.mark.slow
def test_command_tells_people_and_programs(folder: Path) -> None:
    found = CliRunner().invoke(feedback, ["evaluate", "--crisislex", str(folder), "--json"])
    assert found.exit_code == 0, found.output
    figures = json.loads(found.output)
    assert 0 < figures["own_set"]["macro_f1"] < 1
    assert len(figures["own_set"]["categories"]) == 7
    lines = evaluation.evaluation_lines(figures)
    assert any("informative_or_not: mean AUC" in line for line in lines)
    told = "\n".join(lines) + found.output
    assert not [p.text for p in labelled_posts() if p.text in told], "no post is quoted"


@pytest.mark.real_data
@pytest.mark.slow
@needs_crisislex
def test_real_events_held_out_are_told_apart() -> None:
    events = list(read_events(CRISISLEX, most=400))
    answers = held_out_events(events, labelled_posts()[::20], Question.INFORMATIVE_OR_NOT)
    aucs = [answer.auc for answer in answers if answer.auc is not None]
    assert len(aucs) >= 10
    assert np.mean(aucs) >= 0.82, "on a third of the posts; all of them give the figure of record"
