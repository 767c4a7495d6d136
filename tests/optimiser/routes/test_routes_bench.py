"""The route benchmark's sums on rows made by hand, its file of rows, and its reading of published costs."""

import json
from pathlib import Path
from typing import Any

import pytest

from optimiser.benchmarks.routes_bench import expected_s, instance_tasks, parser, result_of, run_row
from optimiser.benchmarks.routes_instances import (
    SECONDS,
    Named,
    carp_best,
    load_instance,
    named_instances,
    solution_cost,
)
from optimiser.benchmarks.routes_live import moved_by_insert, plan_of
from optimiser.benchmarks.routes_rows import RowFile
from optimiser.benchmarks.routes_summary import (
    PYVRP_TWICE,
    contenders_of,
    family_summary,
    insert_summary,
    lost_summary,
    mean_gap_difference,
)
from optimiser.benchmarks.routes_table import route_table
from optimiser.benchmarks.routes_targets import route_targets
from optimiser.benchmarks.routes_task import RELAXED, Task
from optimiser.routes.plan import DayPlan, Kind, Round, Visit
from tests.shared_data import SHARED

Row = dict[str, Any]


def row(family: str, instance: str, solver: str, cost: float | None, *, seed: int = 1, **more: Any) -> Row:
    """Return a row of 5 s with a best known cost of 100; no cost: no feasible plan."""
    made: Row = {"family": family, "instance": instance, "solver": solver, "seconds": 5.0, "seed": seed}
    made |= {"best_known": 100.0, "elapsed_s": 5.0, "cpu_s": 9.0, "load_s": 1.0, "run": "r", "commit": "c"}
    if cost is None:
        return made | {"status": "infeasible"} | more
    return made | {"status": "feasible", "cost": cost, "gap": round(cost / 100.0 - 1.0, 6)} | more


ROWS = [
    row("mtvrptwr", "A", "engine", 101.0),
    row("mtvrptwr", "A", "pyvrp", 104.0),
    row("mtvrptwr", "A", "pyvrp", 100.0, seed=2),
    row("mtvrptwr", "A", "ortools", 110.0),
    row("mtvrptwr", "B", "engine", 100.0),
    row("mtvrptwr", "B", "pyvrp", 100.0),
    row("mtvrptwr", "B", "pyvrp", 102.0, seed=2),
    row("mtvrptwr", "B", "ortools", None),
]


def by_words(rows: list[Row]) -> dict[str, Row]:
    return {one["words"]: one for one in route_targets(rows)}


def test_pyvrp_on_both_cores_is_the_better_seed() -> None:
    found = contenders_of(ROWS[:4])
    assert found["pyvrp"]["cost"] == 104.0
    assert found[PYVRP_TWICE]["cost"] == 100.0
    assert contenders_of(reversed(ROWS[:4]))[PYVRP_TWICE]["cost"] == 100.0


def test_a_seed_without_a_plan_is_not_the_better_one() -> None:
    rows = [row("cvrp", "A", "pyvrp", None), row("cvrp", "A", "pyvrp", 105.0, seed=2)]
    assert contenders_of(rows)[PYVRP_TWICE]["cost"] == 105.0


def test_summary_of_a_family() -> None:
    found = {one["contender"]: one for one in family_summary(ROWS, "mtvrptwr")}
    engine, pyvrp, twice, ortools = (found[name] for name in ("engine", "pyvrp", PYVRP_TWICE, "ortools"))
    assert engine["mean_gap"] == pytest.approx(0.005)
    assert engine["max_gap"] == pytest.approx(0.01)
    assert (engine["instances"], engine["feasible"], engine["at_best"], engine["ours"]) == (2, 2, 1, None)
    assert pyvrp["mean_gap"] == pytest.approx(0.02)
    assert pyvrp["ours"] == {"lower": 1, "same": 1, "higher": 0}
    assert twice["mean_gap"] == pytest.approx(0.0)
    assert twice["ours"] == {"lower": 0, "same": 1, "higher": 1}
    assert (ortools["feasible"], ortools["mean_gap"]) == (1, pytest.approx(0.1))
    assert ortools["ours"] == {"lower": 2, "same": 0, "higher": 0}


def test_our_mean_gap_less_anothers() -> None:
    assert mean_gap_difference(ROWS, "mtvrptwr", 5.0, "pyvrp") == pytest.approx(-0.015)
    # Only where the other has a plan.
    assert mean_gap_difference(ROWS, "mtvrptwr", 5.0, "ortools") == pytest.approx(-0.09)
    assert mean_gap_difference(ROWS[1:4], "mtvrptwr", 5.0, "pyvrp") == float("inf")
    assert mean_gap_difference(ROWS, "mtvrptwr", 30.0, "pyvrp") is None


def test_targets_not_measured_are_neither_met_nor_missed() -> None:
    assert {one["met"] for one in route_targets([])} == {None}


def test_targets_of_families() -> None:
    found = by_words(ROWS)
    assert found["MTVRPTWR, mean gap at 5 s"]["met"] is True
    assert found["MTVRPTWR, mean gap at 30 s"]["met"] is None
    assert found["MTVRPTWR, mean gap less that of pyvrp at 5 s"]["met"] is True
    assert found["MTVRPTWR, mean gap less that of pyvrp on both cores at 5 s"]["met"] is False
    worse = by_words([*ROWS, row("mtvrptwr", "C", "engine", None)])
    assert worse["MTVRPTWR, mean gap at 5 s"]["met"] is False


def test_targets_of_arc_routing_leave_other_sets_out() -> None:
    costs = {"gdb1": 100.0, "gdb2": 100.0, "val1A": 100.0, "val2A": 100.9, "kshs1": 150.0}
    rows: list[Row] = [row("carp", name, "engine", cost) | {"seconds": 10.0} for name, cost in costs.items()]
    found = by_words(rows)
    worst = found["CARP gdb and val, worst gap at 10 s"]
    share = found["CARP gdb and val, share at the optimum at 10 s"]
    assert (worst["measured"], worst["met"]) == (pytest.approx(0.009), True)
    assert (share["measured"], share["met"]) == (0.75, False)


def test_targets_of_kim_are_below_not_at() -> None:
    rows = [row("kim", "277_stop", "engine", 448.0, gap=None) | {"seconds": 30.0}]
    rows += [row("kim", "804_stop", "engine", 619.9, gap=None) | {"seconds": 30.0}]
    rows += [row("kim", "102_stop", "engine", None)]
    found = by_words(rows)
    assert found["Kim 277 at 30 s"]["met"] is False
    assert found["Kim 804 at 30 s"]["met"] is True
    assert found["Kim, instances not feasible with all rules at 5 s"]["measured"] == 1


def live_rows() -> list[Row]:
    common = {"status": "feasible", "stops": 500, "not_feasible": 0}
    inserts = [
        row("insert", f"day {n}", "engine", None, ms=ms, placed=len(ms), dear=0, no_place=0, churned=0)
        | common
        for n, ms in ((1, [1.0, 2.0]), (2, [3.0, 4.0]))
    ]
    lost: Row = {
        "remaining": 26,
        "placed": 25,
        "explained": 1,
        "answered_s": 0.2,
        "churn_share": 0.04,
        "cost_ratio": 1.02,
        "no_churn_ratio": 1.04,
        "free_ratio": 1.01,
    }
    return [*inserts, row("lost", "day 1", "engine", None, **lost) | common]


def test_instant_answers() -> None:
    inserts, lost = insert_summary(live_rows()), lost_summary(live_rows())
    assert inserts is not None
    assert (inserts["inserts"], inserts["ms"]["median"], inserts["ms"]["worst"]) == (4, 2.5, 4.0)
    assert lost is not None
    assert lost["all_answered"]
    found = by_words(live_rows())
    assert found["insert into a day of 500 stops, p99, checker included"]["met"] is True
    assert found["lost lorry: every stop placed or explained, worst"]["met"] is True
    assert found["its cost above the free answer of 30 s, worst"]["measured"] == pytest.approx(0.02)


def test_a_stop_neither_placed_nor_explained_misses_the_target() -> None:
    rows = live_rows()
    rows[-1]["explained"] = 0
    assert by_words(rows)["lost lorry: every stop placed or explained, worst"]["met"] is False


def test_the_table_has_every_instance_and_says_who_cannot() -> None:
    unfit = row("kim", "102_stop", "pyvrp", 170.0, status=RELAXED)
    rows = [*ROWS, *live_rows(), unfit, run_row("r") | {"run": "r", "commit": "c"}]
    text = route_table(result_of(rows), rows)
    assert "| A | 100.0 | 101.0 (1.00%) | 104.0 (4.00%) | 100.0 (0.00%) | 110.0 (10.00%) |" in text
    assert "| B | 100.0 | 100.0 (0.00%) | 100.0 (0.00%) | 100.0 (0.00%) | infeasible |" in text
    assert "170.0 without lunch and caps" in text
    assert "commit c (insert, kim, lost, mtvrptwr): " in text
    assert "| day 1 | 26 | 25 | 1 | 0.200 | 4.0% | +2.00% | +4.00%, +1.00% |" in text


def test_rows_are_kept_resumed_and_renewed(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = RowFile(path)
    rows.add(ROWS[0])
    rows.add(ROWS[1] | {"status": "failed"})
    rows.add(ROWS[7] | {"cost": float("inf")})
    # A run that was killed while writing.
    path.write_text(path.read_text() + '{"family":"cvr')
    again = RowFile(path)
    assert again.rows[0] == ROWS[0]
    assert again.rows[2]["cost"] is None
    assert again.has(ROWS[0])
    assert not again.has(ROWS[1])
    assert not again.has(ROWS[2])
    again.add(ROWS[1])
    again.keep(lambda one: one["instance"] != "B")
    assert RowFile(path).rows == [ROWS[0], ROWS[1]]


def test_a_line_cut_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"family":"cvr')
    rows = RowFile(path)
    rows.add(ROWS[0])
    assert RowFile(path).rows == [ROWS[0]]


def test_published_costs() -> None:
    assert solution_cost("Route #1: 3 1 2\nCost 53026.1\nOptimal: True\n") == 53026.1
    assert carp_best("2\n1\n0 1 13 1\n5\n5\n310\n316\n\n") == 316.0
    with pytest.raises(ValueError, match="Cost <number>"):
        solution_cost("Route #1: 3 1 2\n")


def test_an_insert_moves_nothing_but_what_it_inserts() -> None:
    def stops(*numbers: int) -> Round:
        return tuple(Visit(Kind.STOP, number) for number in numbers)

    before = DayPlan((stops(1, 2, 3), stops(4)), (5,))
    tip = (Visit(Kind.TIP, 0),)
    assert moved_by_insert(before, DayPlan((stops(1, 5, 2) + tip + stops(3), stops(4))), 5) == 0
    assert moved_by_insert(before, DayPlan((stops(1, 5, 3, 2), stops(4))), 5) == 1
    assert moved_by_insert(before, DayPlan((stops(1, 2), stops(3, 4, 5))), 5) == 2


def test_a_kept_plan_comes_back() -> None:
    plan = DayPlan(((Visit(Kind.STOP, 3, True), Visit(Kind.TIP, 0)), ()), (1, 2))
    kept = json.loads(json.dumps({"rounds": plan.rounds, "unserved": plan.unserved}))
    assert plan_of(kept) == plan


def test_instances_are_found_by_family(tmp_path: Path) -> None:
    (tmp_path / "carp").mkdir()
    for name in ("val1A", "gdb1"):
        (tmp_path / "carp" / f"{name}.dat").write_text("")
    found = named_instances(tmp_path, ["carp"])
    assert [one.name for one in found] == ["gdb1", "val1A"]
    assert [one.name for one in named_instances(tmp_path, ["carp"], quick=True)] == ["gdb1"]
    with pytest.raises(FileNotFoundError, match=r"cvrp/\*.vrp"):
        named_instances(tmp_path, ["cvrp"])
    given = parser().parse_args(["--data", str(tmp_path), "--seconds", "1,2", "--solvers", "pyvrp,engine"])
    tasks = instance_tasks(given, ["insert", "carp"])
    # Two instances, two lengths, the engine once and PyVRP with two seeds.
    assert len(tasks) == 12
    assert {task.seconds for task in tasks} == {1.0, 2.0}


@pytest.mark.real_data
@pytest.mark.skipif(
    not (SHARED / "routes").is_dir(), reason="the published instances are not on this machine"
)
@pytest.mark.parametrize("family", SECONDS)
def test_published_instances_load_with_their_best_costs(family: str) -> None:
    (named,) = named_instances(SHARED / "routes", [family], quick=True)
    instance, best_known = load_instance(named)
    assert len(instance.problem.stops) > 0
    assert (best_known is None) == (family == "kim")


def test_expected_time_counts_two_lanes() -> None:
    named = Named("cvrp", "A", Path("A.vrp"))
    two_seeds = [Task(named, "pyvrp", 10.0, seed) for seed in (1, 2)]
    assert expected_s(two_seeds, []) == expected_s([Task(named, "engine", 10.0, 1)], [])
