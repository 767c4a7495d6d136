"""Trains the classifier from the set that ships and from managers' corrections, and writes the model file.

Called by `cover feedback train`; shares the reading of files with `services.feedback.evaluation`.
"""

from pathlib import Path

from optimiser.feedback.classifier import to_bytes
from optimiser.feedback.make_posts import labelled_posts
from optimiser.feedback.training import Correction, fit, rows_of
from services.feedback.corrections import CorrectionsError, CorrectionsFile, labels


class CannotLearnError(Exception):
    """A file that cannot be learnt from or written; the text is for the person who named it."""


def train_model(model: Path, corrections: Path | None) -> dict[str, int | float]:
    """Fit and write the model; returns of how many posts and corrections.

    Raises
    ------
    CannotLearnError
        Where the corrections cannot be read or the model cannot be written.
    """
    posts, more = labelled_posts(), read_corrections(corrections)
    fitted = fit(rows_of(posts, more))
    data = to_bytes(fitted)
    new = model.with_name(model.name + ".new")
    try:
        new.write_bytes(data)
        new.replace(model)
    except OSError as error:
        raise CannotLearnError(f"{model}: {error.strerror}") from None
    return {
        "posts": len(posts),
        "corrections": len(more),
        "temperature": round(fitted.temperature, 4),
        "bytes": len(data),
    }


def read_corrections(corrections: Path | None) -> list[Correction]:
    """The labels of a corrections file; none where none is named.

    Raises
    ------
    CannotLearnError
        Where it is not there or holds something else.
    """
    if corrections is None:
        return []
    if not corrections.is_file():
        raise CannotLearnError(f"{corrections} is not a file")
    try:
        return labels(CorrectionsFile(corrections).lines())
    except CorrectionsError as error:
        raise CannotLearnError(str(error)) from None
