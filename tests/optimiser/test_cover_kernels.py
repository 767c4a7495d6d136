"""How the kernels are compiled: one type of each argument, and never a failure for want of a cache."""

from typing import Any

import numpy as np
import pytest
from numba.core.caching import CacheImpl

from optimiser.compiled import compiled
from optimiser.cover import kernels, prices
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.engine import CoverEngine
from optimiser.cover.standard import Standard
from tests.optimiser.cover_problems import synthetic_city
from tests.optimiser.test_cover_degenerate import line_problem

KERNELS: tuple[Any, ...] = (
    kernels.risk_of,
    kernels.times_of,
    kernels.times_of_few,
    kernels.times_changed,
    kernels.sums_of,
    prices.open_book,
    prices.shift,
    prices.extras_away,
    prices.best_pair,
    prices.best_turn,
    kernels.cut_at,
)


def read_only(demand: Any) -> Any:
    demand.setflags(write=False)
    return demand


@pytest.mark.parametrize(
    "demand_per_h",
    [
        read_only(np.full((1, 8), 0.5)),
        np.full((1, 8), 0.5, dtype=np.float32),
        np.full((1, 16), 0.5)[:, ::2],
        np.full((2, 8), 0.5, order="F")[:1],
        np.broadcast_to(np.array(0.5), (1, 8)),
    ],
    ids=["read-only", "float32", "strided", "by columns", "broadcast"],
)
def test_no_kernel_is_compiled_again_for_demand_of_another_make(demand_per_h: Any) -> None:
    problem = line_problem(demand_per_h=demand_per_h)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    engine.warm_up()
    before = [len(kernel.signatures) for kernel in KERNELS]
    plan = engine.certify(problem, engine.first_plan(problem), 10.0)
    assert engine.explain(problem, plan)
    engine.zone_times(problem, plan.moves)
    assert [len(kernel.signatures) for kernel in KERNELS] == before == [1] * len(KERNELS)


@pytest.mark.parametrize("held", [0, 1, 5, 40])
def test_both_ways_to_the_nearest_two_agree(held: int) -> None:
    town = synthetic_city(7, n_stations=24, n_zones=300, n_appliances=34)
    attendance_s = town.attendance_s.copy()
    attendance_s[:, :20] = np.inf
    index = AttendanceIndex.build(attendance_s)
    counts = np.bincount(np.random.default_rng(held).integers(0, 24, held), minlength=24)
    found = [np.empty(300, dtype=np.float32) for _ in range(4)]
    kernels.times_of(counts, index.order, index.sorted_s, 1800.0, found[0], found[1])
    kernels.times_of_few(counts, index.attendance_s, 1800.0, found[2], found[3])
    assert np.array_equal(found[0], found[2])
    assert np.array_equal(found[1], found[3])


@pytest.mark.parametrize("seed", range(6))
def test_times_brought_up_to_date_are_those_computed_afresh(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = synthetic_city(7, n_stations=24, n_zones=300, n_appliances=34)
    attendance_s = np.where(rng.random(town.attendance_s.shape) < 0.3, np.inf, town.attendance_s)
    index = AttendanceIndex.build(attendance_s.astype(np.float32))
    counts = rng.integers(0, 3, 24) * (rng.random(24) < 0.2 * seed)
    after = counts.copy()
    after[rng.choice(24, 6, replace=False)] = rng.integers(0, 3, 6)
    found = [np.empty(300, dtype=np.float32) for _ in range(4)]
    arrays = (index.order, index.sorted_s)
    kernels.times_of(counts, *arrays, 600.0, found[0], found[1])
    changed = np.flatnonzero(after != counts)
    kernels.times_changed(changed, after, *arrays, index.attendance_s, 600.0, found[0], found[1])
    kernels.times_of(after, *arrays, 600.0, found[2], found[3])
    assert np.array_equal(found[0], found[2])
    assert np.array_equal(found[1], found[3])


def test_kernels_compile_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])

    def twice(x: float) -> float:
        return 2.0 * x

    assert compiled(twice)(1.5) == 3.0


@pytest.mark.parametrize("standard", [Standard(), Standard.first_only(400.0, 500.0)])
def test_the_cost_of_a_time_is_the_same_in_both_kernel_files(standard: Standard) -> None:
    for t in (0.0, 360.0, 361.0, 400.0, 480.0, 500.5, 1799.0, 1800.0, 4000.0, np.inf):
        row = standard.as_row()
        assert kernels._first(t, row) == prices._first(t, row)
        assert kernels._second(t, row) == prices._second(t, row)
    assert kernels._second_matters(row) == prices._second_matters(row)
