"""Small days of rounds for tests, made by hand with sensible defaults (random ones: `random_days.py`).

Called by the tests of the route engine only. Everything comes from the arguments.

`day(2, 3, fleet={"break_s": 1800}, stops={"load": [[1], [2], [3]]})` has the depot at location 0, the stops
at 1..S and the tips behind them, on a line of 60 s and 100 m a step; `plan("s0 s1< t0", "b s2 t0")` writes a
plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from optimiser.routes.arrays import FloatArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL, DayPlan, Kind, Round, Visit
from optimiser.routes.problem import InForce, RouteProblem, RouteWeights
from optimiser.routes.stops import ANYWHERE, Stops, Tips

STEP_S = 60.0
STEP_M = 100.0

NOTHING: Mapping[Any, Any] = MappingProxyType({})
DEFAULT_WEIGHTS = RouteWeights()

Spans = Mapping[int, Sequence[tuple[float, float]]]
"""Windows or bans of some of the stops or tips, by number."""


def line(n_locations: int, step: float) -> FloatArray:
    """Distances between places in a line, `step` apart, (n, n)."""
    places = np.arange(n_locations)
    distances: FloatArray = np.abs(places[:, None] - places[None, :]) * step
    return distances


def make_fleet(n: int = 2, materials: int = 1, **changes: Any) -> Fleet:
    """`n` vehicles without a break, in the depot 0 from 0 to 10 h; changed values are broadcast."""
    values: dict[str, Any] = {
        "start": 0,
        "end": 0,
        "shift_start_s": 0.0,
        "shift_end_s": 36_000.0,
        "max_overtime_s": 0.0,
        "capacity": 100.0,
        "daily_load": np.inf,
        "daily_stops": np.inf,
        "max_trips": 9,
        "break_earliest_s": 0.0,
        "break_latest_s": 36_000.0,
        "break_s": 0.0,
        "skills": 0,
        "turns": True,
        "fixed_cost": 0.0,
    }
    shapes = {"capacity": (n, materials), "daily_load": (n, materials)}
    whole = {"start", "end", "max_trips", "skills"}
    ids = changes.pop("ids", tuple(f"V{i}" for i in range(n)))
    return Fleet(ids=ids, **_filled(values, changes, (n,), shapes, whole, {"turns"}))


def make_stops(
    n: int, materials: int = 1, windows: Spans = NOTHING, bans: Spans = NOTHING, **changes: Any
) -> Stops:
    """`n` stops at locations 1..n, of one minute and load 1, at any time; changed values are broadcast."""
    opens, closes = _spans(n, windows, (-np.inf, np.inf))
    froms, untils = _spans(n, bans, (np.inf, np.inf))
    places = np.arange(1, n + 1)
    values: dict[str, Any] = {
        "entry": places,
        "exit": changes.get("entry", places),
        "either_way": False,
        "service_s": 60.0,
        "load": 1.0,
        "window_open_s": opens,
        "window_close_s": closes,
        "ban_from_s": froms,
        "ban_until_s": untils,
        "no_reversing": False,
        "skills": 0,
        "release_s": -np.inf,
        "unserved_cost": 1_000.0,
        "locked_vehicle": ANYWHERE,
        "locked_position": ANYWHERE,
    }
    shapes = {name: np.shape(values[name] if name not in changes else changes[name]) for name in _SPAN_FIELDS}
    shapes["load"] = (n, materials)
    whole = {"entry", "exit", "skills", "locked_vehicle", "locked_position"}
    ids = changes.pop("ids", tuple(f"S{i}" for i in range(n)))
    return Stops(ids=ids, **_filled(values, changes, (n,), shapes, whole, {"either_way", "no_reversing"}))


def make_tips(
    n: int,
    first_location: int,
    materials: int = 1,
    windows: Spans = NOTHING,
    **changes: Any,
) -> Tips:
    """`n` tips from `first_location` on, of two minutes, open always, taking everything."""
    opens, closes = _spans(n, windows, (-np.inf, np.inf))
    values: dict[str, Any] = {
        "location": first_location + np.arange(n),
        "service_s": 120.0,
        "window_open_s": opens,
        "window_close_s": closes,
        "takes": True,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "window_open_s": opens.shape,
        "window_close_s": closes.shape,
        "takes": (n, materials),
    }
    ids = changes.pop("ids", tuple(f"T{i}" for i in range(n)))
    return Tips(ids=ids, **_filled(values, changes, (n,), shapes, {"location"}, {"takes"}))


_SPAN_FIELDS = ("window_open_s", "window_close_s", "ban_from_s", "ban_until_s")


def _spans(n: int, spans: Spans, default: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    width = max([1, *(len(s) for s in spans.values())])
    table = np.full((n, width, 2), np.inf)
    table[:, 0] = default
    for row, pairs in spans.items():
        table[row] = np.inf
        table[row, : len(pairs)] = np.reshape(pairs, (-1, 2))
    return table[:, :, 0].copy(), table[:, :, 1].copy()


def _filled(
    values: dict[str, Any],
    changes: dict[str, Any],
    shape: tuple[int, ...],
    shapes: Mapping[str, tuple[int, ...]],
    whole: set[str],
    truths: set[str],
) -> dict[str, Any]:
    unknown = set(changes) - set(values)
    if unknown:
        raise TypeError(f"no such fields: {sorted(unknown)}")
    arrays = {}
    for name, value in (values | changes).items():
        kind: type[Any] = np.int64 if name in whole else np.bool_ if name in truths else np.float64
        arrays[name] = np.broadcast_to(np.asarray(value, dtype=kind), shapes.get(name, shape)).copy()
    if "max_trips" in arrays:
        arrays["max_trips"] = arrays["max_trips"].astype(np.int64)
    return arrays


def day(
    n_vehicles: int = 2,
    n_stops: int = 3,
    n_tips: int = 1,
    materials: int = 1,
    *,
    fleet: Mapping[str, Any] = NOTHING,
    stops: Mapping[str, Any] = NOTHING,
    tips: Mapping[str, Any] = NOTHING,
    travel_s: Any = None,
    dist_m: Any = None,
    weights: RouteWeights = DEFAULT_WEIGHTS,
    in_force: InForce | None = None,
    extra_locations: int = 0,
) -> RouteProblem:
    """A day: depot at 0, stops at 1..S, tips at S+1.., further places behind, on a line unless told.

    `fleet`, `stops` and `tips` change fields of `make_fleet`, `make_stops`, `make_tips`; the latter two also
    take `windows` (and `bans`) as {number: [(from, until), ...]}.
    """
    n_locations = 1 + n_stops + n_tips + extra_locations
    return RouteProblem(
        travel_s=line(n_locations, STEP_S) if travel_s is None else np.asarray(travel_s, dtype=np.float64),
        dist_m=line(n_locations, STEP_M) if dist_m is None else np.asarray(dist_m, dtype=np.float64),
        fleet=make_fleet(n_vehicles, materials, **fleet),
        stops=make_stops(n_stops, materials, **stops),
        tips=make_tips(n_tips, 1 + n_stops, materials, **tips),
        weights=weights,
        in_force=in_force,
    )


def round_of(text: str) -> Round:
    """Visits as "s0 s1< t0 b b>": stop, stop backward, tip, break before leaving, break on arrival."""
    return tuple(_visit(word) for word in text.split())


def _visit(word: str) -> Visit:
    if word[0] == "b":
        return Visit(Kind.BREAK, BREAK_ON_ARRIVAL if word == "b>" else BREAK_BEFORE_LEAVING)
    kind = {"s": Kind.STOP, "t": Kind.TIP}[word[0]]
    return Visit(kind, int(word[1:].rstrip("<")), word.endswith("<"))


def plan(*rounds: str, unserved: Sequence[int] = ()) -> DayPlan:
    """A plan from rounds as `round_of` reads them."""
    return DayPlan(tuple(round_of(text) for text in rounds), tuple(unserved))


def in_force(
    of: DayPlan,
    done: Sequence[int] | None = None,
    free_s: Sequence[float] | None = None,
    lost: Sequence[bool] | None = None,
) -> InForce:
    """The plan in force; nothing done, nothing known and no vehicle lost unless told."""
    n = len(of.rounds)
    return InForce(
        plan=of,
        done=np.array([0] * n if done is None else done, dtype=np.int64),
        free_s=np.array([np.nan] * n if free_s is None else free_s, dtype=np.float64),
        lost=np.array([False] * n if lost is None else lost, dtype=np.bool_),
    )


def with_in_force(problem: RouteProblem, of: DayPlan, **changes: Any) -> RouteProblem:
    """The same day with `of` in force; `changes` as of `in_force`."""
    return replace(problem, in_force=in_force(of, **changes))


def field_names(of: object) -> tuple[str, ...]:
    """Names of the fields of a dataclass, for tests that go through all of them."""
    return tuple(f.name for f in fields(of))  # type: ignore[arg-type]
