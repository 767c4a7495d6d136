"""One property, one record: which place is meant, and which contradictions are named."""

from typing import Any

import pytest

from services.council.demand.identity import GivenError, Identity, PlaceGiven
from tests.geo.councils import grid_council

COUNCIL = grid_council()
GAZETTEER = COUNCIL.gazetteer()
HOME = GAZETTEER.by_uprn("10000000")
OTHER = GAZETTEER.by_uprn("10000041")
assert HOME is not None
assert OTHER is not None
IDENTITY = Identity(COUNCIL.name, GAZETTEER, COUNCIL.crs, lambda e, n: bool(COUNCIL.contains([[e, n]])[0]))
EAST, NORTH = HOME.easting_m, HOME.northing_m


def given(**fields: Any) -> PlaceGiven:
    return PlaceGiven(**fields)


def metres(east: float, north: float) -> dict[str, float]:
    return {"easting_m": EAST + east, "northing_m": NORTH + north}


def degrees(east: float, north: float) -> dict[str, float]:
    lon, lat = COUNCIL.to_wgs84([EAST + east, NORTH + north]).tolist()
    return {"lat": lat, "lon": lon}


@pytest.mark.parametrize(
    ("fields", "uprn", "conflict"),
    [
        ({"uprn": HOME.uprn}, HOME.uprn, None),
        ({"uprn": HOME.uprn, **metres(0, 0)}, HOME.uprn, None),
        ({"uprn": HOME.uprn, **metres(74, 0)}, HOME.uprn, None),
        ({"uprn": HOME.uprn, **metres(76, 0)}, HOME.uprn, "uprn_far"),
        ({"uprn": HOME.uprn, **degrees(0, 76)}, HOME.uprn, "uprn_far"),
        ({"uprn": HOME.uprn, **degrees(50_000, 0)}, HOME.uprn, "uprn_far"),
        ({"uprn": HOME.uprn, "address": HOME.address}, HOME.uprn, None),
        ({"uprn": HOME.uprn, "address": OTHER.address}, HOME.uprn, "address_differs"),
        ({"uprn": HOME.uprn, "address": OTHER.address, **metres(0, 0)}, HOME.uprn, "address_differs"),
        ({"uprn": HOME.uprn, "address": OTHER.address, **metres(300, 0)}, HOME.uprn, "uprn_far"),
        ({"uprn": HOME.uprn, "address": "The Old Barn"}, HOME.uprn, None),
        ({"uprn": "999", **metres(3, 0)}, HOME.uprn, "uprn_unknown"),
        ({"uprn": "999", "address": OTHER.address}, OTHER.uprn, "uprn_unknown"),
        ({"address": HOME.address.upper()}, HOME.uprn, None),
        ({"address": HOME.address, **metres(10, 0)}, HOME.uprn, None),
        ({"address": HOME.address, **metres(200, 0)}, HOME.uprn, "address_far"),
        ({"address": HOME.address, **metres(5_000, 0)}, HOME.uprn, "address_far"),
        ({"address": "The Old Barn", **metres(3, 0)}, HOME.uprn, "address_unknown"),
        (metres(3, 2), HOME.uprn, None),
        (degrees(3, 2), HOME.uprn, None),
    ],
)
def test_the_property_meant(fields: dict[str, Any], uprn: str, conflict: str | None) -> None:
    place = IDENTITY.resolve(given(**fields))
    assert (place.uprn, place.conflict) == (uprn, conflict)
    known = GAZETTEER.by_uprn(uprn)
    assert known is not None
    assert (place.street, place.stop, place.easting_m) == (known.street, known.stop, known.easting_m)


def test_far_from_every_property_a_street_is_meant() -> None:
    place = IDENTITY.resolve(given(**metres(-120, 0)))
    assert (place.uprn, place.stop) == (None, None)
    assert place.street in COUNCIL.streets.ids
    assert place.easting_m == EAST - 120


def test_a_street_without_a_number_is_a_street() -> None:
    place = IDENTITY.resolve(given(address="somewhere along Fern Lane"))
    assert (place.uprn, place.street) == (None, "ST0005")


@pytest.mark.parametrize(
    ("fields", "field", "word"),
    [
        ({}, "uprn", "no place"),
        ({"uprn": "999"}, "uprn", "no such UPRN"),
        ({"address": "<script>alert(1)</script>"}, "address", "not in the gazetteer"),
        ({"address": "Fern Lane or Garth Hill"}, "address", "several"),
        ({"lat": 51.5}, "lon", "together"),
        ({"northing_m": 1.0}, "easting_m", "together"),
        ({"lat": 97.0, "lon": 0.0}, "lat", "degrees"),
        ({"lat": float("nan"), "lon": 0.0}, "lat", "finite"),
        ({"lat": -33.9, "lon": 151.2}, "lat", "outside"),
        (metres(50_000, 0), "easting_m", "outside"),
        ({**metres(0, 0), **degrees(200, 0)}, "lat", "give one"),
    ],
)
def test_what_names_no_place_is_refused(fields: dict[str, Any], field: str, word: str) -> None:
    with pytest.raises(GivenError, match=word) as refused:
        IDENTITY.resolve(given(**fields))
    assert refused.value.field == field
    assert "script" not in str(refused.value)
