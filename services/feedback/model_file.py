"""The classifier a service uses: the one its settings name, or the one that ships.

Called by the feedback door when the first post comes in.
"""

from pathlib import Path

from optimiser.feedback.classifier import (
    MOST_MODEL_BYTES,
    FeedbackModel,
    ModelError,
    from_bytes,
    shipped_model,
)


def load_model(path: Path | None) -> FeedbackModel:
    """The model of a file, or the shipped one.

    Raises
    ------
    ModelError
        Naming the file, where it cannot be used.
    """
    if path is None:
        return shipped_model()
    try:
        if path.stat().st_size > MOST_MODEL_BYTES:
            raise ModelError(f"larger than {MOST_MODEL_BYTES:,} bytes")
        return from_bytes(path.read_bytes())
    except OSError as error:
        raise ModelError(f"COVER_FEEDBACK_MODEL: {path}: {error.strerror}") from None
    except ModelError as error:
        raise ModelError(f"COVER_FEEDBACK_MODEL: {path}: {error}") from None
