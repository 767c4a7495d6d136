"""The decorator of the route engine's kernels, which stand in several files and call each other.

Numba renews what it kept of a function when the file of that function changes, not when a file it calls into
does. Here the stamp of a function is that of all kernel files together.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from optimiser.compiled import compiled

Function = TypeVar("Function", bound=Callable[..., Any])


def _stamp() -> tuple[tuple[str, float, int], ...]:
    here = Path(__file__).parent
    files = [*sorted(here.glob("kernel_*.py")), here / "model.py", here / "day_arrays.py"]
    return tuple((file.name, file.stat().st_mtime, file.stat().st_size) for file in files)


STAMP = _stamp()


def kernel(function: Function) -> Function:
    """Compile a function at its first call; kept on disk until any kernel file changes."""
    made = compiled(function)
    kept = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if kept is not None:
        kept._source_stamp = (kept._source_stamp, STAMP)
    return made
