"""Checks that the parts of a council share: names, flags, spans of time, lines.

Called by `geo.council_parts` when a part is built. Never changes the values it is given.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.arrays import BoolArray, check_unique, checked_floats, checked_indices, read_only


def put(part: object, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(part, name, value)


def check_named(what: str, ids: tuple[str, ...], names: tuple[str, ...]) -> None:
    check_unique(f"{what}.ids", ids)
    if len(names) != len(ids):
        raise ValueError(f"{what}.names: {len(names)} of them; there must be {len(ids)}, one for each id")


def width_of(name: str, values: npt.NDArray[np.float64]) -> int:
    if np.ndim(values) != 2:
        raise ValueError(f"{name}: shape is {np.shape(values)}; it must have a column for each material")
    return int(np.shape(values)[1])


def flags(name: str, values: npt.ArrayLike, count: int, wide: int | None = 0) -> BoolArray:
    """Return flags of shape (count,), or (count, any) where `wide` is None."""
    given = np.asarray(values)
    right = given.shape == (count,) if wide == 0 else given.ndim == 2 and len(given) == count
    if given.dtype != np.bool_ or not right:
        raise ValueError(
            f"{name}: {given.dtype} of shape {given.shape}; it must be true or false, {count} times"
        )
    array: BoolArray = read_only(given, np.bool_)  # type: ignore[assignment]
    return array


def put_spans(part: object, what: str, first: str, last: str, count: int) -> None:
    """Check spans of time, each row in order and apart, the unused ones (inf, inf) behind the others."""
    begin = np.asarray(getattr(part, first), dtype=np.float64)
    shape = (count, begin.shape[1] if begin.ndim == 2 else 1)
    begins = checked_floats(f"{what}.{first}", getattr(part, first), shape, infinite_ok=True)
    ends = checked_floats(f"{what}.{last}", getattr(part, last), shape, infinite_ok=True)
    wrong = (ends < begins).any(axis=1) | (begins[:, 1:] < ends[:, :-1]).any(axis=1)
    if wrong.any():
        raise ValueError(
            f"{what}.{first}: {begins[wrong.argmax()]} to {ends[wrong.argmax()]} at {int(wrong.argmax())}; "
            "spans must be in order and apart"
        )
    put(part, **{first: begins, last: ends})


def put_lines(part: object, what: str, count: int) -> None:
    """Check the lines: each of two points or more."""
    line = np.asarray(part.line)  # type: ignore[attr-defined]
    line = checked_floats(f"{what}.line", line, (len(line), 2))
    first = checked_indices(f"{what}.first", part.first, (count + 1,), len(line) + 1)  # type: ignore[attr-defined]
    if count and (first[0] != 0 or first[-1] != len(line) or (np.diff(first) < 2).any()):
        raise ValueError(f"{what}.first: it must rise from 0 to {len(line)} by 2 or more, one step a line")
    put(part, line=line, first=first)
