"""Route files: the example is read, wrong fields are named, problems come back, schemas agree."""

import dataclasses
import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.routes.checker import check
from optimiser.routes.formats.instance import Instance
from optimiser.routes.plan import BREAK_ON_ARRIVAL, DayPlan, Kind, Visit
from optimiser.routes.problem import RouteProblem
from optimiser.routes.verdict import Rule
from services import (
    routes_answer,
    routes_answer_document,
    routes_document,
    routes_file,
    routes_file_fleet,
    routes_file_numbers,
)
from services.cover_file_error import CoverFileError
from services.routes_answer import Judged
from services.routes_file import decode_routes_file, decode_stop
from services.routes_file_error import CLOCK
from services.routes_file_writer import encode_routes_file
from services.routes_input import routes_input
from services.routes_plan_file import decode_plan
from tests.optimiser.routes.random_days import random_day, random_plan
from tests.services.json_schema import broken
from tests.shared_data import ROOT

Json = dict[str, Any]
PROBLEM_SCHEMA = json.loads((ROOT / "docs/routes-problem.schema.json").read_text())
ANSWER_SCHEMA = json.loads((ROOT / "docs/routes-answer.schema.json").read_text())
DOCUMENTED = (ROOT / "docs/routes-problem.md").read_text()
EXAMPLE: Json = json.loads(re.search(r"```json\n(.*?)```", DOCUMENTED, re.DOTALL)[1])  # type: ignore[index]


def read(problem: Json) -> RouteProblem:
    return decode_routes_file(json.dumps(problem).encode()).instance.problem


def setting(*path: str | int, value: Any) -> Json:
    """The example with one field changed; `...` takes it out."""
    problem = deepcopy(EXAMPLE)
    inside: Any = problem
    for step in path[:-1]:
        inside = inside[step]
    if value is ...:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return problem


def refused(problem: Json) -> CoverFileError:
    with pytest.raises(CoverFileError) as caught:
        read(problem)
    return caught.value


def test_the_example_is_read_as_it_is_meant() -> None:
    assert broken(PROBLEM_SCHEMA, EXAMPLE) == []
    instance = decode_routes_file(json.dumps(EXAMPLE).encode(), "ignored").instance
    problem, fleet, stops = instance.problem, instance.problem.fleet, instance.problem.stops
    assert (instance.name, instance.kind, instance.materials) == (
        "Tuesday, north",
        "native",
        ("residual", "glass"),
    )
    assert fleet.shift_start_s.tolist() == [6 * 3600] * 2
    assert fleet.capacity.tolist() == [[9000, 1000], [4000, 0]]
    assert fleet.daily_stops.tolist() == [400, np.inf]
    assert fleet.max_trips.tolist() == [3, routes_file_fleet.MOST_TRIPS]
    assert (fleet.break_earliest_s[0], fleet.break_latest_s[0], fleet.break_s.tolist()) == (
        36000,
        43200,
        [1800, 0],
    )
    assert (fleet.skills.tolist(), stops.skills.tolist()) == ([0, 1], [0, 0, 1, 0])
    assert (stops.entry[0], stops.exit[0], stops.either_way[0]) == (1, 2, False)
    assert stops.no_reversing.tolist() == [True, False, False, False]
    assert stops.window_open_s[:, 0].tolist() == [-np.inf, 6 * 3600, 6 * 3600, -np.inf]
    assert stops.ban_from_s[1].tolist() == [8.25 * 3600, 14.75 * 3600]
    assert stops.locked_vehicle.tolist() == [-1, -1, 1, -1]
    detour = 0.001 * 100_000 + 0.01 * 7200
    assert stops.unserved_cost.tolist() == [detour, 5 * detour, detour, detour]
    assert problem.tips.takes.tolist() == [[True, False], [False, True]]
    assert problem.dist_m[0, 1] == pytest.approx(1.3 * np.hypot(1200, 300))
    assert problem.travel_s[0, 1] == pytest.approx(problem.dist_m[0, 1] * 3.6 / 24)
    assert problem.in_force is not None
    tip = Visit(Kind.TIP, 0)
    assert problem.in_force.plan == DayPlan(
        ((Visit(Kind.STOP, 0), Visit(Kind.STOP, 1), tip), (Visit(Kind.STOP, 2), tip)), (3,)
    )
    assert problem.in_force.done.tolist() == [0, 1]
    assert np.isnan(problem.in_force.free_s[0])
    assert problem.in_force.free_s[1] == 6.75 * 3600


def test_matrices_and_what_may_be_left_out() -> None:
    matrix = [[float(10 * i + j) for j in range(6)] for i in range(6)]
    problem = setting("travel", value={"travel_s": matrix, "dist_m": matrix})
    for field in ("name", "load_unit", "weights", "in_force"):
        del problem[field]
    assert broken(PROBLEM_SCHEMA, problem) == []
    file = decode_routes_file(json.dumps(problem).encode(), "monday")
    assert file.instance.name == "monday"
    assert file.instance.problem.travel_s.tolist() == matrix
    assert file.instance.problem.in_force is None
    assert (file.instance.problem.weights.per_m, file.instance.problem.weights.per_drive_s) == (1, 0)


WINDOW = ("stops", 1, "windows", 0)
IN_FORCE = ("in_force", "rounds")
NAMED: list[tuple[Json, str, str]] = [
    (setting("format", value="x"), "format", '"routes-problem/1"'),
    (setting("stops", value=...), "stops", "a list"),
    (setting("colour", value=1), "colour", "the fields here are format, materials"),
    (setting("stops", 0, "window", value=[]), "stops[0].window", "the fields here are id, location"),
    (setting("vehicles", 0, "break", "length_s", value=...), "vehicles[0].break.length_s", "a number"),
    (setting("vehicles", 1, "shift", value=...), "vehicles[1].shift", "a list of two times"),
    (setting("vehicles", 1, "shift", value=["06:00"]), "vehicles[1].shift", "2 values"),
    (setting("vehicles", 1, "shift", value=["14:00", "06:00"]), "vehicles[1].shift", "start first"),
    (setting("vehicles", 1, "shift", 0, value=True), "vehicles[1].shift[0]", CLOCK),
    (setting("vehicles", 0, "break", "latest", value="09:00"), "vehicles[0].break.latest", "not before"),
    (setting("vehicles", 0, "start", value="nowhere"), "vehicles[0].start", "one of the locations"),
    (setting("vehicles", 0, "capacity", "paper", value=1), "vehicles[0].capacity.paper", "materials"),
    (setting("vehicles", 0, "capacity", "glass", value=-1), "vehicles[0].capacity.glass", "0 to 1e+09"),
    (setting("vehicles", 0, "skills", value=["x"]), "vehicles[0].skills[0]", "skills listed"),
    (setting("vehicles", 0, "max_trips", value=1.5), "vehicles[0].max_trips", "a whole number or null"),
    (setting("vehicles", 1, "id", value="RCV1"), "vehicles[1].id", "a name of its own"),
    (setting("vehicles", value=[]), "vehicles", "1 to 1,000"),
    (setting(*WINDOW, 1, value="25h"), "stops[1].windows[0][1]", CLOCK),
    (setting(*WINDOW, 1, value="12:60"), "stops[1].windows[0][1]", CLOCK),
    (setting(*WINDOW, 1, value=-1), "stops[1].windows[0][1]", "0 to"),
    (setting(*WINDOW, value=["09:00", "08:00"]), "stops[1].windows[0]", "earlier time first"),
    (setting("stops", 1, "bans", 1, value=["08:30", "10:00"]), "stops[1].bans[1]", "apart"),
    (setting("stops", 1, "bans", 0, value=["08:30", "08:30"]), "stops[1].bans[0]", "earlier"),
    (setting("stops", 1, "priority", value="urgent"), "stops[1].priority", '"low", "normal"'),
    (setting("stops", 1, "unserved_cost", value=4), "stops[1].priority", "left out"),
    (setting("stops", 1, "location", value=...), "stops[1]", "one of location and street"),
    (setting("stops", 0, "location", value="depot"), "stops[0]", "one of location and street"),
    (setting("stops", 0, "street", "to", value="?"), "stops[0].street.to", "one of the locations"),
    (setting("stops", 0, "service_s", value="5"), "stops[0].service_s", "a number"),
    (setting("stops", 2, "lock", "vehicle", value="RCV9"), "stops[2].lock.vehicle", "one of the vehicles"),
    (setting("stops", 2, "lock", "position", value=-2), "stops[2].lock.position", "0 to"),
    (setting("tips", 0, "takes", value=["rubble"]), "tips[0].takes[0]", "one of the materials"),
    (setting("tips", 1, "takes", value=["residual"]), "tips.takes[:, 1]", "a tip that takes it"),
    (setting("weights", "per_m", value=-1), "weights.per_m", "0 to"),
    (setting("travel", value={}), "travel", "either"),
    (setting("travel", "travel_s", value=[]), "travel", "either"),
    (setting("travel", "speed_km_h", value=0), "travel.speed_km_h", "0.1 to"),
    (setting("travel", "detour_factor", value=...), "travel.detour_factor", "a number"),
    (setting("travel", value={"travel_s": [[1]]}), "travel.travel_s", "6 rows"),
    (setting("travel", value={"travel_s": [[0] * 6] * 6}), "travel.dist_m", "6 rows"),
    (
        setting("travel", value={"travel_s": [[0] * 6] * 5 + [[0] * 5 + [-1]], "dist_m": []}),
        "travel.travel_s[5][5]",
        "0 to",
    ),
    (setting("locations", 3, "easting_m", value=...), "locations[3].easting_m", "a number"),
    (setting(*IN_FORCE, 1, "vehicle", value="RCV1"), "in_force.rounds[1].vehicle", "not named before"),
    (setting(*IN_FORCE, 0, "visits", 1, value={}), "in_force.rounds[0].visits[1]", "one of stop, tip"),
    (
        setting(*IN_FORCE, 0, "visits", 1, value={"stop": "market", "tip": "transfer"}),
        "in_force.rounds[0].visits[1]",
        "one of stop, tip",
    ),
    (
        setting(*IN_FORCE, 0, "visits", 1, value={"stop": "x"}),
        "in_force.rounds[0].visits[1].stop",
        "one of the stops",
    ),
    (
        setting(*IN_FORCE, 0, "visits", 1, value={"break": "lunch"}),
        "in_force.rounds[0].visits[1].break",
        '"before_leaving"',
    ),
    (
        setting(*IN_FORCE, 0, "visits", 2, value={"tip": "transfer", "backward": True}),
        "in_force.rounds[0].visits[2].backward",
        "left out",
    ),
    (setting(*IN_FORCE, 1, "done", value=3), "in_force.rounds[1].done", "0 to 2"),
    (setting(*IN_FORCE, 1, "free", value="soon"), "in_force.rounds[1].free", CLOCK),
]


@pytest.mark.parametrize(("problem", "field", "expected"), NAMED, ids=[row[1] for row in NAMED])
def test_what_is_wrong_is_named_with_what_would_be_right(problem: Json, field: str, expected: str) -> None:
    error = refused(problem)
    assert error.field == field
    assert expected in error.expected


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"format": "\xff"}', b'{"a":' + b"[" * 100_000])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(CoverFileError):
        decode_routes_file(data)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_nothing_but_a_refusal_is_raised(data: st.DataObject) -> None:
    problem = deepcopy(EXAMPLE)
    inside: Any = problem
    values: st.SearchStrategy[Any] = st.sampled_from(
        [None, -1, 0, 1.5, 10**30, "x", "", True, [], {}, [[]], ["06:00", "07:00"]]
    )
    while True:
        keys = sorted(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = data.draw(st.sampled_from(keys))
        below = inside[key]
        if not isinstance(below, dict | list) or not below or data.draw(st.booleans()):
            inside[key] = data.draw(values)
            break
        inside = below
    try:
        read(problem)
    except CoverFileError:
        return
    assert broken(PROBLEM_SCHEMA, problem) == []  # what is read, fits the schema


SCHEMA_REFUSES: list[Callable[[], Json]] = [
    lambda: setting("format", value="x"),
    lambda: setting("tips", value=[]),
    lambda: setting("colour", value=1),
    lambda: setting("stops", 0, "window", value=[]),
    lambda: setting("stops", 1, "priority", value="urgent"),
    lambda: setting("vehicles", 0, "max_trips", value=1.5),
    lambda: setting("travel", value={}),
    lambda: setting("travel", "detour_factor", value=0.9),
    lambda: setting(*WINDOW, 1, value=True),
    lambda: setting(*IN_FORCE, 0, "visits", 1, value={"stop": "market", "tip": "transfer"}),
]


@pytest.mark.parametrize("problem", SCHEMA_REFUSES)
def test_the_schema_refuses_what_the_reader_refuses(problem: Callable[[], Json]) -> None:
    assert broken(PROBLEM_SCHEMA, problem()) != []
    refused(problem())


def assert_same(one: Any, two: Any, at: str = "problem") -> None:
    """The same values; windows that only fill up a row do not count."""
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(two, field.name), f"{at}.{field.name}")
    elif isinstance(one, np.ndarray):
        if one.ndim == 2 and one.shape != two.shape:
            width = min(one.shape[1], two.shape[1])
            assert np.isinf(one[:, width:]).all()
            assert np.isinf(two[:, width:]).all()
            one, two = one[:, :width], two[:, :width]
        assert one.dtype == two.dtype, at
        np.testing.assert_array_equal(one, two, err_msg=at)
    else:
        assert one == two, at


def with_plain_breaks(problem: RouteProblem) -> RouteProblem:
    """Without the times of breaks that are not due, which no file holds."""
    due = problem.fleet.break_s > 0
    fleet = dataclasses.replace(
        problem.fleet,
        break_earliest_s=np.where(due, problem.fleet.break_earliest_s, 0.0),
        break_latest_s=np.where(due, problem.fleet.break_latest_s, 0.0),
    )
    return dataclasses.replace(problem, fleet=fleet)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_problems_come_back_as_they_were(seed: int) -> None:
    problem = with_plain_breaks(random_day(seed))
    data = encode_routes_file(Instance("a day", problem, "native"))
    assert broken(PROBLEM_SCHEMA, json.loads(data)) == []
    assert_same(problem, decode_routes_file(data).instance.problem)


def test_the_example_comes_back_with_its_names() -> None:
    one = decode_routes_file(json.dumps(EXAMPLE).encode()).instance
    two = decode_routes_file(encode_routes_file(one)).instance
    assert_same(one, two, "instance")


def judged(instance: Instance, plan: DayPlan) -> Judged:
    return Judged(plan, check(instance.problem, plan), 0.25)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_answers_fit_their_schema_and_their_plans_come_back(seed: int) -> None:
    problem = random_day(seed)
    instance = Instance("a day", problem, "native")
    plan = random_plan(problem, seed + 1)
    answer = routes_answer.routes_answer("f.json", instance, judged(instance, plan))
    data = msgspec.json.encode(answer)
    assert broken(ANSWER_SCHEMA, json.loads(data)) == []
    verdict = check(problem, plan)
    assert answer.feasible == verdict.feasible
    assert len(answer.violations) == len(verdict.violations)
    assert answer.cost == pytest.approx(verdict.cost.total)
    assert decode_plan(data, instance).rounds == plan.rounds


def test_routes_hold_depots_tips_and_breaks_by_name() -> None:
    instance = decode_routes_file(json.dumps(setting("in_force", value=None)).encode()).instance
    rest, tip = Visit(Kind.BREAK, BREAK_ON_ARRIVAL), Visit(Kind.TIP, 0)
    plan = DayPlan(((Visit(Kind.STOP, 0), rest, tip), ()), (1, 2, 3))
    answer = routes_answer.routes_answer("f", instance, judged(instance, plan))
    assert answer.routes == [["depot", "mill lane, even side", "break", "transfer", "depot"]]
    assert answer.unserved == ["primary school", "market", "bottle bank"]
    assert answer.rounds[0].load == {"residual": 2600, "glass": 0}
    assert answer.rounds[0].cost_per_collection == answer.rounds[0].cost


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"{}", "rounds"),
        (b'{"rounds": [{"vehicle": "X", "visits": []}]}', "rounds[0].vehicle"),
        (b'{"rounds": [{"vehicle": "RCV1", "visits": [{"stop": "x"}]}]}', "rounds[0].visits[0].stop"),
        (
            b'{"rounds": [{"vehicle": "RCV1", "visits": []}, {"vehicle": "RCV1", "visits": []}]}',
            "rounds[1].vehicle",
        ),
    ],
)
def test_what_is_wrong_in_a_plan_is_named(data: bytes, field: str) -> None:
    instance = decode_routes_file(json.dumps(EXAMPLE).encode()).instance
    with pytest.raises(CoverFileError) as caught:
        decode_plan(data, instance)
    assert caught.value.field == field


def test_a_stop_by_itself_is_named_as_such() -> None:
    assert decode_stop(b'{"id": "new", "location": "depot"}').id == "new"
    with pytest.raises(CoverFileError) as caught:
        decode_stop(b'{"id": "new", "street": {"from": "depot"}}')
    assert caught.value.field == "stop.street.to"


def test_formats_are_known_by_their_content() -> None:
    assert routes_input(json.dumps(EXAMPLE).encode(), "x").document is not None
    with pytest.raises(CoverFileError, match="VRPLIB"):
        routes_input(b"id,x,y\n1,2,3\n", "x")
    with pytest.raises(CoverFileError) as caught:
        routes_input(b"NAME: x\nTYPE: CVRP\nDEMAND_SECTION\n1 0\n2 4\nEOF\n", "x")
    assert caught.value.field == "DEPOT_SECTION"


def names_of(struct: type[msgspec.Struct]) -> list[str]:
    return sorted(field.encode_name for field in msgspec.structs.fields(struct))


def test_the_schemas_name_the_fields_and_limits_of_the_code() -> None:
    fields, doc = PROBLEM_SCHEMA["properties"], routes_document
    documents: list[tuple[Json, type[msgspec.Struct]]] = [
        (PROBLEM_SCHEMA, doc.RoutesDocument),
        (fields["locations"]["items"], doc.Location),
        (fields["vehicles"]["items"], doc.VehicleRow),
        (fields["vehicles"]["items"]["properties"]["break"], doc.BreakRule),
        (fields["stops"]["items"], doc.StopRow),
        (fields["stops"]["items"]["properties"]["street"], doc.Street),
        (fields["stops"]["items"]["properties"]["lock"], doc.Lock),
        (fields["tips"]["items"], doc.TipRow),
        (fields["weights"], doc.Weights),
        (fields["in_force"], doc.InForceRows),
        (fields["in_force"]["properties"]["rounds"]["items"], doc.InForceRound),
    ]
    for schema, struct in documents:
        assert sorted(schema["properties"]) == names_of(struct)
        required = [f.encode_name for f in msgspec.structs.fields(struct) if f.required]
        assert sorted(schema.get("required", [])) == sorted(required)
    for field, most in (
        ("materials", routes_file.MOST_MATERIALS),
        ("skills", routes_file.MOST_SKILLS),
        ("locations", routes_file_numbers.MOST_LOCATIONS),
        ("vehicles", routes_file.MOST_VEHICLES),
        ("stops", routes_file.MOST_STOPS),
        ("tips", routes_file.MOST_TIPS),
    ):
        assert fields[field]["maxItems"] == most
    trips = fields["vehicles"]["items"]["properties"]["max_trips"]
    assert trips["maximum"] == routes_file_fleet.MOST_TRIPS
    assert PROBLEM_SCHEMA["$defs"]["amount"]["maximum"] == routes_file_numbers.MOST_NUMBER
    parts = ANSWER_SCHEMA["$defs"]
    answers: list[tuple[str, type[msgspec.Struct]]] = [
        ("answer", routes_answer_document.RoutesAnswer),
        ("placed", routes_answer_document.Placed),
        ("violation", routes_answer_document.ViolationRow),
        ("costs", routes_answer_document.CostRow),
        ("round", routes_answer_document.RoundRow),
        ("visit", routes_answer_document.VisitRow),
        ("refusal", routes_answer_document.Refusal),
    ]
    for name, struct in answers:
        assert sorted(parts[name]["properties"]) == names_of(struct)
    codes = set(parts["violation"]["properties"]["code"]["enum"])
    assert codes == {str(rule) for rule in Rule} | {"unserved"}


def test_no_file_holds_what_a_path_names(tmp_path: Path) -> None:
    from services.file_bytes import read_file_bytes

    (tmp_path / "long").write_bytes(b"x" * 11)
    with pytest.raises(CoverFileError, match="at most 10"):
        read_file_bytes(str(tmp_path / "long"), 10)
    with pytest.raises(CoverFileError, match="cannot be read"):
        read_file_bytes(str(tmp_path / "absent"), 10)
