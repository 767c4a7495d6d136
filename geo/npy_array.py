"""Reads one array from the bytes of an .npy file whose type and shape are known beforehand.

Called by the packs. Never unpickles, never opens an archive, and never makes an array larger than the
bytes it was given: what the header claims is compared with what is expected before a value is touched.
"""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]
# NumPy's own header of an array of up to three axes takes 118 characters; longer ones are not evaluated.
MAX_HEADER_CHARACTERS = 256
_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def array_from_npy(content: bytes, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> AnyArray:
    """Return the array of an .npy file, read-only.

    Parameters
    ----------
    content
        All bytes of the file.
    dtype
        The type it must have.
    shape
        The shape it must have; None stands for an axis of any length.

    Raises
    ------
    ValueError
        Where it is no .npy file, or of another type, shape or size; the message says what would be right.
    """
    found, column_order, kind, start = _header(content)
    if kind != np.dtype(dtype):
        raise ValueError(f"type is {kind}; it must be {np.dtype(dtype)}")
    fits = len(found) == len(shape) and all(
        length >= 0 and wanted in (None, length) for length, wanted in zip(found, shape, strict=True)
    )
    if not fits:
        words = ", ".join("any" if wanted is None else str(wanted) for wanted in shape)
        raise ValueError(f"shape is {found}; it must be ({words}{',' if len(shape) == 1 else ''})")
    size = math.prod(found) * kind.itemsize
    if len(content) - start != size:
        raise ValueError(f"its values take {len(content) - start} bytes; shape {found} takes {size}")
    values = np.frombuffer(content, dtype=kind, offset=start) if size else np.empty(0, dtype=kind)
    array: AnyArray = values.reshape(found, order="F" if column_order else "C")
    return array if array.flags.aligned else array.copy()


def _header(content: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, whether columns come first, type, and where the values start."""
    file = io.BytesIO(content)
    try:
        reader = _HEADER_READERS[np.lib.format.read_magic(file)]
        shape, column_order, dtype = reader(file, max_header_size=MAX_HEADER_CHARACTERS)
    except Exception as error:
        # NumPy evaluates the header as a Python literal: a bad one may raise anything the parser can raise.
        raise ValueError(f"is no array: {error or type(error).__name__}") from error
    return shape, column_order, dtype, file.tell()
