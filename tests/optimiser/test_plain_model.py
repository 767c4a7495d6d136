"""The plain integer model is the same problem: same optimum as trying everything, and as the engine's."""

import numpy as np
import pytest

from optimiser.benchmarks.plain_model import plain_model
from optimiser.benchmarks.plain_solver import SOLVERS, PlainAnswer, solve_plain
from optimiser.cover.engine import CoverEngine
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem
from optimiser.cover.scene import Scene
from tests.optimiser import cover_oracle as oracle
from tests.optimiser.cover_problems import busy_state, small_problem, synthetic_city

# CP-SAT rounds prices to whole numbers; both solvers stop within their own tolerances.
SAME = 1e-6


def still_problem(seed: int) -> CoverProblem:
    """A small problem without scenes and without a price of driving: what the plain model can say."""
    return small_problem(
        seed,
        scenes=(),
        road_s=None,
        departing_charge=None,
        undoing=frozenset(),
        undoing_charge=0.0,
    )


def exactly(problem: CoverProblem, solver: str) -> PlainAnswer:
    return solve_plain(problem, Movers.of(problem), solver, 20.0, gap=0.0)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("seed", range(40))
def test_the_plain_optimum_is_that_of_trying_everything(seed: int, solver: str) -> None:
    problem = still_problem(seed)
    best = oracle.best_objective(problem)
    answer = exactly(problem, solver)
    assert answer.status == "proven"
    assert answer.objective == pytest.approx(best, rel=SAME, abs=SAME)
    assert answer.bound is None or answer.bound <= best * (1.0 + 1e-6) + 1e-6
    assert answer.moves is not None
    movers = Movers.of(problem)
    movers.check(answer.moves, problem.max_moves)
    plan = tuple((move.appliance, move.destination) for move in movers.name_moves(list(answer.moves)))
    assert oracle.allowed(problem, plan)
    assert oracle.objective(problem, plan) == pytest.approx(best, rel=SAME, abs=SAME)


@pytest.mark.parametrize("seed", range(3))
def test_the_engine_proves_what_the_plain_model_finds(seed: int) -> None:
    city = synthetic_city(seed, n_stations=9, n_zones=60, n_appliances=13)
    rng = np.random.default_rng(seed)
    problem = busy_state(city, 0, available=rng.random(13) < 0.7, max_moves=3)
    engine = CoverEngine(problem.attendance_s, problem.standards)
    plan = engine.certify(problem, engine.first_plan(problem), 20.0, target_gap=5e-5)
    answer = exactly(problem, "scip")
    assert answer.status == "proven"
    assert answer.objective is not None
    assert plan.bound is not None
    assert plan.bound <= answer.objective * (1.0 + 1e-9)
    assert plan.objective == pytest.approx(answer.objective, rel=1e-4)


def test_a_kind_of_which_one_is_enough_has_no_second_assignment() -> None:
    two = next(p for p in map(still_problem, range(99)) if p.n_kinds == 2 and p.demand_per_h[1].any())
    model = plain_model(two, Movers.of(two))
    pairs = [int((two.attendance_s[:, two.demand_per_h[k] > 0] < 1800.0).sum()) for k in range(2)]
    expected = two.n_kinds * two.n_stations + 2 * pairs[0] + pairs[1] + model.moves.column.size
    assert model.rows.n_columns == expected


def test_scenes_are_refused() -> None:
    problem = still_problem(1)
    nobody = np.zeros((problem.n_kinds, problem.n_stations), dtype=np.int64)
    later = still_problem(1)
    object.__setattr__(later, "scenes", (Scene(1.0, nobody),))
    with pytest.raises(ValueError, match="scenes: the plain model knows one only"):
        plain_model(later, Movers.of(problem))


def test_a_limit_too_short_says_so() -> None:
    city = synthetic_city(1, n_stations=30, n_zones=1500, n_appliances=40)
    answer = solve_plain(busy_state(city, 1), Movers.of(busy_state(city, 1)), "cp-sat", 0.05)
    assert answer.status == "censored"
    assert answer.limit_s == 0.05
    assert answer.seconds > answer.build_s > 0.0
    assert answer.row()["moves"] == (None if answer.moves is None else len(answer.moves))
