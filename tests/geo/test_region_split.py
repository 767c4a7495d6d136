"""A region split: everything in exactly one part, nothing changed, each part a pack of its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.arrays import IntArray
from geo.distance_law import DistanceLaw
from geo.region import Appliances, Region
from geo.region_pack import load_region, save_region
from geo.region_split import split_region
from services.cli.packs import load_regions
from services.cli.region_commands import region
from tests.geo.cities import law_city, small_city

STATIONS = len(small_city().stations.ids)


def run(*words: object) -> Result:
    return CliRunner().invoke(region, [str(word) for word in words])


def places(part: tuple[str, ...], whole: tuple[str, ...]) -> IntArray:
    """Where a part's ids stand in the whole's."""
    index = {id_: place for place, id_ in enumerate(whole)}
    return np.array([index[id_] for id_ in part], dtype=np.int64)


def check_parts(whole: Region, parts: list[Region]) -> None:
    """Everything is in exactly one part, and stands there as in the whole."""
    assert [part.id for part in parts] == [f"{whole.id}-{n}" for n in range(1, len(parts) + 1)]
    for group in ("stations", "appliances", "zones"):
        found = [id_ for part in parts for id_ in getattr(part, group).ids]
        assert sorted(found) == sorted(getattr(whole, group).ids)
    sizes = [len(part.stations.ids) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    for part in parts:
        station = places(part.stations.ids, whole.stations.ids)
        crew = places(part.appliances.ids, whole.appliances.ids)
        zone = places(part.zones.ids, whole.zones.ids)
        assert np.array_equal(part.station_zone_s, whole.station_zone_s[np.ix_(station, zone)])
        assert np.array_equal(part.station_station_s, whole.station_station_s[np.ix_(station, station)])
        assert np.array_equal(part.demand_per_h, whole.demand_per_h[:, :, zone])
        assert np.array_equal(station[part.appliances.home], whole.appliances.home[crew])
        assert np.array_equal(part.appliances.kind, whole.appliances.kind[crew])
        assert np.array_equal(part.zones.en, whole.zones.en[zone])
        assert (part.zones.polygons == whole.zones.polygons[zone]).all()
        nearest = whole.station_zone_s[:, zone].min(axis=0)
        assert np.array_equal(part.station_zone_s.min(axis=0), nearest)
        for group, index in (("stations", station), ("zones", zone)):
            ours = [part.districts[d] for d in getattr(part, group).district]
            assert ours == [whole.districts[d] for d in getattr(whole, group).district[index]]
        assert part.kinds == whole.kinds
        assert part.travel is whole.travel
        assert part.roads is whole.roads
        assert part.contains(part.stations.en).all()
        assert part.contains(part.zones.en).all()
        assert shapely.covers(shapely.buffer(part.boundary, 1.0), part.zones.polygons).all()


@settings(max_examples=30)
@given(parts=st.integers(2, 8), seed=st.integers(0, 2**32 - 1))
def test_everything_is_in_exactly_one_part_and_times_are_those_of_the_whole(parts: int, seed: int) -> None:
    city, random = small_city(), np.random.default_rng(seed)
    # Other times give other zones to each station: the split must hold for any city, not for this one.
    shuffled = city.station_zone_s[random.permutation(STATIONS)]
    whole = replace(city, station_zone_s=shuffled)
    check_parts(whole, split_region(whole, parts))


@pytest.mark.parametrize("whole", [small_city(), law_city()], ids=["roads", "law"])
def test_each_part_is_saved_and_read_back(whole: Region, tmp_path: Path) -> None:
    for part in split_region(whole, 3):
        save_region(part, tmp_path / part.id)
        back = load_region(tmp_path / part.id)
        assert (back.id, back.name, back.districts) == (part.id, part.name, part.districts)
        assert back.stations.ids == part.stations.ids
        assert np.array_equal(back.station_zone_s, part.station_zone_s)
        assert isinstance(back.travel, DistanceLaw) == (whole.roads is None)
        way = back.travel.route(back.stations.en[0], back.zones.en[0])
        assert way.travel_s == pytest.approx(float(back.station_zone_s[0, 0]), abs=0.01)


def test_the_same_region_gives_the_same_parts(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        for part in split_region(small_city(), 4):
            save_region(part, tmp_path / folder / part.id)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.npy"))
    assert len(files) > 40
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)


def test_parts_lie_side_by_side() -> None:
    whole = small_city()
    west, east = split_region(whole, 2)
    spread = np.ptp(whole.stations.en, axis=0)
    axis = int(spread[1] > spread[0])
    assert west.stations.en[:, axis].max() <= east.stations.en[:, axis].min()
    assert (west.name, east.name) == (f"{whole.name} 1 of 2", f"{whole.name} 2 of 2")


def test_a_zone_without_a_way_goes_to_the_nearest_station_in_a_straight_line() -> None:
    city = small_city()
    times = city.station_zone_s.copy()
    times[:, 5] = np.inf
    whole = replace(city, station_zone_s=times)
    nearest = int(np.hypot(*(city.stations.en - city.zones.en[5]).T).argmin())
    (part,) = [p for p in split_region(whole, 4) if city.zones.ids[5] in p.zones.ids]
    assert city.stations.ids[nearest] in part.stations.ids


def test_a_station_outside_its_zones_stands_in_the_outline() -> None:
    city = small_city()
    en = city.stations.en.copy()
    en[0] = city.boundary.bounds[:2] - np.array([20_000.0, 20_000.0])
    moved = replace(city, stations=replace(city.stations, en=en))
    (part,) = [p for p in split_region(moved, 2) if city.stations.ids[0] in p.stations.ids]
    assert part.contains(en[:1]).all()


def test_what_cannot_be_split_is_refused_in_words() -> None:
    city = small_city()
    with pytest.raises(ValueError, match=f"has {STATIONS} stations; ask for fewer parts"):
        split_region(city, STATIONS + 1)
    with pytest.raises(ValueError, match="parts: 1; it must be 2 to 16"):
        split_region(city, 1)
    with pytest.raises(ValueError, match="shorter area id"):
        split_region(replace(city, id="a" * 39), 2)
    times = city.station_zone_s.copy()
    times[0] = 0.0
    with pytest.raises(ValueError, match=r"would have no zone; ask for fewer parts"):
        split_region(replace(city, station_zone_s=times), 2)
    home = Appliances(ids=("P",), kind=np.array([0]), home=np.array([0]))
    with pytest.raises(ValueError, match=r"would have no appliance; ask for fewer parts"):
        split_region(replace(city, appliances=home), 2)


def test_the_command_writes_the_packs_and_says_what_is_next(tmp_path: Path) -> None:
    save_region(small_city(), tmp_path / "city")
    made = run("split", tmp_path / "city", tmp_path / "parts", "--parts", 3)
    assert made.exit_code == 0, made.output
    names = [f"{small_city().id}-{n}" for n in (1, 2, 3)]
    assert [path.name for path in sorted((tmp_path / "parts").iterdir())] == names
    assert f"{names[2]}  {small_city().name} 3 of 3: " in made.output
    assert f"Next: cover serve --region {tmp_path / 'parts'}\n" in made.output
    assert [area.id for area in load_regions([tmp_path / "parts"])] == names
    assert run("split", tmp_path / "city", tmp_path / "parts", "--parts", 3).exit_code == 0
    fewer = run("split", tmp_path / "city", tmp_path / "parts", "--parts", 2)
    assert fewer.exit_code == 1
    assert f"{names[2]}: is a region pack and not among the parts" in fewer.output
    assert run("show", tmp_path / "parts" / names[0]).exit_code == 0


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    save_region(small_city(), tmp_path / "city")
    assert "region.json: is missing" in run("split", tmp_path / "none", tmp_path / "parts").output
    assert "ask for fewer parts" in run("split", tmp_path / "city", tmp_path / "p", "--parts", 16).output
    assert "range" in run("split", tmp_path / "city", tmp_path / "parts", "--parts", 17).output
    within = run("split", tmp_path / "city", tmp_path / "city")
    assert "is a region pack; name another folder for the parts" in within.output
    assert not (tmp_path / "parts").exists()
    shown = run("split", "--help")
    assert "Example" in shown.output
    assert "cover region split var/london var/quarters --parts 4" in shown.output


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("parts", [4, 16])
def test_the_real_london_is_split(london_pack: Path, parts: int) -> None:
    whole = load_region(london_pack)
    made = split_region(whole, parts)
    check_parts(whole, made)
    demand = sum(float(part.demand_per_h.sum(dtype=np.float64)) for part in made)
    assert demand == pytest.approx(float(whole.demand_per_h.sum(dtype=np.float64)))
