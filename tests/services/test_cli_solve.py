"""`cover solve`: answers checked against every plan there is, one line for each file, bad files in place."""

import json
import math
from itertools import combinations, product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cover.engine import CoverEngine
from services.cli.main import main
from services.cover_answer import CoverFileSolver, Refusal
from services.cover_file import decode_cover_file
from services.cover_file_error import CoverFileError
from tests.services.json_schema import broken
from tests.services.test_cover_file import ANSWER_SCHEMA, PROBLEM, PROBLEM_SCHEMA, STANDARD

Json = dict[str, Any]
Plan = tuple[tuple[int, int], ...]  # (appliance, destination), by index
PROVEN = 1e-3
ROUNDING = 1e-6
"""Times are kept in single precision: six digits of an objective can be asked for."""


def answer_to(problem: Json, seconds: float = 10.0) -> Json:
    """What the command prints for a problem."""
    file = decode_cover_file(json.dumps(problem).encode())
    line = msgspec.json.encode(CoverFileSolver().answer("problem.json", file, seconds))
    answer: Json = json.loads(line)
    return answer


# The format's rules and objective once more, on the file's own numbers and without the engine.


def places(problem: Json, plan: Plan) -> list[int]:
    """Station of every available appliance after the moves."""
    goes = dict(plan)
    return [goes.get(i, a["station"]) for i, a in enumerate(problem["appliances"]) if a["available"]]


def risk(problem: Json, plan: Plan) -> float:
    s, total = problem["standard"], 0.0
    for z, demand in enumerate(problem["demand_per_h"]):
        times = [problem["travel_s"][j][z] for j in places(problem, plan)]
        near = sorted([math.inf if t is None else t for t in times] + [math.inf] * 2)
        t1, t2 = min(near[0], s["cap_s"]), min(near[1], s["cap_s"])
        late = s["first_late_s"] * (t1 > s["first_target_s"])
        late += s["late_s"] * ((t1 > s["second_target_s"]) + (t2 > s["second_target_s"]))
        total += float(demand * (s["first_weight"] * t1 + s["second_weight"] * t2 + late))
    return total


def objective(problem: Json, plan: Plan) -> float:
    cost = problem["move_cost"]
    return risk(problem, plan) + sum(float(cost[problem["appliances"][a]["station"]][end]) for a, end in plan)


def allowed(problem: Json, plan: Plan) -> bool:
    if len(plan) > problem["max_moves"] or len({a for a, _ in plan}) < len(plan):
        return False
    for a, end in plan:
        appliance = problem["appliances"][a]
        here = appliance["station"]
        if appliance["locked"] or not appliance["available"] or end == here:
            return False
        if problem["move_cost"][here][end] is None:
            return False
    before, after = places(problem, ()), places(problem, plan)
    for j, station in enumerate(problem["stations"]):
        bays = station.get("bays")
        if bays is not None and after.count(j) > before.count(j) and after.count(j) > bays:
            return False
        left = sum(1 for a, _ in plan if problem["appliances"][a]["station"] == j)
        least = (problem.get("min_cover") or {}).get(station["id"], 0)
        if before.count(j) - left < min(before.count(j), least):
            return False
    return True


def every_plan(problem: Json) -> list[Plan]:
    movable = [i for i, a in enumerate(problem["appliances"]) if a["available"] and not a["locked"]]
    plans = (
        tuple(zip(who, ends, strict=True))
        for n in range(problem["max_moves"] + 1)
        for who in combinations(movable, n)
        for ends in product(range(len(problem["stations"])), repeat=n)
    )
    return [plan for plan in plans if allowed(problem, plan)]


def plan_of(problem: Json, moves: list[Json]) -> Plan:
    index = {a["id"]: i for i, a in enumerate(problem["appliances"])}
    for move in moves:
        assert move["from"] == problem["appliances"][index[move["appliance"]]]["station"]
    return tuple((index[move["appliance"]], move["to"]) for move in moves)


def check_answer(problem: Json, answer: Json) -> None:
    """Assert everything the format promises, against every allowed plan."""
    assert broken(ANSWER_SCHEMA, answer) == []
    tried = [(objective(problem, plan), len(plan)) for plan in every_plan(problem)]
    best = [min(o for o, moves in tried if moves <= n) for n in range(problem["max_moves"] + 1)]
    slack = ROUNDING * max(1.0, best[0])
    plan = plan_of(problem, answer["moves"])
    assert allowed(problem, plan)
    assert answer["risk_before"] == pytest.approx(risk(problem, ()), rel=ROUNDING, abs=1e-9)
    assert answer["risk_after"] == pytest.approx(risk(problem, plan), rel=ROUNDING, abs=1e-9)
    assert answer["objective"] == pytest.approx(objective(problem, plan), rel=ROUNDING, abs=1e-9)
    assert answer["certificate"]["status"] == "proven"
    assert answer["bound"] <= best[-1] + slack
    assert answer["objective"] <= best[-1] * (1 + PROVEN) + slack
    check_gap(answer)
    first = answer["first_plan"]
    assert allowed(problem, plan_of(problem, first["moves"]))
    assert answer["objective"] <= first["objective"] + slack
    assert first["objective"] == pytest.approx(
        objective(problem, plan_of(problem, first["moves"])), rel=ROUNDING, abs=1e-9
    )
    check_frontier(problem, answer, best, slack)
    check_alternatives(problem, answer, slack)


def check_gap(of: Json) -> None:
    assert of["gap"] == pytest.approx((of["objective"] - of["bound"]) / max(of["objective"], 1e-9), abs=1e-9)
    assert 0 <= of["gap"] <= PROVEN + 1e-9


def check_frontier(problem: Json, answer: Json, best: list[float], slack: float) -> None:
    frontier = answer["frontier"]
    assert [point["max_moves"] for point in frontier] == list(range(problem["max_moves"] + 1))
    assert (frontier[0]["moves"], frontier[0]["objective"]) == ([], answer["risk_before"])
    assert frontier[-1]["objective"] == pytest.approx(answer["objective"], rel=ROUNDING, abs=1e-9)
    for n, point in enumerate(frontier):
        plan = plan_of(problem, point["moves"])
        assert allowed(problem, plan)
        assert len(plan) <= n
        assert point["objective"] == pytest.approx(objective(problem, plan), rel=ROUNDING, abs=1e-9)
        assert point["risk"] == pytest.approx(risk(problem, plan), rel=ROUNDING, abs=1e-9)
        assert n == 0 or point["objective"] <= frontier[n - 1]["objective"]
        assert point["bound"] <= best[n] + slack
        check_gap(point)


def check_alternatives(problem: Json, answer: Json, slack: float) -> None:
    plans = [frozenset(plan_of(problem, a["moves"])) for a in answer["alternatives"]]
    assert len({frozenset(plan_of(problem, answer["moves"])), *plans}) == len(plans) + 1
    found = [a["objective"] for a in answer["alternatives"]]
    assert found == sorted(found)
    for alternative in answer["alternatives"]:
        plan = plan_of(problem, alternative["moves"])
        assert allowed(problem, plan)
        assert alternative["objective"] == pytest.approx(objective(problem, plan), rel=ROUNDING, abs=1e-9)
        assert alternative["risk"] == pytest.approx(risk(problem, plan), rel=ROUNDING, abs=1e-9)
        assert alternative["objective"] >= answer["bound"] - slack


SECONDS = st.one_of(
    st.none(),
    st.sampled_from([0, 359.99999, 360, 360.00001, 480, 500.5, 1799, 1800, 2500]),
    st.integers(0, 20_000).map(lambda n: n / 10),
)
COSTS = st.one_of(st.none(), st.sampled_from([0, 1.0, 5, 60]), st.integers(0, 4000).map(lambda n: n / 100))


@st.composite
def problems(draw: st.DrawFn) -> Json:
    """Problems small enough to try every plan."""
    n_stations, n_zones = draw(st.integers(1, 4)), draw(st.integers(1, 5))

    def grid(of: st.SearchStrategy[Any], rows: int, columns: int) -> Any:
        return draw(st.lists(st.lists(of, min_size=columns, max_size=columns), min_size=rows, max_size=rows))

    stations: list[Json] = [{"id": f"S{i}"} for i in range(n_stations)]
    for station in stations:
        if (bays := draw(st.one_of(st.none(), st.integers(0, 3)))) is not None:
            station["bays"] = bays
    appliances = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "station": st.integers(0, n_stations - 1),
                    "available": st.sampled_from([True, True, True, False]),
                    "locked": st.sampled_from([False, False, False, True]),
                }
            ),
            max_size=5,
        )
    )
    problem: Json = {
        "format": "cover-problem/1",
        "standard": STANDARD | draw(st.sampled_from([{}, {"second_weight": 0.0, "late_s": 0.0}])),
        "demand_per_h": draw(
            st.lists(st.sampled_from([0, 0.0001, 0.02, 1.0]), min_size=n_zones, max_size=n_zones)
        ),
        "stations": stations,
        "travel_s": grid(SECONDS, n_stations, n_zones),
        "appliances": [{"id": f"A{i}", **a} for i, a in enumerate(appliances)],
        "move_cost": grid(COSTS, n_stations, n_stations),
        "max_moves": draw(st.integers(0, 3)),
    }
    if draw(st.booleans()):
        problem["min_cover"] = draw(
            st.dictionaries(st.sampled_from([s["id"] for s in stations]), st.integers(0, 2))
        )
    return problem


@settings(max_examples=60, deadline=None)
@given(problems())
def test_answers_stand_up_to_every_plan_there_is(problem: Json) -> None:
    assert broken(PROBLEM_SCHEMA, problem) == []
    check_answer(problem, answer_to(problem))


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(problems())
def test_many_more_answers_stand_up_to_every_plan_there_is(problem: Json) -> None:
    check_answer(problem, answer_to(problem))


def all_with(**fields: Any) -> list[Json]:
    return [appliance | fields for appliance in PROBLEM["appliances"]]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"appliances": []},
        {"appliances": all_with(available=False)},
        {"appliances": all_with(locked=True)},
        {"appliances": all_with(available=True, locked=False)},
        {"demand_per_h": [0, 0, 0]},
        {"max_moves": 0},
        {"travel_s": [[None, 300, None], [None, 90.5, 0]]},
        {"travel_s": [[None] * 3] * 2},
        {"travel_s": [[400] * 3] * 2},
        {"move_cost": [[None] * 2] * 2},
        {
            "stations": [{"id": "A21", "bays": 0}],
            "travel_s": [[1, 2, 3]],
            "move_cost": [[7]],
            "appliances": PROBLEM["appliances"][:2],
        },
    ],
)
def test_degenerate_states_are_answered(changes: Json) -> None:
    problem = {**PROBLEM, "max_moves": 3, **changes}
    check_answer(problem, answer_to(problem))


def test_no_time_for_proofs_still_gives_a_plan_and_a_valid_bound() -> None:
    problem = {**PROBLEM, "appliances": all_with(available=True, locked=False), "max_moves": 3}
    answer = answer_to(problem, seconds=0.0)
    assert broken(ANSWER_SCHEMA, answer) == []
    best = min(objective(problem, plan) for plan in every_plan(problem))
    # Without time nothing is proven, and that is what is said; doing nothing is exact all the same.
    assert answer["bound"] is None or answer["bound"] <= best + ROUNDING
    assert (answer["gap"] is None) == (answer["bound"] is None)
    assert answer["frontier"][0]["gap"] == 0.0
    assert answer["objective"] >= best - ROUNDING
    assert allowed(problem, plan_of(problem, answer["moves"]))


def test_files_of_one_region_share_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []

    class Counted(CoverEngine):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            built.append(args)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr("services.cover_answer.CoverEngine", Counted)
    solver = CoverFileSolver()
    other = {**PROBLEM, "standard": STANDARD | {"late_s": 151}}
    for problem, engines in ((PROBLEM, 1), ({**PROBLEM, "max_moves": 1}, 1), (other, 2)):
        solver.answer("x", decode_cover_file(json.dumps(problem).encode()), 1.0)
        assert len(built) == engines


def run(*arguments: str, given_in: str | None = None) -> Result:
    return CliRunner().invoke(main, ["solve", *arguments], input=given_in)


def test_each_file_is_one_line_in_order_and_bad_ones_keep_their_place(tmp_path: Path) -> None:
    texts = {
        "one": json.dumps(PROBLEM, indent=1),
        "bad": json.dumps(PROBLEM).replace("90.5", "-1.0"),
        "two": json.dumps({**PROBLEM, "max_moves": 1}),
        "broken": "{",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    names = [str(tmp_path / name) for name in [*texts, "absent"]]
    result = run(*names)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["file"] for line in lines] == names
    assert [broken(ANSWER_SCHEMA, line) for line in lines] == [[]] * 5
    assert ["error" in line for line in lines] == [False, True, False, True, True]
    assert lines[1]["error"] == {
        "field": "travel_s[1][1]",
        "problem": "-1.0",
        "expected": "zero or more seconds, or null",
    }
    assert [len(line["frontier"]) for line in (lines[0], lines[2])] == [7, 2]
    said = result.stderr.splitlines()
    assert said[0] == f"{names[1]}: travel_s[1][1]: -1.0; must be zero or more seconds, or null"
    assert said[1].startswith(f"{names[3]}: not JSON: ")
    assert said[2].startswith(f"{names[4]}: cannot be read: No such file or directory")
    assert (len(said), result.exit_code) == (3, 2)


def test_good_files_alone_end_well_and_silently(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(json.dumps(PROBLEM))
    result = run("--seconds", "1", str(tmp_path / "one"))
    assert (result.exit_code, result.stderr, result.stdout.count("\n")) == (0, "", 1)


def test_standard_input_is_a_file_too() -> None:
    result = run("-", given_in=json.dumps(PROBLEM))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["file"] == "-"


def test_a_name_that_is_not_utf_8_is_still_told() -> None:
    result = run("none\udcff.json")
    assert json.loads(result.stdout)["file"] == "none\ufffd.json"
    assert result.exit_code == 2


@pytest.mark.parametrize("arguments", [[], ["--seconds", "-1", "x"], ["--seconds", "nan", "x"]])
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert result.stdout == ""


def test_help_shows_an_example_and_says_what_is_measured() -> None:
    result = run("--help")
    assert "cover solve problem.json" in result.stdout
    assert "first_plan.elapsed_ms" in result.stdout


def test_a_refusal_holds_the_error_word_for_word() -> None:
    line = json.loads(msgspec.json.encode(Refusal.of("f", CoverFileError("a[0]", "x", "y"))))
    assert line == {"file": "f", "error": {"field": "a[0]", "problem": "x", "expected": "y"}}
