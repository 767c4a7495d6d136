"""The array types of the route engine, and the error that bad input raises.

Imported by every file of the route engine and by callers that build problems. It never holds logic.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Int32Array = NDArray[np.int32]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]


class RouteInputError(ValueError):
    """A value given to the route engine cannot be right.

    The message names the field, the value found and what would be right.
    """

    def __init__(self, field: str, found: object, expected: str) -> None:
        super().__init__(f"{field}: found {found}, expected {expected}")
        self.field = field
        self.found = found
        self.expected = expected
