"""Streets, landmarks and addresses are found in what people type, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from geo.council import Council, Landmarks
from tests.geo.councils import SOUTH_WEST, grid_council, small_council


def names_in(text: str, council: Council | None = None) -> list[str]:
    return [hit.name for hit in (council or grid_council()).gazetteer().streets_named(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Bins not collected on Alder Road", ["Alder Road"]),
        ("bins NOT collected on ALDER ROAD!!!", ["Alder Road"]),
        ("alder rd. again", ["Alder Road"]),
        ("Birch St, Cedar Ave and elm cl", ["Birch Street", "Cedar Avenue", "Elm Close"]),
        ("fern ln / kiln terr / larch gr", ["Fern Lane", "Kiln Terrace", "Larch Grove"]),
        ("the Alder Road bins", ["Alder Road"]),
        ("on Alder the Road", ["Alder Road"]),
        ("Alder and Fern Lanes", ["Fern Lane"]),
        ("Fern and Mill Lanes are flooded", ["Fern Lane", "Mill Lane"]),
        ("Elm Closes", ["Elm Close"]),
        ("Aldre Road", ["Alder Road"]),
        ("Aldr rd", ["Alder Road"]),
        ("Alderr road", ["Alder Road"]),
        ("Cedars Avenue", ["Cedar Avenue"]),
        ("mill   lane\nmill lane", ["Mill Lane"]),
        ("rubbish by the station", ["Gridham Station"]),
        ("rubbish at station", ["Gridham Station"]),
        ("Gridham Station is filthy", ["Gridham Station"]),
        ("near Market Hall, Garth Hill", ["Market Hall", "Garth Hill"]),
        ("i vy crescent", []),
        ("the fire station is burning", []),
        ("station to station", []),
        ("Alder Street", []),
        ("my road is blocked, what a lane", []),
        ("", []),
        ("😡" * 20_000, []),
    ],
)
def test_streets_and_landmarks_in_a_text(text: str, names: list[str]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "///alder.road.mill",
        "meet me at alder.road.lane please",
        "https://bins.example/alder road",
        "@alder road",
        "alder@road.example",
    ],
)
def test_what_only_looks_like_a_place_is_left_alone(text: str) -> None:
    assert names_in(text) == []


def test_a_name_does_not_reach_across_what_is_left_alone() -> None:
    assert names_in("alder ///filled.count.soap road") == []
    assert names_in("///filled.count.soap Alder Road") == ["Alder Road"]


def test_a_hit_says_where_it_is_and_where_it_stands() -> None:
    text = "Please come to Alder Rd, now"
    (hit,) = grid_council().gazetteer().streets_named(text)
    assert text[hit.start : hit.end] == "Alder Rd"
    assert (hit.streets, hit.exact) == (("ST0001",), True)
    assert (hit.easting_m, hit.northing_m) == (SOUTH_WEST[0] + 250, SOUTH_WEST[1])
    assert hit.uncertainty_m == 250.0


def test_a_slip_is_told() -> None:
    (hit,) = grid_council().gazetteer().streets_named("Aldre Road")
    assert not hit.exact


def test_a_kind_of_which_there_are_two_is_no_place() -> None:
    marks = Landmarks(("North Station", "South Station"), np.zeros((2, 2)), np.ones(2))
    council = replace(grid_council(), landmarks=marks)
    assert names_in("by the station", council) == []
    assert names_in("by the north station", council) == ["North Station"]


def test_stretches_of_one_name_are_one_hit() -> None:
    streets = grid_council().streets
    council = replace(
        grid_council(), streets=replace(streets, names=("Alder Road", "Alder Road", *streets.names[2:]))
    )
    (hit,) = council.gazetteer().streets_named("Alder Road")
    assert hit.streets == ("ST0001", "ST0002")
    assert hit.northing_m == SOUTH_WEST[1] + 50
    assert [found.street for found in council.gazetteer().by_address("3 Alder Road")] == ["ST0001", "ST0002"]


@pytest.mark.parametrize(
    "text",
    [
        "12 Alder Road",
        "12, ALDER RD.",
        "  12   alder   road  ",
        "Flat 3, 12 Alder Road, Gridham AB1 2CD",
        "12a Alder Road",
        "Alder Road 12",
        "12 the Alder Road",
    ],
)
def test_an_address_is_found(text: str) -> None:
    (found,) = grid_council().gazetteer().by_address(text)
    assert found.address == "12 Alder Road"
    assert found.street == "ST0001"


@pytest.mark.parametrize(
    "text", ["Alder Road", "12", "999 Alder Road", "12 Nowhere Road", "", "١٢ Alder Road"]
)
def test_what_is_no_address_is_not(text: str) -> None:
    assert grid_council().gazetteer().by_address(text) == []


def test_every_property_is_found_by_uprn_address_and_place() -> None:
    council = small_council()
    gazetteer = council.gazetteer()
    for at in range(0, len(council.properties.uprn), 97):
        uprn = str(council.properties.uprn[at])
        found = gazetteer.by_uprn(uprn)
        assert found is not None
        assert found.stop == council.stops.ids[council.properties.stop[at]]
        assert [one.uprn for one in gazetteer.by_address(found.address)] == [uprn]
        near = gazetteer.nearest(found.easting_m + 0.1, found.northing_m, 5)
        assert near is not None
        assert near.uprn == uprn


@pytest.mark.parametrize("uprn", ["", "abc", "1", "9" * 12, "9" * 30, "-1", "10000000.0", "١"])
def test_an_unknown_uprn_is_nobody(uprn: str) -> None:
    assert grid_council().gazetteer().by_uprn(uprn) is None


def test_leading_zeros_of_a_uprn_do_not_matter() -> None:
    found = grid_council().gazetteer().by_uprn(" 000010000007 ")
    assert found is not None
    assert found.uprn == "10000007"


def test_nothing_is_near_to_what_is_far() -> None:
    gazetteer = grid_council().gazetteer()
    east, north = SOUTH_WEST.tolist()
    assert gazetteer.nearest(0.0, 0.0, 1_000) is None
    assert gazetteer.nearest(float("nan"), 0.0, 1_000) is None
    assert gazetteer.nearest(east, north, within_m=1) is None
    assert gazetteer.nearest(east, north, within_m=20) is not None
