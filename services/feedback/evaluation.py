"""Judges the classifier: on held-out families of the project's own set, on held-out events of CrisisLexT26.

Called by `cover feedback evaluate`. Reads files and puts figures together; never quotes a post.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.feedback.classifier import CATEGORIES, shipped_model
from optimiser.feedback.crisis import Event, EventAnswer, Label, Question, event_of, held_out_events
from optimiser.feedback.features import weighed
from optimiser.feedback.judgement import held_out_answers, judge
from optimiser.feedback.make_posts import base_posts, draws_on_lists, labelled_posts
from optimiser.feedback.training import rows_of
from services.feedback.learning import CannotLearnError, read_corrections

FILES = "*-tweets_labeled.csv"
MOST_FILE_BYTES = 64 * 1024 * 1024
OWN_STEP = 4
"""Every so many-th post of the project's set is learnt from beside the events."""
SUREST = 20
"""Mistakes looked at of each event and direction, the surest first."""


def evaluate_own(corrections: Path | None) -> dict[str, Any]:
    """Figures on the project's own set; each correction is a family of its own, learnt from and judged."""
    posts = labelled_posts()
    rows = rows_of(posts, read_corrections(corrections))
    chances, moods = held_out_answers(rows)
    found = judge(rows, chances, moods)
    # A post that shares lists of words with other families is easier: both kinds are told apart.
    listed = np.array([draws_on_lists(base) for base in base_posts()] + [False] * len(rows.family))[
        rows.family
    ]
    for name, part in (("written_out", ~listed), ("drawing_on_lists", listed)):
        judged = judge(rows.part(part), chances[part], moods[part])
        found[name] = {key: judged[key] for key in ("posts", "families", "macro_f1", "macro_f1_95")}
    return {"own_set": found}


def evaluate_crisislex(folder: Path) -> dict[str, Any]:
    """Figures on whole events held out, for each reading of the question.

    Raises
    ------
    CannotLearnError
        Where the folder does not hold the labelled tweets.
    """
    events = list(read_events(folder))
    own = labelled_posts()[::OWN_STEP]
    found: dict[str, Any] = {"events": len(events), "tweets": sum(len(e.labels) for e in events)}
    for question in Question:
        answers = held_out_events(events, own, question)
        aucs = [answer.auc for answer in answers]
        known = [auc for auc in aucs if auc is not None]
        found[question.value] = {
            "mean_auc": round(float(np.mean(known)), 3),
            "mean_auc_95": _spread(known),
            "events_judged": len(known),
            "events": {
                a.name: {
                    "auc": None if a.auc is None else round(a.auc, 3),
                    "yes": int(a.true.sum()),
                    "no": int((~a.true).sum()),
                }
                for a in answers
            },
        }
        if question is Question.INFORMATIVE_OR_NOT:
            found["surest_mistakes"] = _surest_mistakes(events, answers)
    return found


def read_events(folder: Path, most: int | None = None) -> Iterator[Event]:
    """The events of a folder, by name; `most` posts of each.

    Raises
    ------
    CannotLearnError
        Where there are none, or a file is not what it should be.
    """
    paths = sorted(folder.glob(FILES))
    if len(paths) < 2:
        raise CannotLearnError(f"{folder} holds {len(paths)} files {FILES}; at least two events are needed")
    for path in paths:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise CannotLearnError(f"{path} is larger than {MOST_FILE_BYTES:,} bytes")
        texts, labels = [], []
        with path.open(encoding="utf-8", errors="replace", newline="") as lines:
            rows = csv.reader(lines)
            next(rows, None)
            for row in rows:
                try:
                    _, text, _, _, label = row
                    labels.append(Label(label.strip()))
                except ValueError:
                    raise CannotLearnError(
                        f"{path}, line {rows.line_num}: want five columns, the last of {', '.join(Label)}"
                    ) from None
                texts.append(text)
        yield event_of(path.name.removesuffix(FILES[1:]), texts[:most], labels[:most])


def _spread(aucs: list[float]) -> list[float]:
    """95 % interval of the mean over events, events drawn with replacement."""
    dice = np.random.default_rng(0)
    means = [float(np.mean(dice.choice(aucs, len(aucs)))) for _ in range(2_000)]
    return [round(float(v), 3) for v in np.percentile(means, [2.5, 97.5])]


def _surest_mistakes(events: list[Event], answers: list[EventAnswer]) -> dict[str, Any]:
    """What the surest mistakes are: how they were labelled, and what the shipped classifier makes of them."""
    model = shipped_model()
    found: dict[str, Any] = {"of_each_event": SUREST}
    for missed, name in ((True, "emergencies_missed"), (False, "others_taken_for_one")):
        labels: Counter[str] = Counter()
        read_as: Counter[str] = Counter()
        for event, answer in zip(events, answers, strict=True):
            wrong = np.flatnonzero(answer.true == missed)
            order = wrong[np.argsort(answer.score[wrong] if missed else -answer.score[wrong], kind="stable")]
            surest = answer.asked[order[:SUREST]]
            labels.update(event.labels[at].value for at in surest)
            if len(surest):
                chances = model.chances(weighed(event.hashed[surest], model.telling))
                read_as.update(CATEGORIES[k].value for k in chances.argmax(axis=1))
        found[name] = {
            "posts": labels.total(),
            "labels": dict(labels.most_common()),
            "shipped_classifier_says": dict(read_as.most_common()),
        }
    return found


def evaluation_lines(found: dict[str, Any]) -> list[str]:
    """The figures as a table for people."""
    own = found["own_set"]
    low, high = own["macro_f1_95"]
    lines = [
        f"{own['posts']:,} posts of {own['families']} families, each judged by a model that saw none of them",
        f"macro F1 {own['macro_f1']:.3f} ({low:.3f} to {high:.3f}); written out "
        f"{own['written_out']['macro_f1']:.3f}, drawing on lists {own['drawing_on_lists']['macro_f1']:.3f}",
        f"calibration error {own['calibration_error']:.3f}, sentiment correlation "
        f"{own['sentiment_correlation']:.2f}",
        "",
        f"{'category':<18}{'posts':>6}  precision              recall",
    ]
    for name, part in own["categories"].items():
        spans = [
            f"{part[kind]:.2f} ({part[kind + '_95'][0]:.2f} to {part[kind + '_95'][1]:.2f})"
            for kind in ("precision", "recall")
        ]
        lines.append(f"{name:<18}{part['posts']:>6}  {spans[0]:<22} {spans[1]}")
    lines += ["", *(f"{c['posts']:>5} {c['is']} taken for {c['taken_for']}" for c in own["confusions"])]
    for question in Question:
        part = found.get("crisislex", {}).get(question.value)
        if part is not None:
            low, high = part["mean_auc_95"]
            lines.append(
                f"CrisisLexT26, {question.value}: mean AUC {part['mean_auc']:.3f} ({low:.3f} to {high:.3f})"
                f" over {part['events_judged']} held-out events"
            )
    return lines
