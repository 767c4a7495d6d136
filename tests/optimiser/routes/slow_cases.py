"""Cases of which the first few belong to the quick suite and all to the whole one.

Called by the tests of the route engine only.
"""

from collections.abc import Iterable

import pytest


def first_quick(cases: Iterable[object], quick: int) -> list[object]:
    """The cases; all but the first `quick` are slow."""
    listed = list(cases)
    return [*listed[:quick], *(pytest.param(case, marks=pytest.mark.slow) for case in listed[quick:])]
