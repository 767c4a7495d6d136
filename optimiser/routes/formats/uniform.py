"""Fleets of one kind of vehicle and stops without street rules: what the published instances have.

Called by the readers of this folder. Never reads text.
"""

import numpy as np

from optimiser.routes.arrays import FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.formats.instance import MUST_SERVE_COST
from optimiser.routes.stops import ANYWHERE, Stops, Tips

NO_LIMIT_S = 1e9
"""End of the shift where an instance knows no time: above any route, and exact in a double with its sums."""


def uniform_fleet(
    size: int,
    *,
    shift_s: tuple[float, float],
    capacity: float,
    max_trips: int | IntArray,
    daily_load: float = np.inf,
    daily_stops: float = np.inf,
    break_s: float = 0.0,
    break_start_s: tuple[float, float] = (0.0, 0.0),
) -> Fleet:
    """Return vehicles that differ only in `max_trips`, from and to location 0, for one material."""
    return Fleet(
        ids=tuple(str(number + 1) for number in range(size)),
        start=np.zeros(size, dtype=np.int64),
        end=np.zeros(size, dtype=np.int64),
        shift_start_s=np.full(size, shift_s[0], np.float64),
        shift_end_s=np.full(size, shift_s[1], np.float64),
        max_overtime_s=np.zeros(size),
        capacity=np.full((size, 1), capacity, np.float64),
        daily_load=np.full((size, 1), daily_load, np.float64),
        daily_stops=np.full(size, daily_stops, np.float64),
        max_trips=np.broadcast_to(np.asarray(max_trips, dtype=np.int64), size).copy(),
        break_earliest_s=np.full(size, break_start_s[0], np.float64),
        break_latest_s=np.full(size, break_start_s[1], np.float64),
        break_s=np.full(size, break_s, np.float64),
        skills=np.zeros(size, dtype=np.int64),
        turns=np.ones(size, dtype=np.bool_),
        fixed_cost=np.zeros(size),
    )


def plain_stops(
    ids: tuple[str, ...],
    location: IntArray,
    *,
    service_s: FloatArray,
    load: FloatArray,
    window_s: FloatArray,
    release_s: FloatArray | None = None,
) -> Stops:
    """Return stops at one place each, with one window (S, 2) and one material, that must all be served."""
    n = len(ids)
    return Stops(
        ids=ids,
        entry=location,
        exit=location,
        either_way=np.zeros(n, dtype=np.bool_),
        service_s=service_s,
        load=load[:, None],
        window_open_s=window_s[:, :1].copy(),
        window_close_s=window_s[:, 1:].copy(),
        ban_from_s=np.full((n, 0), np.inf),
        ban_until_s=np.full((n, 0), np.inf),
        no_reversing=np.zeros(n, dtype=np.bool_),
        skills=np.zeros(n, dtype=np.int64),
        release_s=np.full(n, -np.inf) if release_s is None else release_s,
        unserved_cost=np.full(n, MUST_SERVE_COST),
        locked_vehicle=np.full(n, ANYWHERE, dtype=np.int64),
        locked_position=np.full(n, ANYWHERE, dtype=np.int64),
    )


def plain_tips(
    ids: tuple[str, ...], location: IntArray, *, service_s: FloatArray, window_s: FloatArray
) -> Tips:
    """Return tips with one window (T, 2) that take the one material."""
    return Tips(
        ids=ids,
        location=location,
        service_s=service_s,
        window_open_s=window_s[:, :1].copy(),
        window_close_s=window_s[:, 1:].copy(),
        takes=np.ones((len(ids), 1), dtype=np.bool_),
    )
