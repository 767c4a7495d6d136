"""The array types of the cover engine, and the error that bad input raises.

Imported by every file of the cover engine and by callers that build problems. It never holds logic.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]
Int16Array = NDArray[np.int16]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]
# w1, w2, T1, T2, L1, L2, t_max of one standard, as the kernels read them.
StandardRow = tuple[float, float, float, float, float, float, float]


class CoverInputError(ValueError):
    """A value given to the cover engine cannot be right.

    The message names the field, the value found and what would be right.
    """

    def __init__(self, field: str, found: object, expected: str) -> None:
        super().__init__(f"{field}: found {found}, expected {expected}")
        self.field = field
        self.found = found
        self.expected = expected
