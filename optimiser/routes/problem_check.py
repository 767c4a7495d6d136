"""What is checked of a route problem when it is built: every field, so that nothing behind it checks again.

Called by `RouteProblem` alone. It reads; it never changes anything. Vectorised: instant answers build a
problem per event, so that but for one look at the matrices it must cost next to nothing.
"""

from typing import TYPE_CHECKING

import numpy as np

from optimiser.routes.arrays import AnyArray, BoolArray, FloatArray, RouteInputError
from optimiser.routes.in_force_check import check_in_force

if TYPE_CHECKING:
    from optimiser.routes.problem import RouteProblem


def check_problem(problem: "RouteProblem") -> None:
    """Check every field of a route problem.

    Parameters
    ----------
    problem
        As it is being built.

    Raises
    ------
    RouteInputError
        Naming the field (with index), the value and what would be right.
    """
    n_locations = _check_matrices(problem)
    _check_fleet(problem, n_locations)
    _check_stops(problem, n_locations)
    _check_tips(problem, n_locations)
    weights = problem.weights
    for name in ("per_drive_s", "per_m", "per_overtime_s", "per_moved_stop", "balance"):
        value = getattr(weights, name)
        if not 0 <= value < np.inf:
            raise RouteInputError(f"weights.{name}", value, "a finite number, zero or more")
    if problem.in_force is not None:
        check_in_force(problem, problem.in_force)


def _array(field: str, value: object, shape: tuple[int, ...], kind: type[np.generic]) -> AnyArray:
    if not isinstance(value, np.ndarray):
        raise RouteInputError(field, type(value).__name__, f"an array of {kind.__name__}")
    if value.dtype.type is not kind:
        raise RouteInputError(field, f"dtype {value.dtype}", f"an array of {kind.__name__}")
    if value.shape != shape:
        raise RouteInputError(field, f"shape {value.shape}", f"shape {shape}")
    return value


def _refuse(field: str, values: AnyArray, right: BoolArray, expected: str) -> None:
    """Raise for the first entry that is not right."""
    if right.all():
        return
    where = tuple(int(i) for i in np.argwhere(~right)[0])
    raise RouteInputError(f"{field}{list(where)}", values[where].item(), expected)


def _numbers(field: str, value: object, shape: tuple[int, ...], *, endless: bool = False) -> FloatArray:
    """Zero or more, and finite unless `endless`."""
    values = _array(field, value, shape, np.float64)
    # min() is nan where any value is, so that one look finds both the negative and the undefined.
    if values.size and not (values.min() >= 0 and (endless or values.max() < np.inf)):
        limit = np.inf if endless else np.finfo(np.float64).max
        expected = "a number, zero or more" if endless else "a finite number, zero or more"
        _refuse(field, values, (values >= 0) & (values <= limit), expected)
    return values


def _indices(field: str, value: object, n: int, limit: int, what: str, *, least: int = 0) -> AnyArray:
    values = _array(field, value, (n,), np.int64)
    if values.size and not (values.min() >= least and values.max() < limit):
        expected = f"a {what}, {least} to {limit - 1}"
        _refuse(field, values, (values >= least) & (values < limit), expected)
    return values


def _whole(field: str, value: object, n: int) -> None:
    values = _array(field, value, (n,), np.int64)
    _refuse(field, values, values >= 0, "a whole number, zero or more")


def _names(field: str, ids: object) -> int:
    if not isinstance(ids, tuple) or not all(isinstance(name, str) for name in ids):
        raise RouteInputError(field, type(ids).__name__, "a tuple of names")
    if len(set(ids)) < len(ids):
        twice = next(name for i, name in enumerate(ids) if name in ids[:i])
        raise RouteInputError(field, f"{twice!r} more than once", "names that are all different")
    return len(ids)


def _check_matrices(problem: "RouteProblem") -> int:
    n = len(problem.travel_s) if isinstance(problem.travel_s, np.ndarray) and problem.travel_s.ndim else 0
    _numbers("travel_s", problem.travel_s, (n, n))
    _numbers("dist_m", problem.dist_m, (n, n))
    return n


def _check_fleet(problem: "RouteProblem", n_locations: int) -> None:
    fleet = problem.fleet
    n = _names("fleet.ids", fleet.ids)
    if not n:
        raise RouteInputError("fleet.ids", "()", "at least one vehicle")
    n_materials = fleet.capacity.shape[1] if getattr(fleet.capacity, "ndim", 0) == 2 else 1
    if not n_materials:
        raise RouteInputError("fleet.capacity", "shape (V, 0)", "at least one material")
    _indices("fleet.start", fleet.start, n, n_locations, "location")
    _indices("fleet.end", fleet.end, n, n_locations, "location")
    begins_s = _array("fleet.shift_start_s", fleet.shift_start_s, (n,), np.float64)
    _refuse("fleet.shift_start_s", begins_s, np.isfinite(begins_s), "a finite number")
    ends_s = _array("fleet.shift_end_s", fleet.shift_end_s, (n,), np.float64)
    _refuse("fleet.shift_end_s", ends_s, ends_s >= begins_s, "not before shift_start_s")
    for name in ("max_overtime_s", "daily_stops"):
        _numbers(f"fleet.{name}", getattr(fleet, name), (n,), endless=True)
    for name in ("capacity", "daily_load"):
        _numbers(f"fleet.{name}", getattr(fleet, name), (n, n_materials), endless=True)
    _whole("fleet.max_trips", fleet.max_trips, n)
    _whole("fleet.skills", fleet.skills, n)
    _array("fleet.turns", fleet.turns, (n,), np.bool_)
    _numbers("fleet.fixed_cost", fleet.fixed_cost, (n,))
    lengths_s = _numbers("fleet.break_s", fleet.break_s, (n,))
    earliest_s = _array("fleet.break_earliest_s", fleet.break_earliest_s, (n,), np.float64)
    right = ~np.isnan(earliest_s) & ((earliest_s < np.inf) | (lengths_s == 0))
    _refuse("fleet.break_earliest_s", earliest_s, right, "a time, not inf where a break is due")
    latest_s = _array("fleet.break_latest_s", fleet.break_latest_s, (n,), np.float64)
    _refuse("fleet.break_latest_s", latest_s, latest_s >= earliest_s, "not before break_earliest_s")


def _check_stops(problem: "RouteProblem", n_locations: int) -> None:
    stops, n_vehicles = problem.stops, len(problem.fleet)
    n, n_materials = _names("stops.ids", stops.ids), problem.fleet.capacity.shape[1]
    _indices("stops.entry", stops.entry, n, n_locations, "location")
    _indices("stops.exit", stops.exit, n, n_locations, "location")
    _array("stops.either_way", stops.either_way, (n,), np.bool_)
    _numbers("stops.service_s", stops.service_s, (n,))
    _numbers("stops.load", stops.load, (n, n_materials))
    _windows("stops", stops.window_open_s, stops.window_close_s, n)
    _bans(stops.ban_from_s, stops.ban_until_s, n)
    _array("stops.no_reversing", stops.no_reversing, (n,), np.bool_)
    _whole("stops.skills", stops.skills, n)
    release_s = _array("stops.release_s", stops.release_s, (n,), np.float64)
    _refuse("stops.release_s", release_s, release_s < np.inf, "a time, or -inf for none")
    _numbers("stops.unserved_cost", stops.unserved_cost, (n,))
    _indices("stops.locked_vehicle", stops.locked_vehicle, n, n_vehicles, "vehicle or no lock", least=-1)
    positions = _array("stops.locked_position", stops.locked_position, (n,), np.int64)
    _refuse("stops.locked_position", positions, positions >= -1, "a position from 0, or -1 for no lock")


def _check_tips(problem: "RouteProblem", n_locations: int) -> None:
    tips, n_materials = problem.tips, problem.fleet.capacity.shape[1]
    n = _names("tips.ids", tips.ids)
    _indices("tips.location", tips.location, n, n_locations, "location")
    _numbers("tips.service_s", tips.service_s, (n,))
    _windows("tips", tips.window_open_s, tips.window_close_s, n)
    takes = _array("tips.takes", tips.takes, (n, n_materials), np.bool_)
    stuck = (problem.stops.load > 0) & ~takes.any(axis=0)
    if stuck.any():
        stop, material = (int(i) for i in np.argwhere(stuck)[0])
        found = f"no tip for material {material}, which stop {problem.stops.ids[stop]} loads"
        raise RouteInputError(f"tips.takes[:, {material}]", found, "a tip that takes it")


def _windows(of: str, opens_s: object, closes_s: object, n: int) -> None:
    """Closed spans in which service begins, at least one a row."""
    opens, closes = _spans(f"{of}.window_open_s", f"{of}.window_close_s", opens_s, closes_s, n)
    if n and not opens.shape[1]:
        raise RouteInputError(f"{of}.window_open_s", f"shape {opens.shape}", "at least one window a row")
    right = (opens[:, :1] < np.inf) & (closes[:, :1] > -np.inf)
    _refuse(f"{of}.window_open_s", opens, right, "a first window, (-inf, inf) for any time")
    _refuse(f"{of}.window_close_s", closes, closes >= opens, "not before the window opens")


def _bans(froms_s: object, untils_s: object, n: int) -> None:
    froms, untils = _spans("stops.ban_from_s", "stops.ban_until_s", froms_s, untils_s, n)
    right = (untils > froms) | (froms == np.inf)
    _refuse("stops.ban_until_s", untils, right, "after the ban begins")


def _spans(first: str, second: str, begins: object, ends: object, n: int) -> tuple[FloatArray, FloatArray]:
    """Spans in order and apart, the unused ones (inf, inf) behind the others."""
    width = begins.shape[1] if isinstance(begins, np.ndarray) and begins.ndim == 2 else 1
    one = _array(first, begins, (n, width), np.float64)
    two = _array(second, ends, (n, width), np.float64)
    _refuse(first, one, ~np.isnan(one), "a time, or inf where unused")
    right = ~np.isnan(two) & ((one < np.inf) | (two == np.inf))
    _refuse(second, two, right, "a time, inf where the span is unused")
    if width > 1:
        apart = np.ones(one.shape, dtype=np.bool_)
        apart[:, 1:] = (one[:, 1:] == np.inf) | (one[:, 1:] > two[:, :-1])
        # Only unused spans may follow an unused one.
        apart[:, 1:] &= (one[:, :-1] < np.inf) | (one[:, 1:] == np.inf)
        _refuse(first, one, apart, "after the end of the one before it")
    return one, two
