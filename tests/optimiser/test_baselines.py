"""The baselines keep every rule and never beat the optimum; the benchmark as a whole runs and writes."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.demo_region import SMALL_SIZE, build_demo_region
from geo.region import Region
from geo.region_pack import save_region
from optimiser.benchmarks import cover_bench
from optimiser.benchmarks.baselines.biggest_gap import biggest_gap
from optimiser.benchmarks.baselines.board import Board
from optimiser.benchmarks.baselines.expected_coverage import relocation_gains
from optimiser.benchmarks.baselines.methods import NAMES, PROGRAMMES, STEP_BY_STEP, Answered, Prices, answers
from optimiser.benchmarks.baselines.relocation_model import NO_WAY_S, least_longest
from optimiser.benchmarks.baselines.zone_sets import zone_sets
from optimiser.benchmarks.bench_region import BenchRegion, fourfold
from optimiser.benchmarks.comparison import Job, side_by_side
from optimiser.benchmarks.live_states import live_states
from optimiser.benchmarks.states import random_states
from optimiser.benchmarks.summary import plain_summary
from optimiser.benchmarks.target_table import target_table
from optimiser.benchmarks.targets import targets
from optimiser.cover.arrays import FloatArray
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.engine import CoverEngine
from optimiser.cover.figures import Figures
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem
from tests.optimiser import cover_oracle as oracle
from tests.optimiser.cover_problems import small_problem
from tests.optimiser.test_plain_model import still_problem

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small_region() -> Region:
    return build_demo_region(3, SMALL_SIZE)


def drives(problem: CoverProblem) -> FloatArray:
    """Driving seconds between stations, any."""
    return np.random.default_rng(7).random((problem.n_stations, problem.n_stations)) * 900.0


def asked(problem: CoverProblem) -> list[Answered]:
    movers = Movers.of(problem)
    prices = Prices(Figures(AttendanceIndex.build(problem.attendance_s), problem), movers)
    return answers(problem, movers, prices, drives(problem), 10.0, each=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_no_baseline_beats_the_optimum(seed: int) -> None:
    problem = still_problem(seed)
    best = oracle.best_objective(problem)
    nothing = oracle.objective(problem, ())
    found = asked(problem)
    assert tuple(answer.name for answer in found) == NAMES
    for answer in found:
        assert answer.solved
        assert len(answer.by_moves) == problem.max_moves + 1
        assert min(answer.by_moves) >= best - 1e-6
        assert best - 1e-6 <= answer.hindsight <= min(nothing, answer.objective) + 1e-6
        assert answer.by_moves[0] == pytest.approx(nothing)
        assert answer.objective == answer.by_moves[-1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_baselines_keep_every_rule(seed: int) -> None:
    problem = still_problem(seed)
    movers, road_s = Movers.of(problem), drives(problem)
    plans = [plan for method in STEP_BY_STEP.values() for plan in method(Board(problem, movers, road_s))]
    for programme in PROGRAMMES.values():
        for n in range(problem.max_moves + 1):
            board = Board(problem, movers, road_s)
            wanted = programme(board, n, 10.0)[0]
            assert len(wanted) <= n
            board.make_all(wanted)
            # What breaks a rule once a pair without a way is gone is dropped as well.
            assert len(board.pairs) <= len(wanted)
            plans.append(board.pairs)
    for plan in plans:
        movers.check(tuple(plan), problem.max_moves)
        moves = movers.name_moves(plan)
        assert oracle.allowed(problem, tuple((move.appliance, move.destination) for move in moves))


def test_the_board_refuses_what_the_rules_do() -> None:
    problem = small_problem(1, locked=np.ones(small_problem(1).n_appliances, dtype=bool), max_moves=3)
    board = Board(problem, Movers.of(problem), drives(problem))
    assert not board.allowed().any()
    board.make_all([(0, 0)] if board.movers.n_groups else [])
    assert board.pairs == []


def test_relocation_gains_are_differences_of_expected_coverage() -> None:
    rng = np.random.default_rng(3)
    problem = still_problem(5)
    n_stations = 6
    cover = (rng.random((n_stations, 20)) < 0.4).astype(np.float64)
    demand, busy = rng.random(20), 0.3
    counts = rng.integers(0, 3, n_stations)
    board = Board(problem, Movers.of(problem), drives(problem))
    board.counts = counts[None, :]

    def expected(held: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> float:
        return float((demand * (1.0 - busy ** (held @ cover))).sum())

    from scipy.sparse import csr_matrix

    gains = relocation_gains(csr_matrix(cover), demand, (counts @ cover).astype(np.int64), busy)
    for origin in np.flatnonzero(counts).tolist():
        for end in range(n_stations):
            after = counts.copy()
            after[origin] -= 1
            after[end] += 1
            assert gains[origin, end] == pytest.approx(expected(after) - expected(counts), abs=1e-12)


def test_the_biggest_gap_is_filled_by_the_nearest_that_can_be_spared() -> None:
    at = np.arange(4) * 400.0
    problem = still_problem(0)
    problem = CoverProblem(
        standards=problem.standards[:1],
        demand_per_h=np.array([[1.0, 1.0, 2.0, 3.0]]),
        attendance_s=(100.0 + np.abs(at[:, None] - at[None, :])).astype(np.float32),
        appliance_kind=np.zeros(5, dtype=np.int64),
        appliance_station=np.array([0, 0, 1, 1, 2]),
        available=np.ones(5, dtype=bool),
        locked=np.zeros(5, dtype=bool),
        home=np.array([0, 0, 1, 1, 2]),
        move_cost=np.ones((4, 4)),
        max_moves=3,
    )
    movers = Movers.of(problem)
    plans = biggest_gap(Board(problem, movers, np.abs(at[:, None] - at[None, :])))
    # The last station is empty; 2 is nearer but would be left without any, so one of the pair at 1 goes.
    assert [(int(movers.origin[g]), end) for g, end in plans[-1]] == [(1, 3)]


def test_the_bottleneck_is_the_least_longest_drive() -> None:
    drive_s = np.array([[1.0, 9.0], [2.0, 4.0]])
    # 1 + 4: longest 4; 9 + 2: longest 9.
    assert least_longest(drive_s)[0, 1] == NO_WAY_S
    assert np.isin(least_longest(np.array([[5.0, 5.0], [5.0, 8.0]])), [5.0, NO_WAY_S]).all()


def test_zones_in_reach_of_the_same_stations_are_one() -> None:
    near = np.array([[1, 1, 0, 0], [0, 0, 1, 0]], dtype=bool)
    sets = zone_sets(near, np.array([1.0, 2.0, 4.0, 8.0]))
    assert sorted(sets.demand_per_h.tolist()) == [3.0, 4.0]
    first = int(np.flatnonzero(sets.demand_per_h == 3.0)[0])
    assert sets.surely(np.array([5, 1]), 2)[first] == 3
    assert sets.surely(np.array([5, 1]), 6)[first] == 0


def test_the_fourfold_region_repeats_the_region(small_region: Region) -> None:
    single, four = BenchRegion.of(small_region), fourfold(small_region)
    n_stations, n_zones = single.attendance_s.shape
    assert four.attendance_s.shape == (4 * n_stations, 4 * n_zones)
    assert np.isfinite(four.attendance_s).all()
    for copy in range(4):
        rows = slice(copy * n_stations, (copy + 1) * n_stations)
        columns = slice(copy * n_zones, (copy + 1) * n_zones)
        np.testing.assert_array_equal(four.attendance_s[rows, columns], single.attendance_s)
        np.testing.assert_array_equal(four.road_s[rows, rows], single.road_s)
    across = four.attendance_s[:n_stations, 3 * n_zones :]
    assert across.mean() > single.attendance_s.mean()
    assert four.home.max() == 4 * n_stations - 1
    states = random_states(four, 3, seed=2)
    assert [int(state.available.sum()) for state in states] == [
        int(state.available.sum()) for state in random_states(four, 3, seed=2)
    ]


@pytest.mark.slow
def test_the_benchmark_runs_and_writes(
    small_region: Region, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_region(small_region, tmp_path / "pack")
    out = tmp_path / "results"
    cover_bench.main([str(tmp_path / "pack"), "--quick", "--out", str(out)])
    printed = capsys.readouterr().out
    assert "DMEXCLP" in printed
    assert (out / "cover.md").read_text().strip() == printed.strip()
    for name, states in (("demo", 3), ("fourfold-demo", 1)):
        result = json.loads((out / f"cover-{name}.json").read_text())
        assert len(result["states"]) == result["engine"]["states"] == states
        assert result["engine"]["first_plan_ms"]["p99"] > 0.0
        for baseline in NAMES:
            for way in ("published", "hindsight"):
                assert result["baselines"][baseline][way]["certified"]["states_worse"] == 0
        assert result["engine_as_live"]["states"] == states
        assert all(row["live"]["scenes"] == 2 for row in result["states"])
        assert all(one["met"] is not None for one in result["targets"])
        assert {one["live_met"] is None for one in result["targets"]} == {True, False}
        assert ("best_full_hindsight" in result["baselines"]) == (name == "demo")
    assert "as live" in printed
    assert "| target | limit | measured | met | as live | met |" in printed
    plain = result_of(out, "demo")["plain"]["plain"]
    assert set(plain) == {"scip", "cp-sat"}
    assert all(one["bound_above_ours"] == 0 for one in plain.values())


def test_live_states_have_what_the_service_passes_on(small_region: Region) -> None:
    region = BenchRegion.of(small_region)
    plain = random_states(region, 12, seed=4)
    live = live_states(region, plain, seed=4)
    again = live_states(region, plain, seed=4)
    engine = CoverEngine(region.attendance_s, region.standards)
    for before, problem, same in zip(plain, live, again, strict=True):
        np.testing.assert_array_equal(problem.available, before.available)
        np.testing.assert_array_equal(problem.locked, before.locked)
        assert problem.road_s is not None
        assert problem.min_cover is not None
        assert not problem.min_cover.any()
        assert len(problem.scenes) == 2
        assert problem.departing_charge is not None
        assert problem.undoing == same.undoing
        # Driving is charged by what a move would bring meanwhile, no longer by an average as well.
        assert len(np.unique(problem.move_cost[np.isfinite(problem.move_cost)])) == 2
        movable = problem.available & ~problem.locked
        assert not problem.departing_charge[~movable].any()
    assert any(
        (problem.departing_charge > 0.0).any() for problem in live if problem.departing_charge is not None
    )
    assert any(problem.undoing for problem in live)
    plan = engine.certify(live[0], engine.first_plan(live[0]), 10.0)
    assert plan.certificate == "proven"


def answer_row(status: str, seconds: float) -> dict[str, object]:
    none = dict.fromkeys(("objective", "bound", "gap"))
    return {"solver": "scip", "status": status, "seconds": seconds, "build_s": 0.5, "limit_s": 5.0} | none


def test_failed_runs_are_in_no_median() -> None:
    def summary(*answers: dict[str, object]) -> dict[str, object]:
        rows = [{"objective": 1.0, "plain": [answer]} for answer in answers]
        found: dict[str, object] = plain_summary(rows, {"first_plan_ms": {"p99": 10.0}})["plain"]["scip"]
        return found

    proven, failed = answer_row("proven", 2.0), answer_row("failed", 170.0)
    one = summary(proven, failed, failed)
    assert (one["median_s"], one["failed"], one["median_is_lower_bound"]) == (2.0, 2, False)
    assert one["over_first_plan_p99"] == pytest.approx(200.0)
    assert summary(proven, answer_row("censored", 9.0), failed)["median_s"] == 3.5
    none = summary(failed)
    assert (none["median_s"], none["over_first_plan_p99"]) == (None, None)


def timed_row(ms: float, gap: float, certificate: str) -> dict[str, object]:
    times = dict.fromkeys(("first_plan_ms", "certify_ms", "frontier_ms", "explain_ms", "after_first_ms"), ms)
    return times | {"first_gap": gap, "certificate": certificate, "frontier_gaps": [gap, 0.0]}


def test_targets_are_met_or_not_by_the_data_alone() -> None:
    result: dict[str, dict[str, object]] = {"plain": {}, "baselines": {}, "memory": {}}
    rows: list[dict[str, object]] = [timed_row(10.0, 0.0005, "proven") for _ in range(10)]
    found = {one["words"]: one for one in targets(result, rows, fourfold=False)}
    assert all(one["met"] for one in found.values() if one["measured"] is not None)
    assert found["memory of a process with one engine"]["met"] is None
    rows[0] = timed_row(20.0, 0.03, "time")
    found = {one["words"]: one for one in targets(result, rows, fourfold=False)}
    for words in ("gap of the first plan, worst", "certificate, worst", "whole frontier certified, p95"):
        assert found[words]["met"] is False
    assert found["certificate, worst"]["measured"] is None
    found = {one["words"]: one for one in targets(result, rows, fourfold=True)}
    assert found["states certified within 3 s"]["measured"] == pytest.approx(0.9)
    assert found["states certified within 3 s"]["met"] is True
    text = target_table(list(found.values()))
    assert "| states certified within 3 s | ≥ 90.00% | 90.00% | yes | – | – |" in text


def fails() -> list[dict[str, object]]:
    raise RuntimeError("no answer")


def test_a_job_that_fails_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    jobs = [Job("a", "one", 0, fails), Job("b", "two", 0, lambda: [{"x": 1}])]
    assert [(job.region, found) for job, found, _ in side_by_side(jobs)] == [("b", [{"x": 1}])]
    assert "a: one failed" in capsys.readouterr().err


def result_of(out: Path, name: str) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    found: dict[str, dict[str, dict[str, dict[str, int]]]] = json.loads(
        (out / f"cover-{name}.json").read_text()
    )
    return found


def test_a_run_needs_a_pack(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cover_bench.main([])
    assert "no packs named" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cover_bench.main(["--help"])
    assert "example:" in capsys.readouterr().out
