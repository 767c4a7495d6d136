"""OpenStreetMap: tags to speeds and directions, a tiny extract, and Porto."""

from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest

from geo.coordinates import to_wgs84
from geo.osm import LOCAL, MOTORWAY, PRIMARY, directions, drivable, read_osm, tagged_limit_kmh
from geo.osm_region import OsmOptions, build_osm_region
from geo.region_pack import load_region, save_region
from geo.strict_csv import SourceError
from tests.shared_data import PORTO, needs_porto


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "motorway"}, MOTORWAY),
        ({"highway": "primary"}, PRIMARY),
        ({"highway": "residential", "access": "destination"}, LOCAL),
        ({"highway": "residential", "access": "no", "emergency": "yes"}, LOCAL),
        ({"highway": "residential", "access": "private", "motor_vehicle": "yes"}, LOCAL),
        ({"highway": "footway"}, None),
        ({"highway": "residential", "access": "private"}, None),
        ({"highway": "residential", "access": "no"}, None),
        ({"highway": "residential", "motor_vehicle": "no"}, None),
        ({"highway": "service", "service": "parking_aisle"}, None),
        ({"highway": "residential", "area": "yes"}, None),
        ({"waterway": "river"}, None),
    ],
)
def test_which_ways_may_be_driven(tags: dict[str, str], kind: Any) -> None:
    found = drivable(tags)
    assert (found[0] if found else None) == kind


def test_a_tagged_limit_counts_more_than_the_class() -> None:
    plain, limited = drivable({"highway": "primary"}), drivable({"highway": "primary", "maxspeed": "30"})
    assert plain is not None
    assert limited is not None
    assert limited[1] == pytest.approx(24 / 3.6)
    assert plain[1] > limited[1]


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("30 mph", 48.28),
        ("20mph", 32.19),
        ("", None),
        ("none", None),
        ("PT:urban", None),
        ("0", None),
        ("-5", None),
        ("50\n60", None),
    ],
)
def test_limits(text: str, kmh: Any) -> None:
    found = tagged_limit_kmh(text)
    assert found == (None if kmh is None else pytest.approx(kmh, abs=0.01))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"oneway": "no", "junction": "roundabout"}, (True, True)),
        ({"junction": "roundabout"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
    ],
)
def test_directions(tags: dict[str, str], expected: Any) -> None:
    assert directions(tags) == expected


def extract(path: Path, ways: Any, points: Any = ()) -> Path:
    """Write a grid of nodes 1 to 9 (0.01 degrees apart, near Porto) with ways over them."""
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for i in range(9):
            node = osmium.osm.mutable.Node(id=i + 1, location=(-8.6 + 0.01 * (i % 3), 41.1 + 0.01 * (i // 3)))
            writer.add_node(node)
        for i, tags in enumerate(points):
            writer.add_node(
                osmium.osm.mutable.Node(id=100 + i, location=(-8.595 + 0.005 * i, 41.105), tags=tags)
            )
        for i, (nodes, tags) in enumerate(ways):
            writer.add_way(osmium.osm.mutable.Way(id=i + 1, nodes=nodes, tags=tags))
    return path


STREET = {"highway": "residential"}
GRID = [([1, 2, 3, 6, 9, 8, 7, 4, 1], STREET), ([4, 5, 6], STREET), ([2, 5, 8], {"highway": "primary"})]


def test_a_tiny_extract_is_read(tmp_path: Path) -> None:
    path = extract(tmp_path / "tiny.osm.pbf", [*GRID, ([1, 5], {"highway": "footway"})])
    found = read_osm(path)
    assert found.crs == "EPSG:32629"
    assert len(found.roads.node_en) == 9
    assert len(found.roads.tail) == 24
    # One residential block of 0.01 degrees north is 1,110 m.
    assert found.roads.travel_s.max() == pytest.approx(1_110 / (28 / 3.6), rel=0.01)


def links(path: Path) -> set[tuple[int, int]]:
    """Return the streets read from an extract of `extract`'s grid, as pairs of its node numbers."""
    found = read_osm(path)
    lonlat = to_wgs84(found.roads.node_en, found.crs)
    column, row = np.round((lonlat - (-8.6, 41.1)) / 0.01).astype(int).T
    number = 1 + column + 3 * row
    return set(zip(number[found.roads.tail].tolist(), number[found.roads.head].tolist(), strict=True))


@pytest.mark.parametrize(
    ("nodes", "streets"),
    [
        ([1, 2, 98, 99, 3], {(1, 2), (2, 1)}),
        ([1, 2, 98, 3, 6], {(1, 2), (2, 1), (3, 6), (6, 3)}),
        ([98, 1, 2, 99], {(1, 2), (2, 1)}),
        ([1, 2, 2, 3], {(1, 2), (2, 1), (2, 3), (3, 2)}),
    ],
)
def test_a_way_is_not_joined_over_nodes_that_were_cut_off(
    tmp_path: Path, nodes: list[int], streets: set[tuple[int, int]]
) -> None:
    assert links(extract(tmp_path / "cut.osm.pbf", [(nodes, STREET)])) == streets


def test_a_node_between_two_gaps_is_no_road(tmp_path: Path) -> None:
    path = extract(tmp_path / "lone.osm.pbf", [([98, 5, 99, 1, 2], STREET)])
    assert len(read_osm(path).roads.node_en) == 2


def test_mapped_stations_and_settlements_are_used(tmp_path: Path) -> None:
    stations = [{"amenity": "fire_station", "name": f"Bombeiros {i}"} for i in range(3)]
    path = extract(tmp_path / "s.osm.pbf", GRID, [*stations, {"place": "suburb", "name": "Foz"}])
    region, lines = build_osm_region(path, OsmOptions("tiny", "Tiny", "Europe/Lisbon"))
    assert region.stations.names == ("Bombeiros 0", "Bombeiros 1", "Bombeiros 2")
    assert region.districts == ("Foz",)
    assert "mapped in the extract" in lines[1]
    assert np.isfinite(region.station_zone_s).all()
    assert region.demand_per_h.sum() / 7 == pytest.approx(3 * 3.3, rel=1e-3)


def test_without_mapped_stations_they_are_placed(tmp_path: Path) -> None:
    region, lines = build_osm_region(extract(tmp_path / "n.osm.pbf", GRID), OsmOptions("tiny", "Tiny"))
    assert len(region.stations.ids) == 3
    assert "placed by the roads" in lines[1]
    assert region.districts == ("Whole area",)
    lon, lat = region.to_wgs84(region.stations.en).T
    assert ((lon > -8.61) & (lon < -8.57) & (lat > 41.09) & (lat < 41.13)).all()


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.osm\.pbf: there is no such file"):
        read_osm(tmp_path / "none.osm.pbf")
    (tmp_path / "bad.osm.pbf").write_bytes(b"not a map")
    with pytest.raises(SourceError, match=r"bad\.osm\.pbf: is no readable"):
        read_osm(tmp_path / "bad.osm.pbf")
    path = extract(tmp_path / "foot.osm.pbf", [([1, 2], {"highway": "footway"})])
    with pytest.raises(SourceError, match=r"foot\.osm\.pbf: holds no road"):
        read_osm(path)


def test_a_volume_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="incidents_per_day: 0"):
        OsmOptions("a", "A", incidents_per_day=0)


@needs_porto
@pytest.mark.real_data
@pytest.mark.slow
def test_porto_is_built_on_its_real_roads(tmp_path: Path) -> None:
    region, _ = build_osm_region(PORTO, OsmOptions("porto", "Porto", "Europe/Lisbon"))
    assert region.crs == "EPSG:32629"
    assert region.roads is not None
    assert len(region.roads.node_en) > 200_000
    assert len(region.roads.main_nodes()) == len(region.roads.node_en)
    assert len(region.stations.ids) >= 20
    assert np.isfinite(region.station_zone_s).all()
    assert (np.bincount(region.zones.locate(region.roads.node_en) + 1)[0]) < 2_000
    # Over the Douro the way is longer than the line.
    route = region.travel.route(region.stations.en[0], region.stations.en[1])
    assert route.dist_m > np.hypot(*(region.stations.en[0] - region.stations.en[1]))
    save_region(region, tmp_path / "porto")
    assert load_region(tmp_path / "porto").crs == "EPSG:32629"
