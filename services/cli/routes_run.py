"""What the commands of `cover routes` share: refusing files, progress, stopping early.

Called by `services.cli.routes_commands`. Never solves anything.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click
import msgspec

from services.cover_file_error import CoverFileError
from services.routes_answer_document import Refusal

REFUSED = 2
"""Exit code where a file was refused."""
SAY_EVERY_S = 1.0
"""Progress is said at most so often."""


@contextmanager
def refusing(file: str, as_json: bool) -> Iterator[None]:
    """Say what is wrong with a file, and leave with the exit code for it."""
    try:
        yield
    except CoverFileError as error:
        click.echo(f"{file}: {error}", err=True)
        if as_json:
            click.echo(msgspec.json.encode(Refusal.of(file, error)))
        sys.exit(REFUSED)


class Progress:
    """Says on standard error, now and then, how good the best plan is."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()

    def __call__(self, text: str) -> None:
        """Say it, unless something was said a moment ago."""
        now = time.monotonic()
        if now - self._said >= SAY_EVERY_S:
            self._said = now
            click.echo(f"{now - self._started:6.1f} s  {text}", err=True)


@contextmanager
def stopped_by_interrupt() -> Iterator[Callable[[], bool]]:
    """Give a function that is true once Ctrl-C was pressed; a second Ctrl-C ends the program."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop.is_set
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)
        click.echo("stopping with the best plan so far", err=True)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop.is_set
    finally:
        signal.signal(signal.SIGINT, before)
