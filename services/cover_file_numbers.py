"""The long rows of numbers of a cover file: decoded, checked and packed one by one.

Called by `services.cover_file`. It knows nothing of the file's other fields.
"""

import msgspec
import numpy as np

from optimiser.cover.arrays import Float32Array, FloatArray
from optimiser.cover.standard import Standard
from services.cover_file_error import CoverFileError, refusal_of, shown

MOST_ZONES = 200_000
"""An order of magnitude above any brigade known."""

SECONDS = "zero or more seconds, or null"
COST = "zero or more, or null"

_ROW = msgspec.json.Decoder(list[float | None])


def check_size(field: str, n: int, least: int, most: int) -> int:
    """Return n; CoverFileError where it is not within the limits."""
    if not least <= n <= most:
        raise CoverFileError(field, f"{n} of them", f"{least:,} to {most:,}")
    return n


def number_row(
    field: str,
    raw: msgspec.Raw,
    size: int | None,
    expected: str,
    *,
    most: float = np.inf,
    null: float | None = None,
) -> FloatArray:
    """Decode a list of numbers from zero to `most`, with `null` in the place of null.

    `size` is how many there must be, None where there is one for each zone.
    """
    text = bytes(raw)
    # Counted before the numbers are made, which take eight times the room of their text.
    if text.count(b",") >= (MOST_ZONES if size is None else max(size, MOST_ZONES)):
        raise CoverFileError(field, f"{text.count(b',') + 1} of them", f"1 to {MOST_ZONES:,}")
    try:
        values = np.array(_ROW.decode(text), dtype=np.float64)  # None becomes NaN, which JSON does not know
    except (msgspec.DecodeError, RecursionError) as error:
        raise refusal_of(error, text, field, expected) from error
    if size is None:
        check_size(field, values.size, 1, MOST_ZONES)
    elif values.size != size:
        raise CoverFileError(field, f"{values.size} numbers", f"{size} numbers")
    absent = np.isnan(values)
    wrong = (values < 0) | (values > most)
    if null is None:
        wrong |= absent
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        value = None if absent[at] else float(values[at])
        raise CoverFileError(f"{field}[{at}]", shown(value), expected)
    if null is not None:
        values[absent] = null
    return values


def travel_times(rows: list[msgspec.Raw], n_stations: int, n_zones: int, standard: Standard) -> Float32Array:
    """Decode travel_s, a row for each station; null is a zone that is never reached."""
    if len(rows) != n_stations:
        raise CoverFileError("travel_s", f"{len(rows)} rows", f"{n_stations} rows, one for each station")
    travel_s = np.empty((n_stations, n_zones), dtype=np.float32)
    for i, raw in enumerate(rows):
        times_s = number_row(f"travel_s[{i}]", raw, n_zones, SECONDS, null=np.inf)
        travel_s[i] = _single_precision(times_s, standard)
    return travel_s


def _single_precision(times_s: FloatArray, standard: Standard) -> Float32Array:
    """Round to the engine's precision, but never across a target: late stays late, in time stays in time."""
    with np.errstate(over="ignore"):
        rounded = times_s.astype(np.float32)
    for target_s in (standard.first_target_s, standard.second_target_s):
        target = np.float64(target_s)
        near = np.float32(target)
        below = near if near <= target else np.nextafter(near, np.float32(-np.inf))
        above = np.nextafter(below, np.float32(np.inf))
        rounded[(times_s <= target) & (rounded > target)] = below
        rounded[(times_s > target) & (rounded <= target)] = above
    return rounded


def move_costs(rows: list[msgspec.Raw], n_stations: int, most: float) -> FloatArray:
    """Decode the costs; one above `most`, which no move can repay, is as good as no way."""
    if len(rows) != n_stations:
        raise CoverFileError("move_cost", f"{len(rows)} rows", f"{n_stations} rows, one for each station")
    cost = np.empty((n_stations, n_stations))
    for i, raw in enumerate(rows):
        cost[i] = number_row(f"move_cost[{i}]", raw, n_stations, COST, null=np.inf)
    # Numbers written to mean "never" (1e9) would cost the solver the digits it needs for the others.
    cost[cost > most] = np.inf
    return cost
