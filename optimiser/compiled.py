"""The one way a function of the optimiser is compiled to machine code.

Used by the kernel files only. Compiled code is kept on disk between runs (`cache`) and lets other threads
run (`nogil`), so that a service can answer while a solve is under way. It never compiles at import, and
never fails for want of a place to keep what it compiled.

What is kept is renewed when the file of the compiled function changes, not when a file it calls into does:
so everything a cover kernel calls stands in its file; route kernels are stamped by all their files together
(`optimiser.routes.kernel_cache`).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with Numba at its first call, keeping its Python type.

    Where Numba may write nowhere (a read-only container) nothing is kept: each process compiles anew.
    """
    try:
        return cast(Function, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # "cannot cache function ...: no locator available"
        return cast(Function, njit(nogil=True)(function))


def inlined(function: Function) -> Function:
    """Compile a small function that kernels call in their innermost loops.

    It is not cached by itself: it becomes part of each kernel that calls it.
    """
    return cast(Function, njit(inline="always")(function))
