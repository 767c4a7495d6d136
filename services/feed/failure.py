"""The one failure a person should read, out of what a task group raises.

Used by the commands that run feeds. Never hides a fault of the program: only a feed's own errors are
unwrapped.
"""

from services.feed.errors import FeedError


def feed_failure(error: BaseException) -> FeedError | None:
    """Return the first `FeedError` in an exception or in a group of them; None where there is none."""
    if isinstance(error, FeedError):
        return error
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            found = feed_failure(inner)
            if found is not None:
                return found
    return None
