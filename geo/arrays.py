"""Typed array names and the checks every geo dataclass makes on its arrays.

Called by the dataclasses of this wing when they are built. Never changes the values it is given; the arrays
it hands back are read-only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
GeometryArray = npt.NDArray[np.object_]

NOT_NEGATIVE = (0.0, float("inf"))


def read_only(values: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
    """Return `values` as a C-contiguous, read-only array of `dtype` (a view where nothing must change)."""
    array = np.ascontiguousarray(values, dtype=dtype).view()
    array.flags.writeable = False
    return array


def checked_floats(
    name: str,
    values: npt.ArrayLike,
    shape: tuple[int, ...],
    bounds: tuple[float, float] = (-float("inf"), float("inf")),
    *,
    infinite_ok: bool = False,
) -> FloatArray:
    """Return a read-only float64 array of `shape` whose values are numbers within `bounds`.

    Raises
    ------
    ValueError
        Naming the field, the first bad position and value, and what would be right.
    """
    array: FloatArray = read_only(values, np.float64)  # type: ignore[assignment]
    check_range(name, array, shape, bounds, infinite_ok=infinite_ok)
    return array


def checked_floats32(
    name: str,
    values: npt.ArrayLike,
    shape: tuple[int, ...],
    bounds: tuple[float, float] = NOT_NEGATIVE,
    *,
    infinite_ok: bool = False,
) -> Float32Array:
    """As `checked_floats`, in float32, for the large matrices."""
    array: Float32Array = read_only(values, np.float32)  # type: ignore[assignment]
    check_range(name, array, shape, bounds, infinite_ok=infinite_ok)
    return array


def check_range(
    name: str,
    array: FloatArray | Float32Array,
    shape: tuple[int, ...],
    bounds: tuple[float, float],
    *,
    infinite_ok: bool = False,
) -> None:
    """Raise ValueError unless the array has this shape and every value is a number within the bounds."""
    if array.shape != shape:
        raise ValueError(f"{name}: shape is {array.shape}; it must be {shape}")
    if not array.size:
        return
    low, high = float(array.min()), float(array.max())  # min and max pass NaN on
    fine = bounds[0] <= low and high <= bounds[1] and (infinite_ok or np.isfinite([low, high]).all())
    if fine:
        return
    bad = ~((array >= bounds[0]) & (array <= bounds[1]))
    if not infinite_ok:
        bad |= ~np.isfinite(array)
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    kind = "a number" if infinite_ok else "a finite number"
    raise ValueError(
        f"{name}: value {array[where]} at {where}; it must be {kind} from {bounds[0]:g} to {bounds[1]:g}"
    )


def checked_indices(name: str, values: npt.ArrayLike, shape: tuple[int, ...], count: int) -> IntArray:
    """Return a read-only int64 array of `shape` with every value from 0 to `count` - 1; else ValueError."""
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"{name}: values are {given.dtype}; they must be whole numbers")
    array: IntArray = read_only(given, np.int64)  # type: ignore[assignment]
    if array.shape != shape:
        raise ValueError(f"{name}: shape is {array.shape}; it must be {shape}")
    if array.size and (array.min() < 0 or array.max() >= count):
        where = tuple(int(i) for i in np.argwhere((array < 0) | (array >= count))[0])
        raise ValueError(f"{name}: value {array[where]} at {where}; it must be from 0 to {count - 1}")
    return array


def check_unique(name: str, ids: Sequence[str]) -> None:
    """Raise ValueError where an id is empty or stands twice in `ids`."""
    seen: set[str] = set()
    for value in ids:
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name}: id {value!r}; an id must be a text that is not empty")
        if value in seen:
            raise ValueError(f"{name}: id {value!r} stands twice; ids must be unique")
        seen.add(value)
