"""Every field of a route problem is checked when it is built: what is wrong is named with its place."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.plan import DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem, RouteWeights
from tests.optimiser.routes.random_days import random_day
from tests.optimiser.routes.small_days import day, in_force, plan, with_in_force

INF, NAN = np.inf, np.nan
BASE = day(2, 3, 2, 2)


def refused(part: str, name: str, value: Any) -> RouteInputError:
    """The error of a day with that value in that field."""
    changed = value if not part else replace(getattr(BASE, part), **{name: value})
    with pytest.raises(RouteInputError) as caught:
        replace(BASE, **{part or name: changed})
    return caught.value


def wrong_at(part: str, name: str, place: tuple[int, ...], value: float) -> RouteInputError:
    """The error of a day with one wrong entry in an array."""
    array = np.array(getattr(getattr(BASE, part) if part else BASE, name))
    array[place] = value
    return refused(part, name, array)


def arrays() -> list[tuple[str, str]]:
    """All array fields as (part, name)."""
    named = [("", "travel_s"), ("", "dist_m")]
    for part in ("fleet", "stops", "tips"):
        of = getattr(BASE, part)
        named += [(part, f.name) for f in fields(of) if isinstance(getattr(of, f.name), np.ndarray)]
    return named


@pytest.mark.parametrize(("part", "name"), arrays())
def test_type_and_shape_of_every_array(part: str, name: str) -> None:
    array = getattr(getattr(BASE, part) if part else BASE, name)
    field = f"{part}.{name}".lstrip(".")
    assert refused(part, name, array.tolist()).field.startswith(field)
    assert refused(part, name, array.astype(np.float32)).field == field
    assert refused(part, name, array[..., None]).field == field


@pytest.mark.parametrize(
    ("part", "name", "place", "values"),
    [
        ("", "travel_s", (1, 2), (-1, NAN, INF)),
        ("", "dist_m", (2, 1), (-1, NAN, INF)),
        ("fleet", "start", (1,), (-1, 6)),
        ("fleet", "end", (1,), (-1, 6)),
        ("fleet", "shift_start_s", (1,), (NAN, INF, -INF)),
        ("fleet", "shift_end_s", (1,), (NAN, -1)),
        ("fleet", "max_overtime_s", (1,), (NAN, -1)),
        ("fleet", "capacity", (1, 1), (NAN, -1)),
        ("fleet", "daily_load", (1, 1), (NAN, -1)),
        ("fleet", "daily_stops", (1,), (NAN, -1)),
        ("fleet", "max_trips", (1,), (-1,)),
        ("fleet", "break_earliest_s", (1,), (NAN,)),
        ("fleet", "break_latest_s", (1,), (NAN, -1)),
        ("fleet", "break_s", (1,), (NAN, -1, INF)),
        ("fleet", "skills", (1,), (-1,)),
        ("fleet", "fixed_cost", (1,), (NAN, -1, INF)),
        ("stops", "entry", (2,), (-1, 6)),
        ("stops", "exit", (2,), (-1, 6)),
        ("stops", "service_s", (2,), (NAN, -1, INF)),
        ("stops", "load", (2, 1), (NAN, -1, INF)),
        ("stops", "window_open_s", (2, 0), (NAN, INF)),
        ("stops", "window_close_s", (2, 0), (NAN, -INF)),
        ("stops", "ban_from_s", (2, 0), (NAN,)),
        ("stops", "ban_until_s", (2, 0), (NAN, 5)),
        ("stops", "skills", (2,), (-1,)),
        ("stops", "release_s", (2,), (NAN, INF)),
        ("stops", "unserved_cost", (2,), (NAN, -1, INF)),
        ("stops", "locked_vehicle", (2,), (-2, 2)),
        ("stops", "locked_position", (2,), (-2,)),
        ("tips", "location", (1,), (-1, 6)),
        ("tips", "service_s", (1,), (NAN, -1, INF)),
        ("tips", "window_open_s", (1, 0), (NAN, INF)),
        ("tips", "window_close_s", (1, 0), (NAN, -INF)),
    ],
)
def test_values(part: str, name: str, place: tuple[int, ...], values: tuple[float, ...]) -> None:
    for value in values:
        error = wrong_at(part, name, place, value)
        stem = f"{part}.{name}".lstrip(".").rsplit("_", 2)[0]
        assert error.field.startswith(stem)
        assert error.field.endswith(str(list(place)))


def test_the_message_names_field_value_and_what_is_right() -> None:
    error = wrong_at("stops", "service_s", (2,), -5.0)
    assert str(error) == "stops.service_s[2]: found -5.0, expected a finite number, zero or more"


@pytest.mark.parametrize(
    "windows",
    [[(10, 5)], [(0, 10), (5, 20)], [(0, 10), (10, 20)], [(30, 40), (0, 10)], [], [(INF, INF), (0, 1)]],
)
def test_windows_in_order_and_apart(windows: list[tuple[float, float]]) -> None:
    with pytest.raises(RouteInputError, match=r"stops\.window_(open|close)_s\[1, \d\]"):
        day(1, 3, stops={"windows": {1: windows}})
    with pytest.raises(RouteInputError, match=r"tips\.window_(open|close)_s\[1, \d\]"):
        day(1, 3, 2, tips={"windows": {1: windows}})


@pytest.mark.parametrize("bans", [[(10, 10)], [(0, 10), (5, 20)], [(INF, INF), (0, 10)], [(5, 3)]])
def test_bans_in_order_and_apart(bans: list[tuple[float, float]]) -> None:
    with pytest.raises(RouteInputError, match=r"stops\.ban_(from|until)_s\[1, \d\]"):
        day(1, 3, stops={"bans": {1: bans}})


def test_what_is_allowed() -> None:
    day(1, 3, fleet={"capacity": INF, "shift_end_s": INF, "break_latest_s": INF, "max_overtime_s": INF})
    day(1, 0, 0)
    day(1, 3, 0, stops={"load": 0.0})
    day(1, 2, stops={"windows": {0: [(0, 10), (11, 20)], 1: [(5, 5)]}, "bans": {0: [(-INF, 3), (4, 5)]}})
    none = np.empty((3, 0))
    replace(BASE, stops=replace(BASE.stops, ban_from_s=none, ban_until_s=none))


def test_names() -> None:
    for part, ids in (("fleet", ("a", "a")), ("stops", ("a", "b", "a")), ("tips", ["a", "b"])):
        assert refused(part, "ids", ids).field == f"{part}.ids"
    with pytest.raises(RouteInputError, match=r"fleet\.ids.*at least one vehicle"):
        day(0, 1)


def test_every_loaded_material_is_taken_somewhere() -> None:
    takes = np.array([[True, False], [True, False]])
    error = refused("tips", "takes", takes)
    assert error.field == "tips.takes[:, 1]" and "S0" in str(error)
    day(1, 2, 1, 2, stops={"load": [[1, 0], [1, 0]]}, tips={"takes": [[True, False]]})


def test_weights() -> None:
    for field in fields(RouteWeights):
        for value in (-1.0, NAN, INF):
            with pytest.raises(RouteInputError, match=rf"weights\.{field.name}: "):
                replace(BASE, weights=replace(BASE.weights, **{field.name: value}))


@pytest.mark.parametrize(
    ("of", "changes", "field"),
    [
        (plan("s0 t0"), {}, "in_force.plan.rounds"),
        (plan("s0 t0", "s3"), {}, "in_force.plan.rounds[1][0]"),
        (plan("s0 t0", "s1 t2"), {}, "in_force.plan.rounds[1][1]"),
        (DayPlan(((Visit(Kind.BREAK, 2),), ())), {}, "in_force.plan.rounds[0][0]"),
        (plan("s0 s1", "s1"), {}, "in_force.plan.rounds[1][0]"),
        (plan("s0", "s1", unserved=[1]), {}, "in_force.plan.unserved[0]"),
        (plan("s0", "s1", unserved=[2, 2]), {}, "in_force.plan.unserved[1]"),
        (plan("s0", "s1", unserved=[3]), {}, "in_force.plan.unserved[0]"),
        (plan("s0", "s1"), {"done": [0, 2]}, "in_force.done[1]"),
        (plan("s0", "s1"), {"done": [0, -1]}, "in_force.done[1]"),
        (plan("s0", "s1 b> s2"), {"done": [0, 2]}, "in_force.done[1]"),
        (plan("s0", "s1"), {"done": [1, 1], "free_s": [9, INF]}, "in_force.free_s[1]"),
        (plan("s0", "s1"), {"free_s": [NAN, -1]}, "in_force.free_s[1]"),
        (plan("s0", "s1"), {"free_s": [NAN, 1, 2]}, "in_force.free_s"),
        (plan("s0", "s1"), {"done": [1]}, "in_force.done"),
        (plan("s0", "s1"), {"lost": [True]}, "in_force.lost"),
    ],
)
def test_plan_in_force(of: DayPlan, changes: dict[str, Any], field: str) -> None:
    past = in_force(of, **changes)
    with pytest.raises(RouteInputError) as caught:
        replace(BASE, in_force=past)
    assert caught.value.field == field


def test_a_plan_in_force_may_be_broken_but_readable() -> None:
    with_in_force(BASE, plan("s0 s1", "b b> s2"), done=[1, 3], free_s=[-5.0, NAN], lost=[True, False])


@pytest.mark.parametrize("seed", range(30))
def test_random_days_are_accepted(seed: int) -> None:
    assert isinstance(random_day(seed), RouteProblem)
