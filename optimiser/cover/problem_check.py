"""What is checked of a cover problem when it is built: every field, so that nothing behind it checks again.

Called by `CoverProblem` alone. It reads; it never changes anything.
"""

from typing import TYPE_CHECKING

import numpy as np

from optimiser.cover.arrays import AnyArray, CoverInputError
from optimiser.cover.scene import check_scenes
from optimiser.cover.standard import Standard

if TYPE_CHECKING:
    from optimiser.cover.problem import CoverProblem

# More moves than this at once is no advice an officer can act on; it also bounds the search.
MOST_MOVES = 50


def check_problem(problem: "CoverProblem") -> None:
    """Raise CoverInputError, naming the field, the value and what would be right, where one is wrong."""
    _check_region(problem)
    _check_appliances(problem)
    _check_rules(problem)
    _check_pairs(problem, "forbidden")
    _check_horizon(problem)


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


def _check_region(p: "CoverProblem") -> None:
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


def _check_appliances(p: "CoverProblem") -> None:
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


def _check_rules(p: "CoverProblem") -> None:
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


def _check_pairs(p: "CoverProblem", field: str) -> None:
    pairs = getattr(p, field)
    if not isinstance(pairs, frozenset):
        raise CoverInputError(field, type(pairs).__name__, "a frozenset of (appliance, station)")
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise CoverInputError(field, pair, "pairs (appliance, station)")
        appliance, station = pair
        if not (0 <= appliance < p.n_appliances and 0 <= station < p.n_stations):
            raise CoverInputError(
                field,
                pair,
                f"an appliance index below {p.n_appliances} and a station index below {p.n_stations}",
            )


def _check_horizon(p: "CoverProblem") -> None:
    if not (isinstance(p.horizon_s, (int, float)) and 0 < p.horizon_s < np.inf):
        raise CoverInputError("horizon_s", p.horizon_s, "a finite number of seconds above zero")
    if p.road_s is not None:
        shape = (p.n_stations, p.n_stations)
        _check_numbers("road_s", _check_array("road_s", p.road_s, shape, "f"), allow_inf=True)
    if p.departing_charge is not None:
        charge = _check_array("departing_charge", p.departing_charge, (p.n_appliances,), "f")
        _check_numbers("departing_charge", charge)
    _check_pairs(p, "undoing")
    if not (isinstance(p.undoing_charge, (int, float)) and 0 <= p.undoing_charge < np.inf):
        raise CoverInputError("undoing_charge", p.undoing_charge, "a finite number, zero or more")
    if p.scenes != ():
        fixed = np.zeros((p.n_kinds, p.n_stations), dtype=np.int64)
        stays = p.available & p.locked
        np.add.at(fixed, (p.appliance_kind[stays], p.appliance_station[stays]), 1)
        check_scenes(p.scenes, p.n_kinds, p.n_stations, fixed)
