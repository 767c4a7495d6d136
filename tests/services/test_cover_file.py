"""Cover files: the example is read, a wrong field is named, targets are kept, the schemas say the same."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.cover.problem_check import MOST_MOVES
from services import cover_answer, cover_file, cover_file_numbers
from services.cover_file import CoverFile, decode_cover_file, read_cover_file
from services.cover_file_error import FIELDS, CoverFileError
from tests.services.json_schema import broken
from tests.shared_data import ROOT

PROBLEM_SCHEMA = json.loads((ROOT / "docs/cover-problem.schema.json").read_text())
ANSWER_SCHEMA = json.loads((ROOT / "docs/cover-answer.schema.json").read_text())
DOCUMENTED = (ROOT / "docs/cover-problem.md").read_text()

STANDARD = {
    "first_target_s": 360,
    "second_target_s": 480,
    "first_weight": 1.0,
    "second_weight": 0.5,
    "first_late_s": 300,
    "late_s": 150,
    "cap_s": 1800,
}
PROBLEM: dict[str, Any] = {
    "format": "cover-problem/1",
    "standard": STANDARD,
    "demand_per_h": [0.02, 0.01, 0],
    "stations": [{"id": "A21", "bays": 3}, {"id": "A22"}],
    "travel_s": [[210.0, 300, None], [400.0, 90.5, 0]],
    "appliances": [
        {"id": "A211", "station": 0, "available": True, "locked": False},
        {"id": "A212", "station": 0, "available": True, "locked": True},
        {"id": "A221", "station": 1, "available": False, "locked": False},
    ],
    "move_cost": [[0, 1.5], [None, 0.0]],
    "max_moves": 6,
    "min_cover": {"A21": 1},
}


def read(problem: dict[str, Any]) -> CoverFile:
    return decode_cover_file(json.dumps(problem).encode())


def refused(data: bytes) -> CoverFileError:
    with pytest.raises(CoverFileError) as caught:
        decode_cover_file(data)
    return caught.value


def with_(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    problem = copy.deepcopy(PROBLEM)
    change(problem)
    return problem


def setting(*path: str | int, value: object) -> dict[str, Any]:
    """The problem with the value at a path replaced."""

    def change(problem: dict[str, Any]) -> None:
        inside: Any = problem
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = value

    return with_(change)


def test_a_problem_is_read_as_it_stands() -> None:
    file = read(PROBLEM)
    problem = file.problem
    assert file.appliance_ids == ("A211", "A212", "A221")
    assert problem.attendance_s.tolist() == [[210.0, 300.0, np.inf], [400.0, 90.5, 0.0]]
    assert problem.demand_per_h.tolist() == [[0.02, 0.01, 0.0]]
    assert problem.move_cost.tolist() == [[0.0, 1.5], [np.inf, 0.0]]
    assert problem.appliance_station.tolist() == [0, 0, 1]
    assert problem.available.tolist() == [True, True, False]
    assert problem.locked.tolist() == [False, True, False]
    # A22 has no limit: it has room for every appliance there is.
    assert problem.bays is not None
    assert problem.bays.tolist() == [3, 3]
    assert problem.min_cover is not None
    assert problem.min_cover.tolist() == [1, 0]
    assert (problem.max_moves, problem.standards[0].cap_s) == (6, 1800.0)


def test_what_is_optional_may_be_absent_or_null() -> None:
    absent = with_(lambda p: (p.pop("min_cover"), p["stations"][0].pop("bays")))
    null = with_(lambda p: (p.update(min_cover=None), p["stations"][0].update(bays=None)))
    for problem in (read(absent).problem, read(null).problem):
        assert (problem.bays, problem.min_cover) == (None, None)


def test_enormous_limits_are_no_limits() -> None:
    problem = read(
        with_(lambda p: (p["stations"][0].update(bays=10**30), p.update(min_cover={"A21": 10**30})))
    ).problem
    assert problem.bays is not None
    assert problem.min_cover is not None
    assert (problem.bays.max(), problem.min_cover.max()) == (3, 3)


def test_a_cost_nothing_can_repay_is_no_way() -> None:
    assert read(setting("move_cost", 0, 1, value=1e9)).problem.move_cost[0, 1] == np.inf
    # The risk of no appliance at all: 0.03 an hour times 1.5 x 1800 + 300 + 2 x 150 seconds.
    assert read(setting("move_cost", 0, 1, value=98.9)).problem.move_cost[0, 1] == 98.9
    assert read(setting("move_cost", 0, 1, value=99.1)).problem.move_cost[0, 1] == np.inf


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (setting("format", value="x"), 'format: "x"; must be "cover-problem/1"'),
        ({"format": "cover-problem/2", "news": 1}, 'format: "cover-problem/2"; must be "cover-problem/1"'),
        (setting("format", value=1), 'format: 1; must be "cover-problem/1"'),
        (with_(lambda p: p.pop("stations")), "stations: missing; must be a list of objects with an id"),
        (with_(lambda p: p["standard"].pop("cap_s")), "standard.cap_s: missing; must be a number"),
        (with_(lambda p: p["appliances"][2].pop("locked")), "appliances[2].locked: missing; must be true or"),
        (setting("colour", value=1), "colour: unknown field; must be left out; the fields here are format, "),
        (
            setting("stations", 1, "bay", value=1),
            "stations[1].bay: unknown field; must be left out; the fields",
        ),
        (setting("standard", "cap_s", value="x"), "standard.cap_s: text; must be a number"),
        (setting("standard", "second_weight", value=2), "standard.second_weight: 2.0; must be at most first"),
        (setting("standard", "late_s", value=-1), "standard.late_s: -1.0; must be zero or more"),
        (setting("standard", "late_s", value=1e7), "standard.late_s: 10000000.0; must be at most 1e+06"),
        (setting("standard", "cap_s", value=480), "standard.second_target_s: 480.0; must be less than cap_s"),
        (setting("standard", "cap_s", value=1800.5), "standard.cap_s: 1800.5; must be whole seconds"),
        (setting("demand_per_h", value=[]), "demand_per_h: 0 of them; must be 1 to 200,000"),
        (
            setting("demand_per_h", value=3),
            "demand_per_h: a whole number; must be a list of numbers (zero or",
        ),
        (setting("demand_per_h", 1, value=-0.5), "demand_per_h[1]: -0.5; must be zero or more incidents"),
        (setting("demand_per_h", 1, value=None), "demand_per_h[1]: null; must be zero or more incidents"),
        (setting("demand_per_h", 1, value=1e9), "demand_per_h[1]: 1000000000.0; must be zero or more"),
        (setting("stations", value=[]), "stations: 0 of them; must be 1 to 5,000"),
        (setting("stations", value={}), "stations: an object; must be a list of objects"),
        (setting("stations", 1, value=7), "stations[1]: a whole number; must be an object with an id"),
        (
            setting("stations", 1, "id", value="A21"),
            'stations[1].id: "A21", as stations[0]; must be an id of',
        ),
        (setting("stations", 1, "id", value=""), 'stations[1].id: ""; must be one or more characters'),
        (setting("stations", 0, "bays", value=-1), "stations[0].bays: -1; must be a whole number, zero"),
        (setting("stations", 0, "bays", value=1.5), "stations[0].bays: a fraction; must be a whole number"),
        (setting("travel_s", 1, 2, value=-1), "travel_s[1][2]: -1.0; must be zero or more seconds, or null"),
        (setting("travel_s", 1, 2, value="9"), "travel_s[1][2]: text; must be zero or more seconds, or null"),
        (setting("travel_s", 1, 2, value=True), "travel_s[1][2]: true or false; must be zero or more sec"),
        (setting("travel_s", 1, value=[1, 2]), "travel_s[1]: 2 numbers; must be 3 numbers"),
        (
            setting("travel_s", 1, value=None),
            "travel_s[1]: null; must be a list of numbers (zero or more sec",
        ),
        (setting("travel_s", value=[[1, 2, 3]]), "travel_s: 1 rows; must be 2 rows, one for each station"),
        (setting("travel_s", value=None), "travel_s: null; must be a list with a row of seconds for each"),
        (
            setting("appliances", 2, "station", value=2),
            "appliances[2].station: 2; must be a station index, 0",
        ),
        (setting("appliances", 2, "station", value=-1), "appliances[2].station: -1; must be a station index"),
        (
            setting("appliances", 2, "station", value=10**30),
            "appliances[2].station: 1000000000000000000000000",
        ),
        (setting("appliances", 2, "station", value="A21"), "appliances[2].station: text; must be a station"),
        (
            setting("appliances", 2, "locked", value=0),
            "appliances[2].locked: a whole number; must be true or",
        ),
        (setting("appliances", 2, "id", value="A211"), 'appliances[2].id: "A211", as appliances[0]; must be'),
        (setting("move_cost", 0, 1, value=-3), "move_cost[0][1]: -3.0; must be zero or more, or null"),
        (setting("move_cost", 1, value=[0]), "move_cost[1]: 1 numbers; must be 2 numbers"),
        (setting("move_cost", value=[]), "move_cost: 0 rows; must be 2 rows, one for each station"),
        (setting("max_moves", value=51), "max_moves: 51; must be a whole number, 0 to 50"),
        (setting("max_moves", value=-1), "max_moves: -1; must be a whole number, 0 to 50"),
        (setting("max_moves", value=2.5), "max_moves: a fraction; must be a whole number"),
        (
            setting("min_cover", "A99", value=1),
            "min_cover.A99: no such station; must be the id of one of the",
        ),
        (setting("min_cover", "A 9\n", value=1), 'min_cover["A 9\\n"]: no such station; must be the id of'),
        (setting("min_cover", "A22", value=-1), "min_cover.A22: -1; must be a whole number, zero or more"),
        (setting("min_cover", "A22", value="1"), "min_cover.A22: text; must be a whole number, zero or more"),
        (setting("min_cover", value=[]), "min_cover: a list; must be an object of station ids"),
    ],
)
def test_a_wrong_field_is_named_with_what_would_be_right(problem: dict[str, Any], said: str) -> None:
    error = refused(json.dumps(problem).encode())
    assert str(error).startswith(said)
    assert f"{error.field}: {error.problem}; must be {error.expected}" == str(error)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON: input data was truncated"),
        (b"[]", "a list; must be a JSON object"),
        (b'{"format":\n "cover-problem/1" x', "not JSON: expected ',' or '}' at line 2, column 20"),
        (b'{"travel_s": [[NaN]]}', "not JSON: invalid character at line 1, column 16"),
        (b'{"travel_s": [[-Infinity]]}', "not JSON: invalid character at line 1, column 17"),
        (b'{"format": "\xff"}', "not JSON: not UTF-8"),
        (b'{"travel_s": [' + b"[" * 100_000, "not JSON: nested too deep"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(data: bytes, said: str) -> None:
    error = refused(data)
    assert str(error).startswith(said)
    assert error.field == ""


def test_a_number_no_double_holds_is_named() -> None:
    error = refused(json.dumps(PROBLEM).replace("90.5", "1e999").encode())
    assert str(error) == "travel_s[1][1]: number out of range; must be zero or more seconds, or null"


@pytest.mark.parametrize(
    ("limit", "problem", "field"),
    [
        ("MOST_STATIONS", PROBLEM, "stations"),
        ("MOST_APPLIANCES", PROBLEM, "appliances"),
        ("MOST_ZONES", PROBLEM, "demand_per_h"),
    ],
)
def test_sizes_are_bounded(
    monkeypatch: pytest.MonkeyPatch, limit: str, problem: dict[str, Any], field: str
) -> None:
    module = cover_file if hasattr(cover_file, limit) else cover_file_numbers
    monkeypatch.setattr(module, limit, 1)
    error = refused(json.dumps(problem).encode())
    assert (error.field, "of them" in error.problem) == (field, True)


def test_a_row_is_counted_before_its_numbers_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover_file_numbers, "MOST_ZONES", 3)
    error = refused(json.dumps(setting("travel_s", 1, value=["x"] * 4)).encode())
    assert (error.field, error.problem) == ("travel_s[1]", "4 of them")


def test_files_are_bounded_and_must_be_readable(tmp_path: Any) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(PROBLEM))
    assert read_cover_file(str(path)).problem.n_zones == 3
    cases = [
        (str(path), 100, r"[\d,]+ bytes; must be at most 100"),
        (str(tmp_path), 100_000, "cannot be read: Is a directory"),
        (str(tmp_path / "none"), 100, "cannot be read: No such file or directory"),
        ("\0", 100, "cannot be read: embedded null byte"),
        ("/dev/zero", 1000, "more than 1,000 bytes; must be at most 1,000"),
    ]
    for name, most, said in cases:
        with pytest.raises(CoverFileError, match=said):
            read_cover_file(name, most)


@given(st.floats(0, 1e300), st.floats(0, 900), st.floats(0, 900), st.booleans())
def test_no_time_is_rounded_across_a_target(time_s: float, one: float, other: float, at_target: bool) -> None:
    targets = sorted([one, other])
    time_s = np.nextafter(targets[0], 2000.0) if at_target else time_s
    near = {"first_target_s": targets[0], "second_target_s": targets[1]}
    if 0 < targets[1] - targets[0] < 1e-3:
        return  # two targets with no number of the engine's precision between them
    problem = with_(
        lambda p: (p["standard"].update(near), p.update(travel_s=[[time_s, 0, 0], [0, *targets]]))
    )
    kept = read(problem).problem.attendance_s.astype(np.float64)
    for target_s in targets:
        assert (kept[0, 0] > target_s) == (time_s > target_s)
        assert [bool(t > target_s) for t in kept[1, 1:]] == [t > target_s for t in targets]
    assert kept[0, 0] == np.inf or kept[0, 0] == pytest.approx(time_s, rel=1.3e-7, abs=1e-44)


def test_the_documented_example_is_read_and_fits_the_schema() -> None:
    example = json.loads(re.search(r"```json\n(.*?)```", DOCUMENTED, re.DOTALL)[1])  # type: ignore[index]
    assert broken(PROBLEM_SCHEMA, example) == []
    assert read(example).problem.n_stations == 1
    assert broken(PROBLEM_SCHEMA, PROBLEM) == []


@pytest.mark.parametrize(
    "problem",
    [
        setting("format", value="x"),
        with_(lambda p: p.pop("stations")),
        setting("colour", value=1),
        setting("demand_per_h", 1, value=None),
        setting("travel_s", 1, 2, value=-1),
        setting("stations", 0, "bays", value=1.5),
        setting("appliances", 2, "locked", value=0),
        setting("max_moves", value=51),
        setting("min_cover", "A22", value=-1),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(problem: dict[str, Any]) -> None:
    assert broken(PROBLEM_SCHEMA, problem) != []
    refused(json.dumps(problem).encode())


def test_the_schemas_name_the_fields_and_limits_of_the_code() -> None:
    fields = PROBLEM_SCHEMA["properties"]
    assert ", ".join(fields) == FIELDS[""]
    assert ", ".join(fields["standard"]["properties"]) == FIELDS["standard"]
    for name in ("stations", "appliances"):
        assert ", ".join(fields[name]["items"]["properties"]) == FIELDS[f"{name}[]"]
    assert fields["stations"]["maxItems"] == fields["travel_s"]["maxItems"] == cover_file.MOST_STATIONS
    assert fields["demand_per_h"]["maxItems"] == cover_file_numbers.MOST_ZONES
    assert fields["demand_per_h"]["items"]["maximum"] == cover_file.MOST_DEMAND_PER_H
    assert fields["appliances"]["maxItems"] == cover_file.MOST_APPLIANCES
    assert fields["max_moves"]["maximum"] == MOST_MOVES
    answer = ANSWER_SCHEMA["$defs"]["answer"]
    assert list(answer["properties"]) == [
        field.encode_name for field in msgspec.structs.fields(cover_answer.Answer)
    ]
    for name, struct in (
        ("frontier", cover_answer.FrontierAnswer),
        ("alternatives", cover_answer.AlternativeAnswer),
    ):
        assert list(answer["properties"][name]["items"]["properties"]) == list(struct.__struct_fields__)
