"""`cover routes`: what is printed fits its schema, wrong files are refused, plans are the checker's."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.main import main
from services.cover_file_error import CoverFileError
from services.routes_input import routes_input
from services.routes_question import with_lost, with_stop
from tests.services.json_schema import broken
from tests.services.test_routes_file import ANSWER_SCHEMA, EXAMPLE, setting

Json = dict[str, Any]
OTHER: Json = {
    "rounds": [
        {
            "vehicle": "RCV1",
            "visits": [
                {"stop": "mill lane, even side"},
                {"stop": "bottle bank"},
                {"tip": "transfer"},
                {"tip": "glass bay"},
            ],
        },
        {"vehicle": "RCV2", "visits": [{"stop": "market"}, {"stop": "primary school"}, {"tip": "transfer"}]},
    ]
}
CVRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 1 1
3 0 2
4 3 0
DEMAND_SECTION
1 0
2 4
3 6
4 5
DEPOT_SECTION
1
-1
EOF
"""


def run(*arguments: str, given_in: str | None = None) -> Result:
    return CliRunner().invoke(main, ["routes", *arguments], input=given_in)


def printed(result: Result) -> Json:
    """The one line of JSON of a command that ended well."""
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    answer: Json = json.loads(result.stdout)
    assert broken(ANSWER_SCHEMA, answer) == []
    return answer


@pytest.fixture
def day(tmp_path: Path) -> str:
    (tmp_path / "day.json").write_text(json.dumps(EXAMPLE))
    return str(tmp_path / "day.json")


@pytest.fixture
def other(tmp_path: Path) -> str:
    (tmp_path / "other.json").write_text(json.dumps(OTHER))
    return str(tmp_path / "other.json")


def test_compare_says_what_changes(day: str, other: str) -> None:
    found = printed(run("compare", day, "in-force", other, "--json"))
    assert found["moved"] == [
        {"stop": "primary school", "from": "RCV1", "to": "RCV2"},
        {"stop": "bottle bank", "from": None, "to": "RCV1"},
    ]
    assert found["costs_difference"]["churn"] == 2  # one moved stop at the file's price
    assert found["costs_difference"]["unserved"] == -172
    difference = found["b"]["cost"] - found["a"]["cost"]
    assert found["cost_difference"] == pytest.approx(difference)
    assert [row["vehicle"] for row in found["rounds"]] == ["RCV1", "RCV2"]
    assert (found["rounds"][1]["a"]["stops"], found["rounds"][1]["b"]["stops"]) == (1, 2)
    text = run("compare", day, "in-force", other).stdout
    assert "stop primary school: RCV1 -> RCV2" in text
    assert "2 stops change vehicle" in text


def test_compare_of_a_plan_with_itself_says_nothing_changes(day: str) -> None:
    found = printed(run("compare", day, "in-force", "in-force", "--json"))
    assert (found["moved"], found["rounds"], found["costs_difference"]) == ([], [], {})


def test_compare_takes_published_solutions(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(CVRP)
    (tmp_path / "a.sol").write_text("Route #1: 1 2\nRoute #2: 3\nCost 10\n")
    (tmp_path / "b.sol").write_text("Route #1: 1\nRoute #2: 2 3\nCost 11\n")
    names = [str(tmp_path / name) for name in ("x", "a.sol", "b.sol")]
    found = printed(run("compare", *names, "--json"))
    assert (found["a"]["cost"], found["b"]["cost"]) == (10, 11)
    assert (found["a"]["feasible"], found["b"]["feasible"]) == (True, False)  # 6 + 5 are more than 10


COMMANDS = [("solve",), ("insert", "--stop", "x"), ("repair", "--lost", "RCV1"), ("compare", "a", "b")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_wrong_file_is_refused_with_field_and_expectation(command: tuple[str, ...], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(setting("stops", 1, "windows", 0, 1, value="25h")))
    name, *rest = command
    arguments = [name, str(wrong), *rest]
    result = run(*arguments, "--json")
    assert result.exit_code == 2
    line = json.loads(result.stdout)
    assert broken(ANSWER_SCHEMA, line) == []
    assert line["error"]["field"] == "stops[1].windows[0][1]"
    assert result.stderr.startswith(f'{wrong}: stops[1].windows[0][1]: "25h"; must be a time of the day')
    quiet = run(*arguments)
    assert (quiet.exit_code, quiet.stdout) == (2, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve"],
        ["solve", "x", "--seconds", "nan"],
        ["solve", "x", "--seconds", "-1"],
        ["solve", "x", "--threads", "0"],
        ["insert", "x"],
        ["repair", "x"],
        ["compare", "x", "y"],
    ],
)
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr


@pytest.mark.parametrize("command", ["solve", "insert", "repair", "compare"])
def test_help_shows_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"cover routes {command} " in result.stdout.split("Options:")[0]
    assert "Example" in result.stdout


def test_solve_plans_the_day_that_is_left(day: str, tmp_path: Path) -> None:
    answer = printed(run("solve", day, "--seconds", "0.3", "--json"))
    assert (answer["feasible"], answer["violations"], answer["unserved"]) == (True, [], [])
    assert sorted(row["vehicle"] for row in answer["rounds"]) == ["RCV1", "RCV2"]
    second = answer["rounds"][1]["visits"]
    # The market is done, and its times are history; the vehicle is free when the file says so.
    assert second[0] == {"stop": "market", "arrive_s": None, "begin_s": None, "finish_s": 6.75 * 3600}
    assert answer["routes"][1][:2] == ["depot", "market"]
    assert answer["cost"] == pytest.approx(answer["costs"]["total"], abs=1e-3)
    (tmp_path / "answer.json").write_text(json.dumps(answer))
    found = printed(run("compare", day, "in-force", str(tmp_path / "answer.json"), "--json"))
    assert found["b"]["cost"] == answer["cost"]


def test_solve_speaks_a_published_instances_language() -> None:
    answer = printed(run("solve", "-", "--seconds", "0.3", "--json", given_in=CVRP))
    assert (answer["feasible"], answer["kind"], answer["name"]) == (True, "cvrp", "tiny")
    # The best there is: 1 and 2 together (1 + 1 + 2) and 3 alone (3 + 3), or 1 and 3 (1 + 2 + 3), 2 (2 + 2).
    assert answer["cost"] == 10
    assert all(route[0] == route[-1] == "0" for route in answer["routes"])
    assert sorted(name for route in answer["routes"] for name in route[1:-1]) == ["1", "2", "3"]


def test_solve_shows_people_a_table(day: str) -> None:
    lines = run("solve", day, "--seconds", "0.2").stdout.splitlines()
    assert lines[0].startswith("Tuesday, north (native): cost ")
    assert "keeps every rule; 2 rounds, 4 stops served, 0 not" in lines[0]
    table = lines[-3:]
    assert table[0].split()[:5] == ["vehicle", "stops", "trips", "leaves", "back"]
    assert len(table[1].split()[3]) == len("06:00")


def test_no_seconds_give_a_plan_all_the_same(day: str) -> None:
    assert printed(run("solve", day, "--seconds", "0", "--json"))["feasible"]


def test_repair_gives_three_answers(day: str) -> None:
    found = printed(run("repair", day, "--lost", "RCV1", "--seconds", "0.5", "--json"))
    assert found["lost"] == ["RCV1"]
    for name in ("no_churn", "little", "free"):
        answer = found[name]
        assert answer["feasible"]
        # RCV2 takes what RCV1 had, but has no room for glass; nothing of its own moves.
        assert answer["unserved"] == ["bottle bank"]
        assert (answer["costs"]["moved_stops"], answer["costs"]["churn_share"]) == (0, 0)
        [reason] = answer["reasons"]
        assert [row["codes"] for row in reason["vehicles"]] == [["lost"], ["capacity"]]
    lines = run("repair", day, "--lost", "RCV1", "--seconds", "0.3").stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[:4]] == ["answer", "no churn", "little", "free"]
    assert lines[4:] == [f"  {reason['text']}"]


def test_insert_places_a_stop_and_moves_no_other(day: str) -> None:
    answer = printed(run("insert", day, "--stop", "bottle bank", "--json"))
    placed = answer["placed"]
    assert (placed["stop"], placed["vehicle"], placed["refused"]) == ("bottle bank", "RCV1", None)
    assert answer["rounds"][0]["visits"][placed["position"]]["stop"] == "bottle bank"
    assert (answer["feasible"], answer["unserved"], answer["costs"]["moved_stops"]) == (True, [], 0)
    before = printed(run("compare", day, "in-force", "in-force", "--json"))["a"]["costs"]
    added = answer["costs"]["total"] - (before["total"] - before["unserved"])
    assert placed["cost_added"] == pytest.approx(added, abs=2e-3)
    first = run("insert", day, "--stop", "bottle bank").stdout.splitlines()[0]
    assert first.startswith("stop bottle bank: visit ")


def test_insert_takes_a_new_stop_and_a_plan_in_a_file(day: str, other: str) -> None:
    new = json.dumps({"id": "bin", "location": "school", "service_s": 60, "load": {"residual": 20}})
    answer = printed(run("insert", day, "--plan", other, "--stop", new, "--json"))
    assert (answer["feasible"], answer["unserved"]) == (True, [])
    assert sum(row["stops"] for row in answer["rounds"]) == 5


def test_insert_says_why_a_stop_was_left_out(day: str) -> None:
    cheap = {"id": "cheap", "location": "school", "unserved_cost": 0.1, "lock": {"vehicle": "RCV2"}}
    left = printed(run("insert", day, "--stop", json.dumps(cheap), "--json"))
    assert (left["placed"]["vehicle"], left["placed"]["stop"]) == (None, "cheap")
    assert "unserved" in left["placed"]["refused"]
    assert sorted(left["unserved"]) == ["bottle bank", "cheap"]
    served = printed(run("insert", day, "--stop", json.dumps(cheap), "--insist", "--json"))
    assert served["placed"]["vehicle"] is not None
    heavy = {"id": "heavy", "location": "school", "load": {"residual": 20_000}}
    text = run("insert", day, "--stop", json.dumps(heavy)).stdout
    assert text.startswith("not placed: ")
    assert "  capacity: RCV1 has no room for it on any trip" in text
    refused = printed(run("insert", day, "--stop", json.dumps(heavy), "--json"))["placed"]
    assert [row["codes"] for row in refused["reasons"]["vehicles"]] == [["capacity"], ["capacity"]]
    cheapest = refused["relaxations"][0]
    assert (cheapest["changes"][0]["kind"], cheapest["changes"][0]["material"]) == ("capacity", "residual")
    assert f"it could be served with: {cheapest['text']}" in text
    assert "capacity for residual" in text


def test_insert_needs_a_plan_in_force(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(json.dumps(setting("in_force", value=None)))
    refused = run("insert", str(tmp_path / "new.json"), "--stop", "market")
    assert refused.exit_code == 2
    assert "in_force: missing" in refused.stderr


def question(problem: Json | str) -> Any:
    data = problem if isinstance(problem, str) else json.dumps(problem)
    return routes_input(data.encode(), "x")


def test_a_new_stop_joins_the_others_unserved() -> None:
    stop = {"id": "missed bin", "location": "market", "service_s": 60, "load": {"residual": 20}}
    instance, number = with_stop(question(EXAMPLE), json.dumps(stop))
    assert instance.problem.stops.ids[number] == "missed bin"
    assert instance.problem.in_force is not None
    assert instance.problem.in_force.plan.unserved == (3, 4)
    assert instance.problem.in_force.done.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("stop", "field"),
    [
        ("nobody", "--stop"),
        ("market", "--stop"),
        ('{"id": "market", "location": "market"}', "stop.id"),
        ('{"id": "new", "location": "moon"}', "stop.location"),
        ('{"id": "new", "place": "moon"}', "stop.place"),
        ('{"id": "new"', "stop"),
    ],
)
def test_a_stop_that_cannot_be_placed_is_named(stop: str, field: str) -> None:
    with pytest.raises(CoverFileError) as caught:
        with_stop(question(EXAMPLE), stop)
    assert caught.value.field == field


def test_lost_vehicles_must_be_there() -> None:
    lost = with_lost(question(EXAMPLE).instance, ["RCV2"]).problem.in_force
    assert lost is not None
    assert lost.lost.tolist() == [False, True]
    with pytest.raises(CoverFileError, match="one of the vehicles"):
        with_lost(question(EXAMPLE).instance, ["RCV9"])
    with pytest.raises(CoverFileError, match="in_force"):
        with_lost(question(CVRP).instance, ["1"])
