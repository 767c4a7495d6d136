"""Exports of rounds: what every format says of the same day."""

import csv
import io
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import gpxpy
import msgspec
import numpy as np
import pytest

from services.council.day_picture import EPOCH, DayPicture, StopState, VehicleState
from services.council.exports.csv_rounds import rounds_csv
from services.council.exports.geojson_rounds import rounds_geojson
from services.council.exports.gpx import rounds_gpx
from services.council.exports.round_rows import clock, crew_rounds, house_numbers
from services.council.exports.sheet_pdf import sheets_pdf
from streams.council_events import StopOutcome
from streams.rounds_plan import AddedStop
from tests.geo.councils import grid_council

COUNCIL = grid_council()


def picture() -> DayPicture:
    rounds = dict(zip(COUNCIL.vehicles.ids, COUNCIL.rounds, strict=True))
    revisit = AddedStop("R-1", 428_050.0, 262_010.0, 0, 1, 90.0, {"residual": 9.0}, 1.0, "S00001", "SR-1")
    revisit_of = replace_uprns(revisit, [str(COUNCIL.properties.uprn[0])])
    first = rounds["RCV01"]
    rounds["RCV01"] = (*first[:3], "R-1", f"{first[3]}<", *first[4:])
    key = (EPOCH, 0, "x")
    return DayPicture(
        area=COUNCIL.id,
        as_of=EPOCH,
        rounds=rounds,
        vehicles={v: VehicleState(v) for v in COUNCIL.vehicles.ids},
        added={"R-1": revisit_of},
        locks={first[4]: "RCV01"},
        stops_done={first[0]: StopState(StopOutcome.NOT_OUT, EPOCH, "RCV01", (), key)},
    )


def replace_uprns(stop: AddedStop, uprns: list[str]) -> AddedStop:
    return msgspec.structs.replace(stop, uprns=uprns)


TIMES = {"RCV01": [21_600.0 + 120 * i for i in range(60)]}


def test_a_round_in_rows_says_what_the_crew_needs() -> None:
    day = picture()
    one = crew_rounds(COUNCIL, day, TIMES, ["RCV01"])[0]
    assert [row.visit for row in one.rows] == list(day.rounds["RCV01"])
    assert [row.position for row in one.rows] == list(range(1, len(one.rows) + 1))
    assert (one.letter, one.depot) == ("A", "Gridham Depot")
    first, added, backward, locked = one.rows[0], one.rows[3], one.rows[4], one.rows[5]
    assert (first.street, first.houses, first.households) == ("Alder Road", "1-7 odd", 4)
    assert (first.state, first.begin_s) == ("not out", 21_600.0)
    assert (added.street, added.houses, added.note) == ("Alder Road", "1", "request SR-1")
    assert locked.note == "locked to this crew"
    number = COUNCIL.stop_number[backward.id]
    ends = COUNCIL.to_wgs84(COUNCIL.roads.node_en[[COUNCIL.stops.exit[number], COUNCIL.stops.entry[number]]])
    assert backward.line is not None
    np.testing.assert_allclose(backward.line, ends)
    assert [row.kind for row in one.rows if row.kind != "stop"] == ["break", "tip"]


def test_a_school_street_is_noted() -> None:
    notes = {
        row.note
        for one in crew_rounds(COUNCIL, picture(), {})
        for row in one.rows
        if row.street == "Elm Close"
    }
    assert notes == {"not 08:30-09:15 (school)"}


def test_an_unknown_vehicle_is_named() -> None:
    with pytest.raises(KeyError, match="RCV99"):
        crew_rounds(COUNCIL, picture(), {}, ["RCV99"])


def test_gpx_is_read_back_with_every_place_in_order() -> None:
    rounds = crew_rounds(COUNCIL, picture(), TIMES)
    read = gpxpy.parse(rounds_gpx(rounds, "Gridham & more"))
    assert [route.name for route in read.routes] == ["A RCV01", "B RCV02", "C RCV03"]
    places = [row for row in rounds[0].rows if row.line is not None]
    points = read.routes[0].points
    assert len(points) == len(places) + 2
    assert points[0].name == points[-1].name == "Gridham Depot"
    assert [(p.name or "").split()[0] for p in points[1:-1]] == [str(row.position) for row in places]
    first = places[0].line
    assert first is not None
    assert (points[1].longitude, points[1].latitude) == pytest.approx(tuple(first[0]))
    lines = [row for row in places if row.line is not None and len(row.line) > 1]
    assert len(read.tracks[0].segments) == len(lines)
    assert ElementTree.fromstring(read.to_xml()).tag == "{http://www.topografix.com/GPX/1/1}gpx"


def test_geojson_has_a_feature_for_each_visit() -> None:
    rounds = crew_rounds(COUNCIL, picture(), TIMES)
    features = rounds_geojson(rounds)["features"]
    assert len(features) == sum(len(one.rows) for one in rounds)
    kinds = {f["properties"]["kind"]: f["geometry"] and f["geometry"]["type"] for f in features[:25]}
    assert kinds["break"] is None
    assert {f["geometry"]["type"] for f in features if f["properties"]["kind"] == "tip"} == {"Point"}
    assert features[0]["properties"]["state"] == "not out"
    assert features[1]["properties"]["state"] == "planned"
    assert features[0]["properties"]["planned"] == "06:00"


def test_csv_is_read_back_and_runs_nothing() -> None:
    council = replace(COUNCIL, streets=replace(COUNCIL.streets, names=("=cmd()", *COUNCIL.streets.names[1:])))
    rounds = crew_rounds(council, picture(), TIMES)
    rows = list(csv.DictReader(io.StringIO(rounds_csv(rounds))))
    assert len(rows) == sum(len(one.rows) for one in rounds)
    assert rows[0]["street"] == "'=cmd()"
    assert rows[0]["planned"] == "06:00"
    assert rows[0]["load_kg"] == "36"
    assert float(rows[0]["longitude"]) < 0
    assert float(rows[0]["latitude"]) == pytest.approx(52.25, abs=0.1)


def test_sheets_are_a_pdf_with_pages_for_each_crew() -> None:
    rounds = crew_rounds(COUNCIL, picture(), TIMES)
    pdf = sheets_pdf(rounds, "Cyngor Tŷ-Ŵyn", date(2025, 6, 6), "printed 10:02")
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") >= len(rounds)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (float("nan"), ""), (0.0, "00:00"), (25_500.0, "07:05"), (90_000.0, "01:00+1")],
)
def test_clock(seconds: float | None, words: str) -> None:
    assert clock(seconds) == words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], ""),
        ([4], "4"),
        ([3, 1], "1, 3"),
        ([1, 3, 9], "1-9 odd"),
        ([2, 4, 8], "2-8 even"),
        ([1, 2, 3], "1-3"),
    ],
)
def test_house_numbers(numbers: list[int], words: str) -> None:
    assert house_numbers(numbers) == words
