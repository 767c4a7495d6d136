"""One question to the cover engine: what stands where, what may move, at which price and under which rules.

Built by the area worker from the operational picture (and by tests and benchmarks); read by the engine. It
is checked completely when built, so that nothing behind it has to check again. It never does I/O.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.arrays import AnyArray, BoolArray, CoverInputError, Float32Array, FloatArray, IntArray
from optimiser.cover.standard import Standard

# More moves than this at once is no advice an officer can act on; it also bounds the search.
MOST_MOVES = 50


@dataclass(frozen=True, slots=True, eq=False)
class CoverProblem:
    """Appliances at stations, demand in zones, and the rules moves must keep.

    S stations, Z zones, A appliances, K kinds.

    Parameters
    ----------
    standards
        One per kind, K.
    demand_per_h
        Incidents per hour that need this kind, (K, Z).
    attendance_s
        Travel plus turnout time in seconds, (S, Z); inf where a station never reaches a zone.
    bays
        Room at each station, (S,), or None for no limit. A station may not *gain* beyond it: after the
        moves it holds at most max(bays, what it held before) available appliances of all kinds.
    min_cover
        Per station, (S,), or None: of the n or more available appliances of kind 0 it has, at least n stay
        (all, if it has fewer).
    appliance_kind, appliance_station, home
        Kind, present station and home station of each appliance, (A,). An appliance on its way counts at
        its destination: the caller places it there, locked.
    available, locked
        (A,). Only available appliances count; only available and not locked ones move, each once.
    move_cost
        Cost of moving an appliance from row to column, objective units, (S, S); inf where there is no way
        and no such move may be made.
    homeward_factor
        The cost is multiplied by this where the destination is the appliance's home.
    forbidden
        (appliance, station) pairs a person has rejected.
    max_moves
        At most so many moves.

    Raises
    ------
    CoverInputError
        Naming the field, the value and what would be right.
    """

    standards: tuple[Standard, ...]
    demand_per_h: FloatArray
    attendance_s: Float32Array
    appliance_kind: IntArray
    appliance_station: IntArray
    available: BoolArray
    locked: BoolArray
    home: IntArray
    move_cost: FloatArray
    bays: IntArray | None = None
    min_cover: IntArray | None = None
    homeward_factor: float = 1.0
    forbidden: frozenset[tuple[int, int]] = frozenset()
    max_moves: int = 6

    def __post_init__(self) -> None:
        _check_region(self)
        _check_appliances(self)
        _check_rules(self)

    @property
    def n_stations(self) -> int:
        """Number of stations, S."""
        return int(self.attendance_s.shape[0])

    @property
    def n_zones(self) -> int:
        """Number of zones, Z."""
        return int(self.attendance_s.shape[1])

    @property
    def n_kinds(self) -> int:
        """Number of kinds, K."""
        return len(self.standards)

    @property
    def n_appliances(self) -> int:
        """Number of appliances, A."""
        return int(self.appliance_kind.shape[0])

    def counts(self) -> IntArray:
        """Return the available appliances at each station by kind before any move, (K, S)."""
        counts = np.zeros((self.n_kinds, self.n_stations), dtype=np.int64)
        up = self.available
        np.add.at(counts, (self.appliance_kind[up], self.appliance_station[up]), 1)
        return counts

    def room(self, counts: IntArray) -> IntArray:
        """Return the most each station may hold after the moves, all kinds, given the counts before, (S,)."""
        held: IntArray = counts.sum(axis=0)
        if self.bays is None:
            return np.full(self.n_stations, np.iinfo(np.int32).max, dtype=np.int64)
        return np.maximum(self.bays, held)


def _check_array(field: str, value: object, shape: tuple[int, ...], kinds: str) -> AnyArray:
    words = {"f": "floating-point numbers", "iu": "whole numbers", "b": "booleans"}[kinds]
    if not isinstance(value, np.ndarray):
        raise CoverInputError(field, type(value).__name__, f"an array of {words}")
    if value.dtype.kind not in kinds:
        raise CoverInputError(field, f"dtype {value.dtype}", f"an array of {words}")
    if value.shape != shape:
        raise CoverInputError(field, f"shape {value.shape}", f"shape {shape}")
    return value


def _check_numbers(field: str, values: AnyArray, *, allow_inf: bool = False) -> None:
    # min() is NaN where any value is: one pass finds both the negative and the undefined.
    least = values.min() if values.size else 0.0
    if not least >= 0:
        where = tuple(int(i) for i in np.argwhere(~(values >= 0))[0])
        raise CoverInputError(f"{field}{list(where)}", values[where], "zero or more")
    if not allow_inf and values.size and not np.isfinite(values.max()):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise CoverInputError(f"{field}{list(where)}", values[where], "a finite number")


def _check_indices(field: str, values: AnyArray, limit: int, what: str) -> None:
    wrong = np.flatnonzero((values < 0) | (values >= limit))
    if wrong.size:
        at = int(wrong[0])
        raise CoverInputError(f"{field}[{at}]", values[at], f"a {what} index, 0 to {limit - 1}")


def _check_region(p: CoverProblem) -> None:
    if not isinstance(p.standards, tuple) or not p.standards:
        raise CoverInputError("standards", p.standards, "a tuple with one Standard for each kind")
    for k, standard in enumerate(p.standards):
        if not isinstance(standard, Standard):
            raise CoverInputError(f"standards[{k}]", type(standard).__name__, "a Standard")
    shape: tuple[int, ...] = getattr(p.attendance_s, "shape", ())
    if len(shape) != 2 or min(shape) < 1:
        raise CoverInputError("attendance_s", f"shape {shape}", "(stations, zones), one or more of each")
    if _check_array("attendance_s", p.attendance_s, shape, "f").dtype != np.float32:
        raise CoverInputError("attendance_s", f"dtype {p.attendance_s.dtype}", "float32")
    _check_numbers("attendance_s", p.attendance_s, allow_inf=True)
    _check_array("demand_per_h", p.demand_per_h, (len(p.standards), shape[1]), "f")
    _check_numbers("demand_per_h", p.demand_per_h)
    _check_array("move_cost", p.move_cost, (shape[0], shape[0]), "f")
    _check_numbers("move_cost", p.move_cost, allow_inf=True)


def _check_appliances(p: CoverProblem) -> None:
    shape: tuple[int, ...] = getattr(p.appliance_kind, "shape", ())
    if len(shape) != 1:
        raise CoverInputError("appliance_kind", f"shape {shape}", "(appliances,)")
    _check_array("appliance_kind", p.appliance_kind, shape, "iu")
    _check_indices("appliance_kind", p.appliance_kind, len(p.standards), "kind")
    for field in ("appliance_station", "home"):
        values = _check_array(field, getattr(p, field), shape, "iu")
        _check_indices(field, values, p.n_stations, "station")
    _check_array("available", p.available, shape, "b")
    _check_array("locked", p.locked, shape, "b")


def _check_rules(p: CoverProblem) -> None:
    for field in ("bays", "min_cover"):
        values = getattr(p, field)
        if values is not None:
            _check_numbers(field, _check_array(field, values, (p.n_stations,), "iu"))
    if not (isinstance(p.homeward_factor, (int, float)) and 0 <= p.homeward_factor < np.inf):
        raise CoverInputError("homeward_factor", p.homeward_factor, "a finite number, zero or more")
    if isinstance(p.max_moves, bool) or not isinstance(p.max_moves, int):
        raise CoverInputError("max_moves", p.max_moves, f"a whole number, 0 to {MOST_MOVES}")
    if not 0 <= p.max_moves <= MOST_MOVES:
        raise CoverInputError("max_moves", p.max_moves, f"0 to {MOST_MOVES}")
    if not isinstance(p.forbidden, frozenset):
        raise CoverInputError("forbidden", type(p.forbidden).__name__, "a frozenset of (appliance, station)")
    for pair in p.forbidden:
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise CoverInputError("forbidden", pair, "pairs (appliance, station)")
        appliance, station = pair
        if not (0 <= appliance < p.n_appliances and 0 <= station < p.n_stations):
            raise CoverInputError(
                "forbidden",
                pair,
                f"an appliance index below {p.n_appliances} and a station index below {p.n_stations}",
            )
