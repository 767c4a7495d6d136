"""What the cover engine refuses, and how it says so."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimiser.cover.arrays import CoverInputError
from optimiser.cover.engine import CoverEngine
from optimiser.cover.move_cost import MoveCostRule
from optimiser.cover.plan import CoverPlan, Move
from optimiser.cover.scene import Scene
from optimiser.cover.standard import Standard
from tests.optimiser.test_cover_degenerate import line_problem


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"second_weight": 2.0}, r"second_weight: found 2.0, expected at most first_weight \(1.0\)"),
        ({"first_target_s": 600.0}, r"first_target_s: found 600.0, expected at most second_target_s"),
        ({"second_target_s": 2000.0}, r"second_target_s: found 2000.0, expected less than cap_s"),
        ({"second_target_s": 1800.0}, r"second_target_s: found 1800.0, expected less than cap_s"),
        ({"cap_s": 1800.1}, r"cap_s: found 1800.1, expected whole seconds"),
        ({"cap_s": 1e9}, r"cap_s: found 1000000000.0, expected whole seconds, 1 to 16777216"),
        ({"late_s": -1.0}, r"late_s: found -1.0, expected zero or more"),
        ({"first_late_s": float("nan")}, r"first_late_s: found nan, expected a finite number"),
        ({"cap_s": 0.0, "first_target_s": 0.0, "second_target_s": 0.0}, r"cap_s: found 0.0"),
    ],
)
def test_standard_names_what_is_wrong(change: dict[str, float], says: str) -> None:
    with pytest.raises(CoverInputError, match=says):
        Standard(**change)


def _with(array: Any, at: Any, value: Any) -> Any:
    changed = array.copy()
    changed[at] = value
    return changed


GOOD = line_problem()
NOBODY = np.zeros((1, 4), dtype=np.int64)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"standards": ()}, "standards: .*one Standard for each kind"),
        ({"standards": (1,)}, r"standards\[0\]: found int, expected a Standard"),
        ({"demand_per_h": np.ones((1, 7))}, r"demand_per_h: found shape \(1, 7\), expected shape \(1, 8\)"),
        ({"demand_per_h": _with(GOOD.demand_per_h, (0, 2), -1.0)}, r"demand_per_h\[0, 2\]: found -1.0"),
        ({"demand_per_h": _with(GOOD.demand_per_h, (0, 2), np.inf)}, r"demand_per_h\[0, 2\]: found inf"),
        ({"attendance_s": GOOD.attendance_s.astype(np.float64)}, "attendance_s: found dtype float64"),
        ({"attendance_s": _with(GOOD.attendance_s, (1, 2), -5)}, r"attendance_s\[1, 2\]: found -5.0"),
        ({"attendance_s": _with(GOOD.attendance_s, (1, 2), np.nan)}, r"attendance_s\[1, 2\]: found nan"),
        ({"attendance_s": np.ones(8, dtype=np.float32)}, r"attendance_s: found shape \(8,\)"),
        ({"move_cost": np.ones((4, 3))}, r"move_cost: found shape \(4, 3\), expected shape \(4, 4\)"),
        ({"move_cost": _with(GOOD.move_cost, (0, 1), np.nan)}, r"move_cost\[0, 1\]: found nan"),
        ({"move_cost": _with(GOOD.move_cost, (0, 1), -np.inf)}, r"move_cost\[0, 1\]: found -inf"),
        ({"appliance_kind": np.array([0, 0, 1, 0])}, r"appliance_kind\[2\]: found 1, expected a kind index"),
        ({"appliance_kind": [0, 0, 0, 0]}, r"appliance_kind: found shape \(\)"),
        ({"appliance_station": np.array([0, 0, 4, 0])}, r"appliance_station\[2\]: found 4, .*0 to 3"),
        ({"home": np.array([0, 0, -1, 0])}, r"home\[2\]: found -1"),
        ({"home": np.zeros(3, dtype=np.int64)}, r"home: found shape \(3,\), expected shape \(4,\)"),
        ({"available": np.ones(4)}, "available: found dtype float64, expected an array of booleans"),
        ({"locked": None}, "locked: found NoneType, expected an array of booleans"),
        ({"bays": np.array([1, 1, -1, 1])}, r"bays\[2\]: found -1, expected zero or more"),
        ({"min_cover": np.array([1.0, 1, 1, 1])}, "min_cover: found dtype float64"),
        ({"homeward_factor": -0.5}, "homeward_factor: found -0.5"),
        ({"homeward_factor": float("nan")}, "homeward_factor: found nan"),
        ({"max_moves": -1}, "max_moves: found -1, expected 0 to 50"),
        ({"max_moves": 2.5}, "max_moves: found 2.5, expected a whole number"),
        ({"forbidden": {(0, 1)}}, "forbidden: found set"),
        ({"forbidden": frozenset({(0, 9)})}, r"forbidden: found \(0, 9\)"),
        ({"forbidden": frozenset({7})}, "forbidden: found 7"),
        ({"undoing": frozenset({(9, 0)})}, r"undoing: found \(9, 0\), expected an appliance index below 4"),
        ({"undoing_charge": -1.0}, "undoing_charge: found -1.0, expected a finite number, zero or more"),
        ({"departing_charge": np.array([0.0, 1.0])}, r"departing_charge: found shape \(2,\)"),
        ({"departing_charge": np.array([0.0, 1.0, -1.0, 0.0])}, r"departing_charge\[2\]: found -1.0"),
        ({"road_s": np.zeros((4, 3))}, r"road_s: found shape \(4, 3\), expected shape \(4, 4\)"),
        ({"road_s": np.full((4, 4), np.nan)}, r"road_s\[0, 0\]: found nan"),
        ({"horizon_s": 0.0}, "horizon_s: found 0.0"),
        ({"scenes": (1,)}, r"scenes\[0\]: found int, expected a Scene"),
        ({"scenes": (Scene(0.5, NOBODY),)}, r"scenes: found \[0.5\], expected shares that add up to 1"),
        ({"scenes": (Scene(1.5, NOBODY),)}, r"scenes\[0\].share: found 1.5, expected above 0 to 1"),
        ({"scenes": (Scene(1.0, NOBODY[:, :3]),)}, r"scenes\[0\].counts_change: found shape \(1, 3\)"),
        ({"scenes": (Scene(1.0, NOBODY - 1),)}, r"counts_change\[0, 0\]: found -1, expected at least -0"),
        ({"scenes": (Scene(0.2, NOBODY),) * 5}, "scenes: .*at most 4 scenes"),
    ],
)
def test_problem_names_what_is_wrong(change: dict[str, Any], says: str) -> None:
    with pytest.raises(CoverInputError, match=says):
        line_problem(**change)


def test_engine_refuses_another_regions_problem() -> None:
    engine = CoverEngine(GOOD.attendance_s, GOOD.standards)
    with pytest.raises(CoverInputError, match="attendance_s"):
        engine.first_plan(line_problem(attendance_s=GOOD.attendance_s + np.float32(1.0)))
    with pytest.raises(CoverInputError, match="standards"):
        engine.first_plan(line_problem(standards=(Standard(first_late_s=0.0),)))
    # The same times in another array are the same region.
    assert engine.first_plan(line_problem(attendance_s=GOOD.attendance_s.copy())).frontier


@pytest.mark.parametrize(
    ("moves", "changes", "says"),
    [
        ((Move(0, 0, 3, 5.0),), {"available": np.array([False, True, True, True])}, "appliance 0"),
        ((Move(0, 0, 3, 5.0),), {"forbidden": frozenset({(0, 3)})}, "rejected"),
        ((Move(0, 0, 3, 5.0),), {"move_cost": _with(GOOD.move_cost, (0, 3), np.inf)}, "one with a way there"),
        ((Move(0, 0, 3, 5.0), Move(1, 0, 3, 5.0)), {"bays": np.ones(4, dtype=np.int64)}, "bay"),
        ((Move(0, 0, 3, 5.0), Move(1, 0, 3, 5.0)), {"min_cover": np.ones(4, dtype=np.int64)}, "min_cover"),
        ((Move(0, 0, 3, 5.0), Move(1, 0, 2, 5.0)), {"max_moves": 1}, "at most 1"),
    ],
)
def test_certify_refuses_a_plan_that_breaks_a_rule(
    moves: tuple[Move, ...], changes: dict[str, Any], says: str
) -> None:
    problem = line_problem(**changes)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan: CoverPlan = replace(engine.first_plan(problem), moves=moves)
    with pytest.raises(CoverInputError, match=says):
        engine.certify(problem, plan, 1.0)


def test_a_move_repays_a_fixed_part_and_the_cover_lost_while_driving_over_the_gap() -> None:
    travel_s = np.array([[0.0, 600.0], [300.0, 0.0]], dtype=np.float32)
    cost = MoveCostRule(fixed=15.0, per_s=0.1, gap_h=2.0).matrix(travel_s)
    assert cost.tolist() == [[0.0, 7.5 + 30.0], [7.5 + 15.0, 0.0]]


@pytest.mark.parametrize("per_s", [0.0, 1.0])
def test_move_cost_is_inf_where_there_is_no_way(per_s: float) -> None:
    travel_s = np.array([[0.0, np.inf], [300.0, 0.0]], dtype=np.float32)
    cost = MoveCostRule(fixed=2.0, per_s=per_s).matrix(travel_s)
    assert cost.tolist() == [[0.0, np.inf], [2.0 + 300.0 * per_s, 0.0]]


@pytest.mark.parametrize("target_gap", [0.0, 1e-9, 2.9e-5, 1.0, float("nan")])
def test_certify_refuses_a_gap_it_cannot_prove(target_gap: float) -> None:
    engine = CoverEngine(GOOD.attendance_s, GOOD.standards)
    with pytest.raises(CoverInputError, match=r"target_gap: .*the least that can be proven"):
        engine.certify(GOOD, engine.first_plan(GOOD), 1.0, target_gap=target_gap)


def test_first_only_measures_the_second_at_its_published_target() -> None:
    standard = Standard.first_only(360.0, 480.0)
    assert (standard.first_target_s, standard.second_target_s) == (360.0, 480.0)
    assert (standard.second_weight, standard.late_s, standard.cap_s) == (0.0, 0.0, 1800.0)
    assert Standard.first_only(360.0).second_target_s == 360.0


@pytest.mark.parametrize("change", [{"fixed": -1.0}, {"per_s": float("inf")}, {"gap_h": 0.0}])
def test_move_cost_rule_refuses_nonsense(change: dict[str, float]) -> None:
    with pytest.raises(CoverInputError, match=next(iter(change))):
        MoveCostRule(**change)


@pytest.mark.parametrize("travel_s", [np.ones((2, 3)), np.array([[0.0, -1.0], [1.0, 0.0]])])
def test_move_cost_refuses_bad_times(travel_s: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    with pytest.raises(CoverInputError, match="station_station_s"):
        MoveCostRule().matrix(travel_s)


def test_views_are_scenes_times_kinds() -> None:
    more = NOBODY.copy()
    more[0, 2] = 1
    problem = line_problem(scenes=(Scene(0.25, NOBODY), Scene(0.75, more)))
    assert problem.n_views == 2
    assert problem.view_kinds().tolist() == [0, 0]
    assert np.array_equal(
        problem.view_demand(), np.concatenate([0.25 * GOOD.demand_per_h, 0.75 * GOOD.demand_per_h])
    )
    assert np.array_equal(problem.view_counts()[1] - problem.view_counts()[0], more[0])
    assert np.array_equal(problem.view_counts()[0], problem.counts()[0])
