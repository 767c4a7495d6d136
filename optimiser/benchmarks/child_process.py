"""One function call in a process of its own, with a hard end: its memory is its own, and it can be stopped.

Used by the benchmark for memory and for solvers that overrun their limit. It never retries.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

# How long a child that has answered may take to end.
END_S = 10.0


def in_child(function: Callable[..., Any], arguments: tuple[Any, ...], timeout_s: float) -> Any:
    """Return what a function returns when called in a fresh process; None where it does not in time.

    Parameters
    ----------
    function, arguments
        Importable, and such that can be sent to another process.
    timeout_s
        Seconds after which the process is ended.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_call, args=(function, arguments, theirs))
    child.start()
    theirs.close()
    try:
        answer = ours.recv() if ours.poll(timeout_s) else None
    except EOFError:
        answer = None
    ours.close()
    child.join(timeout=0.0 if answer is None else END_S)
    if child.is_alive():
        child.kill()
        child.join(timeout=END_S)
    return answer


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], answer: Connection) -> None:
    answer.send(function(*arguments))
    answer.close()
